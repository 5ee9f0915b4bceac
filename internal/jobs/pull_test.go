package jobs

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"syncd/internal/mapping"
)

func codes(name string, active ...string) mapping.Nomenclatures {
	d := mapping.Nomenclatures{name: {}}
	for _, code := range active {
		d[name][code] = mapping.Entry{Code: code, Label: code, Active: true}
	}
	return d
}

// together are the nomenclatures of all.
func together(all ...mapping.Nomenclatures) mapping.Nomenclatures {
	d := mapping.Nomenclatures{}
	for _, one := range all {
		maps.Copy(d, one)
	}
	return d
}

// What differs between two states of the nomenclatures: a code that disappears or becomes inactive is withdrawn, and
// told once.
func TestCompareNomenclatures(t *testing.T) {
	t.Parallel()
	inactive := mapping.Nomenclatures{"N": {"a": {Code: "a", Label: "a"}}}
	relabelled := mapping.Nomenclatures{"N": {"a": {Code: "a", Label: "another", Active: true}}}
	for name, c := range map[string]struct {
		known, answered mapping.Nomenclatures
		want            string
	}{
		"first":                 {nil, codes("N", "b", "a"), "N/a+ N/b+ "},
		"same":                  {codes("N", "a"), codes("N", "a"), ""},
		"added":                 {codes("N", "a"), codes("N", "a", "b"), "N/b+ "},
		"disappeared":           {codes("N", "a", "b"), codes("N", "a"), "N/b- "},
		"became inactive":       {codes("N", "a"), inactive, "N/a- "},
		"inactive, disappeared": {inactive, nil, ""},
		"inactive at first":     {nil, inactive, ""},
		"active again":          {inactive, codes("N", "a"), "N/a+ "},
		"relabelled":            {codes("N", "a"), relabelled, "N/a* "},
		"a whole one gone":      {codes("N", "a", "b"), codes("M", "a"), "M/a+ N/a- N/b- "},
	} {
		got := ""
		for _, change := range compareNomenclatures(c.known, c.answered) {
			got += fmt.Sprintf("%s/%s%s ", change.Name, change.Code, change.Difference)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func shrinks(detail string, code CauseCode, namesAndValues ...string) Reason {
	return Reason{Code: ReasonPullShrinks, Detail: detail, Cause: Because(code, namesAndValues...)}
}

// An answer that would block the staff waits for a person.
func TestGuardPull(t *testing.T) {
	t.Parallel()
	job := &PullJob{MaxWithdrawn: 0.2}
	ten := codes("N", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	letters := codes("L", strings.Split("abcdefghijklmnopqrst", "")...)
	civilite, strate := codes("Civilite", "M", "MME"), codes("Strate", "I")
	withdrawn := mapping.Nomenclatures{"Civilite": {"M": {Code: "M"}}}
	for name, c := range map[string]struct {
		known, answered mapping.Nomenclatures
		want            Reason
	}{
		"first":          {nil, ten, Reason{}},
		"empty at first": {nil, nil, Reason{Code: ReasonPullEmpty}},
		"empty":          {ten, mapping.Nomenclatures{}, Reason{Code: ReasonPullEmpty}},
		"all inactive":   {ten, mapping.Nomenclatures{"N": {"0": {Code: "0"}}}, Reason{Code: ReasonPullEmpty}},
		"a fifth":        {ten, codes("N", "0", "1", "2", "3", "4", "5", "6", "7"), Reason{}},
		"more":           {ten, codes("N", "0", "1", "2", "3", "4", "5", "6", "new"), shrinks("3/10", CauseWithdraws, "n", "3", "of", "10")},
		"two emptied": {together(letters, civilite, strate), letters, shrinks("Civilite 2/2, Strate 1/1", CauseEmptied, "nomenclatures",
			"Civilite 2/2, Strate 1/1")},
		"one made inactive": {together(letters, civilite), together(letters, withdrawn), shrinks("Civilite 2/2", CauseEmptied, "nomenclatures",
			"Civilite 2/2")},
		"empty before": {together(letters, withdrawn), letters, Reason{}},
		"emptied and more": {together(ten, civilite), codes("N", "0", "1", "2", "3", "4", "5", "6", "7"),
			shrinks("4/12", CauseWithdraws, "n", "4", "of", "12")},
	} {
		got := guardPull(job, c.known, c.answered, compareNomenclatures(c.known, c.answered))
		if !reflect.DeepEqual(got, c.want) || got.IsHold() != (c.want.Code != "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAPullLooksAhead(t *testing.T) {
	t.Parallel()
	job := &PushJob{Name: "paie"}
	// A plan of A, B and C, each of whom has the code of that name.
	plan := func(ctx context.Context, pass *Pass) (Frozen, error) {
		for _, code := range []string{"A", "B", "C"} {
			item := PlannedItem{Item: Item{Key: code}}
			if !pass.Nomenclatures["N"][code].Active {
				item.Problems = []mapping.Problem{{Code: mapping.ProblemWithdrawnCode, Nomenclature: "N", Value: code}}
			}
			if err := pass.Sink.Add(ctx, []PlannedItem{item}); err != nil {
				return Frozen{}, err
			}
		}
		return Frozen{Counts: Counts{EmployeesRead: 3}}, nil
	}
	r := &Runner{Plan: plan, Forecasts: []Forecast{{Job: job, Period: "2026-12"}}}
	before := mapping.Nomenclatures{"N": {"A": {Code: "A", Active: true}, "B": {Code: "B", Active: true}, "C": {Code: "C", Active: true}}}
	answered := mapping.Nomenclatures{"N": {"A": {Code: "A", Active: true}, "C": {Code: "C"}}}
	findings, impacts, err := r.forecast(t.Context(), Target{}, before, answered)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 1 || Holds(findings) {
		t.Fatalf("%+v", findings)
	}
	impact := findings[0]
	if impact.Rule != RuleImpact || impact.N != 2 || impact.Of != 3 || strings.Join(impact.Keys, " ") != "B C" || impact.Job != "paie" ||
		impact.Period != "2026-12" {
		t.Errorf("%+v", impact)
	}
	want := []StoredImpact{{Job: "paie", Period: "2026-12", Known: true, Read: 3, Blocked: 2, Codes: []UsedCode{{"N", "B", 1}, {"N", "C", 1}}}}
	if !reflect.DeepEqual(impacts, want) {
		t.Errorf("stored is %+v", impacts)
	}
}

// A forecast that cannot be made is no reason not to pull.
func TestAPullGoesOnWithoutItsForecast(t *testing.T) {
	t.Parallel()
	plan := func(context.Context, *Pass) (Frozen, error) { return Frozen{}, &StagingError{} }
	r := &Runner{Plan: plan, Forecasts: []Forecast{{Job: &PushJob{Name: "paie"}, Period: "2026-12"}}}
	findings, impacts, err := r.forecast(t.Context(), Target{}, nil, nil)
	if err != nil || len(findings) != 1 || findings[0].Rule != RuleImpactUnknown || len(impacts) != 1 || impacts[0].Known {
		t.Errorf("%+v, %v", findings, err)
	}
}
