package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// What random histories found, one by one.

// A period that was reopened for a time is closed while a run sends: what was claimed ahead, and has not left, stays here.
func TestWhatIsClaimedAheadDoesNotLeaveOnceThePeriodIsClosed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 6)
	w.job.MaxInFlight = 1
	r.API = w.connect(nil)
	w.closePeriod(r, period)
	w.front.play(func(string, int) fate {
		if _, err := w.conn.Exec(context.Background(), `SELECT pg_sleep(extract(epoch FROM open_until - clock_timestamp()) + 0.001)
			FROM syncd.closed_period WHERE open_until > clock_timestamp()`); err != nil {
			t.Error(err)
		}
		return served
	})
	var run *jobs.Run
	for open := time.Second; run == nil || run.Counts.Accepted == 0; open *= 2 { // a busy machine may plan until it is closed again
		w.must(storeOf(r).ReopenPeriod(t.Context(), w.request().Target, period, "paul", "a forgotten bonus", time.Now().Add(open)))
		var err error
		if run, err = w.push(r, nil); run == nil && !errors.As(err, new(*jobs.ClosedError)) {
			t.Fatal(err)
		}
	}
	if run.Failure.Code != jobs.ReasonClosed || run.Counts.Accepted != 1 || run.Counts.NotAttempted != 5 {
		t.Errorf("%+v %+v", run.Failure, run.Counts)
	}
	if n := w.sandbox.Stats().Deliveries; n != 1 {
		t.Errorf("%d documents left", n)
	}
}

// Where the partner keeps one document per employee, a plan of December that waited for a person does not bring back what
// November has corrected meanwhile.
func TestApprovedPlanNeverOverwritesANewerDocumentOfAnEarlierPeriod(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.job.Scope = jobs.ScopeEmployee
	w.nextMonth(december)
	w.job.Guards.Approval = true
	waiting := w.run(r, jobs.Held, named(december))
	w.job.Guards.Approval = false
	w.rename("00002", "CORRIGE")
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period, n.AnyOrder, n.Employees = period, true, []string{"00002"} })
	w.approve(r, waiting.ID, "as every month")
	run := w.resume(r, waiting.ID, jobs.Incomplete)
	w.wantItem(r, run, "00002", jobs.ItemSuperseded, jobs.ReasonMoved)
	if run.Counts.Accepted != 2 || w.held("00002") != "CORRIGE" {
		t.Errorf("the partner has %s: %+v", w.held("00002"), run.Counts)
	}
	w.run(r, jobs.Succeeded, named(december))
	w.wantDelivered(december)
}

// A fall that a person approved is not asked about again the next day, although nothing is left to send and somebody is
// blocked.
func TestApprovedFallIsNotHeldAgainWhileSomebodyIsBlocked(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards = unguarded
	w.job.Guards.Fall = jobs.Limit{Count: 1, Share: jobs.NoShare}
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(6, 2)
	w.exec(`UPDATE staging.employee SET contrat = 'NOWHERE' WHERE matricule = '00001'`)
	held := w.wantHeldRun(r, nil, jobs.RuleFall)
	w.approve(r, held.ID, "they left")
	run := w.resume(r, held.ID, jobs.Incomplete)
	if run.Counts.Blocked != 1 || run.Counts.Unchanged != 5 {
		t.Fatalf("%+v", run.Counts)
	}
	w.run(r, jobs.Incomplete, nil)
}
