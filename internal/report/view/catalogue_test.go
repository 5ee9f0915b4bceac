package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"syncd/internal/partner"
	"syncd/internal/report/locale"
)

// payer is the partner whom texts are about.
var payer = partner.OfSample().Name

var catalogues = map[locale.Language]*locale.Catalogue{locale.French: locale.Of(locale.French, "isidoor"),
	locale.English: locale.Of(locale.English, "isidoor")}

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
		for _, code := range constants(t, "../../jobs", "ReasonCode") {
			if c.Reasons[code].Plain == "" {
				t.Errorf("%s: no sentence for the reason %q", language, code)
			}
		}
		for _, code := range constants(t, "../../mapping", "ProblemCode") {
			if f := c.Problems[code]; f.Masked == "" && f.Counted == nil {
				t.Errorf("%s: no sentence for the problem %q", language, code)
			}
		}
		for _, code := range constants(t, "../../jobs", "CauseCode") {
			if c.Causes[code].What == "" {
				t.Errorf("%s: no sentence for the cause %q", language, code)
			}
		}
		for _, state := range constants(t, "../../jobs", "State") {
			if c.States[state].Sentence == "" {
				t.Errorf("%s: no words for the state %q", language, state)
			}
		}
		for _, trigger := range constants(t, "../../jobs", "Trigger") {
			if c.Triggers[trigger] == "" {
				t.Errorf("%s: no words for the trigger %q", language, trigger)
			}
		}
		for _, rule := range constants(t, "../../jobs", "Rule") {
			if len(c.Findings[rule]) == 0 {
				t.Errorf("%s: no sentence for the rule %q", language, rule)
			}
		}
		for _, decision := range constants(t, "../../ledger", "Decision") {
			if c.Decisions[decision] == "" {
				t.Errorf("%s: no words for the decision %q", language, decision)
			}
		}
		for _, kind := range constants(t, "../../jobs", "ContractChangeKind") {
			if c.Contract.Changes[kind].Plain == "" {
				t.Errorf("%s: no sentence for the change %q", language, kind)
			}
		}
		for _, name := range constants(t, "../../contract/openapi", "Type") {
			if name != "" && c.Contract.Types[name] == "" {
				t.Errorf("%s: no words for the type %q", language, name)
			}
		}
		for g := range groupsEnd {
			if c.Groups[g.String()].Title == "" {
				t.Errorf("%s: no words for the group %d", language, g)
			}
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	en, fr := New(locale.English, Options{Partner: payer}), New(locale.French, Options{Partner: payer})
	for _, c := range []struct{ got, want string }{
		{en.Count(en.Plurals.Employees, 0), "0 employees"},
		{en.Count(en.Plurals.Employees, 1), "1 employee"},
		{en.Count(en.Plurals.Employees, 1234567), "1,234,567 employees"},
		{fr.Count(fr.Plurals.Employees, 0), "0 salarié"},
		{fr.Count(fr.Plurals.Employees, 1), "1 salarié"},
		{fr.Count(fr.Plurals.Employees, 3), "3 salariés"},
		{fr.Count(fr.Plurals.Employees, 12345), "12\u202f345 salariés"},
		{en.Number(-1234), "-1,234"},
		{en.Number(-123), "-123"},
		{fr.ofPeriod("2026-04"), "d'avril 2026"},
		{fr.ofPeriod("2026-10"), "d'octobre 2026"},
		{fr.ofPeriod("2026-12"), "de décembre 2026"},
		{en.ofPeriod("2026-12"), "December 2026"},
		{locale.Duration(399e6), "399 ms"},
		{locale.Duration(59e9), "59 s"},
		{locale.Duration(64e9), "1 min 04 s"},
		{locale.Duration(3723e9), "1 h 02 min"},
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
		"Zoé d'Arc – « été » 10\u202f000 €": "Zoé d'Arc – « été » 10\u202f000 €",
		"\x1b[2J\x1b]0;x\x07":               `\x1b[2J\x1b]0;x\x07`,
		"a\r\n\tb\x00\x7f":                  `a\r\n\tb\x00\x7f`,
		"\u009b31m":                         `\u009b31m`,
		"\x9b31m":                           `\x9b31m`,
		"abc\u202edef\u2066\u200b\ufeff":    `abc\u202edef\u2066\u200b\ufeff`,
		"\u2028\U000e0041":                  `\u2028\U000e0041`,
	} {
		got := Clean(text)
		if got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
		if again := Clean(got); again != got {
			t.Errorf("clean is not idempotent: %q became %q", got, again)
		}
	}
}
