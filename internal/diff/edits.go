package diff

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/plaintext"
)

// Edits lists what another side edited in a document that it got from us, sorted by path: Old is what was sent, New
// what it contains. Only what was sent is compared. The other side may have members of its own, but children that it added
// to an array that was sent are told ("+"). Neither the order of children counts, nor how a number is written, nor
// whether a date has a time of midnight; null, "", an empty object or array and an absent member are the same.
//
// With only it is limited to these paths and what lies below them: "Iban", "Elements", "Elements.Montant".
//
// A nil document is one that contains nothing. Any JSON object can be compared; what is none is an error.
//
// It masks as Documents does, and also objects and arrays that the other side put where the mapping has a value.
func Edits(s mapping.Spec, sent, found []byte, only []string) ([]Change, error) {
	ours, err := readObject(sent)
	if err != nil {
		return nil, hinted.While("reading the document that was sent", err)
	}
	theirs, err := readObject(found)
	if err != nil {
		return nil, hinted.While("reading the document that the other side holds", err)
	}
	c := comparison{only: only}
	c.object(&part{fields: s.Fields, children: s.Children}, "", ours, theirs)
	slices.SortStableFunc(c.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return c.changes, nil
}

// readObject reads a document whoever wrote it; a nil one has no members.
func readObject(document []byte) (map[string]any, error) {
	if document == nil {
		return nil, nil
	}
	value, ok := canonjson.Decode(document)
	object, isObject := value.(map[string]any)
	if !ok || !isObject {
		return nil, mapping.ErrNoObject
	}
	return object, nil
}

type comparison struct {
	only    []string
	changes []Change
}

// part is what paths are relative to: the document, or one child of it.
type part struct {
	fields   []mapping.Field
	children []mapping.Children
	base     string // before a path, to compare with only: "Elements."
	shown    string // before a path, to show: "Elements[HSUP25]."
}

// watches reports whether something at or below a path is to be compared.
func (c *comparison) watches(path string) bool {
	return len(c.only) == 0 || slices.ContainsFunc(c.only, func(o string) bool {
		return o == path || strings.HasPrefix(path, o+".") || strings.HasPrefix(o, path+".")
	})
}

func (c *comparison) object(p *part, prefix string, sent, found map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		path := prefix + mapping.QuoteName(name, mapping.SpecialInPath+".")
		if c.watches(p.base + path) {
			c.member(p, path, sent[name], found[name])
		}
	}
}

// member compares one member, of which null and absent are the same.
func (c *comparison) member(p *part, path string, sent, found any) {
	field, group := mapping.FindField(p.fields, path), mapping.FindChildren(p.children, path)
	if ours, isObject := sent.(map[string]any); isObject && field == nil {
		theirs, _ := found.(map[string]any) // anything else has none of the members
		c.object(p, path+".", ours, theirs)
		return
	}
	if ours, isArray := sent.([]any); isArray && group != nil {
		if theirs, isArray := found.([]any); isArray || blank(found) {
			c.rows(group, ours, theirs)
			return
		}
	}
	if !matches(found, sent) {
		child := group != nil || p.base != ""
		c.changes = append(c.changes, edited(Change{Path: p.shown + path, Child: child}, field, sent, found))
	}
}

// edited completes the change of a member with the values that may be shown.
func edited(c Change, field *mapping.Field, sent, found any) Change {
	c.Op = "*"
	if found == nil {
		c.Op = "-"
	}
	older, olderSecret := showable(field, sent)
	newer, newerSecret := showable(field, found)
	if c.Masked = olderSecret || newerSecret || composite(found); c.Masked {
		return c
	}
	c.Old = older
	if found != nil {
		c.New = newer
	}
	return c
}

// showable gives the JSON text of a value and whether it must not be shown, as it also must not when it has no text.
func showable(field *mapping.Field, value any) (text string, secret bool) {
	raw, ok := canonjson.AppendValue(nil, value)
	return string(raw), !ok || mapping.Member{Field: field, Value: raw}.Secret()
}

// matches reports whether a value that was sent is still there: as it was, whatever the notation, and whatever members the
// other side added to objects.
func matches(found, sent any) bool {
	switch sent := sent.(type) {
	case map[string]any:
		return matchesObject(found, sent)
	case []any:
		return matchesArray(found, sent)
	case json.Number:
		number, ok := found.(json.Number)
		return ok && canonicalNumber(number) == canonicalNumber(sent)
	case string:
		text, ok := found.(string)
		return sent == "" && blank(found) || ok && (text == sent || sameMoment(text, sent))
	case bool:
		return found == any(sent)
	}
	return blank(found)
}

func matchesObject(found any, sent map[string]any) bool {
	object, isObject := found.(map[string]any)
	if !isObject && !blank(found) {
		return false
	}
	for name, value := range sent {
		if !matches(object[name], value) {
			return false
		}
	}
	return true
}

func matchesArray(found any, sent []any) bool {
	array, isArray := found.([]any)
	if !isArray && !blank(found) || len(array) != len(sent) {
		return false
	}
	for i, value := range sent {
		if !matches(array[i], value) {
			return false
		}
	}
	return true
}

// blank reports whether a value is null, absent, "", {} or [].
func blank(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	}
	return false
}

func composite(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return !blank(value)
	}
	return false
}

// canonicalNumber is the canonical form of a number, or its own where its exponent is beyond any.
func canonicalNumber(number json.Number) string {
	text, ok := canonjson.AppendDecimal(nil, []byte(number))
	if !ok {
		return string(number)
	}
	return string(text)
}

// wallClock writes a date without a time as midnight.
const wallClock = "2006-01-02T15:04:05.999999999"

// moment reads a date or a time as documents and .NET write them: with or without a time, with or without an offset.
func moment(text string) (t time.Time, zoned, ok bool) {
	if len(text) < len(time.DateOnly) || text[len("2006")] != '-' {
		return t, false, false
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339} { // fractions of seconds are read by all
		if t, err := time.Parse(layout, text); err == nil {
			return t, layout == time.RFC3339, true
		}
	}
	return t, false, false
}

// sameMoment reports whether two texts state one moment. Where one of them has no offset the clocks are compared: a server
// adds its own to what it got without.
func sameMoment(a, b string) bool {
	first, firstZoned, ok := moment(a)
	if !ok {
		return false
	}
	second, secondZoned, ok := moment(b)
	if !ok {
		return false
	}
	if firstZoned && secondZoned {
		return first.Equal(second)
	}
	return first.Format(wallClock) == second.Format(wallClock)
}

// Unseen says how two texts differ that look alike.
type Unseen string

const (
	UnseenForm       Unseen = "unicode-form"      // accents as one character, or as two (NFC, NFD)
	UnseenCharacters Unseen = "unseen-characters" // characters that show nothing, or spaces of another kind
	UnseenAlphabet   Unseen = "alphabet"          // letters of another alphabet that look like these
)

// unseenBetween compares two JSON values that differ; "" = that can be seen.
func unseenBetween(older, newer []byte) Unseen {
	if older[0] != '"' || newer[0] != '"' || plaintext.IsASCII(older) && plaintext.IsASCII(newer) {
		return ""
	}
	return LooksLike(canonjson.Unquote(older), canonjson.Unquote(newer))
}

// LooksLike tells how two texts differ that look alike; "" = they are the same, or differ so that it can be seen.
func LooksLike(a, b string) Unseen {
	switch {
	case a == b:
		return ""
	case norm.NFC.String(a) == norm.NFC.String(b):
		return UnseenForm
	case visible(a) == visible(b):
		return UnseenCharacters
	case likeLatin.Replace(visible(a)) == likeLatin.Replace(visible(b)):
		return UnseenAlphabet
	}
	return ""
}

// visible is a text as it looks: composed, without what shows nothing, and with one kind of space.
func visible(text string) string {
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r):
			return ' '
		case plaintext.ShowsNothing(r):
			return -1
		}
		return r
	}, text))
}

// likeLatin gives the Latin letters that some of the Cyrillic and Greek alphabets look like.
var likeLatin = strings.NewReplacer(
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ј", "j", "ѕ", "s",
	"А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "О", "O", "Р", "P", "С", "C", "Т", "T", "У", "Y", "Х", "X", "І", "I", "Ј", "J",
	"Ѕ", "S",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y", "Χ", "X",
	"ο", "o", "ν", "v",
)
