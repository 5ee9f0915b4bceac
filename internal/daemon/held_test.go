package daemon

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// errFree makes a refusing ledger do its work after all.
var errFree = errors.New("free")

func TestADossierThatIsHeldUpAtAChangeOfScheduleKeepsNobodyFromTheirs(t *testing.T) {
	for name, failure := range map[string]func(ctx context.Context) error{
		"an error":                   func(context.Context) error { return errPlain },
		"a clock":                    func(context.Context) error { return errClock },
		"another is at work":         func(context.Context) error { return nil },
		"a lock that somebody holds": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "2026-11-25 05:58", func(_ *testing.T, w *world) {
				w.start(1, nil, w.job("paie", "0 6 * * *", "a", "b")).end()
				var free atomic.Bool
				held := &refusing{}
				held.record = func(ctx context.Context) error {
					if free.Load() {
						return errFree
					}
					return failure(ctx)
				}
				d := w.start(2, func(d *Daemon, _ *Setup) { held.Ledger, d.Ledger = d.Ledger, held },
					w.job("paie", "5,15 6 * * *", "a", "b"), w.job("other", "", "c"))
				pass(time.Minute)
				w.enqueue("other", 3, "2026-11")
				pass(time.Minute)
				w.wantRuns("c 2026-11 by hand manual succeeded")
				d.wantReady(false, "")
				pass(7 * time.Minute) // 06:07
				w.wantRuns("c 2026-11 by hand manual succeeded", "b 2026-11 2026-11-25 06:05 schedule succeeded")
				free.Store(true)
				pass(time.Minute)
				d.wantReady(true, "")
				pass(8 * time.Minute)
				w.wantRuns("c 2026-11 by hand manual succeeded", "b 2026-11 2026-11-25 06:05 schedule succeeded",
					"a 2026-11 2026-11-25 06:00 catch-up succeeded", "b 2026-11 2026-11-25 06:15 schedule succeeded",
					"a 2026-11 2026-11-25 06:15 schedule succeeded")
				if n := d.log.count("the schedule was changed"); n != 2 {
					t.Errorf("changes were told %d times, want one for each dossier", n)
				}
			})
		})
	}
}

// TestManyDossiersThatAreHeldUpLeaveTheOthersTheirTurn: the time of a turn is shared by all, in turns.
func TestManyDossiersThatAreHeldUpLeaveTheOthersTheirTurn(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(_ *testing.T, w *world) {
		first := w.start(1, func(d *Daemon, _ *Setup) { d.Ledger = &sticky{Ledger: d.Ledger, upTo: 8} },
			w.job("paie", "0 6 * * *", "a", "b", "c", "d", "e", "f", "g", "h", "well"))
		pass(3 * time.Minute)
		w.wantRuns("well 2026-11 2026-11-25 06:00 schedule succeeded")
		first.wantReady(false, "does not answer in time")
	})
}

// sticky is a ledger in which somebody holds locks of the first targets.
type sticky struct {
	Ledger
	upTo int64
}

func (s *sticky) Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire, bool,
	error) {
	if before.Pair.TargetID <= s.upTo {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	return s.Ledger.Record(ctx, before, after, fires, request)
}

func hourly(_ *Daemon, s *Setup) {
	s.Retry, _ = schedule.Parse("0 * * * *", zone, nil)
	s.RetryWithin = 24 * time.Hour
}

func TestAnOutageAtTheFullHourCostsNoHourOfFailedRuns(t *testing.T) {
	inWorld(t, "2026-11-25 12:10", func(_ *testing.T, w *world) {
		attempts := 0
		w.execute = retryable(w, &attempts, jobs.ReasonUnreachable)
		w.start(1, hourly, w.job("paie", "20 12 * * *", "a"))
		pass(45 * time.Minute)
		w.ledger.ask(func(method string, _ int) error {
			if method == "RetryFailed" {
				return errAway
			}
			return nil
		})
		pass(10 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 schedule failed")
		w.ledger.ask(nil)
		pass(time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 retry succeeded")
	})
}

func TestAFailedRunThatSomebodyHoldsKeepsNobodyFromTheirTurn(t *testing.T) {
	inWorld(t, "2026-11-25 12:58", func(_ *testing.T, w *world) {
		d := w.start(1, func(d *Daemon, s *Setup) { hourly(d, s); d.Ledger = &stuckRetry{d.Ledger} }, w.job("paie", "", "a"))
		pass(3 * time.Minute)
		w.enqueue("paie", 1, "2026-11")
		pass(30 * time.Second)
		w.wantRuns("a 2026-11 by hand manual succeeded")
		d.wantReady(false, "does not answer in time")
	})
}

// stuckRetry is a ledger in which somebody keeps a lock of a failed run.
type stuckRetry struct{ Ledger }

func (stuckRetry) RetryFailed(ctx context.Context, _ []ledger.Pair, _ time.Duration, _ bool) ([]int64, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
