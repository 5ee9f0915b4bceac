package check

import (
	"cmp"
	"slices"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/contract/openapi"
	"syncd/internal/hinted"
	"syncd/internal/plaintext"
)

// AnswerPlaces are where the configuration looks for a refusal inside a successful answer: the JSON pointers of
// [{section}], "" = none.
type AnswerPlaces struct {
	Items   string // the array of results; "" = the answer is one result, or an array of them
	Code    string // below a result, as are the others
	Errors  []string
	Message string
}

// CheckAnswer compares where refusals are looked for with what the contract says that a success contains. No places, and an
// answer that looks as if it could refuse: that is said too, as such refusals would count as received. The Path of advice is the
// key below the section, which hints name.
//
// Contracts are often wrong about answers, as .NET does not know them by itself, and where they do not describe an object
// with members nothing is said. So only what looks like a mistyped name is an error.
func CheckAnswer(op *openapi.Operation, places *AnswerPlaces, section string) []Advice {
	a := &answerCheck{advisor: &advisor{}, op: op, section: section}
	switch {
	case op == nil || op.Answer == nil:
	case places == nil:
		a.suspect(resultOf(op.Answer))
	case places.Code == "" && len(places.Errors) == 0: // answers are told by their words
	default:
		a.compare(*places)
	}
	return a.advice
}

type answerCheck struct {
	*advisor
	op      *openapi.Operation
	section string
}

// seeReal is to compare with a real answer.
func (a *answerCheck) seeReal() hinted.Fact { return say("hint-real-answer", "table", a.section) }

// What follows where a pointer leads nowhere.
var (
	undecided = say("answer-undecided")
	accepted  = say("answer-accepted") // refusals that only it tells
	unworded  = say("answer-unworded")
)

func (a *answerCheck) compare(p AnswerPlaces) {
	list, gap := follow(a.op.Answer, p.Items)
	if gap != nil {
		a.missing("items", p.Items, gap, undecided)
		return
	}
	if p.Items != "" && list != nil && !list.Takes(openapi.TypeArray) {
		a.warning("items", say("answer-no-array", "pointer", p.Items, "type", list.Title(), "then", undecided), a.seeReal())
		return
	}
	result := resultOf(list)
	if result != nil && !result.Takes(openapi.TypeObject) {
		a.warning("", say("answer-no-object", "call", a.op.CallName(), "type", result.Title(), "then", undecided), a.seeReal())
		return
	}
	code, gap := follow(result, p.Code)
	switch {
	case p.Code == "":
	case gap != nil:
		a.missing("code", p.Code, gap, undecided)
	case code != nil && !code.Takes(openapi.TypeString) && !code.Takes(openapi.TypeNumber) && !code.Takes(openapi.TypeBoolean):
		a.warning("code", say("answer-no-code", "pointer", p.Code, "type", code.Title(), "then", undecided), a.seeReal())
	}
	for _, pointer := range p.Errors {
		if _, gap := follow(result, pointer); gap != nil {
			a.missing("errors", pointer, gap, accepted)
		}
	}
	if _, gap := follow(result, p.Message); gap != nil {
		a.missing("message", p.Message, gap, unworded)
	}
}

// missing tells of a pointer that the contract does not follow to its end. With a name that is almost the same beside it, it is
// mistyped.
func (a *answerCheck) missing(key, pointer string, gap *gap, then hinted.Fact) {
	what := say("answer-lacks", "pointer", openapi.Tidy(pointer), "call", a.op.CallName(), "then", then)
	near := plaintext.Nearest(gap.name, gap.names)
	switch {
	case near == "":
		a.warning(key, what, a.seeReal())
	case key == "message":
		a.warning(key, what, didYouMean(gap, near))
	default:
		a.error(key, what, didYouMean(gap, near))
	}
}

func didYouMean(gap *gap, near string) hinted.Fact {
	return say("hint-meant", "name", gap.before+"/"+canonjson.PointerToken(openapi.Tidy(near)))
}

// resultOf is what an answer says of one document: the answer itself, or each element of an array. nil = not described.
func resultOf(answer *openapi.Schema) *openapi.Schema {
	switch {
	case answer == nil, answer.Type == openapi.TypeArray && answer.Elements() == nil:
		return nil
	case answer.Elements() == nil:
		return described(answer)
	case len(answer.Names()) > 0: // an object or an array
		return nil
	}
	return described(answer.Elements())
}

// notAnswers are what .NET's methods return before the framework makes an answer of it.
var notAnswers = []string{"httpresponsemessage", "ihttpactionresult", "iactionresult", "actionresult", "object"}

// described is s, or nil where it says nothing of an answer: it has no members, or those of .NET's own classes.
func described(s *openapi.Schema) *openapi.Schema {
	if slices.Contains(notAnswers, plaintext.Fold(s.Name)) || s.Takes(openapi.TypeObject) && len(s.Names()) == 0 {
		return nil
	}
	return s
}

// gap is where a pointer leaves what the contract describes.
type gap struct {
	before string   // the part of the pointer that the contract has
	name   string   // the member that it does not have
	names  []string // those that it has instead
}

// follow goes down a JSON pointer (RFC 6901). A nil schema: any value fits there.
func follow(s *openapi.Schema, pointer string) (*openapi.Schema, *gap) {
	if pointer == "" {
		return s, nil
	}
	before := ""
	for token := range strings.SplitSeq(pointer[1:], "/") {
		name := canonjson.PointerName(token)
		switch {
		case s == nil:
			return nil, nil
		case isIndex(name) && s.Takes(openapi.TypeArray):
			s = s.Elements()
		case described(s) == nil:
			return nil, nil
		default:
			property, known := s.Lookup(name)
			if !known || !s.Takes(openapi.TypeObject) {
				return nil, &gap{before, name, s.Names()}
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

// Names under which APIs say no inside a success: those that contain a code or a flag, folded, and how words begin that name
// errors.
var (
	codeNames = []string{"coderetour", "codeerreur", "coderesultat", "returncode", "errorcode", "resultcode", "success", "succes",
		"succeeded", "issuccess", "isvalid", "isok"}
	errorWords = []string{"erreur", "error", "anomalie", "rejet", "reject"}
)

// suspect looks for such names in a result, and in the elements of its lists.
func (a *answerCheck) suspect(result *openapi.Schema) {
	if result == nil {
		return
	}
	if code, errors := tellers(result); code != "" || errors != "" {
		var settings hinted.List
		if code != "" {
			settings = append(settings, say("hint-code", "pointer", "/"+canonjson.PointerToken(code)))
		}
		if errors != "" {
			settings = append(settings, say("hint-errors", "pointer", "/"+canonjson.PointerToken(errors)))
		}
		a.mayRefuse("answer-refuses", "", code, errors, say("hint-add-answer-with", "table", a.section, "settings", settings))
		return
	}
	for _, p := range result.Members() {
		element := p.Schema.Elements()
		if element == nil {
			continue
		}
		if code, errors := tellers(element); code != "" || errors != "" {
			// whether the list is ever empty, it does not say
			a.mayRefuse("answer-list-refuses", openapi.Tidy(p.Name), code, errors, say("hint-add-answer", "table", a.section))
			return
		}
	}
}

func (a *answerCheck) mayRefuse(what, list, code, errors string, next hinted.Fact) {
	names := slices.DeleteFunc([]string{code, errors}, func(name string) bool { return name == "" })
	a.warning("", say(what, "call", a.op.CallName(), "list", list, "names", hinted.Both(names)), next)
}

// tellers are the members of an object that may say no; "" = none.
func tellers(s *openapi.Schema) (code, errors string) {
	for _, name := range s.Names() {
		switch {
		case slices.Contains(codeNames, plaintext.Fold(name)):
			code = cmp.Or(code, openapi.Tidy(name))
		case slices.ContainsFunc(plaintext.Words(name), func(word string) bool {
			return slices.ContainsFunc(errorWords, func(begin string) bool { return strings.HasPrefix(word, begin) })
		}):
			errors = cmp.Or(errors, openapi.Tidy(name))
		}
	}
	return code, errors
}
