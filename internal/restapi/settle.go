package restapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"syncd/internal/jobs"
)

// settle judges a 2xx that answers a document: by the rules, where there are any, else by what its status and its body can
// mean (meanings). What cannot be judged leaves doubt, for the API may have taken the document: broken off, it is tried
// again as other trouble on the way is; else this is not the API that the configuration describes, and the run has to
// stop before it takes refusals for successes.
func (o *operation) settle(ctx context.Context, a answer, header http.Header, body []byte, readErr error) answer {
	body = bytes.TrimSpace(body)
	switch {
	case isPacked(readErr):
		a = doubted(a, ", and its body is "+readErr.Error())
		a.Hint = hintPacking
		return a
	case errors.Is(readErr, errTooLarge) && o.rules != nil:
		return unjudged(a, "the answer is too large")
	case errors.Is(readErr, errTooLarge):
		return doubted(a, ", and its body is too large")
	case readErr != nil && ctx.Err() != nil:
		a = cancelled(o)
		a.ambiguous = true
		return a
	case readErr != nil:
		a.Class, a.Problem, a.Hint, a.ambiguous = jobs.ClassTemporary, endTrouble(readErr), hintLater, true
		return a
	case o.rules != nil && o.rules.bodies[string(body)]:
		a.Class, a.ambiguous = jobs.ClassAccepted, false
		return a
	case isMarkup(header, body) && (o.rules == nil || !json.Valid(body)): // rules know an API that mislabels its answers
		a.Class, a.Problem, a.Hint, a.ambiguous = jobs.ClassConfiguration, problemMarkup, hintAddress, true
		a.Message = o.wordsIn(header, body)
		return a
	case o.rules != nil:
		return o.ruled(a, body)
	}
	if a = settled(a, header, body); isProblem(header) && a.ambiguous {
		a.Message = o.wordsIn(header, body)
	}
	return a
}

// isProblem tells of an answer that calls itself a problem (RFC 9457).
func isProblem(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return kind == "application/problem+json"
}

// settled judges a 2xx where nobody said how the API words a success: JSON or nothing is taken for one.
func settled(a answer, header http.Header, body []byte) answer {
	switch {
	case a.Class != jobs.ClassAccepted:
		return doubted(a, ", which does not say that the document was accepted")
	case isProblem(header) && len(body) > 0:
		return doubted(a, ", and its body calls itself a problem")
	case len(body) > 0 && !json.Valid(body):
		return doubted(a, ", and its body is not JSON")
	}
	return a
}

func doubted(a answer, why string) answer {
	a.Class, a.ambiguous = jobs.ClassConfiguration, true
	a.Problem, a.Hint = "answered "+statusText(a.Status)+why, hintRules
	return a
}

// ruled applies the rules. A refusal is as definite as a 400.
func (o *operation) ruled(a answer, body []byte) answer {
	document, err := decode(body)
	if err != nil {
		return unjudged(a, "the answer is not JSON")
	}
	refused, err := o.rules.refusals(document)
	if err != nil {
		return unjudged(a, err.Error())
	}
	a.ambiguous = false
	if a.Class = jobs.ClassAccepted; len(refused) > 0 {
		a.Class, a.Problem = jobs.ClassData, "answered "+statusText(a.Status)+", with a refusal inside"
		a.Hint, a.Message = hintEmployee, o.rules.messageIn(refused)
	}
	return a
}

func unjudged(a answer, why string) answer {
	a.Class, a.ambiguous = jobs.ClassConfiguration, true
	a.Problem = "answered " + statusText(a.Status) + ", which cannot be judged: " + why
	a.Hint = "check " + answerTable
	return a
}

// refusals are the results of an answer that refuse. Its errors say why an answer cannot be judged; they hold no value.
func (r *answerRules) refusals(document any) ([]any, error) {
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

func (r *answerRules) results(document any) ([]any, error) {
	switch {
	case document == nil:
		return nil, errors.New("the answer is empty")
	case r.code == nil && len(r.errors) == 0:
		return nil, errors.New("it is none of texts")
	}
	found, ok := r.items.find(document)
	results, isArray := found.([]any)
	switch {
	case !ok || !isArray && r.items != nil:
		return nil, errors.New("items leads to no array of results")
	case !isArray:
		return []any{found}, nil
	case len(results) == 0:
		return nil, errors.New("the array of results is empty")
	}
	return results, nil
}

func (r *answerRules) accepts(result any) (bool, error) {
	if _, isObject := result.(map[string]any); !isObject {
		return false, errors.New("a result is no JSON object")
	}
	if r.code != nil {
		accepts, ok := r.succeeds(result)
		if !ok {
			return false, errors.New("a result has no code")
		}
		if !accepts {
			return false, nil
		}
	}
	return !slices.ContainsFunc(r.errors, func(p pointer) bool {
		found, _ := p.find(result)
		return !isNothing(found)
	}), nil
}

// succeeds looks at the code of a result; ok = it has one.
func (r *answerRules) succeeds(result any) (accepts, ok bool) {
	found, _ := r.code.find(result)
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
