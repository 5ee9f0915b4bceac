package contract

import "regexp"

// Document is a contract once read: only what concerns calls, their parameters and the JSON that they take.
type Document struct {
	Version    string // "2.0", "3.0.3"
	Title      string
	Digest     string // SHA-256 of the canonical text, hex: neither white space nor the order of members counts
	Operations []*Operation
	Keys       []KeyScheme // the apiKey security schemes
	Notes      []string    // what was read but cannot be checked: "Salarie.Nir: Go cannot read the pattern …", and broken calls
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
	// AdditionalNull tells whether null fits there as well: in Swagger 2.0 as for a member that is not required.
	AdditionalNull bool
	// Open tells that the contract says so itself (additionalProperties: true): what Properties does not have is not dropped.
	Open      bool
	Patterned []Patterned // members by their names (patternProperties), beside Properties

	Items       *Schema // of an array; nil = any
	MinItems    int
	MaxItems    int // -1 = no limit
	UniqueItems bool

	Alternatives []*Schema // anyOf and oneOf: one of them must fit as well; nil = none
	Also         []*Schema // each must fit as well: what allOf demands and one schema cannot hold, as a second pattern
	// Discriminator names the member whose value says which alternative is meant; nil = none.
	Discriminator *Discriminator

	Unchecked []string // what it demands and nobody checks, with its place: `Salarie.Nir: "not" is not checked`
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
	// Null tells whether null fits here. In Swagger 2.0, which has no word for it but x-nullable, whatever is not required may
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

// FreeForm tells whether the schema says nothing about the members that an object has: then none is unknown.
func (s *Schema) FreeForm() bool {
	return len(s.Properties) == 0 && len(s.Patterned) == 0 && !s.Closed && len(s.Alternatives) == 0
}
