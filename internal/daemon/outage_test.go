package daemon

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// outage takes the ledger away at a call, for ten minutes.
func (w *world) outage(at int) {
	w.ledger.before = func(_ string, call int) error {
		if call == at {
			w.ledger.away()
			time.AfterFunc(10*time.Minute, w.ledger.back)
		}
		return nil
	}
}

func TestTheLedgerAwayForTenMinutesAtAnyCallLosesNothing(t *testing.T) {
	for call := 1; call <= 60; call++ {
		t.Run(fmt.Sprint(call), func(t *testing.T) {
			inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
				w.took = 2 * time.Second
				first := w.start(9, nil, w.job("paie", "0,20 6 * * *", "a", "b")) // arms the schedules
				pass(time.Second)
				first.end()
				w.outage(w.ledger.calls + call)
				d := w.start(1, nil, w.job("paie", "0,20 6 * * *", "a", "b"))
				pass(5 * time.Minute)
				if w.ledger.isDown() {
					d.wantReady(false, "cannot be used just now")
				}
				pass(12 * time.Minute)
				pass(10 * time.Minute)
				d.wantReady(true, "")
				select {
				case <-d.done:
					t.Fatalf("the daemon ended: %v", d.err)
				default:
				}
				for _, r := range w.ledger.runs {
					if r.State != jobs.Succeeded || w.ledger.ends[r.ID] != 1 {
						t.Errorf("run %d is %s, ended %d times", r.ID, r.State, w.ledger.ends[r.ID])
					}
				}
				if len(w.ledger.runs) != 4 || w.doubled {
					t.Errorf("%d runs, doubled: %v", len(w.ledger.runs), w.doubled)
				}
			})
		})
	}
}

func TestAnOutageWhileNothingIsDueIsToldOnceAndWithItsReason(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Minute)
		w.ledger.away()
		pass(10 * time.Minute)
		d.wantReady(false, jobs.ErrUnreachable.Error())
		w.ledger.back()
		pass(16 * time.Second)
		d.wantReady(true, "")
		if d.log.count("not ready") != 1 || d.log.count("ready again") != 1 {
			t.Errorf("told %d and %d times, want once each", d.log.count("not ready"), d.log.count("ready again"))
		}
		pass(20 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestARunWhoseEndCannotBeRecordedIsClaimedAgainWithGrowingPauses(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		var begins []time.Time
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if begins = append(begins, time.Now()); len(begins) < 5 {
				return run, fmt.Errorf("recording the end of run %d: %w", run.ID, jobs.ErrUnreachable)
			}
			return w.succeed(ctx, run, stop)
		}
		w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(10 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		wantGrowing(t, begins, 5)
	})
}

// wantGrowing checks that pauses double at least, but for the length of the loop's poll.
func wantGrowing(t *testing.T, begins []time.Time, n int) {
	t.Helper()
	if len(begins) != n {
		t.Fatalf("%d executions, want %d", len(begins), n)
	}
	for i := 1; i < n; i++ {
		least := firstRetry << (i - 1)
		if pause := begins[i].Sub(begins[i-1]); pause < least || pause > 2*least+idlePoll {
			t.Errorf("pause %d is %s, want at least %s", i, pause, least)
		}
	}
}

func TestAnExecutionThatPanicsEndsNeitherTheLoopNorInAHotOne(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		var panics atomic.Int32
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if run.Target.Dossier == "a" && panics.Add(1) <= 4 {
				panic("a defect")
			}
			return w.succeed(ctx, run, stop)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a", "b"))
		pass(62 * time.Second)
		if panics := panics.Load(); panics > 2 {
			t.Errorf("%d executions in two seconds: a hot loop", panics)
		}
		pass(5 * time.Minute)
		d.wantReady(true, "")
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded", "b 2026-11 2026-11-25 06:00 schedule succeeded")
		if d.log.count("panic while a run was executed") != 4 || d.log.count("a defect of syncd") != 4 {
			t.Error("a panic is not logged")
		}
	})
}

func TestALostClaimGoesOnHere(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		lost := false
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if !lost {
				lost = true
				return run, jobs.ErrLost
			}
			return w.succeed(ctx, run, stop)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(90 * time.Second)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		if d.log.count("the claim on a run was lost") != 1 {
			t.Error("the lost claim is not told")
		}
	})
}

func TestARunThatOnlyWaitsIsNoError(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.execute = func(_ context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			waiting, err := w.ledger.putBack(run, time.Minute)
			return waiting, cmp.Or(err, errPlain)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(10 * time.Minute)
		if d.log.count("a run met an error") != 0 {
			t.Error("a run that waits is told as an error")
		}
	})
}
