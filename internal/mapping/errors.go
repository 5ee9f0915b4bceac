package mapping

import (
	"fmt"
	"strings"
)

// FieldError is a rule that the mapping breaks by itself, whatever staging holds. Path is "" for the mapping as a
// whole, "Adresse.Ville" for a field, "Elements" for children, "Elements[].Code" for a field of children.
type FieldError struct {
	Path    string
	Problem string
	Hint    string
}

func (e *FieldError) Error() string {
	text := e.Problem
	if e.Path != "" {
		text = "field " + e.Path + ": " + e.Problem
	}
	return withHint(text, e.Hint)
}

// ColumnError is a column that the mapping names and the query does not return.
type ColumnError struct {
	Path     string // of the field, as in FieldError
	Column   string
	Nearest  string // the returned column that may have been meant; "" = none is near
	Children string // path of the children whose query it is; "" = the query of the employees
}

func (e *ColumnError) Error() string {
	query := "the query of the employees"
	if e.Children != "" {
		query = "the query of the children " + e.Children
	}
	text := fmt.Sprintf("field %s: %s returns no column %q", e.Path, query, e.Column)
	if e.Nearest != "" {
		return withHint(text, fmt.Sprintf("did you mean %q?", e.Nearest))
	}
	return withHint(text, "add the column to the query, or correct the name in the mapping")
}

// DictionaryError is a nomenclature that the mapping names and the target does not have yet.
type DictionaryError struct {
	Name    string
	Path    string
	Nearest string // the nomenclature that may have been meant; "" = none is near
}

func (e *DictionaryError) Error() string {
	text := fmt.Sprintf("field %s: the nomenclature %q was never pulled", e.Path, e.Name)
	if e.Nearest != "" {
		return withHint(text, fmt.Sprintf("did you mean %q? Otherwise pull it: syncd run JOB, with the job of kind pull-dictionnaire", e.Nearest))
	}
	return withHint(text, "pull it: syncd run JOB, with the job of kind pull-dictionnaire")
}

// TypeError is a column whose type cannot be sent, or not as the JSON type that the mapping asks for.
type TypeError struct {
	Path    string
	Column  string
	Type    uint32 // OID
	Problem string // "is of type bytea, which JSON has no form for"
	Hint    string
}

func (e *TypeError) Error() string {
	return withHint(fmt.Sprintf("field %s: the column %q %s", e.Path, e.Column, e.Problem), e.Hint)
}

func withHint(text, hint string) string {
	if hint == "" {
		return text
	}
	return strings.TrimSuffix(text, "\n") + "\nhint: " + hint
}
