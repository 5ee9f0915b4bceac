package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/view"
)

var declaredCode = regexp.MustCompile(`\bCode += "([a-z-]+)"`)

// Whatever the use cases refuse or find has words.
func TestEachCodeHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/app/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared, catalogue := 0, locale.Of(locale.French, "isidoor")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range declaredCode.FindAllSubmatch(text, -1) {
			declared++
			code := app.Code(match[1])
			if catalogue.Refused[string(code)].Text == "" && catalogue.Found[string(code)].Text == "" && code != app.BadValue {
				t.Errorf("%s: there are no words for %q", filepath.Base(file), code)
			}
		}
	}
	if words := len(catalogue.Refused) + len(catalogue.Found) + 1; declared != words {
		t.Errorf("%d codes, and words for %d", declared, words)
	}
}

// An argument that the words do not have would leave its name in braces.
func TestWordsTakeTheirArguments(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]app.Finding{
		"nomenclatures not pulled yet: Civilite, Strate": {Code: app.NotPulledYet, Args: app.Args{"names": []string{"Civilite", "Strate"}}},
		"a, version 1 (0123456789ab)": {Code: app.ContractInForce,
			Args: app.Args{"title": "a", "version": "1", "digest": "0123456789abcdef"}},
		os.ErrNotExist.Error(): {Err: &app.Refused{Code: app.BadValue, Err: os.ErrNotExist}},
	} {
		line := words.Of(english(), &f)
		if line.Text != want || strings.Contains(line.Hint, "{") {
			t.Errorf("%+v, want %q", line, want)
		}
	}
	if got := message(&app.Refused{Code: app.OtherTarget, Args: app.Args{"run": 7, "environment": "test"}}); !strings.HasPrefix(got,
		"run 7 is of the test environment at another address") {
		t.Error(got)
	}
}

// What is refused is refused in the language of the setup, and its code still says what it is.
func TestRefusalsInBothLanguages(t *testing.T) {
	t.Parallel()
	for language, want := range map[locale.Language]string{
		locale.English: "an approval needs a reason\nhint: --reason \"why\"",
		locale.French:  "il faut un motif pour un accord\nhint: --reason \"pourquoi\"",
	} {
		refused := &app.Refused{Code: app.NoReason, Args: app.Args{"decision": ledger.DecisionApprove}}
		teller := view.New(language, view.Options{})
		text, err := words.Text(teller, refused), words.Told(teller, fmt.Errorf("approving: %w", refused))
		if text != want || message(err) != want || exitCode(err) != exitUsage {
			t.Errorf("%s: %q, message %q, code %d", language, text, message(err), exitCode(err))
		}
	}
}
