package app

import (
	"errors"
	"reflect"
	"testing"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

// checkedOf is a check of one dossier that keeps what it finds.
func checkedOf(push *jobs.PushJob, st *store.Store) (*jobChecker, *[]Finding) {
	var found []Finding
	c := &checker{ledger: st, tell: func(f Finding) { found = append(found, f) }}
	return &jobChecker{checker: c, job: config.Job{Name: "paie"}, push: push, d: config.Dossier{Name: "x"}}, &found
}

// Before the first pull the nomenclatures are one warning, next to what is wrong whatever is pulled. Where the ledger
// cannot be used, nobody knows whether they were pulled.
func TestCheckTellsMissingNomenclaturesInOneWarning(t *testing.T) {
	t.Parallel()
	for want, st := range map[Code]*store.Store{NotPulledYet: {}, NotLookedUp: nil} {
		c, found := checkedOf(&jobs.PushJob{}, st)
		readable := c.mappingProblems(errors.Join(
			&mapping.NomenclatureError{Names: []string{"Civilite", "Strate"}, Path: "Civilite"},
			&mapping.NomenclatureError{Names: []string{"Civilités"}, Path: "X", Nearest: "Civilite"},
			&mapping.ColumnError{Path: "Y", Column: "y"},
		))
		if f := *found; readable || len(f) != 2 || f[0].Level != Failure || f[1].Level != Warning || f[1].Code != want ||
			!reflect.DeepEqual(f[1].Args, Args{"names": []string{"Civilite", "Civilités", "Strate"}}) {
			t.Errorf("%+v, want %q", f, want)
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
		check, found := checkedOf(&jobs.PushJob{Guards: jobs.Guards{Updated: count(0), Departed: c.limit, Duplicates: count(0), Fall: count(0)}},
			nil)
		check.idleLimits(c.staff)
		if warned := len(*found) == 1; warned != c.warns || len(*found) > 1 {
			t.Errorf("%+v with %d employees: %+v", c.limit, c.staff, *found)
		}
	}
}
