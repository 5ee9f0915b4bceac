package config

import (
	"regexp"
	"strconv"
	"time"

	"syncd/internal/config/strict"
	"syncd/internal/schedule"
)

// Retention is how long the ledger keeps what it knows of finished runs.
type Retention struct {
	Diffs    Age                // field by field, old and new values
	Items    Age                // who was sent with what outcome
	Runs     Age                // headers and counts
	Fires    Age                // of schedules
	Baseline Age                // the documents of people who left
	MaxShare float64            // what goes at once of what there is, without a person; 1 = all may
	Schedule *schedule.Schedule // when the daemon purges; nil = never
}

// Age is an age in the months and days of the calendar; zero means for ever.
type Age struct {
	Months, Days int // one of them is zero
}

// Before is the instant before which something is older than the age at now; false when nothing ever is.
func (a Age) Before(now time.Time) (time.Time, bool) {
	if a == (Age{}) {
		return time.Time{}, false
	}
	if a.Months == 0 {
		return now.AddDate(0, 0, -a.Days), true
	}
	then := now.AddDate(0, -a.Months, 0)
	if then.Day() != now.Day() { // 31 March, a month ago: the last of February, not 3 March
		then = then.AddDate(0, 0, -then.Day())
	}
	return then, true
}

// longer tells that what is kept for one age can outlive what is kept for another.
func (a Age) longer(other Age) bool {
	if a == (Age{}) || other == (Age{}) {
		return a == (Age{}) && other != a
	}
	if a.Days == 0 && other.Days == 0 {
		return a.Months > other.Months
	}
	return a.maxDays() > other.minDays()
}

// maxDays and minDays bound the age in days: a month has 28 to 31 of them, 12 months 365 or 366.
func (a Age) maxDays() int { return a.Days + a.Months/12*366 + a.Months%12*31 }
func (a Age) minDays() int { return a.Days + a.Months/12*365 + a.Months%12*28 }

func readRetention(t *strict.Table, d Daemon) Retention {
	defer t.Finish()
	r := Retention{
		Diffs:    readAge(t, "diffs", Age{Months: 12}),
		Items:    readAge(t, "items", Age{Months: 6 * 12}),
		Runs:     readAge(t, "runs", Age{Months: 6 * 12}),
		Fires:    readAge(t, "fires", Age{Months: 12}),
		Baseline: readAge(t, "baseline", Age{Months: 24}),
	}
	r.MaxShare = t.Number("max_share", 0.25, 0.01, 1)
	r.Schedule = readSchedule(t, "schedule", t.Text("schedule", "30 3 * * *"), d.Timezone, d.ClosedDays)
	if r.Items.longer(r.Runs) {
		t.Report("items", "are kept for longer than the runs they belong to", "raise retention.runs, or lower retention.items")
	}
	if r.Diffs.longer(r.Items) {
		t.Report("diffs", "are kept for longer than the items they belong to", "raise retention.items, or lower retention.diffs")
	}
	return r
}

var agePattern = regexp.MustCompile(`^([1-9][0-9]{0,3}) (day|month|year)s?$`)

// maxAgeYears is how far back an age may reach.
const maxAgeYears = 100

// age is a text such as "12 months", or "forever".
func readAge(t *strict.Table, key string, fallback Age) Age {
	const hint = `write a number and days, months or years, such as "12 months", at most 100 years, or "forever"`
	n := t.Want(key, strict.KindText)
	if n == nil {
		return fallback
	}
	if n.Text == "forever" {
		return Age{}
	}
	match := agePattern.FindStringSubmatch(n.Text)
	if match == nil {
		t.Report(key, "is not an age", hint)
		return fallback
	}
	number, err := strconv.Atoi(match[1])
	age := map[string]Age{"day": {Days: number}, "month": {Months: number}, "year": {Months: 12 * number}}[match[2]]
	if err != nil || age.Months > maxAgeYears*12 {
		t.Report(key, "is not an age", hint)
		return fallback
	}
	return age
}
