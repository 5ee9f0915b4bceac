package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// list is a stream of rows from memory; key "-" is NULL.
type list struct {
	keys []string
	at   int
	err  error
}

func rows(keys string) *list { return &list{keys: strings.Fields(keys), at: -1} }

func (l *list) Next() bool { l.at++; return l.at < len(l.keys) }

func (l *list) Key() []byte {
	if l.at < 0 || l.at >= len(l.keys) || l.keys[l.at] == "-" {
		return nil
	}
	return []byte(strings.Trim(l.keys[l.at], `"`))
}

func (l *list) Values() [][]byte { return [][]byte{l.Key()} }
func (l *list) Err() error       { return l.err }

// tables is a snapshot of staging in memory.
type tables struct {
	employees *list
	children  []*list
}

func (s tables) Shape() mapping.Shape         { return mapping.Shape{} }
func (s tables) Employees() jobs.Rows         { return s.employees }
func (s tables) Children(group int) jobs.Rows { return s.children[group] }

func (s tables) Unmoved(context.Context) error { return nil }
func (s tables) Close()                        {}

// entries is a baseline in memory, written "key/period".
type entries struct {
	list  *list
	entry jobs.BaselineEntry
}

func (e *entries) Next() bool {
	if !e.list.Next() {
		return false
	}
	key, period, _ := strings.Cut(e.list.keys[e.list.at], "/")
	e.entry = jobs.BaselineEntry{Key: []byte(key), Period: jobs.Period(period), Version: 1, Fingerprint: []byte(key + period)}
	return true
}

func (e *entries) Entry() *jobs.BaselineEntry { return &e.entry }
func (e *entries) Err() error                 { return e.list.err }
func (e *entries) Close()                     {}

// walked merges and tells of each group: key, employees+elements, and the baseline entries it met.
func walked(t *testing.T, staging tables, baseline string) (string, error) {
	t.Helper()
	text := uint32(25)
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "Matricule", Column: "m"}}}
	shape := mapping.Shape{Employee: []mapping.Column{{Name: "m", Type: text}}}
	for i := range staging.children {
		spec.Children = append(spec.Children, mapping.Children{Path: fmt.Sprint("E", i), Key: "Code",
			Fields: []mapping.Field{{Path: "Code", Column: "m"}}})
		shape.Children = append(shape.Children, []mapping.Column{{Name: "m", Type: text}})
	}
	mapped, err := mapping.Compile(spec, shape, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMerge(staging, len(staging.children), &entries{list: rows(baseline)}, mapped.NewBuilder(), nil, "2026-11")
	if err != nil {
		return "", err
	}
	var groups []string
	for {
		var s subject
		ok, err := m.next(&s)
		if err != nil || !ok {
			return strings.Join(groups, " "), err
		}
		groups = append(groups, describe(m, &s))
	}
}

func describe(m *merge, s *subject) string {
	key := string(m.key)
	switch {
	case m.null:
		key = "NULL"
	case key == "":
		key = `""`
	}
	if s.keyless != (m.null || len(m.key) == 0) {
		key += "?"
	}
	text := fmt.Sprintf("%s:%d+%d", key, s.employees, s.elements)
	if s.current != nil {
		text += "@" + string(s.current.Fingerprint[len(m.key):])
	}
	if s.earlier != nil {
		text += "<" + string(s.earlier.Fingerprint[len(m.key):])
	}
	return text
}

// Nobody is lost between the streams, wherever one begins or ends before the others: an employee, an element or an
// acknowledged document that the merge skips would be pay that nobody misses.
func TestMergeLosesNobody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		employees string
		children  []string
		baseline  string
		want      string
	}{
		"nothing":                 {"", nil, "", ""},
		"employees alone":         {"a b", nil, "", "a:1+0 b:1+0"},
		"elements":                {"a b c", []string{"a a c"}, "", "a:1+2 b:1+0 c:1+1"},
		"duplicates":              {"a a b b b", []string{"b"}, "", "a:2+0 b:3+1"},
		"elements at the start":   {"b", []string{"a a b"}, "", "a:0+2 b:1+1"},
		"elements in the middle":  {"a c", []string{"a b c"}, "", "a:1+1 b:0+1 c:1+1"},
		"elements at the end":     {"a", []string{"a b c"}, "", "a:1+1 b:0+1 c:0+1"},
		"elements alone":          {"", []string{"a b"}, "", "a:0+1 b:0+1"},
		"several groups":          {"b", []string{"a b", "b b c"}, "", "a:0+1 b:1+3 c:0+1"},
		"one group only":          {"a", []string{"", "a"}, "", "a:1+1"},
		"baseline alone":          {"", nil, "a/2026-10 b/2026-11", "a:0+0<2026-10 b:0+0@2026-11"},
		"baseline around":         {"b", nil, "a/2026-11 b/2026-11 c/2026-11", "a:0+0@2026-11 b:1+0@2026-11 c:0+0@2026-11"},
		"the latest earlier one":  {"a", nil, "a/2026-08 a/2026-10 a/2026-11", "a:1+0@2026-11<2026-10"},
		"elements of a departed":  {"b", []string{"a"}, "a/2026-11", "a:0+1@2026-11 b:1+0"},
		"NULL keys come last":     {"a - -", []string{"a - -"}, "b/2026-11", "a:1+1 b:0+0@2026-11 NULL:2+2"},
		"NULL keys alone":         {"-", []string{"-"}, "", "NULL:1+1"},
		"NULL elements alone":     {"a", []string{"-"}, "", "a:1+0 NULL:0+1"},
		"an empty key is no NULL": {`"" a -`, []string{`"" -`}, "", `"":1+1 a:1+0 NULL:1+1`},
		"bytewise order":          {"10 9 A a é", []string{"9 a"}, "", "10:1+0 9:1+1 A:1+0 a:1+1 é:1+0"},
		"a prefix is smaller":     {"1 10 100", []string{"10"}, "100/2026-11", "1:1+0 10:1+1 100:1+0@2026-11"},
	} {
		staging := tables{employees: rows(c.employees)}
		for _, keys := range c.children {
			staging.children = append(staging.children, rows(keys))
		}
		if got, err := walked(t, staging, c.baseline); got != c.want || err != nil {
			t.Errorf("%s:\ngot  %s (%v)\nwant %s", name, got, err, c.want)
		}
	}
}

// Rows in another order than expected would make one employee two: the run ends instead.
func TestMergeRefusesAnotherOrder(t *testing.T) {
	t.Parallel()
	for name, staging := range map[string]tables{
		"employees":  {employees: rows("b a")},
		"elements":   {employees: rows("a b"), children: []*list{rows("b a")}},
		"far apart":  {employees: rows("a c b")},
		"the same":   {employees: rows("a b a")},
		"after NULL": {employees: rows("b - a")},
	} {
		if got, err := walked(t, staging, ""); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A stream that breaks off is an error, not the end of the staff: the rest would be taken for departed.
func TestMergeTellsOfABrokenStream(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	employees, elements := rows("a b"), rows("a")
	employees.err = broken
	if _, err := walked(t, tables{employees: employees}, ""); !errors.Is(err, broken) {
		t.Errorf("employees: %v", err)
	}
	elements.err = broken
	if _, err := walked(t, tables{employees: rows("a b"), children: []*list{elements}}, ""); !errors.Is(err, broken) {
		t.Errorf("elements: %v", err)
	}
	empty := rows("")
	empty.err = broken
	if _, err := walked(t, tables{employees: empty}, ""); !errors.Is(err, broken) {
		t.Errorf("at once: %v", err)
	}
}
