package contract

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// staticCheck compares a mapping with a contract, one object after the other.
type staticCheck struct {
	*advisor
	op           *Operation
	dictionaries mapping.Dictionaries
	params       mapping.Params
	columns      []mapping.Column // of the query that the current members come from; nil = not known
}

// object compares the members that are mapped into an object at path with those that it has.
func (c *staticCheck) object(s *Schema, path string, m *mapped) {
	for _, member := range m.members {
		property, known := s.lookup(member.name)
		switch {
		case !known:
			c.unknown(s, member)
		case property != nil:
			c.member(property, member)
		}
	}
	for i := range s.Properties {
		if p := &s.Properties[i]; p.Required && !p.Schema.ReadOnly && m.member(p.Name) == nil && !c.misspelt(s, m, p.Name) {
			c.missing(joined(path, p.Name), p)
		}
	}
}

// misspelt tells whether a member is mapped by a name that the contract does not have, but for case and signs: that is
// told already.
func (c *staticCheck) misspelt(s *Schema, m *mapped, name string) bool {
	return slices.ContainsFunc(m.members, func(other *mapped) bool {
		_, known := s.lookup(other.name)
		return !known && fold(other.name) == fold(name)
	})
}

func (c *staticCheck) member(p *Property, m *mapped) {
	if p.Schema.ReadOnly {
		for _, path := range m.leaves() {
			c.error(path, "is read-only in the contract: the API ignores what is sent, or refuses it", "remove it from the mapping")
		}
	}
	switch {
	case m.group >= 0:
		c.list(p, m)
	case m.field != nil:
		c.value(p, m.field, m.path)
	case p.Schema.takes(TypeObject):
		c.object(p.Schema, m.path, m)
	default:
		text := fmt.Sprintf("lies within %s, which is %s in the contract, not an object", m.name, p.Schema.kind())
		hint := "send the value itself: map " + m.path
		if p.Schema.takes(TypeArray) {
			hint = fmt.Sprintf("map its elements with [[job.children]] and path = %q", m.path)
		}
		for _, path := range m.leaves() {
			c.error(path, text, hint)
		}
	}
}

// list is about the member that takes children.
func (c *staticCheck) list(p *Property, m *mapped) {
	element := p.Schema.elements()
	switch {
	case !p.Schema.takes(TypeArray):
		c.error(m.path, fmt.Sprintf("takes a list of children, but is %s in the contract", p.Schema.kind()), c.listHint())
	case element != nil && !element.takes(TypeObject):
		c.error(m.path, fmt.Sprintf("is a list of %s in the contract, but children are objects", element.kind()),
			"map a column of type json that holds the list, in [job.fields]")
	}
}

func (c *staticCheck) listHint() string {
	var lists []string
	c.op.Body.each(func(p spot) bool {
		if element := p.Schema.elements(); element != nil && element.takes(TypeObject) && len(element.members()) > 0 && !strings.Contains(p.path, "[]") {
			lists = append(lists, tidy(p.path))
		}
		return true
	})
	if len(lists) == 0 {
		return "the contract has no list of objects: remove the children"
	}
	return "the contract's lists of objects: " + strings.Join(lists, ", ")
}

// rows is about the members of one kind of children, and the query that they come from.
func (c *staticCheck) rows(children *mapping.Children, group int, shape *mapping.Shape) {
	element := elementsOf(c.op.Body, children.Path)
	if element == nil || !element.takes(TypeObject) {
		return // told of the list itself
	}
	var employee []mapping.Column
	c.columns = nil
	if shape != nil && group < len(shape.Children) {
		employee, c.columns = shape.Employee, shape.Children[group]
	}
	prefix := children.Path + "[]"
	c.object(element, prefix, arrange(prefix+".", children.Fields, nil))
	c.staging(element, children.Path, prefix, children.Fields, employee)
}

// unknown tells of a member that the contract does not have, and which one may have been meant.
func (c *staticCheck) unknown(s *Schema, m *mapped) {
	text := "is not in the contract: the API would drop it silently"
	if s.Closed {
		text = "is not in the contract, which allows no other members: the API would refuse each document"
	}
	if m.field == nil && m.group < 0 {
		text = fmt.Sprintf("lies within %s, which ", m.name) + text
	}
	for _, path := range m.leaves() {
		c.error(path, text, c.meant(s, m, path))
	}
}

// meant is the hint for an unknown member: the nearest name in the same object, or the same name elsewhere.
func (c *staticCheck) meant(s *Schema, m *mapped, path string) string {
	names := s.names()
	near := mapping.NearestName(m.name, names)
	if i := slices.IndexFunc(names, func(name string) bool { return fold(name) == fold(m.name) }); i >= 0 {
		near = names[i]
	}
	if near != "" {
		return fmt.Sprintf("did you mean %q?", tidy(near))
	}
	elsewhere := ""
	c.op.Body.each(func(p spot) bool {
		if elsewhere == "" && fold(p.Name) == fold(lastName(path)) && strings.Contains(p.path, "[]") == strings.Contains(path, "[]") {
			elsewhere = p.path
		}
		return true
	})
	if elsewhere != "" {
		return fmt.Sprintf("did you mean %q?", tidy(elsewhere))
	}
	return fmt.Sprintf("remove it from the mapping, or see what there is: syncd contract show %q", c.op.callName())
}

// missing tells of a required member that nothing maps.
func (c *staticCheck) missing(path string, p *Property) {
	var hint string
	inChildren := strings.Contains(path, "[]")
	switch name := tidy(path[strings.LastIndexByte(path, ']')+1:]); {
	case p.Schema.takes(TypeArray) && p.Schema.Type == TypeArray:
		hint = fmt.Sprintf("map it with [[job.children]] and path = %q", name)
	case p.Schema.Type == TypeObject && len(p.Schema.Properties) > 0:
		hint = fmt.Sprintf("map its members, such as %q", joined(name, tidy(p.Schema.Properties[0].Name)))
	default:
		name = strings.TrimPrefix(name, ".")
		hint = fmt.Sprintf("add it to %s: %q = \"…\" with a column, or { value = \"…\" }", tableOf(inChildren), name)
		if column := c.alike(path); column != "" {
			hint = fmt.Sprintf("add it to %s: %q = %q", tableOf(inChildren), name, column)
		}
	}
	c.error(tidy(path), fmt.Sprintf("is required by the contract (%s), and nothing maps it", p.Schema.kind()), hint)
}

func tableOf(inChildren bool) string {
	if inChildren {
		return "[job.children.fields]"
	}
	return "[job.fields]"
}

// alike is the column whose name is that of the member; "" = none.
func (c *staticCheck) alike(path string) string {
	best, bestLikeness := "", likeWords
	for _, column := range c.columns {
		if like := resemblance(column.Name, afterList(path), ""); like != likeNothing && like < bestLikeness {
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
