package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/privacy"
)

// Outline is a document taken apart along the mapping: what a diff compares one by one.
type Outline struct {
	Members []Member // sorted by path
	Rows    []Row    // in the order of the document
}

// Member is one value of the document, or an object or array without content.
type Member struct {
	Path  string
	Field *Field // nil = the mapping does not know it: an older one made the document
	Value []byte // JSON text
}

// Row is one element of a children's array.
type Row struct {
	Path     string // "Elements[HSUP25#2]": what rows of two documents are paired by
	Shown    string // the same, the key masked where it may not be shown
	Children *Children
	Value    []byte
}

// SpecialInPath are the characters that paths give a meaning to, besides the dot. The mapping has no names with them;
// in names from older documents and in keys of children they are quoted.
const SpecialInPath = `[]#"`

// ErrNoObject is what comparisons say of a document that is something else.
var ErrNoObject = errors.New("the document is not a JSON object")

// Outline takes a document apart. A nil document has an empty outline.
func (s Spec) Outline(document []byte) (*Outline, error) {
	o := &Outline{}
	if document == nil {
		return o, nil
	}
	document = bytes.TrimSpace(document)
	if !json.Valid(document) || document[0] != '{' {
		return nil, ErrNoObject
	}
	o.Members = make([]Member, 0, len(s.Fields)+len(s.Children))
	o.walk("", document, s.Fields, s.Children)
	o.sort()
	return o, nil
}

func (o *Outline) walk(prefix string, object []byte, fields []Field, children []Children) {
	for name, value := range canonjson.Members(object) {
		path := prefix + QuoteName(name, SpecialInPath+".")
		if field := FindField(fields, path); field != nil {
			o.Members = append(o.Members, Member{field.Path, field, value})
			continue
		}
		if group := FindChildren(children, path); group != nil && value[0] == '[' && !canonjson.IsEmpty(value) {
			o.addRows(group, value)
		} else if value[0] == '{' && !canonjson.IsEmpty(value) {
			o.walk(path+".", value, fields, children)
		} else {
			o.Members = append(o.Members, Member{path, nil, value})
		}
	}
}

// FindChildren is the children at a path; nil = there are none.
func FindChildren(children []Children, path string) *Children {
	for i := range children {
		if children[i].Path == path {
			return &children[i]
		}
	}
	return nil
}

func (o *Outline) addRows(group *Children, array []byte) {
	repeats := map[string]int{}
	for value := range canonjson.Elements(array) {
		raw := canonjson.Lookup(value, group.Key)
		key := KeyText(raw)
		repeats[key]++
		r := Row{Path: ElementPath(group.Path, key, repeats[key], ""), Children: group, Value: value}
		r.Shown = r.Path
		if raw != nil && (Member{Field: FindField(group.Fields, group.Key), Value: raw}).Secret() {
			r.Shown = ElementPath(group.Path, privacy.Masked, repeats[key], "")
		}
		o.Rows = append(o.Rows, r)
	}
}

// ElementPath names an element of a list, or a member of one: "Elements[PRIME_EXC]", "Elements[PRIME_EXC#2].Montant", "Elements[2].Code".
// nth counts those of one name, from 1.
func ElementPath(list, name string, nth int, member string) string {
	end := "]"
	if nth > 1 {
		end = "#" + strconv.Itoa(nth) + "]"
	}
	if member != "" {
		end += "."
	}
	return list + "[" + name + end + member
}

// ElementOf reads what ElementPath made of a member: "Elements", "PRIME_EXC#2", "Montant"; not ok = the path is no such one.
func ElementOf(path string) (list, name, member string, ok bool) {
	list, rest, opens := strings.Cut(path, "[")
	closes := strings.LastIndex(rest, "].")
	if !opens || list == "" || closes < 1 {
		return "", "", "", false
	}
	name, member = rest[:closes], rest[closes+len("]."):]
	return list, name, member, member != "" && !strings.ContainsAny(member, "[]")
}

// KeyText is the business key as paths show it; "" when the child has none.
func KeyText(value []byte) string {
	switch {
	case value == nil || value[0] == 'n':
		return ""
	case value[0] == '"':
		if key := canonjson.Unquote(value); key != "" {
			return QuoteName(key, SpecialInPath)
		}
	}
	return string(value)
}

// QuoteName quotes a name that has one of the special characters, so that it cannot be mistaken for a path.
func QuoteName(name, special string) string {
	for i := range len(name) {
		if strings.IndexByte(special, name[i]) >= 0 {
			return strconv.Quote(name)
		}
	}
	return name
}

// Secret reports whether the value may not be shown: its field is sensitive, or the mapping no longer knows whether it
// is, or it contains a NIR or an IBAN.
func (m Member) Secret() bool {
	if m.Field == nil {
		return !canonjson.IsEmpty(m.Value)
	}
	return m.Field.Secret() || holdsIdentifier(m.Value)
}

func holdsIdentifier(value []byte) (found bool) {
	switch value[0] {
	case '{', '[':
		canonjson.EachScalar(value, func(text string) { found = found || privacy.Identifies(text) })
	case '"':
		return privacy.Identifies(value[1 : len(value)-1]) // an identifier has nothing to escape
	default:
		return privacy.Identifies(value)
	}
	return found
}

// Mask hides the personal values of the document that a message of the API echoes: every scalar, as privacy.Mask does, unless its
// field is a constant or a code of a nomenclature. The key of the employee (the matricule) stays readable. The document may
// be nil. If it is not JSON, nothing of the message can be trusted to be harmless, and all of it is masked.
func (s Spec) Mask(document []byte, message, key string) string {
	switch {
	case message == "":
		return ""
	case len(document) > 0 && !json.Valid(document):
		return privacy.Masked
	}
	return privacy.Mask(message, key, s.personal(document))
}

// personal are the strings and numbers of a document that are about the employee. The document is valid JSON, or nil.
func (s Spec) personal(document []byte) (values []string) {
	add := func(text string) { values = append(values, text) }
	o, err := s.Outline(document)
	if err != nil { // JSON, but no object
		canonjson.EachScalar(bytes.TrimSpace(document), add)
		return values
	}
	for _, r := range o.Rows {
		o.Members = append(o.Members, r.Outline().Members...)
	}
	for _, m := range o.Members {
		if f := m.Field; f == nil || f.Column != "" && f.Nomenclature == "" {
			canonjson.EachScalar(m.Value, add)
		}
	}
	return values
}

// HasMembers reports whether the child is an object that is not empty.
func (r Row) HasMembers() bool { return r.Value[0] == '{' && !canonjson.IsEmpty(r.Value) }

// Secret reports whether any member of the child is: then the child is masked as a whole.
func (r Row) Secret() bool { return slices.ContainsFunc(r.Outline().Members, Member.Secret) }

// Outline takes one child apart; what is not an object is a member without a name.
func (r Row) Outline() *Outline {
	if !r.HasMembers() {
		return &Outline{Members: []Member{{"", nil, r.Value}}}
	}
	o := &Outline{}
	o.walk("", r.Value, r.Children.Fields, nil)
	o.sort()
	return o
}

func (o *Outline) sort() {
	byPath := func(a, b Member) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(o.Members, byPath) {
		slices.SortStableFunc(o.Members, byPath)
	}
}
