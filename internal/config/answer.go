package config

import (
	"slices"
	"strconv"

	"syncd/internal/mapping"
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

// Judges tells that an answer of success is judged by rules, which nil ones and Message alone do not.
func (r *AnswerRules) Judges() bool {
	return r != nil && (r.Code != "" || r.Errors != nil || r.Texts != nil)
}

func readAnswer(t *table) *AnswerRules {
	defer t.finish()
	before := len(t.file.problems)
	rules := &AnswerRules{
		Items:   t.pointer("items", ""),
		Code:    t.memberPointer("code"),
		Success: t.scalars("success"),
		Errors:  t.pointers("errors"),
		Message: t.pointer("message", ""),
		Texts:   t.wholeAnswers("texts"),
	}
	if len(t.file.problems) > before {
		return rules
	}
	switch {
	case rules.Code == "" && rules.Success != nil:
		t.report("success", "has no effect without code", `say where the code stands, such as code = "/codeRetour"`)
	case rules.Code != "" && rules.Success == nil:
		t.report("code", "does not say which codes mean success", `add them, such as success = ["0"]`)
	case !rules.Judges() && rules.Message == "":
		t.report("", "does not say how a refusal is told", `add code = "/codeRetour" and success = ["0"], or errors = ["/Erreurs"], or texts = ["OK"], or message = "/libelle" alone for the words of refusals, or remove the section`)
	}
	return rules
}

const memberHint = `write a slash before the member's name, such as "/codeRetour"`

// memberPointer is a JSON pointer that names a member; "" when the key is not written.
func (t *table) memberPointer(key string) string {
	value := t.text(key, "")
	if t.kindOf(key) == kindText && !namesMember(value) {
		t.report(key, "is not a JSON pointer to a member", memberHint)
	}
	return value
}

// namesMember tells of a JSON pointer that leads below the value it begins at.
func namesMember(pointer string) bool { return pointer != "" && pointerPattern.MatchString(pointer) }

// kindOf is the kind of a key's value; "" when it is not written.
func (t *table) kindOf(key string) kind {
	if n := t.node.members[key]; n != nil {
		return n.kind
	}
	return ""
}

// filled is a list that is not empty; nil when the key is not written.
func (t *table) filled(key, hint string) *node {
	list := t.want(key, kindList)
	if list != nil && len(list.items) == 0 {
		t.report(key, "is empty", hint)
		return nil
	}
	return list
}

// pointers are JSON pointers, each of which names a member.
func (t *table) pointers(key string) []string {
	const hint = `write names of members, such as ["/Erreurs"], or leave it out`
	list := t.filled(key, hint)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.texts(key, list, hint) {
		switch value := at.node.text; {
		case !namesMember(value):
			at.report("", "is not a JSON pointer to a member", memberHint)
		case slices.Contains(values, value):
			at.report("", "is named twice", "remove one")
		default:
			values = append(values, value)
		}
	}
	return values
}

// wholeAnswers are texts, an empty one among them perhaps.
func (t *table) wholeAnswers(key string) []string {
	const hint = `write the answers that accept, such as ["OK"], or leave it out`
	list := t.filled(key, hint)
	if list == nil {
		return nil
	}
	var values []string
	for _, at := range t.texts(key, list, hint) {
		values = append(values, at.node.text)
	}
	return values
}

// scalars are texts, numbers and booleans, each as the text that it is compared as: numbers in canonical form.
func (t *table) scalars(key string) []string {
	const hint = `write the codes that mean success, such as ["0"]`
	list := t.filled(key, hint)
	if list == nil {
		return nil
	}
	var values []string
	for i, item := range list.items {
		at := &table{file: t.file, node: item, path: t.key(key) + "[" + strconv.Itoa(i+1) + "]"}
		value, ok := scalar(item)
		switch {
		case !ok:
			at.report("", "is no text, number or boolean", hint)
		case !slices.Contains(values, value): // "0" and 0 are the same code
			values = append(values, value)
		}
	}
	return values
}

// scalar is the text of a value; false for a list, a table, a date, and a number that JSON cannot write.
func scalar(n *node) (string, bool) {
	switch n.kind {
	case kindText, kindBoolean:
		return n.text, true
	case kindInteger:
		value, err := strconv.ParseInt(n.text, 0, 64) // base 0: TOML writes 0x, 0o, 0b and _ as Go does
		return strconv.FormatInt(value, 10), err == nil
	case kindDecimal:
		value, ok := mapping.AppendDecimal(nil, []byte(withoutUnderscores(n.text)))
		return string(value), ok
	}
	return "", false
}
