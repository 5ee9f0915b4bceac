package testpg

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fruit counts how often it is prepared. It is a template of this run's own: the shared server may have served others.
func fruit(prepared *atomic.Int32) Template {
	return Template{
		Name:    "fruit",
		Sources: fstest.MapFS{"0001.sql": {Data: []byte(randomName())}},
		Prepare: func(ctx context.Context, url string) error {
			prepared.Add(1)
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			_, err = conn.Exec(ctx, "CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple')")
			return err
		},
	}
}

func count(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.Connect(t).QueryRow(t.Context(), "SELECT count(*) FROM fruit").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDatabasesAreIndependentCopiesOfOnePreparation(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	template := fruit(&prepared)
	t.Run("databases", func(t *testing.T) {
		for range 4 {
			t.Run("parallel", func(t *testing.T) {
				t.Parallel()
				db := New(t, template)
				db.Exec(t, "INSERT INTO fruit VALUES ('pear'); INSERT INTO fruit VALUES ('plum')")
				db.Exec(t, "INSERT INTO fruit VALUES ($1)", "fig")
				if n := count(t, db); n != 4 {
					t.Errorf("%d rows, want the template's and this test's three", n)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Errorf("prepared %d times", n)
	}
}

func TestTwoProcessesPrepareATemplateOnce(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	template := fruit(&prepared)
	mine := Shared(t)
	theirs := &Server{URL: mine.URL} // knows nothing of what the first has made, as another process
	t.Run("processes", func(t *testing.T) {
		for _, server := range []*Server{mine, theirs} {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				if n := count(t, server.New(t, template)); n != 1 {
					t.Errorf("%d rows", n)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Errorf("prepared %d times", n)
	}
}

func TestAnUnfinishedTemplateIsMadeAgain(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	whole := fruit(&prepared)
	broken := whole
	broken.Prepare = func(ctx context.Context, url string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE fruit (half text); SELECT 1/0")
		return err
	}
	if _, err := Shared(t).create(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "22012") {
		t.Fatalf("got %v, want the preparation's error", err)
	}
	if n := count(t, New(t, whole)); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestTheDatabaseIsDroppedAlsoWhileConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		db := New(t, Template{Name: "empty"})
		name = db.Name
		conn, err := pgx.Connect(t.Context(), db.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
	})
	var there bool
	admin := &DB{URL: Shared(t).URL}
	err := admin.Connect(t).QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil || there {
		t.Errorf("still there: %t, %v", there, err)
	}
}

// A connection that the server has ended, or that a transaction was left open on, is not used again.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	db := New(t, Template{Name: "empty"})
	do := func(work func(*pgx.Conn) error) (pid uint32) {
		t.Helper()
		err := db.With(t.Context(), func(conn *pgx.Conn) error {
			pid = conn.PgConn().PID()
			return work(conn)
		})
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	idle := func(*pgx.Conn) error { return nil }
	first := do(idle)
	if again := do(idle); again != first {
		t.Errorf("connection %d, then %d", first, again)
	}
	begun := do(func(conn *pgx.Conn) error { _, err := conn.Exec(t.Context(), "BEGIN"); return err })
	second := do(idle)
	if begun != first || second == first {
		t.Errorf("connection %d has a transaction open, %d is used after it", begun, second)
	}
	other := db.Connect(t)
	if _, err := other.Exec(t.Context(), "SELECT pg_terminate_backend($1, 10000)", second); err != nil {
		t.Fatal(err)
	}
	if third := do(idle); third == second {
		t.Error("a dead connection was used")
	}
}

func TestLoginHasNoRights(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	db := New(t, fruit(&prepared))
	role, url := db.Login(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SELECT * FROM fruit"); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Fatalf("got %v, want a refusal", err)
	}
	db.Exec(t, "GRANT SELECT ON fruit TO "+quote(role))
	if _, err := conn.Exec(t.Context(), "SELECT * FROM fruit"); err != nil {
		t.Error(err)
	}
}

func TestTextSortsAsInFrench(t *testing.T) {
	t.Parallel()
	var sorted string
	err := New(t, Template{Name: "empty"}).Connect(t).QueryRow(t.Context(),
		"SELECT string_agg(s, ' ' ORDER BY s) FROM (VALUES ('a'), ('B'), ('é'), ('f')) v (s)").Scan(&sorted)
	if err != nil || sorted != "a B é f" {
		t.Errorf("%q, %v", sorted, err)
	}
}

func TestStartTakesSettingsAndStopLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := Start(Options{Fsync: true, Settings: map[string]string{"log_statement": "all"}})
	if err != nil {
		t.Fatal(err)
	}
	db := s.New(&kept{T: t}, Template{Name: "empty"})
	var fsync string
	err = s.asAdmin(t.Context(), func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), "SHOW fsync /* canary */").Scan(&fsync)
	})
	if err != nil || fsync != "on" {
		t.Errorf("fsync %q, %v", fsync, err)
	}
	log, err := os.ReadFile(s.Log)
	if err != nil || !strings.Contains(string(log), "canary") {
		t.Errorf("the log does not show the statement: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(s.Log)); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
	if _, err := pgx.Connect(t.Context(), db.URL); err == nil {
		t.Error("the server still answers")
	}
}

// kept is a test whose databases go with their server.
type kept struct{ *testing.T }

func (*kept) Cleanup(func()) {}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	s, err := Start(Options{Settings: map[string]string{"shared_buffers": "plenty"}})
	if err == nil {
		t.Fatal("started", s.Stop())
	}
	if !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Error(err)
	}
}
