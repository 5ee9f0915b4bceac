package schedule

import "time"

// A time of the wall clock, without its zone, is a time.Time in UTC. These two functions are each other's
// inverse in this sense: instant(wall) <= t exactly when wall <= reached(t).

// maxOffset is more than any zone was ever away from UTC (Manila before 1845: 15 h 56 min).
const maxOffset = 16 * time.Hour

// instant is when the wall clock of the zone first reaches or passes a time.
func instant(wall time.Time, zone *time.Location) time.Time {
	at := wall.Add(-maxOffset).In(zone) // no clock can show that time earlier
	for {
		start, end := bounds(at)
		t := wall.Add(-offset(at)).In(zone)
		if t.Before(start) {
			t = start // the change to this offset jumped over the time
		}
		if end.IsZero() || t.Before(end) {
			return t
		}
		at = end
	}
}

// reached is the latest time that the wall clock of the zone has shown up to and including an instant: its time then,
// or a later one that it showed before it was set back.
func reached(t time.Time, zone *time.Location) time.Time {
	t = t.Round(0).In(zone) // without the monotonic reading
	latest := shown(t)
	for at := t; ; {
		start, _ := bounds(at)
		if start.IsZero() || t.Sub(start) > 2*maxOffset {
			return latest // what was shown before is earlier, whatever the offsets
		}
		at = start.Add(-1)
		if before := shown(at); before.After(latest) {
			latest = before
		}
	}
}

// bounds are the instants around t between which the offset of its zone stays; zero when there is no such change. On
// 31 December of a leap year Go 1.26 tells an end that is past (time.tzset takes each year for 365 days).
func bounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.UTC().Truncate(wholeDay).Add(wholeDay).In(t.Location()) // the true end of the year
	}
	return start, end
}

// shown is what the wall clock of t's zone shows.
func shown(t time.Time) time.Time { return t.Add(offset(t)).UTC() }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

const minutesOfDay = 24 * 60

func minuteOf(wall time.Time) int { return wall.Hour()*60 + wall.Minute() }

// times are the times of a day: bit n of hours and of minutes stands for n.
type times struct{ hours, minutes uint64 }

func (t times) has(minute int) bool {
	return t.hours>>(minute/60)&1 == 1 && t.minutes>>(minute%60)&1 == 1
}

// from is the first minute of the day at or after the given one.
func (t times) from(minute int) (int, bool) {
	for ; minute < minutesOfDay; minute++ {
		if t.has(minute) {
			return minute, true
		}
	}
	return 0, false
}

// to is the last minute of the day at or before the given one.
func (t times) to(minute int) (int, bool) {
	for ; minute >= 0; minute-- {
		if t.has(minute) {
			return minute, true
		}
	}
	return 0, false
}
