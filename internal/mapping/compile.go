package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Mapping is a Spec bound to the columns, nomenclatures and parameters of one run. It does not change: builders of
// several goroutines may share it.
type Mapping struct {
	employee []op
	children [][]op
	paths    []string // of the children's arrays
}

// op appends its lead and then one value.
type op struct {
	lead   []byte // literal text; starts with a comma when other members of its object come first
	kind   opKind
	column int // opColumn: index in the row
	group  int // opChildren: index of the children

	field   *Field
	path    string
	encode  encoder
	codes   map[string]Entry // nil = any value
	padded  bool             // char(n): Postgres fills it with blanks that mean nothing
	isKey   bool             // of the children
	amounts scaler           // reads what can be summed; nil = nothing can
	text    bool             // the value is a text that goes as it is: it is looked at
	json    bool             // or JSON
	date    bool
	postal  bool   // the value is a postal code
	shown   string // the path, with that of the children: "Elements[].Code"
}

type opKind int

const (
	opLiteral  opKind = iota // nothing but the lead
	opColumn                 // the value of a column
	opChildren               // the elements of the children's array
)

// Compile binds the mapping to what the queries return. All that is wrong is reported together: *FieldError,
// *ColumnError, *TypeError and *DictionaryError, joined.
func Compile(spec Spec, shape Shape, dicts Dictionaries, params Params) (*Mapping, error) {
	errs := spec.Check()
	if len(errs) == 0 && len(shape.Children) != len(spec.Children) {
		errs = append(errs, fmt.Errorf("the mapping has %d tables of children and the source %d", len(spec.Children), len(shape.Children)))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m := &Mapping{}
	employee := compiler{columns: shape.Employee, dicts: dicts, params: params}
	m.employee = employee.compile(newTree(spec.Fields, spec.Children))
	errs = employee.errs
	for i := range spec.Children {
		group := &spec.Children[i]
		rows := compiler{children: group.Path, prefix: group.Path + "[].", key: group.Key, columns: shape.Children[i], dicts: dicts, params: params}
		m.children = append(m.children, rows.compile(newTree(group.Fields, nil)))
		m.paths = append(m.paths, group.Path)
		errs = append(errs, rows.errs...)
	}
	if len(errs) > 0 {
		return nil, joinErrors(errs)
	}
	return m, nil
}

// node is a member of the document: an object unless it has a field or is the array of children.
type node struct {
	name    string
	field   *Field
	group   int // index of the children; -1 = none
	members []*node
}

// newTree arranges the paths of a checked mapping, the members of each object sorted by name.
func newTree(fields []Field, children []Children) *node {
	root := &node{group: -1}
	for i := range fields {
		root.at(fields[i].Path).field = new(fields[i])
	}
	for i := range children {
		root.at(children[i].Path).group = i
	}
	root.sort()
	return root
}

func (n *node) at(path string) *node {
	name, rest, more := strings.Cut(path, ".")
	i := slices.IndexFunc(n.members, func(m *node) bool { return m.name == name })
	if i < 0 {
		i = len(n.members)
		n.members = append(n.members, &node{name: name, group: -1})
	}
	if more {
		return n.members[i].at(rest)
	}
	return n.members[i]
}

func (n *node) sort() {
	slices.SortFunc(n.members, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	for _, m := range n.members {
		m.sort()
	}
}

// compiler flattens a tree: what is known beforehand gathers in pending, and becomes the lead of the next value.
type compiler struct {
	children string // path of the children; "" = the employee
	prefix   string // of paths in errors
	key      string // path of the children's key
	columns  []Column
	dicts    Dictionaries
	params   Params

	ops     []op
	pending []byte
	errs    []error
}

func (c *compiler) compile(root *node) []op {
	c.object(root)
	c.flush(op{})
	return c.ops
}

// object writes all members. One whose members are all left out by null = "omit" is written as {}.
func (c *compiler) object(n *node) {
	c.pending = append(c.pending, '{')
	for _, m := range n.members {
		lead, ok := AppendString([]byte{','}, []byte(m.name))
		if !ok {
			c.fail(&FieldError{Path: m.name, Problem: "the name is not valid UTF-8"})
			continue
		}
		lead = append(lead, ':')
		if last := len(c.pending) - 1; last >= 0 && c.pending[last] == '{' {
			lead = lead[1:]
		}
		c.member(m, lead)
	}
	c.pending = append(c.pending, '}')
}

func (c *compiler) member(n *node, lead []byte) {
	switch {
	case n.group >= 0:
		c.pending = append(append(c.pending, lead...), '[')
		c.flush(op{kind: opChildren, group: n.group})
		c.pending = append(c.pending, ']')
	case n.field == nil:
		c.pending = append(c.pending, lead...)
		c.object(n)
	case n.field.Column == "":
		c.pending = append(append(c.pending, lead...), c.constant(n.field)...)
	default:
		column, ok := c.bind(n.field)
		if !ok {
			return
		}
		if n.field.Null == NullOmit && len(c.pending) > 0 {
			c.flush(op{}) // the lead of a member that may be left out holds its own name only
		}
		c.pending = append(c.pending, lead...)
		c.flush(column)
	}
}

func (c *compiler) flush(next op) {
	next.lead, c.pending = c.pending, nil
	c.ops = append(c.ops, next)
}

func (c *compiler) fail(err error) { c.errs = append(c.errs, err) }
