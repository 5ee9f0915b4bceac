package locale

import (
	"reflect"
	"strings"
	"testing"
)

// administrators are the tables that only who installs and configures the program is shown, by check, at a terminal's commands of
// theirs, or in a configuration; of errors, the rooms.
var administrators = map[string]bool{"Found": true, "Subjects": true, "Levels": true, "Doings": true, "Contract": true, "Rekey": true,
	"Errors": true, "Partners": true, "Answers": true}

// forEverybody are the rooms of errors, and the answers, that whoever decides on a month is shown.
var forEverybody = []string{"account", "audit", "command", "inbox", "run", "settle", "undone", "web"}

// What a secretary reads, in a report, its next steps, the answers to what she types, a mail and the page, is in her words: those of who
// wrote the program, of who runs it and of its configuration stay in what an administrator reads.
func TestReportsHaveNoJargon(t *testing.T) {
	t.Parallel()
	for language, jargon := range map[Language][]string{
		French: {"démon", "empreinte", "staging", "[job.", "job.guard", "job.source", "baseline", "payload"},
		// what the payroll software exports into is called staging, and what sends is the daemon, in every document
		English: {"[job.", "job.guard", "job.source", "baseline", "payload"},
	} {
		c, read := Of(language, "isidoor"), 0
		look := func(table string, value any) {
			v, is := value.(reflect.Value)
			if !is {
				v = reflect.ValueOf(value)
			}
			eachText(v, func(text string) {
				read++
				for _, word := range jargon {
					if strings.Contains(strings.ToLower(text), word) {
						t.Errorf("%s: [%s] says %q: %s", language, table, word, text)
					}
				}
			})
		}
		all := reflect.ValueOf(*c)
		for i := range all.NumField() {
			if name := all.Type().Field(i).Name; name != "clock" && !administrators[name] {
				look(name, all.Field(i))
			}
		}
		for _, room := range forEverybody {
			look("errors."+room, c.Errors()[room])
		}
		answers := c.Answers
		look("answers", []any{answers.Queued, answers.NobodyServes, answers.GoesOn, answers.SettledRun, answers.Approved, answers.StillHeld})
		if read < 1500 {
			t.Errorf("%s: only %d texts were read", language, read)
		}
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
