package daemon

import (
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/schedule"
)

// machine gives a daemon the time since its machine booted, which nobody sets.
func machine(d *Daemon) {
	booted := time.Now()
	d.Up = func() time.Duration { return time.Since(booted) }
}

// purging counts what a daemon does about what is old.
func purging(purged *atomic.Int32) func(*Daemon, *Setup) {
	return func(d *Daemon, s *Setup) {
		machine(d)
		s.Purge, _ = schedule.Parse("*/20 * * * *", zone, nil)
		s.PurgeNow = func() { purged.Add(1) }
	}
}

// The clock of the whole machine, Postgres's included, is 3,000 days ahead for ten seconds. No history is deleted by it, no
// hold given up, no month taken for missed, and the fire of that very moment happens.
func TestAClockThatIsFarAheadForAMomentDoesNothing(t *testing.T) {
	inWorld(t, "2026-11-25 05:19", func(t *testing.T, w *world) {
		var purged atomic.Int32
		d := w.start(1, purging(&purged), w.job("paie", "20 5 * * *", "a"))
		pass(55 * time.Second)
		w.clock.set(3000 * 24 * time.Hour)
		w.ledger.clock.set(3000 * 24 * time.Hour)
		pass(10 * time.Second)
		w.wantFires()
		w.clock.set(-3000 * 24 * time.Hour)
		w.ledger.clock.set(-3000 * 24 * time.Hour)
		pass(time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 05:20 schedule succeeded")
		if d.log.count("leapt ahead") != 1 || d.metric("syncd_clock_error") != "1" {
			t.Error("the leap is not told, or more than once")
		}
		pass(50 * time.Minute)
		if purged.Load() != 0 {
			t.Errorf("purged %d times within the hour", purged.Load())
		}
		pass(30 * time.Minute)
		if purged.Load() == 0 {
			t.Error("never purged again")
		}
	})
}

// A clock that was set ahead by hours, and is right now, only keeps things for an hour longer: schedules follow it.
func TestAClockSetAheadByHoursOnlyDelaysThePurge(t *testing.T) {
	inWorld(t, "2026-11-25 01:01", func(t *testing.T, w *world) {
		var purged atomic.Int32
		w.start(1, purging(&purged), w.job("paie", "0 6 * * *", "a"))
		pass(time.Minute)
		w.clock.set(8 * time.Hour)
		w.ledger.clock.set(8 * time.Hour)
		pass(50 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded")
		if purged.Load() != 0 {
			t.Errorf("purged %d times", purged.Load())
		}
		pass(20 * time.Minute)
		if purged.Load() != 1 {
			t.Errorf("purged %d times", purged.Load())
		}
	})
}

// A machine that slept for two months has the time that its clock says.
func TestAMachineThatSleptIsNoClockThatLeapt(t *testing.T) {
	inWorld(t, "2026-09-25 05:30", func(t *testing.T, w *world) {
		var purged atomic.Int32
		d := w.start(1, func(d *Daemon, s *Setup) {
			purging(&purged)(d, s)
			d.Up = func() time.Duration { return d.Now().Sub(w.clock.wall) }
		}, w.job("paie", "0 6 25 * *", "a"))
		pass(time.Minute)
		w.skip(61 * 24 * time.Hour)
		pass(time.Minute)
		w.wantRuns("a 2026-09 2026-09-25 06:00 catch-up succeeded", "a 2026-10 2026-10-25 06:00 catch-up succeeded")
		if d.log.count("leapt") != 0 || purged.Load() != 1 {
			t.Errorf("purged %d times", purged.Load())
		}
	})
}

// A daemon that begins with a clock far ahead of when the ledger was last used waits a while for it to be set right, and
// then goes by it: the machine may have been off.
func TestADaemonThatBeginsAfterALeapWaitsForTheClock(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(_ *testing.T, w *world) {
		adapt := func(d *Daemon, _ *Setup) { machine(d) }
		w.start(1, adapt, w.job("paie", "0 6 25 * *", "a")).end()
		w.clock.set(70 * 24 * time.Hour)
		w.ledger.clock.set(70 * 24 * time.Hour)
		w.ledger.leapt = true
		w.start(2, adapt, w.job("paie", "0 6 25 * *", "a"))
		pass(9 * time.Minute)
		w.wantFires()
		pass(2 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded", "a 2026-12 2026-12-25 06:00 catch-up succeeded",
			"a 2027-01 2027-01-25 06:00 catch-up succeeded")
	})
}
