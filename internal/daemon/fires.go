package daemon

import (
	"cmp"
	"context"
	"errors"
	"slices"
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
	noted        bool          // the audit knows this configuration
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

const (
	// mostFires bounds how many missed fires of a job and target are recorded at once, beside the newest of each month.
	mostFires = 100
	// mostSeen bounds how many are looked at, beside the newest of each month.
	mostSeen = 10_000
)

// owed is what a schedule owes a target, and what becomes of it.
type owed struct {
	fires   []ledger.Fire
	until   time.Time // how far fires are dealt with once these are recorded
	more    bool      // there are newer ones
	missed  int       // fires that were missed and are not recorded one by one
	atLeast bool      // there may be more of them
}

// due tells what a schedule owes a target. It was noticed at a time that may be before now: having waited for others
// makes no fire late.
func (j *Job) due(s *schedule.Schedule, armed ledger.Armed, noticed, now time.Time) owed {
	since, owes := earlier(armed.DealtWith, now), owed{until: now}
	var times []time.Time
	if j.Missed == schedule.All {
		times, owes.more = j.oldest(s, since, now)
		if owes.more {
			owes.until = times[len(times)-1]
		}
	} else {
		times = j.newest(s, since, now)
	}
	owes.atLeast = len(times) >= mostSeen
	period := func(t time.Time) jobs.Period { return j.PeriodIn(t, s.Location()) }
	decisions := schedule.Decide(times, earlier(noticed, now), j.Missed, j.Window, func(t time.Time) string { return string(period(t)) })
	fires := make([]ledger.Fire, len(decisions))
	for i, d := range decisions {
		fires[i] = ledger.Fire{Pair: armed.Pair, Nominal: d.Nominal, Outcome: ledger.FireMissed, Period: period(d.Nominal), Reason: d.Why}
		if d.Run {
			fires[i].Outcome, fires[i].Trigger = ledger.FireRun, jobs.TriggerSchedule
		}
		if d.Run && d.CatchUp {
			fires[i].Trigger = jobs.TriggerCatchUp
		}
	}
	owes.fires = worthRecording(fires)
	owes.missed = len(fires) - len(owes.fires)
	return owes
}

// newest is the newest fires, and before them the newest of each month that can still be made up for.
func (j *Job) newest(s *schedule.Schedule, since, now time.Time) []time.Time {
	times := s.Between(since, now, mostSeen)
	if len(times) < mostSeen {
		return times
	}
	if past := now.Add(-j.Window); past.After(since) {
		since = past
	}
	return append(newestOfMonths(s, since, times[0].Add(-time.Nanosecond)), times...)
}

// newestOfMonths is the newest fire of each month after one instant and up to another, oldest first. Periods are months.
func newestOfMonths(s *schedule.Schedule, after, until time.Time) (times []time.Time) {
	for until.After(after) {
		last := s.Between(after, until, 1)
		if len(last) == 0 {
			break
		}
		times = append(times, last[0])
		year, month, _ := last[0].In(s.Location()).Date()
		until = time.Date(year, month, 1, 0, 0, 0, 0, s.Location()).Add(-time.Nanosecond)
	}
	slices.Reverse(times)
	return times
}

// oldest is the first of the fires that are all to be made up for, after those that are too old for it.
func (j *Job) oldest(s *schedule.Schedule, since, now time.Time) (times []time.Time, more bool) {
	if past := now.Add(-j.Window); past.After(since) {
		times = s.Between(since, past, mostSeen)
		since = past
	}
	for range mostFires {
		since = s.Next(since)
		if since.IsZero() || since.After(now) {
			return times, false
		}
		times = append(times, since)
	}
	next := s.Next(since)
	return times, !next.IsZero() && !next.After(now)
}

// worthRecording leaves out missed fires when there are very many, but never the newest of a period.
func worthRecording(fires []ledger.Fire) (kept []ledger.Fire) {
	room, newer, keep := mostFires, map[jobs.Period]bool{}, make([]bool, len(fires))
	for i, f := range slices.Backward(fires) {
		keep[i] = f.Outcome == ledger.FireRun || !newer[f.Period]
		if keep[i] && f.Outcome != ledger.FireRun {
			room--
		}
		newer[f.Period] = true
	}
	for i := range slices.Backward(fires) {
		if !keep[i] && room > 0 {
			keep[i] = true
			room--
		}
	}
	for i, f := range fires {
		if keep[i] {
			kept = append(kept, f)
		}
	}
	return kept
}

// duty is a scheduled job for one target.
type duty struct {
	job  *Job
	pair ledger.Pair
}

// duties lists all of the setup.
func (l *loop) duties() (all []duty) {
	for _, job := range l.setup.Jobs {
		if job.Schedule == nil {
			continue
		}
		for _, pair := range job.pairs() {
			all = append(all, duty{job, pair})
		}
	}
	return all
}

// each does something for some duties, as far as a part of a turn allows; the rest comes in the next, which follows at
// once. Who was tried last comes last: those that are held up cost the others time, and not their turn. It returns the
// first error.
func (l *loop) each(ctx context.Context, some []duty, do func(duty) error) error {
	slices.SortStableFunc(some, func(a, b duty) int { return l.fires.tried[a.pair].Compare(l.fires.tried[b.pair]) })
	var first error
	for began, i := time.Now(), 0; i < len(some); i++ {
		if time.Since(began) >= l.briefTime() {
			l.fires.more = true
			break
		}
		l.fires.tried[some[i].pair] = time.Now()
		err := do(some[i])
		if isAway(ctx, err) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

// errOvertaken means that a schedule could not be changed, and will be tried again.
var errOvertaken = errors.New("another process is at work on a dossier whose schedule is to be changed")

// prepare makes the ledger know the targets and the schedules of a setup. Targets it must know before anything goes on; a
// schedule that it cannot be told of now keeps no other job or dossier waiting.
func (l *loop) prepare(ctx context.Context, now time.Time) error {
	if !l.fires.prepared {
		if err := l.findTargets(ctx); err != nil {
			return err
		}
		for _, d := range l.duties() {
			l.fires.unarmed[d.pair] = true
		}
		l.fires.retried, l.fires.purged = now, now
		l.fires.prepared = true
	}
	return l.armAll(ctx, now)
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

// armAll tells the ledger of the schedules that it does not have as they are configured. A schedule that was changed
// still owes the fires of its former self; a new one owes nothing.
func (l *loop) armAll(ctx context.Context, now time.Time) error {
	if len(l.fires.unarmed) == 0 {
		return nil
	}
	if err := l.readPauses(ctx); err != nil {
		return err
	}
	if err := l.readSchedules(ctx); err != nil {
		return err
	}
	var some []duty
	for _, d := range l.duties() {
		if l.fires.unarmed[d.pair] {
			some = append(some, d)
		}
	}
	unrecorded := l.each(ctx, some, func(d duty) error { return l.arm(ctx, d, now) })
	if isAway(ctx, unrecorded) {
		return unrecorded
	}
	return cmp.Or(l.readSchedules(ctx), unrecorded)
}

func (l *loop) arm(ctx context.Context, d duty, now time.Time) error {
	want := d.job.armed(d.pair, now)
	have, known := l.fires.armed[d.pair]
	switch {
	case !known:
		if err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.Arm(ctx, want) }); err != nil {
			return err
		}
	case !sameSchedule(have, want):
		if all, err := l.changeSchedule(ctx, d.job, have, want); err != nil || !all {
			return err
		}
	}
	delete(l.fires.unarmed, d.pair)
	return nil
}

func (j *Job) armed(pair ledger.Pair, until time.Time) ledger.Armed {
	return ledger.Armed{Pair: pair, Spec: j.Schedule.Spec(), Timezone: j.Schedule.Timezone(), DealtWith: until}
}

func sameSchedule(a, b ledger.Armed) bool { return a.Spec == b.Spec && a.Timezone == b.Timezone }

// changeSchedule deals with what the former schedule still owes, by the clock of its own zone, then lets the new one
// begin. A paused job goes on owing, by the new schedule. all = false: the former one owes more than one turn records.
func (l *loop) changeSchedule(ctx context.Context, job *Job, have, want ledger.Armed) (all bool, err error) {
	var owes owed
	former, err := schedule.Parse(have.Spec, have.Timezone, l.setup.Closed)
	switch {
	case l.paused[job.Name]:
		want.DealtWith = earlier(have.DealtWith, want.DealtWith)
	case err == nil: // else another version understood it, and nothing of it can be told any more
		owes = job.due(former, have, want.DealtWith, want.DealtWith)
	}
	after := want
	if owes.more {
		after = have
		after.DealtWith = owes.until
	}
	ok, err := l.record(ctx, job, have, after, owes)
	switch {
	case err != nil:
		return false, err
	case !ok:
		return false, errOvertaken
	case !owes.more:
		l.Log.Info().Str("job", job.Name).Str("dossier", l.setup.dossier(have.Pair.TargetID)).
			Str("former", have.Spec).Str("schedule", want.Spec).Msg("the schedule was changed")
	}
	return !owes.more, nil
}

// watchPauses reads which jobs are paused after a notification, and now and then: one may be lost.
func (l *loop) watchPauses(ctx context.Context) error {
	if !l.pausedAt.IsZero() && time.Since(l.pausedAt) < seeEvery {
		return nil
	}
	return l.readPauses(ctx)
}

func (l *loop) readPauses(ctx context.Context) error {
	pauses, err := l.Ledger.Pauses(ctx)
	if err != nil {
		return err
	}
	l.paused, l.pausedAt = map[string]bool{}, time.Now()
	for _, p := range pauses {
		l.paused[p.Job] = true
	}
	return nil
}

// pausedHere names the jobs of this configuration that are paused.
func (l *loop) pausedHere() (names []string) {
	for _, job := range l.setup.Jobs {
		if l.paused[job.Name] {
			names = append(names, job.Name)
		}
	}
	return names
}
