package schedule

import (
	"slices"
	"time"

	"github.com/robfig/cron/v3"
)

// rule reports whether a day, given as its midnight in UTC, is one of a schedule's.
type rule func(day time.Time) bool

func lastDay(day time.Time) bool { return day.Add(wholeDay).Day() == 1 }

// cronStar is the bit by which cron's parser marks a field as written with a star.
const cronStar = 1 << 63

// cronDays is cron's rule: day of the month or day of the week when both are restricted, otherwise both.
func cronDays(s *cron.SpecSchedule) rule {
	return func(day time.Time) bool {
		_, month, date := day.Date()
		if s.Month>>month&1 == 0 {
			return false
		}
		byDate, byWeekday := s.Dom>>date&1 == 1, s.Dow>>day.Weekday()&1 == 1
		if s.Dom&cronStar != 0 || s.Dow&cronStar != 0 {
			return byDate && byWeekday
		}
		return byDate || byWeekday
	}
}

// calendar is the closed days that working days leave out besides weekends and public holidays.
type calendar []Day

func (c calendar) working(day time.Time) bool {
	weekday := day.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !holiday(day) &&
		!slices.ContainsFunc(c, func(closed Day) bool { return closed.is(day) })
}

// last is the rule of the last working day of the month.
func (c calendar) last(day time.Time) bool {
	if !c.working(day) {
		return false
	}
	for later := day.Add(wholeDay); later.Month() == day.Month(); later = later.Add(wholeDay) {
		if c.working(later) {
			return false
		}
	}
	return true
}

// numbered is the rule of the n-th working day of the month.
func (c calendar) numbered(n int) rule {
	return func(day time.Time) bool {
		if day.Day() < n || !c.working(day) {
			return false
		}
		count := 1
		for earlier := day.Add(-wholeDay); earlier.Month() == day.Month(); earlier = earlier.Add(-wholeDay) {
			if c.working(earlier) {
				count++
			}
		}
		return count == n
	}
}
