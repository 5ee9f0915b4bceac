package mapping

import "bytes"

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

// value appends the value of a column. After a problem it writes nothing: the document is not used.
func (b *Builder) value(dst []byte, o *op, value []byte, at place) []byte {
	if value == nil {
		if o.field.Null == NullRefuse {
			b.report(o.problem(ProblemMissingValue, nil, b, at))
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
			b.report(o.problem(ProblemUnknownCode, value, b, at))
			return dst
		}
		if !entry.Active {
			b.report(o.problem(ProblemWithdrawnCode, value, b, at))
			return dst
		}
	}
	if o.text {
		return b.text(dst, o, value, at)
	}
	encoded, ok := o.encode(dst, value)
	if !ok {
		b.report(o.problem(ProblemBadValue, value, b, at))
		return dst
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

// blank tells whether a value is none: NULL, a text that shows nothing, and such a text or null in JSON.
func (o *op) blank(value []byte) bool {
	switch {
	case value == nil:
		return true
	case o.json:
		return blankJSON(value)
	case len(value) > 0 && ' ' < value[0] && value[0] < del: // as nearly all do
		return false
	}
	return Blank(value)
}

func blankJSON(value []byte) bool {
	value = bytes.TrimSpace(value)
	switch {
	case len(value) == 0 || value[0] == 'n':
		return true
	case value[0] == '"':
		return Blank(unquote(value))
	}
	return false
}

// text appends a text, and looks at what people will read of it.
func (b *Builder) text(dst []byte, o *op, value []byte, at place) []byte {
	encoded, met := appendText(dst, value)
	switch {
	case met&notUTF8 != 0:
		b.report(o.problem(ProblemBadValue, value, b, at))
		return dst
	case met&controls != 0:
		b.reportControl(o, controlIn(value), at)
		return dst
	case met&beyondASCII != 0:
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
	p := o.problem(ProblemControl, nil, b, at)
	p.Got = control
	b.report(p)
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
