package daemon

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// watchful is a ledger that notes what the chores of holds and configurations ask of it.
type watchful struct {
	Ledger

	mu      sync.Mutex
	digests []string
	asked   []time.Duration // since the first time, when holds were looked through
	began   time.Time
	expires map[string]time.Duration
	late    []int64
	failure error // of the next calls; nil = all is well
	stuck   error // of looking through holds alone
}

func (w *watchful) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failure = err
}

func (w *watchful) SetConfiguration(_ context.Context, digest string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure != nil {
		return w.failure
	}
	w.digests = append(w.digests, digest)
	return nil
}

func (w *watchful) ExpireHolds(_ context.Context, _ []ledger.Pair, expires map[string]time.Duration) (late []int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.IsZero() {
		w.began = time.Now()
	}
	w.asked = append(w.asked, time.Since(w.began).Round(time.Minute))
	w.expires = expires
	late, w.late = w.late, nil
	return late, cmp.Or(w.failure, w.stuck)
}

func (w *watchful) wantAsked(t *testing.T, want ...time.Duration) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.asked, want) {
		t.Errorf("holds were looked through after %v, want %v", w.asked, want)
	}
}

// watch puts one between a daemon and its ledger.
func watch(watched *watchful, expires map[string]time.Duration) func(*Daemon, *Setup) {
	return func(d *Daemon, s *Setup) {
		watched.Ledger, d.Ledger = d.Ledger, watched
		s.Expires = expires
	}
}

func TestHoldsAreLookedThroughAtTheStartThenEachHour(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		watched := &watchful{late: []int64{7, 9}}
		week := map[string]time.Duration{"paie": 7 * 24 * time.Hour}
		d := w.start(1, watch(watched, week), w.job("paie", "", "a"))
		pass(150 * time.Minute)
		watched.wantAsked(t, 0, time.Hour, 2*time.Hour)
		if !maps.Equal(watched.expires, week) {
			t.Errorf("the times of the jobs are %v", watched.expires)
		}
		if n := d.log.count("nobody has decided about what this run holds"); n != 2 {
			t.Errorf("what was given up is told %d times, want once for each of two runs", n)
		}
		w.clock.set(-30 * 24 * time.Hour) // a clock that was wrong must not keep holds for a month
		pass(time.Hour + time.Minute)
		watched.wantAsked(t, 0, time.Hour, 2*time.Hour, 3*time.Hour+30*time.Minute)
	})
}

func TestHoldsThatCannotBeGivenUpKeepNobodyFromTheirTurn(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		watched := &watchful{}
		d := w.start(1, watch(watched, nil), w.job("paie", "0 6 * * *", "a"))
		pass(time.Second)
		d.wantReady(true, "")
		w.clock.set(2 * time.Hour)
		w.ledger.clock.set(2 * time.Hour)
		watched.fail(errors.New("giving up what nobody decided about: a defect of the ledger"))
		pass(time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded")
		d.wantReady(false, "a defect of the ledger")
		if n := len(watched.asked); n < 3 {
			t.Errorf("it was tried %d times", n)
		}
		watched.fail(nil)
		pass(time.Minute)
		d.wantReady(true, "")
	})
}

// A run is executed with the configuration that the audit names, so that is told first.
func TestTheAuditHearsOfEachConfigurationOnce(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		watched := &watchful{failure: errAway}
		d := w.start(1, func(d *Daemon, s *Setup) { watch(watched, nil)(d, s); s.Digest = "first" }, w.job("paie", "0 6 * * *", "a"))
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule queued")
		watched.fail(nil)
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		for _, digest := range []string{"first", "second"} {
			setup := d.setup(w.job("paie", "0 6 * * *", "a"))
			setup.Digest = digest
			d.Load = func() (*Setup, error) { return setup, nil }
			d.reload <- struct{}{}
			pass(time.Minute)
		}
		watched.mu.Lock()
		defer watched.mu.Unlock()
		if want := []string{"first", "first", "second"}; !slices.Equal(watched.digests, want) {
			t.Errorf("the audit was told of %q, want %q: the start and each reload", watched.digests, want)
		}
	})
}

// A held fire calls for a person; what that person lets go is executed at once, and reported as done.
func TestAHeldRunWaitsForAPersonAndThenGoes(t *testing.T) {
	t.Parallel()
	s := newSwitchboard(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		approved := false
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if !approved {
				return w.ledger.finish(run, jobs.Held, jobs.ReasonGuard)
			}
			return w.succeed(ctx, run, stop)
		}
		job := w.job("paie", "0 6 * * *", "a")
		job.Ping = func(event string) (string, error) { return s.url + "/" + event, nil }
		d := w.start(1, nil, job)
		pass(5 * time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule held")
		d.wantReady(true, "")
		if got := d.metric(`syncd_runs_ended_total{job="paie",state="held"}`); got != "1" {
			t.Errorf("%q holds are counted", got)
		}
		approved = true
		w.release(1)
		pass(2 * time.Second) // sooner than the poll
		w.wantRuns("a 2026-11 2026-11-25 06:00 resume succeeded")
		d.end()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if want := []string{"started", "failed", "done"}; !slices.Equal(s.heard, want) {
		t.Errorf("heard %q, want %q", s.heard, want)
	}
}

// release queues a held run again, as an approval does.
func (w *world) release(run int64) {
	w.ledger.mu.Lock()
	r := w.ledger.runs[run-1]
	r.State, r.Trigger, r.FinishedAt, r.Failure = jobs.Queued, jobs.TriggerResume, nil, jobs.Reason{}
	w.ledger.leave(true)
}

func TestHoldsThatCannotBeGivenUpDelayNoOtherChore(t *testing.T) {
	inWorld(t, "2026-11-25 12:10", func(_ *testing.T, w *world) {
		attempts := 0
		w.execute = retryable(w, &attempts, jobs.ReasonUnreachable)
		watched := &watchful{stuck: errPlain}
		d := w.start(1, func(d *Daemon, s *Setup) { hourly(d, s); watch(watched, nil)(d, s) }, w.job("paie", "20 12 * * *", "a"))
		pass(45 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 schedule failed")
		pass(10 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 retry succeeded")
		d.wantReady(false, errPlain.Error())
	})
}
