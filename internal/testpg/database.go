package testpg

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// setupTimeout bounds what a test waits for its database; other tests may be preparing the template.
const setupTimeout = 2 * time.Minute

// DB is a database that belongs to one test.
type DB struct {
	Name   string
	URL    string // as the server's superuser (or the account of SYNCD_TEST_DATABASE_URL), which owns the database
	Server *Server

	connections connections

	mu    sync.Mutex
	roles []string // end with the database
}

// New makes a database for t, a copy of the template. It is dropped at the end of t, or kept when t has failed.
func (s *Server) New(t testing.TB, template Template) *DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	db, err := s.create(ctx, template)
	if err != nil {
		t.Fatalf("testpg: %v", err)
	}
	t.Cleanup(func() { db.drop(t) })
	return db
}

func (s *Server) create(ctx context.Context, template Template) (*DB, error) {
	db := &DB{Name: "syncd_test_" + randomName(), Server: s}
	var err error
	if db.URL, err = databaseURL(s.URL, db.Name, nil); err != nil {
		return nil, err
	}
	err = s.asAdmin(ctx, func(admin *pgx.Conn) error {
		origin, err := s.ensureTemplate(ctx, admin, template)
		if err != nil {
			return err
		}
		strategy, err := copyStrategy(ctx, admin)
		if err != nil {
			return err
		}
		return execAll(ctx, admin, "CREATE DATABASE "+quote(db.Name)+" TEMPLATE "+quote(origin)+strategy)
	})
	return db, err
}

// copyStrategy is the faster way to copy a small database. Copying its files takes two checkpoints: nothing where they need not
// reach a disk, several times the rest where they do.
func copyStrategy(ctx context.Context, admin *pgx.Conn) (clause string, err error) {
	err = admin.QueryRow(ctx, `SELECT CASE WHEN current_setting('server_version_num')::int < 150000 THEN ''
		WHEN current_setting('fsync') = 'off' THEN ' STRATEGY FILE_COPY' ELSE ' STRATEGY WAL_LOG' END`).Scan(&clause)
	return clause, err
}

// drop ends the database, also when somebody is still connected.
func (db *DB) drop(t testing.TB) {
	t.Helper()
	db.connections.close(context.Background())
	if t.Failed() {
		t.Logf("testpg: kept for inspection while its server lives: %s\nhint: a server that outlives the tests: "+
			"go run ./internal/testpg/cmd/throwaway-pg -- bash", db.URL)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	err := db.Server.asAdmin(ctx, func(admin *pgx.Conn) error {
		statements := []string{"DROP DATABASE IF EXISTS " + quote(db.Name) + " WITH (FORCE)"}
		for _, role := range db.roles {
			statements = append(statements, "DROP ROLE "+quote(role))
		}
		return execAll(ctx, admin, statements...)
	})
	if err != nil {
		t.Errorf("testpg: %v", err)
	}
}

// Connect opens a connection as the database's owner; it is closed at the end of t.
func (db *DB) Connect(t testing.TB) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, db.URL)
	if err != nil {
		t.Fatalf("testpg: connecting: %v", err)
	}
	t.Cleanup(func() {
		_ = conn.Close(context.Background()) // the test may have cut it
	})
	return conn
}

// Exec executes SQL as the database's owner: one statement with arguments, or any number without.
func (db *DB) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	err := db.With(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatalf("testpg: executing %.200q: %v", sql, err)
	}
}

// With calls work with a connection as the database's owner, one that was used before where there is one. What changes the
// session (SET, LISTEN, temporary tables, locks of a session) is for Connect.
func (db *DB) With(ctx context.Context, work func(*pgx.Conn) error) error {
	return db.connections.with(ctx, db.URL, work)
}

// Login makes a role that can log in and has no right but those of PUBLIC, and returns its name and the database's URL
// for it. The role ends with the database, and must own nothing in others.
func (db *DB) Login(t testing.TB) (role, address string) {
	t.Helper()
	role, password := "syncd_test_"+randomName(), rand.Text()
	db.Exec(t, "CREATE ROLE "+quote(role)+" LOGIN PASSWORD '"+password+"'")
	db.mu.Lock()
	db.roles = append(db.roles, role)
	db.mu.Unlock()
	address, err := databaseURL(db.URL, db.Name, url.UserPassword(role, password))
	if err != nil {
		t.Fatalf("testpg: %v", err)
	}
	return role, address
}

// asAdmin calls f with a connection to the maintenance database.
func (s *Server) asAdmin(ctx context.Context, f func(*pgx.Conn) error) error {
	return s.admin.with(ctx, s.URL, f)
}

func execAll(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("executing %q: %w", statement, err)
		}
	}
	return nil
}

// databaseURL is server's URL with another database, and another user unless nil.
func databaseURL(server, database string, user *url.Userinfo) (string, error) {
	u, err := url.Parse(server)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", fmt.Errorf("the test server's address is not a URL such as postgres://user@host/postgres\nhint: check %s", EnvURL)
	}
	u.Path = "/" + database
	if user != nil {
		u.User = user
	}
	return u.String(), nil
}

func randomName() string { return strings.ToLower(rand.Text()[:12]) }

func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }
