package httpcall

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Rules are answer rules as they are applied.
type Rules struct {
	items, code, message Pointer
	texts, numbers       map[string]bool // what accepts: as it is written, and as canonical decimals
	errors               []Pointer
	bodies               map[string]bool // of whole answers that accept
}

// NewRules prepares rules, which the configuration has checked.
func NewRules(r jobs.AnswerRules) *Rules {
	rules := &Rules{items: NewPointer(r.Items), code: NewPointer(r.Code), message: NewPointer(r.Message),
		texts: map[string]bool{}, numbers: map[string]bool{}, bodies: map[string]bool{}}
	for _, text := range r.Errors {
		rules.errors = append(rules.errors, NewPointer(text))
	}
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
	return rules
}

// decide reports whether they say what an answer of success means.
func (r *Rules) decide() bool {
	return r != nil && (r.code != nil || len(r.errors) > 0 || len(r.bodies) > 0)
}

// canonical is a decimal in the one form that equal numbers share.
func canonical(number string) (string, bool) {
	text, ok := canonjson.AppendDecimal(nil, []byte(number))
	return string(text), ok
}

// refusals are the results of an answer that refuse. Its errors say why an answer decides nothing; they contain no value.
func (r *Rules) refusals(document any) ([]any, error) {
	results, err := r.results(document)
	if err != nil {
		return nil, err
	}
	var refused []any
	for _, result := range results {
		accepts, err := r.accepts(result)
		if err != nil {
			return nil, err // even beside a refusal: the rules do not describe this API
		}
		if !accepts {
			refused = append(refused, result)
		}
	}
	return refused, nil
}

func (r *Rules) results(document any) ([]any, error) {
	switch {
	case document == nil:
		return nil, hinted.Because(nil, "call.rule-empty")
	case r.code == nil && len(r.errors) == 0:
		return nil, hinted.Because(nil, "call.rule-no-text")
	}
	found, ok := r.items.Find(document)
	results, isArray := found.([]any)
	switch {
	case !ok || !isArray && r.items != nil:
		return nil, hinted.Because(nil, "call.rule-no-results")
	case !isArray:
		return []any{found}, nil
	case len(results) == 0:
		return nil, hinted.Because(nil, "call.rule-no-result")
	}
	return results, nil
}

func (r *Rules) accepts(result any) (bool, error) {
	if _, isObject := result.(map[string]any); !isObject {
		return false, hinted.Because(nil, "call.result-no-object")
	}
	if r.code != nil {
		accepts, ok := r.succeeds(result)
		if !ok {
			return false, hinted.Because(nil, "call.result-no-code")
		}
		if !accepts {
			return false, nil
		}
	}
	return !slices.ContainsFunc(r.errors, func(p Pointer) bool {
		found, _ := p.Find(result)
		return !isNothing(found)
	}), nil
}

// succeeds looks at the code of a result; ok = it has one.
func (r *Rules) succeeds(result any) (accepts, ok bool) {
	found, _ := r.code.Find(result)
	switch v := found.(type) {
	case string:
		text := strings.TrimSpace(v)
		return r.texts[text], text != ""
	case json.Number:
		number, isDecimal := canonical(v.String())
		return isDecimal && r.numbers[number], true
	case bool:
		if v {
			return r.texts["true"], true
		}
		return r.texts["false"], true
	}
	return false, false
}

func isNothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case bool:
		return !v
	case json.Number:
		number, ok := canonical(v.String())
		return ok && number == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// maxWordsDepth is how deep words for people are looked for below the pointer that leads to them.
const maxWordsDepth = 4

// messageIn is what refusals say to people: the code, where it is what refuses, and the words at Message, else those at
// Errors. A code that means success after all shows that the rules are wrong, not the document.
func (r *Rules) messageIn(refused []any) string {
	var words []string
	for _, result := range refused {
		words = append(words, r.wordsIn(result)...)
	}
	return strings.TrimSuffix(tidy(strings.Join(words, " ")), ":")
}

func (r *Rules) wordsIn(result any) []string {
	var words []string
	if accepts, ok := r.succeeds(result); ok && !accepts {
		code, _ := r.code.TextAt(result)
		words = append(words, strings.TrimSpace("code "+code)+":")
	}
	return append(words, r.wordsAt(result)...)
}

// wordsAt are the words at Message, else those at Errors.
func (r *Rules) wordsAt(result any) (words []string) {
	if r.message != nil {
		found, _ := r.message.Find(result)
		if told := wordsOf(found, maxWordsDepth); len(told) > 0 {
			return told
		}
	}
	for _, p := range r.errors {
		found, _ := p.Find(result)
		words = append(words, wordsOf(found, maxWordsDepth)...)
	}
	return words
}

// wordsOf are the texts in a value, members of objects in the order of their names.
func wordsOf(value any, depth int) []string {
	var words []string
	switch v := value.(type) {
	case string:
		if text := strings.TrimSpace(v); text != "" {
			words = append(words, text)
		}
	case []any:
		for _, item := range v {
			if depth > 0 {
				words = append(words, wordsOf(item, depth-1)...)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if depth > 0 {
				words = append(words, wordsOf(v[name], depth-1)...)
			}
		}
	}
	return words
}

// Pointer is a JSON pointer (RFC 6901) into a decoded document; the empty one is the document itself.
type Pointer []string

// NewPointer reads a pointer, which the configuration has checked.
func NewPointer(text string) Pointer {
	if text == "" {
		return nil
	}
	p := strings.Split(strings.TrimPrefix(text, "/"), "/")
	for i := range p {
		p[i] = canonjson.PointerName(p[i])
	}
	return p
}

// Find follows the pointer; false when a step of it does not exist.
func (p Pointer) Find(value any) (any, bool) {
	for _, step := range p {
		var ok bool
		if value, ok = member(value, step); !ok {
			return nil, false
		}
	}
	return value, true
}

func member(value any, step string) (any, bool) {
	switch v := value.(type) {
	case map[string]any:
		found, ok := v[step]
		return found, ok
	case []any:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(v) {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}

// TextAt is the string or number that the pointer leads to; "" and false when there is none, or it is null.
func (p Pointer) TextAt(value any) (string, bool) {
	found, _ := p.Find(value)
	switch v := found.(type) {
	case string:
		v = strings.TrimSpace(v)
		return v, v != ""
	case json.Number:
		return v.String(), true
	}
	return "", false
}
