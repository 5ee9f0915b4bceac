package openapi

import (
	"encoding/json"
	"maps"
	"slices"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
)

// schema is the schema that a node describes. It is filled later, by finish.
func (r *reader) schema(node any, where string) *Schema {
	m, ok := node.(map[string]any)
	if !ok || r.err != nil {
		return r.anything // true, or a mistake of the contract
	}
	if ref, refers := m["$ref"].(string); refers && len(r.beside(m)) == 0 && !ignores(m) {
		return r.referred(ref)
	}
	s := r.newSchema(where)
	r.unfilled = append(r.unfilled, unfilled{s, m})
	return s
}

// beside is what of use stands beside a $ref. Before OpenAPI 3.1 the specifications ignore it all, but Swashbuckle writes
// some, and that tells what the API does.
func (r *reader) beside(m map[string]any) map[string]any {
	siblings := map[string]any{}
	for name, value := range m {
		if r.siblings && name != "$ref" || slices.Contains([]string{"description", "readOnly", "nullable", "x-nullable"}, name) {
			siblings[name] = value
		}
	}
	return siblings
}

// demands are the keywords that refuse values, and that are checked where they count.
var demands = []string{"type", "format", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
	"exclusiveMaximum", "multipleOf", "required", "properties", "patternProperties", "additionalProperties", "items", "minItems", "maxItems",
	"uniqueItems", "allOf", "anyOf", "oneOf"}

// unchecked are those that are not checked anywhere.
var unchecked = []string{"not", "if", "dependentRequired", "dependentSchemas", "dependencies", "propertyNames", "contains", "minProperties",
	"maxProperties", "unevaluatedProperties", "unevaluatedItems", "prefixItems"}

// among are the keywords of a list that a schema has, other than those that say nothing.
func among(keywords []string, m map[string]any) (found []string) {
	for _, name := range keywords {
		if value, has := m[name]; has && value != true && value != json.Number("0") {
			found = append(found, name)
		}
	}
	return found
}

func ignores(m map[string]any) bool { return len(among(demands, m))+len(among(unchecked, m)) > 0 }

// leaveOut says of a schema what it demands and nobody checks.
func (r *reader) leaveOut(s *Schema, code string, namesAndValues ...any) {
	note := at(r.drafts[s].where, hinted.Say("contract."+code, namesAndValues...))
	r.note(note)
	s.Unchecked = append(s.Unchecked, note)
}

// fill reads what a node says into its schema.
func (r *reader) fill(s *Schema, m map[string]any) {
	d := r.drafts[s]
	if ref, refers := m["$ref"].(string); refers {
		d.parts = append(d.parts, r.referred(ref))
		siblings := r.beside(m)
		if ignored := append(among(demands, m), among(unchecked, m)...); len(ignored) > 0 && !r.siblings {
			r.leaveOut(s, "unchecked-beside", "names", ignored)
		}
		m = siblings
	}
	s.Description, s.Format, s.ReadOnly = OneLine(textIn(m, "description")), OneLine(textIn(m, "format")), isTrue(m, "readOnly")
	r.fillType(s, d, m)
	r.fillEnum(s, d, m)
	r.fillLimits(s, m)
	r.fillPattern(s, m)
	r.fillMembers(s, d, m)
	if items, has := m["items"]; has {
		s.Items = r.schema(items, d.where+"[]")
	}
	for _, part := range listIn(m, "allOf") {
		d.parts = append(d.parts, r.schema(part, d.where))
	}
	r.fillAlternatives(s, d, listIn(m, "anyOf"))
	r.fillAlternatives(s, d, listIn(m, "oneOf"))
	if told := objectIn(m, "discriminator"); textIn(told, "propertyName") != "" && s.Alternatives != nil {
		s.Discriminator = discriminator(told)
	}
	for _, name := range among(unchecked, m) {
		r.leaveOut(s, "unchecked", "name", name)
	}
}

// discriminator reads which definition each value means: a mapping names it by a $ref, or bare.
func discriminator(told map[string]any) *Discriminator {
	d := &Discriminator{Property: textIn(told, "propertyName"), Names: map[string]string{}}
	for value, ref := range objectIn(told, "mapping") {
		name, _ := ref.(string)
		d.Names[value] = definitionName(name)
	}
	return d
}

// fillType reads the type. OpenAPI 3.1 lists several, and null among them.
func (r *reader) fillType(s *Schema, d *draft, m map[string]any) {
	var types []Type
	if name := textIn(m, "type"); name != "" {
		types = append(types, Type(name))
	}
	for _, name := range listIn(m, "type") {
		if text, _ := name.(string); text == "null" {
			d.nullable = nullTaken
		} else {
			types = append(types, Type(text))
		}
	}
	switch {
	case r.swagger2 && len(types) == 1 && types[0] == TypeObject && !tellsMembers(m): // any value
	case len(types) == 1 && knownType(types[0]):
		s.Type = types[0]
	case len(types) > 0:
		r.leaveOut(s, "unchecked-type")
	case m["properties"] != nil || m["additionalProperties"] != nil:
		s.Type = TypeObject
	case m["items"] != nil:
		s.Type = TypeArray
	}
	for _, name := range []string{"nullable", "x-nullable"} {
		if taken, told := m[name].(bool); told && taken {
			d.nullable = nullTaken
		} else if told {
			d.nullable = nullRefused
		}
	}
}

// tellsMembers reports whether an object's schema says anything of its members. One that does not is, in Swagger 2.0, how
// Swashbuckle 5 writes the object of C#: any JSON value.
func tellsMembers(m map[string]any) bool {
	for _, name := range []string{"additionalProperties", "allOf", "anyOf", "oneOf", "required", "minProperties",
		"maxProperties", "discriminator"} {
		if _, has := m[name]; has {
			return true
		}
	}
	return len(objectIn(m, "properties")) > 0
}

func knownType(t Type) bool {
	switch t {
	case TypeString, TypeNumber, TypeInteger, TypeBoolean, TypeObject, TypeArray:
		return true
	case TypeAny:
	}
	return false
}

func (r *reader) fillEnum(s *Schema, d *draft, m map[string]any) {
	values := listIn(m, "enum")
	if only, told := m["const"]; told {
		values = []any{only}
	}
	r.spend(len(values))
	seen := make(map[string]bool, len(values))
	for _, value := range values {
		if value == nil {
			d.nullable = nullTaken
		}
		if text := string(canonjson.AppendAny(nil, value)); !seen[text] {
			seen[text] = true
			s.Enum = append(s.Enum, text)
		}
	}
}

func (r *reader) fillLimits(s *Schema, m map[string]any) {
	s.MinLength, s.MaxLength = countAt(m, "minLength", 0), countAt(m, "maxLength", -1)
	s.MinItems, s.MaxItems = countAt(m, "minItems", 0), countAt(m, "maxItems", -1)
	s.UniqueItems = isTrue(m, "uniqueItems")
	s.Minimum, s.ExclusiveMinimum = decimalAt(m, "minimum"), isTrue(m, "exclusiveMinimum")
	s.Maximum, s.ExclusiveMaximum = decimalAt(m, "maximum"), isTrue(m, "exclusiveMaximum")
	if limit := decimalAt(m, "exclusiveMinimum"); limit != "" { // OpenAPI 3.1
		s.Minimum, s.ExclusiveMinimum = limit, true
	}
	if limit := decimalAt(m, "exclusiveMaximum"); limit != "" {
		s.Maximum, s.ExclusiveMaximum = limit, true
	}
	if step := decimalAt(m, "multipleOf"); step != "" && step != "0" && step[0] != '-' {
		s.MultipleOf = step
	}
}

// decimalAt reads a number, exactly, as a canonical decimal; "" where there is none.
func decimalAt(m map[string]any, name string) string {
	if _, text := m[name].(string); text {
		return ""
	}
	decimal, _ := canonjson.AppendDecimal(nil, []byte(scalarText(m[name])))
	return string(decimal)
}

func (r *reader) fillMembers(s *Schema, d *draft, m map[string]any) {
	required := map[string]bool{}
	for _, name := range listIn(m, "required") {
		if text, ok := name.(string); ok {
			required[text] = true
		}
	}
	described := objectIn(m, "properties")
	for _, name := range sortedNames(described) {
		inner := r.schema(described[name], Below(d.where, name))
		s.Properties = append(s.Properties, Property{Name: name, Required: required[name], Schema: inner})
	}
	for name := range required {
		if _, has := described[name]; !has {
			s.Properties = append(s.Properties, Property{Name: name, Required: true, Schema: r.anything})
		}
	}
	r.spend(len(s.Properties))
	sortProperties(s.Properties)
	switch additional := m["additionalProperties"].(type) {
	case bool:
		s.Closed, s.Open = !additional, additional
	case map[string]any:
		if s.Open = len(additional) == 0; !s.Open {
			s.Additional = r.schema(additional, Below(d.where, "*"))
		}
	}
	r.fillPatterned(s, d, objectIn(m, "patternProperties"))
}

// fillPatterned reads members that are known by patterns of their names. Where one cannot be read, any name may be of it.
func (r *reader) fillPatterned(s *Schema, d *draft, described map[string]any) {
	r.spend(len(described))
	for _, text := range sortedNames(described) {
		p := r.pattern(text)
		if p.compiled == nil {
			r.leaveOut(s, p.why(), "pattern", named(text))
			s.Closed, s.Open, s.Additional = false, true, nil
			continue
		}
		s.Patterned = append(s.Patterned, Patterned{Pattern: p.compiled, Schema: r.schema(described[text], Below(d.where, "/"+text+"/"))})
	}
}

// Below is the path of a member below another; where "" = at the top.
func Below(where, name string) string {
	if where == "" {
		return name
	}
	return where + "." + name
}

// fillAlternatives reads anyOf or oneOf. A single alternative, as generators write it around a $ref, is a part like those
// of allOf.
func (r *reader) fillAlternatives(s *Schema, d *draft, nodes []any) {
	var alternatives []*Schema
	for _, node := range nodes {
		if m, ok := node.(map[string]any); ok && textIn(m, "type") == "null" {
			d.nullable = nullTaken // OpenAPI 3.1
			continue
		}
		alternatives = append(alternatives, r.schema(node, d.where))
	}
	switch {
	case len(alternatives) == 0:
	case len(alternatives) == 1:
		d.parts = append(d.parts, alternatives[0])
	case s.Alternatives == nil:
		s.Alternatives = alternatives
	default:
		r.also(s, func(other *Schema) { other.Alternatives = alternatives })
	}
}

// also demands something more of s that it cannot contain itself.
func (r *reader) also(s *Schema, demand func(*Schema)) {
	other := r.newSchema(r.drafts[s].where)
	demand(other)
	s.Also = append(s.Also, other)
}

// sortedNames makes what is read from a map independent of its order.
func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
