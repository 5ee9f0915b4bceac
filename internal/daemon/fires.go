package daemon

import (
	"cmp"
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/schedule"
)

const (
	// mostFires bounds how many missed fires of a job and target are dealt with at once; older ones are forgotten.
	mostFires = 100
	// clockSkew is how far in the future a stored fire may lie: the clocks of several machines differ a little.
	clockSkew = time.Minute
	// clockAlarm is how long a clock that was wrong is told of: longer than monitoring looks away.
	clockAlarm = time.Hour
	// oneDay is long enough for "nothing is scheduled".
	oneDay = 24 * time.Hour
)

// errOvertaken means that another daemon dealt with a schedule while this one was about to change it.
var errOvertaken = errors.New("another daemon is at work on a schedule that is to be changed")

// fires knows how far the fires of each job and target are dealt with, as last read from the ledger.
type fires struct {
	prepared bool // the ledger knows the targets and schedules of the setup
	armed    map[jobs.Pair]jobs.Armed
	retried  time.Time // when failed runs were last taken up again; zero = not since the setup
	purged   time.Time
	clock    time.Time // when a clock was last found to be wrong; zero = never
}

// prepare makes the ledger know the targets and the schedules of a setup, once. A schedule that was changed still owes
// the fires of its former self; a new one owes nothing. What failed for its configuration goes once more.
func (l *loop) prepare(ctx context.Context, now time.Time) error {
	if l.fires.prepared {
		return nil
	}
	if err := l.findTargets(ctx); err != nil {
		return err
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	paused, err := l.paused(ctx)
	if err != nil {
		return err
	}
	for _, job := range l.setup.Jobs {
		if err := l.arm(ctx, job, now, paused[job.Name]); err != nil {
			return err
		}
	}
	if l.setup.Retry != nil {
		if err := l.retryFailed(ctx, true); err != nil {
			return err
		}
	}
	l.fires.retried, l.fires.purged = now, now
	l.fires.prepared = true
	return l.readSchedules(ctx)
}

// findTargets asks the ledger for each target once. What it has found stays found when the next one is not: hundreds of
// dossiers may take more than a turn.
func (l *loop) findTargets(ctx context.Context) error {
	found := map[string]jobs.Target{}
	for _, job := range l.setup.Jobs {
		for i, target := range job.Targets {
			known, ok := found[target.Dossier]
			if !ok && target.ID != 0 {
				known, ok = target, true
			}
			if !ok {
				var err error
				if known, err = l.Ledger.EnsureTarget(ctx, target); err != nil {
					return err
				}
			}
			found[target.Dossier], job.Targets[i] = known, known
		}
	}
	return nil
}

func (l *loop) readSchedules(ctx context.Context) (err error) {
	l.fires.armed, err = l.Ledger.Schedules(ctx, l.setup.pairs())
	return err
}

func (l *loop) paused(ctx context.Context) (map[string]bool, error) {
	pauses, err := l.Ledger.Pauses(ctx)
	paused := map[string]bool{}
	for _, p := range pauses {
		paused[p.Job] = true
	}
	return paused, err
}

func (l *loop) arm(ctx context.Context, job *Job, now time.Time, paused bool) error {
	if job.Schedule == nil {
		return nil
	}
	for _, pair := range job.pairs() {
		want := job.armed(pair, now)
		have, known := l.fires.armed[pair]
		switch {
		case !known:
			if err := l.Ledger.Arm(ctx, want); err != nil {
				return err
			}
		case !sameSchedule(have, want):
			if err := l.changeSchedule(ctx, job, have, want, paused); err != nil {
				return err
			}
		}
	}
	return nil
}

func (j *Job) armed(pair jobs.Pair, until time.Time) jobs.Armed {
	return jobs.Armed{Pair: pair, Spec: j.Schedule.Spec(), Timezone: j.Schedule.Timezone(), DealtWith: until}
}

func sameSchedule(a, b jobs.Armed) bool { return a.Spec == b.Spec && a.Timezone == b.Timezone }

// changeSchedule deals with what the former schedule still owes, then lets the new one begin. A paused job goes on owing,
// by the new schedule.
func (l *loop) changeSchedule(ctx context.Context, job *Job, have, want jobs.Armed, paused bool) error {
	l.Log.Info().Str("job", job.Name).Str("dossier", l.setup.dossier(have.Pair.TargetID)).
		Str("former", have.Spec).Str("schedule", want.Spec).Msg("the schedule was changed")
	var due []jobs.Fire
	former, err := schedule.Parse(have.Spec, have.Timezone, l.setup.Closed)
	switch {
	case paused:
		want.DealtWith = earlier(have.DealtWith, want.DealtWith)
	case err == nil: // else another version understood it, and nothing of it can be told any more
		due = job.due(former, have, want.DealtWith)
	}
	ok, err := l.record(ctx, job, have, want, due)
	if err == nil && !ok {
		return errOvertaken
	}
	return err
}

// fireAll makes runs of the fires that are due. It returns how long until the next one.
func (l *loop) fireAll(ctx context.Context, now time.Time) (time.Duration, error) {
	l.Metrics.SetClockError(!l.fires.clock.IsZero() && time.Since(l.fires.clock) < clockAlarm)
	next, due := oneDay, false
	for _, job := range l.setup.Jobs {
		for _, pair := range job.pairs() {
			wait := l.untilDue(job, pair, now)
			next, due = min(next, max(wait, 0)), due || wait <= 0
		}
	}
	if !due {
		return next, nil
	}
	return idlePoll, l.fireDue(ctx, now)
}

// untilDue is how long nothing is due for a job and target; at most 0 = something is.
func (l *loop) untilDue(job *Job, pair jobs.Pair, now time.Time) time.Duration {
	if job.Schedule == nil {
		return oneDay
	}
	armed := l.fires.armed[pair]
	if armed.DealtWith.Sub(now) > clockSkew {
		return 0
	}
	fire := job.Schedule.Next(earlier(armed.DealtWith, now))
	if fire.IsZero() {
		return oneDay
	}
	return fire.Sub(now)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// fireDue deals with what is due, as the ledger has it now: another daemon may have been faster. What a paused job owes
// it goes on owing. A job whose schedule another daemon has changed since is left to that one. What cannot be recorded
// for one dossier keeps no other from its fires.
func (l *loop) fireDue(ctx context.Context, now time.Time) error {
	paused, err := l.paused(ctx)
	if err != nil {
		return err
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	var unrecorded error // the first
	wrongClock := false
	for _, job := range l.setup.Jobs {
		for _, pair := range job.pairs() {
			armed, known := l.fires.armed[pair]
			if !known && job.Schedule != nil {
				l.fires.prepared = false // its row is gone: the ledger was put back, or cleaned by hand
			}
			if !known || paused[job.Name] || l.untilDue(job, pair, now) > 0 || !sameSchedule(armed, job.armed(pair, now)) {
				continue
			}
			wrongClock = wrongClock || armed.DealtWith.Sub(now) > clockSkew
			_, err := l.record(ctx, job, armed, job.armed(pair, now), job.due(job.Schedule, armed, now))
			if isAway(ctx, err) {
				return err
			}
			unrecorded = cmp.Or(unrecorded, err)
		}
	}
	var clock *jobs.ClockError
	if wrongClock || errors.As(unrecorded, &clock) {
		l.fires.clock = time.Now()
		l.Log.Error().Msg("the ledger knows of fires in the future, or this clock is ahead of Postgres's: a clock is, or was, wrong; no fire happens twice, and schedules go on from now")
	}
	return cmp.Or(l.readSchedules(ctx), unrecorded)
}

// due lists what a schedule owes a target, and what becomes of each fire.
func (j *Job) due(s *schedule.Schedule, armed jobs.Armed, now time.Time) []jobs.Fire {
	times := s.Between(earlier(armed.DealtWith, now), now, mostFires)
	decisions := schedule.Decide(times, now, j.Missed, j.Window, func(t time.Time) string { return string(j.PeriodAt(t)) })
	fires := make([]jobs.Fire, len(decisions))
	for i, d := range decisions {
		fires[i] = jobs.Fire{Pair: armed.Pair, Nominal: d.Nominal, Outcome: jobs.FireMissed, Period: j.PeriodAt(d.Nominal), Reason: d.Why}
		if d.Run {
			fires[i].Outcome, fires[i].Trigger = jobs.FireRun, jobs.TriggerSchedule
		}
		if d.Run && d.CatchUp {
			fires[i].Trigger = jobs.TriggerCatchUp
		}
	}
	return fires
}

// record makes fires durable and tells of each. ok = false: another daemon was faster, and has told.
func (l *loop) record(ctx context.Context, job *Job, before, after jobs.Armed, due []jobs.Fire) (ok bool, err error) {
	var recorded []jobs.Fire
	err = brief(ctx, func(ctx context.Context) (err error) {
		recorded, ok, err = l.Ledger.Record(ctx, before, after, due, job.Request)
		return err
	})
	if err != nil {
		return false, err
	}
	for _, f := range recorded {
		event := l.Log.Info()
		if f.Outcome != jobs.FireRun || f.Trigger == jobs.TriggerCatchUp {
			event = l.Log.Warn()
		}
		event.Str("job", job.Name).Str("dossier", l.setup.dossier(f.Pair.TargetID)).Time("nominal", f.Nominal).
			Str("period", string(f.Period)).Str("outcome", string(f.Outcome)).Str("trigger", string(f.Trigger)).
			Str("reason", f.Reason).Int64("run", f.RunID).Msg("fire")
	}
	return ok, nil
}
