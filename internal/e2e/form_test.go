package e2e

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/partner/isidoor"
	"syncd/internal/store"
)

// sendingTo is a runner of a process whose configuration names another call.
func (w *world) sendingTo(method, path string) *jobs.Runner {
	w.t.Helper()
	r := w.runner()
	r.API = w.connect(func(o *isidoor.Options) { o.Salarie.Method, o.Salarie.Path = method, path })
	return r
}

// The path was one that only simulates. Once it is corrected nobody is "unchanged": nothing of it was ever there.
func TestWhatWasSentElsewhereIsSentAgain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 8)
	w.front.takes("/V2/Salarie/Simulation")
	w.run(w.sendingTo("POST", "/V2/Salarie/Simulation"), jobs.Succeeded, nil)

	held := w.run(r, jobs.Held, nil)
	f := finding(t, held.Findings, jobs.RuleForm)
	if f.N != 8 || len(f.Form) != 1 || f.Form[0] != (jobs.FormChange{Member: jobs.FormPath, Old: "/V2/Salarie/Simulation",
		New: "/V2/Salarie"}) {
		t.Errorf("%+v", f)
	}
	w.approve(r, held.ID, "the path is right now")
	if run := w.resume(r, held.ID, jobs.Succeeded); run.Counts.Accepted != 8 {
		t.Errorf("%+v", run.Counts)
	}
	if run := w.run(r, jobs.Succeeded, nil); run.Counts.Unchanged != 8 || len(run.Findings) != 0 {
		t.Errorf("the decision is asked for again: %+v %+v", run.Counts, run.Findings)
	}
	// Back again is as much another call as the first time.
	if run := w.run(w.sendingTo("POST", "/V2/Salarie/Simulation"), jobs.Held, nil); finding(t, run.Findings, jobs.RuleForm).N != 8 {
		t.Errorf("%+v", run.Findings)
	}
}

// Who was rejected at the first try under the new call is no reason to ask for the same decision again.
func TestAnApprovedFormNeedsNoSecondApproval(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.front.takes("/V2/Salarie/Simulation")
	w.run(w.sendingTo("POST", "/V2/Salarie/Simulation"), jobs.Succeeded, nil)
	held := w.run(r, jobs.Held, nil)
	w.approve(r, held.ID, "right")
	w.front.play(only("00002", refused))
	w.resume(r, held.ID, jobs.Incomplete)
	w.front.play(nil)
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Unchanged != 3 || jobs.Holds(run.Findings) {
		t.Errorf("%+v %+v", run.Counts, run.Findings)
	}
}

// A verb, too, is another call; case and a slash at the end are not.
func TestWhatAnotherFormIs(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.run(r, jobs.Succeeded, nil)
	w.front.takes("/v2/salarie/")
	if run := w.run(w.sendingTo("POST", "/v2/salarie/"), jobs.Succeeded, nil); run.Counts.Unchanged != 3 {
		t.Errorf("%+v", run.Counts)
	}
	if f := finding(t, w.run(w.sendingTo("PUT", "/V2/Salarie"), jobs.Held, nil).Findings, jobs.RuleForm); f.N != 3 {
		t.Errorf("%+v", f)
	}
	w.job.Semantics = jobs.Append
	run := w.run(r, jobs.Succeeded, nil) // nothing to send, so nothing to hold
	if f := finding(t, run.Findings, jobs.RuleForm); f.Holds || f.N != 0 || f.Form[0].Member != jobs.FormSemantics {
		t.Errorf("%+v", f)
	}
	w.rename("00001", "AUTRE")
	if run := w.run(r, jobs.Held, nil); !finding(t, run.Findings, jobs.RuleForm).Holds {
		t.Errorf("%+v", run.Findings)
	}
}

// A plan is sent by the call that it was made for, or not at all.
func TestResumeUnderAnotherFormSendsNothing(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	stopped := w.stuck(r, nil)
	other := w.sendingTo("POST", "/V2/Salarie/Simulation")
	run := w.resume(other, stopped.ID, jobs.Held)
	if run.Failure.Code != jobs.ReasonFormOutdated || run.Counts.NotAttempted != 3 {
		t.Errorf("%+v %+v", run.Failure, run.Counts)
	}
	_, err := storeOf(r).Approve(t.Context(), run.ID, store.Approval{By: "test", Reason: "why not"})
	var outdated *jobs.FormError
	if !errors.As(err, &outdated) {
		t.Errorf("%v", err)
	}
	w.run(r, jobs.Succeeded, nil) // by the call that is right
	w.wantDelivered(period)
}

// The ledger of an earlier version does not say by what anything was sent: the first form that is recorded stands for it.
func TestOlderAcknowledgementsCountAsOfTheFirstForm(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.front.takes("/V2/Salarie/Simulation")
	simulating := w.sendingTo("POST", "/V2/Salarie/Simulation")
	w.run(simulating, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.baseline SET form_id = NULL`)
	w.exec(`UPDATE syncd.run SET form = ''`)
	w.exec(`DELETE FROM syncd.form`)
	if run := w.run(simulating, jobs.Succeeded, nil); run.Counts.Unchanged != 3 {
		t.Fatalf("%+v", run.Counts)
	}
	if f := finding(t, w.run(r, jobs.Held, nil).Findings, jobs.RuleForm); f.N != 3 {
		t.Errorf("%+v", f)
	}
}

// The partner lost the month: all is sent again, with a reason that is recorded.
func TestResendSendsWhatIsUnchanged(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	again := func(n *jobs.NewRun) { n.Resend = "Isidoor lost it" }
	target, err := storeOf(r).EnsureTarget(t.Context(), w.request().Target)
	w.must(err)
	frozen, err := r.DryRun(t.Context(), &w.job, jobs.NewRun{Target: target, Period: period, Resend: "plan"},
		&seen{map[string]jobs.PlannedItem{}})
	w.must(err)
	if frozen.Counts.NotAttempted != 4 {
		t.Errorf("%+v", frozen.Counts)
	}
	run := w.run(r, jobs.Succeeded, again)
	if run.Counts.Accepted != 4 || run.Counts.Repeated != 4 || run.Resend != "Isidoor lost it" {
		t.Errorf("%+v", run)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE run_id = $1 AND difference = '='`, run.ID); n != 4 {
		t.Errorf("%d items are marked as unchanged", n)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.audit WHERE run_id = $1 AND decision = 'run' AND reason = 'Isidoor lost it' AND detail
		= 'resend'`, run.ID); n != 1 {
		t.Errorf("%d lines in the audit", n)
	}
	one := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { again(n); n.Employees = []string{"00002"} })
	if one.Counts.Accepted != 1 {
		t.Errorf("%+v", one.Counts)
	}
}

// Who was to be sent again is owed until it is: a run of everyone that comes after one which stopped does not find that nothing
// has changed, and nor does one that comes after that.
func TestWhoWasToBeSentAgainIsOwed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 12)
	w.run(r, jobs.Succeeded, nil)
	w.job.StopAfter, w.job.MaxInFlight = 1, 1
	api := r.API
	r.API = w.connect(once)
	refused := func(allowed int) {
		var met atomic.Int32
		w.front.play(func(string, int) fate {
			if int(met.Add(1)) > allowed {
				return broken
			}
			return served
		})
	}
	refused(4)
	again := w.run(r, jobs.Failed, func(n *jobs.NewRun) { n.Resend = "Isidoor lost it" })
	if again.Counts.Accepted != 4 {
		t.Fatalf("%+v", again.Counts)
	}
	refused(3)
	next := w.run(r, jobs.Failed, nil)
	if next.Counts.Accepted != 3 || next.Counts.Unchanged != 4 {
		t.Fatalf("%+v", next.Counts)
	}
	refused(12)
	r.API = api
	last := w.run(r, jobs.Succeeded, nil)
	if last.Counts.Accepted != 5 || last.Counts.Unchanged != 7 {
		t.Errorf("%+v", last.Counts)
	}
	if none := w.run(r, jobs.Succeeded, nil); none.Counts.Unchanged != 12 {
		t.Errorf("%+v", none.Counts)
	}
	w.wantDelivered(period)
}

// An API that adds would pay twice: each of them is a decision.
func TestResendHoldsEachWhereTheAPIAdds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(3)
	w.job.Semantics = jobs.Append
	r := w.runner()
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	w.run(r, jobs.Succeeded, nil)
	run := w.run(r, jobs.Incomplete, func(n *jobs.NewRun) { n.Resend = "it was lost" })
	if run.Counts.Held != 3 || run.Counts.Accepted != 0 {
		t.Errorf("%+v", run.Counts)
	}
}

// Another job, with another mapping, would replace what the first one sent: a person must want that.
func TestAnotherJobsMappingHolds(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.run(r, jobs.Succeeded, nil)
	first := w.job
	w.job.Name = "paie-bis"
	if run := w.run(r, jobs.Succeeded, nil); jobs.Holds(run.Findings) {
		t.Errorf("a new name alone is no other mapping: %+v", run.Findings)
	}
	w.job.Mapping.Fields = slices.DeleteFunc(slices.Clone(w.job.Mapping.Fields), func(f mapping.Field) bool { return f.Path == "Email" })
	held := w.run(r, jobs.Held, nil)
	if f := finding(t, held.Findings, jobs.RuleOtherJob); f.Job != first.Name {
		t.Errorf("%+v", f)
	}
	w.approve(r, held.ID, "it is the new one")
	w.resume(r, held.ID, jobs.Succeeded)
	if run := w.run(r, jobs.Succeeded, nil); jobs.Holds(run.Findings) {
		t.Errorf("%+v", run.Findings)
	}
	w.job = first
	if run := w.run(r, jobs.Held, nil); finding(t, run.Findings, jobs.RuleOtherJob).Job != "paie-bis" {
		t.Errorf("%+v", run.Findings)
	}
}
