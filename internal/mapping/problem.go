package mapping

import (
	"fmt"
	"strings"
)

// maxProblems bounds what one employee's problems take: what is beyond shows once these are mended.
const maxProblems = 100

// maxNearestKept bounds the remembered suggestions: one wrong code often stands in every row.
const maxNearestKept = 1000

type nearestOf struct{ dictionary, value string }

func (b *Builder) report(p Problem) {
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, p)
	}
}

// refuseSize reports once that the document is too large, and names the column if one value alone is.
func (b *Builder) refuseSize(o *op, value []byte, at place) {
	if b.tooLarge {
		return
	}
	b.tooLarge = true
	p := Problem{Code: ProblemTooLarge}
	if len(value) > MaxDocument {
		p.Path, p.Column = b.path(o, at), o.field.Column
	}
	b.problems = append(b.problems, p) // beyond maxProblems too: it explains why the rows after it were not looked at
}

func (o *op) problem(code ProblemCode, value []byte, b *Builder, at place) Problem {
	p := Problem{
		Code: code, Path: b.path(o, at), Column: o.field.Column, Value: shown(o.field, value), Dictionary: o.field.Dictionary,
		Why: whyValue(value, o.field.Type == TypeNumber),
	}
	if (code == ProblemUnknownCode || code == ProblemWithdrawnCode) && !o.field.secret() {
		p.Nearest = b.suggest(o, value)
	}
	return p
}

func (b *Builder) path(o *op, at place) string {
	if at.group == noGroup {
		return o.path
	}
	return fmt.Sprintf("%s[%d].%s", b.mapping.paths[at.group], at.index, o.path)
}

// suggest looks up the nearest codes. The caller may keep the slice and must not change it.
func (b *Builder) suggest(o *op, value []byte) []Nearest {
	key := nearestOf{o.field.Dictionary, beginning(value)}
	nearest, known := b.nearest[key]
	if known {
		return nearest
	}
	nearest = nearestCodes(key.value, o.codes)
	if len(b.nearest) < maxNearestKept {
		b.nearest[key] = nearest
	}
	return nearest
}

// secret tells whether no value of the field may be shown, whatever it is.
func (f *Field) secret() bool { return f.Sensitive || f.Kind.identifies() }

// shown is the value as a problem may quote it.
func shown(f *Field, value []byte) string {
	if f.secret() || identifies(value) {
		return ""
	}
	return beginning(value)
}

// beginning cuts a value to the characters that a problem shows; identifiers within a longer text are masked first.
func beginning(value []byte) string {
	const atMost = 8 * maxShown // bytes that can matter
	text := strings.ToValidUTF8(string(value[:min(len(value), atMost)]), "\uFFFD")
	return shorten(MaskIdentifiers(text))
}
