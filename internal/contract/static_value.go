package contract

import (
	"fmt"
	"strings"

	"syncd/internal/mapping"
)

// value is about a field that is mapped to a member.
func (c *staticCheck) value(p *Property, f *mapping.Field, path string) {
	if f.Value != nil {
		c.constant(p, f, path)
		return
	}
	column := columnNamed(c.columns, f.Column)
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
func (c *staticCheck) constant(p *Property, f *mapping.Field, path string) {
	value, err := f.ConstantJSON(c.params)
	if err != nil {
		return // package mapping tells it
	}
	for _, problem := range NewChecker(p.Schema).Check(value) {
		c.error(path, "has a constant that the contract refuses: "+refusal(problem), c.constantHint(p, f))
	}
}

// constantHint names the type, or the spelling, in which the contract takes a constant.
func (c *staticCheck) constantHint(p *Property, f *mapping.Field) string {
	text, isText := f.Value.(string)
	if parameter := isText && strings.HasPrefix(text, "@"); parameter {
		return "correct the value, or the type that it is sent as"
	}
	checker := NewChecker(p.Schema)
	shown := fmt.Sprint(f.Value)
	if isText {
		shown = tomlString(text)
	}
	for _, kind := range []mapping.Type{mapping.TypeString, mapping.TypeNumber, mapping.TypeBoolean} {
		other := &mapping.Field{Value: f.Value, Type: kind}
		if value, err := other.ConstantJSON(c.params); err == nil && checker.Check(value) == nil {
			return fmt.Sprintf("write { value = %s, type = %q }", shown, kind)
		}
	}
	if listed := listedAs(p.Schema, text); isText && listed != "" {
		return fmt.Sprintf("write { value = %s }", tomlString(listed))
	}
	return "correct the value, or the type that it is sent as"
}

// refusal says in words why the contract refuses a value; the value itself is not told.
func refusal(p mapping.Problem) string {
	switch p.Code {
	case mapping.ProblemWrongType:
		return fmt.Sprintf("it must be of the type %s, not %s", p.Want, p.Got)
	case mapping.ProblemWrongFormat:
		return fmt.Sprintf("it must have the format %s", tidy(p.Want))
	case mapping.ProblemTooLong:
		return fmt.Sprintf("it has %s characters, and %s are allowed", p.Got, p.Want)
	case mapping.ProblemTooShort:
		return fmt.Sprintf("it has %s characters, and needs %s", p.Got, p.Want)
	case mapping.ProblemOutOfRange:
		return fmt.Sprintf("it must be %s", p.Want)
	case mapping.ProblemNotListed:
		return fmt.Sprintf("it must be one of %s", tidy(p.Want))
	case mapping.ProblemNoMatch:
		return fmt.Sprintf("it must match %s", tidy(p.Want))
	case mapping.ProblemNoAlternative:
		return "it fits none of the alternatives"
	default:
		return string(p.Code)
	}
}

// jsonTypes gives the contract's word for what a field becomes.
var jsonTypes = map[mapping.Type]Type{mapping.TypeString: TypeString, mapping.TypeNumber: TypeNumber, mapping.TypeBoolean: TypeBoolean}

// fitsType compares JSON types. It reports one that never fits, and returns false.
func (c *staticCheck) fitsType(p *Property, f *mapping.Field, column *mapping.Column, kind mapping.Type, path string) bool {
	is := jsonTypes[kind]
	if is == TypeAny {
		return true // a json column holds what it holds, and without a column nothing is known
	}
	if p.Schema.takes(is) {
		c.wholeNumbers(p, f, column, is, path)
		return true
	}
	if p.Schema.takes(TypeObject) || p.Schema.takes(TypeArray) {
		c.error(path, fmt.Sprintf("is %s in the contract, but is mapped to a single value", p.Schema.kind()), structureHint(p, path))
		return false
	}
	source := "the field is sent as"
	if column != nil {
		source = fmt.Sprintf("the column %q (%s) is sent as", column.Name, column.TypeName())
	}
	hint := typeHint(p, f, column)
	if p.Schema.Enum != nil {
		hint += fmt.Sprintf("; it takes one of %s: convert other values in the query", tidy(shownValues(p.Schema.Enum)))
	}
	c.error(path, fmt.Sprintf("is %s in the contract, but %s a %s", p.Schema.kind(), source, is), hint)
	return false
}

func structureHint(p *Property, path string) string {
	if p.Schema.takes(TypeArray) {
		return fmt.Sprintf("map its elements with [[job.children]] and path = %q", path)
	}
	if members := p.Schema.members(); len(members) > 0 {
		return fmt.Sprintf("map its members, such as %q", tidy(joined(path, members[0].Name)))
	}
	return "map its members, or a column of type json"
}

// typeHint names the setting that makes a column fit.
func typeHint(p *Property, f *mapping.Field, column *mapping.Column) string {
	if column == nil {
		return "correct the type of the field"
	}
	if wanted, ok := conversion(p.Schema, *column); ok {
		if wanted == mapping.TypeAuto {
			return "leave type out"
		}
		return fmt.Sprintf("write { column = %q, type = %q }", f.Column, wanted)
	}
	return "convert it in the query"
}

// conversion finds how a column can be sent so that the type fits.
func conversion(s *Schema, column mapping.Column) (mapping.Type, bool) {
	for _, kind := range []mapping.Type{mapping.TypeAuto, mapping.TypeString, mapping.TypeNumber, mapping.TypeBoolean} {
		f := &mapping.Field{Column: column.Name, Type: kind}
		if !f.Converts(column) {
			continue
		}
		is := jsonTypes[f.JSONType(column)]
		if is != TypeAny && s.takes(is) || is == TypeAny && (s.takes(TypeObject) || s.takes(TypeArray)) {
			return kind, true
		}
	}
	return mapping.TypeAuto, false
}

// wholeNumbers warns of numbers that may have a fraction, or be too large, where the contract takes integers.
func (c *staticCheck) wholeNumbers(p *Property, f *mapping.Field, column *mapping.Column, is Type, path string) {
	if is != TypeNumber || p.Schema.Type != TypeInteger || column == nil {
		return
	}
	bits, whole := column.Whole()
	switch {
	case !whole:
		c.warning(path, fmt.Sprintf("is an integer in the contract, and the column %q (%s) can hold fractions: such employees are blocked", column.Name, column.TypeName()),
			"convert it in the query if it never has any: "+column.Name+"::bigint")
	case bits > 32 && p.Schema.Format == "int32":
		c.warning(path, fmt.Sprintf("has at most 32 bits in the contract, and the column %q (%s) can hold more", column.Name, column.TypeName()), "")
	}
}

// null warns of NULLs that the contract refuses.
func (c *staticCheck) null(p *Property, f *mapping.Field, path string) {
	hint := `write null = "refuse" to have them told as missing values`
	switch {
	case f.Null == mapping.NullRefuse:
	case f.Null == mapping.NullOmit && p.Required:
		if p.Null {
			hint = `write null = "clear": the contract takes null`
		}
		c.warning(path, fmt.Sprintf("is required by the contract, and is left out where the column %q is NULL: such employees are blocked", f.Column), hint)
	case f.Null != mapping.NullOmit && !p.Null:
		if !p.Required {
			hint = `write null = "omit": the contract does not require it`
		}
		c.warning(path, fmt.Sprintf("is sent as null where the column %q is NULL, which the contract does not take: such employees are blocked", f.Column), hint)
	}
}
