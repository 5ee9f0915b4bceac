package check

import (
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Advice is one thing that the contract says about the configuration.
type Advice struct {
	Level string `json:"level"` // LevelError, LevelWarning or LevelInfo
	// of the mapping: "Contrat.CodeNature", "Elements[].Code", "Elements" (the children); "" = the job or the API as a whole
	Path string `json:"path,omitempty"`
	Text string `json:"text"`           // what follows the path: "is read-only in the contract"; a whole sentence where Path is ""
	Hint string `json:"hint,omitempty"` // the next step; "" = none

	Cause *jobs.Cause `json:"-"` // of what stops runs; nil = it stops none
}

// Levels of advice: what will go wrong, what may, and what is worth knowing.
const (
	LevelError   = "error"
	LevelWarning = "warning"
	LevelInfo    = "info"
)

// CheckMapping tells what the API would make of the documents of a mapping, before there are any. Without an operation
// nothing is said: Derive tells why. A nil shape means that staging was not reachable, so nothing is said of columns.
// Advice is sorted by path.
func CheckMapping(op *openapi.Operation, spec mapping.Spec, shape *mapping.Shape, nomenclatures mapping.Nomenclatures,
	params mapping.Params) []Advice {
	if op == nil || !op.TakesDocuments() {
		return nil
	}
	a := &advisor{}
	c := &staticCheck{advisor: a, op: op, nomenclatures: nomenclatures, params: params}
	if shape != nil {
		c.columns = shape.Employee
	}
	c.object(op.Body, "", mapping.Arrange("", spec.Fields, spec.Children))
	c.staging(op.Body, "", "", spec.Fields, nil)
	for i := range spec.Children {
		c.rows(&spec.Children[i], i, shape)
	}
	slices.SortStableFunc(a.advice, func(x, y Advice) int { return strings.Compare(x.Path, y.Path) })
	return a.advice
}

// Unknown lists the members that a mapping sends and the contract does not have, or has for answers alone (read-only),
// sorted: "Adresse.Pays", "Elements[].Note", or "Elements" for a whole list. The API would drop them silently.
func Unknown(op *openapi.Operation, spec mapping.Spec) []string {
	if op == nil || op.Body == nil {
		return nil
	}
	unknown := unknownIn(op.Body, mapping.Arrange("", spec.Fields, spec.Children))
	for i := range spec.Children {
		children := &spec.Children[i]
		if slices.Contains(unknown, children.Path) {
			continue
		}
		if element := elementsOf(op.Body, children.Path); element != nil {
			unknown = append(unknown, unknownIn(element, mapping.Arrange(children.Path+"[].", children.Fields, nil))...)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// unknownIn goes down as far as the contract knows the way. Members of what is no object are another matter: the check of
// documents refuses them.
func unknownIn(s *openapi.Schema, m *mapping.Node) (unknown []string) {
	if !s.Takes(openapi.TypeObject) {
		return nil
	}
	for _, member := range m.Members {
		property, known := s.Lookup(member.Name)
		switch {
		case !known, property != nil && property.Schema.ReadOnly:
			unknown = append(unknown, member.Leaves()...)
		case property != nil:
			unknown = append(unknown, unknownIn(property.Schema, member)...)
		}
	}
	return unknown
}

// elementsOf is what the contract says of the elements of the list at a path; nil = nothing, or it is no list.
func elementsOf(s *openapi.Schema, path string) *openapi.Schema {
	for name := range strings.SplitSeq(path, ".") {
		property, _ := s.Lookup(name)
		if property == nil {
			return nil
		}
		s = property.Schema
	}
	return s.Elements()
}

// advisor gathers advice.
type advisor struct{ advice []Advice }

func (a *advisor) add(level, path, text, hint string) {
	a.advice = append(a.advice, Advice{Level: level, Path: path, Text: text, Hint: hint})
}

func (a *advisor) error(path, text, hint string)   { a.add(LevelError, path, text, hint) }
func (a *advisor) warning(path, text, hint string) { a.add(LevelWarning, path, text, hint) }
func (a *advisor) info(path, text, hint string)    { a.add(LevelInfo, path, text, hint) }
