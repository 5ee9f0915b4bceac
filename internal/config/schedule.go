package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // small servers and containers have no time zones installed

	"github.com/robfig/cron/v3"
)

const scheduleHint = `write cron's five fields ("0 5 * * *" is daily at 5:00), @daily, "last-day 06:00", "last-working-day 06:00" or "working-day 3 06:00"`

// monthPattern is a schedule by the end or the working days of the month. No month has more than 23 working days.
var monthPattern = regexp.MustCompile(`^(last-day|last-working-day|working-day ([1-9]|1[0-9]|2[0-3])) ([01][0-9]|2[0-3]):[0-5][0-9]$`)

// checkSchedule judges the syntax of a schedule; its errors quote nothing of it.
func checkSchedule(schedule string) error {
	switch {
	case monthPattern.MatchString(schedule):
		return nil
	case strings.HasPrefix(schedule, "last-"), strings.HasPrefix(schedule, "working-day"):
		return errors.New("is neither last-day HH:MM, last-working-day HH:MM nor working-day N HH:MM")
	case strings.Contains(schedule, "TZ="):
		return errors.New("names a time zone, which has a key of its own: timezone")
	case strings.HasPrefix(schedule, "@every"):
		return errors.New("is an interval: only times of the clock can be caught up when they were missed")
	}
	return checkCron(schedule)
}

// checkCron lets cron's parser judge. It panics on some malformed texts.
func checkCron(schedule string) (err error) {
	malformed := errors.New("is not a schedule that cron understands")
	defer func() {
		if recover() != nil {
			err = malformed
		}
	}()
	fires, parseErr := cron.ParseStandard(schedule)
	if parseErr != nil {
		if n := len(strings.Fields(schedule)); n != 5 && !strings.HasPrefix(schedule, "@") {
			return fmt.Errorf("has %d fields instead of cron's five", n)
		}
		return malformed
	}
	// cron searches five years ahead, so any start will do.
	if fires.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return errors.New("never happens: no month has such a day")
	}
	return nil
}

// schedule is kept as written: the daemon to come reads it. "" = started by hand only.
func (t *table) schedule(key string) string {
	if !t.has(key) {
		t.take(key)
		return ""
	}
	schedule := t.required(key, scheduleHint)
	if schedule == "" {
		return ""
	}
	if err := checkSchedule(schedule); err != nil {
		t.report(key, err.Error(), scheduleHint)
	} else {
		t.warn(key, "nothing starts by itself in this version, which has no daemon", "start it from cron or a systemd timer: syncd run JOB")
	}
	return schedule
}

func (t *table) timezone(key string) (string, *time.Location) {
	name := t.text(key, "Europe/Paris")
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" { // these two depend on the machine
		t.report(key, "is not a time zone", "write one such as Europe/Paris, Indian/Reunion or America/Guadeloupe")
		return name, time.UTC
	}
	return name, location
}
