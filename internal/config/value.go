package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (t *table) text(key, fallback string) string {
	if n := t.want(key, kindText); n != nil {
		return n.text
	}
	return fallback
}

// required is a text that must be there; the hint says what it is.
func (t *table) required(key, hint string) string {
	if t.node.members[key] == nil {
		t.report(key, "is missing", hint)
	}
	n := t.want(key, kindText)
	if n == nil {
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		t.report(key, "is empty", hint)
		return ""
	}
	return n.text
}

// choice is a text out of a few.
func (t *table) choice(key, fallback string, allowed ...string) string {
	if !t.has(key) {
		t.take(key)
		return fallback
	}
	return t.oneOf(key, t.text(key, fallback), fallback, allowed)
}

// requiredChoice is a choice that must be made; "" when it was not.
func (t *table) requiredChoice(key string, allowed ...string) string {
	value := t.required(key, "write "+quoted(allowed))
	if value == "" {
		return ""
	}
	return t.oneOf(key, value, "", allowed)
}

func (t *table) oneOf(key, value, fallback string, allowed []string) string {
	if slices.Contains(allowed, value) {
		return value
	}
	hint := "write " + quoted(allowed)
	if near := nearest(value, allowed); near != "" {
		hint = suggest(near, nil, "")
	}
	t.report(key, "is none of "+quoted(allowed), hint)
	return fallback
}

// quoted is `"a", "b" or "c"`.
func quoted(words []string) string {
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

func (t *table) boolean(key string, fallback bool) bool {
	if n := t.want(key, kindBoolean); n != nil {
		return n.text == "true"
	}
	return fallback
}

// integer is a whole number from low to high.
func (t *table) integer(key string, fallback, low, high int64) int {
	return t.integerOr(key, fallback, low, high, fmt.Sprintf("leave it out for %d", fallback))
}

// integerOr is integer with a hint of its own.
func (t *table) integerOr(key string, fallback, low, high int64, hint string) int {
	n := t.want(key, kindInteger)
	if n == nil {
		return int(fallback)
	}
	value, err := strconv.ParseInt(n.text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
	if err != nil || value < low || value > high {
		t.report(key, fmt.Sprintf("must be from %d to %d", low, high), hint)
		return int(fallback)
	}
	return int(value)
}

// number is a number from low to high, with or without decimals.
func (t *table) number(key string, fallback, low, high float64) float64 {
	return t.numberOr(key, fallback, low, high, fmt.Sprintf("leave it out for %v", fallback))
}

// numberOr is number with a hint of its own.
func (t *table) numberOr(key string, fallback, low, high float64, hint string) float64 {
	n := t.want(key, kindDecimal, kindInteger)
	if n == nil {
		return fallback
	}
	value, err := strconv.ParseFloat(withoutUnderscores(n.text), 64)
	if err != nil || !(value >= low && value <= high) { // also refuses NaN
		t.report(key, fmt.Sprintf("must be from %v to %v", low, high), hint)
		return fallback
	}
	return value
}

// withoutUnderscores is a TOML number as other languages write it.
func withoutUnderscores(number string) string { return strings.ReplaceAll(number, "_", "") }

const day = 24 * time.Hour

// duration is a text such as "30s" or "70d", from low to high.
func (t *table) duration(key string, fallback, low, high time.Duration) time.Duration {
	n := t.take(key)
	if n == nil {
		return fallback
	}
	value, err := parseDuration(n.text)
	if err != nil || n.kind != kindText {
		t.report(key, "is not a duration", `write a number and its unit between quotes, such as "30s", "2m", "1h30m" or "7d"`)
		return fallback
	}
	if value < low || value > high {
		t.report(key, fmt.Sprintf("must be from %s to %s", days(low), days(high)), "leave it out for "+days(fallback))
		return fallback
	}
	return value
}

// parseDuration is Go's, and whole days such as "70d".
func parseDuration(text string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseInt(number, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(text)
}

// days renders a duration, in days where it is some.
func days(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

// matching is a required text of a certain form; "" when it is not.
func (t *table) matching(key string, pattern *regexp.Regexp, problem, hint string) string {
	value := t.required(key, hint)
	if value == "" || pattern.MatchString(value) {
		return value
	}
	t.report(key, problem, hint)
	return ""
}

// filename makes a relative path start at the folder of the configuration file.
func (t *table) filename(key, path string) string {
	if strings.HasPrefix(path, "~") {
		t.report(key, "begins with ~, which is not expanded here", "write the whole path")
		return ""
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(t.file.name), path)
}
