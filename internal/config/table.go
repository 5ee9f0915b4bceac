package config

import (
	"fmt"
	"slices"
	"strings"
)

// file is the configuration file being read: what is found on the way gathers here.
type file struct {
	name     string // as the user gave it
	getenv   func(string) string
	problems []Problem
	warnings []Problem
}

// table reads one table of the file. A key that was never asked for is unknown, so the code that reads a section is
// also its schema. Methods that read a value report what is wrong with it and then return the fallback.
type table struct {
	file  *file
	node  *node
	path  string // "isidoor.salarie"; "" = the root
	known []string
}

// take returns the value of a key, or nil, and makes the key known.
func (t *table) take(key string) *node {
	t.known = append(t.known, key)
	return t.node.members[key]
}

// want is take for a value that must be of one of the kinds.
func (t *table) want(key string, kinds ...kind) *node {
	n := t.take(key)
	if n == nil || slices.Contains(kinds, n.kind) {
		return n
	}
	t.report(key, fmt.Sprintf("must be %s, not %s", kinds[0], n.kind), kinds[0].example())
	return nil
}

// problem describes something at a key, or at the table itself when it has no such key.
func (t *table) problem(key, text, hint string) Problem {
	at := t.node
	if n := t.node.members[key]; n != nil {
		at = n
	}
	return Problem{File: t.file.name, Line: at.line, Column: at.column, Key: t.key(key), Text: text, Hint: hint}
}

func (t *table) key(key string) string {
	return strings.Trim(t.path+"."+key, ".")
}

func (t *table) report(key, text, hint string) {
	t.file.problems = append(t.file.problems, t.problem(key, text, hint))
}

func (t *table) warn(key, text, hint string) {
	t.file.warnings = append(t.file.warnings, t.problem(key, text, hint))
}

// refuse reports keys that exist but have no place here.
func (t *table) refuse(text, hint string, keys ...string) {
	for _, key := range keys {
		if t.take(key) != nil {
			t.report(key, text, hint)
		}
	}
}

// finish reports the keys that nobody asked for.
func (t *table) finish() {
	slices.Sort(t.known)
	t.known = slices.Compact(t.known)
	for _, key := range t.node.keys {
		if !slices.Contains(t.known, key) {
			t.report(key, "unknown key", suggest(nearest(key, t.known), t.known, "remove it"))
		}
	}
}

// table opens a sub-table; one that is absent reads as empty.
func (t *table) table(key string) *table {
	n := t.want(key, kindTable)
	if n == nil {
		n = &node{kind: kindTable, line: t.node.line, column: t.node.column}
	}
	return &table{file: t.file, node: n, path: t.key(key)}
}

// tables opens a list of tables.
func (t *table) tables(key string) []*table {
	list := t.take(key)
	if list == nil {
		return nil
	}
	var tables []*table
	for i, item := range list.items {
		if item.kind == kindTable {
			tables = append(tables, &table{file: t.file, node: item, path: fmt.Sprintf("%s[%d]", t.key(key), i+1)})
		}
	}
	if list.kind != kindList || len(tables) < len(list.items) {
		t.report(key, "must be a list of tables", "begin each with its name between double brackets, such as [[dossier]]")
	}
	return tables
}

// texts opens each item of a list as a table of its own, to report at. Items that are no text are reported.
func (t *table) texts(key string, list *node, hint string) []*table {
	var items []*table
	for i, item := range list.items {
		at := &table{file: t.file, node: item, path: fmt.Sprintf("%s[%d]", t.key(key), i+1)}
		if item.kind == kindText {
			items = append(items, at)
		} else {
			at.report("", fmt.Sprintf("must be %s, not %s", kindText, item.kind), hint)
		}
	}
	return items
}

// has tells whether any of the keys is written.
func (t *table) has(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return t.node.members[key] != nil })
}
