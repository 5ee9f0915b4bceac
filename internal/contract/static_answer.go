package contract

import (
	"fmt"
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// AnswerPlaces are where the configuration looks for a refusal inside a successful answer: the JSON pointers of
// [isidoor.salarie.answer], "" = none.
type AnswerPlaces struct {
	Items   string // the array of results; "" = the answer is one result, or an array of them
	Code    string // below a result, as are the others
	Errors  []string
	Message string
}

// CheckAnswer compares where refusals are looked for with what the contract says that a success holds. No places, and an
// answer that looks as if it could refuse: that is said too, as such refusals would count as received. The Path of advice is the
// key below [isidoor.salarie.answer]. Where the contract does not describe the answer, nothing is said.
func CheckAnswer(op *Operation, places *AnswerPlaces) []Advice {
	a := &answerCheck{advisor: &advisor{}, op: op}
	switch {
	case op == nil || op.Answer == nil:
	case places == nil:
		a.suspect(op.Answer)
	default:
		a.compare(*places)
	}
	return a.advice
}

type answerCheck struct {
	*advisor
	op *Operation
}

func (a *answerCheck) compare(p AnswerPlaces) {
	result := a.op.Answer
	if p.Items != "" {
		list, gap := follow(result, p.Items)
		switch {
		case gap != nil:
			a.missing("items", p.Items, gap, "no answer could be judged, and each document would stay in doubt")
			return
		case list != nil && !list.takes(TypeArray):
			a.error("items", fmt.Sprintf("%s is %s in the contract, not an array: no answer could be judged", p.Items, list.title()), a.see())
			return
		}
		result = list
	}
	if result != nil && result.elements() != nil {
		result = result.elements()
	}
	below := func(key, pointer, consequence string) {
		if _, gap := follow(result, pointer); gap != nil {
			a.missing(key, pointer, gap, consequence)
		}
	}
	below("code", p.Code, "no answer could be judged, and each document would stay in doubt")
	for _, pointer := range p.Errors {
		below("errors", pointer, "refusals would count as received")
	}
	below("message", p.Message, "nobody would be told why a document is refused")
}

func (a *answerCheck) missing(key, pointer string, gap *gap, consequence string) {
	hint := a.see()
	if near := mapping.NearestName(gap.name, gap.names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", gap.before+"/"+pointerToken(tidy(near)))
	}
	a.error(key, fmt.Sprintf("%s is not in what %s answers by the contract: %s", tidy(pointer), a.op.callName(), consequence), hint)
}

func (a *answerCheck) see() string {
	return "compare with a real answer, and correct [isidoor.salarie.answer]"
}

// gap is where a pointer leaves what the contract describes.
type gap struct {
	before string   // the part of the pointer that the contract has
	name   string   // the member that it does not have
	names  []string // those that it has instead
}

// follow goes down a JSON pointer (RFC 6901). A nil schema: any value fits there.
func follow(s *Schema, pointer string) (*Schema, *gap) {
	if pointer == "" {
		return s, nil
	}
	before := ""
	for token := range strings.SplitSeq(pointer[1:], "/") {
		name := nameOfToken(token)
		switch {
		case s == nil:
			return nil, nil
		case s.elements() != nil && isIndex(name):
			s = s.elements()
		default:
			property, known := s.lookup(name)
			if !known || !s.takes(TypeObject) {
				return nil, &gap{before, name, s.names()}
			}
			if property == nil {
				return nil, nil
			}
			s = property.Schema
		}
		before += "/" + token
	}
	return s, nil
}

func isIndex(name string) bool {
	return name != "" && strings.Trim(name, "0123456789") == ""
}

func nameOfToken(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// Names under which APIs say no inside a success, folded: those that hold a code or a flag, and those that hold errors.
var (
	codeNames  = []string{"coderetour", "codeerreur", "coderesultat", "returncode", "errorcode", "resultcode", "success", "succes", "succeeded", "issuccess", "isvalid", "isok"}
	errorNames = []string{"erreur", "erreurs", "error", "errors", "anomalie", "anomalies", "rejet", "rejets"}
)

// suspect looks for such names in the answer, in the elements of an array, and in a list one level down.
func (a *answerCheck) suspect(answer *Schema) {
	if items := answer.elements(); items != nil {
		answer = items
	}
	code, errors := tellers(answer)
	items := ""
	for _, p := range answer.members() {
		if code != "" || errors != "" {
			break
		}
		if element := p.Schema.elements(); element != nil {
			code, errors = tellers(element)
			items = "/" + pointerToken(p.Name)
		}
	}
	var settings []string
	if code != "" {
		settings = append(settings, fmt.Sprintf("code = %q and success = [the codes that accept]", "/"+pointerToken(code)))
	}
	if errors != "" {
		settings = append(settings, fmt.Sprintf("errors = [%q]", "/"+pointerToken(errors)))
	}
	if settings == nil {
		return
	}
	if items != "" {
		settings = append([]string{fmt.Sprintf("items = %q", items)}, settings...)
	}
	found := strings.Join(slices.DeleteFunc([]string{code, errors}, func(name string) bool { return name == "" }), " and ")
	a.warning("", fmt.Sprintf("by the contract a success of %s holds %s: if the API refuses documents that way, refusals count as received", a.op.callName(), found),
		"ask whom the API belongs to; if so, add [isidoor.salarie.answer] with "+strings.Join(settings, ", "))
}

// tellers are the members of an object that may say no; "" = none.
func tellers(s *Schema) (code, errors string) {
	for _, name := range s.names() {
		switch folded := fold(name); {
		case code == "" && slices.Contains(codeNames, folded):
			code = tidy(name)
		case errors == "" && slices.Contains(errorNames, folded):
			errors = tidy(name)
		}
	}
	return code, errors
}
