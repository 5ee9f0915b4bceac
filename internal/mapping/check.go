package mapping

import (
	"slices"
	"strings"

	"syncd/internal/hinted"
)

// parameters are the names that a constant may have after its @.
var parameters = []string{"dossier", "siret", "period", "period_start", "period_end"}

// Check tells which rules the mapping breaks by itself, before any query is run.
func (s Spec) Check() []*FieldError {
	if len(s.Fields)+len(s.Children) == 0 {
		return []*FieldError{{Fact: hinted.Say("mapping.no-fields")}}
	}
	checker := &checker{}
	checker.paths("", s.Fields, s.Children)
	checker.fields("", s.Fields)
	for i := range s.Children {
		checker.children(&s.Children[i])
	}
	return checker.errs
}

type checker struct{ errs []*FieldError }

func (c *checker) add(path, code string, namesAndValues ...any) {
	c.errs = append(c.errs, &FieldError{Path: path, Fact: hinted.Say("mapping."+code, namesAndValues...)})
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
		if code := pathProblem(path); code != "" {
			c.add(prefix+path, code)
		}
		if seen[path] {
			c.add(prefix+path, "twice")
		}
		seen[path] = true
	}
	for _, path := range paths {
		for i := range path {
			if path[i] == '.' && seen[path[:i]] {
				c.add(prefix+path, "within", "value", path[:i])
			}
		}
	}
}

// pathProblem is the code of what a diff could not show unambiguously; "" = nothing.
func pathProblem(path string) string {
	if path == "" || slices.Contains(strings.Split(path, "."), "") {
		return "empty-name"
	}
	if strings.ContainsAny(path, SpecialInPath) {
		return "special-character"
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
		c.add(path, "neither")
	case f.Column != "" && f.Value != nil:
		c.add(path, "both")
	case f.Value != nil:
		c.constant(path, f)
	}
	if !slices.Contains([]Null{"", NullClear, NullOmit, NullRefuse}, f.Null) {
		c.add(path, "null", "null", f.Null)
	}
	if !slices.Contains([]Type{TypeAuto, TypeString, TypeNumber, TypeBoolean}, f.Type) {
		c.add(path, "type", "type", f.Type)
	}
}

func (c *checker) constant(path string, f *Field) {
	if name, ok := f.Parameter(); ok {
		if !slices.Contains(parameters, name) {
			c.add(path, "unknown-parameter", "name", name, "known", "@"+strings.Join(parameters, ", @"))
		}
		return
	}
	if _, err := f.encodeConstant(nil); err != nil {
		c.errs = append(c.errs, &FieldError{path, hinted.What(err), hinted.Say("mapping.write-fitting")})
	}
}

func (c *checker) children(children *Children) {
	path := children.Path
	if path == "" {
		c.add("", "no-path")
	}
	if len(children.Fields) == 0 {
		c.add(path, "no-child-fields")
	}
	prefix := path + "[]."
	if children.Key == "" {
		c.add(path, "no-child-key")
	} else if FindField(children.Fields, children.Key) == nil {
		c.add(path, "no-child-field", "key", children.Key)
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
