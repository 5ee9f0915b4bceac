// Package openapi reads Swagger 2.0 and OpenAPI 3 documents (read.go) into a model of what concerns calls, their parameters
// and the JSON that they take (document.go), finds calls in it (find.go), and describes it to people (outline.go).
//
// Such documents come from outside: reading one fetches nothing, is bounded in size and depth, and ends in an error that says
// what is wrong, never in a panic.
package openapi

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"syncd/internal/hinted"
)

// Document is a contract once read: only what concerns calls, their parameters and the JSON that they take.
type Document struct {
	Version    string // "2.0", "3.0.3"
	Title      string
	Digest     string // SHA-256 of the canonical text, hex: neither white space nor the order of members counts
	Operations []*Operation
	Keys       []KeyScheme   // the apiKey security schemes
	Notes      []hinted.Fact // what was read but cannot be checked, with its place, and broken calls
}

// Operation is one call that the API offers.
type Operation struct {
	ID           string // "Salarie_Post"; "" = none
	Method       string // "POST"
	Path         string // with the base path: "/Api2/V2/Salarie"
	Base         string // what of Path the document's base path or server gives: "/Api2"; "" = nothing
	Summary      string
	Parameters   []Parameter // without the body; those of the path item included
	Body         *Schema     // of the JSON that it takes; nil = none, see Media
	Media        []string    // what it takes instead of JSON, sorted: "multipart/form-data"; nil without a Body = nothing at all
	JSONType     string      // the one media type of its JSON, where that is not application/json; "" = it takes that
	BodyRequired bool
	Answer       *Schema     // of the JSON that tells of success; nil = not told, or the call takes no JSON
	Keys         []KeyScheme // the apiKey security schemes that the call names
	// Broken is why it cannot be known what the call takes: it reaches a reference that leads nowhere, or out of the document.
	// The Method is "" where that hides which verbs there are. nil = all is known.
	Broken *ReadError
}

// Parameter is one parameter of an operation.
type Parameter struct {
	Name, In    string // In: "header", "query", "path"
	Required    bool
	Description string
	Schema      *Schema
}

// KeyScheme is an apiKey security scheme: where a key goes.
type KeyScheme struct{ Name, In string }

// Schema says which JSON values fit. Schemas of one document can refer to each other in circles; allOf is merged, and
// no member of a Schema changes once it was read.
type Schema struct {
	Name        string // of the definition that it comes from: "Salarie"; "" = none
	Description string

	Type     Type // TypeAny = the contract does not say
	Format   string
	Nullable bool // null fits wherever the schema stands
	ReadOnly bool

	Enum        []string // JSON texts in canonical form; nil = any value
	MinLength   int      // characters
	MaxLength   int      // -1 = no limit
	Pattern     *regexp.Regexp
	PatternText string // also of a pattern that Go cannot compile, which is then not checked

	Minimum, Maximum                   string // canonical decimals; "" = no limit
	ExclusiveMinimum, ExclusiveMaximum bool
	MultipleOf                         string // canonical decimal; "" = any

	Properties []Property // sorted by name, bytewise
	// Closed refuses members that Properties does not have (additionalProperties: false). Otherwise they fit, if Additional,
	// where there is one, takes their values.
	Closed     bool
	Additional *Schema // nil = any value
	// AdditionalNull reports whether null fits there as well: in Swagger 2.0 as for a member that is not required.
	AdditionalNull bool
	// Open tells that the contract says so itself (additionalProperties: true): what Properties does not have is not dropped.
	Open      bool
	Patterned []Patterned // members by their names (patternProperties), beside Properties

	Items       *Schema // of an array; nil = any
	MinItems    int
	MaxItems    int // -1 = no limit
	UniqueItems bool

	Alternatives []*Schema // anyOf and oneOf: one of them must fit as well; nil = none
	Also         []*Schema // each must fit as well: what allOf demands and one schema cannot contain, as a second pattern
	// Discriminator names the member whose value says which alternative is meant; nil = none.
	Discriminator *Discriminator

	Unchecked []hinted.Fact // what it demands and nobody checks, with its place
}

// Patterned are members whose names match a pattern.
type Patterned struct {
	Pattern *regexp.Regexp
	Null    bool // null fits, as for Property
	Schema  *Schema
}

// Discriminator is the member that tells alternatives apart.
type Discriminator struct {
	Property string
	Names    map[string]string // of the definition that a value means; what it does not have means the definition of its own name
}

// Property is one member of an object.
type Property struct {
	Name     string
	Required bool
	// Null reports whether null fits here. In Swagger 2.0, which has no word for it but x-nullable, whatever is not required may
	// be null as well: Swashbuckle does not write x-nullable, and ASP.NET takes null for a member that is left out.
	Null   bool
	Schema *Schema
}

// Type is a JSON type.
type Type string

const (
	TypeAny     Type = ""
	TypeString  Type = "string"
	TypeNumber  Type = "number"
	TypeInteger Type = "integer"
	TypeBoolean Type = "boolean"
	TypeObject  Type = "object"
	TypeArray   Type = "array"
)

// Property finds a member by its exact name; nil when there is none.
func (s *Schema) Property(name string) *Property {
	for i := range s.Properties {
		if s.Properties[i].Name == name {
			return &s.Properties[i]
		}
	}
	return nil
}

// FreeForm reports whether the schema says nothing about the members that an object has: then none is unknown.
func (s *Schema) FreeForm() bool {
	return len(s.Properties) == 0 && len(s.Patterned) == 0 && !s.Closed && len(s.Alternatives) == 0
}

// WhyBroken is why a broken call cannot be used, with its name.
func (o *Operation) WhyBroken() *ReadError {
	return &ReadError{hinted.Coded{Fact: at(o.CallName(), o.Broken.Fact), Next: o.Broken.Next}}
}

// TakesDocuments reports whether the call takes JSON objects. Derive tells of those that do not.
func (o *Operation) TakesDocuments() bool { return o.Body != nil && o.Body.Takes(TypeObject) }

// Lookup finds what a contract says of a member of an object, the alternatives included. known = false: the API would
// drop it, or refuse it. A nil property of a known member: any value fits.
func (s *Schema) Lookup(name string) (property *Property, known bool) {
	if property := s.Property(name); property != nil {
		return property, true
	}
	for _, alternative := range s.variants() {
		if property, known := alternative.Lookup(name); known {
			return property, true
		}
	}
	if other := s.Other(name); other != nil {
		return other, true
	}
	if s.Open && !s.Closed {
		return nil, true
	}
	return nil, s.FreeForm() && len(s.variants()) == 0 && (s.Type == TypeAny || s.Type == TypeObject)
}

// Other is what a contract says of a member that it does not name: by a pattern, or as of all others; nil = nothing.
func (s *Schema) Other(name string) *Property {
	for i := range s.Patterned {
		if p := &s.Patterned[i]; p.Pattern.MatchString(name) {
			return &Property{Name: name, Null: p.Null, Schema: p.Schema}
		}
	}
	if s.Additional != nil && !s.Closed {
		return &Property{Name: name, Null: s.AdditionalNull, Schema: s.Additional}
	}
	return nil
}

// variants are the alternatives of a schema, and those of what must fit as well.
func (s *Schema) variants() []*Schema {
	if len(s.Also) == 0 {
		return s.Alternatives
	}
	all := slices.Clone(s.Alternatives)
	for _, also := range s.Also {
		all = append(all, also.Alternatives...)
	}
	return all
}

// Takes reports whether a value of the JSON type can fit; a number counts for an integer.
func (s *Schema) Takes(want Type) bool {
	if s.Type != TypeAny && s.Type != want && (s.Type != TypeInteger || want != TypeNumber) {
		return false
	}
	return len(s.Alternatives) == 0 || slices.ContainsFunc(s.Alternatives, func(a *Schema) bool { return a.Takes(want) })
}

// Elements is the schema of an array's elements, in the alternatives too; nil = any value, or no array.
func (s *Schema) Elements() *Schema {
	if s.Items != nil {
		return s.Items
	}
	for _, alternative := range s.variants() {
		if alternative.Items != nil {
			return alternative.Items
		}
	}
	return nil
}

// Names are those of all members that the contract knows in an object, the alternatives included, sorted.
func (s *Schema) Names() []string {
	var names []string
	for _, property := range s.Members() {
		names = append(names, property.Name)
	}
	return names
}

// Members are all that an object can have, sorted by name. What only an alternative has is not required: another one may
// fit.
func (s *Schema) Members() []Property {
	variants := s.variants()
	if len(variants) == 0 {
		return s.Properties
	}
	all := slices.Clone(s.Properties)
	for _, alternative := range variants {
		for _, property := range alternative.Properties {
			if !slices.ContainsFunc(all, func(p Property) bool { return p.Name == property.Name }) {
				property.Required = false
				all = append(all, property)
			}
		}
	}
	slices.SortFunc(all, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Unchecked lists what the call demands of documents and nobody checks, each with its place, sorted by that. The API may refuse
// what syncd lets through.
func (o *Operation) Unchecked() (demands []hinted.Fact) {
	seen := map[*Schema]bool{}
	next := []*Schema{o.Body}
	for len(next) > 0 {
		s := next[len(next)-1]
		next = next[:len(next)-1]
		if s == nil || seen[s] || s.ReadOnly {
			continue
		}
		seen[s] = true
		demands = append(demands, s.Unchecked...)
		next = append(next, s.inner()...)
	}
	slices.SortFunc(demands, func(a, b hinted.Fact) int {
		return cmp.Or(cmp.Compare(fmt.Sprint(a.Args["where"]), fmt.Sprint(b.Args["where"])), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	return slices.CompactFunc(demands, func(a, b hinted.Fact) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
}

// inner are the schemas that a schema refers to.
func (s *Schema) inner() []*Schema {
	all := slices.Concat(s.Alternatives, s.Also, []*Schema{s.Items, s.Additional})
	for i := range s.Properties {
		all = append(all, s.Properties[i].Schema)
	}
	for i := range s.Patterned {
		all = append(all, s.Patterned[i].Schema)
	}
	return all
}
