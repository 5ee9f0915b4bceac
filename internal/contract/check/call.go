package check

import (
	"slices"
	"strings"

	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
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
	report := &callCheck{settings: s}
	is.Operation = report.operation(d, s)
	if is.Operation != nil && is.Operation.Broken != nil {
		why := is.Operation.WhyBroken().For(s.Documents)
		report.error("", why.Fact, why.Next)
		is.Broken, is.Operation = is.Operation, nil
	}
	if is.Operation == nil {
		is.KeyIn, is.KeyName = report.keyAnyway(d, s)
		return report.told(is)
	}
	is.Method = is.Operation.Method
	is.KeyIn, is.KeyName = report.keyPlace(d, is.Operation, s)
	report.parameters(is, s)
	report.body(is.Operation)
	return report.told(is)
}

// callCheck compares the call with the contract.
type callCheck struct {
	advisor
	settings  Settings
	verb, key *Advice // see Derived
}

func (a *callCheck) told(is Derived) (Derived, []Advice) {
	is.Verb, is.Key = a.verb, a.key
	return is, a.advice
}

// open tells that the contract says otherwise than a default.
func (a *callCheck) open(what, next hinted.Fact, cause *jobs.Cause) *Advice {
	is := Advice{Level: LevelError, Fact: what, Next: next, Cause: cause}
	a.advice = append(a.advice, is)
	return &is
}

// next is a step in the partner's section {table}, or in that of documents, {documents}.
func (a *callCheck) next(code string, namesAndValues ...any) hinted.Fact {
	return say(code, append(namesAndValues, "table", a.settings.Section, "documents", a.settings.Documents)...)
}

// body is about calls that take no documents, or of which that is not told.
func (a *callCheck) body(op *openapi.Operation) {
	switch s := op.Body; {
	case s == nil && len(op.Media) == 0:
		a.error("", say("call-takes-nothing", "call", op.CallName()), a.next("hint-call"))
		return
	case s == nil:
		a.error("", say("call-takes-media", "call", op.CallName(), "media", openapi.Tidy(strings.Join(op.Media, ", "))), a.next("hint-call"))
		return
	case !s.Takes(openapi.TypeObject):
		a.error("", say("call-takes-other", "call", op.CallName(), "type", s.Title()), a.next("hint-call"))
	case (s.Type == openapi.TypeAny || s.Type == openapi.TypeObject) && s.FreeForm() && s.Additional == nil && s.Enum == nil && s.Also == nil:
		a.warning("", say("call-takes-any", "call", op.CallName()), none)
	}
	a.unchecked(op)
	if op.JSONType != "" {
		a.warning("", say("call-media", "call", op.CallName(), "media", openapi.Tidy(op.JSONType), "ours", openapi.JSONMedia), none)
	}
}

// unchecked tells what the call demands and nobody checks.
func (a *callCheck) unchecked(op *openapi.Operation) {
	const most = 10
	demands := op.Unchecked()
	for _, demand := range demands[:min(len(demands), most)] {
		a.info("", say("of-what-it-takes", "call", op.CallName(), "what", demand), none)
	}
	if more := len(demands) - most; more > 0 {
		a.info("", say("more-unchecked", "call", op.CallName(), "n", more), none)
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
		a.error("", say("no-call", "path", s.Path), a.otherCalls(d, s))
	case s.MethodSet && len(usual) == 0:
		a.error("", say("other-verb", "method", s.Method, "calls", openapi.Calls(taking)), a.writeMethod(taking))
	case len(usual) == 0:
		a.verb = a.open(say("default-verb", "method", s.Method, "calls", openapi.Calls(taking)),
			a.next("hint-or-method", "write", a.writeMethod(taking), "method", s.Method),
			jobs.Because(jobs.CauseVerb, "calls", openapi.Calls(taking)))
		if len(taking) == 1 {
			return taking[0]
		}
	case len(usual) == 1 && (s.MethodSet || len(taking) == 1):
		return usual[0]
	case len(usual) == 1:
		a.warning("", say("several-calls", "calls", openapi.Calls(taking), "method", s.Method), a.next("hint-method"))
		return usual[0]
	default:
		a.error("", say("unclear-call", "calls", openapi.Calls(taking)), a.next("hint-method-path"))
	}
	return nil
}

// writeMethod is the line that names the verb of the contract's call.
func (a *callCheck) writeMethod(taking []*openapi.Operation) hinted.Fact {
	if len(taking) > 1 {
		return a.next("hint-method")
	}
	return a.next("hint-write-method", "method", taking[0].Method)
}

// otherCalls is the hint for a path that the contract does not have.
func (a *callCheck) otherCalls(d *openapi.Document, s Settings) hinted.Fact {
	path, _, _ := strings.Cut(s.Path, "?")
	var taking []*openapi.Operation
	for _, op := range d.Operations {
		if slices.Contains(verbs, op.Method) {
			taking = append(taking, op)
		}
	}
	if near := openapi.NearCalls(taking, path); len(near) > 0 {
		return a.next("hint-near-path", "calls", hinted.Either(near))
	}
	return a.next("hint-path")
}
