package store

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

const personal = "285057899900116"

// wantNoLeak wants an error that tells what happened and where, and no value of any row.
func wantNoLeak(t *testing.T, err error, tells ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if strings.Contains(err.Error(), personal) {
		t.Errorf("personal data in an error: %v", err)
	}
	for _, text := range tells {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not tell %q", err, text)
		}
	}
}

// Postgres quotes rows in its errors. What is shown, logged or stored of them must hold no value of a row.
func TestErrorsOfPostgresQuoteNoRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE person (nir text PRIMARY KEY CHECK (nir <> '0'), born date, name varchar(3) NOT NULL)`)
	f.db.Exec(t, `INSERT INTO person VALUES ('`+personal+`', NULL, 'A')`)
	for name, c := range map[string]struct{ sql, state, object string }{
		"unique violation": {`INSERT INTO person VALUES ('` + personal + `', NULL, 'A')`, "23505", "person_pkey"},
		"cast":             {`SELECT '` + personal + `x'::int`, "22003", ""},
		"cast of a column": {`SELECT nir::date FROM person`, "22008", ""},
		"too long":         {`UPDATE person SET name = '` + personal + `'`, "22001", ""},
		"null":             {`UPDATE person SET name = NULL`, "23502", "public.person.name"},
		"check":            {`INSERT INTO person VALUES ('0', NULL, '` + personal[:3] + `')`, "23514", "person_nir_check"},
		"raised":           {`DO $$ BEGIN RAISE EXCEPTION 'NIR ` + personal + `' USING DETAIL = '` + personal + `'; END $$`, "P0001", ""},
		"wrong syntax":     {`SELECT '` + personal + `' FROM FROM`, "42601", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.conn.Exec(context.Background(), c.sql)
			err = redact("testing", err)
			wantNoLeak(t, err, "testing", c.state, c.object, "hint:")
			var known *DatabaseError
			if !errors.As(err, &known) || known.SQLState != c.state {
				t.Errorf("%v is %T", err, err)
			}
		})
	}
}

// Neither does an error of staging's own queries.
func TestErrorsOfStagingQuoteNoRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE person (matricule text, nir text)`)
	f.db.Exec(t, `INSERT INTO person VALUES ('1', '`+personal+`x')`)
	staging := &Staging{URL: f.db.URL}
	for name, query := range map[string]string{
		"cast":   `SELECT matricule, nir::bigint FROM person`,
		"date":   `SELECT matricule, left(nir, 15)::date FROM person`,
		"syntax": `SELECT matricule, '` + personal + `' FROM FROM person`,
		"column": `SELECT matricule, "` + "missing" + `" FROM person WHERE nir = '` + personal + `'`,
	} {
		t.Run(name, func(t *testing.T) {
			snapshot, err := staging.Snapshot(t.Context(), jobs.Source{Employees: query, Key: "matricule"}, nil, nil)
			if err == nil {
				defer snapshot.Close()
				for rows := snapshot.Employees(); err == nil; err = rows.Err() {
					if rows.Next() {
						t.Fatal("a row")
					}
				}
			}
			var known *jobs.StagingError
			if !errors.As(err, &known) || known.Query != "job.source.employees" {
				t.Errorf("%T", err)
			}
			wantNoLeak(t, err, "job.source.employees", "hint:")
		})
	}
}

// A connection string may hold a password, and so may the errors about it.
func TestErrorsOfConnectingQuoteNoURL(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, login := f.db.Login(t)
	wrongPassword, err := url.Parse(login)
	f.must(err)
	wrongPassword.User = url.UserPassword(wrongPassword.User.Username(), personal)
	for _, url := range []string{
		"postgres://user:" + personal + "@host:port/db", // cannot be read
		"postgres://user:" + personal + "@127.0.0.1:1/db?sslmode=disable",
		wrongPassword.String(),
	} {
		_, err := Open(t.Context(), Options{URL: url})
		wantNoLeak(t, err, "hint:")
		if _, _, err := Migrate(t.Context(), url); err == nil {
			t.Error("migrated")
		} else {
			wantNoLeak(t, err, "hint:")
		}
		_, err = Inspect(t.Context(), url, jobs.TheLedger)
		wantNoLeak(t, err, "hint:")
	}
}
