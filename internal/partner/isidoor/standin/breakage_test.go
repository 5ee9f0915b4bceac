package standin

import (
	"encoding/json"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// pathsOf lists all members, each with the objects and arrays on the way to it.
func pathsOf(m *member) (paths [][]*member) {
	for i := range m.members {
		inner := &m.members[i]
		paths = append(paths, []*member{inner})
		for _, path := range pathsOf(inner) {
			paths = append(paths, append([]*member{inner}, path...))
		}
	}
	return paths
}

// objectAt is the object that has the member at the end of the path; the first one of an array.
func objectAt(object map[string]any, path []*member) map[string]any {
	for _, m := range path[:len(path)-1] {
		switch value := object[m.name].(type) {
		case map[string]any:
			object = value
		case []any:
			object, _ = firstOf(value)
		}
	}
	return object
}

// breakObject changes one member, perhaps to something that still fits.
func breakObject(t *rapid.T, m *member, object map[string]any) {
	paths := pathsOf(m)
	path := paths[rapid.IntRange(0, len(paths)-1).Draw(t, "path")]
	last := path[len(path)-1]
	object = objectAt(object, path)
	if object == nil { // an earlier change took it away
		return
	}
	switch rapid.IntRange(0, 9).Draw(t, "how") {
	case 0:
		delete(object, last.name)
	case 1:
		object["inconnu"] = "x"
	default:
		value := rapid.SampledFrom(append(valuesFor(last), anyValues...)).Draw(t, "value")
		object[last.name] = copied(t, value) // a later change may go into it
	}
}

func copied(t fataler, value any) (fresh any) {
	if err := json.Unmarshal(mustJSON(value), &fresh); err != nil {
		t.Fatal(err)
	}
	return fresh
}

func firstOf(items []any) (map[string]any, bool) {
	if len(items) == 0 {
		return nil, false
	}
	object, isObject := items[0].(map[string]any)
	return object, isObject
}

// anyValues are of all types.
var anyValues = []any{
	nil, "", "x", true, false, 0.0, -1.0, 1.5, 75.0, 2147483647.0, 2147483648.0, -2147483649.0,
	map[string]any{"x": 1.0}, []any{}, []any{nil}, []any{"x"}, []any{map[string]any{"x": 1.0}},
}

// valuesFor are near the edges of what the member takes.
func valuesFor(m *member) []any {
	switch {
	case m.limits != nil:
		return []any{float64(m.limits.minimum - 1), float64(m.limits.minimum), float64(m.limits.minimum) + 0.5, float64(m.limits.maximum),
			float64(m.limits.maximum + 1)}
	case m.kind == kindArray:
		one := []any{map[string]any{m.members[0].name: "HSUP25"}}
		return []any{one, slices.Repeat(one, 199), slices.Repeat(one, 200), slices.Repeat(one, 201)}
	case m.kind != kindString:
		return nil
	}
	values := slices.Clone(anyTexts)
	for _, value := range m.enum {
		values = append(values, value, strings.ToLower(value))
	}
	if m.maxLength > 0 {
		values = append(values, strings.Repeat("é", m.maxLength), strings.Repeat("é", m.maxLength+1), strings.Repeat("e", m.maxLength+1))
	}
	return values
}

// anyTexts are of all formats and patterns, or nearly.
var anyTexts = []any{
	"ABCDE", "2026-11-30", "2026-02-30", "2026-11-30T10:20:30", "2026-11-30T10:20:30.5", "2026-11-30T10:20:30Z",
	"2026-11-30T10:20:30.25+01:00",
	"2026-11-30T25:00:00", "2026-11-30 10:20:30", "30/11/2026", "2026-11", "2026-13", "2026-1", "FR", "fr", "FR76",
	"FR7630006000011234567890189",
	"FR76300060000112345678901é", "285057899900116", "2850578A9900116", "28505789990011", "12", "-12.5", "1e3", "1,5", "1.23456", "+1", "٣",
}
