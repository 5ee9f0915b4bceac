package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// staged is staging with three people, and an importer who replaces them.
type staged struct {
	*fixture
	staging  *Staging
	source   jobs.Source
	importer *pgx.Conn
}

func newStaged(t *testing.T) *staged {
	t.Helper()
	f := newFixture(t)
	f.db.Exec(t, `CREATE TABLE staff (matricule text); INSERT INTO staff VALUES ('1'), ('2'), ('3')`)
	f.db.Exec(t, `CREATE TABLE pay (matricule text, code text); INSERT INTO pay VALUES ('1', 'A'), ('2', 'A'), ('3', 'A')`)
	return &staged{f, &Staging{URL: f.db.URL}, jobs.Source{Employees: "SELECT * FROM staff", Key: "matricule",
		Children: []jobs.ChildSource{{Rows: "SELECT * FROM pay", Employee: "matricule"}}}, f.db.Connect(t)}
}

// do is what the importer does.
func (s *staged) do(sql string) {
	s.Helper()
	_, err := s.importer.Exec(context.Background(), sql)
	s.must(err)
}

// opened is a snapshot, or why there is none.
type opened struct {
	jobs.Snapshot
	err error
}

// open opens a snapshot while the importer goes on.
func (s *staged) open() <-chan opened {
	done := make(chan opened, 1)
	go func() {
		snapshot, err := s.staging.Snapshot(context.Background(), s.source, nil, nil)
		done <- opened{snapshot, err}
	}()
	return done
}

// keys reads all rows of a stream.
func keysOfRows(rows jobs.Rows) (read []string, err error) {
	for rows.Next() {
		read = append(read, string(rows.Key()))
	}
	return read, rows.Err()
}

// wantRead reads everything, and wants these matricules in both tables.
func (s *staged) wantRead(o opened, want string) {
	s.Helper()
	s.must(o.err)
	defer o.Close()
	for _, rows := range []jobs.Rows{o.Employees(), o.Children(0)} {
		read, err := keysOfRows(rows)
		s.must(err)
		if got := strings.Join(read, " "); got != want {
			s.Errorf("read %q, want %q", got, want)
		}
	}
	s.must(o.Unmoved(s.Context()))
}

// until waits for a condition of the database.
func (s *staged) until(condition string) {
	s.Helper()
	for deadline := time.Now().Add(impatient); time.Now().Before(deadline); {
		if s.text(condition) == "true" {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.Fatalf("never: %s", condition)
}

const (
	ours     = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'syncd staging'`
	waits    = `EXISTS (SELECT ` + ours + ` AND wait_event_type = 'Lock')`
	executes = `EXISTS (SELECT ` + ours + ` AND wait_event = 'PgSleep')`
	imports  = `EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name <> 'syncd staging' AND wait_event_type = 'Lock')`
)

// Whoever replaces a table holds it while the run comes. What the run's snapshot has is what the import leaves: a snapshot
// that was taken first would find the new table empty, and everybody without elements.
func TestAPlanReadsWhatAnImportLeaves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ prepare, replace string }{
		"truncate":              {"", `TRUNCATE pay; INSERT INTO pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B')`},
		"truncate of the staff": {"", `TRUNCATE staff; INSERT INTO staff VALUES ('1'), ('2'), ('3')`},
		"drop and rename": {"", `CREATE TABLE fresh (matricule text, code text); INSERT INTO fresh VALUES ('1', 'B'), ('2', 'B'), ('3', 'B');
			DROP TABLE pay; ALTER TABLE fresh RENAME TO pay`},
		"refresh": {`ALTER TABLE pay RENAME TO loaded; CREATE MATERIALIZED VIEW pay AS SELECT * FROM loaded`, `REFRESH MATERIALIZED VIEW pay`},
		"under a view": {`ALTER TABLE pay RENAME TO loaded; CREATE VIEW pay AS SELECT * FROM loaded`,
			`TRUNCATE loaded; INSERT INTO loaded VALUES ('1', 'B'), ('2', 'B'), ('3', 'B')`},
		"another view": {`ALTER TABLE pay RENAME TO loaded; CREATE VIEW pay AS SELECT * FROM loaded`,
			`CREATE TABLE fresh AS SELECT * FROM loaded; CREATE OR REPLACE VIEW pay AS SELECT * FROM fresh`},
		"partition": {`ALTER TABLE pay RENAME TO loaded; CREATE TABLE pay (matricule text, code text) PARTITION BY LIST (code);
			ALTER TABLE pay ATTACH PARTITION loaded DEFAULT`,
			`CREATE TABLE fresh AS SELECT * FROM loaded; ALTER TABLE pay DETACH PARTITION loaded; ALTER TABLE pay ATTACH PARTITION fresh DEFAULT`},
		"inherited": {`ALTER TABLE pay RENAME TO loaded; CREATE TABLE pay (matricule text, code text); ALTER TABLE loaded INHERIT pay`,
			`CREATE TABLE fresh AS SELECT * FROM loaded; ALTER TABLE loaded NO INHERIT pay; ALTER TABLE fresh INHERIT pay`},
		"rewritten": {"", `ALTER TABLE pay ALTER COLUMN code TYPE varchar(7)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStaged(t)
			s.do(c.prepare)
			s.do(`BEGIN; ` + c.replace)
			opening := s.open()
			s.until(waits)
			s.do(`COMMIT`)
			s.wantRead(<-opening, "1 2 3")
		})
	}
}

// An import that comes while a plan is being made waits until it is made: nothing of what it reads moves.
func TestAnImportWaitsForThePlan(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	plan := <-s.open()
	s.must(plan.err)
	imported := make(chan error, 1)
	go func() {
		_, err := s.importer.Exec(context.Background(), `TRUNCATE staff, pay`)
		imported <- err
	}()
	s.until(imports)
	s.wantRead(plan, "1 2 3")
	s.must(<-imported)
	s.want("0", `SELECT count(*) FROM staff`)
}

// An import that waits for another reader stands before us in the queue: what is read is what it leaves.
func TestAPlanQueuesBehindAnImportThatWaits(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	other := s.db.Connect(t)
	_, err := other.Exec(t.Context(), `BEGIN; SELECT FROM pay`)
	s.must(err)
	imported := make(chan error, 1)
	go func() {
		_, err := s.importer.Exec(context.Background(), `BEGIN; TRUNCATE pay; INSERT INTO pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B'); COMMIT`)
		imported <- err
	}()
	s.until(imports)
	opening := s.open()
	s.until(waits)
	_, err = other.Exec(t.Context(), `COMMIT`)
	s.must(err)
	s.must(<-imported)
	s.wantRead(<-opening, "1 2 3")
}

// A run that waits holds nothing: an import that takes the tables in another order never comes to a deadlock with it, in
// which Postgres would end one of the two.
func TestAnImportComesToNoDeadlockWithAPlan(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	s.do(`BEGIN; TRUNCATE pay`)
	opening := s.open()
	s.until(waits) // for pay, with staff in hand
	s.do(`LOCK TABLE staff; INSERT INTO pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B'); COMMIT`)
	s.wantRead(<-opening, "1 2 3")
}

// Who never lets go is named, and the run is over in time.
func TestATableThatIsNotFreeInTimeIsNamed(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	s.source.LockWait = 300 * time.Millisecond
	s.do(`BEGIN; TRUNCATE pay`)
	for what, ask := range map[string]func() error{
		"a plan":  func() error { return (<-s.open()).err },
		"a check": func() error { _, err := s.staging.Describe(s.Context(), s.source, nil); return err },
	} {
		var locked *jobs.LockedError
		if err := ask(); !errors.As(err, &locked) || locked.Table != "pay" || locked.Waited != s.source.LockWait {
			t.Errorf("%s: %v", what, err)
		}
	}
	s.do(`ROLLBACK`)
	s.source.Ready = `SELECT count(*) > 0 FROM control`
	s.do(`CREATE TABLE control ()`)
	s.do(`BEGIN; LOCK TABLE control`)
	var locked *jobs.LockedError
	if err := (<-s.open()).err; !errors.As(err, &locked) || locked.Table != "control" {
		t.Errorf("the query that tells whether staging is ready: %v", err)
	}
	s.do(`ROLLBACK`)
}

// gate is SQL of a function that waits, in the middle of a query, until the importer has finished.
const gate = `WHILE NOT pg_try_advisory_xact_lock_shared(7) LOOP PERFORM pg_sleep(0.005); END LOOP;`

// What functions read is seen by nobody beforehand. Where it moved between the snapshot and the reading, nothing of what was
// read is used; where it did not, nothing is said.
func TestATableThatMovedUnderAFunctionIsFound(t *testing.T) {
	t.Parallel()
	const again = `INSERT INTO pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B')`
	for name, c := range map[string]struct{ prepare, change, moved string }{
		"truncated": {"", `BEGIN; TRUNCATE pay; ` + again + `; COMMIT`, "pay"},
		"dropped":   {"", `BEGIN; DROP TABLE pay; CREATE TABLE pay (matricule text, code text); ` + again + `; COMMIT`, "pay"},
		"swapped by name": {`CREATE TABLE fresh (LIKE pay)`, `BEGIN; ALTER TABLE pay RENAME TO old; ALTER TABLE fresh RENAME TO pay; ` + again +
			`; COMMIT`, "pay"},
		"refreshed": {`ALTER TABLE pay RENAME TO loaded; CREATE MATERIALIZED VIEW pay AS SELECT * FROM loaded`,
			`REFRESH MATERIALIZED VIEW pay`, "pay"},
		"another view": {`ALTER TABLE pay RENAME TO loaded; CREATE VIEW pay AS SELECT * FROM loaded; CREATE TABLE fresh (LIKE loaded)`,
			`CREATE OR REPLACE VIEW pay AS SELECT * FROM fresh`, "pay"},
		"attached": {`ALTER TABLE pay RENAME TO loaded; CREATE TABLE pay (LIKE loaded) PARTITION BY LIST (code); CREATE TABLE fresh (LIKE loaded)`,
			`ALTER TABLE pay ATTACH PARTITION fresh DEFAULT`, "pay"},
		"detached": {`ALTER TABLE pay RENAME TO loaded; CREATE TABLE pay (LIKE loaded) PARTITION BY LIST (code); ALTER TABLE pay ATTACH
			PARTITION loaded DEFAULT`,
			`ALTER TABLE pay DETACH PARTITION loaded`, "pay"},
		"inherited": {`CREATE TABLE fresh (LIKE pay)`, `ALTER TABLE fresh INHERIT pay`, "pay"},
		"swapped by schema": {`CREATE SCHEMA live; ALTER TABLE pay SET SCHEMA live; CREATE SCHEMA next; CREATE TABLE next.pay (LIKE live.pay)`,
			`INSERT INTO next.pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B'); BEGIN; ALTER SCHEMA live RENAME TO old; ALTER SCHEMA next RENAME TO
				live; COMMIT`, "live.pay"},
		"corrected":    {"", `BEGIN; DELETE FROM pay; ` + again + `; COMMIT`, ""},
		"looked after": {"", `ANALYZE pay; VACUUM pay; CREATE INDEX ON pay (code)`, ""},
		"of others":    {`CREATE TABLE fresh (LIKE pay)`, `TRUNCATE fresh; DROP TABLE fresh`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStaged(t)
			s.do(c.prepare)
			table := cmp.Or(c.moved, "pay")
			s.do(`CREATE FUNCTION elements() RETURNS TABLE (matricule text, code text) LANGUAGE plpgsql AS $$ BEGIN ` + gate +
				` RETURN QUERY EXECUTE 'SELECT * FROM ` + table + `'; END $$`)
			s.source.Children[0].Rows = `SELECT * FROM elements()`
			s.do(`SELECT pg_advisory_lock(7)`)
			opening := s.open()
			s.until(executes)
			for _, statement := range strings.Split(c.change, "; ") { // VACUUM stands alone
				s.do(statement)
			}
			s.do(`SELECT pg_advisory_unlock(7)`)
			o := <-opening
			s.must(o.err)
			defer o.Close()
			read, err := keysOfRows(o.Children(0))
			s.must(err)
			err = o.Unmoved(t.Context())
			var replaced *jobs.ReplacedError
			if c.moved == "" && (err != nil || fmt.Sprint(read) != "[1 2 3]") || c.moved != "" &&
				(!errors.As(err, &replaced) || !strings.Contains(c.moved, replaced.Table)) {
				t.Errorf("read %q: %v", read, err)
			}
		})
	}
}

// A function that reads what somebody is replacing at this moment is waited for, too.
func TestAPlanWaitsForATableUnderAFunction(t *testing.T) {
	t.Parallel()
	s := newStaged(t)
	s.do(`CREATE FUNCTION elements() RETURNS SETOF pay LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM pay; END $$`)
	s.source.Children[0].Rows = `SELECT * FROM elements()`
	s.do(`BEGIN; TRUNCATE pay; INSERT INTO pay VALUES ('1', 'B'), ('2', 'B'), ('3', 'B')`)
	opening := s.open()
	s.until(waits)
	s.do(`COMMIT`)
	s.wantRead(<-opening, "1 2 3")
}
