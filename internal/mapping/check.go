package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// parameters are the names that a constant may have after its @.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

// Check tells which rules the mapping breaks by itself, before any query is run. Each error is a *FieldError.
func (s Spec) Check() []error {
	if len(s.Fields)+len(s.Children) == 0 {
		return []error{&FieldError{"", "the mapping has no field", `add at least the key, such as Matricule = "matricule"`}}
	}
	checker := &checker{}
	checker.paths("", s.Fields, s.Children)
	checker.fields("", s.Fields)
	for i := range s.Children {
		checker.children(&s.Children[i])
	}
	return checker.errs
}

type checker struct{ errs []error }

func (c *checker) add(path, problem, hint string) {
	c.errs = append(c.errs, &FieldError{Path: path, Problem: problem, Hint: hint})
}

// paths refuses two members of one name, and a member that would be both a value and an object.
func (c *checker) paths(prefix string, fields []Field, children []Children) {
	var paths []string
	for i := range fields {
		paths = append(paths, fields[i].Path)
	}
	for i := range children {
		if children[i].Path != "" { // reported by children
			paths = append(paths, children[i].Path)
		}
	}
	seen := map[string]bool{}
	for _, path := range paths {
		if problem := pathProblem(path); problem != "" {
			c.add(prefix+path, problem, `write the names of the members joined by dots, such as "Adresse.Ville"`)
		}
		if seen[path] {
			c.add(prefix+path, "is mapped twice", "keep one of the two")
		}
		seen[path] = true
	}
	for _, path := range paths {
		for i := range path {
			if path[i] == '.' && seen[path[:i]] {
				c.add(prefix+path, fmt.Sprintf("lies within %s, which is a value itself", path[:i]), "rename one of the two")
			}
		}
	}
}

// pathProblem refuses what a diff could not show unambiguously.
func pathProblem(path string) string {
	if path == "" || slices.Contains(strings.Split(path, "."), "") {
		return "the path has an empty name"
	}
	if strings.ContainsAny(path, SpecialInPath) {
		return `the path has one of the characters [ ] # "`
	}
	return ""
}

func (c *checker) fields(prefix string, fields []Field) {
	for i := range fields {
		c.field(prefix+fields[i].Path, &fields[i])
	}
}

func (c *checker) field(path string, f *Field) {
	switch {
	case f.Column == "" && f.Value == nil:
		c.add(path, "has neither a column nor a value", `give it one: "a_column" or { value = "…" }`)
	case f.Column != "" && f.Value != nil:
		c.add(path, "has both a column and a value", "keep one of the two")
	case f.Value != nil:
		c.constant(path, f)
	}
	if !slices.Contains([]Null{"", NullClear, NullOmit, NullRefuse}, f.Null) {
		c.add(path, fmt.Sprintf("null is %q", f.Null), `write null = "clear", "omit" or "refuse"`)
	}
	if !slices.Contains([]Type{TypeAuto, TypeString, TypeNumber, TypeBoolean}, f.Type) {
		c.add(path, fmt.Sprintf("type is %q", f.Type), `write type = "string", "number" or "boolean", or leave it out`)
	}
}

func (c *checker) constant(path string, f *Field) {
	if name, ok := f.Parameter(); ok {
		if !slices.Contains(parameters, name) {
			c.add(path, fmt.Sprintf("names the unknown parameter @%s", name), "the parameters are @"+strings.Join(parameters, ", @"))
		}
		return
	}
	if _, err := f.encodeConstant(nil); err != nil {
		c.add(path, err.Error(), "write a string, a number or true or false, that fits the type of the field")
	}
}

func (c *checker) children(children *Children) {
	path := children.Path
	if path == "" {
		c.add("", "a table of children has no path", `say where their array goes: path = "Elements"`)
	}
	if len(children.Fields) == 0 {
		c.add(path, "these children have no fields", "add a table of fields to them")
	}
	prefix := path + "[]."
	if children.Key == "" {
		c.add(path, "these children have no key", `name the member that tells them apart in a diff: key = "Code"`)
	} else if FindField(children.Fields, children.Key) == nil {
		c.add(path, fmt.Sprintf("the key %q is none of the children's fields", children.Key), "name one of their fields")
	}
	c.paths(prefix, children.Fields, nil)
	c.fields(prefix, children.Fields)
}

// FindField is the field at a path; nil = there is none.
func FindField(fields []Field, path string) *Field {
	for i := range fields {
		if fields[i].Path == path {
			return &fields[i]
		}
	}
	return nil
}
