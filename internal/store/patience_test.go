package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

var patience = &jobs.Patience{Deadline: 6 * time.Hour, Pause: 30 * time.Second, MaxPause: 10 * time.Minute}

// wait ends an execution as a daemon does.
func (f *fixture) wait(s *Store, run *jobs.Run, failure jobs.ReasonCode, want jobs.State) *jobs.Run {
	f.Helper()
	finished, err := s.Finish(f.Context(), run, jobs.Reason{Code: failure, Detail: "a detail"}, patience)
	f.must(err)
	if finished.State != want {
		f.Fatalf("run is %s, want %s: %+v", finished.State, want, finished.Counts)
	}
	return finished
}

// postpone puts a run back into the queue.
func (f *fixture) postpone(s *Store, run *jobs.Run, failure jobs.ReasonCode) *jobs.Run {
	f.Helper()
	return f.wait(s, run, failure, jobs.Queued)
}

// defers ends the sending of the only item without an answer.
func (f *fixture) defers(s *Store, run *jobs.Run, certain bool, attempts int) {
	f.Helper()
	f.must(waitUntil(f, func() bool { wait, _, err := s.NextPending(f.Context(), run); return err == nil && wait == 0 }))
	if taken := f.take(s, run, 1); len(taken) != 1 {
		f.Fatalf("took %d", len(taken))
	}
	o := outcome(1, jobs.ItemPending, certain)
	o.Deferred, o.Attempts = true, attempts
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}})
}

// A month must not be given up because the API is away for an hour; nor may it wait for ever without anyone knowing.
func TestAbsentAPIIsWaitedForUntilTheDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0))
	f.step(s, run, jobs.Step{Take: 1})
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
	queued := f.postpone(s, run, jobs.ReasonUnreachable)
	if queued.Postponed != 1 || queued.NotBefore == nil || queued.FinishedAt != nil || queued.Owner != nil ||
		!reflect.DeepEqual(queued.Failure, jobs.Reason{Code: jobs.ReasonUnreachable, Detail: "a detail"}) {
		t.Errorf("%+v", queued)
	}
	f.want("true", `SELECT not_before - clock_timestamp() BETWEEN interval '20 s' AND interval '30 s' FROM syncd.run`)
	f.want("true", `SELECT deadline_at - clock_timestamp() BETWEEN interval '5 h 59 min' AND interval '6 h' FROM syncd.run`)
	deadline := f.text(`SELECT deadline_at FROM syncd.run`)

	run = f.claim(s, run.ID)
	if run.NotBefore != nil || run.Failure.Code != "" || run.Takeovers != 0 || run.Epoch != 2 || !run.Planned {
		t.Errorf("%+v", run)
	}
	f.postpone(s, run, jobs.ReasonUnreachable)
	f.want("true", `SELECT not_before - clock_timestamp() BETWEEN interval '40 s' AND interval '60 s' FROM syncd.run`)
	f.want(deadline, `SELECT deadline_at FROM syncd.run`) // since the first trouble, not the last

	f.db.Exec(t, `UPDATE syncd.run SET deadline_at = clock_timestamp() + interval '1 second'`)
	finished := f.wait(s, f.claim(s, run.ID), jobs.ReasonUnreachable, jobs.Failed)
	if c := finished.Counts; c.Accepted != 1 || c.NotAttempted != 1 || c.EmployeesRead != 2 || c.ElementsInDocuments != 4 ||
		finished.Failure.Code != jobs.ReasonUnreachable {
		t.Errorf("%+v", finished)
	}
	resumed, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	f.deliver(s, resumed)
	f.finish(s, resumed, "", jobs.Succeeded)
}

// Only what may pass is waited for: a refused key is told at once, and a person who watches is not kept waiting.
func TestOnlyAbsenceIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for _, reason := range []jobs.ReasonCode{jobs.ReasonConfiguration, jobs.ReasonIdentity, jobs.ReasonFailures, jobs.ReasonInternal,
		jobs.ReasonPanic} {
		f.wait(s, f.startAt(s, string(reason), month), reason, jobs.Failed)
	}
	f.wait(s, f.startAt(s, "held", month), jobs.ReasonPullEmpty, jobs.Held)
	f.finish(s, f.startAt(s, "watched", month), jobs.ReasonUnreachable, jobs.Failed)
	f.finish(s, f.startAt(s, "watched", month), jobs.ReasonStopped, jobs.Failed)
}

// A daemon that is stopped leaves its run to the others at once; what it wakes up with afterwards it cannot write.
func TestStoppedRunIsHandedBackAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.plan(a, run, toSend(a, "1", 0), toSend(a, "2", 0))
	f.step(a, run, jobs.Step{Take: 1}) // and no answer
	queued := f.postpone(a, run, jobs.ReasonStopped)
	if queued.NotBefore != nil || queued.Postponed != 0 || queued.Failure.Code != "" {
		t.Errorf("%+v", queued)
	}
	for range 2 { // queued, and taken
		wantLost(f, func() error { _, err := a.Finish(t.Context(), run, jobs.Reason{}, patience); return err })
		wantLost(f, func() error { _, err := a.Step(t.Context(), run, jobs.Step{Take: 1}); return err })
		if queued != nil {
			f.claim(b, run.ID)
			queued = nil
		}
	}
	f.want("1:pending:true 2:pending:false", `SELECT string_agg(key || ':' || state || ':' || ambiguous, ' ' ORDER BY seq) FROM syncd.item`)
	f.baseline("1", "0 in doubt")
}

// A stop that comes when everything is sent does not make a whole month an unfinished one.
func TestStopAfterTheLastItem(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.deliver(s, run)
	f.wait(s, run, jobs.ReasonStopped, jobs.Succeeded)
}

// An API that is well but not to one employee is asked again for that one, five times; then a person is told.
func TestTroubleOfOneEmployeeIsBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	for range jobs.MostPostponed {
		f.defers(s, run, true, 1)
		f.wait(s, run, "", jobs.Queued)
		run = f.claim(s, run.ID)
	}
	f.defers(s, run, true, 1)
	if c := f.wait(s, run, "", jobs.Incomplete).Counts; c.NotAttempted != 1 {
		t.Errorf("%+v", c)
	}
	f.want("6", `SELECT attempts FROM syncd.item`)
}

// Who was refused is not waited for.
func TestRefusalIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 0)
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemRejected, true)}})
	f.wait(s, run, "", jobs.Incomplete)
}

// What the partner asks for is the earliest next try, up to the deadline.
func TestPartnerIsLeftAloneForAsLongAsItAsks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asked   time.Duration
		failure jobs.ReasonCode
		between string // of the next try
	}{
		"an hour":               {time.Hour, jobs.ReasonUnreachable, "59 min' AND interval '60 min"},
		"less than the pause":   {time.Second, jobs.ReasonUnreachable, "20 s' AND interval '30 s"},
		"beyond the deadline":   {24 * time.Hour, jobs.ReasonUnreachable, "359 min' AND interval '360 min"},
		"not for everyone":      {time.Hour, "", "59 min' AND interval '60 min"},
		"the daemon is stopped": {time.Hour, jobs.ReasonStopped, "59 min' AND interval '60 min"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			run := f.start(s)
			f.plan(s, run, toSend(s, "1", 0))
			f.defers(s, run, true, 1)
			until := time.Now().Add(c.asked)
			run.NotBefore = &until
			f.postpone(s, run, c.failure)
			f.want("true", `SELECT not_before - clock_timestamp() BETWEEN interval '`+c.between+`' FROM syncd.run`)
		})
	}
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.defers(s, run, true, 1)
	f.postpone(s, run, jobs.ReasonUnreachable)
	f.db.Exec(t, `UPDATE syncd.run SET deadline_at = clock_timestamp() + interval '1 second'`)
	run = f.claim(s, run.ID)
	until := time.Now().Add(time.Hour)
	run.NotBefore = &until
	f.wait(s, run, jobs.ReasonUnreachable, jobs.Failed) // its time is over
}

// Who was turned away is tried again as rarely as a run that failed: what stands before an API may shut out whoever
// insists. Then they come last.
func TestWhoWasTurnedAwayIsNotInsistedOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0), toSend(s, "3", 0))
	turnedAway := outcome(1, jobs.ItemPending, true)
	turnedAway.Deferred, turnedAway.Reason.Code = true, jobs.ReasonTurnedAway
	stopped := outcome(2, jobs.ItemPending, true)
	stopped.Deferred, stopped.Attempts = true, 0
	f.take(s, run, 2)
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{turnedAway, stopped}})
	f.postpone(s, run, "")

	run = f.claim(s, run.ID)
	var order []string
	for _, c := range f.take(s, run, 3) {
		order = append(order, c.Key)
	}
	if !slices.Equal(order, []string{"2", "3", "1"}) {
		t.Fatalf("%q", order)
	}
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{turnedAway, outcome(2, jobs.ItemAccepted, true),
		outcome(3, jobs.ItemAccepted, true)}})
	if c := f.wait(s, run, "", jobs.Incomplete).Counts; c.NotAttempted != 1 || c.Accepted != 2 {
		t.Errorf("%+v", c)
	}
	f.retried(s, []ledger.Pair{pairOf(run)}, false, run.ID)
}

// A document whose effect stays unknown is not sent for ever: each sending may be a payment. An API that is away costs
// nobody their turn.
func TestTwelveAttemptsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.defers(s, run, false, jobs.MostAttempts-1)
	f.wait(s, run, "", jobs.Queued)
	run = f.claim(s, run.ID)
	f.defers(s, run, false, 1)
	f.postpone(s, run, jobs.ReasonUnreachable)
	f.want("pending 12", `SELECT state || ' ' || attempts FROM syncd.item`)
	run = f.claim(s, run.ID)
	if c := f.wait(s, run, "", jobs.Incomplete).Counts; c.Uncertain != 1 || c.NotAttempted != 0 {
		t.Errorf("%+v", c)
	}
	f.want("uncertain true", `SELECT state || ' ' || (payload IS NOT NULL)::text FROM syncd.item`) // to be settled
	f.baseline("1", "0 in doubt")
	var finished *jobs.FinishedError
	if _, err := s.Resume(t.Context(), run.ID, resumption); !errors.As(err, &finished) {
		t.Errorf("%v", err)
	}
}

// A person's word comes before the queue: what was cancelled must not be sent an hour later.
func TestCancelWinsOverWaiting(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for _, reason := range []jobs.ReasonCode{jobs.ReasonUnreachable, jobs.ReasonStopped, jobs.ReasonConfiguration, ""} {
		run := f.startAt(s, "d"+string(reason), month)
		f.plan(s, run, toSend(s, "1", 0))
		asked, err := s.Cancel(t.Context(), run.ID, "somebody", "a mistake")
		if f.must(err); asked.State != jobs.Running || !asked.Cancelling {
			t.Errorf("%+v", asked)
		}
		cancelled := f.wait(s, run, reason, jobs.Cancelled)
		if cancelled.Counts.Superseded != 1 || cancelled.Failure.Code != jobs.ReasonCancelled {
			t.Errorf("%+v", cancelled)
		}
	}
	// Unless there was nothing left to give up.
	run := f.startAt(s, "all sent", month)
	f.plan(s, run, toSend(s, "1", 0))
	f.deliver(s, run)
	_, err := s.Cancel(t.Context(), run.ID, "somebody", "too late")
	f.must(err)
	f.wait(s, run, jobs.ReasonStopped, jobs.Succeeded)
}

// A failure is kept as facts, and as text for who reads the ledger by SQL.
func TestAFailureKeepsWhatItMet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	why := jobs.FailureReason(&jobs.StagingError{Query: "job.source.employees", What: hinted.Say("staging.query-statements"),
		Cause: jobs.Because(jobs.CauseWrites)})
	finished, err := s.Finish(f.Context(), run, why, nil)
	f.must(err)
	if !reflect.DeepEqual(finished.Failure, why) || why.Detail != "reading staging (job.source.employees): it is more than one statement" {
		t.Errorf("got  %+v\nwant %+v", finished.Failure, why)
	}
	f.want(`[{"what": {"met": "reading staging (job.source.employees)", "code": "staging.query-statements"}}]`,
		`SELECT failure_problems FROM syncd.run`)
}

// A ledger that kept hints by the lines of a text has them as texts.
func TestHintsOfAFilledLedgerAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.finish(s, run, jobs.ReasonStaging, jobs.Failed)
	f.must(down(t.Context(), f.db.URL, 22))
	f.db.Exec(t, `UPDATE syncd.run SET failure_detail = E'one\ntwo\nthree',
		failure_hints = '[{"line": 0, "text": "did you mean it?", "meant": true}, {"line": 2, "text": "do it"}]'`)
	if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
		t.Fatal(err)
	}
	again, err := s.Run(t.Context(), run.ID)
	f.must(err)
	problems := again.Failure.Problems
	if again.Failure.Text() != "one\nhint: did you mean it?\ntwo\nthree\nhint: do it" || len(problems) != 3 || !problems[0].Guess ||
		problems[2].Guess {
		t.Errorf("%+v", again.Failure)
	}
}

// Why a pull of a filled ledger is held is told by the figures that its text alone had.
func TestHoldsOfAFilledLedgerHaveFigures(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.finish(s, run, jobs.ReasonPullShrinks, jobs.Held)
	for _, test := range []struct {
		kind, code, detail string
		want               *jobs.Cause
	}{
		{"pull-dictionnaire", "pull-shrinks", "18/60", jobs.Because(jobs.CauseWithdraws, "n", "18", "of", "60")},
		{"pull-dictionnaire", "pull-shrinks", "Civilite 2/2, N/A 1/1", jobs.Because(jobs.CauseEmptied, "nomenclatures", "Civilite 2/2, N/A 1/1")},
		{"pull-dictionnaire", "pull-empty", "", nil},
		{"pull", "pull-shrinks", "factures 37/40", jobs.Because(jobs.CauseFewer, "collection", "factures", "n", "37", "of", "40")},
		{"pull", "pull-empty", "factures", jobs.Because(jobs.CauseNoneListed, "collection", "factures")},
		{"pull", "pull-foreign", "factures 2", jobs.Because(jobs.CauseForeign, "collection", "factures", "n", "2")},
	} {
		f.must(down(t.Context(), f.db.URL, 23))
		f.db.Exec(t, fmt.Sprintf(`UPDATE syncd.run SET kind = '%s', failure_code = '%s', failure_detail = '%s', failure_args = NULL`,
			test.kind, test.code, test.detail))
		if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
			t.Fatal(err)
		}
		again, err := s.Run(t.Context(), run.ID)
		f.must(err)
		if !reflect.DeepEqual(again.Failure.Cause, test.want) {
			t.Errorf("%+v: %+v", test, again.Failure.Cause)
		}
	}
}
