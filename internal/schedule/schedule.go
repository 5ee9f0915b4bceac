// Package schedule tells when jobs are due: cron's five fields and the ends and working days of French months, on the
// wall clock of a time zone, and what is to be done about times that were missed. It is pure: no clock, no I/O.
//
// A fire happens when the wall clock first reaches or passes its time. So a time inside the gap of spring fires at the
// gap's end, and one that autumn repeats fires once, the first time. Several times inside one gap are one fire, and a
// schedule by the minute or the hour rests while the clock goes through an hour for the second time. On a day that
// a zone left out whole (Samoa's 30 December 2011) all times are one fire, at the beginning of the next day.
package schedule

import (
	"slices"
	"strings"
	"time"
)

const wholeDay = 24 * time.Hour

// horizon is how far ahead a fire is looked for, in days: 30 years. Cron's rarest day, 29 February, comes within 8, and
// dates meet all days of the week within 28, but around 1900 and 2100.
const horizon = 30*365 + 8

// Schedule is the times at which something is due. It is immutable.
type Schedule struct {
	spec     string
	timezone string
	location *time.Location
	days     rule
	times    times
	closed   []Day // that count here: nil for a schedule without working days
}

// Spec is the schedule as written.
func (s *Schedule) Spec() string { return s.spec }

// Timezone is the name of the time zone whose clock counts.
func (s *Schedule) Timezone() string { return s.timezone }

// Location is the time zone whose clock counts.
func (s *Schedule) Location() *time.Location { return s.location }

// String is all that decides when the schedule fires: "0 5 * * * Europe/Paris", closed days included where they count.
func (s *Schedule) String() string {
	parts := []string{s.spec, s.timezone}
	if len(s.closed) > 0 {
		parts = append(parts, "closed")
	}
	for _, day := range s.closed {
		parts = append(parts, day.String())
	}
	return strings.Join(parts, " ")
}

// MarshalText is String, for digests and logs.
func (s *Schedule) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Next is the first fire after the given instant, in the schedule's zone; zero when there is none within 30 years or
// before the year 10000.
func (s *Schedule) Next(after time.Time) time.Time {
	if !supported(after) {
		return time.Time{}
	}
	wall, ok := s.following(reached(after, s.location))
	if !ok {
		return time.Time{}
	}
	return instant(wall, s.location)
}

// Between is the fires after one instant up to and including another, oldest first. When there are more than limit, it
// is the newest of them. It searches backwards from until: its work grows with limit and with the number of days
// without a fire, not with the number of fires, and it contains no more than limit of them.
func (s *Schedule) Between(after, until time.Time, limit int) []time.Time {
	if !supported(after) || !supported(until) {
		return nil
	}
	var fires []time.Time
	low, wall := reached(after, s.location), reached(until, s.location)
	for len(fires) < limit {
		var ok bool
		if wall, ok = s.preceding(wall); !ok || !wall.After(low) {
			break
		}
		fire := instant(wall, s.location)
		if n := len(fires); n == 0 || !fires[n-1].Equal(fire) { // times inside one gap are one fire
			fires = append(fires, fire)
		}
		wall = wall.Add(-time.Minute)
	}
	slices.Reverse(fires)
	return fires
}

// supported leaves out instants that no calendar, ledger or JSON text can contain.
func supported(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

// following is the first time of the wall clock after the given one.
func (s *Schedule) following(wall time.Time) (time.Time, bool) {
	day, from := wall.Truncate(wholeDay), minuteOf(wall)+1
	for range horizon {
		if day.Year() > 9999 {
			break
		}
		if s.days(day) {
			if minute, ok := s.times.from(from); ok {
				return day.Add(time.Duration(minute) * time.Minute), true
			}
		}
		day, from = day.Add(wholeDay), 0
	}
	return time.Time{}, false
}

// preceding is the last time of the wall clock up to and including the given one.
func (s *Schedule) preceding(wall time.Time) (time.Time, bool) {
	day, to := wall.Truncate(wholeDay), minuteOf(wall)
	for range horizon {
		if s.days(day) {
			if minute, ok := s.times.to(to); ok {
				return day.Add(time.Duration(minute) * time.Minute), true
			}
		}
		day, to = day.Add(-wholeDay), minutesOfDay-1
	}
	return time.Time{}, false
}
