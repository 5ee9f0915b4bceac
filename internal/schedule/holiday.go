package schedule

import (
	"fmt"
	"time"

	"syncd/internal/hinted"
)

// Day is a date on which nobody works: of one year, or of each year when Year is 0.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDay reads "2026-12-24", or "12-24" for each year. Its error quotes nothing of the text.
func ParseDay(text string) (Day, error) {
	if t, err := time.Parse("2006-01-02", text); err == nil && t.Year() > 0 {
		return Day{t.Year(), t.Month(), t.Day()}, nil
	}
	// A leap year, so that 02-29 is a day of each year that has one.
	if t, err := time.Parse("2006-01-02", "2000-"+text); err == nil {
		return Day{0, t.Month(), t.Day()}, nil
	}
	return Day{}, hinted.Because(nil, "schedule.no-day")
}

// String is the day as ParseDay reads it.
func (d Day) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", d.Month, d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

func (d Day) is(day time.Time) bool {
	year, month, date := day.Date()
	return d.Day == date && d.Month == month && (d.Year == 0 || d.Year == year)
}

// holiday reports whether a day is a public holiday in France: article L3133-1 of the Code du travail. The further ones
// of Alsace-Moselle and overseas (Good Friday, abolition of slavery …) are for the list of closed days.
func holiday(day time.Time) bool {
	year, month, date := day.Date()
	switch month*100 + time.Month(date) {
	case 101, 501, 508, 714, 815, 1101, 1111, 1225:
		return true
	}
	switch day.Sub(easter(year)) / wholeDay {
	case 1, 39, 50: // Easter Monday, Ascension, Whit Monday
		return true
	}
	return false
}

// easter is Easter Sunday of a year of the Gregorian calendar, at midnight UTC, by the algorithm known as
// Meeus/Jones/Butcher.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
