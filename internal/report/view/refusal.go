package view

import (
	"fmt"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Refusal is what a use case refuses, by its code and arguments, with the next step behind "hint: "; "" = there are no words for
// the code. An argument x of a text is its first characters as {short_x}.
func (t *Teller) Refusal(code string, args map[string]any) string {
	words := t.Refused[code]
	text := words.Text
	if words.Hint != "" {
		text += "\nhint: " + words.Hint
	}
	var values []any
	for name, value := range args {
		told := t.argument(value)
		values = append(values, name, told, "short_"+name, told[:min(len(told), shownDigest)])
	}
	return locale.Fill(text, values...)
}

// argument is an argument of a refusal in words.
func (t *Teller) argument(value any) string {
	switch v := value.(type) {
	case ledger.Decision:
		return t.Deeds[string(v)]
	case jobs.Finding:
		return t.Finding(v)
	case time.Time:
		return Minute(v)
	case error: // of the program's own, with a hint of its own
		return v.Error()
	case []string:
		return Clean(strings.Join(v, ", "))
	}
	return Clean(fmt.Sprint(value))
}
