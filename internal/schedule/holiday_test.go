package schedule

import (
	"slices"
	"testing"
	"time"
)

func TestEaster(t *testing.T) {
	t.Parallel()
	for _, want := range []string{ // as the Bureau des longitudes and the tables of the Gregorian computus give them
		"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2020-04-12",
		"2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01",
		"2030-04-21", "2035-03-25", "2038-04-25", "2049-04-18", "2076-04-19", "2100-03-28",
	} {
		day, err := time.Parse(time.DateOnly, want)
		if err != nil {
			t.Fatal(err)
		}
		if got := easter(day.Year()); !got.Equal(day) {
			t.Errorf("got %s, want %s", got.Format(time.DateOnly), want)
		}
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	for year, want := range map[int][]string{
		2026: {"01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"},
		2024: {"01-01", "04-01", "05-01", "05-08", "05-09", "05-20", "07-14", "08-15", "11-01", "11-11", "12-25"},
		2008: {"01-01", "03-24", "05-01", "05-08", "05-12", "07-14", "08-15", "11-01", "11-11", "12-25"}, // Ascension on 1 May
	} {
		var got []string
		for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
			if holiday(day) {
				got = append(got, day.Format("01-02"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d: got %v", year, got)
		}
	}
}

func TestParseDay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Day{"2026-12-24": {2026, 12, 24}, "12-24": {0, 12, 24}, "02-29": {0, 2, 29},
		"2028-02-29": {2028, 2, 29}} {
		if got, err := ParseDay(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "24/12", "2026-02-29", "02-30", "13-01", "12-24-2026", "0000-12-24", "2026-12-24 ", "12-1", "Noël"} {
		if got, err := ParseDay(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
