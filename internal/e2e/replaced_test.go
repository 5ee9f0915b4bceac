package e2e

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
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
	w.eventually("a session of staging with "+condition,
		`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'syncd staging' AND `+condition+
			`)`)
}

// eventually waits for something that a query tells.
func (w *world) eventually(what, query string) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var there bool
		w.must(w.conn.QueryRow(context.Background(), query).Scan(&there))
		if there {
			return
		}
	}
	w.t.Fatalf("there is not %s", what)
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
	if !reflect.DeepEqual(waiting.Failure, want) || waiting.Planned {
		t.Fatalf("%+v", waiting)
	}
	r.Patience = nil
	failed, err := r.ResumePush(t.Context(), &w.job, waiting.ID)
	if !errors.As(err, &locked) {
		t.Fatal(err)
	}
	w.wantState(failed, jobs.Failed)
	if !reflect.DeepEqual(failed.Failure, want) || len(w.received()) > 0 {
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
	if !reflect.DeepEqual(got.run.Failure, jobs.Reason{Code: jobs.ReasonStagingReplaced, Detail: "staging.payroll_element"}) ||
		len(w.received()) > 0 || !strings.Contains(got.err.Error(), "was replaced while it was read") {
		t.Fatalf("%+v: %v", got.run.Failure, got.err)
	}
	w.resume(r, got.run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// beset is staging whose tables somebody wants to replace as soon as a plan reads them.
type beset struct {
	jobs.Staging
	taken func()
}

func (b *beset) Snapshot(ctx context.Context, source jobs.Source, params mapping.Params, keys []string) (jobs.Snapshot, error) {
	snapshot, err := b.Staging.Snapshot(ctx, source, params, keys)
	b.taken()
	return snapshot, err
}

// A plan looks at closed months as well. An import that waits for the plan does not keep it from that, and waits no longer
// than the plan takes.
func TestAnImportAndARunThatLooksAtAClosedMonthDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.run(r, jobs.Succeeded, nil)
	w.closePeriod(r, period)
	w.nextMonth(december)
	w.exec(`UPDATE staging.payroll_element SET amount = amount + 1 WHERE matricule = '00002' AND period = $1`, string(period))
	imports := w.db.Connect(t)
	imported := make(chan error, 1)
	taken := 0
	r.Staging = &beset{r.Staging, func() {
		if taken++; taken > 1 {
			return
		}
		go func() {
			_, err := imports.Exec(context.Background(), `BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM staging.payroll_element;
				TRUNCATE staging.payroll_element; INSERT INTO staging.payroll_element SELECT * FROM kept; COMMIT`)
			imported <- err
		}()
		w.eventually("an import that waits", `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
			AND relation = 'staging.payroll_element'::regclass)`)
	}}
	w.job.Source.LockWait = 3 * time.Second
	run := w.run(r, jobs.Succeeded, named(december))
	w.must(<-imported)
	if taken != 2 || len(run.Findings) != 1 || run.Findings[0].Rule != jobs.RuleLate {
		t.Errorf("%d snapshots, %+v", taken, run.Findings)
	}
	w.wantDelivered(december)
}
