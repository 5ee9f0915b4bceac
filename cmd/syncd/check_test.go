package main

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

// Before the first pull the nomenclatures are one warning, next to what is wrong whatever is pulled. Where the ledger
// cannot be used, nobody knows whether they were pulled.
func TestCheckTellsMissingNomenclaturesInOneWarning(t *testing.T) {
	t.Parallel()
	for want, ledger := range map[string]*store.Store{
		"nomenclatures not pulled yet: Civilite, Civilités, Strate":                                             {},
		"nomenclatures that could not be looked up, for the ledger cannot be used: Civilite, Civilités, Strate": nil,
	} {
		c := &checker{app: &app{flags: &globalFlags{json: true}}, ledger: ledger}
		c.mappingProblems("paie", errors.Join(
			&mapping.DictionaryError{Names: []string{"Civilite", "Strate"}, Path: "Civilite"},
			&mapping.DictionaryError{Names: []string{"Civilités"}, Path: "X", Nearest: "Civilite"},
			&mapping.ColumnError{Path: "Y", Column: "y"},
		))
		if len(c.findings) != 2 || c.findings[0].Level != "error" || c.findings[1].Level != "warning" ||
			c.findings[1].Text != want || c.findings[1].Hint == "" {
			t.Errorf("%+v, want %q", c.findings, want)
		}
	}
}

// A limit that lets everyone pass guards nothing. What a person switched off, or what the file alone tells, is not said.
func TestCheckTellsLimitsThatNeverTrip(t *testing.T) {
	t.Parallel()
	share := func(part float64, floor int) jobs.Limit {
		return jobs.Limit{Count: jobs.NoCount, Share: part, Floor: floor}
	}
	count := func(n int) jobs.Limit { return jobs.Limit{Count: n, Share: jobs.NoShare} }
	for _, c := range []struct {
		limit jobs.Limit
		staff int
		warns bool
	}{
		{share(0.1, 2), 3, false},
		{share(0.1, 2), 2, true},
		{share(0.1, 2), 0, false},
		{count(7), 8, false},
		{count(8), 8, true},
		{jobs.Limit{Count: 3, Share: 0.5, Floor: 20}, 8, false},
		{jobs.Limit{Off: true}, 8, false},
		{share(1, 0), 8, false},
	} {
		check := &checker{app: &app{flags: &globalFlags{json: true}}}
		check.idleLimits("paie/x", &jobs.Guards{Updated: count(0), Departed: c.limit, Duplicates: count(0), Fall: count(0)}, c.staff)
		if warned := len(check.findings) == 1; warned != c.warns || len(check.findings) > 1 {
			t.Errorf("%+v with %d employees: %+v", c.limit, c.staff, check.findings)
		}
	}
}
