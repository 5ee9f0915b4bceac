package strict

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/plaintext"
)

// Text is a text, an empty one perhaps.
func (t *Table) Text(key, fallback string) string {
	if n := t.Want(key, KindText); n != nil {
		return n.Text
	}
	return fallback
}

// Required is a text that must be there; the hint says what it is.
func (t *Table) Required(key, hint string) string {
	if t.Node.Members[key] == nil {
		t.Report(key, "is missing", hint)
	}
	n := t.Want(key, KindText)
	if n == nil {
		return ""
	}
	if strings.TrimSpace(n.Text) == "" {
		t.Report(key, "is empty", hint)
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
	value := t.Required(key, "write "+Quoted(allowed))
	if value == "" {
		return ""
	}
	return t.oneOf(key, value, "", allowed)
}

func (t *Table) oneOf(key, value, fallback string, allowed []string) string {
	if slices.Contains(allowed, value) {
		return value
	}
	hint := "write " + Quoted(allowed)
	if near := plaintext.Nearest(value, allowed); near != "" {
		hint = Suggest(near, nil, "")
	}
	t.Report(key, "is none of "+Quoted(allowed), hint)
	return fallback
}

// Quoted is `"a", "b" or "c"`.
func Quoted(words []string) string {
	var b strings.Builder
	for i, word := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(word))
	}
	return b.String()
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
	return t.IntegerOr(key, fallback, low, high, fmt.Sprintf("leave it out for %d", fallback))
}

// IntegerOr is Integer with a hint of its own.
func (t *Table) IntegerOr(key string, fallback, low, high int64, hint string) int {
	n := t.Want(key, KindInteger)
	if n == nil {
		return int(fallback)
	}
	value, err := strconv.ParseInt(n.Text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
	if err != nil || value < low || value > high {
		t.Report(key, fmt.Sprintf("must be from %d to %d", low, high), hint)
		return int(fallback)
	}
	return int(value)
}

// Number is a number from low to high, with or without decimals.
func (t *Table) Number(key string, fallback, low, high float64) float64 {
	return t.NumberOr(key, fallback, low, high, fmt.Sprintf("leave it out for %v", fallback))
}

// NumberOr is Number with a hint of its own.
func (t *Table) NumberOr(key string, fallback, low, high float64, hint string) float64 {
	n := t.Want(key, KindDecimal, KindInteger)
	if n == nil {
		return fallback
	}
	value, err := strconv.ParseFloat(PlainNumber(n.Text), 64)
	if err != nil || !(value >= low && value <= high) { // also refuses NaN
		t.Report(key, fmt.Sprintf("must be from %v to %v", low, high), hint)
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
		t.Report(key, "is not a duration", `write a number and its unit between quotes, such as "30s", "2m", "1h30m" or "7d"`)
		return fallback
	}
	if value < low || value > high {
		t.Report(key, fmt.Sprintf("must be from %s to %s", days(low), days(high)), "leave it out for "+days(fallback))
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
func (t *Table) Matching(key string, pattern *regexp.Regexp, problem, hint string) string {
	value := t.Required(key, hint)
	if value == "" || pattern.MatchString(value) {
		return value
	}
	t.Report(key, problem, hint)
	return ""
}

// Filename makes a relative path start at the folder of the configuration file.
func (t *Table) Filename(key, path string) string {
	if strings.HasPrefix(path, "~") {
		t.Report(key, "begins with ~, which is not expanded here", "write the whole path")
		return ""
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(t.file.name), path)
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

const nameHint = "at most 63 small letters, digits and hyphens, beginning with a letter or a digit"

// Name reads the name of one of a list ("dossier", "job"), which must be new, and puts it into the path of the table's problems.
func (t *Table) Name(list string, taken map[string]bool) string {
	name := t.Matching("name", namePattern, "is not a name", nameHint)
	if name == "" {
		return ""
	}
	t.path = list + "." + name
	if taken[name] {
		t.Report("name", "is already taken", "names are identities: give each "+list+" its own")
	}
	taken[name] = true
	return name
}
