package plan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// refuses refuses documents that hold one of its texts.
type refuses []string

func (r refuses) Check(document []byte) []mapping.Problem {
	for _, text := range r {
		if bytes.Contains(document, []byte(text)) {
			return []mapping.Problem{{Code: mapping.ProblemTooLong, Path: "/Code", Limit: mapping.Limit{Rule: mapping.LimitMost, Value: "1"},
				Size: 2}}
		}
	}
	return nil
}

// under plans what is on the desk, under a contract.
func (d *desk) under(t *testing.T, contract *jobs.Contract) ([]jobs.Finding, string) {
	t.Helper()
	pass := d.pass(mapping.Field{Path: "Code", Column: "m"})
	pass.Contract, pass.Before = contract, &jobs.Before{}
	plan, err := Make(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, item := range d.items {
		items = append(items, fmt.Sprintf("%s %s", item.Key, item.State))
		for _, problem := range item.Problems {
			items = append(items, fmt.Sprintf("%s %s %q in %s", problem.Path, problem.Code, problem.Value, problem.Column))
		}
	}
	return plan.Findings, strings.Join(items, ", ")
}

func TestDocumentsThatTheContractRefusesAreBlockedAndTheRestGoes(t *testing.T) {
	t.Parallel()
	d := &desk{employees: []string{"1", "2"}}
	findings, items := d.under(t, &jobs.Contract{Digest: "c", Checker: refuses{`"2"`}})
	if want := `1 pending, 2 blocked, /Code too-long "2" in m`; items != want {
		t.Errorf("items %s\nwant %s", items, want)
	}
	if jobs.Holds(findings) {
		t.Errorf("the plan is held: %+v", findings)
	}
}

// What is unchanged is not sent, so it cannot be refused. Under a new contract it is looked at once.
func TestUnchangedDocumentsAreNotedUnderANewContractOnly(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]int{"old": 1, "c": 0} {
		d := &desk{employees: []string{"1", "2"}, unchanged: "1"}
		findings, items := d.under(t, &jobs.Contract{Digest: "c", Before: before, Checker: refuses{`"1"`}})
		if items != "2 pending" {
			t.Errorf("%s: items %s", before, items)
		}
		var stale []string
		for _, f := range findings {
			if f.Rule == jobs.RuleContractStale && !f.Holds {
				stale = append(stale, f.Keys...)
			}
		}
		if len(stale) != want {
			t.Errorf("%s: stale %q, want %d", before, stale, want)
		}
	}
}

func TestWhatBreaksHoldsAPlanThatSends(t *testing.T) {
	t.Parallel()
	change := jobs.ContractChange{Kind: jobs.ContractMemberRemoved, Path: "Iban", Breaking: true}
	added := jobs.ContractChange{Kind: jobs.ContractMemberAdded, Path: "Tel"}
	for name, c := range map[string]struct {
		desk     *desk
		contract jobs.Contract
		rules    string
	}{
		"breaking": {&desk{employees: []string{"1"}}, jobs.Contract{Breaking: []jobs.ContractChange{change}}, "contract holds"},
		"breaking, no sends": {&desk{employees: []string{"1"}, unchanged: "1"}, jobs.Contract{Breaking: []jobs.ContractChange{change}},
			"contract"},
		"unknown member": {&desk{employees: []string{"1"}}, jobs.Contract{Unknown: []string{"Nom"}}, "unknown-member holds"},
		"a form": {&desk{employees: []string{"1"}}, jobs.Contract{NoJSON: true, Takes: []string{"multipart/form-data"}},
			"no-json holds"},
		"no body":              {&desk{employees: []string{"1"}}, jobs.Contract{NoJSON: true}, "no-json holds"},
		"a form, and no sends": {&desk{employees: []string{"1"}, unchanged: "1"}, jobs.Contract{NoJSON: true}, "no-json"},
		"additions":            {&desk{employees: []string{"1"}}, jobs.Contract{Since: []jobs.ContractChange{added, change}}, "contract-added"},
		"no contract":          {&desk{employees: []string{"1"}}, jobs.Contract{}, "unchecked"},
		"accepted, and so not": {&desk{employees: []string{"1"}}, jobs.Contract{Since: []jobs.ContractChange{change}}, ""},
	} {
		if c.contract.Checker == nil && !strings.Contains(c.rules, "unchecked") {
			c.contract.Checker = refuses{}
		}
		findings, _ := c.desk.under(t, &c.contract)
		var rules []string
		for _, f := range findings {
			text := string(f.Rule)
			if f.Holds {
				text += " holds"
			}
			rules = append(rules, text)
		}
		if got := strings.Join(rules, ", "); got != c.rules {
			t.Errorf("%s: %s, want %s", name, got, c.rules)
		}
	}
}
