package check

import (
	"fmt"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/tomltext"
)

// value is about a field that is mapped to a member.
func (c *staticCheck) value(p *openapi.Property, f *mapping.Field, path string) {
	if f.Value != nil {
		c.constant(p, f, path)
		return
	}
	column := ColumnNamed(c.columns, f.Column)
	kind := f.Type
	if column != nil {
		if !f.Converts(*column) {
			return // package mapping tells it
		}
		kind = f.JSONType(*column)
	}
	if c.fitsType(p, f, column, kind, path) && column != nil {
		c.form(p, f, *column, path)
		c.codes(p, f, *column, path)
	}
	c.null(p, f, path)
	c.nomenclature(p, f, path)
}

// constant is about a value that every document has.
func (c *staticCheck) constant(p *openapi.Property, f *mapping.Field, path string) {
	value, err := f.ConstantJSON(c.params)
	if err != nil {
		return // package mapping tells it
	}
	for _, problem := range NewChecker(p.Schema).Check(value) {
		c.error(path, say("constant-refused", "why", refusal(problem)), c.constantHint(p, f))
	}
}

// constantHint names the type, or the spelling, in which the contract takes a constant.
func (c *staticCheck) constantHint(p *openapi.Property, f *mapping.Field) hinted.Fact {
	text, isText := f.Value.(string)
	if parameter := isText && strings.HasPrefix(text, "@"); parameter {
		return say("hint-constant")
	}
	checker := NewChecker(p.Schema)
	shown := fmt.Sprint(f.Value)
	if isText {
		shown = tomltext.String(text)
	}
	for _, kind := range []mapping.Type{mapping.TypeString, mapping.TypeNumber, mapping.TypeBoolean} {
		other := &mapping.Field{Value: f.Value, Type: kind}
		if value, err := other.ConstantJSON(c.params); err == nil && checker.Check(value) == nil {
			return say("hint-typed-constant", "value", shown, "type", string(kind))
		}
	}
	if listed := listedAs(p.Schema, text); isText && listed != "" {
		return say("hint-listed-constant", "value", tomltext.String(listed))
	}
	return say("hint-constant")
}

// refusal says why the contract refuses a value; the value itself is not told.
func refusal(p mapping.Problem) hinted.Fact {
	return say("refused-"+string(p.Code), "want", openapi.Tidy(p.Wanted()), "got", p.Seen())
}

// jsonTypes gives the contract's word for what a field becomes.
var jsonTypes = map[mapping.Type]openapi.Type{mapping.TypeString: openapi.TypeString, mapping.TypeNumber: openapi.TypeNumber,
	mapping.TypeBoolean: openapi.TypeBoolean}

// fitsType compares JSON types. It reports one that never fits, and returns false.
func (c *staticCheck) fitsType(p *openapi.Property, f *mapping.Field, column *mapping.Column, kind mapping.Type, path string) bool {
	is := jsonTypes[kind]
	if is == openapi.TypeAny {
		return true // a json column contains what it contains, and without a column nothing is known
	}
	if p.Schema.Takes(is) {
		c.wholeNumbers(p, column, is, path)
		return true
	}
	if p.Schema.Takes(openapi.TypeObject) || p.Schema.Takes(openapi.TypeArray) {
		c.error(path, say("no-single-value", "type", p.Schema.Kind()), structureHint(p, path))
		return false
	}
	what := say("field-type", "type", p.Schema.Kind(), "is", string(is))
	if column != nil {
		what = say("column-type", "type", p.Schema.Kind(), "is", string(is), "column", column.Name, "sql", column.TypeName())
	}
	next := typeHint(p, f, column)
	if p.Schema.Enum != nil {
		next = say("hint-one-of", "next", next, "values", openapi.Tidy(openapi.ShownValues(p.Schema.Enum)))
	}
	c.error(path, what, next)
	return false
}

func structureHint(p *openapi.Property, path string) hinted.Fact {
	if p.Schema.Takes(openapi.TypeArray) {
		return say("hint-children", "path", path)
	}
	if members := p.Schema.Members(); len(members) > 0 {
		return say("hint-members", "path", openapi.Tidy(openapi.Joined(path, members[0].Name)))
	}
	return say("hint-json")
}

// typeHint names the setting that makes a column fit.
func typeHint(p *openapi.Property, f *mapping.Field, column *mapping.Column) hinted.Fact {
	if column == nil {
		return say("hint-type")
	}
	if wanted, ok := Conversion(p.Schema, *column); ok {
		if wanted == mapping.TypeAuto {
			return say("hint-no-type")
		}
		return say("hint-typed", "column", f.Column, "type", string(wanted))
	}
	return say("hint-convert")
}

// Conversion finds how a column can be sent so that the type fits.
func Conversion(s *openapi.Schema, column mapping.Column) (mapping.Type, bool) {
	for _, kind := range []mapping.Type{mapping.TypeAuto, mapping.TypeString, mapping.TypeNumber, mapping.TypeBoolean} {
		f := &mapping.Field{Column: column.Name, Type: kind}
		if !f.Converts(column) {
			continue
		}
		is := jsonTypes[f.JSONType(column)]
		if is != openapi.TypeAny && s.Takes(is) || is == openapi.TypeAny && (s.Takes(openapi.TypeObject) || s.Takes(openapi.TypeArray)) {
			return kind, true
		}
	}
	return mapping.TypeAuto, false
}

// wholeNumbers warns of numbers that may have a fraction, or be too large, where the contract takes integers.
func (c *staticCheck) wholeNumbers(p *openapi.Property, column *mapping.Column, is openapi.Type, path string) {
	if is != openapi.TypeNumber || p.Schema.Type != openapi.TypeInteger || column == nil {
		return
	}
	bits, whole := column.Whole()
	switch {
	case !whole:
		c.warning(path, say("column-fractions", "column", column.Name, "type", column.TypeName()), none)
	case bits > 32 && p.Schema.Format == "int32":
		c.warning(path, say("column-bits", "column", column.Name, "type", column.TypeName()), none)
	}
}

// null warns of NULLs that the contract refuses.
func (c *staticCheck) null(p *openapi.Property, f *mapping.Field, path string) {
	next := say("hint-refuse")
	switch {
	case f.Null == mapping.NullRefuse:
	case f.Null == mapping.NullOmit && p.Required:
		if p.Null {
			next = say("hint-clear")
		}
		c.warning(path, say("null-omitted", "column", f.Column), next)
	case f.Null != mapping.NullOmit && !p.Null:
		if !p.Required {
			next = say("hint-omit")
		}
		c.warning(path, say("null-sent", "column", f.Column), next)
	}
}
