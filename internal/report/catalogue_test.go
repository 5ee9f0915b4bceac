package report

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
)

var catalogues = map[Language]*catalogue{French: &french, English: &english}

// constants finds the values of all constants of a type in a package's source: a new one cannot be forgotten.
func constants(t *testing.T, folder, typeName string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
				for _, value := range spec.Values {
					text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, text)
				}
			}
			return true
		})
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", typeName, folder)
	}
	return values
}

func TestEveryCodeHasItsWords(t *testing.T) {
	t.Parallel()
	for language, c := range catalogues {
		for _, code := range constants(t, "../jobs", "ReasonCode") {
			if c.reasons[jobs.ReasonCode(code)].plain == "" {
				t.Errorf("%s: no sentence for the reason %q", language, code)
			}
		}
		for _, code := range constants(t, "../mapping", "ProblemCode") {
			if f := c.problems[mapping.ProblemCode(code)]; f.masked == "" && f.counted.one == "" {
				t.Errorf("%s: no sentence for the problem %q", language, code)
			}
		}
		for _, state := range constants(t, "../jobs", "State") {
			if c.states[jobs.State(state)].sentence == "" {
				t.Errorf("%s: no words for the state %q", language, state)
			}
		}
		for _, trigger := range constants(t, "../jobs", "Trigger") {
			if c.triggers[jobs.Trigger(trigger)] == "" {
				t.Errorf("%s: no words for the trigger %q", language, trigger)
			}
		}
		for _, rule := range constants(t, "../jobs", "Rule") {
			if words := c.findings[jobs.Rule(rule)]; words.one == "" || words.other == "" {
				t.Errorf("%s: no sentence for the rule %q", language, rule)
			}
		}
		for _, decision := range constants(t, "../jobs", "Decision") {
			if c.decisions[ledger.Decision(decision)] == "" {
				t.Errorf("%s: no words for the decision %q", language, decision)
			}
		}
		for _, kind := range constants(t, "../jobs", "ContractChangeKind") {
			if c.contract.changes[jobs.ContractChangeKind(kind)].plain == "" {
				t.Errorf("%s: no sentence for the change %q", language, kind)
			}
		}
		for _, name := range constants(t, "../contract", "Type") {
			if name != "" && c.contract.types[name] == "" {
				t.Errorf("%s: no words for the type %q", language, name)
			}
		}
		for g := range groupsEnd {
			if c.groups[g].title == "" {
				t.Errorf("%s: no words for the group %d", language, g)
			}
		}
	}
}

// texts collects all strings of a catalogue by where they are.
func texts(v reflect.Value, path string, found map[string]string) {
	switch v.Kind() {
	case reflect.String:
		found[path] = v.String()
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), path+"."+v.Type().Field(i).Name, found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), fmt.Sprintf("%s[%d]", path, i), found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(v.MapIndex(key), fmt.Sprintf("%s[%v]", path, key), found)
		}
	}
}

var verbs = regexp.MustCompile(`%[a-z]|\{[a-z]+\}`)

func TestCataloguesSayTheSame(t *testing.T) {
	t.Parallel()
	en, fr := map[string]string{}, map[string]string{}
	texts(reflect.ValueOf(english), "", en)
	texts(reflect.ValueOf(french), "", fr)
	same := []string{"paie", "SIRET", "Code", "Codes", "Dossier", "Nomenclature", "HTTP %d", "%s, %s", "PRODUCTION", "%s code", "%s codes", "%s dossier", "%s dossiers", "… et %s", "Dossier", "syncd %s", ""}
	for path, english := range en {
		french, ok := fr[path]
		if english == "" && strings.Contains(path, ".several") {
			continue // English participles have one form
		}
		if !ok || (english == "") != (french == "") {
			t.Errorf("%s: English says %q, French %q", path, english, french)
		}
		if !slices.Equal(verbs.FindAllString(english, -1), verbs.FindAllString(french, -1)) {
			t.Errorf("%s: the verbs of %q and %q differ", path, english, french)
		}
		if english == french && !slices.Contains(same, english) && !strings.HasPrefix(path, ".pl") {
			t.Errorf("%s: %q is the same in both languages", path, english)
		}
	}
	if len(en) != len(fr) {
		t.Errorf("English has %d texts, French %d", len(en), len(fr))
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	en, fr := New(English, Options{}), New(French, Options{})
	for _, c := range []struct{ got, want string }{
		{en.count(english.plurals.employees, 0), "0 employees"},
		{en.count(english.plurals.employees, 1), "1 employee"},
		{en.count(english.plurals.employees, 1234567), "1,234,567 employees"},
		{fr.count(french.plurals.employees, 0), "0 salarié"},
		{fr.count(french.plurals.employees, 1), "1 salarié"},
		{fr.count(french.plurals.employees, 3), "3 salariés"},
		{fr.count(french.plurals.employees, 12345), "12\u202f345 salariés"},
		{en.number(-1234), "-1,234"},
		{en.number(-123), "-123"},
		{fr.ofPeriod("2026-04"), "d'avril 2026"},
		{fr.ofPeriod("2026-10"), "d'octobre 2026"},
		{fr.ofPeriod("2026-12"), "de décembre 2026"},
		{en.ofPeriod("2026-12"), "December 2026"},
		{duration(399e6), "399 ms"},
		{duration(59e9), "59 s"},
		{duration(64e9), "1 min 04 s"},
		{duration(3723e9), "1 h 02 min"},
		{argument("00042"), "00042"},
		{argument("O'Neil; rm"), `'O'\''Neil; rm'`},
		{argument("--all"), `'--all'`},
		{argument(""), `''`},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Zoé d'Arc – « été » 10\u202f000 €": "Zoé d'Arc – « été » 10\u202f000 €",
		"\x1b[2J\x1b]0;x\x07":               `\x1b[2J\x1b]0;x\x07`,
		"a\r\n\tb\x00\x7f":                  `a\r\n\tb\x00\x7f`,
		"\u009b31m":                         `\u009b31m`,
		"\x9b31m":                           `\x9b31m`,
		"abc\u202edef\u2066\u200b\ufeff":    `abc\u202edef\u2066\u200b\ufeff`,
		"\u2028\U000e0041":                  `\u2028\U000e0041`,
	} {
		got := clean(text)
		if got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
		if again := clean(got); again != got {
			t.Errorf("clean is not idempotent: %q became %q", got, again)
		}
	}
}
