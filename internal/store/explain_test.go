package store

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"syncd/internal/jobs"
)

// What is wrong with a query is told, with the name of what it is about, in whatever language the server speaks: the
// second server here quotes everything in French, as Debian's do in France.
func TestMistakesAreToldWhateverTheServerSpeaks(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `CREATE SCHEMA closed; CREATE TABLE closed.pay (matricule text); CREATE TABLE secret (matricule text, name text); CREATE
		TABLE pay (matricule text, name text, nir text)`)
	owner, _ := f.db.Login(t)
	f.db.Exec(t, `CREATE VIEW over AS SELECT * FROM secret; ALTER VIEW over OWNER TO `+owner+`; CREATE VIEW twice AS SELECT * FROM over`)
	f.db.Exec(t, `CREATE FUNCTION shut() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'x'::text $$; REVOKE ALL ON FUNCTION shut() FROM public`)
	f.db.Exec(t, `CREATE FUNCTION lost() RETURNS SETOF pay LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM moved; END $$`)
	f.db.Exec(t, `CREATE FUNCTION behind() RETURNS SETOF secret LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM secret; END $$`)
	for name, state := range map[string]string{"angry": "P0001", "bent": "HV00J", "ended": "38000"} {
		f.db.Exec(t, `CREATE FUNCTION `+name+`() RETURNS SETOF pay LANGUAGE plpgsql AS $$ BEGIN RAISE 'of 285057899900116' USING ERRCODE = '`+
			state+`'; END $$`)
	}
	f.db.Exec(t, `CREATE FUNCTION cut(text) RETURNS text LANGUAGE plpgsql STABLE AS $$ DECLARE c varchar(2) := $1; BEGIN RETURN c; END $$`)
	f.db.Exec(t, `CREATE MATERIALIZED VIEW later AS SELECT * FROM pay WITH NO DATA; GRANT SELECT ON later TO `+role)
	f.db.Exec(t, `CREATE SEQUENCE counter; GRANT USAGE ON counter TO `+role)
	f.db.Exec(t, `CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('counter') $$`)
	f.db.Exec(t, `INSERT INTO pay VALUES ('1', 'A', '`+personal+`'); GRANT SELECT ON pay, over, twice TO `+role)
	for server, address := range map[string]string{"Postgres": login, "one in French": translator(t, login)} {
		for query, want := range map[string]string{
			`SELECT * FROM staging.employes`:                                      `there is no table "staging.employes"`,
			`SELECT * FROM "Staging"."Employé du mois"`:                           `there is no table "Staging.Employé du mois"`,
			`SELECT * FROM lost()`:                                                `there is no table "moved"`,
			`SELECT x.matricule FROM pay`:                                         `its FROM lacks what is called "x.matricule"`,
			`SELECT p.matricule, p.prenom FROM pay p`:                             `there is no such column "p.prenom"`,
			`SELECT "Prénom", matricule FROM pay`:                                 `there is no such column "Prénom"`,
			`SELECT name FROM pay`:                                                `there is no such column "matricule"`,
			`SELECT matricule FROM pay a, pay b`:                                  `several columns have the name "matricule"`,
			`SELECT a.*, b.matricule FROM pay a, pay b`:                           `several columns have the name "matricule"`,
			`SELECT matricule, nothing(name) FROM pay`:                            `there is no function or operator "nothing" for such values`,
			`SELECT matricule, name ^@ 1 FROM pay`:                                `there is no function or operator "^@" for such values`,
			"SELECT matricule\nFROM pay\nWHERE name ? @@":                         `it is not SQL`,
			"SELECT matricule\nFROM FROM pay":                                     `it is not SQL (line 2 of it)`,
			`SELECT (matricule FROM pay`:                                          `it is not SQL`,
			`SELECT * FROM closed.pay`:                                            `the role may not read "closed.pay"`,
			`SELECT * FROM secret`:                                                `the role may not read "secret"`,
			`SELECT p.* FROM pay p JOIN secret USING (matricule)`:                 `the role may not read "secret"`,
			`SELECT * FROM over`:                                                  `the owner of a view lacks the right to read "secret"`,
			`SELECT * FROM twice`:                                                 `the owner of a view lacks the right to read "secret"`,
			`SELECT shut() AS matricule`:                                          `the role may not read "shut"`,
			`SELECT * FROM behind()`:                                              `the role lacks a right to something that it uses`,
			`SELECT nextval('counter') AS id, matricule FROM pay`:                 `it writes`,
			`SELECT counted() AS id, matricule FROM pay`:                          `it writes`,
			`SELECT * FROM pay FOR UPDATE`:                                        `it writes`,
			`WITH gone AS (DELETE FROM pay RETURNING *) TABLE gone`:               `it writes`,
			`SELECT matricule, nir::int FROM pay`:                                 `a value does not fit (a number out of range)`,
			`SELECT (SELECT 1 FROM (VALUES (1), (2)) x) AS a, matricule FROM pay`: `a query within it answers several rows where one is used`,
			`SELECT matricule FROM pay WHERE name = $1`:                           `it has the numbered parameter $1`,
			`SELECT matricule FROM pay WHERE name = @nobody`:                      `it names a parameter that does not exist`,
			`SELECT matricule FROM pay WHERE (name = 'A'`:                         `it is not SQL as a whole`,
			`SELECT matricule FROM pay WHERE name`:                                `Postgres refuses it with SQLSTATE 42804`,
			`SELECT * FROM angry()`:                                               `a function of it raised an error (SQLSTATE P0001)`,
			`SELECT * FROM bent()`:                                                `a foreign table of it does not fit what the other server has (SQLSTATE HV00J)`,
			`SELECT * FROM ended()`:                                               `Postgres refuses it with SQLSTATE 38000`,
			`SELECT * FROM later`:                                                 `a materialized view was never filled "later"`,
			`SELECT matricule, cut(nir) AS c FROM pay`:                            `a value does not fit (a text that is too long for its type)`,
		} {
			_, err := f.values(address, jobs.Source{Employees: query, Key: "matricule"}, "")
			var staging *jobs.StagingError
			if !errors.As(err, &staging) || !strings.HasPrefix(err.Error(), "reading staging (job.source.employees): "+want) ||
				staging.Query != "job.source.employees" {
				t.Errorf("%s, %s: %v, want %s", server, query, err, want)
			}
			if err != nil {
				wantNoLeak(t, err)
			}
			wantCause(t, staging, want)
		}
		if _, err := f.values(address, jobs.Source{Key: "matricule",
			Employees: "SELECT matricule, name @@ 'x' AS found FROM pay; -- the month's"}, ""); err != nil {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// wantCause asks that what the words of a problem name is told as data.
func wantCause(t *testing.T, err *jobs.StagingError, words string) {
	t.Helper()
	for begin, code := range map[string]jobs.CauseCode{
		`there is no table "`: jobs.CauseNoTable, `there is no such column "`: jobs.CauseNoColumn,
		`several columns have the name "`: jobs.CauseTwoColumns,
		`the role may not read "`:         jobs.CauseNoRight, `the owner of a view lacks the right to read "`: jobs.CauseViewOwner,
		`row level security hides rows of "`: jobs.CauseRowSecurity, "it is not SQL": jobs.CauseNotSQL, "it writes": jobs.CauseWrites,
		"the role lacks a right": jobs.CauseSomeRight,
	} {
		if !strings.HasPrefix(words, begin) {
			continue
		}
		_, name, named := strings.Cut(strings.TrimSuffix(words, `"`), `"`)
		if err == nil || err.Cause == nil || err.Cause.Code != code || named && !slices.Contains(slices.Collect(maps.Values(err.Cause.Args)),
			name) {
			t.Errorf("%s: the cause is %+v, want %s %s", words, err, code, name)
		}
		return
	}
	if err != nil && err.Cause != nil {
		t.Errorf("%s: the cause is %+v, want none", words, err.Cause)
	}
}

// translator passes on what a client and Postgres say, with errors in French.
func translator(t *testing.T, address string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				defer client.Close()
				translate(client, address)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		clients.Wait()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = listener.Addr().String()
	return u.String()
}

func translate(client net.Conn, address string) {
	backend := pgproto3.NewBackend(client, client)
	if started, err := backend.ReceiveStartupMessage(); err != nil {
		return
	} else if _, cancels := started.(*pgproto3.CancelRequest); cancels {
		return
	}
	conn, err := pgconn.Connect(context.Background(), address)
	if err != nil {
		return
	}
	server, err := conn.Hijack()
	if err != nil {
		return
	}
	defer server.Conn.Close()
	backend.Send(&pgproto3.AuthenticationOk{})
	for name, value := range server.ParameterStatuses {
		backend.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if backend.Flush() != nil {
		return
	}
	go func() {
		defer server.Conn.Close()
		for {
			message, err := backend.Receive()
			if err != nil {
				return
			}
			server.Frontend.Send(message)
			if server.Frontend.Flush() != nil {
				return
			}
		}
	}()
	for {
		answer, err := server.Frontend.Receive()
		if err != nil {
			return
		}
		if failed, ok := answer.(*pgproto3.ErrorResponse); ok {
			failed.Severity, failed.Message, failed.Detail = "ERREUR", "la relation « autre » n'existe pas dans « ceci »", "« cela » et \"rien\""
			failed.Hint, failed.Where = "Voyez « là »", "fonction PL/pgSQL « ici »"
		}
		backend.Send(answer)
		if backend.Flush() != nil {
			return
		}
	}
}
