// Package check compares with a contract what syncd sends: each document before it leaves (document.go), and, before a
// month is at stake, the call as it is configured (call.go), a job's mapping (mapping.go) and the rules for answers
// (answer.go).
package check

import (
	"regexp"
	"slices"
	"sync"

	"syncd/internal/contract/openapi"
	"syncd/internal/mapping"
)

// maxProblems is the most that are told of one document.
const maxProblems = 100

// Checker checks documents by the schema of a body. A document that fits costs no allocation: its bytes are walked along
// the sorted members of the schema, and nothing is decoded. It is safe for concurrent use.
type Checker struct {
	root  *rule
	walks sync.Pool // of *walk
}

// NewChecker prepares the check of documents; a nil body takes any.
func NewChecker(body *openapi.Schema) *Checker {
	rules := map[*openapi.Schema]*rule{}
	c := &Checker{root: ruleOf(body, rules)}
	c.walks.New = func() any { return &walk{path: make([]waypoint, 0, 32)} }
	return c
}

// Check tells what of a document in canonical form the API would refuse: at most 100 problems, nil = it fits. The paths
// are JSON pointers. What is not JSON gives any result, but an end.
func (c *Checker) Check(document []byte) []mapping.Problem {
	if c.root == nil {
		return nil
	}
	w := c.walks.Get().(*walk)
	w.begin(document)
	w.value(c.root, 0, false)
	problems := w.problems
	w.end()
	c.walks.Put(w)
	return problems
}

// rule is a Schema made ready to be walked.
type rule struct {
	name     openapi.Type // as problems tell it
	kinds    kind         // that fit
	integer  bool
	nullable bool
	bare     bool // nothing but the kind is to be checked

	format       format
	formatName   string
	minLength    int
	maxLength    int
	pattern      *regexp.Regexp
	patternText  string
	enum         []string // sorted
	enumShown    []string // as the contract lists them
	minimum      string
	maximum      string
	minExclusive bool
	maxExclusive bool
	step         *openapi.Step
	stepText     string

	members    []memberRule // sorted by name
	closed     bool
	additional *rule
	othersNull bool // additional takes null
	patterned  []patternRule

	items    *rule
	minItems int
	maxItems int
	unique   bool

	alternatives []*rule
	also         []*rule
	title        string // of the definition; "" = none
	tags         []tag  // of the alternatives
}

// patternRule is about members whose names match.
type patternRule struct {
	pattern *regexp.Regexp
	null    bool
	rule    *rule
}

type memberRule struct {
	name     string
	required bool
	null     bool
	rule     *rule
}

// kind is a set of kinds of JSON values.
type kind uint8

const (
	kindText kind = 1 << iota
	kindNumber
	kindBoolean
	kindObject
	kindArray
	kindNull
	kindAny = kindText | kindNumber | kindBoolean | kindObject | kindArray | kindNull
)

var kindsOf = map[openapi.Type]kind{
	openapi.TypeAny: kindAny, openapi.TypeString: kindText, openapi.TypeNumber: kindNumber, openapi.TypeInteger: kindNumber,
	openapi.TypeBoolean: kindBoolean, openapi.TypeObject: kindObject, openapi.TypeArray: kindArray,
}

// ruleOf makes the rule of a schema, once each, so that circles stay circles.
func ruleOf(s *openapi.Schema, rules map[*openapi.Schema]*rule) *rule {
	if s == nil {
		return nil
	}
	if known := rules[s]; known != nil {
		return known
	}
	r := &rule{
		name: s.Type, kinds: kindsOf[s.Type], integer: s.Type == openapi.TypeInteger, nullable: s.Nullable,
		format: formatOf(s.Format), formatName: s.Format,
		minLength: s.MinLength, maxLength: s.MaxLength, pattern: s.Pattern, patternText: s.PatternText,
		enum: slices.Sorted(slices.Values(s.Enum)), enumShown: s.Enum,
		minimum: s.Minimum, maximum: s.Maximum, minExclusive: s.ExclusiveMinimum, maxExclusive: s.ExclusiveMaximum,
		stepText: s.MultipleOf, closed: s.Closed, othersNull: s.AdditionalNull,
		minItems: s.MinItems, maxItems: s.MaxItems, unique: s.UniqueItems, title: s.Name,
	}
	rules[s] = r
	if s.MultipleOf != "" {
		r.step = openapi.NewStep(s.MultipleOf)
	}
	r.additional, r.items = ruleOf(s.Additional, rules), ruleOf(s.Items, rules)
	for _, p := range s.Properties {
		r.members = append(r.members, memberRule{p.Name, p.Required, p.Null, ruleOf(p.Schema, rules)})
	}
	for _, p := range s.Patterned {
		r.patterned = append(r.patterned, patternRule{p.Pattern, p.Null, ruleOf(p.Schema, rules)})
	}
	for _, alternative := range s.Alternatives {
		r.alternatives = append(r.alternatives, ruleOf(alternative, rules))
	}
	for _, other := range s.Also {
		r.also = append(r.also, ruleOf(other, rules))
	}
	r.tags = tagsOf(s, r.alternatives)
	r.bare = r.format == formatNone && r.minLength == 0 && r.maxLength < 0 && r.pattern == nil && r.enum == nil &&
		r.minimum == "" && r.maximum == "" && r.step == nil && !r.integer && r.alternatives == nil && r.also == nil
	return r
}
