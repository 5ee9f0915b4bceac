package store

import (
	"context"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// listener hears what a store is told.
type listener struct {
	*fixture
	heard chan struct{}
}

func (f *fixture) listen(s *Store) *listener {
	f.Helper()
	l := &listener{fixture: f, heard: make(chan struct{}, 100)}
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); s.Listen(ctx, func() { l.heard <- struct{}{} }) }()
	f.Cleanup(func() { stop(); <-over })
	l.wakes("listening")
	return l
}

// wakes wants to be woken; what came too is dropped.
func (l *listener) wakes(why string) {
	l.Helper()
	select {
	case <-l.heard:
	case <-time.After(impatient):
		l.Fatalf("nobody was woken: %s", why)
	}
	l.drain()
}

func (l *listener) drain() {
	for {
		select {
		case <-l.heard:
		default:
			return
		}
	}
}

// A daemon hears at once what there is to do, and to stop: a poll of seconds would make every hand-over as slow.
func TestListenHears(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	l := f.listen(s)
	queued := f.enqueued(s, request())
	l.wakes("queued")
	run := f.claim(s, queued.ID)
	l.wakes("claimed")
	f.cancel(s, run.ID, jobs.Running)
	l.wakes("cancelled")
	f.finish(s, run, jobs.ReasonStopped, jobs.Cancelled)
	l.wakes("ended")
	_, err := s.Pause(t.Context(), "paie", "somebody", "a reason")
	f.must(err)
	l.wakes("paused")
	_, err = s.Unpause(t.Context(), "paie", "marie", "")
	f.must(err)
	l.wakes("unpaused")
	armed := f.arm(s, "paie", "saint-martin")
	f.record(s, armed, payday, fireOf(armed, payday))
	l.wakes("fired")
}

// What was said while the connection was away was not heard: whoever listens again looks at once, then hears.
func TestListenSurvivesItsConnection(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	l := f.listen(s)
	f.want("1", `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN syncd'`)
	l.wakes("connected again")
	f.enqueued(s, request())
	l.wakes("queued")
}
