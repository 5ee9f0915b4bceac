package config

import (
	"slices"
	"strconv"

	"syncd/internal/canonjson"
	"syncd/internal/config/strict"
)

// AnswerRules judge a successful answer (HTTP 2xx): whether it accepts, or has a refusal inside. Items, Code, Errors and
// Message are JSON pointers. Message alone judges nothing: it says where refusals of other statuses have their words.
type AnswerRules struct {
	Items   string   // the array of results, to which the others refer; "" = the answer itself is the one result
	Code    string   // of a result: its code; "" = it has none
	Success []string // the codes that mean success, as text: "0", "true"; nil exactly when Code is ""
	Errors  []string // members of a result that must be absent, null or empty; nil = none is looked at
	Message string   // the text that says why; "" = not told
	Texts   []string // whole answers that accept, where they are no JSON: "OK", or "" for an empty one; nil = none does
}

// Judges reports whether an answer of success is judged by rules; nil ones and Message alone judge none.
func (r *AnswerRules) Judges() bool {
	return r != nil && (r.Code != "" || r.Errors != nil || r.Texts != nil)
}

// ReadAnswer reads the rules by which a partner's answers are judged.
func ReadAnswer(t *strict.Table) *AnswerRules {
	defer t.Finish()
	before := t.Mistakes()
	rules := &AnswerRules{
		Items:   t.Pointer("items", ""),
		Code:    t.MemberPointer("code"),
		Success: scalars(t, "success"),
		Errors:  t.Pointers("errors", `write names of members, such as ["/Erreurs"], or leave it out`),
		Message: t.Pointer("message", ""),
		Texts:   t.TextList("texts", `write the answers that accept, such as ["OK"], or leave it out`),
	}
	if t.Mistakes() > before {
		return rules
	}
	switch {
	case rules.Code == "" && rules.Success != nil:
		t.Report("success", "has no effect without code", `say where the code stands, such as code = "/codeRetour"`)
	case rules.Code != "" && rules.Success == nil:
		t.Report("code", "does not say which codes mean success", `add them, such as success = ["0"]`)
	case !rules.Judges() && rules.Message == "":
		t.Report("", "does not say how a refusal is told", `add code = "/codeRetour" and success = ["0"], or errors = ["/Erreurs"], or texts = ["OK"], or message = "/libelle" alone for the words of refusals, or remove the section`)
	}
	return rules
}

// scalars are texts, numbers and booleans, each as the text that it is compared as: numbers in canonical form.
func scalars(t *strict.Table, key string) []string {
	const hint = `write the codes that mean success, such as ["0"]`
	list := t.Filled(key, hint)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.Items(key, list) {
		value, ok := scalar(at.Node)
		switch {
		case !ok:
			at.Report("", "is no text, number or boolean", hint)
		case !slices.Contains(values, value): // "0" and 0 are the same code
			values = append(values, value)
		}
	}
	return values
}

// scalar is the text of a value; false for a list, a table, a date, and a number that JSON cannot write.
func scalar(n *strict.Node) (string, bool) {
	switch n.Kind {
	case strict.KindText, strict.KindBoolean:
		return n.Text, true
	case strict.KindInteger:
		value, err := strconv.ParseInt(n.Text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
		return strconv.FormatInt(value, 10), err == nil
	case strict.KindDecimal:
		value, ok := canonjson.AppendDecimal(nil, []byte(strict.PlainNumber(n.Text)))
		return string(value), ok
	}
	return "", false
}
