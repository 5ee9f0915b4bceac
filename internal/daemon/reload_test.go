package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func TestAScheduleChangedAtReloadOwesWhatItsFormerSelfMissedAndNoMore(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Second)
		w.ledger.away()
		pass(time.Hour) // the former schedule fires meanwhile, and so would the new one have
		d.reloads(w.job("paie", "15 6 * * *", "a"))
		w.ledger.back()
		pass(time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded")
		w.skip(23*time.Hour + 30*time.Minute)
		pass(30 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 06:00 catch-up succeeded", "a 2026-11 2026-11-26 06:15 schedule succeeded")
		if d.log.count("the schedule was changed") == 0 {
			t.Error("the change is not told")
		}
	})
}

func TestOfTwoDaemonsWithDifferentSchedulesTheOneLoadedLastFiresAndBothReport(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		former := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(2 * time.Second)
		latter := w.start(2, nil, w.job("paie", "15 6 * * *", "a"))
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:15 schedule succeeded")
		for _, d := range []*started{former, latter} {
			if d.log.count("another daemon has another configuration") != 1 || d.metric(`syncd_configuration_difference{job="paie"}`) != "1" {
				t.Errorf("daemon %d does not report the difference, or more than once", d.ID)
			}
			d.wantReady(true, "")
		}
		former.reloads(w.job("paie", "15 6 * * *", "a"))
		pass(time.Minute)
		for _, d := range []*started{former, latter} {
			if d.metric(`syncd_configuration_difference{job="paie"}`) != "0" {
				t.Errorf("daemon %d still reports a difference", d.ID)
			}
		}
	})
}

// What a job or dossier that left the configuration left open is told once: nobody goes on with it. What another daemon is
// configured for is that one's.
func TestOpenRunsThatNobodyGoesOnWithAreTold(t *testing.T) {
	inWorld(t, "2026-11-25 06:30", func(t *testing.T, w *world) {
		told := func(d *started, want int) {
			t.Helper()
			if got := d.log.count("a run is open whose job or dossier is not configured any more"); got != want {
				t.Errorf("daemon %d told %d, want %d", d.ID, got, want)
			}
		}
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a", "b"))
		other := w.start(2, nil, w.job("other", "0 7 1 1 *", "a"))
		pass(time.Minute)
		d.reloads(w.job("paie", "0 6 * * *", "a"))
		w.enqueue("paie", 2, "2026-10")
		w.enqueue("other", 2, "2026-10")
		pass(11 * time.Minute)
		told(d, 1)
		told(other, 1)
		pass(time.Hour)
		told(d, 1)
		d.reloads(w.job("paie", "0 6 * * *", "a", "b")) // it is configured again
		pass(time.Minute)
		told(d, 1)
		w.wantRuns("b 2026-10 by hand manual succeeded", "b 2026-10 by hand manual queued")
	})
}

func TestAChangeOfScheduleThatAnotherDaemonCrossesIsNotForgotten(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(_ *testing.T, w *world) {
		former := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Second)
		crossed := false
		w.ledger.before = func(method string, _ int) error {
			if method == "Record" && !crossed { // the other one records a fire between our reading and our writing
				crossed = true
				w.ledger.mu.Lock()
				defer w.ledger.mu.Unlock()
				pair := ledger.Pair{Job: "paie", TargetID: 1}
				armed := w.ledger.schedules[pair]
				armed.DealtWith = armed.DealtWith.Add(time.Second)
				w.ledger.schedules[pair] = armed
			}
			return nil
		}
		w.start(2, nil, w.job("paie", "15 6 * * *", "a"))
		pass(5 * time.Second)
		former.end()
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:15 schedule succeeded")
	})
}

func TestABrokenConfigurationKeepsTheFormerOneInForce(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		d.Load = func() (*Setup, error) {
			return nil, errors.New("job paie: schedule never happens\nhint: see the manual")
		}
		d.reload <- struct{}{}
		pass(time.Hour)
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		d.wantReady(true, "")
		if d.log.count("the former one stays in force") != 1 {
			t.Error("the refusal is not told")
		}
		if d.closed.Load() != 0 {
			t.Error("the setup in force was closed")
		}
	})
}

func TestTheStatusSaysThatAConfigurationIsRefusedUntilOneIsNot(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		l := w.loop(w.job("paie", "0 6 * * *", "a"))
		l.Load = func() (*Setup, error) {
			return nil, errors.New("job paie: schedule never happens\nhint: see the manual")
		}
		l.reload()
		want := "idle; next: paie at 2026-11-25 06:00 CET; the new configuration is refused, the former one is in force: job paie: schedule " +
			"never happens"
		if got := l.status(); got != want {
			t.Errorf("status %q, want %q", got, want)
		}
		l.Load = func() (*Setup, error) {
			return &Setup{Jobs: []*Job{w.job("paie", "0 7 * * *", "a")}, MaxRuns: 1, Close: func() {}}, nil
		}
		l.reload()
		if got, want := l.status(), "idle; next: paie at 2026-11-25 07:00 CET"; got != want {
			t.Errorf("status %q, want %q", got, want)
		}
	})
}

func TestTheStatusCountsOnlyRunsThatWait(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		w.took = time.Hour
		failed := false
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if !failed {
				failed = true
				return run, jobs.ErrLost
			}
			return w.succeed(ctx, run, stop)
		}
		l := w.loop(w.job("paie", "", "a"))
		l.turn(t.Context())
		w.enqueue("paie", 1, "2026-11")
		l.turn(t.Context())
		l.conclude(<-l.ended)
		if got, want := l.status(), "idle; nothing is scheduled; 1 waiting"; got != want {
			t.Errorf("status %q, want %q", got, want)
		}
		pass(time.Minute)
		l.turn(t.Context())
		if got, want := l.status(), "executing run 1 (paie, a, 2026-11)"; got != want {
			t.Errorf("status %q, want %q", got, want)
		}
		close(l.stopRuns)
		l.conclude(<-l.ended)
	})
}

// loop is the loop of a daemon that does not run.
func (w *world) loop(all ...*Job) *loop {
	s := w.start(1, nil, all...)
	s.end()
	return newLoop(context.Background(), s.Daemon, s.setup(all...))
}

func TestRunsKeepTheirSetupUntilTheyEndAndItIsClosedOnce(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		w.took = 10 * time.Minute
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a", "b"))
		pass(2 * time.Minute)
		for range 3 {
			d.reloads(w.job("paie", "0 6 * * *", "a", "b"))
			pass(time.Minute)
		}
		if d.closed.Load() != 0 {
			t.Fatal("the setup was closed under executing runs")
		}
		pass(10 * time.Minute)
		if d.closed.Load() != 1 {
			t.Errorf("the setup was closed %d times, want once", d.closed.Load())
		}
		d.end()
		if d.closed.Load() != 1 {
			t.Errorf("the setup was closed %d times, want once", d.closed.Load())
		}
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded", "b 2026-11 2026-11-25 06:00 schedule succeeded")
	})
}

func TestAnOutageDuringAReloadArmsTheNewSchedulesAfterwards(t *testing.T) {
	inWorld(t, "2026-11-25 05:30", func(t *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(time.Second)
		w.ledger.away()
		d.reloads(w.job("paie", "45 5 * * *", "a", "new"))
		pass(5 * time.Minute)
		w.ledger.back()
		pass(20 * time.Minute)
		w.wantRuns("a 2026-11 2026-11-25 05:45 schedule succeeded", "new 2026-11 2026-11-25 05:45 schedule succeeded")
		if !strings.Contains(d.log.all(), "ready again") {
			t.Error("not told")
		}
	})
}
