package schedule

import (
	"fmt"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"
)

// zones differ in when and by how much their clocks change: not at all, an hour, half an hour, at midnight, a day.
var zones = []string{
	paris, "UTC", "Indian/Reunion", "America/Guadeloupe", "America/Cayenne", "Pacific/Noumea", "America/Miquelon", "Australia/Lord_Howe",
	"America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "Asia/Beirut", "America/New_York", "Asia/Kathmandu", "Europe/Dublin",
	"Antarctica/Troll",
}

// TestOncePerCivilDay follows a daily schedule, at times when clocks change, over each day of twenty years.
func TestOncePerCivilDay(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"0 2 * * *", "30 1 * * *", "59 23 * * *"} {
		onceADay(t, parsed(t, spec, paris), 2020, 2040)
	}
	for _, name := range zones {
		for _, spec := range []string{"30 2 * * *", "0 0 * * *"} {
			for _, from := range []int{2000, 2020} { // Samoa's missing day and Brazil's midnights are in the first
				if name == "Pacific/Apia" && from == 2000 {
					continue // see TestNextAtChanges
				}
				onceADay(t, parsed(t, spec, name), from, from+20)
			}
		}
	}
}

// onceADay wants one fire on each day from the first of January of one year to the last of December of another.
func onceADay(t *testing.T, s *Schedule, from, to int) {
	t.Helper()
	fire := s.Next(time.Date(from, 1, 1, 0, 0, 0, 0, s.Location()).Add(-time.Second))
	for day := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= to; day = day.AddDate(0, 0, 1) {
		if got, want := fire.Format(time.DateOnly), day.Format(time.DateOnly); got != want {
			t.Errorf("%s: fires at %v instead of on %s", s, fire, want)
			return
		}
		fire = s.Next(fire)
	}
}

// someInstant is likely to be near a change of the clock.
func someInstant(zone *time.Location) *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(rapid.Int64Range(-2_500_000_000, 4_100_000_000).Draw(t, "seconds"), 0).In(zone)
		if _, end := at.ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "near a change") {
			at = end.Add(time.Duration(rapid.Int64Range(-180, 180).Draw(t, "minutes")) * time.Minute)
		}
		return at.Add(time.Duration(rapid.Int64Range(-1, 1).Draw(t, "nanoseconds")))
	})
}

// someSpec is a schedule of any form, whose field contains a value, a step or a star.
func someSpec() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		field := func(name string, low, high int) string {
			switch rapid.IntRange(0, 3).Draw(t, name+" form") {
			case 0:
				return fmt.Sprint(rapid.IntRange(low, high).Draw(t, name))
			case 1:
				return fmt.Sprintf("*/%d", rapid.IntRange(1, high).Draw(t, name))
			default:
				return "*"
			}
		}
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			return "last-day 02:30"
		case 1:
			return "last-working-day 00:00"
		case 2:
			return fmt.Sprintf("working-day %d 02:15", rapid.IntRange(1, 23).Draw(t, "working day"))
		}
		return fmt.Sprintf("%s %s %s %s %s", field("minute", 0, 59), field("hour", 0, 23), field("date", 1, 28), field("month", 1, 12),
			field("weekday", 0, 6))
	})
}

func TestClockProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := Location(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := someInstant(zone).Draw(t, "at")
		wall := shown(at.Add(time.Duration(rapid.IntRange(-26*60, 26*60).Draw(t, "minutes away")) * time.Minute))
		if got, want := !instant(wall, zone).After(at), !wall.After(reached(at, zone)); got != want {
			t.Fatalf("%v: the clock passes it at %v, and %v has reached %v", wall, instant(wall, zone), at, reached(at, zone))
		}
	})
}

// TestFiresProperty follows some fires: they increase strictly, the clock shows each fire's time or has just jumped over
// it, and looking back finds the same fires.
func TestFiresProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, err := Parse(someSpec().Draw(t, "spec"), rapid.SampledFrom(zones).Draw(t, "zone"), []Day{{0, 12, 24}})
		if err != nil {
			t.Fatal(err)
		}
		after := someInstant(s.Location()).Draw(t, "after")
		var fires []time.Time
		for last := after; len(fires) < 30; {
			next := s.Next(last)
			if !next.After(last) {
				t.Fatalf("%s after %v: %v", s, last, next)
			}
			wall := shown(next)
			start, _ := next.ZoneBounds()
			if !next.Equal(start) && (!s.days(wall.Truncate(wholeDay)) || !s.times.has(minuteOf(wall)) || wall.Second() != 0) {
				t.Fatalf("%s: fires at %v", s, next)
			}
			fires, last = append(fires, next), next
		}
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		until := rapid.SampledFrom(fires).Draw(t, "until")
		same(t, s.Between(after, until, limit), newest(fires, until, limit))
		same(t, s.Between(after, until.Add(-1), limit), newest(fires, until.Add(-1), limit))
	})
}

// newest are the last of the fires up to an instant.
func newest(fires []time.Time, until time.Time, limit int) []time.Time {
	for len(fires) > 0 && fires[len(fires)-1].After(until) {
		fires = fires[:len(fires)-1]
	}
	return fires[max(0, len(fires)-limit):]
}

func same(t *rapid.T, got, want []time.Time) {
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range got {
		if !got[i].Equal(want[i]) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// TestLikeCronProperty compares with cron's own clock where that is right: without changes of the clock.
func TestLikeCronProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := someSpec().Filter(func(spec string) bool { return spec[0] != 'l' && spec[0] != 'w' }).Draw(t, "spec")
		s, err := Parse(spec, "UTC", nil)
		if err != nil {
			t.Fatal(err)
		}
		reference, err := cron.ParseStandard(spec)
		if err != nil {
			t.Fatal(err)
		}
		after := someInstant(time.UTC).Draw(t, "after")
		if got, want := s.Next(after), reference.Next(after); !got.Equal(want) {
			t.Fatalf("%s after %v: got %v, want %v", spec, after, got, want)
		}
	})
}
