package store

import (
	"errors"
	"strings"
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

// What a query writes, or answers otherwise at each call, is told by a check of an empty table as well, through views and
// functions.
func TestDescribeTellsWhatWritesOrIsUnsteady(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE people (matricule text, name text); CREATE SEQUENCE counter; CREATE TABLE seen (matricule text)`)
	f.db.Exec(t, `CREATE VIEW numbered AS SELECT *, nextval('counter') AS n FROM people`)
	f.db.Exec(t, `CREATE FUNCTION "See"(m text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (m); RETURN m; END $$;
		CREATE FUNCTION plain(m text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN upper(m); END $$`)
	for query, want := range map[string]string{
		`SELECT *, nextval('counter') AS n FROM people`:                                 "writes: it calls nextval",
		`SELECT * FROM numbered WHERE n > 0`:                                            "writes: it calls nextval",
		`SELECT *, CASE WHEN name = 'x' THEN setval('counter', 1) END AS n FROM people`: "writes: it calls setval",
		`SELECT *, "See"(matricule) AS s FROM people`:                                   "may write: its function See",
		`SELECT *, random() AS r FROM people`: "something else at each call, or does " +
			"something: it calls random",
		`SELECT *, clock_timestamp() AS c, plain(name) AS p, now() AS n, 'random()' AS t FROM people`: "clock_timestamp",
		`SELECT *, plain(name) AS p, upper(name) AS u, now() AS n, 'nextval(1)' AS t FROM people`:     "",
	} {
		described, err := (&Staging{URL: f.db.URL}).Describe(t.Context(), jobs.Source{Employees: query, Key: "matricule"}, nil)
		f.must(err)
		var texts []string
		for _, found := range described.Findings {
			if found.Error != strings.HasPrefix(want, "writes") {
				t.Errorf("%s: %+v", query, found)
			}
			texts = append(texts, textOf(found))
		}
		if got := strings.Join(texts, "; "); len(texts) > 1 || (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// What a foreign table holds is no part of the snapshot in which the queries of a run see the same.
func TestDescribeTellsForeignTables(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE EXTENSION file_fdw; CREATE SERVER other FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE people (matricule text)
		SERVER other OPTIONS (filename '/dev/null')`)
	described, err := (&Staging{URL: f.db.URL}).Describe(t.Context(), jobs.Source{Employees: "SELECT * FROM people", Key: "matricule"}, nil)
	f.must(err)
	if len(described.Findings) != 1 || described.Findings[0].Error ||
		!strings.HasPrefix(textOf(described.Findings[0]), "people is a foreign table: what it holds is no part of the snapshot") {
		t.Errorf("%+v", described.Findings)
	}
}

// Whether staging is ready is asked as a run asks: a right that is missing in it shows, and a no is no mistake.
func TestDescribeAsksWhetherStagingIsReady(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE loaded (yes boolean); CREATE FUNCTION ready() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN
		(SELECT bool_and(yes) FROM loaded); END $$`)
	source := jobs.Source{Employees: `SELECT 'x' AS matricule`, Key: "matricule", Ready: `SELECT ready()`}
	described, err := (&Staging{URL: f.db.URL}).Describe(t.Context(), source, nil)
	f.must(err)
	if len(described.Findings) != 1 || !described.Findings[0].Note || !strings.Contains(textOf(described.Findings[0]), "not ready now") {
		t.Errorf("%+v", described.Findings)
	}
	_, login := f.db.Login(t)
	_, err = (&Staging{URL: login}).Describe(t.Context(), source, nil)
	var staging *jobs.StagingError
	if !errors.As(err, &staging) || staging.Query != "job.guard.ready" || staging.What.Code != "staging.query-some-right" ||
		!strings.Contains(err.Error(), "lacks a right") {
		t.Errorf("%v", err)
	}
}
