package config

import (
	"strings"

	"syncd/internal/config/strict"
)

// Place is where a path of a job's mapping is written, for whoever has something to say about it: File, Line, Column
// and Key are filled, Text and Hint are not. path is "Contrat.CodeNature" for a member, "Elements[].Code" for one of a
// child, "Elements" for the children as a whole, "" for the job. What is not mapped has the place of the nearest that
// is: the object above it, its section, or the job; a job that is not configured that of the whole file.
func (c *Config) Place(job, path string) strict.Problem {
	t := c.jobTables[job]
	if t == nil {
		return strict.Problem{File: c.File}
	}
	if path == "" {
		return t.Problem("", "", "")
	}
	array, member, child := strings.Cut(path, "[].")
	children := childrenAt(t, array)
	switch {
	case children != nil && child:
		return placeOfField(children, member)
	case children != nil:
		return children.Problem("", "", "")
	}
	return placeOfField(t, path)
}

// SectionPlace is where a key of a section ("database") is written, or, where that is not, the table or the
// nearest one above it. Text and Hint of the Problem are empty.
func (c *Config) SectionPlace(section, key string) strict.Problem {
	t := c.root
	for _, name := range strings.Split(section, ".") {
		within := t.Inside(name)
		if within == nil {
			return t.Problem("", "", "")
		}
		t = within
	}
	return t.Problem(key, "", "")
}

// placeOfField is the place of a member, of the nearest one above it, or of the section of the members.
func placeOfField(t *strict.Table, path string) strict.Problem {
	fields := t.Inside("fields")
	if fields == nil {
		return t.Problem("", "", "")
	}
	for found := true; found; path, _, found = cutLast(path, ".") {
		if fields.Has(path) {
			return fields.Problem(path, "", "")
		}
	}
	return fields.Problem("", "", "")
}

// childrenAt is the table of the children whose array is at path; nil = there are none.
func childrenAt(t *strict.Table, path string) *strict.Table {
	for _, children := range t.Tables("children") {
		if at := children.Node.Members["path"]; at != nil && at.Text == path {
			return children
		}
	}
	return nil
}

func tablesByName(tables []*strict.Table, list []Job) map[string]*strict.Table {
	byName := map[string]*strict.Table{}
	for i, j := range list {
		byName[j.Name] = tables[i]
	}
	return byName
}
