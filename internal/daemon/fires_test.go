package daemon

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/schedule"
)

func TestAFireMakesOneRunOfEachDossierOfTheNominalPeriod(t *testing.T) {
	inWorld(t, "2026-10-31 23:50", func(t *testing.T, w *world) {
		job := w.job("paie", "59 23 31 * *", "a", "b")
		d := w.start(1, nil, job)
		pass(15 * time.Minute)
		d.end()
		w.wantRuns("a 2026-10 2026-10-31 23:59 schedule succeeded", "b 2026-10 2026-10-31 23:59 schedule succeeded")
		w.wantFires("2026-10-31 23:59 run", "2026-10-31 23:59 run")
		if d.err != nil {
			t.Error(d.err)
		}
	})
}

func TestThePeriodIsNotThatOfTheDayItRuns(t *testing.T) {
	inWorld(t, "2026-10-30 12:00", func(_ *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "59 23 31 * *", "a")).end()
		w.skip(48 * time.Hour)
		w.start(1, nil, w.job("paie", "59 23 31 * *", "a"))
		pass(time.Minute)
		w.wantRuns("a 2026-10 2026-10-31 23:59 catch-up succeeded")
	})
}

func TestSeveralDaemonsDoNotFireTwice(t *testing.T) {
	for _, daemons := range []int64{2, 5} {
		t.Run(fmt.Sprint(daemons), func(t *testing.T) {
			inWorld(t, "2026-11-01 05:55", func(t *testing.T, w *world) {
				const dossiers, fires = 20, 3
				names := make([]string, dossiers)
				for i := range names {
					names[i] = fmt.Sprintf("d%02d", i)
				}
				w.took = 20 * time.Second
				for id := range daemons {
					w.start(id+1, func(_ *Daemon, s *Setup) { s.MaxRuns = 3 }, w.job("paie", "*/10 * * * *", names...))
				}
				pass(fires * 10 * time.Minute)
				if got := len(w.ledger.runs); got != dossiers*fires {
					t.Errorf("%d runs, want %d", got, dossiers*fires)
				}
				for _, r := range w.ledger.runs {
					if r.State != jobs.Succeeded || r.Epoch != 1 || w.ledger.ends[r.ID] != 1 || r.Trigger != jobs.TriggerSchedule {
						t.Errorf("run %d: %s at epoch %d, ended %d times, %s", r.ID, r.State, r.Epoch, w.ledger.ends[r.ID], r.Trigger)
					}
				}
				for id := range daemons {
					if most := w.most[id+1]; most != 3 {
						t.Errorf("daemon %d executed at most %d runs at once, want 3", id+1, most)
					}
				}
				if w.doubled {
					t.Error("two runs of one target were executed at once")
				}
			})
		})
	}
}

func TestANewJobCatchesNothingUp(t *testing.T) {
	inWorld(t, "2026-11-25 06:00", func(_ *testing.T, w *world) {
		pass(30 * time.Second)
		w.start(1, nil, w.job("paie", "0 6 25 * *", "a"))
		w.skip(24 * time.Hour)
		w.wantRuns()
		w.wantFires()
	})
}

func TestTwoMonthsWithoutPowerLoseNoMonth(t *testing.T) {
	tests := map[string]struct {
		policy schedule.Policy
		window time.Duration
		runs   []string
		fires  []string
	}{
		"latest": {schedule.Latest, 100 * 24 * time.Hour,
			[]string{"a 2026-09 2026-09-25 06:00 catch-up succeeded", "a 2026-10 2026-10-25 06:00 catch-up succeeded"},
			[]string{"2026-09-24 06:00 missed policy", "2026-09-25 06:00 run", "2026-10-24 06:00 missed policy", "2026-10-25 06:00 run"}},
		"all": {schedule.All, 100 * 24 * time.Hour,
			[]string{"a 2026-09 2026-09-24 06:00 catch-up succeeded", "a 2026-09 2026-09-25 06:00 catch-up succeeded",
				"a 2026-10 2026-10-24 06:00 catch-up succeeded", "a 2026-10 2026-10-25 06:00 catch-up succeeded"},
			[]string{"2026-09-24 06:00 run", "2026-09-25 06:00 run", "2026-10-24 06:00 run", "2026-10-25 06:00 run"}},
		"skip": {schedule.Skip, 100 * 24 * time.Hour, nil,
			[]string{"2026-09-24 06:00 missed policy", "2026-09-25 06:00 missed policy", "2026-10-24 06:00 missed policy",
				"2026-10-25 06:00 missed policy"}},
		"outside of the window": {schedule.Latest, 30 * 24 * time.Hour, []string{"a 2026-10 2026-10-25 06:00 catch-up succeeded"},
			[]string{"2026-09-24 06:00 missed window", "2026-09-25 06:00 missed window", "2026-10-24 06:00 missed policy", "2026-10-25 06:00 run"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
				job := func() *Job {
					j := w.job("paie", "0 6 24,25 * *", "a")
					j.Missed, j.Window = test.policy, test.window
					return j
				}
				w.start(1, nil, job()).end()
				w.skip(60 * 24 * time.Hour)
				w.start(2, nil, job())
				pass(5 * time.Minute)
				w.wantRuns(test.runs...)
				w.wantFires(test.fires...)
				for i := 1; i < len(w.begun); i++ {
					if w.begun[i].Period < w.begun[i-1].Period {
						t.Errorf("period %s was executed before %s", w.begun[i-1].Period, w.begun[i].Period)
					}
				}
			})
		})
	}
}

func TestAnOlderPeriodThatFailsStopsTheNewer(t *testing.T) {
	inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "0 6 25 * *", "a", "b")).end()
		w.skip(60 * 24 * time.Hour)
		w.execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			if run.Target.Dossier == "a" {
				return w.ledger.finish(run, jobs.Failed, jobs.ReasonStaging)
			}
			return w.succeed(ctx, run, stop)
		}
		d := w.start(2, nil, w.job("paie", "0 6 25 * *", "a", "b"))
		pass(10 * time.Minute)
		w.wantRuns("a 2026-09 2026-09-25 06:00 catch-up failed", "a 2026-10 2026-10-25 06:00 catch-up queued",
			"b 2026-09 2026-09-25 06:00 catch-up succeeded", "b 2026-10 2026-10-25 06:00 catch-up succeeded")
		if n := d.log.count("period 2026-09 is not finished: run 1 is failed"); n != 1 {
			t.Errorf("the reason was told %d times, want once", n)
		}
	})
}

func TestAFireThatMeetsAQueuedRunMakesNoSecondOne(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", func(_ *testing.T, w *world) {
		w.took = time.Hour
		w.start(1, nil, w.job("paie", "*/10 * * * *", "a"))
		pass(35 * time.Minute) // the first is executed, the second waits, the third has nothing to add
		w.wantRuns("a 2026-11 2026-11-01 12:10 schedule running", "a 2026-11 2026-11-01 12:20 schedule queued")
		w.wantFires("2026-11-01 12:10 run", "2026-11-01 12:20 run", "2026-11-01 12:30 skipped run 2 is queued")
	})
}

func TestAPausedJobLosesNothing(t *testing.T) {
	inWorld(t, "2026-10-20 12:00", func(_ *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "0 6 25 * *", "a"), w.job("other", "0 7 25 * *", "b"))
		pass(time.Hour)
		w.ledger.pause("paie", true)
		w.skip(40 * 24 * time.Hour) // two months go by
		w.wantRuns("b 2026-10 2026-10-25 07:00 catch-up succeeded", "b 2026-11 2026-11-25 07:00 catch-up succeeded")
		w.ledger.pause("paie", false)
		synctest.Wait()
		pass(time.Minute)
		w.wantRuns("b 2026-10 2026-10-25 07:00 catch-up succeeded", "b 2026-11 2026-11-25 07:00 catch-up succeeded",
			"a 2026-10 2026-10-25 06:00 catch-up succeeded", "a 2026-11 2026-11-25 06:00 catch-up succeeded")
	})
}

func TestAQueuedRunOfAPausedJobDoesNotStart(t *testing.T) {
	inWorld(t, "2026-11-01 12:00", func(_ *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "", "a", "b"))
		pass(time.Second)
		w.ledger.pause("paie", true)
		w.enqueueAs(jobs.TriggerRetry, "paie", 1, "2026-11")
		w.enqueue("paie", 2, "2026-11") // a person asks for it
		pass(time.Hour)
		w.wantRuns("a 2026-11 by hand retry queued", "b 2026-11 by hand manual succeeded")
		w.ledger.pause("paie", false)
		pass(time.Minute)
		w.wantRuns("a 2026-11 by hand retry succeeded", "b 2026-11 by hand manual succeeded")
	})
}

func TestAScheduleChangedWhilePausedOwesByTheNewOne(t *testing.T) {
	inWorld(t, "2026-10-20 12:00", func(_ *testing.T, w *world) {
		d := w.start(1, nil, w.job("paie", "0 6 25 * *", "a"))
		pass(time.Second)
		w.ledger.pause("paie", true)
		w.skip(40 * 24 * time.Hour)
		d.reloads(w.job("paie", "0 6 28 * *", "a"))
		pass(time.Minute)
		w.wantRuns()
		w.ledger.pause("paie", false)
		pass(time.Minute)
		w.wantRuns("a 2026-10 2026-10-28 06:00 catch-up succeeded", "a 2026-11 2026-11-28 06:00 catch-up succeeded")
	})
}
