package config

import (
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/schedule"
)

const scheduleHint = `write cron's five fields ("0 5 * * *" is daily at 5:00), @daily, "last-day 06:00", "last-working-day 06:00" or "working-day 3 06:00"`

// defaultTimezone is that of most dossiers.
const defaultTimezone = "Europe/Paris"

// schedule reads the text of a key; nil for an empty one. A wrong zone is reported at its own key.
func readSchedule(t *strict.Table, key, spec, timezone string, closed []schedule.Day) *schedule.Schedule {
	if spec == "" {
		return nil
	}
	if _, err := schedule.Location(timezone); err != nil {
		timezone = "UTC" // to judge the rest
	}
	s, err := schedule.Parse(spec, timezone, closed)
	if err != nil {
		t.Report(key, err.Error(), scheduleHint)
		return nil
	}
	return s
}

func readTimezone(t *strict.Table, key string) (string, *time.Location) {
	name := t.Text(key, defaultTimezone)
	location, err := schedule.Location(name)
	if err != nil {
		t.Report(key, err.Error(), "write one such as Europe/Paris, Indian/Reunion or America/Guadeloupe")
		return name, time.UTC
	}
	return name, location
}

// closedDays is a list of dates on which nobody works.
func readClosedDays(t *strict.Table, key string) []schedule.Day {
	list := t.Want(key, strict.KindList)
	if list == nil {
		return nil
	}
	const hint = `write "2026-12-24" for one year or "12-24" for each, between quotes`
	var days []schedule.Day
	for _, at := range t.Texts(key, list, hint) {
		closed, err := schedule.ParseDay(at.Node.Text)
		if err != nil {
			at.Report("", err.Error(), hint)
			continue
		}
		days = append(days, closed)
	}
	return days
}
