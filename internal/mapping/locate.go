package mapping

import (
	"bytes"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/privacy"
)

// Locate tells of problems that were found in a finished document where they come from: the column of staging, and the
// value where it may be shown. Their paths are JSON pointers.
func (s Spec) Locate(document []byte, problems []Problem) []Problem {
	for i := range problems {
		p := &problems[i]
		value, names := canonjson.Follow(document, p.Path)
		field := s.fieldAt(names)
		if field == nil {
			continue // an object or array, or a member that the mapping does not have
		}
		p.Column, p.Nomenclature = field.Column, field.Nomenclature
		if value != nil && value[0] == '"' {
			p.Why = whyValue([]byte(canonjson.PlainText(value)), p.Want == string(TypeNumber) || p.Want == "integer")
		}
		if value != nil && !(Member{Field: field, Value: value}).Secret() {
			p.Value = beginning([]byte(canonjson.PlainText(value)))
		}
	}
	return problems
}

// fieldAt finds the field of a member of the master data, or of a child.
func (s Spec) fieldAt(names []string) *Field {
	path := strings.Join(names, ".")
	if field := FindField(s.Fields, path); field != nil {
		return field
	}
	for i := range s.Children {
		if rest, below := strings.CutPrefix(path, s.Children[i].Path+"."); below {
			return FindField(s.Children[i].Fields, rest)
		}
	}
	return nil
}

// Unsound is a value of a document that cannot be what its field contains.
type Unsound struct {
	Path   string // "Iban", "Virements[].Iban"
	Column string
	Kind   privacy.Kind // KindIBAN or KindNIR
}

// Unsound lists, once a member, the IBAN and NIR of a document that cannot be right (Sound), but for those that another
// document of the employee contains as well, in the same member. Both are valid JSON; other is nil where there is none.
func (s Spec) Unsound(document, other []byte) []Unsound {
	var list []Unsound
	document, other = bytes.TrimSpace(document), bytes.TrimSpace(other)
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.suspect() && f.wrongIn(document, other) {
			list = append(list, Unsound{f.Path, f.Column, f.Kind})
		}
	}
	for i := range s.Children {
		group := &s.Children[i]
		for j := range group.Fields {
			if f := &group.Fields[j]; f.suspect() && f.wrongInRows(rowsAt(document, group.Path), rowsAt(other, group.Path)) {
				list = append(list, Unsound{group.Path + "[]." + f.Path, f.Column, f.Kind})
			}
		}
	}
	return list
}

func (f *Field) suspect() bool { return f.Column != "" && f.Kind.Identifies() }

func (f *Field) wrongIn(document, other []byte) bool {
	text, ok := canonjson.TextAt(document, f.Path)
	if !ok || privacy.Sound(f.Kind, text) {
		return false
	}
	known, ok := canonjson.TextAt(other, f.Path)
	return !ok || !bytes.Equal(privacy.AppendCompact(nil, f.Kind, []byte(text)), privacy.AppendCompact(nil, f.Kind, []byte(known)))
}

func (f *Field) wrongInRows(rows, others [][]byte) bool {
	for _, row := range rows {
		if !f.wrongIn(row, nil) {
			continue
		}
		known := false
		for _, other := range others {
			known = known || !f.wrongIn(row, other)
		}
		if !known {
			return true
		}
	}
	return false
}

// rowsAt are the elements of an array of children.
func rowsAt(document []byte, path string) (rows [][]byte) {
	if len(document) == 0 {
		return nil
	}
	array := canonjson.Lookup(document, path)
	if array == nil || array[0] != '[' {
		return nil
	}
	for row := range canonjson.Elements(array) {
		rows = append(rows, row)
	}
	return rows
}
