package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func TestOneDossierThatHangsDelaysNoOther(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(_ *testing.T, w *world) {
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if run.Target.Dossier == "a" {
				<-stop
				return w.ledger.putBack(run, 0)
			}
			return w.succeed(ctx, run, stop)
		}
		w.start(1, func(_ *Daemon, s *Setup) { s.MaxRuns = 2 }, w.job("paie", "0 6 * * *", "a", "b", "c", "d"))
		pass(65 * time.Second)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule running", "b 2026-11 2026-11-25 06:00 schedule succeeded",
			"c 2026-11 2026-11-25 06:00 schedule succeeded", "d 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestTheQueueOfAFleetIsNotReadAtEachEnd(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		var dossiers []string
		for i := range 80 {
			dossiers = append(dossiers, fmt.Sprintf("d%02d", i))
		}
		var reads atomic.Int32
		w.ledger.ask(func(method string, _ int) error {
			if method == "Active" {
				reads.Add(1)
			}
			return nil
		})
		w.start(1, func(_ *Daemon, s *Setup) { s.MaxRuns = 8 }, w.job("paie", "0 6 * * *", dossiers...))
		pass(59 * time.Second)
		before := reads.Load()
		pass(13 * time.Second)
		if most := w.most[1]; most != 8 {
			t.Errorf("%d at once", most)
		}
		if begun := len(w.begun); begun != 80 {
			t.Errorf("%d of 80 have begun", begun)
		}
		if n := reads.Load() - before; n > 40 {
			t.Errorf("the queue of 80 was read %d times", n)
		}
	})
}

func TestWhoWaitsIsNotTakenFromAQueueThatWasReadBefore(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if run.Target.Dossier == "a" {
				return w.ledger.putBack(run, 10*time.Minute)
			}
			return w.succeed(ctx, run, stop)
		}
		w.start(1, func(_ *Daemon, s *Setup) { s.MaxRuns = 2 }, w.job("paie", "0 6 * * *", "a", "b", "c", "d", "e"))
		pass(5 * time.Minute)
		if begun := len(w.begun); begun != 5 {
			t.Errorf("%d executions, want one of each", begun)
		}
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule queued", "b 2026-11 2026-11-25 06:00 schedule succeeded",
			"c 2026-11 2026-11-25 06:00 schedule succeeded", "d 2026-11 2026-11-25 06:00 schedule succeeded",
			"e 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestRunsThatWaitForWhatIsAwayLeaveTheLastPlace(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		away := func(run *jobs.Run) bool { return run.Target.Dossier != "well" }
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if !away(run) {
				return w.succeed(ctx, run, stop)
			}
			select {
			case <-time.After(30 * time.Second): // of trying
			case <-stop:
			}
			return w.ledger.putBack(run, time.Second)
		}
		w.start(1, func(_ *Daemon, s *Setup) { s.MaxRuns = 3 }, w.job("paie", "0 6 * * *", "a", "b", "c", "d"), w.job("other", "", "well"))
		pass(3 * time.Minute)
		for range 5 {
			w.enqueue("other", 5, "2026-11")
			pass(7 * time.Second)
			if last := w.last(); last.State != jobs.Succeeded {
				t.Errorf("run %d of a dossier that is well is %s after seven seconds", last.ID, last.State)
			}
		}
		if most := w.most[1]; most > 3 {
			t.Errorf("%d runs at once, want at most 3", most)
		}
	})
}

func TestAClaimThatAlwaysFailsKeepsNobodyFromTheirTurn(t *testing.T) {
	failures := map[string]func(ctx context.Context) error{
		"an error": func(context.Context) error { return errPlain },
		"a lock that somebody holds": func(ctx context.Context) error {
			<-ctx.Done()
			return fmt.Errorf("claiming a run: %w", errors.Join(ctx.Err(), jobs.ErrUnreachable))
		},
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
				d := w.start(1, func(d *Daemon, _ *Setup) { d.Ledger = &refusing{Ledger: d.Ledger, claim: failure} },
					w.job("paie", "0 6 * * *", "a", "b"))
				pass(10 * time.Minute)
				d.wantReady(true, "")
				w.wantRuns("a 2026-11 2026-11-25 06:00 schedule queued", "b 2026-11 2026-11-25 06:00 schedule succeeded")
				if n := d.log.count("a run waits"); n != 1 {
					t.Errorf("the reason was told %d times, want once", n)
				}
			})
		})
	}
}

// refusing is a ledger that does not do some things for target 1.
type refusing struct {
	Ledger
	claim, record, cancel func(context.Context) error
}

func (r *refusing) Claim(ctx context.Context, id int64, request jobs.Resumption) (*jobs.Run, error) {
	if id == 1 && r.claim != nil {
		return nil, r.claim(ctx)
	}
	return r.Ledger.Claim(ctx, id, request)
}

func (r *refusing) Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire, bool,
	error) {
	if before.Pair.TargetID == 1 && r.record != nil {
		if err := r.record(ctx); !errors.Is(err, errFree) {
			return nil, false, err
		}
	}
	return r.Ledger.Record(ctx, before, after, fires, request)
}

func (r *refusing) Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error) {
	if r.cancel != nil {
		return nil, r.cancel(ctx)
	}
	return r.Ledger.Cancel(ctx, id, by, reason)
}

func TestAFireThatCannotBeRecordedKeepsNobodyFromTheirs(t *testing.T) {
	for name, failure := range map[string]func(ctx context.Context) error{
		"an error":                   func(context.Context) error { return errPlain },
		"a lock that somebody holds": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "2026-11-25 05:59", func(_ *testing.T, w *world) {
				d := w.start(1, func(d *Daemon, _ *Setup) { d.Ledger = &refusing{Ledger: d.Ledger, record: failure} },
					w.job("paie", "0 6 * * *", "a", "b"))
				pass(5 * time.Minute)
				w.wantRuns("b 2026-11 2026-11-25 06:00 schedule succeeded")
				d.wantReady(false, "")
			})
		})
	}
}

func TestARunThatCameTooLateIsCancelledAndAFailureToDoSoStopsNobody(t *testing.T) {
	for name, cancel := range map[string]func(context.Context) error{
		"cancelled":          nil,
		"another was faster": func(context.Context) error { return &jobs.FinishedError{Run: jobs.Run{ID: 1, State: jobs.Cancelled}} },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
				job := w.job("paie", "", "a", "b")
				job.Resumption.Scope = jobs.ScopeEmployee
				d := w.start(1, func(d *Daemon, _ *Setup) { d.Ledger = &refusing{Ledger: d.Ledger, cancel: cancel} }, job)
				pass(time.Second)
				w.enqueue("paie", 1, "2026-11")
				pass(time.Minute)
				w.enqueue("paie", 1, "2026-10")
				w.enqueue("paie", 2, "2026-10")
				pass(time.Minute)
				d.wantReady(true, "")
				states := []jobs.State{w.ledger.runs[1].State, w.ledger.runs[2].State}
				if want := []jobs.State{jobs.Cancelled, jobs.Succeeded}; cancel == nil && !slices.Equal(states, want) || states[1] != jobs.Succeeded {
					t.Errorf("states %v, want %v", states, want)
				}
			})
		})
	}
}
