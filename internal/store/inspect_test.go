package store

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"syncd/internal/testpg"
)

func findings(t *testing.T, url string) string {
	t.Helper()
	all, err := Inspect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range all {
		texts = append(texts, f.Text)
	}
	return strings.Join(texts, "\n")
}

// A server that logs the parameters of statements would write personal data to a file that nobody guards.
func TestInspectSeesLoggedParameters(t *testing.T) {
	t.Parallel()
	server, err := testpg.Start(testpg.Options{Settings: map[string]string{"log_min_duration_statement": "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if got := findings(t, server.URL); !strings.Contains(got, "log_min_duration_statement") {
		t.Errorf("not seen: %s", got)
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
