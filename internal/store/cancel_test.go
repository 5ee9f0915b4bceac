package store

import (
	"errors"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func (f *fixture) cancel(s *Store, id int64, want jobs.State) *jobs.Run {
	f.Helper()
	run, err := s.Cancel(f.impatient(), id, "somebody", "a mistake")
	f.must(err)
	if run.State != want || run.CancelledBy != "somebody" || run.CancelledFor != "a mistake" {
		f.Errorf("%+v", run)
	}
	return run
}

// partly is a run of four: accepted, refused, in doubt, and not attempted.
func (f *fixture) partly(s *Store, run *jobs.Run) {
	f.Helper()
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0), toSend(s, "3", 0), toSend(s, "4", 0))
	f.step(s, run, jobs.Step{Take: 3})
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true), outcome(2, jobs.ItemRejected, true),
		outcome(3, jobs.ItemUncertain, false)}})
}

// Whatever a cancelled run has not sent it never sends; what is in doubt stays so, and everybody is accounted for.
func TestCancelInEachState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for name, left := range map[string]func(*jobs.Run){
		"queued":     func(run *jobs.Run) { f.postpone(s, run, jobs.ReasonUnreachable) },
		"failed":     func(run *jobs.Run) { f.finish(s, run, jobs.ReasonStopped, jobs.Failed) },
		"held":       func(run *jobs.Run) { f.finish(s, run, jobs.ReasonPullShrinks, jobs.Held) },
		"incomplete": func(run *jobs.Run) { f.finish(s, run, "", jobs.Incomplete) },
	} {
		run := f.startAt(s, name, month)
		f.partly(s, run)
		left(run)
		ended := f.text(`SELECT finished_at FROM syncd.run WHERE id = $1`, run.ID)
		cancelled := f.cancel(s, run.ID, jobs.Cancelled)
		if c := cancelled.Counts; c.Accepted != 1 || c.Rejected != 1 || c.Uncertain != 1 || c.Superseded != 1 || c.NotAttempted != 0 ||
			c.EmployeesRead != 4 || c.ElementsInDocuments != 8 {
			t.Errorf("%s: %+v", name, c)
		}
		f.want("accepted rejected uncertain superseded", `SELECT string_agg(state, ' ' ORDER BY seq) FROM syncd.item WHERE run_id = $1`, run.ID)
		f.want("0", `SELECT count(*) FROM syncd.item WHERE run_id = $1 AND payload IS NOT NULL AND state <> 'uncertain'`, run.ID)
		f.want("1f 3t", `SELECT string_agg(key || left(in_doubt::text, 1), ' ' ORDER BY key) FROM syncd.baseline WHERE target_id = $1`,
			run.Target.ID)
		if name != "queued" {
			f.want(ended, `SELECT finished_at FROM syncd.run WHERE id = $1`, run.ID)
		}
		// Nothing takes it up again.
		var finished *jobs.FinishedError
		if _, err := s.Resume(t.Context(), run.ID, resumption); !errors.As(err, &finished) {
			t.Errorf("%s: resumed: %v", name, err)
		}
		if _, err := s.Requeue(t.Context(), run.ID, "marie"); !errors.As(err, &finished) {
			t.Errorf("%s: queued again: %v", name, err)
		}
		if _, err := s.Claim(t.Context(), run.ID, resumption); !errors.Is(err, jobs.ErrTaken) {
			t.Errorf("%s: claimed: %v", name, err)
		}
		f.retried(s, []ledger.Pair{pairOf(run)}, true)
	}
	never := f.enqueued(s, at("never executed", month))
	f.cancel(s, never.ID, jobs.Cancelled)
	unplanned := f.startAt(s, "without a plan", month)
	f.finish(s, unplanned, jobs.ReasonStaging, jobs.Failed)
	f.cancel(s, unplanned.ID, jobs.Cancelled)
}

// What is over cannot be cancelled: to say so would be to say that something was not sent.
func TestCancelOfWhatIsOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.sent(s, "saint-martin", month)
	other := f.enqueued(s, at("sainte-anne", month))
	f.cancel(s, other.ID, jobs.Cancelled)
	before := f.everything()
	for _, id := range []int64{run.ID, other.ID} {
		var finished *jobs.FinishedError
		if _, err := s.Cancel(t.Context(), id, "another", "again"); !errors.As(err, &finished) {
			t.Errorf("%v", err)
		}
	}
	if _, err := s.Cancel(t.Context(), 12345, "another", "again"); !errors.Is(err, jobs.ErrNoRun) {
		t.Errorf("%v", err)
	}
	if f.everything() != before {
		t.Error("something was written")
	}
}

// A run that is executed elsewhere stops within two seconds of the word, and is told that it was cancelled, not lost:
// what is on its way is finished and recorded.
func TestCancelReachesTheExecutor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	executor, person := f.open(), f.open()
	run, other := f.start(executor), f.startAt(executor, "another", month)
	f.plan(executor, run, toSend(executor, "1", 0), toSend(executor, "2", 0))
	f.step(executor, run, jobs.Step{Take: 1})
	kept, cancelled, release := executor.Keep(t.Context(), run)
	defer release()
	otherKept, otherCancelled, releaseOther := executor.Keep(t.Context(), other)
	defer releaseOther()
	f.cancel(person, run.ID, jobs.Running)
	select {
	case <-cancelled:
	case <-time.After(2 * time.Second):
		t.Fatal("the run goes on")
	}
	select {
	case <-otherCancelled:
		t.Error("the other dossier's run is cancelled")
	default:
	}
	f.must(kept.Err())
	f.must(otherKept.Err())
	f.must(executor.Confirm(run))
	f.step(executor, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
	if c := f.finish(executor, run, jobs.ReasonStopped, jobs.Cancelled).Counts; c.Accepted != 1 || c.Superseded != 1 {
		t.Errorf("%+v", c)
	}
}

// A run whose process is gone is cancelled by the person alone. What was on its way is in doubt.
func TestCancelOfADeadOwnersRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*fixture, *Store){
		"dead":   func(f *fixture, s *Store) { f.kill(s); f.age(3 * time.Second) },
		"frozen": func(f *fixture, s *Store) { f.freeze(s) },
		"frozen while it finished": func(f *fixture, s *Store) {
			f.lockOn(f.sessionOf(s), `SELECT 1 FROM syncd.run FOR NO KEY UPDATE`)
			f.freeze(s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			a, b := f.open(), f.open()
			run := f.start(a)
			f.plan(a, run, toSend(a, "1", 0), toSend(a, "2", 0))
			f.step(a, run, jobs.Step{Take: 1})
			end(f, a)
			if c := f.cancel(b, run.ID, jobs.Cancelled).Counts; c.Uncertain != 1 || c.Superseded != 1 {
				t.Errorf("%+v", c)
			}
			f.baseline("1", "0 in doubt")
			wantLost(f, func() error {
				_, err := a.Step(t.Context(), run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
				return err
			})
		})
	}
}

// A run that was to be cancelled when its process died is cancelled by whoever finds it, also by a new run: left as one
// that failed it would keep the next month from being sent, and nobody could go on with it.
func TestCancelledRunOfADeadOwnerStopsNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.startAt(a, "saint-martin", earlierMonth)
	f.plan(a, run, toSend(a, "1", 0))
	f.cancel(b, run.ID, jobs.Running)
	f.kill(a)
	f.age(3 * time.Second)
	newer := at("saint-martin", month)
	newer.AnyOrder = false
	if _, err := b.Start(f.impatient(), newer); err != nil {
		t.Errorf("the next month: %v", err)
	}
	f.wantState(run.ID, "cancelled cancelled")
}

// After a cancelled run the next one delivers the rest, and what was in doubt.
func TestNextRunDeliversWhatWasCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	cancelled := f.start(s)
	f.partly(s, cancelled)
	f.finish(s, cancelled, jobs.ReasonStopped, jobs.Failed)
	f.cancel(s, cancelled.ID, jobs.Cancelled)
	run := f.start(s)
	doubtful := toSend(s, "3", 0)
	doubtful.Ambiguous = true
	f.plan(s, run, toSend(s, "2", 0), doubtful, toSend(s, "4", 0))
	f.must(waitUntil(f, func() bool { wait, _, err := s.NextPending(t.Context(), run); return err == nil && wait == 0 }))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
	f.want("4", `SELECT count(*) FROM syncd.baseline WHERE NOT in_doubt AND version = 1`)
	after, err := s.Run(t.Context(), cancelled.ID)
	f.must(err)
	if c := after.Counts; after.State != jobs.Cancelled || c.Superseded != 2 || c.Uncertain != 0 || c.Accepted != 1 || c.Rejected != 1 {
		t.Errorf("%s %+v", after.State, c)
	}
}

// A person who cancels an old run while a newer one of the same dossier is planned must break neither: two that wait for
// each other end with the newer run failed, and the month not sent.
func TestCancelBesideANewerPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, person := f.open(), f.open()
	older := f.start(s)
	f.partly(s, older)
	f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
	run := f.start(s)
	w, err := s.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	cancelled := make(chan error, 1)
	go func() {
		_, err := person.Cancel(f.impatient(), older.ID, "somebody", "a mistake")
		cancelled <- err
	}()
	f.must(waitUntil(f, func() bool { // it waits for the plan, or has said why it does not
		return len(cancelled) == 1 || f.text(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname =
			current_database()`) != "0"
	}))
	f.must(w.Commit(f.impatient(), jobs.Frozen{Counts: jobs.Counts{}, Digests: jobs.Digests{}}))
	wantBusy(f, <-cancelled)
	f.want("superseded", `SELECT DISTINCT state FROM syncd.item WHERE run_id = $1 AND seq > 2`, older.ID)
	f.finish(s, run, "", jobs.Succeeded)
	f.wantOvertaken(person, older.ID, run.ID)
}
