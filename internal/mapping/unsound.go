package mapping

import "bytes"

// Unsound is a value of a document that cannot be what its field holds.
type Unsound struct {
	Path   string // "Iban", "Virements[].Iban"
	Column string
	Kind   Kind // KindIBAN or KindNIR
}

// Unsound lists, once a member, the IBAN and NIR of a document that cannot be right (Sound), but for those that another
// document of the employee holds as well, in the same member. Both are valid JSON; other is nil where there is none.
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

func (f *Field) suspect() bool { return f.Column != "" && f.Kind.identifies() }

func (f *Field) wrongIn(document, other []byte) bool {
	text, ok := textAt(document, f.Path)
	if !ok || Sound(f.Kind, text) {
		return false
	}
	known, ok := textAt(other, f.Path)
	return !ok || !bytes.Equal(appendCompact(nil, f.Kind, []byte(text)), appendCompact(nil, f.Kind, []byte(known)))
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
	array := lookup(document, path)
	if array == nil || array[0] != '[' {
		return nil
	}
	for row := range elements(array) {
		rows = append(rows, row)
	}
	return rows
}

// textAt is Text of a document that is known to be JSON.
func textAt(document []byte, path string) (text string, ok bool) {
	if len(document) == 0 {
		return "", false
	}
	value := lookup(document, path)
	if value == nil {
		return "", false
	}
	switch value[0] {
	case '{', '[', 'n':
		return "", false
	}
	return plainText(value), true
}
