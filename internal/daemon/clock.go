package daemon

import "time"

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
