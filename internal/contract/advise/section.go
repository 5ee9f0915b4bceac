package advise

import (
	"slices"
	"strings"

	"syncd/internal/contract/check"
	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// slot is one member that a field can be mapped to, or a list of objects.
type slot struct {
	*openapi.Property
	path         string // within the section
	nomenclature string
	column       *mapping.Column
	kind         mapping.Type // that the column must be sent as
	like         check.Likeness
	unsure       bool   // other members resemble the column as much
	constant     string // "@period"
	key          bool   // its column contains the matricule
	taken        bool   // of a list: a query fills it
}

func (m *slot) isMapped() bool { return m.column != nil || m.constant != "" }

// isGuess tells of what is mapped by less than its whole name, path included: the town of a birth is called like that of a
// home. A line that sends something else is worse than none.
func (m *slot) isGuess() bool {
	if m.constant != "" {
		return !check.SameName(m.path, "period")
	}
	return m.column != nil && (m.unsure || !check.SameName(m.path, m.column.Name))
}

// section is one object of the contract with its members: the employee's, or an element's.
type section struct {
	slots   []*slot        // single values, by path
	lists   []*slot        // lists of objects
	objects []openapi.Spot // the objects inside
	odd     []string
	columns []mapping.Column
}

// newSection lists what can be mapped of an object: read-only members are left out, and what lies in lists.
func newSection(s *openapi.Schema, nomenclatures mapping.Nomenclatures) *section {
	made := &section{}
	s.Each(func(p openapi.Spot) bool {
		member := &slot{Property: p.Property, path: p.Path}
		element := p.Schema.Elements()
		switch {
		case p.Schema.ReadOnly:
			return false
		case p.Name == "" || strings.ContainsAny(p.Name, `.[]#"`):
			made.odd = append(made.odd, openapi.Tidy(p.Path))
			return false
		case element != nil && len(element.Members()) > 0:
			made.lists = append(made.lists, member)
			return false
		case element == nil && len(p.Schema.Members()) > 0 && !p.Cut:
			made.objects = append(made.objects, p)
			return true
		}
		member.nomenclature = check.NomenclatureOf(p.Schema, nomenclatures)
		made.slots = append(made.slots, member)
		return false
	})
	return made
}

// mapped counts the members that have a column.
func (s *section) mapped() (n int) {
	for _, m := range s.slots {
		if m.column != nil {
			n++
		}
	}
	return n
}

// needed reports whether a document lacks something without the member: it is required in an object that is required, or
// of which something is mapped.
func (s *section) needed(m *slot) bool { return m.Required && s.present(above(m.path)) }

// present reports whether documents have the object at path.
func (s *section) present(path string) bool {
	if path == "" {
		return true
	}
	if slices.ContainsFunc(s.slots, func(m *slot) bool { return m.isMapped() && strings.HasPrefix(m.path, path+".") }) {
		return true
	}
	i := slices.IndexFunc(s.objects, func(p openapi.Spot) bool { return p.Path == path })
	return i >= 0 && s.objects[i].Required && s.present(above(path))
}

// above is the path of the object that a member lies in; "" = the section's own.
func above(path string) string { return path[:max(strings.LastIndexByte(path, '.'), 0)] }

// bare lists the objects that documents must have and that no line would make.
func (s *section) bare() (paths []string) {
	for _, p := range s.objects {
		below := func(m *slot) bool { return strings.HasPrefix(m.path, p.Path+".") && (m.isMapped() || s.needed(m)) }
		if p.Required && s.present(above(p.Path)) && !slices.ContainsFunc(s.slots, below) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// inOrder are the members that get a line of their own: the key, what is required, then what has a column, each by path.
func (s *section) inOrder() []*slot {
	var lines []*slot
	for _, m := range s.slots {
		if m.isMapped() || s.needed(m) {
			lines = append(lines, m)
		}
	}
	rank := func(m *slot) int {
		switch {
		case m.key:
			return 0
		case s.needed(m):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(lines, func(a, b *slot) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	return lines
}

// idle are the columns that no member takes, without those that rows are selected by.
func (s *section) idle(key string) []string {
	var names []string
	for _, column := range s.columns {
		carried := slices.ContainsFunc(s.slots, func(m *slot) bool { return m.column != nil && m.column.Name == column.Name })
		if !carried && (column.Name == key || !check.OfRun(column.Name)) {
			names = append(names, openapi.Tidy(column.Name))
		}
	}
	return names
}
