// Package mapping turns the rows of staging into the documents that are sent: compiled once per run to a flat list of
// operations, so that a document costs a few appends into a reused buffer. It is pure: no I/O, no clock.
//
// Documents are JSON in canonical form: members sorted by name (bytewise), numbers as canonical decimals ("75.00" is
// written 75), no insignificant white space, children sorted by business key and then by content. What is sent is the
// canonical form itself, so a fingerprint of the sent bytes is a fingerprint of the meaning.
package mapping

// Column describes one column of a result as Postgres reports it.
type Column struct {
	Name   string
	Type   uint32   // OID of the type; domains arrive as their base type
	Length int      // characters that varchar(n) or char(n) can hold; 0 = any number
	Info   TypeInfo // of types that are not IsBuiltIn
}

// Null says what a field does when its column is NULL. A text that shows nothing (Blank) is no value either: it is left out
// or refused as NULL is; NullClear sends it as it stands, for an empty text clears as well.
type Null string

const (
	NullClear  Null = "clear"  // send null (the default: a document states the whole truth)
	NullOmit   Null = "omit"   // leave the member out
	NullRefuse Null = "refuse" // block the employee: the value is required
)

// Type overrides the JSON type that a column's Postgres type gives.
type Type string

const (
	TypeAuto    Type = ""        // from the column
	TypeString  Type = "string"  // numbers and booleans quoted
	TypeNumber  Type = "number"  // text that must be a decimal
	TypeBoolean Type = "boolean" // text or integer that must be a boolean
)

// Field maps one member of the document.
type Field struct {
	Path       string // member names joined by dots: "Adresse.CodePostal"
	Column     string // the column it comes from; empty when Value is set
	Value      any    // a constant (string, bool, int64, float64 as decimal string), or "@name" for a run parameter
	Dictionary string // nomenclature that the value must be an active code of; "" = none
	Sensitive  bool   // never shown: diffs and messages say "masked"
	Null       Null   // "" = NullClear
	Type       Type
	Kind       Kind // of its values, as its names tell: an IBAN and a NIR are never shown, like what is sensitive
}

// Children maps the rows of one child query to an array of the document.
type Children struct {
	Path   string // where the array goes: "Elements"
	Key    string // member of the child that names it in a diff ("Code"); repeats are allowed
	Fields []Field
}

// Spec is the mapping as configured.
type Spec struct {
	Fields   []Field
	Children []Children
}

// Shape is what the configured queries really return.
type Shape struct {
	Employee []Column
	Children [][]Column // one per Spec.Children, in order
}

// Entry is one code of a nomenclature.
type Entry struct {
	Code   string
	Label  string
	Active bool
}

// Dictionaries are the nomenclatures of one target by name, then by code.
type Dictionaries map[string]map[string]Entry

// Params are the run's parameters that queries and constants can name with an @: dossier, siret, period ("2026-11"),
// period_start ("2026-11-01"), period_end ("2026-11-30").
type Params map[string]string

// ProblemCode names why an employee cannot be sent.
type ProblemCode string

const (
	ProblemUnknownCode     ProblemCode = "unknown-code"      // not in its nomenclature
	ProblemWithdrawnCode   ProblemCode = "withdrawn-code"    // in its nomenclature, no longer active
	ProblemMissingValue    ProblemCode = "missing-value"     // NULL, or nothing to be seen, where null = "refuse"
	ProblemBadValue        ProblemCode = "bad-value"         // does not fit the type: NaN, not a number, invalid UTF-8, half a character
	ProblemControl         ProblemCode = "control-character" // a text with a control character that is neither a tab nor the end of a line; Got: "U+0007"
	ProblemTooLarge        ProblemCode = "too-large"         // the document exceeds MaxDocument
	ProblemMissingKey      ProblemCode = "missing-key"       // employee row without a matricule
	ProblemBadKey          ProblemCode = "bad-key"           // a matricule that KeyFits refuses
	ProblemDuplicateKey    ProblemCode = "duplicate-key"     // two employee rows with one matricule
	ProblemMissingEmployee ProblemCode = "missing-employee"  // elements whose employee is not in staging

	// What the API's contract refuses. Path is a JSON pointer into the document, Want what would fit, Got the shape of what
	// is there.
	ProblemWrongType     ProblemCode = "wrong-type"     // Want, Got: JSON types: "string", "number", "integer", "null", …
	ProblemRequired      ProblemCode = "required"       // a member that the contract requires is absent, or a text that shows nothing; Want: its type
	ProblemWrongFormat   ProblemCode = "wrong-format"   // Want: "date", "date-time", "uuid", "int32", …
	ProblemTooLong       ProblemCode = "too-long"       // Want: the most characters; Got: how many there are
	ProblemTooShort      ProblemCode = "too-short"      // Want: the fewest characters; Got: how many there are
	ProblemOutOfRange    ProblemCode = "out-of-range"   // Want: "<= 100", "> 0", "multiple of 0.01"
	ProblemNotListed     ProblemCode = "not-listed"     // Want: the first values that the contract lists, joined by ", "
	ProblemNoMatch       ProblemCode = "no-match"       // Want: the pattern
	ProblemUnknownMember ProblemCode = "unknown-member" // the contract allows no member of that name; Want: the nearest one
	ProblemItemCount     ProblemCode = "item-count"     // of an array. Want: "<= 10", ">= 1", "unique"; Got: how many
	ProblemNoAlternative ProblemCode = "no-alternative" // none of several schemas (anyOf, oneOf) takes the value
)

// MaxDocument is the size in bytes above which a document is blocked instead of sent.
const MaxDocument = 1 << 20

// Problem is one reason why an employee is blocked. Value is masked when the field is sensitive or the value is a
// valid NIR or IBAN, and cut to 80 characters.
type Problem struct {
	Code       ProblemCode `json:"code"`
	Path       string      `json:"path,omitempty"`   // "Contrat.CodeNature", "Elements[2].Code" (0-based row); "/Elements/2/Code" (in the document)
	Column     string      `json:"column,omitempty"` // the staging column to mend
	Value      string      `json:"value,omitempty"`
	Dictionary string      `json:"dictionary,omitempty"`
	Nearest    []Nearest   `json:"nearest,omitempty"` // at most three, nearest first
	Count      int         `json:"count,omitempty"`   // rows concerned, where that is more than one
	Want       string      `json:"want,omitempty"`    // what would fit, where the contract tells
	Got        string      `json:"got,omitempty"`     // the shape of what is there, never the value itself
	Why        Why         `json:"why,omitempty"`     // which of the reasons that the code has; "" = it has one, or it is not known
	Branch     string      `json:"branch,omitempty"`  // of several forms that the contract takes, the one that was meant: "Contrat_CDD", "#2"
}

// Nearest is a code that may have been meant.
type Nearest struct {
	Code  string `json:"code"`
	Label string `json:"label,omitempty"`
}

// Change is one difference between two documents, or between a document and nothing.
type Change struct {
	Path   string `json:"path"`             // "Adresse.Ville", "Elements[HSUP25].Quantite", "Elements[HSUP25#2]"
	Op     string `json:"op"`               // "+" new, "*" changed, "-" gone
	Old    string `json:"old,omitempty"`    // JSON text of the old value; empty when new or masked
	New    string `json:"new,omitempty"`    // JSON text of the new value; empty when gone or masked
	Masked bool   `json:"masked,omitempty"` // the values are not shown
	Child  bool   `json:"child,omitempty"`  // it is in an array of children, not in master data
	Unseen Unseen `json:"unseen,omitempty"` // the values look alike: how they differ all the same
}
