package check

import (
	"fmt"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
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
		c.error(path, "has a constant that the contract refuses: "+refusal(problem), c.constantHint(p, f))
	}
}

// constantHint names the type, or the spelling, in which the contract takes a constant.
func (c *staticCheck) constantHint(p *openapi.Property, f *mapping.Field) string {
	text, isText := f.Value.(string)
	if parameter := isText && strings.HasPrefix(text, "@"); parameter {
		return "correct the value, or the type that it is sent as"
	}
	checker := NewChecker(p.Schema)
	shown := fmt.Sprint(f.Value)
	if isText {
		shown = TOMLString(text)
	}
	for _, kind := range []mapping.Type{mapping.TypeString, mapping.TypeNumber, mapping.TypeBoolean} {
		other := &mapping.Field{Value: f.Value, Type: kind}
		if value, err := other.ConstantJSON(c.params); err == nil && checker.Check(value) == nil {
			return fmt.Sprintf("write { value = %s, type = %q }", shown, kind)
		}
	}
	if listed := listedAs(p.Schema, text); isText && listed != "" {
		return fmt.Sprintf("write { value = %s }", TOMLString(listed))
	}
	return "correct the value, or the type that it is sent as"
}

// refusal says in words why the contract refuses a value; the value itself is not told.
func refusal(p mapping.Problem) string {
	switch p.Code {
	case mapping.ProblemWrongType:
		return fmt.Sprintf("it must be of the type %s, not %s", p.Want, p.Got)
	case mapping.ProblemWrongFormat:
		return fmt.Sprintf("it must have the format %s", openapi.Tidy(p.Want))
	case mapping.ProblemTooLong:
		return fmt.Sprintf("it has %s characters, and %s are allowed", p.Got, p.Want)
	case mapping.ProblemTooShort:
		return fmt.Sprintf("it has %s characters, and needs %s", p.Got, p.Want)
	case mapping.ProblemOutOfRange:
		return fmt.Sprintf("it must be %s", p.Want)
	case mapping.ProblemNotListed:
		return fmt.Sprintf("it must be one of %s", openapi.Tidy(p.Want))
	case mapping.ProblemNoMatch:
		return fmt.Sprintf("it must match %s", openapi.Tidy(p.Want))
	case mapping.ProblemNoAlternative:
		return "it fits none of the alternatives"
	default:
		return string(p.Code)
	}
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
		c.error(path, fmt.Sprintf("is %s in the contract, but is mapped to a single value", p.Schema.Kind()), structureHint(p, path))
		return false
	}
	source := "the field is sent as"
	if column != nil {
		source = fmt.Sprintf("the column %q (%s) is sent as", column.Name, column.TypeName())
	}
	hint := typeHint(p, f, column)
	if p.Schema.Enum != nil {
		hint += fmt.Sprintf("; it takes one of %s: convert other values in the query", openapi.Tidy(openapi.ShownValues(p.Schema.Enum)))
	}
	c.error(path, fmt.Sprintf("is %s in the contract, but %s a %s", p.Schema.Kind(), source, is), hint)
	return false
}

func structureHint(p *openapi.Property, path string) string {
	if p.Schema.Takes(openapi.TypeArray) {
		return fmt.Sprintf("map its elements with [[job.children]] and path = %q", path)
	}
	if members := p.Schema.Members(); len(members) > 0 {
		return fmt.Sprintf("map its members, such as %q", openapi.Tidy(openapi.Joined(path, members[0].Name)))
	}
	return "map its members, or a column of type json"
}

// typeHint names the setting that makes a column fit.
func typeHint(p *openapi.Property, f *mapping.Field, column *mapping.Column) string {
	if column == nil {
		return "correct the type of the field"
	}
	if wanted, ok := Conversion(p.Schema, *column); ok {
		if wanted == mapping.TypeAuto {
			return "leave type out"
		}
		return fmt.Sprintf("write { column = %q, type = %q }", f.Column, wanted)
	}
	return "convert it in the query"
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
		c.warning(path, fmt.Sprintf("is an integer in the contract, and the column %q (%s) can hold fractions: such employees are blocked",
			column.Name, column.TypeName()),
			"convert it in the query if it never has any: "+column.Name+"::bigint")
	case bits > 32 && p.Schema.Format == "int32":
		c.warning(path, fmt.Sprintf("has at most 32 bits in the contract, and the column %q (%s) can hold more", column.Name, column.TypeName()),
			"")
	}
}

// null warns of NULLs that the contract refuses.
func (c *staticCheck) null(p *openapi.Property, f *mapping.Field, path string) {
	hint := `write null = "refuse" to have them told as missing values`
	switch {
	case f.Null == mapping.NullRefuse:
	case f.Null == mapping.NullOmit && p.Required:
		if p.Null {
			hint = `write null = "clear": the contract takes null`
		}
		c.warning(path, fmt.Sprintf("is required by the contract, and is left out where the column %q is NULL: such employees are blocked",
			f.Column), hint)
	case f.Null != mapping.NullOmit && !p.Null:
		if !p.Required {
			hint = `write null = "omit": the contract does not require it`
		}
		c.warning(path, fmt.Sprintf("is sent as null where the column %q is NULL, which the contract does not take: such employees are blocked",
			f.Column), hint)
	}
}
