package main

import (
	"strings"
	"testing"
	"time"
)

// A day means its end, so that "until Friday" includes Friday.
func TestParseEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 30, 0, 0, time.Local)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, time.Local) }
	for _, c := range []struct {
		until string
		lasts time.Duration
		want  time.Time
	}{
		{until: "2026-12-05", want: at(6, 0, 0)},
		{until: "2026-12-05 18:00", want: at(5, 18, 0)},
		{until: "2026-12-05T18:00", want: at(5, 18, 0)},
		{until: " 2026-12-05 18:00 ", want: at(5, 18, 0)},
		{until: " 2026-12-05 ", want: at(6, 0, 0)},
		{until: "2026-12-05T18:00:00+04:00", want: time.Date(2026, 12, 5, 14, 0, 0, 0, time.UTC)},
		{until: "2026-12-31", want: time.Date(2027, 1, 1, 0, 0, 0, 0, time.Local)},
		{lasts: 24 * time.Hour, want: at(2, 9, 30)},
	} {
		got, err := parseEnd(c.until, c.lasts, now)
		if err != nil || !got.Equal(c.want) {
			t.Errorf("--until %q --for %s: %s, %v; want %s", c.until, c.lasts, got, err, c.want)
		}
	}
}

func TestParseEndRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 30, 0, 0, time.Local)
	for _, c := range []struct {
		until string
		lasts time.Duration
		want  string
	}{
		{want: "needs an end"},
		{until: "2026-12-05", lasts: time.Hour, want: "needs an end"},
		{lasts: -time.Hour, want: "lies in the past"},
		{until: "2026-11-30", want: "lies in the past"},
		{until: "2026-12-01 09:29", want: "lies in the past"},
		{until: "2026-12-01 09:30", want: "lies in the past"},
		{until: "tomorrow", want: "is no time"},
		{until: "05/12/2026", want: "is no time"},
		{until: "2026-02-30", want: "is no time"},
		{until: "18:00", want: "is no time"},
	} {
		_, err := parseEnd(c.until, c.lasts, now)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "\nhint: ") || exitCode(err) != exitUsage {
			t.Errorf("--until %q --for %s: %v; want %q and a hint", c.until, c.lasts, err, c.want)
		}
	}
}

// A time is read by the clock that reports show, which is not the machine's.
func TestParseEndByTheClockOfTheJobs(t *testing.T) {
	t.Parallel()
	reunion := time.FixedZone("", 4*60*60)
	got, err := parseEnd("2026-12-05 18:00", 0, time.Date(2026, 12, 1, 9, 30, 0, 0, reunion))
	if err != nil || !got.Equal(time.Date(2026, 12, 5, 14, 0, 0, 0, time.UTC)) {
		t.Errorf("%s, %v", got, err)
	}
}
