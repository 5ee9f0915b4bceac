package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Names come through views, whatever the columns' types and a key's; a session that was asked serves the next plan.
func TestNamesOfAQuery(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE people (n int, "Nom d'usage" varchar, born date, dossier text);
		INSERT INTO people VALUES (1, 'Ann', '1980-01-02', 'a'), (2, NULL, NULL, 'a'), (3, repeat('x', 5000), NULL, 'a'),
			(NULL, 'Nobody', NULL, 'a'), (1, 'Other', NULL, 'b'); CREATE VIEW staff AS SELECT * FROM people`)
	staging := &Staging{URL: f.db.URL}
	staging.KeepSessions()
	t.Cleanup(staging.Close)
	source := jobs.Source{Employees: "SELECT * FROM staff WHERE dossier = @dossier -- the staff", Key: "n",
		Display: []string{"Nom d'usage", "born"}}
	params := mapping.Params{"dossier": "a"}
	asked, err := staging.Names(t.Context(), source, Whom{params, []string{"1", "2", "3", "4", `{"`}},
		Whom{mapping.Params{"dossier": "c"}, []string{"1"}}, Whom{mapping.Params{"dossier": "b"}, []string{"1", "2"}})
	f.must(err)
	if len(asked[1]) != 0 || len(asked[2]) != 1 || asked[2][0].Parts[0] != "Other" {
		t.Errorf("of other dossiers: %q", asked[1:])
	}
	names := asked[0]
	slices.SortFunc(names, func(a, b Called) int { return strings.Compare(a.Key, b.Key) })
	if len(names) != 3 || !slices.Equal(names[0].Parts, []string{"Ann", "1980-01-02"}) || !slices.Equal(names[1].Parts, []string{"", ""}) ||
		len(names[2].Parts[0]) != mostName {
		t.Errorf("got %q", names)
	}
	var all []string
	f.must(staging.EachName(t.Context(), source, params, func(c Called) bool {
		all = append(all, c.Key)
		return true
	}))
	if slices.Sort(all); !slices.Equal(all, []string{"1", "2", "3"}) {
		t.Errorf("got %q", all)
	}
	heard := 0
	f.must(staging.EachName(t.Context(), source, params, func(Called) bool { heard++; return false }))
	if heard != 1 {
		t.Errorf("heard %d", heard)
	}
	// Its limits end with the question: the next plan has its own.
	conn, _, err := staging.connect(t.Context(), source)
	f.must(err)
	defer end(conn)
	var limits string
	f.must(conn.QueryRow(t.Context(), `SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')`).Scan(&limits))
	if limits != "0 500ms" {
		t.Errorf("got %s", limits)
	}

	source.Display = []string{"none"}
	_, err = staging.Names(t.Context(), source, Whom{params, []string{"1"}})
	if _, ok := errors.AsType[*jobs.StagingError](err); !ok {
		t.Errorf("got %v", err)
	}
	source.Employees = "DELETE FROM people RETURNING *"
	if _, err = staging.Names(t.Context(), source, Whom{params, []string{"1"}}); err == nil {
		t.Error("a query that writes is asked")
	}
	source.Employees, source.Display = "SELECT *, pg_sleep(30) AS slow FROM people", []string{"slow"}
	began := time.Now()
	if _, err = staging.Names(t.Context(), source, Whom{params, []string{"1"}}); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

// A check tells what the page may not read of what is sent, through views, and where its role is not known.
func TestDescribeTellsThePagesRights(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, _ := f.db.Login(t)
	f.db.Exec(t, `CREATE SCHEMA pay; CREATE TABLE pay.hidden (matricule text, name text); CREATE VIEW pay.people AS SELECT * FROM pay.hidden;
		CREATE TABLE pay.element (matricule text, code text)`)
	source := jobs.Source{Employees: "SELECT matricule, name AS called FROM pay.people", Key: "matricule",
		Children: []jobs.ChildSource{{Rows: "SELECT * FROM pay.element", Employee: "matricule"}}}
	told := func(page string) (texts []string) {
		d, err := (&Staging{URL: f.db.URL, Page: page}).Describe(t.Context(), source, nil)
		f.must(err)
		for _, found := range d.Findings {
			texts = append(texts, textOf(found))
			if found.Error {
				t.Errorf("a run would fail: %+v", found)
			}
		}
		return texts
	}
	if texts := told(role); len(texts) != 1 || !strings.Contains(texts[0], "pay.element, pay.people") || strings.Contains(texts[0], "hidden") {
		t.Errorf("got %q", texts)
	}
	f.db.Exec(t, `GRANT USAGE ON SCHEMA pay TO `+role+`; GRANT SELECT (matricule) ON pay.people TO `+role+`; GRANT SELECT ON pay.element TO `+role)
	if texts := told(role); len(texts) != 1 || !strings.Contains(texts[0], "may not read pay.people") {
		t.Errorf("got %q", texts)
	}
	f.db.Exec(t, `GRANT SELECT ON pay.people TO `+role)
	if texts := append(told(role), told("")...); len(texts) > 0 {
		t.Errorf("got %q", texts)
	}
	if texts := told("nobody_of_that_name"); len(texts) != 1 || !strings.Contains(texts[0], "is not known where staging is") {
		t.Errorf("got %q", texts)
	}
}
