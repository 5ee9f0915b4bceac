package check

import (
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Advice is one thing that the contract says about the configuration.
type Advice struct {
	Level string // LevelError, LevelWarning or LevelInfo
	// of the mapping: "Contrat.CodeNature", "Elements[].Code", "Elements" (the children); "" = the job or the API as a whole
	Path  string
	Fact  hinted.Fact // what follows the path: "is read-only in the contract"; a whole sentence where Path is ""
	Next  hinted.Fact // the next step; no code = the one that the fact has, if any
	Cause *jobs.Cause // of what stops runs; nil = it stops none
}

// say is a fact about a contract. Names come from outside: nothing of them may drive a terminal.
func say(code string, namesAndValues ...any) hinted.Fact {
	for i := 1; i < len(namesAndValues); i += 2 {
		if text, ok := namesAndValues[i].(string); ok {
			namesAndValues[i] = openapi.OneLine(text)
		}
	}
	return hinted.Say("contract."+code, namesAndValues...)
}

// none is no next step but that which the fact has.
var none hinted.Fact

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

func (a *advisor) add(level, path string, what, next hinted.Fact) {
	a.advice = append(a.advice, Advice{Level: level, Path: path, Fact: what, Next: next})
}

func (a *advisor) error(path string, what, next hinted.Fact)   { a.add(LevelError, path, what, next) }
func (a *advisor) warning(path string, what, next hinted.Fact) { a.add(LevelWarning, path, what, next) }
func (a *advisor) info(path string, what, next hinted.Fact)    { a.add(LevelInfo, path, what, next) }
