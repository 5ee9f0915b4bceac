package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// payday is a nominal time in the past.
var payday = time.Date(2025, 11, 25, 18, 0, 0, 0, time.UTC)

// schedule is how far the fires of a pair are dealt with, by one that fires monthly.
func schedule(pair ledger.Pair, dealtWith time.Time) ledger.Armed {
	return ledger.Armed{Pair: pair, Spec: "0 18 25 * *", Timezone: "UTC", DealtWith: dealtWith}
}

// arm records the schedule of a job of one dossier, dealt with until the day before payday.
func (f *fixture) arm(s *Store, job, dossier string) ledger.Armed {
	f.Helper()
	at := target
	at.Dossier = dossier
	known, err := s.EnsureTarget(f.Context(), at)
	f.must(err)
	armed := schedule(ledger.Pair{Job: job, TargetID: known.ID}, payday.AddDate(0, 0, -1))
	f.must(s.Arm(f.Context(), armed))
	return armed
}

// fireOf is a fire that is to make a run.
func fireOf(armed ledger.Armed, nominal time.Time) ledger.Fire {
	return ledger.Fire{Pair: armed.Pair, Nominal: nominal, Outcome: ledger.FireRun, Trigger: jobs.TriggerSchedule,
		Period: jobs.PeriodOf(nominal)}
}

// scheduled is what runs of a fire have in common.
func scheduled() jobs.NewRun {
	r := request()
	r.Period, r.AnyOrder, r.Trigger, r.Target = "", false, "", jobs.Target{}
	return r
}

// record deals with fires until a time, and wants that to be done.
func (f *fixture) record(s *Store, before ledger.Armed, until time.Time, fires ...ledger.Fire) ([]ledger.Fire, ledger.Armed) {
	f.Helper()
	after := schedule(before.Pair, until)
	recorded, ok, err := s.Record(f.Context(), before, after, fires, scheduled())
	f.must(err)
	if !ok {
		f.Fatal("nothing was dealt with")
	}
	return recorded, after
}

// However many daemons see the same fires, each pays once.
func TestOfFourDaemonsOneFires(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var daemons []*Store
	for range 4 {
		daemons = append(daemons, f.open())
	}
	for round := range 5 {
		before := f.arm(daemons[0], "paie", fmt.Sprint("dossier ", round))
		after := schedule(before.Pair, payday.AddDate(0, 2, 1))
		fires := []ledger.Fire{fireOf(before, payday), fireOf(before, payday.AddDate(0, 1, 0)), fireOf(before, payday.AddDate(0, 2, 0))}
		var wg sync.WaitGroup
		var won atomic.Int32
		for _, d := range daemons {
			wg.Go(func() {
				recorded, ok, err := d.Record(t.Context(), before, after, fires, scheduled())
				if err != nil || ok != (len(recorded) == 3) {
					t.Errorf("%v, %d recorded: %v", ok, len(recorded), err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d daemons fired", won.Load())
		}
		f.want("3 3", `SELECT count(*) || ' ' || count(DISTINCT period) FROM syncd.run WHERE target_id = $1 AND state = 'queued'`,
			before.Pair.TargetID)
		f.want("3", `SELECT count(*) FROM syncd.fire f JOIN syncd.run r ON r.id = f.run_id AND r.nominal_at = f.nominal_at AND r.period = to_char(f.nominal_at, 'YYYY-MM')
			WHERE f.target_id = $1 AND f.outcome = 'run'`, before.Pair.TargetID)
	}
}

// A daemon that goes by what it read before another one fired, or changed the schedule, would pay again or by a schedule
// that no longer holds.
func TestFireByAnOldScheduleChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	moved := armed
	moved.DealtWith = armed.DealtWith.Add(-time.Hour)
	changed := armed
	changed.Spec = "0 19 25 * *"
	zone := armed
	zone.Timezone = "Europe/Paris"
	unknown := armed
	unknown.Pair.Job = "another"
	for name, before := range map[string]ledger.Armed{"dealt with since": moved, "changed since": changed, "in another zone since": zone,
		"never armed": unknown} {
		recorded, ok, err := s.Record(t.Context(), before, schedule(before.Pair, payday), []ledger.Fire{fireOf(before, payday)}, scheduled())
		if ok || err != nil || recorded != nil {
			t.Errorf("%s: %v %v %v", name, ok, recorded, err)
		}
	}
	f.want("0 0", `SELECT (SELECT count(*) FROM syncd.run) || ' ' || (SELECT count(*) FROM syncd.fire)`)
	known, err := s.Schedules(t.Context(), []ledger.Pair{armed.Pair, unknown.Pair})
	f.must(err)
	if len(known) != 1 || !known[armed.Pair].DealtWith.Equal(armed.DealtWith) || known[armed.Pair].Spec != armed.Spec {
		t.Errorf("%+v", known)
	}
}

// A clock that is set back meets the same payday a second time: nobody is paid a second time.
func TestClockSetBackFiresOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	first, ahead := f.record(s, armed, payday.Add(time.Hour), fireOf(armed, payday))
	_, _ = f.record(s, ahead, payday.Add(-time.Hour)) // by a daemon whose clock is behind: what was reached stays
	f.want("1", `SELECT count(*) FROM syncd.schedule WHERE dealt_with = $1`, ahead.DealtWith)
	back := schedule(armed.Pair, payday.Add(-time.Hour))
	f.db.Exec(t, `UPDATE syncd.schedule SET dealt_with = $1`, back.DealtWith) // as when it was in the future
	again, _ := f.record(s, back, payday.Add(time.Minute), fireOf(armed, payday))
	if len(first) != 1 || first[0].RunID == 0 || len(again) != 0 {
		t.Errorf("%+v, then %+v", first, again)
	}
	f.want("1 1", `SELECT (SELECT count(*) FROM syncd.run) || ' ' || (SELECT count(*) FROM syncd.fire)`)
}

// A run that has not read staging yet reads what a second one would. One that has read it does not: to skip the fire
// would leave out what changed since.
func TestFireMeetsARun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	unplanned := func(change func(*jobs.NewRun)) func(jobs.NewRun) *jobs.Run {
		return func(r jobs.NewRun) *jobs.Run { change(&r); return f.enqueued(s, r) }
	}
	for name, c := range map[string]struct {
		make    func(jobs.NewRun) *jobs.Run
		skipped bool
	}{
		"queued":            {unplanned(func(*jobs.NewRun) {}), true},
		"for somebody":      {unplanned(func(r *jobs.NewRun) { r.Employees = []string{"1"} }), false},
		"of another job":    {unplanned(func(r *jobs.NewRun) { r.Job = "primes" }), false},
		"of another period": {unplanned(func(r *jobs.NewRun) { r.Period = "2025-10" }), false},
		"running": {func(r jobs.NewRun) *jobs.Run {
			run, err := s.Start(t.Context(), r)
			f.must(err)
			return run
		}, false},
		"planned": {func(r jobs.NewRun) *jobs.Run {
			run, err := s.Start(t.Context(), r)
			f.must(err)
			f.plan(s, run, toSend(s, "1", 0))
			return f.postpone(s, run, jobs.ReasonStopped)
		}, false},
	} {
		armed := f.arm(s, "paie", name)
		r := request()
		r.Target.Dossier, r.Period = name, jobs.PeriodOf(payday)
		other := c.make(r)
		recorded, _ := f.record(s, armed, payday, fireOf(armed, payday))
		switch got := recorded[0]; {
		case c.skipped && (got.Outcome != ledger.FireSkipped || got.RunID != other.ID || got.Met != jobs.Queued ||
			got.Reason != fmt.Sprintf("run %d is queued", other.ID)):
			t.Errorf("%s: %+v", name, got)
		case !c.skipped && (got.Outcome != ledger.FireRun || got.RunID == other.ID || got.RunID == 0):
			t.Errorf("%s: %+v", name, got)
		}
		last, err := s.LastFires(t.Context(), []ledger.Pair{armed.Pair})
		f.must(err)
		if stored := last[armed.Pair]; stored.Outcome != recorded[0].Outcome || stored.RunID != recorded[0].RunID ||
			stored.Reason != recorded[0].Reason {
			t.Errorf("%s: the ledger says %+v", name, stored)
		}
	}
}

// Fires that are caught up together each make their run: the first must not be taken for one that was there before.
func TestFiresCaughtUpTogetherDoNotStopEachOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	var fires []ledger.Fire
	for day := range 3 {
		fire := fireOf(armed, payday.AddDate(0, 0, day))
		fire.Trigger = jobs.TriggerCatchUp
		fires = append(fires, fire)
	}
	missed := ledger.Fire{Pair: armed.Pair, Nominal: payday.AddDate(0, 0, -1).Add(time.Hour), Outcome: ledger.FireMissed, Reason: "window"}
	recorded, after := f.record(s, armed, payday.AddDate(0, 0, 3), append([]ledger.Fire{missed}, fires...)...)
	if len(recorded) != 4 || recorded[0] != missed {
		t.Errorf("%+v", recorded)
	}
	f.want("3 catch-up 2025-11", `SELECT count(*) || ' ' || min(trigger) || ' ' || min(period) FROM syncd.run WHERE state = 'queued'`)
	// The next one finds them waiting.
	recorded, _ = f.record(s, after, payday.AddDate(0, 0, 4), fireOf(armed, payday.AddDate(0, 0, 4)))
	if recorded[0].Outcome != ledger.FireSkipped {
		t.Errorf("%+v", recorded)
	}
	none, err := s.MissedFires(t.Context(), []string{"paie"}, 10)
	f.must(err)
	if len(none) != 2 || none[0].Outcome != ledger.FireSkipped || none[1].Reason != "window" || !none[1].Nominal.Equal(missed.Nominal) {
		t.Errorf("%+v", none)
	}
}

// A clock that is ahead would send the month before it is ready.
func TestClockAheadOfPostgresFiresNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	early := time.Now().Add(2 * time.Minute)
	_, ok, err := s.Record(t.Context(), armed, schedule(armed.Pair, early), []ledger.Fire{fireOf(armed, early)}, scheduled())
	var clock *jobs.ClockError
	if ok || !errors.As(err, &clock) || clock.Ahead < time.Minute || clock.Ahead > 2*time.Minute {
		t.Errorf("%v %v", ok, err)
	}
	f.want("0 0", `SELECT (SELECT count(*) FROM syncd.run) || ' ' || (SELECT count(*) FROM syncd.fire)`)
	f.record(s, armed, time.Now().Add(30*time.Second)) // clocks of several machines differ a little
}

// The first start of a job, with a clock that is ahead too, must not make the fires of the next days seem dealt with.
func TestFirstArmingIsNeverInTheFuture(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	again := schedule(armed.Pair, payday)
	f.must(s.Arm(t.Context(), again))
	known, err := s.Schedules(t.Context(), []ledger.Pair{armed.Pair})
	f.must(err)
	if !known[armed.Pair].DealtWith.Equal(armed.DealtWith) {
		t.Errorf("armed a second time: %v", known)
	}
	ahead := schedule(ledger.Pair{Job: "primes", TargetID: armed.Pair.TargetID}, time.Now().AddDate(1, 0, 0))
	f.must(s.Arm(t.Context(), ahead))
	f.want("true", `SELECT dealt_with <= clock_timestamp() FROM syncd.schedule WHERE job = 'primes'`)
}

// A process that froze while it dealt with a dossier holds locks: the other dossiers of a daemon must not wait for it.
func TestFrozenDaemonDoesNotKeepOthersFromFiring(t *testing.T) {
	t.Parallel()
	for name, lock := range map[string]string{
		"schedule": `SELECT 1 FROM syncd.schedule WHERE target_id = $1 FOR UPDATE`,
		"target":   `SELECT 1 FROM syncd.target WHERE id = $1 FOR NO KEY UPDATE`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			armed := f.arm(s, "paie", "saint-martin")
			release := f.lock(lock, armed.Pair.TargetID)
			recorded, ok, err := s.Record(f.impatient(), armed, schedule(armed.Pair, payday), []ledger.Fire{fireOf(armed, payday)}, scheduled())
			if ok || err != nil || recorded != nil {
				t.Errorf("%v %v %v", ok, recorded, err)
			}
			release()
			f.record(s, armed, payday, fireOf(armed, payday)) // nothing was forgotten
		})
	}
}
