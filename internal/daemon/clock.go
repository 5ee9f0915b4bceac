package daemon

import (
	"context"
	"time"
)

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

// mayDelete tells whether the clocks can be trusted with what is deleted, or given up, for its age.
func (l *loop) mayDelete() bool {
	return (l.pace.leapt == nil || l.pace.up-*l.pace.leapt >= deleteAfter) && !l.clockIsWrong()
}

// undoesLeap tells whether schedules wait for a clock that is far ahead of what it was to be set right: it leapt a while ago,
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
		l.Log.Error().Msg("the ledger knows of fires in the future, or this clock is ahead of Postgres's: a clock is, or was, wrong; no fire happens twice, and schedules go on from now")
	}
	l.fires.clock = time.Now()
}
