package schedule

import (
	"strings"
	"time"

	"syncd/internal/hinted"
)

// Due is the moment of each month by which something is to be done. It is immutable.
type Due struct{ by Schedule }

// ParseDue reads "last-day HH:MM", "last-working-day HH:MM" or "working-day N HH:MM", as Parse does.
func ParseDue(spec, timezone string, closed []Day) (*Due, error) {
	if !strings.HasPrefix(spec, "last-") && !strings.HasPrefix(spec, "working-day") {
		return nil, hinted.Because(nil, "schedule.no-monthly")
	}
	s, err := Parse(spec, timezone, closed)
	if err != nil {
		return nil, err
	}
	s.closed = closed // they always count: see Before
	return &Due{*s}, nil
}

// Spec is the moment as written.
func (d *Due) Spec() string { return d.by.spec }

// Location is the time zone whose clock counts.
func (d *Due) Location() *time.Location { return d.by.location }

// MarshalText is all that decides the moment, for digests.
func (d *Due) MarshalText() ([]byte, error) { return d.by.MarshalText() }

// In is the moment of a month, in the time zone whose clock counts. A deadline never goes missing: in a month without such a day
// (all of August is closed, or it has no 23rd working day) it is the last working day up to the month's end.
func (d *Due) In(year int, month time.Month) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	end := first.AddDate(0, 1, -1)
	for day := first; !day.After(end); day = day.Add(wholeDay) {
		if d.by.days(day) {
			return d.at(day)
		}
	}
	return d.at(calendar(d.by.closed).before(end.Add(wholeDay), 1))
}

// Before is the same time of the clock so many working days before a moment.
func (d *Due) Before(moment time.Time, workingDays int) time.Time {
	return d.at(calendar(d.by.closed).before(shown(moment.In(d.by.location)).Truncate(wholeDay), workingDays))
}

// at is the time of the clock on a day.
func (d *Due) at(day time.Time) time.Time {
	minute, _ := d.by.times.from(0)
	return instant(day.Add(time.Duration(minute)*time.Minute), d.by.location)
}

// before is the n-th working day before a day. Where nobody works for a year, days are counted as they are.
func (c calendar) before(day time.Time, n int) time.Time {
	for range n {
		day = day.Add(-wholeDay)
		for worked, tries := day, 0; tries < 366; worked, tries = worked.Add(-wholeDay), tries+1 {
			if c.working(worked) {
				day = worked
				break
			}
		}
	}
	return day
}

// Worked reports whether the day that a zone's clock shows at a moment is a working day: Monday to Friday but for French public
// holidays and the closed days.
func Worked(at time.Time, zone *time.Location, closed []Day) bool {
	return calendar(closed).working(shown(at.In(zone)).Truncate(wholeDay))
}
