package e2e

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func (w *world) closePeriod(r *jobs.Runner, p jobs.Period) {
	w.t.Helper()
	_, err := storeOf(r).ClosePeriod(w.t.Context(), w.request().Target, p, ledger.Closure{By: "marie", Reason: "declared", Force: true})
	w.must(err)
}

// reopenPeriod opens a period for a while, which endReopening ends.
func (w *world) reopenPeriod(r *jobs.Runner, p jobs.Period) {
	w.t.Helper()
	w.must(storeOf(r).ReopenPeriod(w.t.Context(), w.request().Target, p, "paul", "a forgotten bonus", time.Now().Add(time.Hour)))
}

const endReopening = `UPDATE syncd.closed_period SET open_until = clock_timestamp() WHERE open_until IS NOT NULL`

func (w *world) wantClosed(err error) {
	w.t.Helper()
	var closed *jobs.ClosedError
	if !errors.As(err, &closed) || closed.Period != period {
		w.t.Errorf("got %v, want closed", err)
	}
}

// A month that was declared is not paid otherwise afterwards, by whatever path somebody tries: each is refused, nothing is
// written, nothing is sent.
func TestClosedPeriodIsRefusedOnAnyPath(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.job.Guards.CodeTotals = off // one of eight is much of a total
	r.API = w.connect(once)
	w.shares("iban", "00002", "00003")
	w.front.play(only("00001", lost))
	incomplete := w.run(r, jobs.Incomplete, nil) // two held, one uncertain
	w.front.play(nil)
	w.dismiss(7, 1)
	departed := w.run(r, jobs.Incomplete, nil)
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.rename("00004", "CORRIGE")
	failed := w.stuck(r, employees("00004"))
	w.closePeriod(r, period)
	before, sent, ctx, l := w.ledgerText(), w.sandbox.Stats().Deliveries, t.Context(), storeOf(r)

	for path, try := range map[string]func() error{
		"run":           func() error { _, err := w.push(r, nil); return err },
		"partial run":   func() error { _, err := w.push(r, employees("00001")); return err },
		"enqueue":       func() error { _, err := l.Enqueue(ctx, w.request()); return err },
		"resume":        func() error { _, err := r.ResumePush(ctx, &w.job, failed.ID); return err },
		"requeue":       func() error { _, err := l.Requeue(ctx, failed.ID, "paul"); return err },
		"approve":       func() error { _, err := l.Approve(ctx, held.ID, approvalOf()); return err },
		"approve some":  func() error { _, err := l.Approve(ctx, incomplete.ID, approvalOf("00002")); return err },
		"settle":        func() error { return w.settleError(r, departed, ledger.SettleWithdrawn, "00008") },
		"settle doubts": func() error { return w.settleError(r, incomplete, ledger.SettlePending, "00001") },
	} {
		if err := try(); err == nil {
			t.Errorf("%s was let through", path)
		} else {
			w.wantClosed(err)
		}
	}
	retried, err := l.RetryFailed(ctx, []ledger.Pair{{Job: w.job.Name, TargetID: failed.Target.ID}}, time.Hour, true)
	w.must(err)
	if len(retried) != 0 || w.ledgerText() != before {
		t.Errorf("runs %d were queued, or something was written", retried)
	}
	w.wantSent(sent)
}

// settleError settles somebody, whose requests are certainly over.
func (w *world) settleError(r *jobs.Runner, run *jobs.Run, as ledger.Settlement, matricules ...string) error {
	_, err := storeOf(r).Settle(w.t.Context(), run.ID, matricules, as, "marie", "looked there", 0)
	return err
}

// A program that does not ask is refused by the database itself.
func TestDatabaseRefusesRunsOfAClosedPeriod(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.stuck(r, nil)
	w.closePeriod(r, period)
	for _, sql := range []string{
		`UPDATE syncd.run SET state = 'queued', finished_at = NULL WHERE period IS NOT NULL`,
		`UPDATE syncd.run SET state = 'running', finished_at = NULL, owner = 1 WHERE period IS NOT NULL`,
		`INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest)
			SELECT target_id, job, kind, period, trigger, 'queued', key_id, config_digest FROM syncd.run WHERE period IS NOT NULL`,
	} {
		_, err := w.conn.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "SY001" {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// A run that waits in the queue when its time ends is taken by a daemon, and sends nothing.
func TestQueuedRunOfAPeriodThatClosesSendsNothing(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.closePeriod(r, period)
	w.reopenPeriod(r, period)
	queued, err := storeOf(r).Enqueue(t.Context(), w.request())
	w.must(err)
	w.exec(endReopening)
	run, err := storeOf(r).Claim(t.Context(), queued.ID, w.job.Resumption())
	if err == nil {
		run, err = r.ExecutePush(t.Context(), &w.job, run)
		w.wantRun(run, err, jobs.Failed)
		if run.Failure.Code != jobs.ReasonClosed {
			t.Errorf("%+v", run.Failure)
		}
	} else {
		w.wantClosed(err)
	}
	w.wantSent(0)
}

// A period that closes while a run sends: what is on its way is finished and recorded, nothing more leaves.
func TestClosingWhileSendingEndsTheRun(t *testing.T) {
	t.Parallel()
	const staff = 60
	w, r := guarded(t, staff, 0)
	w.closePeriod(r, period)
	w.reopenPeriod(r, period)
	conn := w.db.Connect(t)
	n := 0
	w.front.play(func(string, int) fate { // one at a time
		if n++; n == 5 {
			if _, err := conn.Exec(context.Background(), endReopening); err != nil {
				t.Error(err)
			}
		}
		return served
	})
	run := w.run(r, jobs.Failed, nil)
	c := run.Counts
	if run.Failure.Code != jobs.ReasonClosed || c.Accepted < 5 || c.Accepted > 5+2*w.job.MaxInFlight || c.Accepted+c.NotAttempted != staff {
		t.Errorf("%+v %+v", run.Failure, c)
	}
	w.wantSent(int64(c.Accepted))
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE version = 1 AND NOT in_doubt`); n != c.Accepted {
		t.Errorf("%d are acknowledged, %d were accepted", n, c.Accepted)
	}
	_, err := r.ResumePush(t.Context(), &w.job, run.ID)
	w.wantClosed(err)
	w.reopenPeriod(r, period)
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
	w.wantSent(staff)
}

// While a run of it waits or goes on a period is not closed over it.
func TestPeriodIsNotClosedOverAnActiveRun(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	queued, err := storeOf(r).Enqueue(t.Context(), w.request())
	w.must(err)
	_, err = storeOf(r).ClosePeriod(t.Context(), w.request().Target, period, ledger.Closure{By: "marie", Reason: "declared", Force: true})
	var busy *jobs.BusyError
	if !errors.As(err, &busy) || busy.Run.ID != queued.ID {
		t.Errorf("%v", err)
	}
	w.closePeriod(r, october) // another one may be
	run, err := storeOf(r).Claim(t.Context(), queued.ID, w.job.Resumption())
	w.must(err)
	run, err = r.ExecutePush(t.Context(), &w.job, run)
	w.wantRun(run, err, jobs.Succeeded)
	w.closePeriod(r, period)
}

// What changed for a month after it was closed is not sent, and not forgotten: the next plan names it.
func TestLateElementsAreToldInTheNextMonth(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.closePeriod(r, period)
	run := w.run(r, jobs.Succeeded, named(december))
	if len(run.Findings) != 0 {
		t.Errorf("nothing is late, yet: %+v", run.Findings)
	}
	w.exec(`UPDATE staging.payroll_element SET quantity = 1, amount = 1 WHERE matricule = '00002' AND period = $1`, string(period))
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00005' AND period = $1`, string(period))
	w.rename("00003", "MARIEE") // is no pay of November
	w.hire(1)
	w.exec(`INSERT INTO staging.payroll_element SELECT * FROM newcomer_element`)
	run = w.run(r, jobs.Succeeded, named(december))
	f := finding(t, run.Findings, jobs.RuleLate)
	if f.Holds || f.Period != period || f.N != 3 || !slices.Equal(f.Keys, []string{"00002", "00005", "00009"}) {
		t.Errorf("%+v", f)
	}
	w.wantDelivered(december)
	w.reopenPeriod(r, period)
	run = w.run(r, jobs.Succeeded, named(december))
	if len(run.Findings) != 0 {
		t.Errorf("it can be sent again: %+v", run.Findings)
	}
	w.job.Guards.CodeTotals = off
	w.run(r, jobs.Succeeded, named(period))
	w.wantDelivered(period)
}

// Who has left since is paid as they were, although staging still has their elements of the closed month.
func TestLeaverIsNotLate(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.CodeTotals = off
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.closePeriod(r, period)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00008' AND period = $1`, string(december))
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00008'`)
	if run := w.run(r, jobs.Succeeded, named(december)); len(run.Findings) != 0 || run.Counts.Left != 1 {
		t.Errorf("%+v %+v", run.Counts, run.Findings)
	}
}
