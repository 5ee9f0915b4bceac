package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// Two live runs of one dossier would pay it twice.
func TestSecondStartIsBusy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	_, err := b.Start(t.Context(), request())
	wantBusy(f, err)
	_, err = a.Start(t.Context(), request())
	wantBusy(f, err)
	_, err = b.Resume(t.Context(), run.ID, resumption)
	wantBusy(f, err)
	other := request()
	other.Target.Dossier = "sainte-anne"
	if _, err := b.Start(t.Context(), other); err != nil {
		t.Errorf("another dossier is not concerned: %v", err)
	}
}

// However many start at once, one pays.
func TestOfTwentyStartsOneWins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var stores []*Store
	for range 4 {
		stores = append(stores, f.open())
	}
	var wg sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		wg.Go(func() {
			_, err := stores[i%len(stores)].Start(t.Context(), request())
			results <- err
		})
	}
	wg.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
			continue
		}
		wantBusy(f, err)
	}
	if won != 1 {
		t.Errorf("%d runs were started", won)
	}
	f.want("1", `SELECT count(*) FROM syncd.run`)
}

// kill ends a process as kill -9 would: the server sees its connections end, and its heartbeat stops.
func (f *fixture) kill(s *Store) {
	f.Helper()
	s.owner.current.stop()
	s.owner.current.beating.Wait()
	f.must(s.owner.current.conn.Close(f.Context()))
	f.must(waitUntil(f, func() bool {
		return f.text(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname =
			current_database())`) == "0"
	}))
}

// freeze stops a process as SIGSTOP would: its connections and its lock stay, its heartbeat stops.
func (f *fixture) freeze(s *Store) {
	s.owner.current.stop()
	s.owner.current.beating.Wait()
	f.age(2 * time.Minute) // more than the lease
}

func waitUntil(f *fixture, done func() bool) error {
	limited, cancel := context.WithTimeout(f.Context(), impatient)
	defer cancel()
	for !done() {
		if err := wait(limited, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// A run whose process died is not lost and blocks nobody for long; but it is not taken before its last requests are
// cancelled, which takes a living owner 1.5 s.
func TestDeadOwnerIsReplacedAfterItsSilence(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.kill(a)
	ctx, cancel := context.WithTimeout(t.Context(), impatient)
	defer cancel()
	_, err := b.Start(ctx, request())
	f.must(err)
	f.want("true", `SELECT extract(epoch FROM n.started_at - o.heartbeat_at) >= 2 FROM syncd.run n, syncd.run r JOIN syncd.owner o ON true
		WHERE r.id = $1 AND n.id > $1 ORDER BY o.heartbeat_at LIMIT 1`, run.ID)
	old, err := b.Run(t.Context(), run.ID)
	f.must(err)
	if old.State != jobs.Failed || old.Failure.Code != jobs.ReasonInterrupted {
		t.Errorf("the old run is %s (%s)", old.State, old.Failure.Code)
	}
}

// The run itself can be resumed by another process.
func TestDeadOwnersRunIsResumed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.plan(a, run, toSend(a, "1", 0), toSend(a, "2", 0))
	f.step(a, run, jobs.Step{Take: 1})
	f.kill(a)
	f.age(3 * time.Second)
	resumed, err := b.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	if resumed.Epoch != run.Epoch+1 || !resumed.Planned || resumed.State != jobs.Running {
		t.Errorf("%+v", resumed)
	}
	f.want("1:pending:t 2:pending:f", `SELECT string_agg(key || ':' || state || ':' || left(ambiguous::text, 1), ' ' ORDER BY seq) FROM
		syncd.item`)
	wantLost(f, func() error {
		_, err := a.Step(t.Context(), run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
		return err
	})
}

// An outcome of an item that the run never took is a defect, and is not recorded.
func TestWhatWasNotTakenIsNotRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	_, err := s.Step(t.Context(), run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
	if err == nil || err.Error() != "recording what was sent: 1 of 1 items were not as this run left them" {
		t.Errorf("%v", err)
	}
	f.want("1:pending", "SELECT key || ':' || state FROM syncd.item")
}

// A process that is frozen, and keeps its lock, loses its run when its lease is over, and its sessions end, so that
// nothing of it can complete afterwards.
func TestFrozenOwnerLosesItsRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	_, err := b.Start(t.Context(), request())
	wantBusy(f, err)
	f.freeze(a)
	ctx, cancel := context.WithTimeout(t.Context(), impatient)
	defer cancel()
	_, err = b.Start(ctx, request())
	f.must(err)
	if err := a.owner.current.conn.Ping(ctx); err == nil {
		t.Error("the frozen owner's session lives")
	}
	wantLost(f, func() error {
		_, err := a.Finish(ctx, run, jobs.Reason{}, nil)
		return err
	})
}

// wantLost wants a former owner to be told that its run is lost, once it has noticed that its sessions were ended.
func wantLost(f *fixture, write func() error) {
	f.Helper()
	before := f.everything()
	err := write()
	for range connsPerPlan + 1 {
		if errors.Is(err, jobs.ErrUnreachable) {
			err = write()
		}
	}
	if !errors.Is(err, jobs.ErrLost) || f.everything() != before {
		f.Errorf("the former owner got: %v", err)
	}
}

// A process that froze in the middle of planning holds locks on the dossier: they must not keep others out for ever.
func TestOwnerFrozenWhilePlanningLosesItsRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	w, err := a.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	item := toSend(a, "1", 0)
	item.Seq = 1
	f.must(w.Add(t.Context(), []jobs.PlannedItem{item}))
	ctx, cancel := context.WithTimeout(t.Context(), impatient)
	defer cancel()
	_, err = b.Start(ctx, request())
	wantBusy(f, err) // at once: not when the plan is done
	f.freeze(a)
	_, err = b.Start(ctx, request())
	f.must(err)
	if err := w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{EmployeesRead: 1, ElementsRead: 2}, Digests: jobs.Digests{}}); err == nil {
		t.Error("the frozen plan was committed")
	}
	f.want("0", `SELECT count(*) FROM syncd.item`)
}

// What can be resumed, and what says that there is nothing left.
func TestResumeOfEachState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	if _, err := s.Resume(t.Context(), 12345, resumption); !errors.Is(err, jobs.ErrNoRun) {
		t.Errorf("an unknown run: %v", err)
	}
	for _, c := range []struct {
		name     string
		item     jobs.ItemState
		certain  bool
		failure  jobs.ReasonCode
		state    jobs.State
		finished bool
	}{
		{"succeeded", jobs.ItemAccepted, true, "", jobs.Succeeded, true},
		{"incomplete, all told", jobs.ItemRejected, true, "", jobs.Incomplete, true},
		{"incomplete, someone not attempted", jobs.ItemPending, true, "", jobs.Incomplete, false},
		{"failed", jobs.ItemPending, true, jobs.ReasonStopped, jobs.Failed, false},
		{"failed with nothing left", jobs.ItemRejected, true, jobs.ReasonFailures, jobs.Failed, false},
	} {
		run := f.start(s)
		f.plan(s, run, toSend(s, c.name, 0))
		f.step(s, run, jobs.Step{Take: 1})
		o := outcome(1, c.item, c.certain)
		o.Deferred = c.item == jobs.ItemPending
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}})
		f.finish(s, run, c.failure, c.state)
		resumed, err := s.Resume(t.Context(), run.ID, resumption)
		var finished *jobs.FinishedError
		if errors.As(err, &finished) != c.finished || !c.finished && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if resumed != nil {
			f.deliver(s, resumed)
			_, err := s.Finish(t.Context(), resumed, jobs.Reason{}, nil)
			f.must(err)
		}
	}
}

// A held pull waits for its approval, and no resume goes around it.
func TestHeldPullIsNotResumed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	pull := request()
	pull.Kind, pull.Period = jobs.PullDictionnaire, ""
	run, err := s.Start(t.Context(), pull)
	f.must(err)
	f.finish(s, run, jobs.ReasonPullEmpty, jobs.Held)
	var finished *jobs.FinishedError
	if _, err := s.Resume(t.Context(), run.ID, jobs.Resumption{}); !errors.As(err, &finished) {
		t.Errorf("%v", err)
	}
	_, err = s.Approve(t.Context(), run.ID, Approval{By: "somebody", Reason: "a reason"})
	f.must(err)
	if _, err := s.Resume(t.Context(), run.ID, jobs.Resumption{}); err != nil {
		t.Errorf("an approved run: %v", err)
	}
}

// A server that was busy for a while loses nobody a run: what may leave waits for the next heartbeat, and goes on.
func TestAStallIsAPause(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	kept, _, release := s.Keep(t.Context(), run)
	defer release()
	resume := f.stall()
	f.must(waitUntil(f, func() bool { return jobs.Elapsed(*s.owner.tenure().confirmed.Load()) > confirmedFor }))
	said := make(chan error, 1)
	go func() { said <- s.Confirm(run) }()
	select {
	case err := <-said:
		t.Fatalf("it may leave, though nothing proves whose run it is: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	resume()
	f.must(<-said)
	f.must(kept.Err())
	if again, err := s.owner.acquire(t.Context(), s.pool.Config().ConnConfig); again || err != nil {
		t.Errorf("it is somebody else now: %v, %v", again, err)
	}
}

// But not for as long as another one may have taken the run.
func TestALongStallLosesTheRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	s.owner.current.patience = confirmedFor + 200*time.Millisecond
	run := f.start(s)
	kept, _, release := s.Keep(t.Context(), run)
	defer release()
	defer f.stall()()
	f.must(waitUntil(f, func() bool { return jobs.Elapsed(*s.owner.tenure().confirmed.Load()) > confirmedFor }))
	if err := s.Confirm(run); !errors.Is(err, jobs.ErrLost) {
		t.Errorf("it may leave: %v", err)
	}
	<-kept.Done()
	if !errors.Is(context.Cause(kept), jobs.ErrLost) {
		t.Errorf("%v", context.Cause(kept))
	}
}

// stall keeps the heartbeats of all owners waiting until it is told to resume.
func (f *fixture) stall() (resume func()) {
	f.Helper()
	locked, err := pgx.Connect(f.Context(), f.db.URL)
	f.must(err)
	_, err = locked.Exec(f.Context(), `BEGIN; SELECT FROM syncd.owner FOR UPDATE`)
	f.must(err)
	return func() { f.must(locked.Close(context.Background())) }
}

// Hold ends what a process does when it can no longer prove that the run is its own.
func TestHoldEndsWithTheOwnership(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	kept, _, release := s.Keep(t.Context(), run)
	defer release()
	f.must(s.Confirm(run))
	f.db.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, applicationName(s.owner.identity()))
	select {
	case <-kept.Done():
	case <-time.After(impatient):
		t.Fatal("the work goes on")
	}
	if !errors.Is(context.Cause(kept), jobs.ErrLost) || !errors.Is(s.Confirm(run), jobs.ErrLost) {
		t.Errorf("%v, %v", context.Cause(kept), s.Confirm(run))
	}
}
