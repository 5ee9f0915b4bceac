package restapi

import (
	"slices"
	"strings"

	"syncd/internal/mapping"
)

// AnswerRules judge a 2xx that answers a document, whatever its status: some APIs say 200 and mean no, others say OK in
// words that are no JSON. Without Code, Errors and Texts they judge nothing, and Message tells where refusals of any status
// have their words. All are JSON pointers (RFC 6901) but Success and Texts.
type AnswerRules struct {
	Items   string   // leads to the array of results; "" = the answer itself, one result or an array of them
	Code    string   // in a result: whatever is not in Success refuses; "" = there is no code
	Success []string // the codes that accept, as text: "0", "true", "OK". A number is compared as one: "0" is also 0.0
	Errors  []string // in a result: each must be absent or empty: null, "", [], {}, false or 0
	Message string   // in a result: the words for people, a text or a list of them; "" = those at Errors
	Texts   []string // what the answer as a whole is when it accepts and is not told by the others: "OK", or "" for no body
}

// judge tells that an answer of success is judged by them.
func (r AnswerRules) judge() bool { return r.Code != "" || len(r.Errors) > 0 || len(r.Texts) > 0 }

// answerRules are the rules once checked.
type answerRules struct {
	items, code, message pointer
	texts, numbers       map[string]bool // what accepts: as it is written, and as canonical decimals
	errors               []pointer
	bodies               map[string]bool // of whole answers that accept
}

const answerTable = "[isidoor.salarie.answer]"

func newAnswerRules(r AnswerRules) (*answerRules, error) {
	switch {
	case r.Code == "" && len(r.Success) > 0:
		return nil, hinted("name the member that holds the code", "success of %s is set, but not code", answerTable)
	case r.Code != "" && len(r.Success) == 0:
		return nil, hinted(`list the codes that accept, such as ["0"]`, "code of %s is set, but not success", answerTable)
	case !r.judge() && r.Message == "":
		return nil, hinted("set code and success, errors, or texts, or message alone, or leave the section out", "%s tells nothing of a refusal", answerTable)
	case slices.Contains(r.Errors, ""):
		return nil, hinted("write a JSON pointer such as /Erreurs", "errors of %s holds an empty pointer", answerTable)
	}
	rules := &answerRules{texts: map[string]bool{}, numbers: map[string]bool{}, errors: make([]pointer, len(r.Errors)), bodies: map[string]bool{}}
	for _, text := range r.Texts {
		rules.bodies[strings.TrimSpace(text)] = true
	}
	for _, code := range r.Success {
		code = strings.TrimSpace(code)
		rules.texts[code] = true
		if number, ok := canonical(code); ok {
			rules.numbers[number] = true
		}
	}
	return rules, rules.parse(r)
}

func (r *answerRules) parse(from AnswerRules) (err error) {
	if r.items, err = parsePointer("items of "+answerTable, from.Items); err != nil {
		return err
	}
	if r.code, err = parsePointer("code of "+answerTable, from.Code); err != nil {
		return err
	}
	for i, text := range from.Errors {
		if r.errors[i], err = parsePointer("errors of "+answerTable, text); err != nil {
			return err
		}
	}
	r.message, err = parsePointer("message of "+answerTable, from.Message)
	return err
}

// canonical is a decimal in the one form that equal numbers share.
func canonical(number string) (string, bool) {
	text, ok := mapping.AppendDecimal(nil, []byte(number))
	return string(text), ok
}
