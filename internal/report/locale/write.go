package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Fill puts values in the place of their placeholders: Fill("run {n}", "n", 12). What looks like a placeholder in a value stays.
func Fill(text string, namesAndValues ...any) string {
	pairs := make([]string, len(namesAndValues))
	for i, v := range namesAndValues {
		pairs[i] = fmt.Sprint(v)
		if i%2 == 0 {
			pairs[i] = "{" + pairs[i] + "}"
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Error is what [errors] says of a code, "ROOM.CODE", and the next step. A value that is no text may have words of its own.
// A code without words stands for itself.
func (c *Catalogue) Error(code string, args map[string]any) (text, hint string) {
	room, name, _ := strings.Cut(code, ".")
	words, known := c.Errors()[room][name]
	switch {
	case !known && len(args) == 0:
		return code, ""
	case !known:
		return code + strings.TrimPrefix(fmt.Sprint(args), "map"), ""
	}
	values := make([]any, 0, 2*len(args))
	for name, value := range args {
		if day, is := value.(string); is && name == "day" {
			value = c.day(day)
		}
		values = append(values, name, c.value(value))
	}
	return Fill(words.Text, values...), Fill(words.Hint, values...)
}

// day is a day that a fact has as 2006-01-02, as lists have it.
func (c *Catalogue) day(text string) string {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return day.Format(c.ListDay)
}

// Names reports whether the words of a code name a value; both languages name the same ones. A code without words names all.
func (c *Catalogue) Names(code, value string) bool {
	room, name, _ := strings.Cut(code, ".")
	words, known := c.Errors()[room][name]
	return !known || strings.Contains(words.Text+words.Hint, "{"+value+"}")
}

// Doing is what met an error, in words; where, in brackets behind it, stays.
func (c *Catalogue) Doing(english string) string {
	what, where, placed := strings.Cut(english, " (")
	words, known := c.Doings[what]
	switch {
	case !known:
		return english
	case placed:
		return words + " (" + where
	}
	return words
}

// value is a value of an error in words.
func (c *Catalogue) value(v any) any {
	switch v := v.(type) {
	case interface{ In(*Catalogue) string }:
		return v.In(c)
	case interface {
		ToldIn(*Catalogue) (text, hint string)
	}:
		text, _ := v.ToldIn(c)
		return text
	case []string:
		return strings.Join(v, ", ")
	case string:
		return strings.Map(visible, v)
	case time.Time:
		if v = v.Local(); c.clock != nil {
			v = v.In(c.clock)
		}
		return c.Minute(v)
	}
	return v
}

// visible keeps a text of others from moving about on a terminal.
func visible(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' {
		return unicode.ReplacementChar
	}
	return r
}

// Choices is `"a", "b" or "c"`.
func (c *Catalogue) Choices(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	last := len(quoted) - 1
	if last < 1 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:last], ", ") + c.Contract.Or + quoted[last]
}

// Count is "1 employee", "3 employees".
func (c *Catalogue) Count(noun Plural, n int) string {
	return Fill(c.Noun(noun, n), "n", c.Number(n))
}

// Number writes thousands apart, as the language does.
func (c *Catalogue) Number(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, digit := range digits {
		if rest := len(digits) - i; i > 0 && rest%3 == 0 && digits[i-1] != '-' {
			b.WriteString(c.Thousands)
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// Noun is the form of a noun without its number.
func (c *Catalogue) Noun(noun Plural, n int) string {
	if len(noun) == 1 || n == 1 || n == 0 && c.ZeroIsSingular {
		return noun[0]
	}
	return noun[1]
}

// Duration is rounded to what a person wants to know. The units are the same in both languages.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(d, 0).Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Month is "November 2026".
func (c *Catalogue) Month(t time.Time) string {
	return c.Months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// BehindOf puts a month behind "period": "November 2026", "d'août 2026".
func (c *Catalogue) BehindOf(month string) string {
	return c.elide(c.OfMonth, "{month}", month)
}

// Moment is a time to the second: "30 November 2026, 07:00:03".
func (c *Catalogue) Moment(t time.Time) string {
	return c.dated(c.DateTime, t, t.Format("15:04:05")) + c.clockOf(t)
}

// Minute is a time as a person says it: "Monday 30 November 2026 at 07:00", "lundi 30 novembre 2026 à 7 h".
func (c *Catalogue) Minute(t time.Time) string {
	clock := c.Clock
	if t.Minute() == 0 {
		clock = c.FullHour
	}
	return c.dated(c.WeekdayTime, t, Fill(clock, "hour", t.Hour(), "hh", t.Format("15"), "mm", t.Format("04"))) + c.clockOf(t)
}

// Second is a time in a list, whose columns stand below one another: "2026-11-30 07:00:03".
func (c *Catalogue) Second(t time.Time) string { return t.Format(c.ListDay+" 15:04:05") + c.clockOf(t) }

// dated puts a day, and a time of it that is told already, into a text.
func (c *Catalogue) dated(text string, t time.Time, clock string) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = c.FirstDay
	}
	return Fill(text, "weekday", c.Weekdays[t.Weekday()], "day", day, "month", c.Months[t.Month()-1], "year", t.Year(), "time", clock)
}

// clockOf says by which clock a time is, where that is not the reader's, or shows the same twice: " (Indian/Reunion)".
func (c *Catalogue) clockOf(t time.Time) string {
	reader := c.clock
	if reader == nil {
		reader = time.Local
	}
	_, offset := t.Zone()
	_, readers := t.In(reader).Zone()
	switch {
	case offset != readers && t.Location() != time.Local: // a machine's own clock has no name
		return " (" + t.Location().String() + ")"
	case offset != readers || twice(t):
		return " (" + t.Format("UTC-07:00") + ")"
	}
	return ""
}

// twice reports whether the clock shows a time a second time, or will: summer has just ended, or is about to.
func twice(t time.Time) bool {
	shown := t.Format("15:04")
	return t.Add(time.Hour).Format("15:04") == shown || t.Add(-time.Hour).Format("15:04") == shown
}
