package mapping

import (
	"errors"
	"slices"
	"strconv"

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
	what, next := e.Facts()
	return what.Apart(words, next)
}

// Facts are what is wrong, and the next step.
func (e *FieldError) Facts() (what, next hinted.Fact) {
	if e.Path == "" {
		return e.Fact, e.Next
	}
	return hinted.Say("mapping.of-field", "path", e.Path, "problem", e.Fact), e.Next
}

// ColumnError is a column that the mapping names and the query does not return, or returns twice.
type ColumnError struct {
	Path     string // of the field, as in FieldError
	Column   string
	Nearest  string // the returned column that may have been meant; "" = none is near
	Children string // path of the children whose query it is; "" = the query of the employees
	Twice    bool   // several columns have the name: which one is meant, nobody can tell
}

func (e *ColumnError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ColumnError) Fact() hinted.Fact {
	query := hinted.Say("mapping.query")
	if e.Children != "" {
		query = hinted.Say("mapping.query-children", "children", e.Children)
	}
	code := "mapping.column-none"
	switch {
	case e.Twice:
		code = "mapping.column-twice"
	case e.Nearest != "":
		code = "mapping.column-near"
	}
	return hinted.Say(code, "path", e.Path, "query", query, "column", strconv.Quote(e.Column), "nearest", strconv.Quote(e.Nearest))
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

func (e *NomenclatureError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *NomenclatureError) Fact() hinted.Fact {
	switch {
	case len(e.Names) > 1:
		return hinted.Say("mapping.never-pulled-several", "names", e.Names)
	case e.Nearest != "":
		return hinted.Say("mapping.never-pulled-near", "path", e.Path, "name", strconv.Quote(e.Names[0]), "nearest", strconv.Quote(e.Nearest))
	}
	return hinted.Say("mapping.never-pulled", "path", e.Path, "name", strconv.Quote(e.Names[0]))
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
	Path   string
	Column string
	Type   uint32 // OID
	Wanted Type   // as which it cannot be sent; "" = as none,

	Name       string // and then the type's name,
	Conversion string // and what converts it: SQL
}

func (e *TypeError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *TypeError) Fact() hinted.Fact {
	if e.Wanted != "" {
		return hinted.Say("mapping.type-other", "path", e.Path, "column", strconv.Quote(e.Column), "oid", e.Type, "type", string(e.Wanted))
	}
	return hinted.Say("mapping.type-none", "path", e.Path, "column", strconv.Quote(e.Column), "oid", e.Type, "type", e.Name,
		"conversion", e.Conversion)
}
