package schedule

import (
	"testing"
	"time"
)

func due(t *testing.T, spec, timezone string, closed ...string) *Due {
	t.Helper()
	d, err := ParseDue(spec, timezone, days(t, closed))
	if err != nil {
		t.Fatalf("%q in %s: %v", spec, timezone, err)
	}
	return d
}

func TestDueOfEachMonth(t *testing.T) {
	t.Parallel()
	d := due(t, "last-working-day 12:00", paris)
	for i, want := range []string{
		"2026-01-30 12:00:00 +0100", "2026-02-27 12:00:00 +0100", "2026-03-31 12:00:00 +0200", "2026-04-30 12:00:00 +0200",
		"2026-05-29 12:00:00 +0200", "2026-06-30 12:00:00 +0200", "2026-07-31 12:00:00 +0200", "2026-08-31 12:00:00 +0200",
		"2026-09-30 12:00:00 +0200", "2026-10-30 12:00:00 +0100", "2026-11-30 12:00:00 +0100", "2026-12-31 12:00:00 +0100",
	} {
		if got := d.In(2026, time.January+time.Month(i)).Format(stamp); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, test := range []struct {
		spec, zone string
		closed     []string
		year       int
		month      time.Month
		want       string
	}{
		{"last-day 23:59", paris, nil, 2028, time.February, "2028-02-29 23:59:00 +0100"},
		{"last-working-day 12:00", "Indian/Reunion", nil, 2026, time.November, "2026-11-30 12:00:00 +0400"},
		{"last-working-day 12:00", "America/Martinique", nil, 2026, time.July, "2026-07-31 12:00:00 -0400"},
		// 31 May 2004 was Whit Monday, 31 March 1997 Easter Monday, 1 May is no working day.
		{"last-working-day 12:00", paris, nil, 2004, time.May, "2004-05-28 12:00:00 +0200"},
		{"last-working-day 12:00", paris, nil, 1997, time.March, "1997-03-28 12:00:00 +0100"},
		{"working-day 1 09:30", paris, nil, 2026, time.May, "2026-05-04 09:30:00 +0200"},
		// Christmas is never worked; the rest of the holidays is closed.
		{"last-working-day 12:00", paris, []string{"12-24", "12-26", "12-28", "12-29", "12-30", "12-31"}, 2026, time.December,
			"2026-12-23 12:00:00 +0100"},
		{"working-day 18 12:00", paris, nil, 2026, time.December, "2026-12-24 12:00:00 +0100"},
		{"working-day 19 12:00", paris, nil, 2026, time.December, "2026-12-28 12:00:00 +0100"},
		// Within the gap of spring, and the hour that autumn repeats.
		{"last-day 02:30", paris, nil, 2024, time.March, "2024-03-31 03:00:00 +0200"},
		{"last-day 02:30", paris, nil, 2032, time.October, "2032-10-31 02:30:00 +0200"},
		// No such day: the last working one up to the end.
		{"working-day 23 12:00", paris, nil, 2026, time.November, "2026-11-30 12:00:00 +0100"},
	} {
		if got := due(t, test.spec, test.zone, test.closed...).In(test.year, test.month).Format(stamp); got != test.want {
			t.Errorf("%s of %d-%02d: got %s, want %s", test.spec, test.year, test.month, got, test.want)
		}
	}
	var august []string
	for day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC); day.Month() == time.August; day = day.AddDate(0, 0, 1) {
		august = append(august, day.Format("01-02"))
	}
	if got := due(t, "last-working-day 12:00", paris, august...).In(2026, time.August).Format(stamp); got != "2026-07-31 12:00:00 +0200" {
		t.Errorf("of a month that is closed: got %s", got)
	}
	var years []string
	for day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		years = append(years, day.Format(time.DateOnly))
	}
	if got := due(t, "last-working-day 12:00", paris, years...).In(2028, time.December).Format(stamp); got != "2028-12-31 12:00:00 +0100" {
		t.Errorf("where nobody worked for more than a year: got %s", got)
	}
}

func TestWorkingDaysBeforeTheDue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		of     string
		n      int
		closed []string
		want   string
	}{
		{"2026-11-30 12:00:00 +0100", 2, nil, "2026-11-26 12:00:00 +0100"}, // over a weekend
		{"2026-12-28 12:00:00 +0100", 2, nil, "2026-12-23 12:00:00 +0100"}, // and Christmas
		{"2026-12-28 12:00:00 +0100", 1, []string{"12-24"}, "2026-12-23 12:00:00 +0100"},
		{"2026-03-31 12:00:00 +0200", 2, nil, "2026-03-27 12:00:00 +0100"}, // over the change of spring
		{"2026-11-30 12:00:00 +0100", 0, nil, "2026-11-30 12:00:00 +0100"},
	} {
		d := due(t, "last-working-day 12:00", paris, test.closed...)
		if got := d.Before(at(t, test.of), test.n).Format(stamp); got != test.want {
			t.Errorf("%d before %s: got %s, want %s", test.n, test.of, got, test.want)
		}
	}
}

func TestWorked(t *testing.T) {
	t.Parallel()
	reunion, err := Location("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	closed := days(t, []string{"2026-12-24"})
	for text, want := range map[string]bool{
		"2026-11-30 08:30:00 +0400": true, "2026-11-29 08:30:00 +0400": false, "2026-12-25 08:30:00 +0400": false,
		"2026-12-24 08:30:00 +0400": false, "2026-11-29 21:00:00 +0100": true, // Monday there
	} {
		if got := Worked(at(t, text), reunion, closed); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestParseDueProblems(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"", "0 12 * * *", "@daily", "last-working-day", "last-working-day 24:00", "working-day 24 12:00", "12:00"} {
		if d, err := ParseDue(spec, paris, nil); err == nil ||
			err.Error() != "is neither last-day HH:MM, last-working-day HH:MM nor working-day N HH:MM" {
			t.Errorf("%q: got %v, %v", spec, d, err)
		}
	}
	if _, err := ParseDue("last-day 12:00", "Local", nil); err == nil {
		t.Error("the clock of whichever machine is taken")
	}
	d := due(t, "last-day 12:00", paris, "12-24")
	if text, err := d.MarshalText(); err != nil || string(text) != "last-day 12:00 Europe/Paris closed 12-24" ||
		d.Spec() != "last-day 12:00" ||
		d.Location().String() != paris {
		t.Errorf("got %s, %v", text, err)
	}
}
