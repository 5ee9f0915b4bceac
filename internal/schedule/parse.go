package schedule

import (
	"errors"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // small servers and containers have no time zones installed

	"github.com/robfig/cron/v3"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// Parse reads a schedule: cron's five fields, @daily and the like, "last-day HH:MM", "last-working-day HH:MM" or
// "working-day N HH:MM", on the clock of a named time zone. Working days are Monday to Friday but for French public
// holidays and the closed days. A month that has no N-th working day is left out. Errors quote nothing of the text.
func Parse(spec, timezone string, closed []Day) (*Schedule, error) {
	location, err := Location(timezone)
	if err != nil {
		return nil, hinted.Because(err, "schedule.zone")
	}
	s := &Schedule{spec: spec, timezone: timezone, location: location}
	switch {
	case strings.HasPrefix(spec, "last-"), strings.HasPrefix(spec, "working-day"):
		err = s.parseMonthly(closed)
	case strings.Contains(spec, "TZ="):
		err = hinted.Because(nil, "schedule.zone-within")
	case strings.HasPrefix(spec, "@every"):
		err = hinted.Because(nil, "schedule.interval")
	default:
		err = s.parseCron()
	}
	if err != nil {
		return nil, err
	}
	// The calendar of these years has all that recurs, so the answer does not depend on the day it is asked.
	if _, ok := s.following(time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC)); !ok {
		return nil, hinted.Because(nil, "schedule.never")
	}
	return s, nil
}

// Location is a time zone by its name. Names that mean something else on another machine are refused.
func Location(name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, hinted.Because(nil, "schedule.no-zone")
	}
	return location, nil
}

// monthPattern is a schedule by the end or the working days of the month. No month has more than 23 working days.
var monthPattern = lazyregexp.New(`^(?:(last-day)|(last-working-day)|working-day ([1-9]|1[0-9]|2[0-3])) ([01][0-9]|2[0-3]):([0-5][0-9])$`)

func (s *Schedule) parseMonthly(closed []Day) error {
	match := monthPattern().FindStringSubmatch(s.spec)
	if match == nil {
		return hinted.Because(nil, "schedule.no-monthly")
	}
	hour, minute, number := atoi(match[4]), atoi(match[5]), atoi(match[3])
	s.times = times{hours: 1 << hour, minutes: 1 << minute}
	if match[1] != "" {
		s.days = lastDay
		return nil
	}
	s.closed = closed
	working := calendar(closed)
	if match[2] != "" {
		s.days = working.last
	} else {
		s.days = working.numbered(number)
	}
	return nil
}

// atoi reads digits that a pattern has matched; 0 for none.
func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// cronFields are the codes of cron's fields.
var cronFields = []string{"minute", "hour", "day", "month", "weekday"}

func (s *Schedule) parseCron() error {
	parsed, err := parseCron(s.spec)
	fields := strings.Fields(s.spec)
	switch {
	case err == nil:
		s.days = cronDays(parsed)
		s.times = times{hours: parsed.Hour, minutes: parsed.Minute}
		return nil
	case strings.HasPrefix(s.spec, "@"):
		return hinted.Because(nil, "schedule.no-cron")
	case len(fields) != len(cronFields):
		return hinted.Because(nil, "schedule.fields", "n", len(fields))
	}
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := parseCron(strings.Join(alone, " ")); err != nil {
			return hinted.Because(nil, "schedule.field", "field", hinted.Say("schedule."+cronFields[i]))
		}
	}
	return hinted.Because(nil, "schedule.no-cron")
}

// parseCron is cron's parser. It panics on some malformed texts, and takes a field of commas alone for none at all.
func parseCron(spec string) (parsed *cron.SpecSchedule, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("cron's parser panicked")
		}
	}()
	s, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, err
	}
	parsed, ok := s.(*cron.SpecSchedule)
	if !ok || parsed.Minute == 0 || parsed.Hour == 0 || parsed.Dom == 0 || parsed.Month == 0 || parsed.Dow == 0 {
		return nil, errors.New("a field is empty")
	}
	return parsed, nil
}
