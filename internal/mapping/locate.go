package mapping

import (
	"strconv"
	"strings"
)

// Locate tells of problems that were found in a finished document where they come from: the column of staging, and the
// value where it may be shown. Their paths are JSON pointers.
func (s Spec) Locate(document []byte, problems []Problem) []Problem {
	for i := range problems {
		p := &problems[i]
		value, names := follow(document, p.Path)
		field := s.fieldAt(names)
		if field == nil {
			continue // an object or array, or a member that the mapping does not have
		}
		p.Column, p.Dictionary = field.Column, field.Dictionary
		if value != nil && value[0] == '"' {
			p.Why = whyValue([]byte(plainText(value)), p.Want == string(TypeNumber) || p.Want == "integer")
		}
		if value != nil && !(member{field: field, value: value}).secret() {
			p.Value = beginning([]byte(plainText(value)))
		}
	}
	return problems
}

// follow walks a JSON pointer (RFC 6901) through a valid document: the value, nil where there is none, and the names of
// members on the way, without the indexes of arrays.
func follow(document []byte, pointer string) (value []byte, names []string) {
	value = document
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = PointerName(token)
		index, err := strconv.Atoi(token)
		if err == nil && value != nil && value[0] == '[' {
			value = elementAt(value, index)
			continue
		}
		names = append(names, token)
		value = memberAt(value, token)
	}
	return value, names
}

func memberAt(value []byte, name string) []byte {
	if value == nil || value[0] != '{' {
		return nil
	}
	for n, v := range members(value) {
		if n == name {
			return v
		}
	}
	return nil
}

func elementAt(array []byte, index int) []byte {
	for value := range elements(array) {
		if index == 0 {
			return value
		}
		index--
	}
	return nil
}

// fieldAt finds the field of a member of the master data, or of a child.
func (s Spec) fieldAt(names []string) *Field {
	path := strings.Join(names, ".")
	if field := findField(s.Fields, path); field != nil {
		return field
	}
	for i := range s.Children {
		if rest, below := strings.CutPrefix(path, s.Children[i].Path+"."); below {
			return findField(s.Children[i].Fields, rest)
		}
	}
	return nil
}

// plainText is a string without its quotes, and any other value as it is written.
func plainText(value []byte) string {
	if value[0] == '"' {
		return unquote(value)
	}
	return string(value)
}
