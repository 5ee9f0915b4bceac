package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // small servers and containers have no time zones installed

	"github.com/robfig/cron/v3"
)

// Parse reads a schedule: cron's five fields, @daily and the like, "last-day HH:MM", "last-working-day HH:MM" or
// "working-day N HH:MM", on the clock of a named time zone. Working days are Monday to Friday but for French public
// holidays and the closed days. A month that has no N-th working day is left out. Errors quote nothing of the text.
func Parse(spec, timezone string, closed []Day) (*Schedule, error) {
	location, err := Location(timezone)
	if err != nil {
		return nil, fmt.Errorf("the time zone %w", err)
	}
	s := &Schedule{spec: spec, timezone: timezone, location: location}
	switch {
	case strings.HasPrefix(spec, "last-"), strings.HasPrefix(spec, "working-day"):
		err = s.parseMonthly(closed)
	case strings.Contains(spec, "TZ="):
		err = errors.New("names a time zone, which has a key of its own: timezone")
	case strings.HasPrefix(spec, "@every"):
		err = errors.New("is an interval: only times of the clock can be caught up when they were missed")
	default:
		err = s.parseCron()
	}
	if err != nil {
		return nil, err
	}
	// The calendar of these years has all that recurs, so the answer does not depend on the day it is asked.
	if _, ok := s.following(time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC)); !ok {
		return nil, errors.New("never happens: no month has such a day")
	}
	return s, nil
}

// Location is a time zone by its name. Names that mean something else on another machine are refused.
func Location(name string) (*time.Location, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, errors.New("is not a time zone")
	}
	return location, nil
}

// monthPattern is a schedule by the end or the working days of the month. No month has more than 23 working days.
var monthPattern = regexp.MustCompile(`^(?:(last-day)|(last-working-day)|working-day ([1-9]|1[0-9]|2[0-3])) ([01][0-9]|2[0-3]):([0-5][0-9])$`)

func (s *Schedule) parseMonthly(closed []Day) error {
	match := monthPattern.FindStringSubmatch(s.spec)
	if match == nil {
		return errors.New("is neither last-day HH:MM, last-working-day HH:MM nor working-day N HH:MM")
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

// cronFields are cron's fields as an error names them.
var cronFields = []string{"minute (0-59)", "hour (0-23)", "day of the month (1-31)", "month (1-12 or JAN-DEC)",
	"day of the week (0-6 or SUN-SAT)"}

func (s *Schedule) parseCron() error {
	parsed, err := parseCron(s.spec)
	fields := strings.Fields(s.spec)
	switch {
	case err == nil:
		s.days = cronDays(parsed)
		s.times = times{hours: parsed.Hour, minutes: parsed.Minute}
		return nil
	case strings.HasPrefix(s.spec, "@"):
		return errors.New("is not a schedule that cron understands")
	case len(fields) != len(cronFields):
		return fmt.Errorf("must have cron's five fields, not %d", len(fields))
	}
	for i, field := range fields {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := parseCron(strings.Join(alone, " ")); err != nil {
			return fmt.Errorf("is not a schedule that cron understands: see its %s", cronFields[i])
		}
	}
	return errors.New("is not a schedule that cron understands")
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
