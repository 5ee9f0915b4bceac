package store

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"syncd/internal/jobs"
	"syncd/internal/testpg"
)

func findings(t *testing.T, url string) string {
	t.Helper()
	all, err := Inspect(context.Background(), url, jobs.TheLedger)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range all {
		texts = append(texts, textOf(f))
	}
	return strings.Join(texts, "\n")
}

// A server that logs the parameters of statements would write personal data to a file that nobody guards.
func TestInspectSeesLoggedParameters(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{Settings: map[string]string{"log_min_duration_statement": "0"}})
	got := findings(t, server.URL)
	for _, want := range []string{"log_min_duration_statement",
		"the server may forget or damage what it committed when the power fails (fsync is off)"} { // it is a throwaway one
		if !strings.Contains(got, want) {
			t.Errorf("%q is not seen: %s", want, got)
		}
	}
	discreet := server.URL + "&options=-c%20log_parameter_max_length%3D0"
	if got := findings(t, discreet); strings.Contains(got, "logs the parameters") {
		t.Errorf("seen although they are left out: %s", got)
	}
}

// Behind a transaction pooler a session lock belongs to nobody, and two processes could send one month.
func TestInspectSeesATransactionPooler(t *testing.T) {
	t.Parallel()
	db := testpg.New(t, template)
	if got := findings(t, db.URL); strings.Contains(got, "pooler") {
		t.Errorf("Postgres itself taken for a pooler: %s", got)
	}
	if got := findings(t, transactionPooler(t, db.URL)); !strings.Contains(got, "transaction pooler") {
		t.Errorf("not seen: %s", got)
	}
}

// pooler lends its backends per transaction, the one given back last first, as pgbouncer does.
type pooler struct {
	url  string
	mu   sync.Mutex
	idle []*pgconn.HijackedConn
}

// transactionPooler starts one, and returns the URL of the database behind it.
func transactionPooler(t *testing.T, url string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pooler{url: url}
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				defer client.Close()
				if err := p.serve(client); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Error(err)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		clients.Wait()
		for _, backend := range p.idle {
			backend.Conn.Close()
		}
	})
	return "postgres://nobody@" + listener.Addr().String() + "/any?sslmode=disable"
}

func (p *pooler) serve(client net.Conn) error {
	backend := pgproto3.NewBackend(client, client)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return err
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	backend.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	var lent *pgconn.HijackedConn
	for {
		if err := backend.Flush(); err != nil {
			return err
		}
		message, err := backend.Receive()
		if _, ends := message.(*pgproto3.Terminate); ends || err != nil {
			if lent != nil {
				lent.Conn.Close() // in the middle of a transaction
			}
			return err
		}
		if lent == nil {
			if lent, err = p.take(); err != nil {
				return err
			}
		}
		lent.Frontend.Send(message)
		switch message.(type) {
		case *pgproto3.Sync, *pgproto3.Query:
		default:
			continue
		}
		status, err := relay(lent.Frontend, backend)
		if err != nil {
			return err
		}
		if status == 'I' {
			p.give(lent)
			lent = nil
		}
	}
}

// relay passes answers on until the server is ready again.
func relay(from *pgproto3.Frontend, to *pgproto3.Backend) (status byte, err error) {
	if err := from.Flush(); err != nil {
		return 0, err
	}
	for {
		answer, err := from.Receive()
		if err != nil {
			return 0, err
		}
		to.Send(answer)
		if err := to.Flush(); err != nil {
			return 0, err
		}
		if ready, ok := answer.(*pgproto3.ReadyForQuery); ok {
			return ready.TxStatus, nil
		}
	}
}

func (p *pooler) take() (*pgconn.HijackedConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		last := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return last, nil
	}
	conn, err := pgconn.Connect(context.Background(), p.url)
	if err != nil {
		return nil, err
	}
	return conn.Hijack()
}

func (p *pooler) give(backend *pgconn.HijackedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, backend)
}

// What keeps a run from being recorded is told before: a right that is missing on one table, a server that takes no writes,
// a clock that is wrong. What role and database change beyond is named.
func TestInspectSeesWhatKeepsARunFromBeingRecorded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `GRANT USAGE ON SCHEMA syncd TO `+role+`; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA syncd TO `+role)
	if got := findings(t, login); strings.Contains(got, "lacks rights") || strings.Contains(got, "changes for its sessions") ||
		strings.Contains(got, "clock") {
		t.Errorf("%s", got)
	}
	f.db.Exec(t, `REVOKE UPDATE ON syncd.item FROM `+role+`; REVOKE INSERT, DELETE ON syncd.baseline FROM `+role)
	if got := findings(t, login); !strings.Contains(got,
		"lacks rights on the ledger: DELETE on syncd.baseline, INSERT on syncd.baseline, UPDATE on syncd.item") {
		t.Errorf("%s", got)
	}
	f.db.Exec(t, `ALTER ROLE `+role+` SET default_transaction_read_only = on; ALTER ROLE `+role+` SET lc_numeric = 'C'; ALTER ROLE `+role+
		` SET statement_timeout = '1h'; ALTER ROLE `+role+` SET work_mem = '64MB'`)
	got := findings(t, login)
	if !strings.Contains(got, "read-only (default_transaction_read_only is on)") || !strings.Contains(got,
		"changes for its sessions: lc_numeric = C") || strings.Contains(got, "statement_timeout") || strings.Contains(got, "work_mem") {
		t.Errorf("%s", got)
	}
}

func TestInspectSeesAStandby(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	db := server.New(t, template)
	opened, err := Open(t.Context(), Options{URL: db.URL, Keys: keysOf(&fixture{T: t}, "ledger key")})
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
	signal := ""
	if err := server.Restart(func(data string) error {
		signal = filepath.Join(data, "standby.signal")
		return os.WriteFile(signal, nil, 0o644)
	}); err != nil {
		t.Fatal(err)
	}
	if got := findings(t, db.URL); !strings.Contains(got, "the ledger's database is a standby") {
		t.Errorf("%s", got)
	}
	s, err := Open(t.Context(), Options{URL: db.URL, Keys: keysOf(&fixture{T: t}, "ledger key")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Start(t.Context(), request())
	s.Close()
	if !errors.Is(err, jobs.ErrUnreachable) { // a failover sets it right
		t.Errorf("%v", err)
	}
	// staging can be one
	if read, err := (&fixture{T: t}).values(db.URL, jobs.Source{}, `SELECT '1' AS key`); err != nil || read["key"] != "1" {
		t.Errorf("%v %v", read, err)
	}
	if err := server.Restart(func(string) error { return os.Remove(signal) }); err != nil {
		t.Fatal(err)
	}
}

// Staging in LATIN1 is read as it is meant, by a run and by a check.
func TestStagingInLatin1IsRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	name := f.db.Name + "_latin1"
	f.db.Exec(t, `CREATE DATABASE `+name+` ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`)
	t.Cleanup(func() { f.db.Exec(t, `DROP DATABASE `+name+` WITH (FORCE)`) })
	address := strings.Replace(f.db.URL, f.db.Name, name, 1)
	conn, err := pgx.Connect(t.Context(), address+"&client_encoding=UTF8")
	f.must(err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE staff (matricule text, name text); INSERT INTO staff VALUES ('1', 'Hélène Lefèvre')`)
	f.must(errors.Join(err, conn.Close(t.Context())))
	all, err := Inspect(t.Context(), address, jobs.TheStaging)
	f.must(err)
	for _, found := range all {
		if found.Error || strings.Contains(textOf(found), "encoding") {
			t.Errorf("%+v", found)
		}
	}
	read, err := f.values(address, jobs.Source{Employees: `SELECT * FROM staff WHERE name = 'Hélène Lefèvre'`, Key: "matricule"}, "")
	f.must(err)
	if read["name"] != "Hélène Lefèvre" {
		t.Errorf("%q", read["name"])
	}
}

// Only what the time that a question takes cannot explain is a difference of clocks.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Unix(1_800_000_000+int64(s), 0) }
	for there, want := range map[int]time.Duration{0: 0, 5: 0, 10: 0, -600: 10 * time.Minute, 610: -10 * time.Minute} {
		if got := apart(at(0), at(there), at(10)); got != want {
			t.Errorf("%d s: %s, want %s", there, got, want)
		}
	}
}
