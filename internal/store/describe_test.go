package store

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// The check of a mapping against the API's contract wants to know how long a value can be.
func TestDescribeTellsLengths(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE DOMAIN short AS varchar(7)`)
	f.db.Exec(t, `CREATE TABLE people (matricule varchar(20), name text, kind char(3), amount numeric(10, 2), any_length varchar, code short)`)
	staging := &Staging{URL: f.db.URL}
	described, err := staging.Describe(t.Context(), jobs.Source{Employees: "SELECT * FROM people", Key: "matricule"}, mapping.Params{})
	f.must(err)
	shape := described.Shape
	want := map[string]int{"matricule": 20, "name": 0, "kind": 3, "amount": 0, "any_length": 0, "code": 7}
	if len(shape.Employee) != len(want) {
		t.Fatalf("%+v", shape.Employee)
	}
	for _, column := range shape.Employee {
		if column.Length != want[column.Name] {
			t.Errorf("%s holds %d characters, want %d", column.Name, column.Length, want[column.Name])
		}
	}
}
