package contract

import (
	"fmt"
	"slices"
	"strings"
)

// Settings are what the configuration says of the call that takes documents.
type Settings struct {
	Method            string // "POST"
	KeyIn, KeyName    string // where the dossier's key goes: "header", "query" or "path"; the name is "" for a path
	MethodSet, KeySet bool   // the user wrote them: what the contract says otherwise is only reported
	Path, Base        string // "/V2/Salarie" below the API's address
}

// Derived is the call as it is made: what the configuration leaves open comes from the contract.
type Derived struct {
	Operation      *Operation // what the contract says of it; nil = it does not have the call, leaves several, or it is broken
	Broken         *Operation // it, where references hide what it takes
	Method         string
	KeyIn, KeyName string
}

// Derive finds the operation that takes documents and the place of the dossier's key. Advice is about the API as a whole:
// where the contract contradicts the configuration, where it leaves a choice, and what was taken from it. Without a
// document the settings stand.
func Derive(d *Document, s Settings) (Derived, []Advice) {
	is := Derived{Method: s.Method, KeyIn: s.KeyIn, KeyName: s.KeyName}
	if d == nil {
		return is, nil
	}
	report := &advisor{}
	is.Operation = report.operation(d, s)
	if is.Operation != nil && is.Operation.Broken != nil {
		report.error("", is.Operation.broken().Problem, is.Operation.Broken.Hint)
		is.Broken, is.Operation = is.Operation, nil
	}
	if is.Operation == nil {
		is.KeyIn, is.KeyName = report.keyAnyway(d, s)
		return is, report.advice
	}
	is.Method = is.Operation.Method
	if is.Method != s.Method {
		report.info("", fmt.Sprintf("documents go by %s: the contract says so", is.Method), "")
	}
	is.KeyIn, is.KeyName = report.key(d, is.Operation, s)
	report.parameters(is, s)
	report.body(is.Operation)
	return is, report.advice
}

// hintCall is the way out when the configured call is not one for documents.
const hintCall = "choose another call: path and method in [isidoor.salarie]; 'syncd contract show' lists those that there are. " +
	"If the contract is wrong, correct a copy and name it: contract in [isidoor.salarie]"

// takesInstead words what a call takes that takes no JSON.
func (o *Operation) takesInstead() string {
	if len(o.Media) == 0 {
		return "no body"
	}
	return tidy(strings.Join(o.Media, ", "))
}

// body is about calls that take no documents, or of which that is not told.
func (a *advisor) body(op *Operation) {
	const whole = "the contract does not say what %s takes: documents cannot be checked against it"
	switch s := op.Body; {
	case s == nil:
		a.error("", fmt.Sprintf("the contract says that %s takes %s, and syncd sends JSON", op.callName(), op.takesInstead()), hintCall)
		return
	case !s.takes(TypeObject):
		a.error("", fmt.Sprintf("the contract says that %s takes %s, not the document of one employee", op.callName(), s.title()), hintCall)
	case (s.Type == TypeAny || s.Type == TypeObject) && s.FreeForm() && s.Additional == nil && s.Enum == nil && s.Also == nil:
		a.warning("", fmt.Sprintf(whole, op.callName()), "")
	}
	a.unchecked(op)
	if op.JSONType != "" {
		a.warning("", fmt.Sprintf("by the contract %s takes the JSON of %s alone, and syncd sends it as %s", op.callName(), tidy(op.JSONType), jsonMedia),
			"ask whom the API belongs to whether it takes that")
	}
}

// unchecked tells what the call demands and nobody checks.
func (a *advisor) unchecked(op *Operation) {
	const most = 10
	demands := op.Unchecked()
	for _, demand := range demands[:min(len(demands), most)] {
		a.info("", fmt.Sprintf("of what %s takes, %s", op.callName(), demand), "")
	}
	if more := len(demands) - most; more > 0 {
		a.info("", fmt.Sprintf("of what %s takes, %d more demands are not checked", op.callName(), more), "'syncd contract show' lists what is not checked")
	}
}

// broken is why a broken call cannot be used, with its name.
func (o *Operation) broken() *ReadError {
	return &ReadError{o.callName() + ": " + o.Broken.Problem, o.Broken.Hint}
}

// verbs are those that an API takes documents by.
var verbs = []string{"POST", "PUT", "PATCH"}

func takingDocuments(calls []*Operation) []*Operation {
	return slices.DeleteFunc(slices.Clone(calls), func(op *Operation) bool { return !slices.Contains(verbs, op.Method) })
}

// operation finds the call that takes documents; nil when there is none, or it is not clear which.
func (a *advisor) operation(d *Document, s Settings) *Operation {
	if s.MethodSet {
		if exact, _ := d.Find(s.Method, s.Path, s.Base); exact != nil {
			return exact
		}
	}
	_, all := d.Find("", s.Path, s.Base)
	if len(all) == 1 && all[0].Method == "" { // which verbs it has stands elsewhere
		return all[0]
	}
	taking := takingDocuments(all)
	usual := slices.DeleteFunc(slices.Clone(taking), func(op *Operation) bool { return op.Method != s.Method })
	switch {
	case len(taking) == 0:
		a.error("", fmt.Sprintf("the contract has no call that takes documents at %s", s.Path), a.otherCalls(d, s))
	case s.MethodSet && len(usual) == 0:
		a.error("", fmt.Sprintf("method is %s, but the contract has only %s", s.Method, calls(taking)),
			"correct method in [isidoor.salarie], or leave it out: the contract then decides")
	case s.MethodSet && len(usual) == 1, !s.MethodSet && len(taking) == 1:
		return append(usual, taking...)[0]
	case len(usual) == 1:
		a.warning("", fmt.Sprintf("the contract takes documents by several calls (%s); syncd uses %s", calls(taking), s.Method),
			"say which one it is: method in [isidoor.salarie]")
		return usual[0]
	default:
		a.error("", fmt.Sprintf("the contract takes documents by several calls: %s", calls(taking)),
			"say which one it is: method and path in [isidoor.salarie]")
	}
	return nil
}

// otherCalls is the hint for a path that the contract does not have.
func (a *advisor) otherCalls(d *Document, s Settings) string {
	path, _, _ := strings.Cut(s.Path, "?")
	var taking []*Operation
	for _, op := range d.Operations {
		if slices.Contains(verbs, op.Method) {
			taking = append(taking, op)
		}
	}
	if near := nearCalls(taking, path); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "? Correct path in [isidoor.salarie]"
	}
	return "correct path in [isidoor.salarie]; 'syncd contract show' lists the calls that there are"
}

// calls lists operations for people: "POST /V2/Salarie, PUT /V2/Salarie".
func calls(ops []*Operation) string { return strings.Join(callNames(ops), ", ") }

func callNames(ops []*Operation) []string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.callName()
	}
	slices.Sort(names)
	return names
}

// callName is how people and configurations name an operation, without the API's own base: "POST /V2/Salarie".
func (o *Operation) callName() string {
	return oneLine(o.Method + " " + strings.TrimPrefix(o.Path, o.Base))
}
