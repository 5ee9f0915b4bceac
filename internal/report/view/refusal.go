package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/privacy"
	"syncd/internal/report/locale"
)

// Refusal is what a use case refuses, by its code and arguments, and the next step; "" = there are no words for
// the code. An argument x of a text is its first characters as {short_x}.
func (t *Teller) Refusal(code string, args map[string]any) (text, hint string) {
	return t.told(t.Refused[code], args)
}

// Found is likewise what a check finds.
func (t *Teller) Found(code string, args map[string]any) (text, hint string) {
	return t.told(t.Catalogue.Found[code], args)
}

// Error is what went wrong, and the next step.
func (t *Teller) Error(err error) (text, hint string) { return hinted.SplitIn(t.Catalogue, err) }

// Fact is likewise a fact that is no error.
func (t *Teller) Fact(fact hinted.Fact) (text, hint string) { return fact.ToldIn(t.Catalogue) }

func (t *Teller) told(words locale.Told, args map[string]any) (text, hint string) {
	var values []any
	hint = words.Hint
	for name, value := range args {
		if err, ok := value.(error); ok { // of the program's own, with a hint of its own
			problem, step := t.Error(err)
			value, hint = problem, cmp.Or(hint, step)
		}
		told := t.argument(value)
		values = append(values, name, told, "short_"+name, told[:min(len(told), shownDigest)])
	}
	return locale.Fill(words.Text, values...), locale.Fill(hint, values...)
}

// Fill puts values, in words, in the place of their placeholders in a text.
func (t *Teller) Fill(text string, namesAndValues ...any) string {
	for i := 1; i < len(namesAndValues); i += 2 {
		namesAndValues[i] = t.argument(namesAndValues[i])
	}
	return locale.Fill(text, namesAndValues...)
}

// argument is an argument in words.
func (t *Teller) argument(value any) string {
	switch v := value.(type) {
	case jobs.State:
		return t.StateNames[string(v)]
	case []ledger.Missing:
		return ledger.Undone(v).In(t.Catalogue)
	case ledger.Settlement:
		return t.Answers.Settlements[string(v)]
	case privacy.Kind:
		return t.Identifiers[string(v)]
	case ledger.Decision:
		return t.Deeds[string(v)]
	case jobs.Finding:
		return t.Finding(v)
	case jobs.Reason:
		return t.Reason(v)
	case interface {
		In(words *locale.Catalogue) string
	}:
		return v.In(t.Catalogue)
	case time.Time:
		return t.Minute(v)
	case error: // of the program's own, with a hint of its own
		return hinted.TextIn(t.Catalogue, v)
	case []string:
		return Clean(strings.Join(v, ", "))
	}
	return Clean(fmt.Sprint(value))
}

// CheckLine is one line of a check.
type CheckLine struct {
	Level   string `json:"level"` // ok, note, warning, error
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}
