package strict

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
)

// Text is a text, an empty one perhaps.
func (t *Table) Text(key, fallback string) string {
	if n := t.Want(key, KindText); n != nil {
		return n.Text
	}
	return fallback
}

// Required is a text that must be there; the next step says what it is.
func (t *Table) Required(key string, next hinted.Fact) string {
	if t.Node.Members[key] == nil {
		t.Report(key, Say("missing"), next)
	}
	n := t.Want(key, KindText)
	if n == nil {
		return ""
	}
	if strings.TrimSpace(n.Text) == "" {
		t.Report(key, Say("empty"), next)
		return ""
	}
	return n.Text
}

// Choice is a text out of a few.
func (t *Table) Choice(key, fallback string, allowed ...string) string {
	if !t.Has(key) {
		t.Take(key)
		return fallback
	}
	return t.oneOf(key, t.Text(key, fallback), fallback, allowed)
}

// RequiredChoice is a choice that must be made; "" when it was not.
func (t *Table) RequiredChoice(key string, allowed ...string) string {
	value := t.Required(key, Say("write", "choices", hinted.Choices(allowed)))
	if value == "" {
		return ""
	}
	return t.oneOf(key, value, "", allowed)
}

func (t *Table) oneOf(key, value, fallback string, allowed []string) string {
	if slices.Contains(allowed, value) {
		return value
	}
	next := Say("write", "choices", hinted.Choices(allowed))
	if near := plaintext.Nearest(value, allowed); near != "" {
		next = Suggest(near, nil, hinted.Fact{})
	}
	t.Report(key, Say("none-of", "choices", hinted.Choices(allowed)), next)
	return fallback
}

// Boolean is true or false.
func (t *Table) Boolean(key string, fallback bool) bool {
	if n := t.Want(key, KindBoolean); n != nil {
		return n.Text == "true"
	}
	return fallback
}

// Integer is a whole number from low to high.
func (t *Table) Integer(key string, fallback, low, high int64) int {
	return t.IntegerOr(key, fallback, low, high, Say("leave-out-for", "default", fallback))
}

// IntegerOr is Integer with a next step of its own.
func (t *Table) IntegerOr(key string, fallback, low, high int64, next hinted.Fact) int {
	n := t.Want(key, KindInteger)
	if n == nil {
		return int(fallback)
	}
	value, err := strconv.ParseInt(n.Text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
	if err != nil || value < low || value > high {
		t.Report(key, Say("range", "low", low, "high", high), next)
		return int(fallback)
	}
	return int(value)
}

// Number is a number from low to high, with or without decimals.
func (t *Table) Number(key string, fallback, low, high float64) float64 {
	return t.NumberOr(key, fallback, low, high, Say("leave-out-for", "default", fallback))
}

// NumberOr is Number with a next step of its own.
func (t *Table) NumberOr(key string, fallback, low, high float64, next hinted.Fact) float64 {
	n := t.Want(key, KindDecimal, KindInteger)
	if n == nil {
		return fallback
	}
	value, err := strconv.ParseFloat(PlainNumber(n.Text), 64)
	if err != nil || !(value >= low && value <= high) { // also refuses NaN
		t.Report(key, Say("range", "low", low, "high", high), next)
		return fallback
	}
	return value
}

// PlainNumber is a TOML number as other languages write it.
func PlainNumber(number string) string { return strings.ReplaceAll(number, "_", "") }

// Day is the unit of durations such as "70d".
const Day = 24 * time.Hour

// Duration is a text such as "30s" or "70d", from low to high.
func (t *Table) Duration(key string, fallback, low, high time.Duration) time.Duration {
	n := t.Take(key)
	if n == nil {
		return fallback
	}
	value, err := parseDuration(n.Text)
	if err != nil || n.Kind != KindText {
		t.Report(key, Say("no-duration"))
		return fallback
	}
	if value < low || value > high {
		t.Report(key, Say("range", "low", days(low), "high", days(high)), Say("leave-out-for", "default", days(fallback)))
		return fallback
	}
	return value
}

// parseDuration is Go's, and whole days such as "70d".
func parseDuration(text string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseInt(number, 10, 16)
		return time.Duration(n) * Day, err
	}
	return time.ParseDuration(text)
}

// days renders a duration, in days where it is some.
func days(d time.Duration) string {
	if d >= Day && d%Day == 0 {
		return fmt.Sprintf("%dd", d/Day)
	}
	return d.String()
}

// Matching is a required text of a certain form; "" when it is not.
func (t *Table) Matching(key string, pattern func() *regexp.Regexp, what, next hinted.Fact) string {
	value := t.Required(key, next)
	if value == "" || pattern().MatchString(value) {
		return value
	}
	t.Report(key, what, next)
	return ""
}

// Filename makes a relative path start at the folder of the configuration file.
func (t *Table) Filename(key, path string) string {
	if strings.HasPrefix(path, "~") {
		t.Report(key, Say("tilde"))
		return ""
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(t.file.name), path)
}

var namePattern = lazyregexp.New(`^[a-z0-9][a-z0-9-]{0,62}$`)

// IsName reports whether a text can be the name of one of a list.
func IsName(text string) bool { return namePattern().MatchString(text) }

// Name reads the name of one of a list ("dossier", "job"), which must be new, and puts it into the path of the table's problems.
func (t *Table) Name(list string, taken map[string]bool) string {
	name := t.Matching("name", namePattern, Say("no-name"), Say("name-form"))
	if name == "" {
		return ""
	}
	t.path = list + "." + name
	if taken[name] {
		t.Report("name", Say("taken", "table", list))
	}
	taken[name] = true
	return name
}
