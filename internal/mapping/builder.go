package mapping

import (
	"bytes"
	"slices"

	"syncd/internal/canonjson"
	"syncd/internal/plaintext"
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
	found    []found
	oddities []Oddity
	tooLarge bool
	nearest  map[nearestOf][]Nearest
}

// cut is the offset in the employee's text at which the children of a group go.
type cut struct{ at, group int }

// group contains the children of one array.
type group struct {
	count    int // rows added
	children []child
}

// child is a range of Builder.rows; its key is the range of the business key's value within it.
type child struct{ start, end, keyStart, keyEnd int }

func compareChildren(rows []byte, x, y child) int {
	if c := bytes.Compare(rows[x.keyStart:x.keyEnd], rows[y.keyStart:y.keyEnd]); c != 0 {
		return c
	}
	return bytes.Compare(rows[x.start:x.end], rows[y.start:y.end])
}

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
	b.found, b.tooLarge = nil, false
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
// the employee's row, then those of the children in the order of the document, at most maxProblems of them. Rows come in
// whatever order the database read them.
func (b *Builder) Document() ([]byte, []Problem) {
	if len(b.found) > 0 {
		return nil, b.problems()
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
		return nil, []Problem{{Code: ProblemTooLarge}}
	}
	return document, nil
}

// appendChildren writes the children sorted by business key, then by content, both compared as JSON text.
func (b *Builder) appendChildren(children []child) {
	rows := b.rows
	slices.SortFunc(children, func(x, y child) int { return compareChildren(rows, x, y) })
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

// place tells which row is being encoded.
type place struct{ group, index int }

const noGroup = -1 // the employee's own row

// span is a range of bytes.
type span struct{ start, end int }

// encode appends one row and gives the range of its business key. This is the hot path: a value costs an append of the
// text before it and an append of its own.
func (b *Builder) encode(dst []byte, ops []op, row [][]byte, at place) (_ []byte, key span) {
	for i := range ops {
		o := &ops[i]
		if o.kind != opColumn {
			dst = appendLead(dst, o.lead)
			if o.kind == opChildren {
				b.cuts = append(b.cuts, cut{len(dst), o.group})
			}
			continue
		}
		value := row[o.column]
		if o.field.Null != NullClear && o.field.Null != "" && o.blank(value) {
			if o.field.Null == NullOmit {
				continue
			}
			value = nil
		}
		dst = appendLead(dst, o.lead)
		start := len(dst)
		dst = b.value(dst, o, value, at)
		if o.isKey {
			key = span{start, len(dst)}
		}
	}
	return dst, key
}

// appendLead appends a literal, whose comma goes when the members before it in its object were all left out.
func appendLead(dst, lead []byte) []byte {
	if lead[0] == ',' && dst[len(dst)-1] == '{' {
		lead = lead[1:]
	}
	return append(dst, lead...)
}

// value appends the value of a column, after a problem as a text: the document is not used, but the row has its place by it.
func (b *Builder) value(dst []byte, o *op, value []byte, at place) []byte {
	if value == nil {
		if o.field.Null == NullRefuse {
			b.report(o, ProblemMissingValue, nil, at)
		}
		return append(dst, "null"...)
	}
	if len(dst)+len(value) > MaxDocument {
		b.refuseSize(o, value, at)
		return dst
	}
	if o.padded {
		value = trimBlanks(value)
	}
	if o.codes != nil {
		entry, known := o.codes[string(value)]
		if !known {
			b.report(o, ProblemUnknownCode, value, at)
			return asText(dst, value)
		}
		if !entry.Active {
			b.report(o, ProblemWithdrawnCode, value, at)
			return asText(dst, value)
		}
	}
	if o.text {
		return b.text(dst, o, value, at)
	}
	encoded, ok := o.encode(dst, value)
	if !ok {
		b.report(o, ProblemBadValue, value, at)
		return asText(dst, value)
	}
	switch {
	case o.json:
		b.look(o, encoded[len(dst):], at)
	case o.date && farDate(value):
		b.odd(o, OddDate, "")
	case o.postal && shortPostal(value):
		b.odd(o, OddPostal, "")
	}
	return encoded
}

func asText(dst, value []byte) []byte {
	dst, _ = canonjson.AppendText(dst, value)
	return dst
}

// blank reports whether a value is none: NULL, a text that shows nothing, and such a text or null in JSON.
func (o *op) blank(value []byte) bool {
	switch {
	case value == nil:
		return true
	case o.json:
		return blankJSON(value)
	case len(value) > 0 && ' ' < value[0] && value[0] < asciiDelete: // as nearly all do
		return false
	}
	return plaintext.Blank(value)
}

func blankJSON(value []byte) bool {
	value = bytes.TrimSpace(value)
	switch {
	case len(value) == 0 || value[0] == 'n':
		return true
	case value[0] == '"':
		return plaintext.Blank(canonjson.Unquote(value))
	}
	return false
}

// text appends a text, and looks at what people will read of it.
func (b *Builder) text(dst []byte, o *op, value []byte, at place) []byte {
	encoded, met := canonjson.AppendText(dst, value)
	switch {
	case met&canonjson.NotUTF8 != 0:
		b.report(o, ProblemBadValue, value, at)
	case met&canonjson.Controls != 0:
		b.reportControl(o, controlIn(value), at)
	case met&canonjson.BeyondASCII != 0:
		if mark := damage(value); mark != "" {
			b.odd(o, OddText, mark)
		}
	case farDate(value):
		b.odd(o, OddDate, "")
	case o.postal && shortPostal(value):
		b.odd(o, OddPostal, "")
	}
	return encoded
}

// look looks at the texts of a JSON value in canonical form.
func (b *Builder) look(o *op, value []byte, at place) {
	if control := controlEscape(value); control != "" {
		b.reportControl(o, control, at)
	}
	if mark := damage(value); mark != "" {
		b.odd(o, OddText, mark)
	}
}

// reportControl never quotes the value: it would do to a terminal what it does there.
func (b *Builder) reportControl(o *op, control string, at place) {
	p := o.problem(ProblemControl, nil, b)
	p.Got = control
	b.keep(found{p, o, at})
}

func (b *Builder) odd(o *op, kind OddityKind, mark string) {
	b.oddities = append(b.oddities, Oddity{Kind: kind, Path: o.shown, Column: o.field.Column, Mark: mark})
}

func trimBlanks(value []byte) []byte {
	for len(value) > 0 && value[len(value)-1] == ' ' {
		value = value[:len(value)-1]
	}
	return value
}
