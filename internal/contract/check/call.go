package check

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
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
	Operation      *openapi.Operation // what the contract says of it; nil = it does not have the call, leaves several, or it is broken
	Broken         *openapi.Operation // it, where references hide what it takes
	Method         string
	KeyIn, KeyName string
}

// Derive finds the operation that takes documents and the place of the dossier's key. Advice is about the API as a whole:
// where the contract contradicts the configuration, where it leaves a choice, and what was taken from it. Without a
// document the settings stand.
func Derive(d *openapi.Document, s Settings) (Derived, []Advice) {
	is := Derived{Method: s.Method, KeyIn: s.KeyIn, KeyName: s.KeyName}
	if d == nil {
		return is, nil
	}
	report := &advisor{}
	is.Operation = report.operation(d, s)
	if is.Operation != nil && is.Operation.Broken != nil {
		report.error("", is.Operation.WhyBroken().Problem, is.Operation.Broken.Hint)
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

// body is about calls that take no documents, or of which that is not told.
func (a *advisor) body(op *openapi.Operation) {
	const whole = "the contract does not say what %s takes: documents cannot be checked against it"
	switch s := op.Body; {
	case s == nil:
		a.error("", fmt.Sprintf("the contract says that %s takes %s, and syncd sends JSON", op.CallName(), op.TakesInstead()), hintCall)
		return
	case !s.Takes(openapi.TypeObject):
		a.error("", fmt.Sprintf("the contract says that %s takes %s, not the document of one employee", op.CallName(), s.Title()), hintCall)
	case (s.Type == openapi.TypeAny || s.Type == openapi.TypeObject) && s.FreeForm() && s.Additional == nil && s.Enum == nil && s.Also == nil:
		a.warning("", fmt.Sprintf(whole, op.CallName()), "")
	}
	a.unchecked(op)
	if op.JSONType != "" {
		a.warning("", fmt.Sprintf("by the contract %s takes the JSON of %s alone, and syncd sends it as %s", op.CallName(), openapi.Tidy(op.JSONType), openapi.JSONMedia),
			"ask whom the API belongs to whether it takes that")
	}
}

// unchecked tells what the call demands and nobody checks.
func (a *advisor) unchecked(op *openapi.Operation) {
	const most = 10
	demands := op.Unchecked()
	for _, demand := range demands[:min(len(demands), most)] {
		a.info("", fmt.Sprintf("of what %s takes, %s", op.CallName(), demand), "")
	}
	if more := len(demands) - most; more > 0 {
		a.info("", fmt.Sprintf("of what %s takes, %d more demands are not checked", op.CallName(), more), "'syncd contract show' lists what is not checked")
	}
}

// verbs are those that an API takes documents by.
var verbs = []string{"POST", "PUT", "PATCH"}

func takingDocuments(calls []*openapi.Operation) []*openapi.Operation {
	return slices.DeleteFunc(slices.Clone(calls), func(op *openapi.Operation) bool { return !slices.Contains(verbs, op.Method) })
}

// operation finds the call that takes documents; nil when there is none, or it is not clear which.
func (a *advisor) operation(d *openapi.Document, s Settings) *openapi.Operation {
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
	usual := slices.DeleteFunc(slices.Clone(taking), func(op *openapi.Operation) bool { return op.Method != s.Method })
	switch {
	case len(taking) == 0:
		a.error("", fmt.Sprintf("the contract has no call that takes documents at %s", s.Path), a.otherCalls(d, s))
	case s.MethodSet && len(usual) == 0:
		a.error("", fmt.Sprintf("method is %s, but the contract has only %s", s.Method, openapi.Calls(taking)),
			"correct method in [isidoor.salarie], or leave it out: the contract then decides")
	case s.MethodSet && len(usual) == 1, !s.MethodSet && len(taking) == 1:
		return append(usual, taking...)[0]
	case len(usual) == 1:
		a.warning("", fmt.Sprintf("the contract takes documents by several calls (%s); syncd uses %s", openapi.Calls(taking), s.Method),
			"say which one it is: method in [isidoor.salarie]")
		return usual[0]
	default:
		a.error("", fmt.Sprintf("the contract takes documents by several calls: %s", openapi.Calls(taking)),
			"say which one it is: method and path in [isidoor.salarie]")
	}
	return nil
}

// otherCalls is the hint for a path that the contract does not have.
func (a *advisor) otherCalls(d *openapi.Document, s Settings) string {
	path, _, _ := strings.Cut(s.Path, "?")
	var taking []*openapi.Operation
	for _, op := range d.Operations {
		if slices.Contains(verbs, op.Method) {
			taking = append(taking, op)
		}
	}
	if near := openapi.NearCalls(taking, path); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "? Correct path in [isidoor.salarie]"
	}
	return "correct path in [isidoor.salarie]; 'syncd contract show' lists the calls that there are"
}
