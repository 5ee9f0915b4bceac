package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// FieldError is a rule that the mapping breaks by itself, whatever staging contains. Path is "" for the mapping as a
// whole, "Adresse.Ville" for a field, "Elements" for children, "Elements[].Code" for a field of children.
type FieldError struct {
	Path string
	hinted.Fact
	Next hinted.Fact // none = the hint that the fact's words have
}

func (e *FieldError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *FieldError) Told() (problem, hint string) { return e.ToldIn(hinted.English()) }

// ToldIn implements hinted.Worded.
func (e *FieldError) ToldIn(words *locale.Catalogue) (problem, hint string) {
	text, hint := e.Apart(words, e.Next)
	if e.Path != "" {
		text = hinted.Say("mapping.of-field", "path", e.Path, "problem", text).In(words)
	}
	return text, hint
}

// ColumnError is a column that the mapping names and the query does not return, or returns twice.
type ColumnError struct {
	Path     string // of the field, as in FieldError
	Column   string
	Nearest  string // the returned column that may have been meant; "" = none is near
	Children string // path of the children whose query it is; "" = the query of the employees
	Twice    bool   // several columns have the name: which one is meant, nobody can tell
}

func (e *ColumnError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *ColumnError) Told() (problem, hint string) {
	query := "the query of the employees"
	if e.Children != "" {
		query = "the query of the children " + e.Children
	}
	if e.Twice {
		return fmt.Sprintf("field %s: %s returns several columns %q", e.Path, query, e.Column),
			"write each column's name in the query instead of *, and give one of the two another name with AS"
	}
	text := fmt.Sprintf("field %s: %s returns no column %q", e.Path, query, e.Column)
	if e.Nearest != "" {
		return text, fmt.Sprintf("did you mean %q?", e.Nearest)
	}
	return text, "add the column to the query, or correct the name in the mapping"
}

// Meant reports whether the hint names what may have been meant.
func (e *ColumnError) Meant() bool { return !e.Twice && e.Nearest != "" }

// NomenclatureError tells of nomenclatures that the mapping names and the target does not have yet: before the first pull
// all of them, so they are told together, but for one whose name looks mistyped.
type NomenclatureError struct {
	Names   []string // sorted
	Path    string   // of the field, the first one's where there are several
	Nearest string   // the nomenclature that may have been meant; "" = none is near, or there are several names
}

func (e *NomenclatureError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *NomenclatureError) Told() (problem, hint string) {
	const pull = "pull %s: syncd run JOB, with the job of kind pull-dictionnaire"
	if len(e.Names) > 1 {
		return fmt.Sprintf("the nomenclatures %s were never pulled", strings.Join(e.Names, ", ")), fmt.Sprintf(pull, "them")
	}
	text, hint := fmt.Sprintf("field %s: the nomenclature %q was never pulled", e.Path, e.Names[0]), fmt.Sprintf(pull, "it")
	if e.Nearest != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", e.Nearest, hint)
	}
	return text, hint
}

// Meant reports whether the hint names what may have been meant.
func (e *NomenclatureError) Meant() bool { return len(e.Names) == 1 && e.Nearest != "" }

// joinErrors joins what Compile found wrong, nomenclatures that were never pulled as one.
func joinErrors(errs []error) error {
	var never *NomenclatureError
	var joined []error
	for _, err := range errs {
		var one *NomenclatureError
		switch {
		case !errors.As(err, &one) || one.Nearest != "":
			joined = append(joined, err)
		case never == nil:
			never = one
			joined = append(joined, never)
		default:
			never.Names = append(never.Names, one.Names...)
		}
	}
	if never != nil {
		slices.Sort(never.Names)
		never.Names = slices.Compact(never.Names)
	}
	return errors.Join(joined...)
}

// TypeError is a column whose type cannot be sent, or not as the JSON type that the mapping asks for.
type TypeError struct {
	Path    string
	Column  string
	Type    uint32 // OID
	Problem string // "is of type bytea, which JSON has no form for"
	Hint    string
}

func (e *TypeError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *TypeError) Told() (problem, hint string) {
	return fmt.Sprintf("field %s: the column %q %s", e.Path, e.Column, e.Problem), e.Hint
}
