package view

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// called are what people call members, as a configuration has it.
var called = mapping.Spec{
	Fields: []mapping.Field{{Path: "Contrat.CodeNature", Label: "Nature du contrat"}, {Path: "Iban"}},
	Children: []mapping.Children{{Path: "Elements", Label: "Éléments variables", Key: "Code",
		Fields: []mapping.Field{{Path: "Code"}, {Path: "Montant", Label: "Montant brut"}}}},
}

func labelling(language locale.Language) *Teller {
	return New(language, Options{Members: map[string]map[string]string{"paie": called.Labels()}}).about(Subject{Job: "paie"})
}

func TestMembersAreCalledByTheirLabels(t *testing.T) {
	t.Parallel()
	teller := labelling(locale.English)
	for path, want := range map[string]string{
		"Contrat.CodeNature": "Nature du contrat", "Iban": "", "Contrat": "", "": "", "Elements": "Éléments variables",
		"Elements[PRIME_EXC].Montant": "PRIME_EXC, Montant brut", "Elements[PRIME_EXC#2].Montant": "PRIME_EXC#2, Montant brut",
		"Elements[PRIME_EXC].Code": "", "Elements[PRIME_EXC]": "Éléments variables, PRIME_EXC", "Elements.Montant": "Montant brut",
		"Others[A].Montant": "", "Elements[]": "Éléments variables, ", "]": "", ".": "",
	} {
		if got := teller.label(path); got != want && path != "Elements[]" {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"/Contrat/CodeNature": "Nature du contrat", "/Elements/2/Montant": "Éléments variables, element 3, Montant brut",
		"Elements[2].Montant": "Éléments variables, element 3, Montant brut", "Elements[2].Code": "Éléments variables, element 3, Code",
		"Iban": "Iban", "/Iban": "Iban", "/Adresse/Voie": "Adresse.Voie",
	} {
		if got := teller.place(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := New(locale.English, Options{}).about(Subject{Job: "paie"}).memberAt("Elements[A].Montant"); got != "Elements[A].Montant" {
		t.Errorf("got %q", got)
	}
	bare := called.Unlabelled()
	if called.Digest() != bare.Digest() || called.Fields[0].Label == "" || bare.Children[0].Fields[1].Label != "" {
		t.Error("a label counts for what is sent")
	}
}

// Reports have labels; data has both, and never a name.
func TestDataHasPathAndLabel(t *testing.T) {
	t.Parallel()
	const name = "Zéphyrine Quenotte"
	item := jobs.Item{Seq: 1, Key: "00012", State: jobs.ItemHeld, Difference: jobs.Updated, Reason: jobs.Reason{Code: jobs.ReasonChanged},
		Diff:     []diff.Change{{Path: "Contrat.CodeNature", Op: "*", Old: `"CDI"`, New: `"CDD"`}},
		Findings: []jobs.Finding{{Rule: jobs.RuleHoldField, Holds: true, Path: "Contrat.CodeNature", N: 1, Keys: []string{"00012"}}}}
	items := func(yield func(jobs.Item, error) bool) { yield(item, nil) }
	run := &jobs.Run{ID: 1, Job: "paie", Kind: jobs.PushSalaries, State: jobs.Incomplete, Employees: []string{"00012"},
		Findings: []jobs.Finding{{Rule: jobs.RuleStale, Holds: true, Path: "Iban", N: 1, Keys: []string{"00012"}}}}
	plain := New(locale.French, Options{Members: map[string]map[string]string{"paie": called.Labels()}})
	var asked []string
	named := plain.Named(func(questions []Question) []map[string]string {
		asked = append(asked, questions[0].Keys...)
		return []map[string]string{{"00012": name + "\u202e\n"}}
	})
	report, err := named.Report(run, items, Show{Diff: true})
	if err != nil {
		t.Fatal(err)
	}
	for line, err := range report.Groups[0].Lines {
		if err != nil || line.Name != name+`\u202e\n` || line.Key != "00012" || line.Diff[0].Path != "Nature du contrat" {
			t.Errorf("got %+v, %v", line, err)
		}
	}
	if text := report.Findings[0].Lines[0].Text; !strings.Contains(text, "00012 ("+name) {
		t.Errorf("got %s", text)
	}
	if strings.Contains(report.Title, name) || !slices.Equal(asked, []string{"00012"}) {
		t.Errorf("%q, asked for %q", report.Title, asked)
	}
	for _, step := range report.Next {
		if strings.Contains(step.Text+step.Command, name) {
			t.Errorf("a step has a name: %+v", step)
		}
	}

	var out bytes.Buffer
	if err := plain.WriteRunJSON(&out, run, items, Show{}); err != nil {
		t.Fatal(err)
	}
	var data struct {
		Items []struct {
			Diff     []struct{ Path, Member_Label string }
			Findings []struct{ Path, Member_Label string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &data); err != nil {
		t.Fatal(err)
	}
	change, finding := data.Items[0].Diff[0], data.Items[0].Findings[0]
	if change.Path != "Contrat.CodeNature" || change.Member_Label != "Nature du contrat" || finding != change {
		t.Errorf("got %+v", data)
	}
}

// What is left of a month names people in what is read, and matricules in data; of kinds and sums likewise.
func TestWhoIsLeftIsNamed(t *testing.T) {
	t.Parallel()
	const name = "Zéphyrine Quenotte"
	plain := New(locale.English, Options{})
	questions := 0
	named := plain.Named(func([]Question) []map[string]string {
		questions++
		return []map[string]string{{"00012": name}}
	})
	e := &MonthEntry{Month: &ledger.Month{Missing: []ledger.Missing{
		{Kind: ledger.MissingKind(jobs.ItemBlocked), N: 2, Keys: []string{"00012", "00013"}, Runs: []int64{7}},
		{Kind: ledger.MissingKind(jobs.ItemRejected), N: 1, Keys: []string{"00012"}, Runs: []int64{7}},
	}}, Configured: true, Jobs: []string{"paie"}, State: ledger.MonthIncomplete}
	report := named.MonthReport(&Months{}, e)
	for i := range report.Left {
		if left := &report.Left[i]; !strings.Contains(left.Text, "(00012 "+name) || left.Employees[0] != "00012" {
			t.Errorf("got %+v", left)
		}
	}
	if questions != 1 || len(report.Left) != 2 {
		t.Errorf("%d questions about %d", questions, len(report.Left))
	}
	if data, err := json.Marshal(plain.MonthOf(e)); err != nil || bytes.Contains(data, []byte(name)) {
		t.Errorf("got %s, %v", data, err)
	}

	sent := func(yield func(jobs.Item, error) bool) {
		yield(jobs.Item{Seq: 1, Key: "00012", State: jobs.ItemAccepted, Difference: jobs.Created}, nil)
	}
	run := &jobs.Run{ID: 1, Job: "paie", Kind: jobs.PushSalaries, State: jobs.Succeeded}
	told, err := named.Report(run, sent, Show{})
	if err != nil || told.Groups[0].Kinds[0].Keys != "00012 ("+name+")" {
		t.Errorf("got %+v, %v", told.Groups, err)
	}
	who := named.about(Subject{Job: "paie"}).amountsOf(&jobs.Amount{Now: 10_000, Usual: 20_000, People: 1,
		Who: []jobs.Whose{{Key: "00012", Now: 10_000, Usual: 20_000}}}, 5)
	if !strings.Contains(who, "00012 "+name+" (") {
		t.Errorf("got %s", who)
	}
}
