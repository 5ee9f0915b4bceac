package contract

import (
	"cmp"
	"slices"
)

func sortProperties(properties []Property) {
	slices.SortFunc(properties, func(a, b Property) int { return cmp.Compare(a.Name, b.Name) })
}

// mergeMembers gives s the members of all its parts. Those that only one part has are taken over as they are.
func (r *reader) mergeMembers(s *Schema, parts []*Schema) {
	var lists [][]Property
	total := 0
	for _, source := range append([]*Schema{s}, parts...) {
		if len(source.Properties) > 0 {
			lists = append(lists, source.Properties)
			total += len(source.Properties)
		}
	}
	if len(lists) == 0 {
		return
	}
	if len(lists) == 1 {
		s.Properties = lists[0]
		return
	}
	if r.spend(total); r.err != nil {
		return
	}
	s.Properties = r.joinMembers(slices.Concat(lists...))
}

// joinMembers makes one of members that have one name.
func (r *reader) joinMembers(all []Property) []Property {
	slices.SortStableFunc(all, func(a, b Property) int { return cmp.Compare(a.Name, b.Name) })
	var joined []Property
	for i := 0; i < len(all); {
		property := all[i]
		schemas := []*Schema{property.Schema}
		for i++; i < len(all) && all[i].Name == property.Name; i++ {
			property.Required = property.Required || all[i].Required
			schemas = append(schemas, all[i].Schema)
		}
		if len(schemas) > 1 {
			property.Schema = r.allOf(schemas)
		}
		joined = append(joined, property)
	}
	return joined
}

// settle says which members must be there and may be null, once all schemas are known.
func (r *reader) settle(s *Schema) {
	for i := range s.Properties {
		p := &s.Properties[i]
		inner := p.Schema
		// What is read-only is required of answers alone.
		p.Required = p.Required && !inner.ReadOnly
		p.Null = r.nullFits(inner) || r.swagger2 && !p.Required && r.drafts[inner].nullable != nullRefused
	}
	for i := range s.Patterned {
		p := &s.Patterned[i]
		p.Null = r.nullFits(p.Schema) || r.swagger2 && r.drafts[p.Schema].nullable != nullRefused
	}
	if inner := s.Additional; inner != nil {
		s.AdditionalNull = r.nullFits(inner) || r.swagger2 && r.drafts[inner].nullable != nullRefused
	}
}

// nullFits tells whether a schema itself takes null.
func (r *reader) nullFits(s *Schema) bool {
	if s.Nullable {
		return true
	}
	if s.Type != TypeAny || s.Enum != nil || r.drafts[s].nullable == nullRefused {
		return false
	}
	return len(s.Alternatives) == 0 || slices.ContainsFunc(s.Alternatives, r.nullFits)
}
