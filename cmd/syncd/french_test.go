package main

import (
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"syncd/internal/report/locale"
)

// stillEnglish is what a French setup tells in English yet, as it is written below the reports, and names that others gave.
var stillEnglish = regexp.MustCompile(strings.Join([]string{
	`\{ (in|column|value) = [^}]*\}`,         // lines of the configuration
	`\b(rows|employees) = "[^"]*"`,           // and its SQL
	`--role read, prepare, approve ou admin`, // names of roles
	`(–|,) +read +(,|invité|actif|active)`,   // likewise, in a table
	`vers la ligne [0-9]+.: .*`,              // in the words of who decodes YAML
}, "|"))

// technical is the line above the text of an error, which a report leaves in English and says so.
const technical = "(en anglais)"

// untold are commands that end with a signal, print no sentence, or print help.
var untold = map[string]bool{"syncd daemon": true, "syncd sandbox": true, "syncd sandbox sample": true, "syncd sandbox contract": true,
	"syncd version": true, "syncd": true,
	"syncd contract": true, "syncd period": true, "syncd staging": true, "syncd completion": true}

var commonEnglish = regexp.MustCompile(`(?i)(^|[\s(])(hint|the|is|are|was|were|not|of|with|which|has|have|its?|this|been|and|by|from|to|none|nothing|` +
	`exists|already|unknown|see|lists|answers|name|new|for|at|cannot|must|should|where|write|read|reading|writing|there|that|such|does|it|` +
	`you|your|takes|line|found|missing|invalid|expected|character|refused|connection|too)([\s,;:.)]|$)`)

var placeholders = regexp.MustCompile(`\{[^{}]*\}|\n`)

// englishParts are the fixed parts of the English texts, of three words and more, that French has not as well.
var englishParts = sync.OnceValue(func() []string {
	var parts []string
	french := strings.Join(textsOf(reflect.ValueOf(*locale.Of(locale.French, "isidoor"))), "\n")
	for _, text := range textsOf(reflect.ValueOf(*locale.Of(locale.English, "isidoor"))) {
		for _, part := range placeholders.Split(text, -1) {
			if part = strings.Trim(part, " :;,.()\"'"); len(strings.Fields(part)) >= 3 && !strings.Contains(french, part) {
				parts = append(parts, part)
			}
		}
	}
	return parts
})

// textsOf are all texts below a value.
func textsOf(v reflect.Value) (texts []string) {
	switch v.Kind() { //nolint:exhaustive // others hold no text
	case reflect.String:
		return []string{v.String()}
	case reflect.Struct:
		for i := range v.NumField() {
			texts = append(texts, textsOf(v.Field(i))...)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts = append(texts, textsOf(v.Index(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts = append(texts, textsOf(v.MapIndex(key))...)
		}
	}
	return texts
}

// scriptFrench is: french N syncd [ARG …]. As code, and what the program says holds no English sentence but in the lines of the
// log, in what is told to be English, and in what still is.
func scriptFrench(ts *testscript.TestScript, neg bool, args []string) {
	scriptCode(ts, neg, args)
	for _, stream := range []string{"stdout", "stderr"} {
		below := false
		for line := range strings.Lines(ts.ReadFile(stream)) {
			line = strings.TrimSpace(line)
			if below = strings.Contains(line, technical) || below && line != ""; below || strings.HasPrefix(line, "{") {
				continue
			}
			if part := englishOf(line); part != "" {
				ts.Fatalf("%q is English, in: %s", part, line)
			}
		}
	}
	command, _, err := newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: ts.Getenv}).Find(args[2:])
	ts.Check(err)
	ts.Setenv("WALKED", ts.Getenv("WALKED")+command.CommandPath()+"\n")
}

func englishOf(line string) string {
	line = stillEnglish.ReplaceAllString(line, "")
	for _, part := range englishParts() {
		if strings.Contains(line, part) {
			return part
		}
	}
	return strings.TrimSpace(commonEnglish.FindString(line))
}

// scriptWalked is: walked. Every command was told to french.
func scriptWalked(ts *testscript.TestScript, _ bool, _ []string) {
	walked := strings.Split(ts.Getenv("WALKED"), "\n")
	var missing []string
	var walk func(*cobra.Command)
	walk = func(command *cobra.Command) {
		if path := command.CommandPath(); command.Runnable() && !command.Hidden && !untold[path] && !slices.Contains(walked, path) {
			missing = append(missing, path)
		}
		for _, child := range command.Commands() {
			if command.Name() != "completion" { // it prints programs
				walk(child)
			}
		}
	}
	walk(newRoot(process{Stdout: io.Discard, Stderr: io.Discard, Getenv: ts.Getenv}))
	if len(missing) > 0 {
		ts.Fatalf("not walked: %s", strings.Join(missing, ", "))
	}
}
