package daemon

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// expireEvery is how often holds are looked through: they wait for days.
const expireEvery = time.Hour

// runChores takes up failed runs again, gives up holds that nobody decided about, and deletes what is past its time.
// Nothing of that is caught up: the next time comes soon. But what could not be done is tried again at the next turn, and
// keeps no other chore from its turn.
func (l *loop) runChores(ctx context.Context, now time.Time) error {
	// The clock may have been set back.
	l.fires.retried, l.fires.purged, l.fires.expired = earlier(l.fires.retried, now), earlier(l.fires.purged, now),
		earlier(l.fires.expired, now)
	var undone error
	for _, chore := range []func(context.Context, time.Time) error{l.noteConfiguration, l.expireHolds, l.purge, l.reconsider} {
		err := chore(ctx, now)
		if isAway(ctx, err) {
			return err
		}
		undone = cmp.Or(undone, err)
	}
	return undone
}

func (l *loop) purge(_ context.Context, now time.Time) error {
	if isDue(l.setup.Purge, l.fires.purged, now) && l.mayDelete() {
		l.fires.purged = now
		l.setup.PurgeNow()
	}
	return nil
}

// reconsider takes up failed runs when that is due, and once with each configuration.
func (l *loop) reconsider(ctx context.Context, now time.Time) error {
	if l.setup.Retry == nil || l.fires.reconsidered && !isDue(l.setup.Retry, l.fires.retried, now) {
		return nil
	}
	if err := l.retryFailed(ctx); err != nil {
		return err
	}
	l.fires.retried, l.fires.reconsidered = now, true
	return nil
}

// noteConfiguration tells the audit, once for each load.
func (l *loop) noteConfiguration(ctx context.Context, _ time.Time) error {
	if l.fires.noted {
		return nil
	}
	err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.SetConfiguration(ctx, l.setup.Digest) })
	l.fires.noted = err == nil
	return err
}

func (l *loop) expireHolds(ctx context.Context, now time.Time) error {
	if now.Sub(l.fires.expired) < expireEvery || !l.mayDelete() {
		return nil
	}
	err := l.brief(ctx, func(ctx context.Context) error {
		runs, err := l.Ledger.ExpireHolds(ctx, l.setup.pairs(), l.setup.Expires)
		for _, id := range runs {
			l.Log.Warn().Int64("run", id).Msg("nobody has decided about what this run holds: it was given up")
		}
		return err
	})
	if err == nil {
		l.fires.expired = now
	}
	return err
}

// retryFailed queues failed runs again: with a new configuration also those that failed for the former one.
func (l *loop) retryFailed(ctx context.Context) error {
	return l.brief(ctx, func(ctx context.Context) error {
		ids, err := l.Ledger.RetryFailed(ctx, l.setup.pairs(), l.setup.RetryWithin, !l.fires.reconsidered)
		for _, id := range ids {
			l.Log.Info().Int64("run", id).Msg("a failed run is queued again")
		}
		return err
	})
}

// isDue reports whether a schedule fired since last.
func isDue(s *schedule.Schedule, last, now time.Time) bool {
	if s == nil {
		return false
	}
	fire := s.Next(last)
	return !fire.IsZero() && !fire.After(now)
}

const (
	// deleteAfter is how long nothing is deleted or given up for its age after the clock leapt ahead.
	deleteAfter = time.Hour
	// farLeap is a leap by which months would seem to have been missed. Schedules give it some time to be undone, as of a
	// machine whose clock is set by the network a while after it booted.
	farLeap    = 24 * time.Hour
	undoWithin = 10 * time.Minute
)

// pace compares the wall clock, which can be set, with the time since the machine booted, which cannot, and which goes on
// while the machine sleeps.
type pace struct {
	wall  time.Time
	up    time.Duration
	leapt *time.Duration // when the wall clock last leapt ahead; nil = never
	far   *time.Duration // when it last did so by far, and was not set back since
	began time.Duration  // when it was first looked at
}

// look notes how both stand, and returns by how much the wall clock leapt since the last time.
func (p *pace) look(wall time.Time, up time.Duration) (leap time.Duration) {
	if p.wall.IsZero() {
		p.began = up
	} else {
		leap = wall.Sub(p.wall) - (up - p.up)
	}
	p.wall, p.up = wall, up
	switch {
	case leap < -farLeap:
		p.far = nil
	case leap > farLeap:
		p.far = &up
	}
	if leap > clockSkew {
		p.leapt = &up
	}
	return leap
}

// watchClock is the first thing of each turn.
func (l *loop) watchClock(now time.Time) {
	if l.Up == nil {
		return
	}
	if leap := l.pace.look(now, l.Up()); leap > clockSkew {
		l.Log.Error().Str("leap", leap.Round(time.Second).String()).Msg("the clock leapt ahead: nothing is deleted for an hour")
		l.fires.clock = time.Now()
	}
}

// mayDelete reports whether the clocks can be trusted with what is deleted, or given up, for its age.
func (l *loop) mayDelete() bool {
	return (l.pace.leapt == nil || l.pace.up-*l.pace.leapt >= deleteAfter) && !l.clockIsWrong()
}

// undoesLeap reports whether schedules wait for a clock that is far ahead of what it was to be set right: it leapt a while ago,
// or had leapt when this daemon began.
func (l *loop) undoesLeap(ctx context.Context) (bool, error) {
	switch {
	case l.Up == nil:
		return false, nil
	case l.pace.far != nil && l.pace.up-*l.pace.far < undoWithin:
		return true, nil
	case l.pace.up-l.pace.began >= undoWithin:
		return false, nil
	}
	var leapt bool
	err := l.brief(ctx, func(ctx context.Context) (err error) {
		leapt, err = l.Ledger.ClockLeapt(ctx)
		return err
	})
	return leapt, err
}

// compareClock looks for fires that were dealt with in the future of this clock.
func (l *loop) compareClock(now time.Time) {
	wrong := false
	for _, d := range l.duties() {
		wrong = wrong || l.fires.armed[d.pair].DealtWith.Sub(now) > clockSkew
	}
	if wrong {
		l.reportClock()
	} else {
		l.fires.behind = 0
	}
}

// measureClock notes how far this clock is behind, by what the ledger did not take back: no more than what was ahead of
// Postgres's own clock. Until this clock gets there, what lies ahead of it was dealt with by others.
func (l *loop) measureClock(now time.Time) {
	for _, pair := range l.fires.takenBack {
		l.fires.behind = max(l.fires.behind, l.fires.armed[pair].DealtWith.Sub(now))
	}
}

func (l *loop) clockIsWrong() bool {
	return !l.fires.clock.IsZero() && time.Since(l.fires.clock) < clockAlarm
}

// reportClock tells of a clock that is wrong: once, until it has been right for a while.
func (l *loop) reportClock() {
	if !l.clockIsWrong() {
		l.Log.Error().Msg("the ledger knows of fires in the future, or this clock and Postgres's are apart: a clock is, or was, wrong; no fire " +
			"happens twice, and schedules go on from now")
	}
	l.fires.clock = time.Now()
}

const (
	pingsEvery   = time.Minute            // what was not told, here or elsewhere, is told again
	pingsApart   = 500 * time.Millisecond // between two looks while runs begin and end
	pingedWithin = 5 * time.Second        // to note that one was told
)

// pings is what the loop knows of what dead man's switches are to be told: what that is, the ledger knows.
type pings struct {
	due    bool      // some run has begun or ended
	looked time.Time // zero = never
}

// tellPings tells what is due, in the background. It returns when to look again.
func (l *loop) tellPings(ctx context.Context) (time.Duration, error) {
	wait := pingsEvery
	if l.pings.due {
		wait = pingsApart
	}
	if since := time.Since(l.pings.looked); !l.pings.looked.IsZero() && since < wait {
		return wait - since, nil
	}
	pairs := l.setup.pinging()
	if pairs == nil {
		return oneDay, nil
	}
	due, err := l.Ledger.DuePings(ctx, pairs)
	if err != nil {
		return 0, err
	}
	l.pings = pings{looked: time.Now()}
	for _, p := range due {
		l.tellPing(p)
	}
	return pingsEvery, nil
}

func (l *loop) tellPing(p ledger.Ping) {
	job := l.setup.job(p.Job)
	url, err := job.Ping(p.Event)
	if err != nil {
		l.Log.Warn().Str("job", p.Job).Str("event", p.Event).Msg("the URL to ping cannot be read")
		return
	}
	l.Pinger.Go(p.Job, p.Event, url, func() { l.notePinged(p) })
}

// notePinged is called from another goroutine than the loop's. What could not be noted is told again.
func (l *loop) notePinged(p ledger.Ping) {
	ctx, cancel := context.WithTimeout(context.Background(), pingedWithin)
	defer cancel()
	if err := l.Ledger.Pinged(ctx, p); err != nil {
		l.Log.Warn().Str("job", p.Job).Str("event", p.Event).Str("trouble",
			firstLine(err.Error())).Msg("a ping was told, and will be once more: that could not be recorded")
	}
}

// tellLastPings is tellPings when the daemon ends. What is not told then another one tells, or the next start.
func (l *loop) tellLastPings(ctx context.Context) {
	if !l.pings.due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	l.pings.looked = time.Time{}
	if _, err := l.tellPings(ctx); err != nil {
		l.Log.Warn().Str("trouble", firstLine(err.Error())).Msg("what is to be pinged could not be read: the next daemon tells it")
	}
}

// owePing notes that a fire waits for a person, who is to hear of it.
func (l *loop) owePing(ctx context.Context, run int64) error {
	err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.OwePing(ctx, run) })
	if isAway(ctx, err) {
		return err
	}
	l.pings.due = true
	return nil
}

// pinging are the jobs that somebody wants to hear of.
func (s *Setup) pinging() (pairs []ledger.Pair) {
	for _, j := range s.Jobs {
		if j.Ping != nil {
			pairs = append(pairs, j.pairs()...)
		}
	}
	return pairs
}

// outsideEvery is how often it is looked for runs that this configuration does not go on with.
const outsideEvery = 10 * time.Minute

// outside are runs that were left over by a job or dossier which left the configuration: nobody goes on with them, and newer
// months of theirs may wait for them.
type outside struct {
	looked time.Time      // by the monotonic clock; zero = not with this configuration
	told   map[int64]bool // those that the log has
}

// watchOutside tells the log of each once. What belongs to another daemon that is configured otherwise is its own.
func (l *loop) watchOutside(ctx context.Context, daemons []ledger.Daemon) error {
	if !l.outside.looked.IsZero() && time.Since(l.outside.looked) < outsideEvery {
		return nil
	}
	runs, err := l.Ledger.Outside(ctx, l.setup.pairs())
	if err != nil {
		return err
	}
	told := map[int64]bool{}
	for _, run := range runs {
		if l.differing(run.Job, daemons) != nil {
			continue
		}
		if told[run.ID] = true; !l.outside.told[run.ID] {
			l.Log.Warn().Int64("run", run.ID).Str("job", run.Job).Str("dossier", run.Target.Dossier).Str("period", string(run.Period)).
				Str("state", string(run.State)).Bool("interrupted", run.Interrupted).
				Msg("a run is open whose job or dossier is not configured any more: nobody goes on with it; 'syncd cancel' gives it up")
		}
	}
	l.outside = outside{looked: time.Now(), told: told}
	return nil
}

// differing are the other living daemons that are configured for a job otherwise than this one.
func (l *loop) differing(job string, daemons []ledger.Daemon) (others []ledger.Daemon) {
	ours := l.setup.digests()[job]
	for _, other := range daemons {
		if theirs, ok := other.Jobs[job]; ok && other.ID != l.ID && other.Silent < 3*seeEvery && theirs != ours {
			others = append(others, other)
		}
	}
	return others
}

// status is the line that systemctl shows.
func (l *loop) status() string {
	parts := []string{l.doing()}
	if n := l.queue.waiting(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d waiting", n))
	}
	if paused := l.pausedHere(); len(paused) > 0 {
		parts = append(parts, "paused: "+strings.Join(paused, ", "))
	}
	if l.refused != "" {
		parts = append(parts, "the new configuration is refused, the former one is in force: "+l.refused)
	}
	return strings.Join(parts, "; ")
}

func (l *loop) doing() string {
	switch {
	case l.trouble != "":
		return "not ready: " + l.trouble
	case len(l.queue.executing) == 1:
		for _, e := range l.queue.executing {
			return fmt.Sprintf("executing run %d (%s)", e.run.ID, strings.Join(words(e.run.Job, e.run.Target.Dossier, string(e.run.Period)), ", "))
		}
	case len(l.queue.executing) > 1:
		return fmt.Sprintf("executing %d runs", len(l.queue.executing))
	}
	if job, at := l.next(); job != nil {
		return fmt.Sprintf("idle; next: %s at %s", job.Name, at.Format("2006-01-02 15:04 MST"))
	}
	return "idle; nothing is scheduled"
}

func words(all ...string) (some []string) {
	for _, w := range all {
		if w != "" {
			some = append(some, w)
		}
	}
	return some
}

// next is the job that fires next, and when. One that is paused does not.
func (l *loop) next() (next *Job, at time.Time) {
	now := l.Now()
	for _, job := range l.setup.Jobs {
		if job.Schedule == nil || len(job.Targets) == 0 || l.paused[job.Name] {
			continue
		}
		if fire := job.Schedule.Next(now); !fire.IsZero() && (next == nil || fire.Before(at)) {
			next, at = job, fire
		}
	}
	return next, at
}

// compareWith reports, once a change, that another daemon has another configuration for a job. Both execute it: which
// of them a run meets is chance.
func (l *loop) compareWith(daemons []ledger.Daemon) {
	differs := map[string]bool{}
	for _, job := range l.setup.Jobs {
		others := l.differing(job.Name, daemons)
		differs[job.Name] = others != nil
		for _, other := range others {
			l.reportDifference(job.Name, other)
		}
		if others == nil {
			delete(l.different, job.Name)
		}
	}
	l.Metrics.SetConfigurationDifferences(differs)
}

func (l *loop) reportDifference(job string, other ledger.Daemon) {
	if l.different[job] {
		return
	}
	l.different[job] = true
	l.Log.Warn().Str("job", job).Str("host", other.Host).Int("pid", other.PID).
		Msg("another daemon has another configuration for this job: make them equal")
}
