package mapping

import (
	"bytes"
	"slices"
)

// Builder makes one document at a time into buffers that it reuses: in the steady state it allocates nothing. It is
// for one goroutine. Values come in Postgres's text format, nil is NULL, and are read during the call only.
//
//	b.Reset(employee); b.AddChild(0, row); b.AddChild(0, row); document, problems := b.Document()
type Builder struct {
	mapping  *Mapping
	employee []byte // the document without the children
	cuts     []cut  // where the children go
	rows     []byte // the children, encoded one after the other
	groups   []group
	document []byte
	problems []Problem
	oddities []Oddity
	tooLarge bool
	nearest  map[nearestOf][]Nearest
}

// cut is the offset in the employee's text at which the children of a group go.
type cut struct{ at, group int }

// group holds the children of one array.
type group struct {
	count    int // rows added
	children []child
}

// child is a range of Builder.rows; its key is the range of the business key's value within it.
type child struct{ start, end, keyStart, keyEnd int }

const (
	keepBytes    = 256 << 10 // buffers larger than this are not kept for the next employee
	keepChildren = 4 << 10
)

// NewBuilder makes a builder for one goroutine.
func (m *Mapping) NewBuilder() *Builder {
	return &Builder{mapping: m, groups: make([]group, len(m.children)), nearest: map[nearestOf][]Nearest{}}
}

// Reset begins the document of an employee. The row has the columns of Shape.Employee.
func (b *Builder) Reset(row [][]byte) {
	b.employee, b.rows, b.document = reuse(b.employee), reuse(b.rows), reuse(b.document)
	b.cuts = b.cuts[:0]
	for i := range b.groups {
		b.groups[i].count = 0
		if cap(b.groups[i].children) > keepChildren {
			b.groups[i].children = nil
		}
		b.groups[i].children = b.groups[i].children[:0]
	}
	b.problems, b.tooLarge = nil, false // the caller may keep the problems of the one before
	b.oddities = b.oddities[:0]
	b.employee, _ = b.encode(b.employee, b.mapping.employee, row, place{group: noGroup})
}

// AddChild adds a row of the children of the given group, an index of Spec.Children. The row has the columns of
// Shape.Children[group].
func (b *Builder) AddChild(group int, row [][]byte) {
	g := &b.groups[group]
	at := place{group: group, index: g.count}
	g.count++
	if b.tooLarge {
		return
	}
	start := len(b.rows)
	rows, key := b.encode(b.rows, b.mapping.children[group], row, at)
	b.rows = rows
	g.children = append(g.children, child{start, len(rows), key.start, key.end})
}

// Document gives the document, valid until the next Reset, or nil and the problems that block the employee: those of
// the employee's row, then those of the children in the order of AddChild, at most maxProblems of them.
func (b *Builder) Document() ([]byte, []Problem) {
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	if len(b.cuts) == 0 {
		return b.checked(b.employee)
	}
	from := 0
	b.document = b.document[:0]
	for _, cut := range b.cuts {
		b.document = append(b.document, b.employee[from:cut.at]...)
		b.appendChildren(b.groups[cut.group].children)
		from = cut.at
	}
	b.document = append(b.document, b.employee[from:]...)
	return b.checked(b.document)
}

// Oddities are what a person should look at in the employee's values, one for each value; valid until the next Reset.
func (b *Builder) Oddities() []Oddity { return b.oddities }

func (b *Builder) checked(document []byte) ([]byte, []Problem) {
	if len(document) > MaxDocument {
		b.report(Problem{Code: ProblemTooLarge})
		return nil, b.problems
	}
	return document, nil
}

// appendChildren writes the children sorted by business key, then by content, both compared as JSON text.
func (b *Builder) appendChildren(children []child) {
	rows := b.rows
	slices.SortFunc(children, func(x, y child) int {
		if c := bytes.Compare(rows[x.keyStart:x.keyEnd], rows[y.keyStart:y.keyEnd]); c != 0 {
			return c
		}
		return bytes.Compare(rows[x.start:x.end], rows[y.start:y.end])
	})
	for i, c := range children {
		if i > 0 {
			b.document = append(b.document, ',')
		}
		b.document = append(b.document, rows[c.start:c.end]...)
	}
}

func reuse(buffer []byte) []byte {
	if cap(buffer) > keepBytes {
		return nil
	}
	return buffer[:0]
}
