package config

import (
	"fmt"
	"strings"
)

// Place is where a path of a job's mapping is written, for whoever has something to say about it: File, Line, Column
// and Key are filled, Text and Hint are not. path is "Contrat.CodeNature" for a member, "Elements[].Code" for one of a
// child, "Elements" for the children as a whole, "" for the job. What is not mapped has the place of the nearest that
// is: the object above it, its section, or the job; a job that is not configured that of the whole file.
func (c *Config) Place(job, path string) Problem {
	t := c.jobTables[job]
	if t == nil {
		return Problem{File: c.File}
	}
	if path == "" {
		return t.problem("", "", "")
	}
	array, member, child := strings.Cut(path, "[].")
	children := t.childrenAt(array)
	switch {
	case children != nil && child:
		return children.placeOfField(member)
	case children != nil:
		return children.problem("", "", "")
	}
	return t.placeOfField(path)
}

// AnswerPlace is where a key of [isidoor.salarie.answer] is written, or, where that is not, the table or the nearest one above
// it. Text and Hint of the Problem are empty.
func (c *Config) AnswerPlace(key string) Problem {
	t := c.root
	for _, name := range []string{"isidoor", "salarie", "answer"} {
		within := t.inside(name)
		if within == nil {
			return t.problem("", "", "")
		}
		t = within
	}
	return t.problem(key, "", "")
}

// placeOfField is the place of a member, of the nearest one above it, or of the section of the members.
func (t *table) placeOfField(path string) Problem {
	fields := t.inside("fields")
	if fields == nil {
		return t.problem("", "", "")
	}
	for found := true; found; path, _, found = cutLast(path, ".") {
		if fields.node.members[path] != nil {
			return fields.problem(path, "", "")
		}
	}
	return fields.problem("", "", "")
}

// childrenAt is the table of the children whose array is at path; nil = there are none.
func (t *table) childrenAt(path string) *table {
	list := t.node.members["children"]
	if list == nil {
		return nil
	}
	for i, item := range list.items {
		if at := item.members["path"]; at != nil && at.text == path {
			return &table{file: t.file, node: item, path: fmt.Sprintf("%s[%d]", t.key("children"), i+1)}
		}
	}
	return nil
}

// inside is a table within this one; nil = there is none. Unlike table it leaves no trace.
func (t *table) inside(key string) *table {
	n := t.node.members[key]
	if n == nil || n.kind != kindTable {
		return nil
	}
	return &table{file: t.file, node: n, path: t.key(key)}
}

func tablesByName(tables []*table, list []Job) map[string]*table {
	byName := map[string]*table{}
	for i, j := range list {
		byName[j.Name] = tables[i]
	}
	return byName
}
