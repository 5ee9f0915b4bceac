package schedule

import (
	"testing"
	"time"
)

const stamp = "2006-01-02 15:04:05 -0700"

func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(stamp, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

// check compares the fires that follow each other after an instant, the zone's offset included.
func check(t *testing.T, s *Schedule, after string, want ...string) {
	t.Helper()
	fire := at(t, after)
	for _, text := range want {
		if fire = s.Next(fire); fire.Format(stamp) != text {
			t.Errorf("%s after %s: got %s, want %s", s, after, fire.Format(stamp), text)
			return
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	check(t, parsed(t, "0 5 * * *", paris), "2026-11-22 05:00:00 +0100", "2026-11-23 05:00:00 +0100", "2026-11-24 05:00:00 +0100")
	check(t, parsed(t, "0 5 * * *", paris), "2026-11-22 04:59:59 +0100", "2026-11-22 05:00:00 +0100")
	check(t, parsed(t, "0 5 * * *", "UTC"), "2026-11-22 05:30:00 +0100", "2026-11-22 05:00:00 +0000")
	check(t, parsed(t, "0 0 13 * FRI", paris), "2026-11-10 00:00:00 +0100", "2026-11-13 00:00:00 +0100", "2026-11-20 00:00:00 +0100")
	check(t, parsed(t, "0 0 29 2 *", paris), "2096-03-01 00:00:00 +0100", "2104-02-29 00:00:00 +0100") // 2100 is no leap year
	check(t, parsed(t, "@yearly", "Indian/Reunion"), "2026-06-01 00:00:00 +0000", "2027-01-01 00:00:00 +0400")
	check(t, parsed(t, "last-day 23:59", paris), "2028-02-01 00:00:00 +0100", "2028-02-29 23:59:00 +0100", "2028-03-31 23:59:00 +0200")
}

func TestNextByWorkingDays(t *testing.T) {
	t.Parallel()
	const start = "2026-01-01 00:00:00 +0100"
	check(t, parsed(t, "last-working-day 06:00", paris), start,
		"2026-01-30 06:00:00 +0100", "2026-02-27 06:00:00 +0100", "2026-03-31 06:00:00 +0200", "2026-04-30 06:00:00 +0200",
		"2026-05-29 06:00:00 +0200", "2026-06-30 06:00:00 +0200", "2026-07-31 06:00:00 +0200", "2026-08-31 06:00:00 +0200",
		"2026-09-30 06:00:00 +0200", "2026-10-30 06:00:00 +0100", "2026-11-30 06:00:00 +0100", "2026-12-31 06:00:00 +0100")
	// Whit Monday and Easter Monday can be a month's last Monday: 31 May 2004, 31 March 1997.
	check(t, parsed(t, "last-working-day 06:00", paris), "2004-05-01 00:00:00 +0200", "2004-05-28 06:00:00 +0200")
	check(t, parsed(t, "last-working-day 06:00", paris), "1997-03-01 00:00:00 +0100", "1997-03-28 06:00:00 +0100")
	check(t, parsed(t, "last-working-day 06:00", paris, "12-31", "2026-12-30", "2027-12-30"), "2026-12-01 00:00:00 +0100",
		"2026-12-29 06:00:00 +0100", "2027-01-29 06:00:00 +0100")
	check(t, parsed(t, "working-day 1 06:00", paris), "2026-04-01 00:00:00 +0200",
		"2026-04-01 06:00:00 +0200", "2026-05-04 06:00:00 +0200", "2026-06-01 06:00:00 +0200")
	check(t, parsed(t, "working-day 3 06:00", paris, "2027-01-04"), "2026-12-04 00:00:00 +0100", "2027-01-07 06:00:00 +0100")
	// Months without such a day have no fire.
	check(t, parsed(t, "working-day 22 06:00", paris), start, "2026-03-31 06:00:00 +0200", "2026-06-30 06:00:00 +0200",
		"2026-07-31 06:00:00 +0200", "2026-09-30 06:00:00 +0200", "2026-10-30 06:00:00 +0100", "2026-12-31 06:00:00 +0100")
	check(t, parsed(t, "working-day 23 06:00", paris), start, "2027-12-31 06:00:00 +0100")
}

func TestNextAtChanges(t *testing.T) {
	t.Parallel()
	const spring, autumn = "2026-03-28 12:00:00 +0100", "2026-10-25 00:00:00 +0200"
	check(t, parsed(t, "30 2 * * *", paris), spring, "2026-03-29 03:00:00 +0200", "2026-03-30 02:30:00 +0200")
	check(t, parsed(t, "0 2 * * *", paris), spring, "2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200")
	check(t, parsed(t, "0 2,3 * * *", paris), spring, "2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200")
	check(t, parsed(t, "*/15 2 * * *", paris), spring, "2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200")
	check(t, parsed(t, "30 2 * * *", paris), autumn, "2026-10-25 02:30:00 +0200", "2026-10-26 02:30:00 +0100")
	check(t, parsed(t, "0 3 * * *", paris), autumn, "2026-10-25 03:00:00 +0100")
	check(t, parsed(t, "0 * * * *", paris), "2026-10-25 00:30:00 +0200", "2026-10-25 01:00:00 +0200", "2026-10-25 02:00:00 +0200",
		"2026-10-25 03:00:00 +0100")
	// Asked inside the repeated hour, the first time round and the second.
	check(t, parsed(t, "30 2 * * *", paris), "2026-10-25 02:10:00 +0200", "2026-10-25 02:30:00 +0200")
	check(t, parsed(t, "30 2 * * *", paris), "2026-10-25 02:10:00 +0100", "2026-10-26 02:30:00 +0100")
	check(t, parsed(t, "* * * * *", paris), "2026-10-25 02:59:00 +0200", "2026-10-25 03:00:00 +0100")
	// Half an hour at 2:00, forward in October, back in April.
	check(t, parsed(t, "15 2 * * *", "Australia/Lord_Howe"), "2026-10-03 12:00:00 +1030", "2026-10-04 02:30:00 +1100",
		"2026-10-05 02:15:00 +1100")
	check(t, parsed(t, "45 1 * * *", "Australia/Lord_Howe"), "2026-04-04 12:00:00 +1100", "2026-04-05 01:45:00 +1100",
		"2026-04-06 01:45:00 +1030")
	// Go's time package errs about the last day of leap years beyond its table.
	check(t, parsed(t, "30 2 * * *", paris), "2040-12-30 12:00:00 +0100", "2040-12-31 02:30:00 +0100", "2041-01-01 02:30:00 +0100")
	// Midnight itself was in the gap.
	check(t, parsed(t, "0 0 * * *", "America/Sao_Paulo"), "2018-11-03 12:00:00 -0300", "2018-11-04 01:00:00 -0200",
		"2018-11-05 00:00:00 -0200")
	check(t, parsed(t, "30 23 * * *", "America/Sao_Paulo"), "2018-02-17 12:00:00 -0200", "2018-02-17 23:30:00 -0200",
		"2018-02-18 23:30:00 -0300")
	// Samoa went from 29 to 31 December 2011: the fire of the 30th is one with what begins the 31st.
	check(t, parsed(t, "30 2 * * *", "Pacific/Apia"), "2011-12-28 12:00:00 -1000",
		"2011-12-29 02:30:00 -1000", "2011-12-31 00:00:00 +1400", "2011-12-31 02:30:00 +1400")
}

func TestNextAtTheEdges(t *testing.T) {
	t.Parallel()
	s := parsed(t, "0 5 * * *", paris)
	for _, after := range []time.Time{time.Unix(1<<60, 0), time.Unix(-1<<60, 0)} {
		if got := s.Next(after); !got.IsZero() {
			t.Errorf("after %v: got %v", after, got)
		}
		if got := s.Between(after, time.Unix(1<<61, 0), 3); got != nil {
			t.Errorf("got %v", got)
		}
	}
	if got := s.Next(at(t, "9999-12-31 05:00:00 +0100")); !got.IsZero() {
		t.Errorf("got %v", got)
	}
	if got := s.Next(time.Time{}); got.IsZero() {
		t.Error("the first day of the calendar has no fire")
	}
	now := time.Now() // with a monotonic reading, which must not matter
	if got, want := s.Next(now), s.Next(now.Round(0)); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	s := parsed(t, "last-working-day 06:00", paris)
	for _, test := range []struct {
		after, until string
		limit        int
		want         []string
	}{
		{"2026-09-30 06:00:00 +0200", "2026-11-30 06:00:00 +0100", 9, []string{"2026-10-30 06:00:00 +0100", "2026-11-30 06:00:00 +0100"}},
		{"2026-09-30 05:59:59 +0200", "2026-11-30 05:59:59 +0100", 9, []string{"2026-09-30 06:00:00 +0200", "2026-10-30 06:00:00 +0100"}},
		{"2000-01-01 00:00:00 +0100", "2026-11-22 00:00:00 +0100", 1, []string{"2026-10-30 06:00:00 +0100"}},
		{"2026-11-22 00:00:00 +0100", "2026-11-22 00:00:00 +0100", 9, nil},
		{"2027-11-22 00:00:00 +0100", "2026-11-22 00:00:00 +0100", 9, nil},
		{"2000-01-01 00:00:00 +0100", "2026-11-22 00:00:00 +0100", 0, nil},
	} {
		got := s.Between(at(t, test.after), at(t, test.until), test.limit)
		if len(got) != len(test.want) {
			t.Errorf("%+v: got %v", test, got)
			continue
		}
		for i, want := range test.want {
			if got[i].Format(stamp) != want {
				t.Errorf("%+v: got %v", test, got)
			}
		}
	}
}

// TestBetweenIsBounded asks for the newest fires of a schedule by the minute over 7,000 years: 3.7 thousand million.
func TestBetweenIsBounded(t *testing.T) {
	t.Parallel()
	start := time.Now()
	until := at(t, "9000-01-01 00:00:00 +0000")
	got := parsed(t, "* * * * *", paris).Between(at(t, "2000-01-01 00:00:00 +0000"), until, 1000)
	if len(got) != 1000 || !got[999].Equal(until) || !got[0].Equal(until.Add(-999*time.Minute)) {
		t.Errorf("got %d fires", len(got))
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

func BenchmarkNext(b *testing.B) {
	after := at(b, "2026-11-22 00:00:00 +0100")
	for _, spec := range []string{"30 2 * * *", "* * * * *", "0 0 29 2 *", "last-working-day 06:00", "working-day 23 06:00"} {
		s := parsed(b, spec, paris)
		b.Run(spec, func(b *testing.B) {
			for b.Loop() {
				s.Next(after)
			}
		})
	}
}
