package process

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// enqueue leaves the monthly transfer to the daemons, one run a dossier, and returns the first.
func (w *world) enqueue() (run string) {
	w.t.Helper()
	before := w.text(`SELECT coalesce(max(id), 0)::text FROM syncd.run`)
	w.want(0, w.run("run", "paie", "--period", period, "--detach"))
	return w.text(`SELECT min(id)::text FROM syncd.run WHERE id > $1::text::bigint`, before)
}

// halfwayInDaemon queues a transfer of which so many documents pass, and waits until all lanes wait for an answer.
func (w *world) halfwayInDaemon(passed int) (run string) {
	w.t.Helper()
	w.front.hold(passed)
	run = w.enqueue()
	w.waitFor("all lanes wait for an answer", func() bool { return w.front.waiting() >= lanes })
	return run
}

// untilState waits for the state of a run.
func (w *world) untilState(run, state string) {
	w.t.Helper()
	w.waitFor("run "+run+" is "+state, func() bool { return w.state(run) == state })
}

func (w *world) state(run string) string {
	w.t.Helper()
	return w.of(run, "state")
}

// of is one column of a run, as text.
func (w *world) of(run, column string) string {
	w.t.Helper()
	return w.text(`SELECT coalesce(`+column+`::text, '') FROM syncd.run WHERE id = $1::text::bigint`, run)
}

// split tells the daemon that executes a run from another one.
func (w *world) split(run string, a, b *daemon) (executes, other *daemon) {
	w.t.Helper()
	switch w.of(run, "pid") {
	case fmt.Sprint(a.cmd.Process.Pid):
		return a, b
	case fmt.Sprint(b.cmd.Process.Pid):
		return b, a
	}
	w.t.Fatalf("run %s is executed by pid %s", run, w.of(run, "pid"))
	return nil, nil
}

// hurry ends the pauses of runs that wait, as if they had passed.
func (w *world) hurry() {
	w.t.Helper()
	w.exec(`UPDATE syncd.run SET not_before = clock_timestamp() WHERE state = 'queued' AND not_before IS NOT NULL; NOTIFY syncd`)
}

// lastDaemonLived pretends that daemons with this schedule of a job were there until then, and none since.
func (w *world) lastDaemonLived(job, spec, zone string, until time.Time) {
	w.t.Helper()
	w.exec(`INSERT INTO syncd.schedule (job, target_id, spec, timezone, dealt_with) SELECT $1, id, $2, $3, $4 FROM syncd.target`,
		job, spec, zone, until)
}

// brake holds something up inside Postgres, until it is released or the test ends.
type brake struct {
	w    *world
	conn *pgx.Conn
	key  string
}

const (
	brakePlan = "1" // the reading of staging
	brakeEnd  = "2" // the recording of a transfer's end
)

// brake makes one.
func (w *world) brake(key string) *brake {
	w.t.Helper()
	b := &brake{w: w, key: key, conn: w.db.Connect(w.t)}
	_, err := b.conn.Exec(context.Background(), `SELECT pg_advisory_lock(`+key+`)`)
	w.must(err)
	if key == brakePlan {
		w.exec(`ALTER TABLE staging.payroll_element RENAME TO elements;
			CREATE VIEW staging.payroll_element AS SELECT e.* FROM staging.elements e, pg_advisory_xact_lock_shared(` + key + `)`)
		return b
	}
	w.exec(`CREATE FUNCTION public.brake() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			PERFORM pg_advisory_xact_lock_shared(` + key + `); RETURN NEW; END $$;
		CREATE TRIGGER brake BEFORE UPDATE ON syncd.run FOR EACH ROW
			WHEN (NEW.state NOT IN ('queued', 'running') AND OLD.state = 'running' AND NEW.kind = 'push-salaries')
			EXECUTE FUNCTION public.brake()`)
	return b
}

// untilHeld waits until somebody is held up.
func (b *brake) untilHeld() {
	b.w.t.Helper()
	b.w.waitFor("something is held up in Postgres", func() bool {
		return b.w.text(`SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = `+b.key+
			` AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) != "0"
	})
}

func (b *brake) release() {
	b.w.t.Helper()
	_, err := b.conn.Exec(context.Background(), `SELECT pg_advisory_unlock(`+b.key+`)`)
	b.w.must(err)
}
