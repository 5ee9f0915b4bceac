package locale

import (
	"reflect"
	"strings"
	"testing"
)

// What a secretary reads, in a report, its next steps and the answers to what she types, is in her words: those of who wrote the
// program, of who runs it and of its configuration stay in what an administrator reads.
func TestReportsHaveNoJargon(t *testing.T) {
	t.Parallel()
	c := Of(French, "isidoor")
	tables := map[string]any{
		"states": c.States, "reasons": c.Reasons, "problems": c.Problems, "whys": c.Whys, "unseen": c.Unseen, "groups": c.Groups,
		"findings": c.Findings, "plurals": c.Plurals, "words": c.Words, "guard": c.Guard, "records": c.Records, "steps": c.Steps,
		"schedule": c.Schedule, "answers": []any{c.Answers.Queued, c.Answers.NobodyServes, c.Answers.GoesOn, c.Answers.SettledRun,
			c.Answers.Approved, c.Answers.StillHeld},
	}
	read := 0
	for name, table := range tables {
		eachText(reflect.ValueOf(table), func(text string) {
			read++
			for _, word := range []string{"démon", "empreinte", "staging", "[job.fields]", "[job.children", "baseline", "payload"} {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("[%s] says %q: %s", name, word, text)
				}
			}
		})
	}
	if read < 500 {
		t.Errorf("only %d texts were read", read)
	}
}

// eachText calls do with each text in a value.
func eachText(v reflect.Value, do func(string)) {
	switch v.Kind() { //nolint:exhaustive // what catalogues consist of
	case reflect.String:
		do(v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), do)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			eachText(iter.Value(), do)
		}
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			eachText(v.Elem(), do)
		}
	}
}
