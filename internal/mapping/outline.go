package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// outline is a document taken apart along the mapping: what a diff compares one by one.
type outline struct {
	members []member // sorted by path
	rows    []row    // in the order of the document
}

// member is one value of the document, or an object or array without content.
type member struct {
	path  string
	field *Field // nil = the mapping does not know it: an older one made the document
	value []byte // JSON text
}

// row is one element of a children's array.
type row struct {
	path     string // "Elements[HSUP25#2]": what rows of two documents are paired by
	shown    string // the same, the key masked where it may not be shown
	children *Children
	value    []byte
}

// specialInPath are the characters that paths give a meaning to, besides the dot. The mapping has no names with them;
// in names from older documents and in keys of children they are quoted.
const specialInPath = `[]#"`

var errNoObject = errors.New("the document is not a JSON object")

// outline takes a document apart. A nil document has an empty outline.
func (s Spec) outline(document []byte) (*outline, error) {
	o := &outline{}
	if document == nil {
		return o, nil
	}
	document = bytes.TrimSpace(document)
	if !json.Valid(document) || document[0] != '{' {
		return nil, errNoObject
	}
	o.members = make([]member, 0, len(s.Fields)+len(s.Children))
	o.walk("", document, s.Fields, s.Children)
	o.sort()
	return o, nil
}

func (o *outline) walk(prefix string, object []byte, fields []Field, children []Children) {
	for name, value := range members(object) {
		path := prefix + quoteAny(name, specialInPath+".")
		if field := findField(fields, path); field != nil {
			o.members = append(o.members, member{field.Path, field, value})
			continue
		}
		if group := findChildren(children, path); group != nil && value[0] == '[' && !isEmpty(value) {
			o.addRows(group, value)
		} else if value[0] == '{' && !isEmpty(value) {
			o.walk(path+".", value, fields, children)
		} else {
			o.members = append(o.members, member{path, nil, value})
		}
	}
}

func findChildren(children []Children, path string) *Children {
	for i := range children {
		if children[i].Path == path {
			return &children[i]
		}
	}
	return nil
}

func (o *outline) addRows(group *Children, array []byte) {
	repeats := map[string]int{}
	for value := range elements(array) {
		raw := lookup(value, group.Key)
		key := keyText(raw)
		repeats[key]++
		suffix := "]"
		if n := repeats[key]; n > 1 {
			suffix = "#" + strconv.Itoa(n) + "]"
		}
		r := row{path: group.Path + "[" + key + suffix, children: group, value: value}
		r.shown = r.path
		if raw != nil && (member{field: findField(group.Fields, group.Key), value: raw}).secret() {
			r.shown = group.Path + "[" + masked + suffix
		}
		o.rows = append(o.rows, r)
	}
}

// keyText is the business key as paths show it; "" when the child has none.
func keyText(value []byte) string {
	switch {
	case value == nil || value[0] == 'n':
		return ""
	case value[0] == '"':
		if key := unquote(value); key != "" {
			return quoteAny(key, specialInPath)
		}
	}
	return string(value)
}

// lookup finds the value at a path of dotted names; nil when there is none.
func lookup(value []byte, path string) []byte {
	name, rest, more := strings.Cut(path, ".")
	if value[0] != '{' {
		return nil
	}
	for n, v := range members(value) {
		if n != name {
			continue
		}
		if more {
			return lookup(v, rest)
		}
		return v
	}
	return nil
}

// Text gives the string, number or boolean at a path of a document ("Adresse.Ville") as plain text. It reports false for
// null, objects, arrays, a path that is not there, and a document that is not JSON.
func Text(document []byte, path string) (text string, ok bool) {
	if !json.Valid(document) {
		return "", false
	}
	return textAt(bytes.TrimSpace(document), path)
}

// quoteAny quotes a name that has one of the special characters, so that it cannot be mistaken for a path.
func quoteAny(name, special string) string {
	for i := range len(name) {
		if strings.IndexByte(special, name[i]) >= 0 {
			return strconv.Quote(name)
		}
	}
	return name
}

// isEmpty tells whether a value is null, "", {} or [].
func isEmpty(value []byte) bool {
	switch value[0] {
	case 'n':
		return true
	case '"':
		return len(value) == 2
	case '{', '[':
		return skipSpace(value, 1) == len(value)-1
	}
	return false
}

// secret tells whether the value may not be shown: its field is sensitive, or the mapping no longer knows whether it
// is, or it holds a NIR or an IBAN.
func (m member) secret() bool {
	if m.field == nil {
		return !isEmpty(m.value)
	}
	return m.field.secret() || holdsIdentifier(m.value)
}

func holdsIdentifier(value []byte) (found bool) {
	switch value[0] {
	case '{', '[':
		eachScalar(value, func(text string) { found = found || identifies(text) })
	case '"':
		return identifies(value[1 : len(value)-1]) // an identifier has nothing to escape
	default:
		return identifies(value)
	}
	return found
}

// eachScalar visits the strings and numbers of a document with the fields they come from; nil = the mapping does not
// know it. The document is valid JSON, or nil.
func (s Spec) eachScalar(document []byte, visit func(f *Field, text string)) {
	o, err := s.outline(document)
	if err != nil { // JSON, but no object
		eachScalar(bytes.TrimSpace(document), func(text string) { visit(nil, text) })
		return
	}
	for _, r := range o.rows {
		o.members = append(o.members, r.outline().members...)
	}
	for _, m := range o.members {
		eachScalar(m.value, func(text string) { visit(m.field, text) })
	}
}

func (r row) hasMembers() bool { return r.value[0] == '{' && !isEmpty(r.value) }

// secret tells whether any member of the child is: then the child is masked as a whole.
func (r row) secret() bool { return slices.ContainsFunc(r.outline().members, member.secret) }

// outline takes one child apart; what is not an object is a member without a name.
func (r row) outline() *outline {
	if !r.hasMembers() {
		return &outline{members: []member{{"", nil, r.value}}}
	}
	o := &outline{}
	o.walk("", r.value, r.children.Fields, nil)
	o.sort()
	return o
}

func (o *outline) sort() {
	byPath := func(a, b member) int { return strings.Compare(a.path, b.path) }
	if !slices.IsSortedFunc(o.members, byPath) {
		slices.SortStableFunc(o.members, byPath)
	}
}
