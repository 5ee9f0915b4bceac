package jobs

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"syncd/internal/mapping"
)

// refuses refuses documents that hold one of its texts.
type refuses []string

func (r refuses) Check(document []byte) []mapping.Problem {
	for _, text := range r {
		if bytes.Contains(document, []byte(text)) {
			return []mapping.Problem{{Code: mapping.ProblemTooLong, Path: "/Code", Want: "1", Got: "2"}}
		}
	}
	return nil
}

// under plans what is on the desk, under a contract.
func (d *desk) under(t *testing.T, contract *Contract) ([]Finding, string) {
	t.Helper()
	p := &planning{job: deskJob(mapping.Field{Path: "Code", Column: "m"}), period: "2026-11", staging: d, ledger: d, sink: d, progress: quiet{}, guarded: true, contract: contract}
	if err := p.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var items []string
	for _, item := range d.items {
		items = append(items, fmt.Sprintf("%s %s", item.Key, item.State))
		for _, problem := range item.Problems {
			items = append(items, fmt.Sprintf("%s %s %q in %s", problem.Path, problem.Code, problem.Value, problem.Column))
		}
	}
	return p.findings, strings.Join(items, ", ")
}

func TestDocumentsThatTheContractRefusesAreBlockedAndTheRestGoes(t *testing.T) {
	t.Parallel()
	d := &desk{employees: []string{"1", "2"}}
	findings, items := d.under(t, &Contract{Digest: "c", Checker: refuses{`"2"`}})
	if want := `1 pending, 2 blocked, /Code too-long "2" in m`; items != want {
		t.Errorf("items %s\nwant %s", items, want)
	}
	if Holds(findings) {
		t.Errorf("the plan is held: %+v", findings)
	}
}

// What is unchanged is not sent, so it cannot be refused. Under a new contract it is looked at once.
func TestUnchangedDocumentsAreNotedUnderANewContractOnly(t *testing.T) {
	t.Parallel()
	for before, want := range map[string]int{"old": 1, "c": 0} {
		d := &desk{employees: []string{"1", "2"}, unchanged: "1"}
		findings, items := d.under(t, &Contract{Digest: "c", Before: before, Checker: refuses{`"1"`}})
		if items != "2 pending" {
			t.Errorf("%s: items %s", before, items)
		}
		var stale []string
		for _, f := range findings {
			if f.Rule == RuleContractStale && !f.Holds {
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
	change := ContractChange{Kind: ContractMemberRemoved, Path: "Iban", Breaking: true}
	added := ContractChange{Kind: ContractMemberAdded, Path: "Tel"}
	for name, c := range map[string]struct {
		desk     *desk
		contract Contract
		rules    string
	}{
		"breaking":             {&desk{employees: []string{"1"}}, Contract{Breaking: []ContractChange{change}}, "contract holds"},
		"breaking, no sends":   {&desk{employees: []string{"1"}, unchanged: "1"}, Contract{Breaking: []ContractChange{change}}, "contract"},
		"unknown member":       {&desk{employees: []string{"1"}}, Contract{Unknown: []string{"Nom"}}, "unknown-member holds"},
		"a form":               {&desk{employees: []string{"1"}}, Contract{NoJSON: true, Takes: []string{"multipart/form-data"}}, "no-json holds"},
		"no body":              {&desk{employees: []string{"1"}}, Contract{NoJSON: true}, "no-json holds"},
		"a form, and no sends": {&desk{employees: []string{"1"}, unchanged: "1"}, Contract{NoJSON: true}, "no-json"},
		"additions":            {&desk{employees: []string{"1"}}, Contract{Since: []ContractChange{added, change}}, "contract-added"},
		"no contract":          {&desk{employees: []string{"1"}}, Contract{}, "unchecked"},
		"accepted, and so not": {&desk{employees: []string{"1"}}, Contract{Since: []ContractChange{change}}, ""},
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

func TestAnEarlierPlanIsOutdatedByWhatBreaksIt(t *testing.T) {
	t.Parallel()
	breaks := []ContractChange{{Kind: ContractMemberRequired, Path: "Nom", Breaking: true}}
	adds := []ContractChange{{Kind: ContractMemberAdded, Path: "Nom"}}
	for _, c := range []struct {
		contract *Contract
		planned  string
		want     bool
	}{
		{nil, "a", false},
		{&Contract{Since: breaks}, "a", true},
		{&Contract{Since: breaks}, "", false}, // it was planned without a contract
		{&Contract{Since: adds}, "a", false},
		{&Contract{Digest: "b", Breaking: breaks}, "", true},   // it was planned without a contract, and one waits
		{&Contract{Digest: "b", Breaking: breaks}, "b", false}, // its own finding holds it until somebody accepts
	} {
		if got := c.contract.outdates(&Run{Digests: Digests{Contract: c.planned}}); got != c.want {
			t.Errorf("%+v of a plan under %q: %v", c.contract, c.planned, got)
		}
	}
}

func TestAPullLooksAhead(t *testing.T) {
	t.Parallel()
	d := &desk{employees: []string{"A", "B", "C"}}
	job := deskJob(mapping.Field{Path: "Code", Column: "m", Dictionary: "N"})
	r := &Runner{Staging: d, Ledger: deskLedger{desk: d}, Forecasts: []Forecast{{job, "2026-12"}}}
	before := mapping.Dictionaries{"N": {"A": {Code: "A", Active: true}, "B": {Code: "B", Active: true}, "C": {Code: "C", Active: true}}}
	answered := mapping.Dictionaries{"N": {"A": {Code: "A", Active: true}, "C": {Code: "C"}}}
	findings, err := r.forecast(t.Context(), Target{}, before, answered)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || Holds(findings) {
		t.Fatalf("%+v", findings)
	}
	impact := findings[0]
	if impact.Rule != RuleImpact || impact.N != 2 || impact.Of != 3 || strings.Join(impact.Keys, " ") != "B C" || impact.Job != "paie" || impact.Period != "2026-12" {
		t.Errorf("%+v", impact)
	}
}

// A forecast that cannot be made is no reason not to pull.
func TestAPullGoesOnWithoutItsForecast(t *testing.T) {
	t.Parallel()
	d := &desk{}
	job := deskJob(mapping.Field{Path: "Code", Column: "gone"})
	r := &Runner{Staging: d, Ledger: deskLedger{desk: d}, Forecasts: []Forecast{{job, "2026-12"}}}
	findings, err := r.forecast(t.Context(), Target{}, nil, nil)
	if err != nil || len(findings) != 1 || findings[0].Rule != RuleImpactUnknown {
		t.Errorf("%+v, %v", findings, err)
	}
}

// deskLedger is a ledger of which only the baseline is asked.
type deskLedger struct {
	Ledger
	desk *desk
}

func (l deskLedger) Baseline(ctx context.Context, target int64, keys []string) (BaselineRows, error) {
	return l.desk.Baseline(ctx, target, keys)
}

func (l deskLedger) Documents(ctx context.Context, target int64, refs []DocumentRef) ([]Acknowledged, error) {
	return l.desk.Documents(ctx, target, refs)
}

func (l deskLedger) History(ctx context.Context, target int64, period Period) (History, error) {
	return l.desk.History(ctx, target, period)
}

func (l deskLedger) Fingerprinter() Fingerprinter { return l.desk }
