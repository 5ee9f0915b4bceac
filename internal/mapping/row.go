package mapping

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
		if value == nil && o.field.Null == NullOmit {
			continue
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
	encoded, ok := o.encode(dst, value)
	if !ok {
		b.report(o.problem(ProblemBadValue, value, b, at))
		return dst
	}
	return encoded
}

func trimBlanks(value []byte) []byte {
	for len(value) > 0 && value[len(value)-1] == ' ' {
		value = value[:len(value)-1]
	}
	return value
}
