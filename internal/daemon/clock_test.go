package daemon

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

func TestAClockSetForwardByHoursStartsNothingEarlyWhenPostgresKnowsBetter(t *testing.T) {
	inWorld(t, "2026-11-25 01:00", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 25 * *", "a"))
		pass(time.Minute)
		w.clock.set(8 * time.Hour)
		pass(time.Minute)
		w.wantRuns()
		d.wantReady(false, "ahead of Postgres")
		w.clock.set(-8 * time.Hour)
		pass(time.Minute)
		d.wantReady(true, "")
		w.skip(4*time.Hour + 40*time.Minute)
		pass(30 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestAWrongClockKeepsNobodyFromQueuedRuns(t *testing.T) {
	inWorld(t, "2026-11-25 01:00", func(_ *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 25 * *", "a"), w.job("other", "", "b"))
		pass(time.Minute)
		w.clock.set(8 * time.Hour)
		pass(time.Minute)
		if d.metric("syncd_clock_error") != "1" {
			t.Error("a clock ahead of Postgres's is not told")
		}
		w.enqueue("other", 2, "2026-11")
		pass(time.Minute)
		w.wantRuns("b 2026-11 by hand manual succeeded")
	})
}

func TestTheClockOfTheWholeMachineSetForwardAndBackFiresNothingTwice(t *testing.T) {
	inWorld(t, "2026-11-25 01:00", func(t *testing.T, w *world) {
		both := func(step time.Duration) {
			w.clock.set(step)
			w.ledger.clock.set(step)
			pass(time.Minute)
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Minute)
		both(8 * time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded")
		both(-8 * time.Hour)
		if d.log.count("fires in the future") != 1 || d.metric("syncd_clock_error") != "1" {
			t.Error("the wrong clock is not told, or more than once")
		}
		w.skip(4*time.Hour + 50*time.Minute)
		pass(20 * time.Minute) // the true 06:00
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded")
		w.skip(23*time.Hour + 40*time.Minute) // 06:00 of the next day is near
		pass(20 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded", "a 2026-11 2026-11-26 06:00 schedule succeeded")
		pass(clockAlarm)
		if got := d.metric("syncd_clock_error"); got != "0" {
			t.Errorf("syncd_clock_error is %q for ever", got)
		}
	})
}

func TestAClockSetBackByHoursDoesNotRepeatNorLose(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(_ *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "0 6 * * *", "a"), w.job("hourly", "30 * * * *", "b"))
		pass(45 * time.Minute)
		w.clock.set(-time.Hour) // 05:15
		w.ledger.clock.set(-time.Hour)
		pass(90 * time.Minute) // 06:45
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded", "b 2026-11 2026-11-25 05:30 schedule succeeded",
			"b 2026-11 2026-11-25 06:30 schedule succeeded")
	})
}

func TestADaemonWhoseClockIsBehindTakesNothingBack(t *testing.T) {
	inWorld(t, "2026-11-25 12:10", func(t *testing.T, w *world) {
		job := func() *Job { return w.job("paie", "0 * * * *", "a") }
		good := w.start(1, nil, job())
		pass(time.Minute)
		late := newClock(t, "2026-11-25 09:11")
		var records atomic.Int32
		w.ledger.ask(func(method string, _ int) error {
			if method == "Record" {
				records.Add(1)
			}
			return nil
		})
		bad := w.start(2, func(d *Daemon, _ *Setup) { d.Now = late.Now }, job())
		pass(2 * time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 13:00 schedule succeeded", "a 2026-11 2026-11-25 14:00 schedule succeeded")
		if n := bad.log.count("fires in the future"); n != 1 || bad.metric("syncd_clock_error") != "1" {
			t.Errorf("the clock that is behind is told %d times, want once, and in the metrics", n)
		}
		if n := records.Load(); n > 10 {
			t.Errorf("%d times something was recorded", n)
		}
		bad.wantReady(true, "")
		good.end()
		late.set(3 * time.Hour)
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 13:00 schedule succeeded", "a 2026-11 2026-11-25 14:00 schedule succeeded",
			"a 2026-11 2026-11-25 15:00 schedule succeeded")
	})
}

func TestAFarFutureThatCannotBeTakenBackAtOnceIsLater(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "0 6 * * *", "a")).end()
		pair := ledger.Pair{Job: "paie", TargetID: 1}
		armed := w.ledger.schedules[pair]
		armed.DealtWith = at(t, "2099-01-01 00:00")
		w.ledger.schedules[pair] = armed
		var held atomic.Bool
		held.Store(true)
		refuse := func(context.Context) error {
			if held.Load() {
				return errHeldUp
			}
			return errFree
		}
		w.start(2, func(d *Daemon, _ *Setup) { d.Ledger = &refusing{Ledger: d.Ledger, record: refuse} }, w.job("paie", "0 6 * * *", "a"))
		pass(5 * time.Minute)
		held.Store(false)
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestAStoredFireInTheFarFutureStopsNothing(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Second)
		w.ledger.mu.Lock()
		pair := ledger.Pair{Job: "paie", TargetID: 1}
		armed := w.ledger.schedules[pair]
		armed.DealtWith = at(t, "2099-01-01 00:00")
		w.ledger.schedules[pair] = armed
		w.ledger.mu.Unlock()
		d.reloads(w.job("paie", "0 6 * * *", "a"))
		pass(15 * time.Second)
		if d.log.count("fires in the future") != 1 {
			t.Error("the wrong clock is not told, or more than once")
		}
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestDailyAtHalfPastTwoFiresOnceOnBothChangeDays(t *testing.T) {
	for day, test := range map[string]struct {
		rest time.Duration // from after the change until shortly before the next fire
		want []string
	}{
		"2026-03-28 12:00": {21*time.Hour + 50*time.Minute,
			[]string{"a 2026-03 2026-03-29 03:00 schedule succeeded", "a 2026-03 2026-03-30 02:30 schedule succeeded"}},
		"2026-10-24 12:00": {23*time.Hour + 50*time.Minute,
			[]string{"a 2026-10 2026-10-25 02:30 schedule succeeded", "a 2026-10 2026-10-26 02:30 schedule succeeded"}},
	} {
		t.Run(day, func(t *testing.T) {
			inWorld(t, day, func(_ *testing.T, w *world) {
				w.start(1, nil, w.job("paie", "30 2 * * *", "a"))
				pass(time.Second)
				w.skip(13*time.Hour + 50*time.Minute)
				pass(100 * time.Minute) // through the change, and the hour that autumn repeats
				w.skip(test.rest)
				pass(20 * time.Minute)
				w.wantRuns(test.want...)
			})
		})
	}
}

func TestChoresGoOnAfterTheClockWasSetBack(t *testing.T) {
	inWorld(t, "2026-11-25 12:30", func(t *testing.T, w *world) {
		purged := 0
		w.start(1, func(_ *Daemon, s *Setup) {
			s.Purge, _ = schedule.Parse("*/20 * * * *", zone, nil)
			s.PurgeNow = func() { purged++ }
		}, w.job("paie", "", "a"))
		pass(45 * time.Minute) // 12:40 and 13:00
		if purged != 2 {
			t.Fatalf("purged %d times in 45 minutes", purged)
		}
		w.clock.set(-6 * time.Hour)
		w.ledger.clock.set(-6 * time.Hour)
		pass(40 * time.Minute) // 07:20 and 07:40
		if purged != 4 {
			t.Errorf("purged %d times, want 2 more", purged-2)
		}
	})
}

func TestFailedRunsAreTakenUpOnTheirScheduleOnly(t *testing.T) {
	inWorld(t, "2026-11-25 12:10", func(_ *testing.T, w *world) {
		attempts := 0
		w.execute = retryable(w, &attempts, jobs.ReasonUnreachable)
		w.start(1, func(_ *Daemon, s *Setup) {
			s.Retry, _ = schedule.Parse("0 * * * *", zone, nil)
			s.RetryWithin = 24 * time.Hour
		}, w.job("paie", "20 12 * * *", "a"))
		pass(45 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 schedule failed")
		pass(20 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 retry succeeded")
	})
}

func TestAConfigurationFailureIsTriedOnceMoreAtStartAndAtReload(t *testing.T) {
	inWorld(t, "2026-11-25 12:10", func(t *testing.T, w *world) {
		attempts := 0
		w.execute = func(_ context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			attempts++
			return w.ledger.finish(run, jobs.Failed, jobs.ReasonConfiguration)
		}
		often := func(_ *Daemon, s *Setup) {
			s.Retry, _ = schedule.Parse("*/15 * * * *", zone, nil)
			s.RetryWithin = 24 * time.Hour
		}
		d := w.start(1, often, w.job("paie", "20 12 * * *", "a"))
		pass(40 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 12:20 schedule failed")
		setup := d.setup(w.job("paie", "20 12 * * *", "a"))
		often(nil, setup)
		d.Load = func() (*Setup, error) { return setup, nil }
		d.reload <- struct{}{}
		pass(40 * time.Minute)
		d.end()
		w.start(2, often, w.job("paie", "20 12 * * *", "a"))
		pass(40 * time.Minute)
		if attempts != 3 {
			t.Errorf("%d attempts, want one, one at the reload, one at the start", attempts)
		}
	})
}

// retryable fails the first attempt for a reason, and succeeds after.
func retryable(w *world, attempts *int, why jobs.ReasonCode) func(context.Context, *jobs.Run, <-chan struct{}) (*jobs.Run, error) {
	return func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
		if *attempts++; *attempts == 1 {
			return w.ledger.finish(run, jobs.Failed, why)
		}
		return w.succeed(ctx, run, stop)
	}
}
