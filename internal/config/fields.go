package config

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/mapping"
)

// places remembers where each path of a mapping was written, to report what mapping finds wrong with it.
type places map[string]func(text, hint string)

// readMapping reads [job.fields] and [[job.children]] and lets package mapping check the whole. Tables of fields that are
// not there yet are returned: the job cannot be executed without them, but a draft of them can be written.
func readMapping(t *table, children []*table, job string) (mapping.Spec, []Problem) {
	at, before := places{}, len(t.file.problems)
	fields, missing := t.fields("no member of the document is mapped", job)
	spec := mapping.Spec{Fields: readFields(fields, "", at)}
	for _, child := range children {
		c, missingHere := readChildren(child, at, job)
		spec.Children, missing = append(spec.Children, c), append(missing, missingHere...)
	}
	if len(t.file.problems) > before || len(missing) > 0 {
		return spec, missing // what could not be read would be reported again
	}
	for _, err := range spec.Check() {
		if problem, ok := errors.AsType[*mapping.FieldError](err); ok {
			at.report(problem, t)
		} else {
			t.report("fields", err.Error(), "")
		}
	}
	return spec, nil
}

// fields opens a table of fields, and tells where it is missing or empty.
func (t *table) fields(text, job string) (*table, []Problem) {
	fields := t.table("fields")
	if len(fields.node.keys) > 0 {
		return fields, nil
	}
	return fields, []Problem{t.problem("fields", "is missing: "+text, "write a draft: syncd contract scaffold "+job)}
}

func readChildren(t *table, at places, job string) (mapping.Children, []Problem) {
	c := mapping.Children{
		Path: t.required("path", `the member that takes the list, such as "Elements"`),
		Key:  t.required("key", `the member that names an element, such as "Code"`),
	}
	at[c.Path] = func(text, hint string) { t.report("path", text, hint) }
	fields, missing := t.fields("no member of the element is mapped", job)
	c.Fields = readFields(fields, c.Path+"[].", at)
	if members := fields.node.keys; c.Key != "" && len(members) > 0 && !slices.Contains(members, c.Key) {
		t.report("key", "is none of the members in [job.children.fields]", suggest(nearest(c.Key, members), members, ""))
	}
	return c, missing
}

// fieldKeys are the keys of a field written as a table.
var fieldKeys = []string{"column", "value", "dictionary", "sensitive", "null", "type"}

// readFields reads a table of fields, sorted by path so that the digest does not depend on the order in the file.
func readFields(t *table, prefix string, at places) []mapping.Field {
	var fields []mapping.Field
	for _, path := range t.node.keys {
		if t.misplaced(path) {
			continue
		}
		n := t.want(path, kindText, kindTable)
		if n == nil {
			continue
		}
		at[prefix+path] = func(text, hint string) { t.report(path, text, hint) }
		if leaf := nested(n); leaf != "" {
			full := strconv.Quote(path + "." + leaf)
			t.report(path, "is a table of its own: a path with dots needs quotes", "write "+full+" = …")
			continue
		}
		if n.kind == kindText {
			fields = append(fields, mapping.Field{Path: path, Column: n.text})
		} else {
			fields = append(fields, readField(t.table(path), path))
		}
	}
	for i := range fields {
		fields[i].Kind = kindOf(&fields[i])
	}
	slices.SortFunc(fields, func(a, b mapping.Field) int { return cmp.Compare(a.Path, b.Path) })
	return fields
}

// jobKeys are keys of a [[job]] that TOML takes for members of the document when they stand below one of its tables.
var jobKeys = []string{
	"schedule", "timezone", "dossiers", "period", "missed", "missed_window", "deadline", "hold_expires", "ping", "guard", "max_withdrawn",
}

// misplaced warns of a member that has the name of a job's key. It reports one that cannot be a member and returns true.
func (t *table) misplaced(path string) bool {
	n := t.node.members[path]
	isField := n.kind == kindTable && (n.members["column"] != nil || n.members["value"] != nil)
	if isField || !slices.Contains(jobKeys, path) {
		return false
	}
	const hint = "write it above the first [job.…] table; a member of that name is written as { column = \"…\" }"
	if n.kind == kindText {
		t.warn(path, "is taken for a member of the document: the job's own key has no effect here", hint)
		return false
	}
	t.report(path, "is a key of the job, not a member of the document", hint)
	return true
}

// nested finds the dots of a path that was written without quotes, which TOML reads as a table in a table: the rest of
// the path, or "" when n is a field.
func nested(n *node) string {
	if n.kind != kindTable || n.inline {
		return ""
	}
	for _, key := range n.keys {
		if slices.Contains(fieldKeys, key) {
			continue
		}
		if leaf := nested(n.members[key]); leaf != "" {
			return key + "." + leaf
		}
		return key
	}
	return ""
}

func readField(t *table, path string) mapping.Field {
	defer t.finish()
	return mapping.Field{
		Path:       path,
		Column:     t.text("column", ""),
		Value:      t.constant("value"),
		Dictionary: t.text("dictionary", ""),
		Sensitive:  t.boolean("sensitive", false),
		Null:       mapping.Null(t.choice("null", "", string(mapping.NullClear), string(mapping.NullOmit), string(mapping.NullRefuse))),
		Type:       mapping.Type(t.choice("type", "", string(mapping.TypeString), string(mapping.TypeNumber), string(mapping.TypeBoolean))),
	}
}

// constant is a text, a number or a boolean; nil when there is none. Decimals stay exact.
func (t *table) constant(key string) any {
	n := t.want(key, kindText, kindInteger, kindDecimal, kindBoolean)
	if n == nil {
		return nil
	}
	switch n.kind {
	case kindInteger:
		value, err := strconv.ParseInt(n.text, 0, 64)
		if err != nil {
			t.report(key, "is out of range", "write it between quotes")
		}
		return value
	case kindDecimal:
		return json.Number(withoutUnderscores(n.text))
	case kindBoolean:
		return n.text == "true"
	default:
		if name, ok := strings.CutPrefix(n.text, "@"); ok && !slices.Contains(parameters, name) {
			t.report(key, "is an unknown parameter", suggest(nearest(name, parameters), parameters, ""))
		}
		return n.text
	}
}

// report puts what mapping found at the place of the path, of the nearest path above it, or of the whole mapping.
func (at places) report(problem *mapping.FieldError, t *table) {
	path, found := problem.Path, true
	for found {
		if report := at[path]; report != nil {
			report(problem.Problem, problem.Hint)
			return
		}
		path, _, found = cutLast(path, ".")
		path = strings.TrimSuffix(path, "[]")
	}
	t.report("fields", strings.TrimSpace(problem.Path+" "+problem.Problem), problem.Hint)
}
