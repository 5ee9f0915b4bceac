package mapping

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"

	"syncd/internal/lazyregexp"
	"syncd/internal/plaintext"
	"syncd/internal/privacy"
)

// ProblemCode names why an employee cannot be sent.
type ProblemCode string

const (
	ProblemUnknownCode   ProblemCode = "unknown-code"   // not in its nomenclature
	ProblemWithdrawnCode ProblemCode = "withdrawn-code" // in its nomenclature, no longer active
	ProblemMissingValue  ProblemCode = "missing-value"  // NULL, or nothing to be seen, where null = "refuse"
	ProblemBadValue      ProblemCode = "bad-value"      // does not fit the type: NaN, not a number, invalid UTF-8, half a character
	// a text with a control character that is neither a tab nor the end of a line; Got: "U+0007"
	ProblemControl         ProblemCode = "control-character"
	ProblemTooLarge        ProblemCode = "too-large"        // the document exceeds MaxDocument
	ProblemMissingKey      ProblemCode = "missing-key"      // employee row without a matricule
	ProblemBadKey          ProblemCode = "bad-key"          // a matricule that KeyFits refuses
	ProblemDuplicateKey    ProblemCode = "duplicate-key"    // two employee rows with one matricule
	ProblemMissingEmployee ProblemCode = "missing-employee" // elements whose employee is not in staging

	// What the API's contract refuses. Path is a JSON pointer into the document.
	ProblemWrongType ProblemCode = "wrong-type" // Want, Got: JSON types: "string", "number", "integer", "null", …
	// a member that the contract requires is absent, or a text that shows nothing; Want: its type
	ProblemRequired      ProblemCode = "required"
	ProblemWrongFormat   ProblemCode = "wrong-format"   // Want: "date", "date-time", "uuid", "int32", …
	ProblemTooLong       ProblemCode = "too-long"       // Limit, Size: of its characters
	ProblemTooShort      ProblemCode = "too-short"      // Limit, Size: of its characters
	ProblemOutOfRange    ProblemCode = "out-of-range"   // Limit
	ProblemNotListed     ProblemCode = "not-listed"     // Values
	ProblemNoMatch       ProblemCode = "no-match"       // Want: the pattern
	ProblemUnknownMember ProblemCode = "unknown-member" // the contract allows no member of that name; Want: the nearest one
	ProblemItemCount     ProblemCode = "item-count"     // Limit, Size: of the elements of an array
	ProblemNoAlternative ProblemCode = "no-alternative" // none of several schemas (anyOf, oneOf) takes the value
)

// MaxDocument is the size in bytes above which a document is blocked instead of sent.
const MaxDocument = 1 << 20

// Problem is one reason why an employee is blocked. Value is masked when the field is sensitive or the value is a
// valid NIR or IBAN, and cut to 80 characters.
type Problem struct {
	Code ProblemCode `json:"code"`
	// "Contrat.CodeNature", "Elements[2].Code" (0-based, in the order of the document); "/Elements/2/Code" (in the document)
	Path         string    `json:"path,omitempty"`
	Column       string    `json:"column,omitempty"` // the staging column to mend
	Value        string    `json:"value,omitempty"`
	Nomenclature string    `json:"dictionary,omitempty"`
	Nearest      []Nearest `json:"nearest,omitempty"` // at most three, nearest first
	Count        int       `json:"count,omitempty"`   // rows concerned, where that is more than one
	// what would fit, where the contract tells: by the code, a name, a limit or values
	Want       string   `json:"want,omitempty"`
	Limit      Limit    `json:"limit,omitzero"`
	Values     []string `json:"values,omitempty"`      // the first that the contract lists
	MoreValues bool     `json:"more_values,omitempty"` // it lists others besides
	Got        string   `json:"got,omitempty"`         // the shape of what is there, never the value itself
	Size       int      `json:"size,omitempty"`        // of what is there
	Why        Why      `json:"why,omitempty"`         // which of the reasons that the code has; "" = it has one, or it is not known
	// of several forms that the contract takes, the one that was meant: its name, or, where it has none, its number, from 1
	Branch       string `json:"branch,omitempty"`
	BranchNumber int    `json:"branch_number,omitempty"`
}

// Nearest is a code that may have been meant.
type Nearest struct {
	Code  string `json:"code"`
	Label string `json:"label,omitempty"`
}

// maxProblems bounds what one employee's problems take: what is beyond shows once these are mended.
const maxProblems = 100

// maxNearestKept bounds the remembered suggestions: one wrong code often stands in every row.
const maxNearestKept = 1000

type nearestOf struct{ nomenclature, value string }

// found is a problem of a row. The place of the row in the document, which its path tells, is known when all rows are.
type found struct {
	problem Problem
	of      *op // nil = the whole document
	at      place
}

func (b *Builder) report(o *op, code ProblemCode, value []byte, at place) {
	b.keep(found{o.problem(code, value, b), o, at})
}

func (b *Builder) keep(f found) {
	if len(b.found) < maxProblems {
		b.found = append(b.found, f)
	}
}

// refuseSize reports once that the document is too large, and names the column if one value alone is.
func (b *Builder) refuseSize(o *op, value []byte, at place) {
	if b.tooLarge {
		return
	}
	b.tooLarge = true
	f := found{problem: Problem{Code: ProblemTooLarge}, at: place{group: len(b.groups)}} // after all rows
	if len(value) > MaxDocument {
		f.problem.Column, f.of, f.at = o.field.Column, o, at
	}
	b.found = append(b.found, f) // beyond maxProblems too: it explains why the rows after it were not looked at
}

func (o *op) problem(code ProblemCode, value []byte, b *Builder) Problem {
	p := Problem{
		Code: code, Column: o.field.Column, Value: shown(o.field, value), Nomenclature: o.field.Nomenclature,
		Why: whyValue(value, o.field.Type == TypeNumber),
	}
	if (code == ProblemUnknownCode || code == ProblemWithdrawnCode) && !o.field.Secret() {
		p.Nearest = b.suggest(o, value)
	}
	return p
}

// problems are what was found, in the order of the document.
func (b *Builder) problems() []Problem {
	places := make([][]int, len(b.groups)) // of the children, in the document, by the order in which they were added
	all := slices.Clone(b.found)
	for i := range all {
		f := &all[i]
		if f.of == nil || f.at.group == noGroup {
			continue
		}
		if places[f.at.group] == nil {
			places[f.at.group] = b.places(f.at.group)
		}
		f.at.index = places[f.at.group][f.at.index]
	}
	slices.SortStableFunc(all, func(x, y found) int {
		return cmp.Or(cmp.Compare(x.at.group, y.at.group), cmp.Compare(x.at.index, y.at.index))
	})
	problems := make([]Problem, len(all))
	for i, f := range all {
		problems[i] = f.problem
		if f.of != nil {
			problems[i].Path = b.path(f.of, f.at)
		}
	}
	return problems
}

func (b *Builder) places(group int) []int {
	children := b.groups[group].children
	order := make([]int, len(children))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(compareChildren(b.rows, children[x], children[y]), cmp.Compare(x, y))
	})
	places := make([]int, len(order))
	for place, i := range order {
		places[i] = place
	}
	return places
}

func (b *Builder) path(o *op, at place) string {
	if at.group == noGroup {
		return o.path
	}
	return ElementPath(b.mapping.paths[at.group], strconv.Itoa(at.index), 1, o.path)
}

// suggest looks up the nearest codes. The caller may keep the slice and must not change it.
func (b *Builder) suggest(o *op, value []byte) []Nearest {
	key := nearestOf{o.field.Nomenclature, beginning(value)}
	nearest, known := b.nearest[key]
	if known {
		return nearest
	}
	nearest = nearestCodes(key.value, o.codes)
	if len(b.nearest) < maxNearestKept {
		b.nearest[key] = nearest
	}
	return nearest
}

// Secret reports whether no value of the field may be shown, whatever it is.
func (f *Field) Secret() bool { return f.Sensitive || f.Private || f.Kind.Identifies() }

// shown is the value as a problem may quote it.
func shown(f *Field, value []byte) string {
	if f.Secret() || privacy.Identifies(value) {
		return ""
	}
	return beginning(value)
}

// beginning cuts a value to the characters that a problem shows; identifiers within a longer text are masked first.
func beginning(value []byte) string {
	const atMost = 8 * maxShown // bytes that can matter
	text := strings.ToValidUTF8(string(value[:min(len(value), atMost)]), "\uFFFD")
	return shorten(privacy.MaskIdentifiers(text))
}

// MaxKey is the length in bytes up to which a business key can be used: the ledger has unique indexes over it, whose
// entries Postgres limits to 2,704 bytes.
const MaxKey = 200

// KeyFits reports whether a business key can name an employee: not blank, at most MaxKey bytes, and nothing in it that
// would make two keys look alike, which is white space around it and characters that cannot be seen.
func KeyFits(key []byte) bool {
	return len(key) > 0 && whyKey(key) == WhyNone
}

func invisible(r rune) bool {
	return !unicode.IsGraphic(r) || plaintext.ShowsNothing(r) && !unicode.Is(unicode.Zs, r) // fillers are letters, by their category
}

// KeyProblem is the problem of so many rows whose key does not fit.
func KeyProblem(key []byte, rows int) Problem {
	return Problem{Code: ProblemBadKey, Value: shown(&Field{}, []byte(HarmlessKey(key))), Count: rows, Why: whyKey(key)}
}

// HarmlessKey makes a key that does not fit one that can be stored and shown: cut to MaxKey bytes, and without
// characters that cannot be seen. It may equal another key, so it names nobody.
func HarmlessKey(key []byte) string {
	text := strings.Map(func(r rune) rune {
		if invisible(r) {
			return utf8.RuneError
		}
		return r
	}, string(key))
	if len(text) <= MaxKey {
		return text
	}
	const ellipsis = "…"
	end := MaxKey - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// OtherZeros are the keys that differ from one by zeros in front alone, as far as keys of that kind are long. They may be other
// people's: they are suggested, never taken.
func OtherZeros(key string) (others []string) {
	const longest = 12 // characters, with the zeros
	bare := strings.TrimLeft(key, "0")
	if bare == "" {
		return nil
	}
	for other := bare; len(other) <= max(longest, len(key)); other = "0" + other {
		if other != key {
			others = append(others, other)
		}
	}
	return others
}

// Why says what exactly makes a value unusable, where the code of a problem leaves several reasons.
type Why string

const (
	WhyNone       Why = ""
	WhyEmpty      Why = "empty"             // a text without any character: nothing is masked
	WhyComma      Why = "decimal-comma"     // "12,50" where a number is wanted: numbers have a point
	WhyTooLong    Why = "too-long"          // a matricule of more than MaxKey bytes
	WhySpaces     Why = "spaces-around"     // a matricule with white space before or behind it
	WhyUnseen     Why = "unseen-characters" // a matricule with characters that cannot be seen
	WhyNotLegible Why = "not-utf8"          // a matricule whose bytes are no text
)

// commaPattern is a number as people write it in French, thousands apart or not, with its currency or not.
var commaPattern = lazyregexp.New(`^\s*[+-]?(?:[0-9]+|[0-9]{1,3}(?:[ .'’\x{00A0}\x{202F}][0-9]{3})+),[0-9]+[\s\x{00A0}\x{202F}]*(?:€|EUR)?\s*$`)

// whyKey tells which of the reasons makes a key unusable: see KeyFits.
func whyKey(key []byte) Why {
	switch {
	case !utf8.Valid(key):
		return WhyNotLegible
	case len(bytes.TrimSpace(key)) != len(key):
		return WhySpaces
	case bytes.IndexFunc(key, invisible) >= 0:
		return WhyUnseen
	case len(key) > MaxKey:
		return WhyTooLong
	}
	return WhyNone
}

// whyValue is about a text of staging.
func whyValue(value []byte, number bool) Why {
	switch {
	case value != nil && len(value) == 0:
		return WhyEmpty
	case number && commaPattern().Match(value):
		return WhyComma
	}
	return WhyNone
}

const (
	maxNearest = 3
	maxShown   = 80 // characters of a value in a Problem
)

// nearestCodes lists up to three active codes that may have been meant, nearest first: by edit distance to the code,
// or because the value is, or lies within, the label.
func nearestCodes(value string, codes map[string]Entry) []Nearest {
	type scored struct {
		Nearest
		distance int
	}
	value = strings.ToLower(strings.TrimSpace(value))
	var found []scored
	for code, entry := range codes {
		if !entry.Active {
			continue
		}
		if d := codeDistance(value, code, entry.Label); d <= nearEnough(value) {
			found = append(found, scored{Nearest{code, entry.Label}, d})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.Code, b.Code))
	})
	var nearest []Nearest
	for _, s := range found[:min(len(found), maxNearest)] {
		nearest = append(nearest, s.Nearest)
	}
	return nearest
}

// codeDistance compares a value in lower case with a code and its label: 0 is the same.
func codeDistance(value, code, label string) int {
	code, label = strings.ToLower(code), strings.ToLower(label)
	const meaningful = 3 // characters from which a part of a code or label tells something
	switch {
	case value == label:
		return 0
	case len(value) >= meaningful && (strings.Contains(label, value) || strings.Contains(code, value)):
		return 1
	case len(code) >= meaningful && strings.Contains(value, code):
		return 1
	}
	return levenshtein.Distance(value, code, nil)
}

// shorten cuts text to the characters that a Problem shows.
func shorten(text string) string {
	count := 0
	for i := range text {
		if count == maxShown {
			return text[:i]
		}
		count++
	}
	return text
}

// nearEnough is the number of edits up to which a value resembles a code.
func nearEnough(value string) int { return max(2, utf8.RuneCountInString(value)/3) }
