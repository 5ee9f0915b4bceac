package sandbox

import (
	"slices"
	"strings"
)

// member is one member of a document: what the Swagger document says of it and what the call checks. One table serves
// both, so that they cannot disagree.
type member struct {
	name     string
	kind     kind
	required bool // otherwise it may be absent or null

	// Of a string.
	format       *format  // nil = any text
	maxLength    int      // characters; 0 = no limit
	enum         []string // nil = any value
	nomenclature string   // the code must be an active one of it; "" = not a code

	limits *limits // of an integer or a number; nil = any

	// Of an object, or of the objects of an array.
	members    []member
	closed     bool   // members that are not listed are refused; otherwise they are dropped silently, as Json.NET does
	definition string // name of that object in the Swagger document
	maxItems   int    // of an array; 0 = no limit
}

type kind string

const (
	kindString  kind = "string"
	kindNumber  kind = "number"
	kindInteger kind = "integer" // 32 bits
	kindBoolean kind = "boolean"
	kindObject  kind = "object"
	kindArray   kind = "array"
)

// limits are inclusive.
type limits struct{ minimum, maximum int }

// has tells whether a path of objects leads to a member.
func (m *member) has(path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	for i := range m.members {
		if inner := &m.members[i]; inner.name == name {
			return !deeper || inner.kind == kindObject && inner.has(rest)
		}
	}
	return false
}

// lists tells whether the object has a member of that name.
func (m *member) lists(name string) bool {
	return slices.ContainsFunc(m.members, func(inner member) bool { return inner.name == name })
}
