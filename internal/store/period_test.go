package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

var ofPeriods = []ledger.Decision{ledger.DecisionClose, ledger.DecisionReopen}

var declared = ledger.Closure{By: "marie", Reason: "declared"}

// closePeriod closes whatever is missing, and tells that.
func (f *fixture) closePeriod(s *Store, dossier string, p jobs.Period) []ledger.Missing {
	f.Helper()
	forced := declared
	forced.Force = true
	left, err := s.ClosePeriod(f.impatient(), at(dossier, p).Target, p, forced)
	f.must(err)
	return left
}

func wantClosed(f *fixture, p jobs.Period, err error) {
	f.Helper()
	var closed *jobs.ClosedError
	if !errors.As(err, &closed) || closed.Period != p {
		f.Errorf("got %v, want closed", err)
	}
}

func wantPeriodError(f *fixture, want string, err error) {
	f.Helper()
	var refused *PeriodError
	if !errors.As(err, &refused) || err.Error() != want {
		f.Errorf("got %v\nnot %s", err, want)
	}
}

// Nothing of a closed period is begun, whoever asks and however: the database itself refuses.
func TestClosedPeriodTakesNoRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	failed := f.start(s)
	f.plan(s, failed, toSend(s, "1", 0))
	f.finish(s, failed, jobs.ReasonFailures, jobs.Failed)
	f.closePeriod(s, "saint-martin", month)
	before := f.everything()
	_, err := s.Start(t.Context(), request())
	wantClosed(f, month, err)
	_, err = s.Resume(t.Context(), failed.ID, resumption)
	wantClosed(f, month, err)
	_, err = s.Enqueue(t.Context(), request())
	wantClosed(f, month, err)
	_, err = s.Requeue(t.Context(), failed.ID, "marie")
	wantClosed(f, month, err)
	_, err = s.Settle(t.Context(), failed.ID, []string{"1"}, ledger.SettlePending, "marie", "", 0)
	wantClosed(f, month, err)
	if f.everything() != before {
		t.Error("something was written")
	}
	// The other months, and the other dossiers, go on; and so does giving up what is left.
	f.finish(s, f.startAt(s, "saint-martin", earlierMonth), "", jobs.Succeeded)
	f.finish(s, f.startAt(s, "sainte-anne", month), "", jobs.Succeeded)
	f.cancel(s, failed.ID, jobs.Cancelled)
}

// What waits or goes on is not cut off in the middle of its work.
func TestCloseIsRefusedWhileARunIsActive(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for name, run := range map[string]*jobs.Run{"running": f.startAt(s, "running", month), "queued": f.enqueued(s, at("queued", month))} {
		_, err := s.ClosePeriod(t.Context(), run.Target, month, ledger.Closure{By: "marie", Reason: "declared", Force: name == "queued"})
		wantBusy(f, err)
		if closed, err := s.ClosedPeriod(t.Context(), run.Target, month); closed || err != nil {
			t.Errorf("%s: closed %t, %v", name, closed, err)
		}
		f.closePeriod(s, name, earlierMonth)
	}
	f.wantAudit(s, ofPeriods, "marie close forced: declared", "marie close forced: declared")
}

// A period that was reopened takes writes until its time, or until somebody closes it.
func TestReopen(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	until := time.Now().Add(time.Hour)
	f.closePeriod(s, "saint-martin", month)
	f.must(s.ReopenPeriod(t.Context(), target, month, "paul", "a correction", until))
	f.finish(s, f.start(s), "", jobs.Succeeded)
	closings, err := s.Closings(t.Context(), target.Environment, target.BaseURL)
	f.must(err)
	c := closings[0]
	if len(closings) != 1 || !c.Open || c.OpenUntil == nil || c.OpenUntil.Sub(until).Abs() > time.Millisecond || c.ReopenedBy != "paul" ||
		c.ReopenedReason != "a correction" || c.ClosedBy != "marie" || c.Reason != "declared" || c.ReopenedAt == nil ||
		c.Target.Dossier != "saint-martin" || c.Period != month {
		t.Errorf("%+v", closings)
	}
	err = s.ReopenPeriod(t.Context(), target, month, "paul", "again", until)
	wantPeriodError(f, "period 2026-11 is open already, until "+localTime(*c.OpenUntil)+
		"\nhint: 'syncd period close 2026-11 --reason …' closes it before", err)

	f.db.Exec(t, `UPDATE syncd.closed_period SET open_until = clock_timestamp()`) // its time is over
	_, err = s.Start(t.Context(), request())
	wantClosed(f, month, err)
	f.must(s.ReopenPeriod(t.Context(), target, month, "paul", "once more", until))
	f.closePeriod(s, "saint-martin", month)
	_, err = s.Start(t.Context(), request())
	wantClosed(f, month, err)
	if closings, err = s.Closings(t.Context(), target.Environment, target.BaseURL); err != nil || closings[0].Open ||
		closings[0].OpenUntil != nil || closings[0].ReopenedBy != "" {
		t.Errorf("%+v %v", closings, err)
	}
	if closings, err = s.Closings(t.Context(), "production", target.BaseURL); err != nil || len(closings) != 0 {
		t.Errorf("%+v %v", closings, err)
	}
	detail := "until " + until.UTC().Format(time.RFC3339)
	f.wantAudit(s, ofPeriods, "marie close forced: declared", "paul reopen "+detail+": a correction", "paul reopen "+detail+": once more",
		"marie close forced: declared")
}

func TestPeriodsThatCannotBeClosedOrReopened(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	never := "period 2026-11 is not closed\nhint: 'syncd period list' shows what is closed"
	wantPeriodError(f, never, s.ReopenPeriod(t.Context(), target, month, "paul", "why", time.Now().Add(time.Hour)))
	f.closePeriod(s, "saint-martin", earlierMonth)
	wantPeriodError(f, never, s.ReopenPeriod(t.Context(), target, month, "paul", "why", time.Now().Add(time.Hour)))
	past := time.Now().Add(-time.Second)
	wantPeriodError(f, localTime(past)+" is past by the database's clock: the period would stay closed\n"+
		"hint: name a time to come, such as --for 24h",
		s.ReopenPeriod(t.Context(), target, earlierMonth, "paul", "why", past))
	_, err := s.ClosePeriod(t.Context(), target, earlierMonth, ledger.Closure{By: "paul", Reason: "again", Force: true})
	var since time.Time
	f.must(f.conn.QueryRow(t.Context(), `SELECT closed_at FROM syncd.closed_period`).Scan(&since))
	wantPeriodError(f, "period 2026-10 is closed already, by marie since "+localTime(since)+
		"\nhint: 'syncd period list' shows what is closed, and why", err)
	f.wantAudit(s, ofPeriods, "marie close forced: declared")
	f.want("marie", `SELECT closed_by FROM syncd.closed_period`)
}

// Whoever comes first wins: a period is never closed while a run of it is active, however the two meet.
func TestCloseBesideStartAndResume(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	for i := range 8 {
		dossier := fmt.Sprintf("d%d", i)
		begin := func() error { _, err := b.Start(f.impatient(), at(dossier, month)); return err }
		if i%2 == 1 {
			failed := f.startAt(b, dossier, month)
			f.finish(b, failed, jobs.ReasonUnreachable, jobs.Failed)
			begin = func() error { _, err := b.Resume(f.impatient(), failed.ID, resumption); return err }
		}
		var closing, beginning error
		var both sync.WaitGroup
		both.Go(func() {
			_, closing = a.ClosePeriod(f.impatient(), at(dossier, month).Target, month, ledger.Closure{By: "marie", Force: true})
		})
		both.Go(func() { beginning = begin() })
		both.Wait()
		if closing == nil {
			wantClosed(f, month, beginning)
			continue
		}
		wantBusy(f, closing)
		f.must(beginning)
	}
	f.want("0", `SELECT count(*) FROM syncd.run r WHERE r.state IN ('queued', 'running') AND syncd.is_closed(r.target_id, r.period)`)
}

// Who waits for a closing to be decided, and does not get it, has written nothing; who waits and gets it, is refused.
func TestStartWaitsForAClosing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	_, err := s.EnsureTarget(t.Context(), target)
	f.must(err)
	conn := f.db.Connect(t)
	tx, err := conn.Begin(t.Context())
	f.must(err)
	_, err = tx.Exec(t.Context(), `SELECT FROM syncd.target FOR NO KEY UPDATE`)
	f.must(err)
	_, err = tx.Exec(t.Context(), `INSERT INTO syncd.closed_period (target_id, period, closed_by, reason) SELECT id, $1, 'marie', '' FROM
		syncd.target`, string(month))
	f.must(err)
	started := make(chan error, 1)
	go func() {
		_, err := s.Start(context.WithoutCancel(t.Context()), request())
		started <- err
	}()
	f.must(waitUntil(f, func() bool {
		return f.text(`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`) != "0"
	}))
	f.must(tx.Commit(t.Context()))
	wantClosed(f, month, <-started)
	f.want("0", `SELECT count(*) FROM syncd.run`)
}

// Also to a program that forgets to ask the database says no: nothing is made, or put back to work, of a closed period.
func TestDatabaseRefusesAClosedPeriod(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.finish(s, run, jobs.ReasonFailures, jobs.Failed)
	f.closePeriod(s, "saint-martin", month)
	for _, sql := range []string{
		`UPDATE syncd.run SET state = 'queued', finished_at = NULL`,
		`UPDATE syncd.run SET state = 'running', finished_at = NULL, owner = 1`,
		`INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest)
			SELECT target_id, job, kind, period, trigger, 'queued', key_id, config_digest FROM syncd.run`,
	} {
		_, err := f.conn.Exec(t.Context(), sql)
		wantClosed(f, month, redact("writing", err))
	}
	f.must(s.ReopenPeriod(t.Context(), target, month, "paul", "why", time.Now().Add(time.Hour)))
	taken, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	f.db.Exec(t, `UPDATE syncd.closed_period SET open_until = clock_timestamp()`) // while the run goes on
	claims, err := s.Step(t.Context(), taken, jobs.Step{Take: 100})
	f.must(err)
	if !claims.Closed || len(claims.Items) != 0 {
		t.Errorf("%+v", claims)
	}
	f.finish(s, taken, jobs.ReasonClosed, jobs.Failed) // its end is recorded nevertheless
}

// localTime is a moment in a text that no configuration gives another clock.
func localTime(t time.Time) string { return hinted.English().Minute(t.Local()) }
