package e2e

import (
	"testing"

	"syncd/internal/jobs"
)

// stuck is a run that failed because the API was away, before anything was processed.
func (w *world) stuck(r *jobs.Runner, change func(*jobs.NewRun)) *jobs.Run {
	w.t.Helper()
	api, stopAfter := r.API, w.job.StopAfter
	r.API, w.job.StopAfter = w.connect(once), 1
	w.front.play(always(away))
	run := w.run(r, jobs.Failed, change)
	if run.Failure.Code != jobs.ReasonUnreachable || run.Counts.NotAttempted == 0 {
		w.t.Fatalf("%+v %+v", run.Failure, run.Counts)
	}
	w.front.play(nil)
	r.API, w.job.StopAfter = api, stopAfter
	return run
}

// An older plan that is resumed after a newer run sent the correction must not bring the old pay back.
func TestResumeOfAnOlderPlanNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	a := w.stuck(r, nil)
	w.rename("00002", "CORRIGE")
	w.run(r, jobs.Succeeded, nil)
	resumed := w.resume(r, a.ID, jobs.Incomplete)
	if resumed.Counts.Superseded != 4 || resumed.Counts.Accepted != 0 {
		t.Errorf("%+v", resumed.Counts)
	}
	if w.held("00002") != "CORRIGE" {
		t.Errorf("the partner has %s", w.held("00002"))
	}
	w.wantDelivered(period)
}

// The accounting of the older run follows at once, so that nobody believes its items are still to come.
func TestANewerPlanRecountsTheOlderRun(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	a := w.stuck(r, nil)
	w.run(r, jobs.Succeeded, nil)
	old, err := storeOf(r).Run(t.Context(), a.ID)
	w.must(err)
	wantSum(t, old.Counts)
	if old.Counts.Superseded != 4 || old.Counts.NotAttempted != 0 {
		t.Errorf("%+v", old.Counts)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE run_id = $1 AND payload IS NOT NULL`, a.ID); n != 0 {
		t.Errorf("%d superseded items still hold a document", n)
	}
}

// A correction sent for one employee alone is not undone when the month's run is resumed, which sends all others.
func TestResumeAfterAPartialRunSendsTheOthersOnly(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	a := w.stuck(r, nil)
	w.rename("00002", "CORRIGE")
	partial := w.run(r, jobs.Succeeded, employees("00002"))
	if partial.Counts.EmployeesRead != 1 || partial.Counts.Accepted != 1 {
		t.Fatalf("%+v", partial.Counts)
	}
	w.front.play(nil)
	resumed := w.resume(r, a.ID, jobs.Incomplete)
	if resumed.Counts.Superseded != 1 || resumed.Counts.Accepted != 3 {
		t.Errorf("%+v", resumed.Counts)
	}
	if n := w.front.sent("00002"); n != 0 {
		t.Errorf("the superseded item was sent %d times", n)
	}
	w.wantDelivered(period)
}

// A correction that goes while an older document is in doubt is final: resuming the older run sends nothing of it.
func TestResumeNeverRevivesADocumentInDoubtThatWasCorrected(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 2)
	a := w.aborted(r, "00001")
	w.wantDoubt("00001", true)
	w.rename("00001", "CORRIGE")
	w.front.play(nil)
	w.run(r, jobs.Succeeded, employees("00001"))
	w.resume(r, a.ID, jobs.Incomplete)
	if w.held("00001") != "CORRIGE" {
		t.Errorf("the partner has %s", w.held("00001"))
	}
	w.wantDelivered(period)
}
