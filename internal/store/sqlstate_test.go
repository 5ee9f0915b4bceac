package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

//go:embed testdata/errcodes.txt
var errcodes string

// everyState is all that Postgres has.
func everyState(t *testing.T) (codes []string) {
	t.Helper()
	for line := range strings.Lines(errcodes) {
		if code, _, ok := strings.Cut(line, " "); ok && code != "#" {
			codes = append(codes, code)
		}
	}
	if len(codes) < 250 {
		t.Fatalf("there are %d", len(codes))
	}
	return codes
}

// Why a database cannot be used just now, and what it refuses, is told in words, never in Postgres's own.
func TestTroublesInWords(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"08006": "the connection to Postgres broke off",
		"25006": "it is read-only: a standby, or default_transaction_read_only is on",
		"25P03": "Postgres ended the session, which was idle for too long",
		"25P04": "Postgres ended the session, whose transaction took too long",
		"40001": "Postgres rolled the transaction back for the sake of another one",
		"53100": "Postgres is out of disk, memory or connections",
		"55P03": "something else uses what is needed",
		"57P01": "Postgres is shutting down or starting",
		"57014": "a statement was cancelled: by a person, a program, or a time limit",
		"58030": "the database server has trouble with its files",
		"72000": "the server no longer holds rows as old as they are asked for",
		"99999": "it cannot be used just now",
	} {
		e := &UnreachableError{Doing: "reading", SQLState: state, Code: troubleOf(state)}
		if got := e.Fact().In(hinted.English()); got != "reading: "+want+" (SQLSTATE "+state+")" {
			t.Errorf("got %q", got)
		}
	}
	refused := func(state, object string) *DatabaseError {
		return &DatabaseError{Doing: "reading", SQLState: state, Object: object}
	}
	for want, e := range map[string]hinted.Telling{
		"reading: Postgres did not answer in time":                        &UnreachableError{Doing: "reading", Code: "database.away-late"},
		"reading: the database refuses with SQLSTATE 23505 (syncd.run)":   refused("23505", "syncd.run"),
		"reading: the database refuses with SQLSTATE 42P01 (syncd.owner)": refused("42P01", "syncd.owner"),
		"the ledger key is being changed to 0123":                         &RekeyingError{To: "0123"},
	} {
		if got := e.Fact().In(hinted.English()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Each class of Postgres's list has a verdict, and nothing else has; what deviates from its class is a code that exists.
func TestEveryClassOfErrorsHasAVerdict(t *testing.T) {
	t.Parallel()
	exists, class := map[string]bool{}, map[string]bool{}
	for _, code := range everyState(t) {
		exists[code], class[code[:2]] = true, true
		if _, ok := classes[code[:2]]; !ok {
			t.Errorf("class %s has no verdict", code[:2])
		}
	}
	for code := range classes {
		if !class[code] {
			t.Errorf("Postgres has no class %s", code)
		}
	}
	for _, table := range []map[string]verdict{states, ofStaging} {
		for code, v := range table {
			if !exists[code] || classes[code[:2]] == v && verdictOf(code) == v {
				t.Errorf("%s says what its class does, or does not exist", code)
			}
		}
	}
	for state, want := range map[string]verdict{"40001": away, "40P01": away, "57014": away, "25006": away, "53300": away, "08006": away,
		"58030": away, "72000": away, "23505": mistaken, "42P01": mistaken, "22012": mistaken, "P0001": mistaken, "U1234": mistaken,
		"SY002": mistaken,
		"28P01": denied, "3D000": denied, "42501": denied, "XX001": defective, "25P02": defective, "": defective} {
		if got := verdictOf(state); got != want {
			t.Errorf("the verdict of %q is %d, want %d", state, got, want)
		}
	}
}

// kindOf names what an error is to whoever branches on it.
func kindOf(err error) string {
	var staging *jobs.StagingError
	var locked *jobs.LockedError
	var database *DatabaseError
	switch {
	case errors.As(err, &locked), errors.Is(err, jobs.ErrUnreachable):
		return "away"
	case errors.Is(err, jobs.ErrRefused):
		return "refused"
	case errors.As(err, &staging):
		return "staging"
	case errors.As(err, &database):
		return "internal"
	}
	return fmt.Sprintf("%T", err)
}

// Raised by a real server, each code ends a query of staging, and a statement of the ledger, as the table says; none is
// read out of its message, and none quotes it.
func TestEveryErrorOfPostgresHasItsKind(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `CREATE FUNCTION fail(state text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION USING ERRCODE = state, MESSAGE = '`+personal+`', DETAIL = '`+personal+`', HINT = '`+personal+`'; END $$`)
	staging := &Staging{URL: f.db.URL}
	conn, _, err := staging.connect(t.Context(), jobs.Source{})
	f.must(err)
	defer end(conn)
	ledger := map[verdict]string{away: "away", mistaken: "internal", denied: "refused", defective: "internal"}
	query := map[verdict]string{away: "away", mistaken: "staging", denied: "staging", defective: "internal"}
	for _, code := range append(everyState(t), "SY002", "U1234") {
		if code == "00000" { // it cannot be raised
			continue
		}
		s := &stream{conn: conn, query: stagingQuery{name: "job.source.employees", sql: "SELECT", key: "matricule"}}
		_, err := conn.Exec(t.Context(), `SELECT fail($1)`, pgx.QueryExecModeExec, code)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != code {
			t.Fatalf("%s: %v", code, err)
		}
		told := s.explain(err)
		if got, want := kindOf(told), query[stagingVerdict(code)]; got != want {
			t.Errorf("%s in a query is %s, want %s: %v", code, got, want, told)
		}
		wantNoLeak(t, told, "hint:")
		told = redact("testing", err)
		if got, want := kindOf(told), ledger[verdictOf(code)]; got != want {
			t.Errorf("%s of the ledger is %s, want %s: %v", code, got, want, told)
		}
		wantNoLeak(t, told, code, "hint:")
		_, err = conn.Exec(t.Context(), `ROLLBACK`) // a look at the catalogue leaves a transaction
		f.must(err)
	}
}

// A server that is a standby, or that somebody made read-only to move it, is waited for, and not written to by a session
// that says otherwise: what is written there now, the copy lacks.
func TestAReadOnlyLedgerIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.open().Close() // the key is registered
	f.db.Exec(t, `ALTER DATABASE `+f.db.Name+` SET default_transaction_read_only = on`)
	s, err := Open(t.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "ledger key")})
	f.must(err)
	defer s.Close()
	_, err = s.Start(context.Background(), request())
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.SQLState != "25006" || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("%v", err)
	}
}
