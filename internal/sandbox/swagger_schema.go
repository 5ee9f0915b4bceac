package sandbox

func reference(definition string) object { return object{"$ref": "#/definitions/" + definition} }

// define adds the definition of m, an object or the objects of an array, and of those inside it. nullable: x-nullable
// says what Json.NET does anyway: a member that is not required may be null.
func (w *contractWriter) define(m *member, nullable bool) {
	properties := object{}
	var required []string
	for i := range m.members {
		inner := &m.members[i]
		p := schemaOf(inner)
		if _, isReference := p["$ref"]; nullable && !inner.required && !isReference { // Swagger 2.0 ignores what stands beside a $ref
			p["x-nullable"] = true
		}
		properties[inner.name] = p
		if inner.required {
			required = append(required, inner.name)
		}
		if inner.definition != "" {
			w.define(inner, nullable)
		}
	}
	definition := object{"type": "object", "properties": properties}
	if len(required) > 0 { // Swagger 2.0 refuses an empty list
		definition["required"] = required
	}
	if m.closed {
		definition["additionalProperties"] = false
	}
	w.definitions[m.definition] = definition
}

// schemaOf says of one member what the checker checks.
func schemaOf(m *member) object {
	p := object{"type": string(m.kind)}
	switch m.kind {
	case kindObject:
		return reference(m.definition)
	case kindArray:
		p["items"] = reference(m.definition)
		if m.maxItems > 0 {
			p["maxItems"] = m.maxItems
		}
	case kindNumber:
		p["format"] = "double"
	case kindInteger:
		p["format"] = "int32"
	case kindString:
		describeText(p, m)
	case kindBoolean:
	}
	if m.limits != nil {
		p["minimum"], p["maximum"] = m.limits.minimum, m.limits.maximum
	}
	return p
}

func describeText(p object, m *member) {
	if m.required && m.format == nil { // no format takes an empty text
		p["minLength"] = 1 // ASP.NET's [Required] refuses one
	}
	if m.maxLength > 0 {
		p["maxLength"] = m.maxLength
	}
	if m.enum != nil {
		p["enum"] = m.enum
	}
	if m.format != nil && m.format.name != "" {
		p["format"] = m.format.name
	}
	if m.format != nil && m.format.pattern != "" {
		p["pattern"] = m.format.pattern
	}
	if m.nomenclature != "" {
		p["description"] = "Code de la nomenclature " + m.nomenclature
	}
}
