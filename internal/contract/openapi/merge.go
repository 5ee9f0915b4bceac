package openapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/hinted"
)

type mergeState int

const (
	mergeWaiting mergeState = iota
	mergeUnderWay
	mergeDone
)

// finish reads the schemas that operations refer to and merges their parts. A merge can make new schemas, of members that
// several parts describe; they wait at the end of the list, so circles of members end.
func (r *reader) finish() {
	for len(r.unfilled) > 0 && r.err == nil {
		next := r.unfilled[len(r.unfilled)-1]
		r.unfilled = r.unfilled[:len(r.unfilled)-1]
		r.fill(next.schema, next.node)
	}
	for i := 0; i < len(r.schemas) && r.err == nil; i++ {
		r.merge(r.schemas[i])
	}
	for _, s := range r.schemas {
		r.weigh(s)
	}
	for _, s := range r.schemas {
		r.complete(s)
	}
}

// merge makes s what it and its parts say together.
func (r *reader) merge(s *Schema) {
	d := r.drafts[s]
	if d.state != mergeWaiting {
		return
	}
	d.state = mergeUnderWay
	own := s.Type != TypeAny
	s.Nullable = d.nullable == nullTaken
	var parts []*Schema
	for _, part := range d.parts {
		r.merge(part)
		if r.drafts[part].state == mergeUnderWay {
			r.note(at(d.where, hinted.Say("contract.allof-circle")))
			continue
		}
		parts = append(parts, part)
	}
	if len(parts) > 0 && r.err == nil {
		if d.nullable == nullUntold {
			s.Nullable = !own && !slices.ContainsFunc(parts, func(p *Schema) bool { return !r.takesNull(p) })
		}
		r.mergeMembers(s, parts)
		for _, part := range parts {
			r.mergeValue(s, part)
		}
	}
	d.state = mergeDone
}

// takesNull looks at a part of allOf: one that says nothing of types takes null too.
func (r *reader) takesNull(part *Schema) bool {
	return part.Nullable || part.Type == TypeAny && r.drafts[part].nullable != nullRefused
}

// mergeValue adds what a part says of values to s.
func (r *reader) mergeValue(s, part *Schema) {
	d := r.drafts[s]
	if s.Name == "" {
		s.Name = part.Name
	}
	if s.Description == "" {
		s.Description = part.Description
	}
	s.ReadOnly = s.ReadOnly || part.ReadOnly
	if d.nullable == nullUntold && r.drafts[part].nullable == nullRefused {
		d.nullable = nullRefused
	}
	r.mergeType(s, part)
	r.mergeEnum(s, part)
	mergeLimits(s, part)
	if part.Format != "" && s.Format != "" && part.Format != s.Format {
		r.also(s, func(other *Schema) { other.Format = part.Format })
	} else if s.Format == "" {
		s.Format = part.Format
	}
	if part.PatternText != "" && s.PatternText != "" && part.PatternText != s.PatternText {
		r.also(s, func(other *Schema) { other.Pattern, other.PatternText = part.Pattern, part.PatternText })
	} else if s.PatternText == "" {
		s.Pattern, s.PatternText = part.Pattern, part.PatternText
	}
	if part.MultipleOf != "" && s.MultipleOf != "" && part.MultipleOf != s.MultipleOf {
		r.also(s, func(other *Schema) { other.MultipleOf = part.MultipleOf })
	} else if s.MultipleOf == "" {
		s.MultipleOf = part.MultipleOf
	}
	if part.Alternatives != nil && s.Alternatives != nil {
		r.also(s, func(other *Schema) { other.Alternatives = part.Alternatives })
	} else if s.Alternatives == nil {
		s.Alternatives = part.Alternatives
	}
	r.spend(len(part.Also) + len(part.Unchecked) + len(part.Patterned))
	s.Unchecked = slices.Concat(s.Unchecked, part.Unchecked)
	s.Patterned = slices.Concat(s.Patterned, part.Patterned)
	s.Discriminator = cmp.Or(s.Discriminator, part.Discriminator)
	s.Also = slices.Concat(s.Also, part.Also)
	s.Items = r.bothOf(s.Items, part.Items)
	s.Additional = r.bothOf(s.Additional, part.Additional)
	s.Closed, s.Open = s.Closed || part.Closed, s.Open || part.Open
}

// mergeType gives up on types that contradict one another: then nothing would fit, and the API surely takes something.
func (r *reader) mergeType(s, part *Schema) {
	switch {
	case part.Type == TypeAny || part.Type == s.Type:
	case s.Type == TypeAny, s.Type == TypeNumber && part.Type == TypeInteger:
		s.Type = part.Type
	case s.Type == TypeInteger && part.Type == TypeNumber:
	default:
		r.leaveOut(s, "allof-types", "one", s.Type, "other", part.Type)
		s.Type = TypeAny
	}
}

func (r *reader) mergeEnum(s, part *Schema) {
	if s.Enum == nil || part.Enum == nil {
		if s.Enum == nil {
			s.Enum = part.Enum
		}
		return
	}
	r.spend(len(s.Enum) + len(part.Enum))
	listed := make(map[string]bool, len(part.Enum))
	for _, value := range part.Enum {
		listed[value] = true
	}
	var common []string
	for _, value := range s.Enum {
		if listed[value] {
			common = append(common, value)
		}
	}
	if common == nil {
		r.leaveOut(s, "allof-values")
	}
	s.Enum = common
}

func mergeLimits(s, part *Schema) {
	s.MinLength, s.MaxLength = max(s.MinLength, part.MinLength), fewest(s.MaxLength, part.MaxLength)
	s.MinItems, s.MaxItems = max(s.MinItems, part.MinItems), fewest(s.MaxItems, part.MaxItems)
	s.UniqueItems = s.UniqueItems || part.UniqueItems
	if Stricter(part.Minimum, part.ExclusiveMinimum, s.Minimum, 1) {
		s.Minimum, s.ExclusiveMinimum = part.Minimum, part.ExclusiveMinimum
	}
	if Stricter(part.Maximum, part.ExclusiveMaximum, s.Maximum, -1) {
		s.Maximum, s.ExclusiveMaximum = part.Maximum, part.ExclusiveMaximum
	}
}

// fewest is the smaller of two limits, of which -1 is none.
func fewest(a, b int) int {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// bothOf is a schema that demands what both demand; nil demands nothing.
func (r *reader) bothOf(a, b *Schema) *Schema {
	if a == nil || b == nil || a == b {
		if a == nil {
			return b
		}
		return a
	}
	return r.allOf([]*Schema{a, b})
}

// allOf is the schema of several that apply together, the same one for the same schemas. Those of an earlier call count
// as what they were made of, so that no circle makes new ones for ever.
func (r *reader) allOf(schemas []*Schema) *Schema {
	var parts []*Schema
	for _, s := range schemas {
		sources := []*Schema{s}
		if d := r.drafts[s]; d.made {
			sources = d.parts
		}
		for _, source := range sources {
			if source != r.anything && !slices.Contains(parts, source) {
				parts = append(parts, source)
			}
		}
	}
	switch len(parts) {
	case 0:
		return r.anything
	case 1:
		return parts[0]
	}
	slices.SortFunc(parts, func(a, b *Schema) int { return r.drafts[a].number - r.drafts[b].number })
	var key strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&key, "%d ", r.drafts[part].number)
	}
	if known := r.both[key.String()]; known != nil {
		return known
	}
	r.spend(len(parts))
	s := r.newSchema(r.drafts[parts[0]].where)
	r.drafts[s].parts, r.drafts[s].made = parts, true
	r.both[key.String()] = s
	return s
}

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

// complete says which members must be there and may be null, once all schemas are known.
func (r *reader) complete(s *Schema) {
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

// nullFits reports whether a schema itself takes null.
func (r *reader) nullFits(s *Schema) bool {
	if s.Nullable {
		return true
	}
	if s.Type != TypeAny || s.Enum != nil || r.drafts[s].nullable == nullRefused {
		return false
	}
	return len(s.Alternatives) == 0 || slices.ContainsFunc(s.Alternatives, r.nullFits)
}

// maxWays bounds in how many ways one value can be tried: alternatives of alternatives multiply, and each is tried for each
// document.
const maxWays = 200

const weighing = -1 // the schema is being weighed: an alternative leads back to it

// weigh counts the ways in which a value can fit s, itself included. An alternative that leads back to s says nothing and is
// left out; where there are too many ways, s takes what its own words allow. So alternatives end, and soon.
func (r *reader) weigh(s *Schema) int {
	d := r.drafts[s]
	if d.ways != 0 {
		return d.ways
	}
	d.ways = weighing
	ways := 1
	within := func(list []*Schema) []*Schema {
		var kept []*Schema
		for _, alternative := range list {
			n := r.weigh(alternative)
			if n == weighing {
				r.note(at(d.where, hinted.Say("contract.alternative-circle")))
				continue
			}
			ways, kept = min(ways+n, maxWays+1), append(kept, alternative)
		}
		return kept
	}
	s.Alternatives, s.Also = within(s.Alternatives), within(s.Also)
	if ways > maxWays {
		r.leaveOut(s, "many-alternatives")
		s.Alternatives, s.Also, ways = nil, nil, 1
	}
	d.ways = ways
	return ways
}
