package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// wantOver wants a run to be one that this process may send nothing of any more.
func (f *fixture) wantOver(s *Store, run *jobs.Run) {
	f.Helper()
	if err := s.Confirm(run); !errors.Is(err, jobs.ErrLost) {
		f.Errorf("run %d is confirmed: %v", run.ID, err)
	}
	kept, _, release := s.Keep(f.Context(), run)
	defer release()
	select {
	case <-kept.Done():
	case <-time.After(impatient):
		f.Fatalf("run %d is held", run.ID)
	}
	if !errors.Is(context.Cause(kept), jobs.ErrLost) {
		f.Errorf("run %d: %v", run.ID, context.Cause(kept))
	}
}

// A run that was claimed before the ownership was lost may be executed elsewhere: that the process owns runs again does
// not make this one its own.
func TestLostRunIsNotConfirmedByALaterOwnership(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*fixture, *Store){
		"the connection is lost": func(f *fixture, s *Store) {
			f.db.Exec(f.T, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, applicationName(s.owner.identity()))
			f.must(waitUntil(f, func() bool { return s.owner.tenure().confirm() != nil }))
		},
		"it rests": func(_ *fixture, s *Store) { s.Rest() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			before := f.startAt(s, "before", month)
			f.must(s.Confirm(before))
			lose(f, s)
			f.wantOver(s, before)
			after := f.claim(s, f.enqueuedAgain(s).ID)
			f.must(s.Confirm(after))
			f.wantOver(s, before)
			if *after.Owner == *before.Owner {
				t.Error("it is the same owner")
			}
			kept, _, release := s.Keep(t.Context(), after)
			defer release()
			f.must(kept.Err())
		})
	}
}

// enqueuedAgain queues a run, with a connection that lives: the pool may hold one that was ended.
func (f *fixture) enqueuedAgain(s *Store) *jobs.Run {
	f.Helper()
	for range connsPerPlan + 1 {
		if run, err := s.Enqueue(f.Context(), request()); err == nil {
			return run
		}
	}
	return f.enqueued(s, request())
}

// The sessions of the pool bear the name of the present owner: a taker must find them when this process freezes.
func TestSessionsBearTheNameOfTheirOwner(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, other := f.open(), f.open()
	first := f.startAt(s, "first", month)
	f.finish(s, first, jobs.ReasonStopped, jobs.Failed)
	former := applicationName(s.owner.identity())
	s.Rest()
	run := f.startAt(s, "second", month)
	f.must(waitUntil(f, func() bool {
		return f.text(`SELECT count(*) FROM pg_stat_activity WHERE application_name = $1`, former) == "0"
	}))
	var busy sync.WaitGroup
	for range connsPerPlan + 1 {
		busy.Go(func() { f.must(s.pool.Ping(t.Context())) })
	}
	busy.Wait()
	w, err := s.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	f.want("true", `SELECT count(*) >= 2 FROM pg_stat_activity WHERE application_name = $1`, applicationName(s.owner.identity()))
	f.freeze(s)
	f.claim(other, run.ID)
	if err := w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{}, Digests: jobs.Digests{}}); err == nil {
		t.Error("the frozen plan was committed")
	}
	f.want("NULL", `SELECT planned_at FROM syncd.run WHERE id = $1`, run.ID)
}

// What rests costs the database no connection of its own, and its row is gone.
func TestRestGivesTheOwnershipBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.finish(s, f.start(s), jobs.ReasonStopped, jobs.Failed)
	f.want("1", `SELECT count(*) FROM syncd.owner`)
	s.Rest()
	s.Rest()
	f.want("0", `SELECT count(*) FROM syncd.owner`)
	f.must(waitUntil(f, func() bool { // the server ends a session a moment after its client has gone
		return f.text(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname =
			current_database())`) == "0"
	}))
}
