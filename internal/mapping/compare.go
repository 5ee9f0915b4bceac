package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compare lists what another side edited in a document that it got from us, sorted by path: Old is what was sent, New
// what it holds. Only what was sent is compared. The other side may have members of its own, but children that it added
// to an array that was sent are told ("+"). Neither the order of children counts, nor how a number is written, nor
// whether a date has a time of midnight; null, "", an empty object or array and an absent member are the same.
//
// With only it is limited to these paths and what lies below them: "Iban", "Elements", "Elements.Montant".
//
// A nil held document is one that holds nothing. Any JSON object can be compared; what is none is an error.
//
// It masks as Diff does, and also objects and arrays that the other side put where the mapping has a value.
func (s Spec) Compare(sent, held []byte, only []string) ([]Change, error) {
	ours, err := readObject(sent)
	if err != nil {
		return nil, fmt.Errorf("reading the document that was sent: %w", err)
	}
	theirs, err := readObject(held)
	if err != nil {
		return nil, fmt.Errorf("reading the document that the other side holds: %w", err)
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
	value, ok := decodeJSON(document)
	object, isObject := value.(map[string]any)
	if !ok || !isObject {
		return nil, errNoObject
	}
	return object, nil
}

type comparison struct {
	only    []string
	changes []Change
}

// part is what paths are relative to: the document, or one child of it.
type part struct {
	fields   []Field
	children []Children
	base     string // before a path, to compare with only: "Elements."
	shown    string // before a path, to show: "Elements[HSUP25]."
}

// watches tells whether something at or below a path is to be compared.
func (c *comparison) watches(path string) bool {
	return len(c.only) == 0 || slices.ContainsFunc(c.only, func(o string) bool {
		return o == path || strings.HasPrefix(path, o+".") || strings.HasPrefix(o, path+".")
	})
}

func (c *comparison) object(p *part, prefix string, sent, held map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		path := prefix + quoteAny(name, specialInPath+".")
		if c.watches(p.base + path) {
			c.member(p, path, sent[name], held[name])
		}
	}
}

// member compares one member, of which null and absent are the same.
func (c *comparison) member(p *part, path string, sent, held any) {
	field, group := findField(p.fields, path), findChildren(p.children, path)
	if ours, isObject := sent.(map[string]any); isObject && field == nil {
		theirs, _ := held.(map[string]any) // anything else has none of the members
		c.object(p, path+".", ours, theirs)
		return
	}
	if ours, isArray := sent.([]any); isArray && group != nil {
		if theirs, isArray := held.([]any); isArray || blank(held) {
			c.rows(group, ours, theirs)
			return
		}
	}
	if !holds(held, sent) {
		child := group != nil || p.base != ""
		c.changes = append(c.changes, edited(Change{Path: p.shown + path, Child: child}, field, sent, held))
	}
}

// edited completes the change of a member with the values that may be shown.
func edited(c Change, field *Field, sent, held any) Change {
	c.Op = "*"
	if held == nil {
		c.Op = "-"
	}
	older, olderSecret := showable(field, sent)
	newer, newerSecret := showable(field, held)
	if c.Masked = olderSecret || newerSecret || composite(held); c.Masked {
		return c
	}
	c.Old = older
	if held != nil {
		c.New = newer
	}
	return c
}

// showable gives the JSON text of a value and whether it must not be shown, as it also must not when it has no text.
func showable(field *Field, value any) (text string, secret bool) {
	raw, ok := appendValue(nil, value)
	return string(raw), !ok || member{field: field, value: raw}.secret()
}
