package contract

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Bounds of what is kept. A contract can say much with few words: allOf copies members.
const (
	maxSchemas    = 50_000
	maxProperties = 1_000_000 // members and enum values, copies included
	maxNotes      = 100
)

// reader turns a decoded document into operations and schemas. Only what operations refer to is read, definitions first
// as empty schemas, so that they can refer to one another in circles; finish fills them.
type reader struct {
	root     map[string]any
	swagger2 bool
	siblings bool       // what stands beside a $ref counts: OpenAPI 3.1
	err      *ReadError // the first that occurred; from then on nothing more is read
	broken   *ReadError // the first reference of the call that is being read which leads nowhere
	notes    []string
	noted    map[string]bool

	schemas    []*Schema
	drafts     map[*Schema]*draft
	byRef      map[string]*Schema
	responses  map[*Operation]map[string]any // of the calls that take JSON
	roots      map[*Operation][]*Schema      // what a call refers to itself
	unread     []unread
	anything   *Schema // of a member that is required and not described
	both       map[string]*Schema
	properties int

	patterns map[string]pattern
	parsing  int // effort spent on them
	compiled int // bytes that they take, about
}

// draft is what is known of a schema only while it is read.
type draft struct {
	number   int
	where    string    // "Salarie.Adresse", for notes
	parts    []*Schema // allOf; what stands in the schema itself applies as well
	made     bool      // by allOf, of its parts alone
	nullable nullable
	state    mergeState
	ways     int        // in which a value can fit; 0 = not counted yet
	broken   *ReadError // the reference that it is leads nowhere
}

type nullable int

const (
	nullUntold nullable = iota
	nullTaken
	nullRefused
)

type unread struct {
	schema *Schema
	node   map[string]any
}

func newReader(root map[string]any) *reader {
	r := &reader{
		root:      root,
		noted:     map[string]bool{},
		drafts:    map[*Schema]*draft{},
		byRef:     map[string]*Schema{},
		responses: map[*Operation]map[string]any{},
		roots:     map[*Operation][]*Schema{},
		both:      map[string]*Schema{},
		patterns:  map[string]pattern{},
	}
	r.anything = r.newSchema("")
	return r
}

// newSchema makes a schema that takes anything.
func (r *reader) newSchema(where string) *Schema {
	if len(r.schemas) >= maxSchemas {
		r.fail(fmt.Sprintf("the calls of the contract need more than %d schemas", maxSchemas), hintAsk)
		return r.schemas[0]
	}
	s := &Schema{MaxLength: -1, MaxItems: -1}
	r.drafts[s] = &draft{number: len(r.schemas), where: where}
	r.schemas = append(r.schemas, s)
	return s
}

// spend counts members and enum values that are kept.
func (r *reader) spend(count int) {
	if r.properties += count; r.properties > maxProperties {
		r.fail(fmt.Sprintf("the schemas of the contract have more than %d members", maxProperties), hintAsk)
	}
}

func (r *reader) fail(problem, hint string) {
	if r.err == nil {
		r.err = &ReadError{problem, hint}
	}
}

// note keeps what was read but cannot be checked; each once.
func (r *reader) note(where, text string) {
	if where != "" {
		text = oneLine(where) + ": " + text
	}
	if r.noted[text] || len(r.notes) == maxNotes {
		return
	}
	r.noted[text] = true
	r.notes = append(r.notes, text)
}

// Access to decoded values. What has another type than the specification says counts as absent.

func objectIn(m map[string]any, name string) map[string]any {
	object, _ := m[name].(map[string]any)
	return object
}

func listIn(m map[string]any, name string) []any {
	list, _ := m[name].([]any)
	return list
}

func textIn(m map[string]any, name string) string {
	text, _ := m[name].(string)
	return text
}

func isTrue(m map[string]any, name string) bool {
	value, _ := m[name].(bool)
	return value
}

// countAt reads a length or count; otherwise where there is none, or none that can be.
func countAt(m map[string]any, name string, otherwise int) int {
	count, err := strconv.ParseFloat(scalarText(m[name]), 64)
	if err != nil || count < 0 || count > 1<<31 {
		return otherwise
	}
	return int(count)
}

// scalarText is a string or number as it is written.
func scalarText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return ""
}
