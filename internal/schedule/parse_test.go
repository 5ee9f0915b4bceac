package schedule

import (
	"strings"
	"testing"
	"time"
)

const paris = "Europe/Paris"

// parsed is a schedule that must be good.
func parsed(t testing.TB, spec, timezone string, closed ...string) *Schedule {
	t.Helper()
	s, err := Parse(spec, timezone, days(t, closed))
	if err != nil {
		t.Fatalf("%q in %s: %v", spec, timezone, err)
	}
	return s
}

func days(t testing.TB, texts []string) []Day {
	t.Helper()
	var closed []Day
	for _, text := range texts {
		day, err := ParseDay(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		closed = append(closed, day)
	}
	return closed
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		"0 5 * * *", "*/15 6-20 * * MON-FRI", "0 0 29 2 *", "0 0 ? * ?", " 0  5 * * *", "5/20 * * * *",
		"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
		"last-day 23:59", "last-working-day 06:00", "working-day 1 00:00", "working-day 23 06:30",
	} {
		s := parsed(t, spec, paris)
		if s.Spec() != spec || s.Timezone() != paris || s.Location().String() != paris || s.String() != spec+" "+paris {
			t.Errorf("%q reads back as %s", spec, s)
		}
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	const month = "is neither last-day HH:MM, last-working-day HH:MM nor working-day N HH:MM"
	const cron = "is not a schedule that cron understands"
	for spec, want := range map[string]string{
		"":                           "must have cron's five fields, not 0",
		" ":                          "must have cron's five fields, not 0",
		"0 5 * * * *":                "must have cron's five fields, not 6",
		"0 5 1 1 * 2020":             "must have cron's five fields, not 6",
		"60 5 * * *":                 cron + ": see its minute (0-59)",
		"0 24 * * *":                 cron + ": see its hour (0-23)",
		"0 5 0 * *":                  cron + ": see its day of the month (1-31)",
		"0 5 * 13 *":                 cron + ": see its month (1-12 or JAN-DEC)",
		"0 5 * * 7":                  cron + ": see its day of the week (0-6 or SUN-SAT)",
		"*/0 * * * *":                cron + ": see its minute (0-59)",
		"0 , * * *":                  cron + ": see its hour (0-23)",
		"a b c d e":                  cron + ": see its minute (0-59)",
		"@":                          cron,
		"@Daily":                     cron,
		" @daily":                    "must have cron's five fields, not 1",
		"@every 1h":                  "is an interval: only times of the clock can be caught up when they were missed",
		"TZ=":                        "names a time zone, which has a key of its own: timezone",
		"CRON_TZ=":                   "names a time zone, which has a key of its own: timezone",
		"TZ=Europe/Paris 0 5 * * *":  "names a time zone, which has a key of its own: timezone",
		"0 5 31 2 *":                 "never happens: no month has such a day",
		"0 5 31 2,4,6,9,11 *":        "never happens: no month has such a day",
		"last-day 24:00":             month,
		"last-day 6:00":              month,
		"last-day 06:00 ":            month,
		"last-day 06:60":             month,
		"last-working-day":           month,
		"working-day 0 06:00":        month,
		"working-day 24 06:00":       month,
		"working-day -1 06:00":       month,
		"working-day 06:00":          month,
		"last-working-day 06:00 foo": month,
	} {
		if _, err := Parse(spec, paris, nil); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", spec, err, want)
		}
	}
}

func TestParseNeverOpen(t *testing.T) {
	t.Parallel()
	var closed []Day
	for day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == 2000; day = day.AddDate(0, 0, 1) {
		closed = append(closed, Day{0, day.Month(), day.Day()})
	}
	for _, spec := range []string{"last-working-day 06:00", "working-day 1 06:00"} {
		if _, err := Parse(spec, paris, closed); err == nil || !strings.HasPrefix(err.Error(), "never happens") {
			t.Errorf("%s: got %v", spec, err)
		}
	}
	if _, err := Parse("last-day 06:00", paris, closed); err != nil {
		t.Error("the last day does not ask who works:", err)
	}
}

func TestParseTimezone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Local", "Paris", "Europe/Pariss", "../etc/passwd", "+01:00"} {
		if _, err := Parse("@daily", name, nil); err == nil || err.Error() != "the time zone is not a time zone" {
			t.Errorf("%q: got %v", name, err)
		}
	}
	parsed(t, "@daily", "UTC")
}

func TestString(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"working-day 3 06:00":    "working-day 3 06:00 Europe/Paris closed 12-24 2026-12-31",
		"last-working-day 06:00": "last-working-day 06:00 Europe/Paris closed 12-24 2026-12-31",
		"last-day 06:00":         "last-day 06:00 Europe/Paris",
		"0 5 * * *":              "0 5 * * * Europe/Paris",
	} {
		text, err := parsed(t, spec, paris, "12-24", "2026-12-31").MarshalText()
		if err != nil || string(text) != want {
			t.Errorf("got %s, %v", text, err)
		}
	}
}

// FuzzParse looks for texts that panic, or that are accepted and then misbehave.
func FuzzParse(f *testing.F) {
	for _, spec := range []string{"0 5 * * *", "TZ=", "CRON_TZ=x", "@every", "@", "last-day 06:00", "working-day 23 06:00",
		"*/9223372036854775807 * * * *", ", , , , ,", "0-59/7 1-2,3 */2 jan-mar ?"} {
		f.Add(spec, paris, int64(1_800_000_000))
	}
	f.Fuzz(func(t *testing.T, spec, timezone string, seconds int64) {
		s, err := Parse(spec, timezone, nil)
		if err != nil {
			return
		}
		after := time.Unix(seconds, 0)
		next := s.Next(after)
		if next.IsZero() {
			return
		}
		if !next.After(after) {
			t.Errorf("%s after %v: %v", s, after, next)
		}
		if got := s.Between(after, next, 2); len(got) != 1 || !got[0].Equal(next) {
			t.Errorf("%s from %v to %v: %v", s, after, next, got)
		}
	})
}
