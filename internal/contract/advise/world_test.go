package advise_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"syncd"
	"syncd/internal/contract/contracttest"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/partner"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
)

// The types of the default staging tables (migrations/staging.sql).
const (
	oidText    = 25
	oidDate    = 1082
	oidNumeric = 1700
	oidInt4    = 23
)

// operation is the call of a profile that takes documents.
func operation(t *testing.T, profile, name string) *openapi.Operation {
	t.Helper()
	op, near := contracttest.Sandbox(t, profile).Operation(name)
	if op == nil {
		t.Fatalf("the sandbox's contract has no %s, but %v", name, near)
	}
	return op
}

// staging is the shape of the sample's tables.
func staging() mapping.Shape {
	types := map[string]uint32{
		"date_naissance": oidDate, "date_debut": oidDate, "date_fin": oidDate, "taux_activite": oidNumeric, "quantity": oidNumeric,
		"amount": oidNumeric,
	}
	columns := func(names []string) []mapping.Column {
		var all []mapping.Column
		for _, name := range names {
			column := mapping.Column{Name: name, Type: types[name]}
			if column.Type == 0 {
				column.Type = oidText
			}
			all = append(all, column)
		}
		return all
	}
	return mapping.Shape{Employee: columns(sample.EmployeeColumns), Children: [][]mapping.Column{columns(sample.ElementColumns)}}
}

// pulled are the sandbox's nomenclatures.
func pulled() mapping.Nomenclatures {
	nomenclatures := mapping.Nomenclatures{}
	for _, e := range standin.DefaultNomenclatures() {
		if nomenclatures[e.Nom] == nil {
			nomenclatures[e.Nom] = map[string]mapping.Entry{}
		}
		nomenclatures[e.Nom][e.Code] = mapping.Entry{Code: e.Code, Label: e.Libelle, Active: e.Actif}
	}
	return nomenclatures
}

// job loads the job "paie" of a configuration.
func job(t *testing.T, text string) jobs.PushJob {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := partner.LoadConfig(file, func(string) string { return "" })
	if err != nil {
		t.Fatalf("loading: %v\n%s", err, text)
	}
	push, err := c.PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	return push
}

// pasted is a configuration with other fields: all from [job.fields] on.
func pasted(t *testing.T, text, fields string) string {
	t.Helper()
	before, _, found := strings.Cut(text, "\n[job.fields]\n")
	if !found {
		t.Fatal("the configuration has no [job.fields]")
	}
	return before + "\n" + fields
}

func sampleJob(t *testing.T) jobs.PushJob { t.Helper(); return job(t, syncd.SampleConfig) }

// withoutGuard drops the table of guards, which name members that a draft may not have.
func withoutGuard(text string) string {
	before, rest, _ := strings.Cut(text, "[job.guard]\n")
	_, source, _ := strings.Cut(rest, "[job.source]\n")
	return before + "[job.source]\n" + source
}
