package e2e

import (
	"testing"
	"time"

	"syncd/internal/jobs"
)

// daemon is a runner that nobody watches: it takes up by itself what was left to it.
func (w *world) daemon() *jobs.Runner {
	r := w.runner()
	r.Patience = &jobs.Patience{Deadline: time.Hour, Pause: time.Millisecond, MaxPause: time.Millisecond}
	return r
}

// goOn claims a queued run as a daemon does, and executes it.
func (w *world) goOn(r *jobs.Runner, id int64) *jobs.Run {
	w.t.Helper()
	w.exec(`UPDATE syncd.run SET not_before = NULL WHERE id = $1`, id)
	run, err := storeOf(r).Claim(w.t.Context(), id, w.job.Resumption())
	w.must(err)
	finished, err := r.ExecutePush(w.t.Context(), &w.job, run)
	if finished == nil {
		w.t.Fatal(err)
	}
	return finished
}

// postponed is a run of a daemon that waits, as the API was away before anything was sent, or after so many.
func (w *world) postponed(r *jobs.Runner, first int) *jobs.Run {
	w.t.Helper()
	queued, err := storeOf(r).Enqueue(w.t.Context(), w.request())
	w.must(err)
	api, stopAfter, inFlight := r.API, w.job.StopAfter, w.job.MaxInFlight
	r.API, w.job.StopAfter, w.job.MaxInFlight = w.connect(once), 1, 1
	sent := 0
	w.front.play(func(string, int) fate {
		if sent++; sent > first {
			return away
		}
		return served
	})
	run := w.goOn(r, queued.ID)
	w.front.play(nil)
	r.API, w.job.StopAfter, w.job.MaxInFlight = api, stopAfter, inFlight
	if run.State != jobs.Queued || !run.Planned || run.Counts.Accepted != first {
		w.t.Fatalf("%s %+v %+v", run.State, run.Failure, run.Counts)
	}
	return run
}

// A person resumes the plan that was frozen, and is told that staging holds something else by now.
func TestResumeTellsThatStagingHasChanged(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	r.By = "marie"
	stopped := w.stuck(r, nil)
	w.rename("00002", "CORRIGE")
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00004'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'`)
	run := w.resume(r, stopped.ID, jobs.Succeeded)
	if f := finding(t, run.Findings, jobs.RuleStale); f.N != 2 || f.Holds || run.Counts.Accepted != 5 || w.held("00002") == "CORRIGE" {
		t.Errorf("%+v %+v", f, run.Counts)
	}
	if run := w.run(r, jobs.Incomplete, nil); run.Counts.Accepted != 1 || run.Counts.Departed != 1 || run.Stale() {
		t.Errorf("%+v", run.Counts)
	}
}

// Nothing is told where nothing has changed, whatever became of the items meanwhile; what is no longer so is forgotten.
func TestResumeOfAPlanThatStillHolds(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	r.By = "marie"
	stopped := w.stuck(r, nil)
	w.rename("00002", "CORRIGE")
	api := r.API
	r.API = w.connect(once)
	w.front.play(only("00005", away))
	if run := w.resume(r, stopped.ID, jobs.Incomplete); !run.Stale() || run.Counts.Accepted == 0 {
		t.Errorf("%+v %+v", run.Findings, run.Counts)
	}
	r.API = api
	w.exec(`UPDATE staging.employee SET nom_naissance = $1 WHERE matricule = '00002'`, w.held("00002"))
	w.front.play(only("00005", refused))
	if run := w.resume(r, stopped.ID, jobs.Incomplete); run.Stale() || run.Counts.Rejected != 1 {
		t.Errorf("%+v %+v", run.Findings, run.Counts)
	}
}

// A staging that is away does not keep what was planned from going; that it could not be compared is told.
func TestResumeWithoutStaging(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.By = "marie"
	stopped := w.stuck(r, nil)
	w.exec(`ALTER TABLE staging.employee RENAME TO gone`)
	run := w.resume(r, stopped.ID, jobs.Succeeded)
	finding(t, run.Findings, jobs.RuleStaleUnknown)
	if run.Counts.Accepted != 3 {
		t.Errorf("%+v", run.Counts)
	}
}

// What was approved goes as it was approved.
func TestApprovedPlansAreKept(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.job.Guards.Approval = true
	held := w.run(r, jobs.Held, nil)
	w.approve(r, held.ID, "right")
	w.rename("00002", "CORRIGE")
	run := w.goOn(w.daemon(), held.ID)
	if run.State != jobs.Succeeded || w.held("00002") == "CORRIGE" || finding(t, run.Findings, jobs.RuleStale).N != 1 {
		t.Errorf("%s %+v", run.State, run.Findings)
	}
}

// A daemon's own retry sends what staging holds now: nobody decided about the former plan.
func TestARetryPlansAfresh(t *testing.T) {
	t.Parallel()
	w, _ := ready(t, 4)
	d := w.daemon()
	waits := w.postponed(d, 0)
	w.rename("00002", "CORRIGE")
	run := w.goOn(d, waits.ID)
	if run.State != jobs.Succeeded || run.Counts.Accepted != 4 || w.held("00002") != "CORRIGE" || run.Stale() {
		t.Errorf("%s %+v %+v", run.State, run.Counts, run.Failure)
	}
	w.wantDelivered(period)
}

// Where some were sent already, a run of its own goes on in its place, with its fire.
func TestARetryOfWhatWasBegunIsARunOfItsOwn(t *testing.T) {
	t.Parallel()
	w, _ := ready(t, 4)
	d := w.daemon()
	waits := w.postponed(d, 2)
	w.exec(`UPDATE syncd.run SET nominal_at = date_trunc('day', now()) WHERE id = $1`, waits.ID)
	w.rename("00004", "CORRIGE")
	w.rename("00001", "CORRIGE")
	old := w.goOn(d, waits.ID)
	if old.State != jobs.Cancelled || old.Failure.Code != jobs.ReasonReplanned || old.Nominal != nil || old.Counts.Accepted != 2 {
		t.Fatalf("%s %+v %+v", old.State, old.Failure, old.Counts)
	}
	next := w.goOn(d, old.ID+1)
	if next.State != jobs.Succeeded || next.Counts.Accepted != 3 || next.Counts.Unchanged != 1 || next.Nominal == nil ||
		next.Trigger != jobs.TriggerRetry {
		t.Errorf("%s %+v", next.State, next.Counts)
	}
	w.wantDelivered(period)
	before, err := storeOf(d).Run(t.Context(), old.ID)
	w.must(err)
	wantSum(t, before.Counts)
	if before.Counts.Superseded != 2 {
		t.Errorf("%+v", before.Counts)
	}
}

// Nothing is planned anew where staging holds what was planned.
func TestARetryOfAPlanThatStillHoldsGoesOn(t *testing.T) {
	t.Parallel()
	w, _ := ready(t, 4)
	d := w.daemon()
	waits := w.postponed(d, 2)
	run := w.goOn(d, waits.ID)
	if run.State != jobs.Succeeded || run.Counts.Accepted != 4 || run.Digests.Plan != waits.Digests.Plan {
		t.Errorf("%s %+v", run.State, run.Counts)
	}
}
