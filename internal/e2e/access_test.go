package e2e

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/store"
)

// Staging that does not let us in, or cannot be used just now, is waited for by whoever nobody watches, under its own
// name; a person's run ends. Then the month goes.
func TestStagingThatIsShutIsWaitedFor(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	role, login := w.db.Login(t)
	w.exec(`GRANT USAGE ON SCHEMA staging TO ` + role + `; GRANT SELECT ON ALL TABLES IN SCHEMA staging TO ` + role)
	r.Staging = &store.Staging{URL: login}
	for _, c := range []struct {
		shut, open string
		reason     jobs.ReasonCode
		detail     string
	}{
		{`ALTER ROLE @ NOLOGIN`, `ALTER ROLE @ LOGIN`, jobs.ReasonStagingRefused, "28000"},
		{`ALTER ROLE @ VALID UNTIL '2001-01-01'`, `ALTER ROLE @ VALID UNTIL 'infinity'`, jobs.ReasonStagingRefused, "28P01"},
		{`ALTER ROLE @ CONNECTION LIMIT 0`, `ALTER ROLE @ CONNECTION LIMIT -1`, jobs.ReasonUnreachable, "SQLSTATE 53300"},
	} {
		w.exec(strings.ReplaceAll(c.shut, "@", role))
		r.Patience = nil
		run, err := w.push(r, nil)
		if err == nil || run.State != jobs.Failed || run.Failure.Code != c.reason || !strings.Contains(run.Failure.Detail, c.detail) {
			t.Errorf("%s: %s %+v, %v", c.shut, run.State, run.Failure, err)
		}
		r.Patience = &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
		run, _ = w.push(r, nil)
		if run.State != jobs.Queued || run.Failure.Code != c.reason {
			t.Fatalf("%s: %s %+v", c.shut, run.State, run.Failure)
		}
		w.exec(strings.ReplaceAll(c.open, "@", role))
		run, err = r.ResumePush(context.Background(), &w.job, run.ID)
		w.must(err)
		w.wantState(run, jobs.Succeeded)
	}
}

// A statement that somebody cancels, at staging, is no mistake of anybody's: it is waited for.
func TestAStatementThatIsCancelledIsTriedAgain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.exec(`CREATE FUNCTION staging.cancelled() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
		IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'never') THEN RETURN true; END IF; RAISE EXCEPTION USING ERRCODE = '57014'; END $$`)
	w.exec(`ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT * FROM staging.e WHERE staging.cancelled()`)
	r.Patience = &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
	run, _ := w.push(r, nil)
	if run.State != jobs.Queued || run.Failure.Code != jobs.ReasonUnreachable || !strings.Contains(run.Failure.Detail, "was cancelled") ||
		strings.Contains(run.Failure.Detail, "psql") {
		t.Fatalf("%s %+v", run.State, run.Failure)
	}
	w.exec(`CREATE OR REPLACE FUNCTION staging.cancelled() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'`)
	run, err := r.ResumePush(context.Background(), &w.job, run.ID)
	w.must(err)
	w.wantState(run, jobs.Succeeded)
}

// A check reads the first rows as a run would: what only shows when a function is executed is told by it.
func TestACheckFindsRightsThatFunctionsLack(t *testing.T) {
	t.Parallel()
	w, _ := ready(t, 3)
	role, login := w.db.Login(t)
	w.exec(`CREATE TABLE staging.hidden (matricule text); CREATE FUNCTION staging.shown(m text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN
		RETURN NOT EXISTS (SELECT FROM staging.hidden h WHERE h.matricule = m); END $$`)
	w.exec(`ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT * FROM staging.e WHERE staging.shown(matricule)`)
	w.exec(`GRANT USAGE ON SCHEMA staging TO ` + role + `; GRANT SELECT ON ALL TABLES IN SCHEMA staging TO ` + role +
		`; REVOKE ALL ON staging.hidden FROM ` + role)
	look := func() error {
		_, err := plan.LookAt(t.Context(), &store.Staging{URL: login}, &w.job, jobs.QueryParams(w.request().Target, period), 1)
		return err
	}
	var staging *jobs.StagingError
	if err := look(); !errors.As(err, &staging) || !strings.Contains(err.Error(), ": the role lacks a right") {
		t.Errorf("%v", err)
	}
	w.exec(`GRANT SELECT ON staging.hidden TO ` + role)
	w.must(look())
}

// A right that is missing in the ledger is named as that, and waited for; it is no defect of syncd.
func TestALedgerThatLacksARightIsNamed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	role, login := w.db.Login(t)
	w.exec(`GRANT USAGE ON SCHEMA syncd TO ` + role + `; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA syncd TO ` + role + `;
		GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA syncd TO ` + role + `; REVOKE SELECT ON syncd.dictionary_entry FROM ` + role)
	limited, err := store.Open(t.Context(), store.Options{URL: login, Keys: w.keys, Version: "test"})
	w.must(err)
	t.Cleanup(limited.Close)
	r.Ledger, r.Patience = limited, &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
	run, err := w.push(r, nil)
	if run == nil || run.State != jobs.Queued || !reflect.DeepEqual(run.Failure,
		jobs.Reason{Code: jobs.ReasonLedgerRefused, Detail: "42501"}) ||
		!errors.Is(err, jobs.ErrRefused) {
		t.Fatalf("%+v %v", run, err)
	}
	w.exec(`GRANT SELECT ON syncd.dictionary_entry TO ` + role)
	run, err = r.ResumePush(context.Background(), &w.job, run.ID)
	w.must(err)
	w.wantState(run, jobs.Succeeded)
}
