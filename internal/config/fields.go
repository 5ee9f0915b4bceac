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

// readMapping reads [job.fields] and [[job.children]] and lets package mapping check the whole.
func readMapping(t *table, children []*table) mapping.Spec {
	at := places{}
	fields := t.table("fields")
	if len(fields.node.keys) == 0 {
		t.report("fields", "is missing: no member of the document is mapped", `add [job.fields] with lines such as Matricule = "matricule"`)
		return mapping.Spec{}
	}
	before := len(t.file.problems)
	spec := mapping.Spec{Fields: readFields(fields, "", at)}
	for _, child := range children {
		spec.Children = append(spec.Children, readChildren(child, at))
	}
	if len(t.file.problems) > before {
		return spec // what could not be read would be reported again
	}
	for _, err := range spec.Check() {
		if problem, ok := errors.AsType[*mapping.FieldError](err); ok {
			at.report(problem, t)
		} else {
			t.report("fields", err.Error(), "")
		}
	}
	return spec
}

func readChildren(t *table, at places) mapping.Children {
	c := mapping.Children{
		Path: t.required("path", `the member that takes the list, such as "Elements"`),
		Key:  t.required("key", `the member that names an element, such as "Code"`),
	}
	at[c.Path] = func(text, hint string) { t.report("path", text, hint) }
	fields := t.table("fields")
	if len(fields.node.keys) == 0 {
		t.report("fields", "is missing: no member of the element is mapped", `add [job.children.fields] with lines such as Code = "code"`)
	}
	c.Fields = readFields(fields, c.Path+"[].", at)
	if members := fields.node.keys; c.Key != "" && len(members) > 0 && !slices.Contains(members, c.Key) {
		t.report("key", "is none of the members in [job.children.fields]", suggest(nearest(c.Key, members), members, ""))
	}
	return c
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
