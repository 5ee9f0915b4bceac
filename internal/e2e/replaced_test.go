package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// beginImport begins to replace the elements of the month by the same ones.
func (w *world) beginImport() (end func(sql string)) {
	w.t.Helper()
	conn := w.db.Connect(w.t)
	exec := func(sql string) {
		_, err := conn.Exec(context.Background(), sql)
		w.must(err)
	}
	exec(`BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM staging.payroll_element; TRUNCATE staging.payroll_element;
		INSERT INTO staging.payroll_element SELECT * FROM kept`)
	return exec
}

// ending is how a run ended.
type ending struct {
	run *jobs.Run
	err error
}

// pushAside runs a transfer beside what the test does.
func (w *world) pushAside(r *jobs.Runner) <-chan ending {
	ended := make(chan ending, 1)
	go func() {
		run, err := w.push(r, nil)
		ended <- ending{run, err}
	}()
	return ended
}

// until waits for a session of staging that waits in this way.
func (w *world) until(condition string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if count(w.t, w, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'syncd staging' AND `+condition) > 0 {
			return
		}
	}
	w.t.Fatalf("no session of staging has %s", condition)
}

// An import that replaces a table under the run ends before anything is read: nobody is sent an empty list.
func TestARunSendsWhatAnImportLeaves(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 20)
	end := w.beginImport()
	ended := w.pushAside(r)
	w.until("wait_event_type = 'Lock'")
	end(`COMMIT`)
	got := <-ended
	w.must(got.err)
	w.wantState(got.run, jobs.Succeeded)
	w.wantDelivered(period)
}

// An import that does not end makes the run wait like an absent database, and name the table; without anybody's patience it
// fails, and can be taken up again.
func TestARunThatWaitsForAnImportNamesTheTable(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.job.Source.LockWait = 100 * time.Millisecond
	end := w.beginImport()
	r.Patience = &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
	waiting, err := w.push(r, nil)
	var locked *jobs.LockedError
	if !errors.As(err, &locked) {
		t.Fatal(err)
	}
	w.wantState(waiting, jobs.Queued)
	want := jobs.Reason{Code: jobs.ReasonStagingLocked, Detail: "staging.payroll_element"}
	if waiting.Failure != want || waiting.Planned {
		t.Fatalf("%+v", waiting)
	}
	r.Patience = nil
	failed, err := r.ResumePush(t.Context(), &w.job, waiting.ID)
	if !errors.As(err, &locked) {
		t.Fatal(err)
	}
	w.wantState(failed, jobs.Failed)
	if failed.Failure != want || len(w.received()) > 0 {
		t.Fatalf("%+v", failed)
	}
	end(`COMMIT`)
	w.resume(r, waiting.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// What only a function reads is replaced in the middle of the reading: nothing of it is sent, and the next attempt sends
// what is there then.
func TestARunUsesNothingOfATableThatWasReplacedUnderAFunction(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.exec(`CREATE FUNCTION staging.elements(of text) RETURNS SETOF staging.payroll_element LANGUAGE plpgsql AS $$ BEGIN
		WHILE NOT pg_try_advisory_xact_lock_shared(7) LOOP PERFORM pg_sleep(0.005); END LOOP;
		RETURN QUERY SELECT * FROM staging.payroll_element WHERE period = of; END $$`)
	w.job.Source.Children = []jobs.ChildSource{{Rows: `SELECT * FROM staging.elements(@period)`, Employee: "matricule"}}
	other := w.db.Connect(t)
	_, err := other.Exec(t.Context(), `SELECT pg_advisory_lock(7)`)
	w.must(err)
	ended := w.pushAside(r)
	w.until("wait_event = 'PgSleep'")
	end := w.beginImport()
	end(`COMMIT`)
	_, err = other.Exec(t.Context(), `SELECT pg_advisory_unlock(7)`)
	w.must(err)
	got := <-ended
	w.wantState(got.run, jobs.Failed)
	if (got.run.Failure != jobs.Reason{Code: jobs.ReasonStagingReplaced, Detail: "staging.payroll_element"}) || len(w.received()) > 0 ||
		!strings.Contains(got.err.Error(), "was replaced while it was read") {
		t.Fatalf("%+v: %v", got.run.Failure, got.err)
	}
	w.resume(r, got.run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}
