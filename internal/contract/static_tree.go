package contract

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// mapped is one member of the document that a mapping makes: a value, a list of children, or an object of others.
type mapped struct {
	name, path string // path: "Adresse.Ville"; "Elements[].Code" within children
	field      *mapping.Field
	group      int // index of the children; -1 = none
	members    []*mapped
}

// arrange puts the fields of a mapping into the order of the document.
func arrange(prefix string, fields []mapping.Field, children []mapping.Children) *mapped {
	root := &mapped{group: -1}
	for i := range fields {
		root.at(prefix, fields[i].Path).field = &fields[i]
	}
	for i := range children {
		root.at(prefix, children[i].Path).group = i
	}
	root.sort()
	return root
}

// at finds the member that a path leads to, and makes it where it is missing.
func (m *mapped) at(prefix, path string) *mapped {
	for end := range len(path) + 1 {
		if end < len(path) && path[end] != '.' {
			continue
		}
		name := lastName(path[:end])
		next := m.member(name)
		if next == nil {
			next = &mapped{name: name, path: prefix + path[:end], group: -1}
			m.members = append(m.members, next)
		}
		m = next
	}
	return m
}

func (m *mapped) member(name string) *mapped {
	i := slices.IndexFunc(m.members, func(n *mapped) bool { return n.name == name })
	if i < 0 {
		return nil
	}
	return m.members[i]
}

func (m *mapped) sort() {
	slices.SortFunc(m.members, func(a, b *mapped) int { return strings.Compare(a.name, b.name) })
	for _, member := range m.members {
		member.sort()
	}
}

// leaves are the paths of all values and lists below a member, or its own where it is one.
func (m *mapped) leaves() []string {
	if m.field != nil || m.group >= 0 {
		return []string{m.path}
	}
	var paths []string
	for _, member := range m.members {
		paths = append(paths, member.leaves()...)
	}
	return paths
}

// lookup finds what a contract says of a member of an object, the alternatives included. known = false: the API would
// drop it, or refuse it. A nil property of a known member: any value fits.
func (s *Schema) lookup(name string) (property *Property, known bool) {
	if property := s.Property(name); property != nil {
		return property, true
	}
	for _, alternative := range s.variants() {
		if property, known := alternative.lookup(name); known {
			return property, true
		}
	}
	if other := s.other(name); other != nil {
		return other, true
	}
	if s.Open && !s.Closed {
		return nil, true
	}
	return nil, s.FreeForm() && len(s.variants()) == 0 && (s.Type == TypeAny || s.Type == TypeObject)
}

// other is what a contract says of a member that it does not name: by a pattern, or as of all others; nil = nothing.
func (s *Schema) other(name string) *Property {
	for i := range s.Patterned {
		if p := &s.Patterned[i]; p.Pattern.MatchString(name) {
			return &Property{Name: name, Null: p.Null, Schema: p.Schema}
		}
	}
	if s.Additional != nil && !s.Closed {
		return &Property{Name: name, Null: s.AdditionalNull, Schema: s.Additional}
	}
	return nil
}

// variants are the alternatives of a schema, and those of what must fit as well.
func (s *Schema) variants() []*Schema {
	if len(s.Also) == 0 {
		return s.Alternatives
	}
	all := slices.Clone(s.Alternatives)
	for _, also := range s.Also {
		all = append(all, also.Alternatives...)
	}
	return all
}

// takes tells whether a value of the JSON type can fit; a number counts for an integer.
func (s *Schema) takes(want Type) bool {
	if s.Type != TypeAny && s.Type != want && (s.Type != TypeInteger || want != TypeNumber) {
		return false
	}
	return len(s.Alternatives) == 0 || slices.ContainsFunc(s.Alternatives, func(a *Schema) bool { return a.takes(want) })
}

// elements is the schema of an array's elements, in the alternatives too; nil = any value, or no array.
func (s *Schema) elements() *Schema {
	if s.Items != nil {
		return s.Items
	}
	for _, alternative := range s.variants() {
		if alternative.Items != nil {
			return alternative.Items
		}
	}
	return nil
}

// names are those of all members that the contract knows in an object, the alternatives included, sorted.
func (s *Schema) names() []string {
	var names []string
	for _, property := range s.members() {
		names = append(names, property.Name)
	}
	return names
}

// members are all that an object can have, sorted by name. What only an alternative has is not required: another one may
// fit.
func (s *Schema) members() []Property {
	variants := s.variants()
	if len(variants) == 0 {
		return s.Properties
	}
	all := slices.Clone(s.Properties)
	for _, alternative := range variants {
		for _, property := range alternative.Properties {
			if !slices.ContainsFunc(all, func(p Property) bool { return p.Name == property.Name }) {
				property.Required = false
				all = append(all, property)
			}
		}
	}
	slices.SortFunc(all, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	return all
}
