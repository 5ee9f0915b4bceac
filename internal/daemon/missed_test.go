package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// offForTwoMonths lets a job by the hour miss many fires.
func (w *world) offForTwoMonths(policy schedule.Policy) *started {
	job := func() *Job {
		j := w.job("paie", "0 * * * *", "a")
		j.Missed = policy
		return j
	}
	w.start(1, nil, job()).end() // on 1 September at noon
	w.skip(60*24*time.Hour + 30*time.Minute)
	d := w.start(2, nil, job())
	pass(10 * time.Second)
	return d
}

const missedByTheHour = 60*24 - 1 // no fire in the hour that October repeats; the last is of 11:00

func TestAScheduleByTheHourLosesNoMonth(t *testing.T) {
	for policy, want := range map[schedule.Policy][]string{
		schedule.Latest: {"a 2026-09 2026-09-30 23:00 catch-up succeeded", "a 2026-10 2026-10-31 11:00 catch-up succeeded"},
		schedule.Skip:   nil,
	} {
		t.Run(string(policy), func(t *testing.T) {
			inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
				d := w.offForTwoMonths(policy)
				w.wantRuns(want...)
				d.end()
				if n := len(w.ledger.fires) - len(want); n != mostFires {
					t.Errorf("%d missed fires are recorded, want %d", n, mostFires)
				}
				september := at(t, "2026-09-30 23:00")
				if !slices.ContainsFunc(w.ledger.fires, func(f ledger.Fire) bool { return f.Nominal.Equal(september) }) {
					t.Error("the last fire of September is not recorded")
				}
				if rest := fmt.Sprintf(`"fires":%d`, missedByTheHour-len(w.ledger.fires)); d.log.count(rest) != 1 {
					t.Errorf("%s is not told:\n%s", rest, d.log.all())
				}
			})
		})
	}
}

func TestAScheduleByTheMinuteLosesNoMonthAndTellsThatThereWereMore(t *testing.T) {
	inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
		w.start(1, nil, w.job("paie", "* * * * *", "a")).end()
		w.skip(60 * 24 * time.Hour)
		d := w.start(2, nil, w.job("paie", "* * * * *", "a"))
		pass(10 * time.Second)
		d.end()
		if r := w.ledger.runs[0]; r.Period != "2026-09" || !r.Nominal.Equal(at(t, "2026-09-30 23:59")) {
			t.Errorf("the first run is of %s at %s", r.Period, r.Nominal)
		}
		if d.log.count(`"at_least":true`) != 1 {
			t.Error("that there were more is not told")
		}
	})
}

func TestThePolicyAllDropsNothingHoweverManyThereAre(t *testing.T) {
	inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
		w.took = time.Millisecond
		d := w.offForTwoMonths(schedule.All)
		pass(time.Minute)
		d.end()
		if n := len(w.ledger.fires); n != missedByTheHour {
			t.Errorf("%d fires are recorded, want %d", n, missedByTheHour)
		}
		for i, f := range w.ledger.fires {
			if f.Outcome == ledger.FireMissed || i > 0 && !f.Nominal.After(w.ledger.fires[i-1].Nominal) {
				t.Errorf("fire %d, of %s, is %s", i, f.Nominal, f.Outcome)
			}
		}
		for _, r := range w.ledger.runs {
			if r.State != jobs.Succeeded {
				t.Errorf("run %d is %s", r.ID, r.State)
			}
		}
		if dealt := w.ledger.schedules[ledger.Pair{Job: "paie", TargetID: 1}].DealtWith; w.ledger.clock.Now().Sub(dealt) > time.Hour {
			t.Errorf("dealt with up to %s only", dealt)
		}
	})
}

// TestAChangeOfScheduleDropsNothingOfTheFormerOne: not even when there is more than one turn records.
func TestAChangeOfScheduleDropsNothingOfTheFormerOne(t *testing.T) {
	inWorld(t, "2026-09-01 12:00", func(t *testing.T, w *world) {
		w.took = time.Millisecond
		w.start(1, nil, w.job("paie", "0 * * * *", "a")).end()
		w.skip(20 * 24 * time.Hour)
		changed := w.job("paie", "0 6 28 * *", "a")
		changed.Missed = schedule.All
		d := w.start(2, nil, changed)
		pass(time.Minute)
		d.wantReady(true, "")
		d.end()
		if n := len(w.ledger.fires); n != 20*24 {
			t.Errorf("%d fires are recorded, want %d", n, 20*24)
		}
		if spec := w.ledger.schedules[ledger.Pair{Job: "paie", TargetID: 1}].Spec; spec != "0 6 28 * *" {
			t.Errorf("the schedule is still %s", spec)
		}
		if n := d.log.count("the schedule was changed"); n != 1 {
			t.Errorf("the change was told %d times, want once", n)
		}
	})
}

func TestAFireOfAFormerTimeZoneKeepsItsPeriod(t *testing.T) {
	inWorld(t, "2026-09-15 12:00", func(t *testing.T, w *world) {
		in := func(zone string) *Job {
			j := w.job("paie", "", "a")
			s, err := schedule.Parse("30 1 1 * *", zone, nil)
			if err != nil {
				t.Fatal(err)
			}
			j.Schedule = s
			return j
		}
		w.start(1, nil, in("Indian/Reunion")).end()
		w.skip(20 * 24 * time.Hour)
		w.start(2, nil, in(zone))
		pass(time.Minute)
		w.wantRuns("a 2026-10 2026-09-30 23:30 catch-up succeeded") // half past one of 1 October there
	})
}

// TestNobodyIsLateForHavingWaitedForOthers: a fire was there in time when a turn saw it in time.
func TestNobodyIsLateForHavingWaitedForOthers(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(t *testing.T, w *world) {
		const dossiers = 60
		names := make([]string, dossiers)
		for i := range names {
			names[i] = fmt.Sprintf("d%02d", i)
		}
		w.took = time.Millisecond
		w.ledger.ask(func(method string, _ int) error {
			if method == "Record" {
				time.Sleep(1800 * time.Millisecond)
			}
			return nil
		})
		job := func() *Job {
			j := w.job("paie", "0 6 * * *", names...)
			j.Missed = schedule.Skip
			return j
		}
		d := w.start(1, nil, job())
		pass(2*time.Minute + 10*time.Second)
		d.reloads(job())
		pass(3 * time.Minute)
		d.wantReady(true, "")
		d.end()
		if n := len(w.ledger.runs); n != dossiers {
			t.Errorf("%d runs, want %d", n, dossiers)
		}
		for _, r := range w.ledger.runs {
			if r.Trigger != jobs.TriggerSchedule {
				t.Errorf("run %d of %s is a %s", r.ID, r.Target.Dossier, r.Trigger)
			}
		}
		if strings.Contains(d.log.all(), "not ready") {
			t.Error("that there is much to record was taken for trouble")
		}
	})
}

func TestAFireThatNoTurnSawInTimeIsMissed(t *testing.T) {
	inWorld(t, "2026-11-25 05:59", func(_ *testing.T, w *world) {
		job := w.job("paie", "0 6 * * *", "a")
		job.Missed = schedule.Skip
		w.start(1, nil, job)
		pass(50 * time.Second)
		w.ledger.away()
		pass(10 * time.Minute)
		w.ledger.back()
		pass(time.Minute)
		w.wantFires("2026-11-25 06:00 missed policy")
	})
}
