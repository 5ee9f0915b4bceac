package check

import (
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// staticCheck compares a mapping with a contract, one object after the other.
type staticCheck struct {
	*advisor
	op            *openapi.Operation
	nomenclatures mapping.Nomenclatures
	params        mapping.Params
	columns       []mapping.Column // of the query that the current members come from; nil = not known
}

// object compares the members that are mapped into an object at path with those that it has.
func (c *staticCheck) object(s *openapi.Schema, path string, m *mapping.Node) {
	for _, member := range m.Members {
		property, known := s.Lookup(member.Name)
		switch {
		case !known:
			c.unknown(s, member)
		case property != nil:
			c.member(property, member)
		}
	}
	for i := range s.Properties {
		if p := &s.Properties[i]; p.Required && !p.Schema.ReadOnly && m.Member(p.Name) == nil && !c.misspelt(s, m, p.Name) {
			c.missing(openapi.Joined(path, p.Name), p)
		}
	}
}

// misspelt reports whether a member is mapped by a name that the contract does not have, but for case and signs: that is
// told already.
func (c *staticCheck) misspelt(s *openapi.Schema, m *mapping.Node, name string) bool {
	return slices.ContainsFunc(m.Members, func(other *mapping.Node) bool {
		_, known := s.Lookup(other.Name)
		return !known && plaintext.Fold(other.Name) == plaintext.Fold(name)
	})
}

func (c *staticCheck) member(p *openapi.Property, m *mapping.Node) {
	if p.Schema.ReadOnly {
		for _, path := range m.Leaves() {
			c.error(path, say("read-only"), none)
		}
	}
	switch {
	case m.Group >= 0:
		c.list(p, m)
	case m.Field != nil:
		c.value(p, m.Field, m.Path)
	case p.Schema.Takes(openapi.TypeObject):
		c.object(p.Schema, m.Path, m)
	default:
		next := say("hint-itself", "path", m.Path)
		if p.Schema.Takes(openapi.TypeArray) {
			next = say("hint-children", "path", m.Path)
		}
		for _, path := range m.Leaves() {
			c.error(path, say("within-no-object", "name", m.Name, "type", p.Schema.Kind()), next)
		}
	}
}

// list is about the member that takes children.
func (c *staticCheck) list(p *openapi.Property, m *mapping.Node) {
	element := p.Schema.Elements()
	switch {
	case !p.Schema.Takes(openapi.TypeArray):
		c.error(m.Path, say("no-list", "type", p.Schema.Kind()), c.listHint())
	case element != nil && !element.Takes(openapi.TypeObject):
		c.error(m.Path, say("other-list", "type", element.Kind()), none)
	}
}

func (c *staticCheck) listHint() hinted.Fact {
	var lists []string
	c.op.Body.Each(func(p openapi.Spot) bool {
		if element := p.Schema.Elements(); element != nil && element.Takes(openapi.TypeObject) && len(element.Members()) > 0 &&
			!strings.Contains(p.Path, "[]") {
			lists = append(lists, openapi.Tidy(p.Path))
		}
		return true
	})
	if len(lists) == 0 {
		return say("hint-no-lists")
	}
	return say("hint-lists", "lists", lists)
}

// rows is about the members of one kind of children, and the query that they come from.
func (c *staticCheck) rows(children *mapping.Children, group int, shape *mapping.Shape) {
	element := elementsOf(c.op.Body, children.Path)
	if element == nil || !element.Takes(openapi.TypeObject) {
		return // told of the list itself
	}
	var employee []mapping.Column
	c.columns = nil
	if shape != nil && group < len(shape.Children) {
		employee, c.columns = shape.Employee, shape.Children[group]
	}
	prefix := children.Path + "[]"
	c.object(element, prefix, mapping.Arrange(prefix+".", children.Fields, nil))
	c.staging(element, children.Path, prefix, children.Fields, employee)
}

// unknown tells of a member that the contract does not have, and which one may have been meant.
func (c *staticCheck) unknown(s *openapi.Schema, m *mapping.Node) {
	what := say("unknown")
	if s.Closed {
		what = say("unknown-refused")
	}
	if m.Field == nil && m.Group < 0 {
		what = say("within-unknown", "name", m.Name, "what", what)
	}
	for _, path := range m.Leaves() {
		c.error(path, what, c.meant(s, m, path))
	}
}

// meant is the hint for an unknown member: the nearest name in the same object, or the same name elsewhere.
func (c *staticCheck) meant(s *openapi.Schema, m *mapping.Node, path string) hinted.Fact {
	names := s.Names()
	near := plaintext.Nearest(m.Name, names)
	if i := slices.IndexFunc(names, func(name string) bool { return plaintext.Fold(name) == plaintext.Fold(m.Name) }); i >= 0 {
		near = names[i]
	}
	if near != "" {
		return say("hint-meant", "name", openapi.Tidy(near))
	}
	elsewhere := ""
	c.op.Body.Each(func(p openapi.Spot) bool {
		if elsewhere == "" && plaintext.Fold(p.Name) == plaintext.Fold(openapi.LastName(path)) &&
			strings.Contains(p.Path, "[]") == strings.Contains(path, "[]") {
			elsewhere = p.Path
		}
		return true
	})
	if elsewhere != "" {
		return say("hint-meant", "name", openapi.Tidy(elsewhere))
	}
	return say("hint-remove", "call", c.op.CallName())
}

// missing tells of a required member that nothing maps.
func (c *staticCheck) missing(path string, p *openapi.Property) {
	var next hinted.Fact
	inChildren := strings.Contains(path, "[]")
	switch name := openapi.Tidy(path[strings.LastIndexByte(path, ']')+1:]); {
	case p.Schema.Takes(openapi.TypeArray) && p.Schema.Type == openapi.TypeArray:
		next = say("hint-as-children", "path", name)
	case p.Schema.Type == openapi.TypeObject && len(p.Schema.Properties) > 0:
		next = say("hint-members", "path", openapi.Joined(name, openapi.Tidy(p.Schema.Properties[0].Name)))
	default:
		name = strings.TrimPrefix(name, ".")
		next = say("hint-add-some", "where", tableOf(inChildren), "path", name)
		if column := c.alike(path); column != "" {
			next = say("hint-add", "where", tableOf(inChildren), "path", name, "column", column)
		}
	}
	c.error(openapi.Tidy(path), say("unmapped", "type", p.Schema.Kind()), next)
}

func tableOf(inChildren bool) string {
	if inChildren {
		return "[job.children.fields]"
	}
	return "[job.fields]"
}

// alike is the column whose name is that of the member; "" = none.
func (c *staticCheck) alike(path string) string {
	best, bestLikeness := "", LikeWords
	for _, column := range c.columns {
		if like := Resemblance(column.Name, afterList(path), ""); like != likeNothing && like < bestLikeness {
			best, bestLikeness = column.Name, like
		}
	}
	return best
}

// afterList is the part of a path within children: "Code" of "Elements[].Code".
func afterList(path string) string {
	if i := strings.LastIndex(path, "[]."); i >= 0 {
		return path[i+len("[]."):]
	}
	return path
}

// staging is about the columns that no field carries: one that has the name of a member which nothing maps is suggested,
// the others are told. Numbers of children are hours and euros, and are missed on a payslip. at is the path of the
// children, "" for the employees; prefix is that of their members. employee are the columns of the employees' query, by
// which children are tied to them.
func (c *staticCheck) staging(s *openapi.Schema, at, prefix string, fields []mapping.Field, employee []mapping.Column) {
	var idle, lost []string
	taken := map[string]bool{}
	open := openMembers(s, fields)
	for _, column := range c.columns {
		used := slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Column == column.Name })
		if used || ColumnNamed(employee, column.Name) != nil {
			continue
		}
		amount := at != "" && IsAmount(column)
		switch path := memberNamed(column.Name, open, taken); {
		case path != "":
			c.suggest(openapi.Joined(prefix, path), path, column.Name, amount)
		case OfRun(column.Name):
		case amount:
			lost = append(lost, openapi.Tidy(column.Name))
		default:
			idle = append(idle, openapi.Tidy(column.Name))
		}
	}
	if len(lost) > 0 {
		c.warning(at, say(plural(lost, "amount-lost", "amounts-lost"), "columns", lost), none)
	}
	if len(idle) > 0 {
		c.info(at, say(plural(idle, "column-idle", "columns-idle"), "columns", idle), none)
	}
}

// IsAmount tells of columns of numbers that are counted in something, by their type and name.
func IsAmount(column mapping.Column) bool {
	isNumber := jsonTypes[(&mapping.Field{Column: column.Name}).JSONType(column)] == openapi.TypeNumber
	return isNumber && !slices.ContainsFunc(plaintext.Words(column.Name), func(word string) bool {
		return slices.Contains([]string{"id", "ligne", "line", "ordre", "rang", "numero", "annee", "mois", "year", "month", "version"}, word)
	})
}

// suggest tells of a column for a member, unless the member is required: then it was told already, with the column.
func (c *staticCheck) suggest(path, name, column string, amount bool) {
	if slices.ContainsFunc(c.advice, func(a Advice) bool { return a.Path == openapi.Tidy(path) }) {
		return
	}
	level := LevelInfo
	if amount {
		level = LevelWarning
	}
	c.add(level, openapi.Tidy(path), say("column-for-it", "column", column),
		say("hint-add", "where", tableOf(strings.Contains(path, "[]")), "path", openapi.Tidy(name), "column", column))
}

// openMembers are the paths of single values that an object can have and no field maps.
func openMembers(s *openapi.Schema, fields []mapping.Field) []string {
	var open []string
	s.Each(func(p openapi.Spot) bool {
		if p.Schema.ReadOnly || p.Schema.Elements() != nil {
			return false
		}
		if slices.ContainsFunc(fields, func(f mapping.Field) bool { return f.Path == p.Path }) {
			return false
		}
		if len(p.Schema.Members()) == 0 {
			open = append(open, p.Path)
		}
		return true
	})
	return open
}

// memberNamed finds the member that a column has the name of, the whole path before the last name, and takes it.
func memberNamed(column string, open []string, taken map[string]bool) string {
	best, bestLikeness := "", LikeWords
	for _, path := range open {
		if like := Resemblance(column, path, ""); like != likeNothing && like < bestLikeness && !taken[path] {
			best, bestLikeness = path, like
		}
	}
	taken[best] = true
	return best
}

func plural(names []string, one, many string) string {
	if len(names) == 1 {
		return one
	}
	return many
}
