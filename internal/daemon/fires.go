package daemon

import (
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

const (
	// clockSkew is how far in the future a stored fire may lie: the clocks of several machines differ a little.
	clockSkew = time.Minute
	// clockAlarm is how long a clock that was wrong is told of: longer than monitoring looks away.
	clockAlarm = time.Hour
	// oneDay is long enough for "nothing is scheduled".
	oneDay = 24 * time.Hour
)

// fires knows how far the fires of each job and target are dealt with, as last read from the ledger.
type fires struct {
	prepared bool                 // the ledger knows the targets of the setup
	unarmed  map[ledger.Pair]bool // whose schedule it does not have yet as it is configured
	armed    map[ledger.Pair]ledger.Armed
	noticed  map[ledger.Pair]notice
	looked   time.Time // when due fires were last looked at; zero = never
	tried    map[ledger.Pair]time.Time
	more     bool // this turn has left something to the next

	reconsidered bool      // what failed for its configuration has gone once more with this one
	retried      time.Time // when failed runs were last taken up again
	purged       time.Time
	noted        bool          // the trail knows this configuration
	expired      time.Time     // when holds were last looked through
	clock        time.Time     // when a clock was last found to be wrong; zero = never
	takenBack    []ledger.Pair // whose future the ledger was asked to take back in this turn
	behind       time.Duration // how far this clock was found to be behind
}

// notice is when a turn first found the newest fire of a job and target to be due.
type notice struct{ fire, at time.Time }

func newFires() fires {
	return fires{unarmed: map[ledger.Pair]bool{}, noticed: map[ledger.Pair]notice{}, tried: map[ledger.Pair]time.Time{}}
}

// anew is what a new setup begins with: a reload makes no fire late, and no clock right.
func (f *fires) anew() fires {
	fresh := newFires()
	fresh.noticed, fresh.looked, fresh.clock = f.noticed, f.looked, f.clock
	return fresh
}

func (l *loop) readSchedules(ctx context.Context) (err error) {
	l.fires.armed, err = l.Ledger.Schedules(ctx, l.setup.pairs())
	return err
}

// fireAll makes runs of the fires that are due. It returns how long until the next one.
func (l *loop) fireAll(ctx context.Context, now time.Time) (time.Duration, error) {
	next, due := oneDay, false
	l.compareClock(now)
	for _, d := range l.duties() {
		if l.paused[d.job.Name] || l.fires.unarmed[d.pair] {
			continue
		}
		wait := l.untilDue(d, now)
		next, due = min(next, max(wait, 0)), due || wait <= 0
	}
	l.Metrics.SetClockError(l.clockIsWrong())
	if !due {
		return next, nil
	}
	if waits, err := l.undoesLeap(ctx); waits || err != nil {
		return idlePoll, err
	}
	return idlePoll, l.fireDue(ctx, now)
}

// untilDue is how long nothing is due for a job and target; at most 0 = something is, or its future is to be taken back.
func (l *loop) untilDue(d duty, now time.Time) time.Duration {
	armed := l.fires.armed[d.pair]
	if armed.DealtWith.Sub(now) > clockSkew+l.fires.behind {
		return 0
	}
	fire := d.job.Schedule.Next(armed.DealtWith)
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
	if err := l.readPauses(ctx); err != nil {
		return err
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	l.fires.takenBack = nil
	unrecorded := l.each(ctx, l.findDue(now), func(d duty) error { return l.fire(ctx, d, now) })
	if isAway(ctx, unrecorded) {
		return unrecorded
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	l.measureClock(now)
	return unrecorded
}

// findDue lists those for whom something is due, and notes since when that is known. Who was not looked at for a while, in
// an outage or asleep, knew nothing.
func (l *loop) findDue(now time.Time) (due []duty) {
	if since := now.Sub(l.fires.looked); since < 0 || since > schedule.OnTime {
		clear(l.fires.noticed)
	}
	l.fires.looked = now
	for _, d := range l.duties() {
		armed, known := l.fires.armed[d.pair]
		if !known {
			l.fires.unarmed[d.pair] = true // its row is gone: the ledger was put back, or cleaned by hand
		}
		if !known || l.paused[d.job.Name] || l.untilDue(d, now) > 0 || !sameSchedule(armed, d.job.armed(d.pair, now)) {
			continue
		}
		newest := d.job.Schedule.Between(earlier(armed.DealtWith, now), now, 1)
		if len(newest) == 1 && !l.fires.noticed[d.pair].fire.Equal(newest[0]) {
			l.fires.noticed[d.pair] = notice{fire: newest[0], at: now}
		}
		due = append(due, d)
	}
	return due
}

func (l *loop) fire(ctx context.Context, d duty, now time.Time) error {
	armed := l.fires.armed[d.pair]
	owes := d.job.due(d.job.Schedule, armed, l.fires.noticed[d.pair].at, now)
	ok, err := l.record(ctx, d.job, armed, d.job.armed(d.pair, owes.until), owes)
	if ok && armed.DealtWith.Sub(now) > clockSkew {
		l.fires.takenBack = append(l.fires.takenBack, d.pair)
	}
	return err
}

// record makes fires durable and tells of each. ok = false: another daemon was faster, and has told.
func (l *loop) record(ctx context.Context, job *Job, before, after ledger.Armed, owes owed) (ok bool, err error) {
	var recorded []ledger.Fire
	err = l.brief(ctx, func(ctx context.Context) (err error) {
		recorded, ok, err = l.Ledger.Record(ctx, before, after, owes.fires, job.Request)
		return err
	})
	var clock *jobs.ClockError
	if errors.As(err, &clock) {
		l.reportClock()
	}
	if err != nil {
		return false, err
	}
	dossier := l.setup.dossier(before.Pair.TargetID)
	for _, f := range recorded {
		event := l.Log.Info()
		if f.Outcome != ledger.FireRun || f.Trigger == jobs.TriggerCatchUp {
			event = l.Log.Warn()
		}
		event.Str("job", job.Name).Str("dossier", dossier).Time("nominal", f.Nominal).
			Str("period", string(f.Period)).Str("outcome", string(f.Outcome)).Str("trigger", string(f.Trigger)).
			Str("reason", f.Reason).Int64("run", f.RunID).Msg("fire")
	}
	if ok && (owes.missed > 0 || owes.atLeast) {
		l.Log.Warn().Str("job", job.Name).Str("dossier", dossier).Int("fires", owes.missed).Bool("at_least", owes.atLeast).
			Msg("more fires were missed, of periods of which a newer one is recorded")
	}
	l.fires.more = l.fires.more || ok && owes.more
	return ok, nil
}
