package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/testpg"
)

// Whatever keeps us out of staging's database is told as that, with the SQLSTATE as its fact; what passes by itself (a
// limit of connections) is not.
func TestStagingThatDoesNotLetUsInIsToldAsThat(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE staff (matricule text)`)
	for name, c := range map[string]struct{ sql, state string }{
		"password changed": {`ALTER ROLE @ PASSWORD 'another'`, "28P01"},
		"expired":          {`ALTER ROLE @ VALID UNTIL '2001-01-01'`, "28P01"},
		"locked":           {`ALTER ROLE @ NOLOGIN`, "28000"},
		"renamed role":     {`ALTER ROLE @ RENAME TO @_former; ALTER ROLE @_former RENAME TO @; ALTER ROLE @ PASSWORD NULL`, "28P01"},
		"no right":         {`REVOKE CONNECT ON DATABASE ` + f.db.Name + ` FROM PUBLIC`, "42501"},
		"busy":             {`GRANT CONNECT ON DATABASE ` + f.db.Name + ` TO PUBLIC; ALTER ROLE @ CONNECTION LIMIT 0`, "53300"},
	} {
		role, login := f.db.Login(t)
		f.db.Exec(t, strings.ReplaceAll(c.sql, "@", role))
		_, err := (&Staging{URL: login}).Snapshot(t.Context(), jobs.Source{Employees: `SELECT * FROM staff`, Key: "matricule"}, nil, nil)
		var refused *jobs.RefusedError
		var away *UnreachableError
		switch {
		case c.state == "53300":
			if !errors.As(err, &away) || away.SQLState != c.state {
				t.Errorf("%s: %v", name, err)
			}
		case !errors.As(err, &refused) || refused.Database != jobs.TheStaging || refused.SQLState != c.state ||
			!strings.Contains(err.Error(), "staging_url"):
			t.Errorf("%s: %v", name, err)
		}
		f.db.Exec(t, `GRANT CONNECT ON DATABASE `+f.db.Name+` TO PUBLIC`)
	}
	missing := strings.Replace(f.db.URL, f.db.Name, f.db.Name+"_renamed", 1)
	_, err := (&Staging{URL: missing}).Snapshot(t.Context(), jobs.Source{Employees: `SELECT * FROM staff`, Key: "matricule"}, nil, nil)
	var refused *jobs.RefusedError
	if !errors.As(err, &refused) || refused.SQLState != "3D000" {
		t.Errorf("renamed: %v", err)
	}
}

// pg_hba.conf, and a database that takes no connections: of a server of its own.
func TestAServerThatDoesNotLetUsInIsToldAsThat(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	db := server.New(t, testpg.Template{Name: "empty"})
	wantRefused := func(state string) {
		t.Helper()
		_, err := (&Staging{URL: db.URL}).Snapshot(t.Context(), jobs.Source{Employees: `SELECT '1' AS matricule`, Key: "matricule"}, nil, nil)
		var refused *jobs.RefusedError
		if !errors.As(err, &refused) || refused.SQLState != state {
			t.Errorf("%s: %v", state, err)
		}
	}
	admin, err := pgx.Connect(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	allow := func(yes string) {
		if _, err := admin.Exec(t.Context(), `ALTER DATABASE `+db.Name+` ALLOW_CONNECTIONS `+yes); err != nil {
			t.Fatal(err)
		}
	}
	allow("false")
	wantRefused("55000")
	allow("true")
	if err := admin.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(filepath.Dir(server.Log), "data", "pg_hba.conf")
	former, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	closed := "host postgres all 127.0.0.1/32 md5\n"
	if err := os.WriteFile(rules, []byte(closed), 0o600); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `SELECT pg_reload_conf()`)
	for deadline := time.Now().Add(impatient); ; time.Sleep(10 * time.Millisecond) {
		_, err := (&Staging{URL: db.URL}).Snapshot(t.Context(), jobs.Source{Employees: `SELECT '1' AS matricule`, Key: "matricule"}, nil, nil)
		if err != nil || time.Now().After(deadline) {
			break
		}
	}
	wantRefused("28000")
	if err := os.WriteFile(rules, former, 0o600); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `SELECT pg_reload_conf()`)
}

// A foreign server that is away is waited for, like ours; what is mistaken of a foreign table is for a person.
func TestAForeignServerThatIsAway(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE EXTENSION postgres_fdw; CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', connect_timeout '2');
		CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (user 'x', password 'y'); CREATE FOREIGN TABLE far (matricule text) SERVER away`)
	_, err := f.values(f.db.URL, jobs.Source{Employees: `SELECT * FROM far`, Key: "matricule"}, "")
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "another server, which a foreign table") ||
		strings.Contains(err.Error(), "psql") {
		t.Errorf("%v", err)
	}
}

// A run that is broken off, or a check that has read what it wanted, leaves no query behind at the server.
func TestAQueryEndsWithItsRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE FUNCTION slow() RETURNS text LANGUAGE sql STABLE AS $$ SELECT coalesce(pg_sleep(60)::text, '1') $$`)
	running := func() bool {
		return f.text(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'syncd staging' AND
			state = 'active'`) == "1"
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := (&Staging{URL: f.db.URL}).Snapshot(ctx, jobs.Source{Employees: `SELECT slow() AS matricule`, Key: "matricule"}, nil, nil)
		ended <- err
	}()
	f.must(waitUntil(f, running))
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if running() { // at once: this process may end now
		t.Error("the query goes on")
	}

	snapshot, err := (&Staging{URL: f.db.URL}).Snapshot(t.Context(), jobs.Source{
		Employees: `SELECT 'x' || i AS matricule FROM (VALUES (1)) AS first (i) UNION ALL SELECT repeat('y', 100000) || i FROM
			generate_series(1, 300) i`, Key: "matricule"}, nil, nil)
	f.must(err)
	f.must(waitUntil(f, running))
	snapshot.Close()
	f.must(waitUntil(f, func() bool { return !running() }))
}
