package testpg

import (
	"context"
	"crypto/rand"
	"errors"
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
		create := "CREATE DATABASE " + quote(db.Name) + " TEMPLATE " + quote(origin)
		var fast bool // several times faster for a small database than copying its files between two checkpoints
		if err := admin.QueryRow(ctx, "SELECT current_setting('server_version_num')::int >= 150000").Scan(&fast); err != nil {
			return err
		}
		if fast {
			create += " STRATEGY WAL_LOG"
		}
		return execAll(ctx, admin, create)
	})
	return db, err
}

// drop ends the database, also when somebody is still connected.
func (db *DB) drop(t testing.TB) {
	t.Helper()
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
	conn, err := pgx.Connect(ctx, db.URL)
	if err != nil {
		t.Fatalf("testpg: connecting: %v", err)
	}
	_, err = conn.Exec(ctx, sql, args...)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		t.Fatalf("testpg: executing %.200q: %v", sql, err)
	}
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
	admin, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return fmt.Errorf("connecting to the test server: %w\nhint: check %s, or unset it", err, EnvURL)
	}
	return errors.Join(f(admin), admin.Close(ctx))
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
