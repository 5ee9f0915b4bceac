package check

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
)

// Settings are what the configuration says of the call that takes documents: calls are made by it alone.
type Settings struct {
	Method            string // "POST"
	KeyIn, KeyName    string // where the dossier's key goes: "header", "query" or "path"; the name is "" for a path
	MethodSet, KeySet bool   // the user wrote them: what the contract says otherwise stops nobody, and is only reported
	Path, Base        string // "/V2/Salarie" below the API's address
	// The sections of the configuration that hints name: the partner's, and that of its documents below it.
	Section, Documents string
}

// Derived is what the contract says of the call that takes documents. Where it says nothing, the settings stand.
type Derived struct {
	Operation      *openapi.Operation // nil = it does not have the call, leaves several, or it is broken
	Broken         *openapi.Operation // it, where references hide what it takes
	Method         string
	KeyIn, KeyName string
	// Verb and Key are the advice where the contract says otherwise than a default of ours: documents, or the dossier's key,
	// would go where nobody said that they go. nil = it does not, or the user wrote the setting.
	Verb, Key *Advice
}

// Derive finds the operation that takes documents and the place of the dossier's key. Advice is about the API as a whole:
// where the contract contradicts the configuration, and where it leaves a choice.
func Derive(d *openapi.Document, s Settings) (Derived, []Advice) {
	is := Derived{Method: s.Method, KeyIn: s.KeyIn, KeyName: s.KeyName}
	if d == nil {
		return is, nil
	}
	report := &callCheck{}
	is.Operation = report.operation(d, s)
	if is.Operation != nil && is.Operation.Broken != nil {
		report.error("", is.Operation.WhyBroken().Problem, is.Operation.Broken.Hint)
		is.Broken, is.Operation = is.Operation, nil
	}
	if is.Operation == nil {
		is.KeyIn, is.KeyName = report.keyAnyway(d, s)
		return report.told(is, s)
	}
	is.Method = is.Operation.Method
	is.KeyIn, is.KeyName = report.keyPlace(d, is.Operation, s)
	report.parameters(is, s)
	report.body(is.Operation)
	return report.told(is, s)
}

// callCheck compares the call with the contract.
type callCheck struct {
	advisor
	verb, key *Advice // see Derived
}

// told is what was found, with the sections that hints name.
func (a *callCheck) told(is Derived, s Settings) (Derived, []Advice) {
	sections := strings.NewReplacer("{section}", s.Section, "{documents}", s.Documents)
	for _, one := range []*Advice{a.verb, a.key} {
		if one != nil {
			one.Hint = sections.Replace(one.Hint)
		}
	}
	for i := range a.advice {
		a.advice[i].Hint = sections.Replace(a.advice[i].Hint)
	}
	is.Verb, is.Key = a.verb, a.key
	return is, a.advice
}

// open tells that the contract says otherwise than a default.
func (a *callCheck) open(text, hint string, cause *jobs.Cause) *Advice {
	is := Advice{Level: LevelError, Text: text, Hint: hint, Cause: cause}
	a.advice = append(a.advice, is)
	return &is
}

// hintCall is the way out when the configured call is not one for documents.
const hintCall = "choose another call: path and method in [{documents}]; 'syncd contract show' lists those that there are. " +
	"If the contract is wrong, correct a copy and name it: contract in [{documents}]"

// body is about calls that take no documents, or of which that is not told.
func (a *callCheck) body(op *openapi.Operation) {
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
		a.warning("", fmt.Sprintf("by the contract %s takes the JSON of %s alone, and syncd sends it as %s", op.CallName(),
			openapi.Tidy(op.JSONType), openapi.JSONMedia),
			"ask the partner whether it takes that")
	}
}

// unchecked tells what the call demands and nobody checks.
func (a *callCheck) unchecked(op *openapi.Operation) {
	const most = 10
	demands := op.Unchecked()
	for _, demand := range demands[:min(len(demands), most)] {
		a.info("", fmt.Sprintf("of what %s takes, %s", op.CallName(), demand), "")
	}
	if more := len(demands) - most; more > 0 {
		a.info("", fmt.Sprintf("of what %s takes, %d more demands are not checked", op.CallName(), more),
			"'syncd contract show' lists what is not checked")
	}
}

// verbs are those that an API takes documents by.
var verbs = []string{"POST", "PUT", "PATCH"}

func takingDocuments(calls []*openapi.Operation) []*openapi.Operation {
	return slices.DeleteFunc(slices.Clone(calls), func(op *openapi.Operation) bool { return !slices.Contains(verbs, op.Method) })
}

// operation finds the call that takes documents; nil when there is none, or it is not clear which.
func (a *callCheck) operation(d *openapi.Document, s Settings) *openapi.Operation {
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
		a.error("", fmt.Sprintf("method is %s, but the contract has only %s", s.Method, openapi.Calls(taking)), writeMethod(taking))
	case len(usual) == 0:
		a.verb = a.open(fmt.Sprintf("method is not written, and thus %s, but the contract has only %s", s.Method, openapi.Calls(taking)),
			writeMethod(taking)+fmt.Sprintf("; if the contract is wrong: method = %q", s.Method),
			jobs.Because(jobs.CauseVerb, "calls", openapi.Calls(taking)))
		if len(taking) == 1 {
			return taking[0]
		}
	case len(usual) == 1 && (s.MethodSet || len(taking) == 1):
		return usual[0]
	case len(usual) == 1:
		a.warning("", fmt.Sprintf("the contract takes documents by several calls (%s); syncd uses %s", openapi.Calls(taking), s.Method),
			"say which one it is: method in [{documents}]")
		return usual[0]
	default:
		a.error("", fmt.Sprintf("the contract takes documents by several calls: %s", openapi.Calls(taking)),
			"say which one it is: method and path in [{documents}]")
	}
	return nil
}

// writeMethod is the line that names the verb of the contract's call.
func writeMethod(taking []*openapi.Operation) string {
	if len(taking) > 1 {
		return "say which one it is: method in [{documents}]"
	}
	return fmt.Sprintf("write in [{documents}]: method = %q", taking[0].Method)
}

// otherCalls is the hint for a path that the contract does not have.
func (a *callCheck) otherCalls(d *openapi.Document, s Settings) string {
	path, _, _ := strings.Cut(s.Path, "?")
	var taking []*openapi.Operation
	for _, op := range d.Operations {
		if slices.Contains(verbs, op.Method) {
			taking = append(taking, op)
		}
	}
	if near := openapi.NearCalls(taking, path); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "? Correct path in [{documents}]"
	}
	return "correct path in [{documents}]; 'syncd contract show' lists the calls that there are"
}
