package e2e

import (
	"encoding/json"
	"strconv"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
	"syncd/internal/sandbox"
)

// edit changes what the partner has behind our back.
func (w *world) edit(matricule, member, value string) {
	w.t.Helper()
	w.must(w.sandbox.Edit(sandbox.Edit{Dossier: dossier, Matricule: matricule, Period: string(period),
		Members: map[string]json.RawMessage{member: json.RawMessage(value)}}))
}

// verifying is a world whose runs read back what the partner has, after a month that went.
func verifying(t *testing.T, change ...func(*world)) (*world, *jobs.Runner) {
	t.Helper()
	w, r := guarded(t, 8, 1)
	w.job.ReadBack, w.job.Guards.Verify = &jobs.ReadBack{}, true
	for _, c := range change {
		c(w)
	}
	r.API = w.connect(func(o *isidoor.Options) {
		once(o)
		o.Read = &isidoor.ReadEndpoint{Method: "GET", Path: readPath}
	})
	w.run(r, jobs.Succeeded, nil)
	if run := w.run(r, jobs.Succeeded, nil); run.Counts.Unchanged != 8 {
		t.Fatalf("what was not edited has drifted: %+v", run.Counts)
	}
	return w, r
}

var forDrift = []jobs.Rule{jobs.RuleDrift}

// An account that somebody changed at the other side, with nothing new here, is shown, held, and sent over only when that
// is asked for.
func TestDriftOfAnUnchangedEmployee(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	var foreign string
	w.must(w.conn.QueryRow(t.Context(), `SELECT iban FROM newcomer`).Scan(&foreign))
	w.edit("00003", "Iban", `"`+foreign+`"`)
	items, _ := w.look(r, period)
	f := finding(t, items["00003"].Findings, jobs.RuleDrift)
	if !f.Holds || f.N != 1 || f.Path != "Iban" || len(f.Changes) != 1 || !f.Changes[0].Masked || f.Changes[0].Old+f.Changes[0].New != "" {
		t.Errorf("%+v", f)
	}
	w.rename("00004", "CORRIGE")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forDrift})
	if w.bank("00003", period) != foreign || w.held("00004") != "CORRIGE" || run.Counts.Unchanged != 6 {
		t.Errorf("%+v", run.Counts)
	}
	w.overwrite = true
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	w.run(r, jobs.Succeeded, nil)
	w.wantSent(10)
}

// A correction of ours does not silently take the place of theirs; a person who approves it sends ours.
func TestDriftBesideACorrection(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	w.edit("00003", "NomUsage", `"AILLEURS"`)
	w.edit("00005", "Elements", `[]`)
	w.exec(`UPDATE staging.employee SET prenom = 'CORRIGE' WHERE matricule = '00003'`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forDrift, "00005": forDrift})
	w.wantItemSign(r, run, "00003", jobs.Updated)
	run = w.release(r, run, jobs.Incomplete, "00003")
	w.wantDelivered(period, "00005")
	w.release(r, run, jobs.Succeeded)
	w.wantDelivered(period)
}

func (w *world) wantItemSign(r *jobs.Runner, run *jobs.Run, matricule string, sign jobs.Difference) {
	w.t.Helper()
	if got := w.item(r, run, matricule).Difference; got != sign {
		w.t.Errorf("%s is %s, want %s", matricule, got, sign)
	}
}

// Whom the other side deleted is not paid: that is drift, too.
func TestDriftOfADeletedDocument(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	w.must(w.sandbox.Delete(sandbox.Edit{Dossier: dossier, Matricule: "00003", Period: string(period)}))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forDrift})
	w.overwrite = true
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// A run that cannot look does not send as if it had looked.
func TestAPIAwayWhileVerifyingSendsNothing(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	w.deaf(true)
	w.rename("00004", "CORRIGE")
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonUnreachable || run.Planned {
		t.Errorf("%+v", run.Failure)
	}
	w.wantSent(8)
	w.deaf(false)
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// Who is not verified is not held: a partial run looks at its own, and without --verify nobody looks.
func TestDriftIsLookedForOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	w.edit("00003", "NomUsage", `"AILLEURS"`)
	w.rename("00004", "CORRIGE")
	w.run(r, jobs.Succeeded, employees("00004"))
	w.job.Guards.Verify = false
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period, "00003")
}

// A new month does not inherit the drift of the one before, where the partner keeps one document a month; where it keeps one
// an employee, sending the new month would overwrite the other side's edit.
func TestDriftAcrossMonths(t *testing.T) {
	t.Parallel()
	for scope, want := range map[jobs.Scope]map[string][]jobs.Rule{
		jobs.ScopeEmployeePeriod: {},
		jobs.ScopeEmployee:       {"00003": forDrift},
	} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			w, r := verifying(t, func(w *world) { w.job.Scope = scope })
			w.edit("00003", "NomUsage", `"AILLEURS"`)
			w.nextMonth(december)
			state := jobs.Succeeded
			if len(want) > 0 {
				state = jobs.Incomplete
			}
			w.wantHeldItems(r, w.run(r, state, named(december)), want)
		})
	}
}

// Where the API adds what it gets, not even a person who asks for it sends over what the other side edited.
func TestDriftIsNotSentOverWhereTheAPIAdds(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	w.run(r, jobs.Succeeded, nil)
	w.job.Guards.Verify, w.overwrite = true, true
	w.edit("00003", "NomUsage", `"AILLEURS"`)
	w.wantHeldItems(r, w.run(r, jobs.Incomplete, nil), map[string][]jobs.Rule{"00003": {jobs.RuleAppendChange}})
	w.wantPaidOnce(8)
}

var forUnread = []jobs.Rule{jobs.RuleUnread}

// Whom a firewall does not let us look at is held, as nobody knows whether the document was edited; all others are looked at
// and paid.
func TestWhoCannotBeReadBackHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 451, 423, 401, 500, 503, 400, 302, 200} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			w, r := verifying(t)
			w.front.hide(status, "00002", "00005")
			w.edit("00003", "NomUsage", `"AILLEURS"`)
			w.rename("00004", "CORRIGE")
			w.rename("00005", "CORRIGE")
			run := w.run(r, jobs.Incomplete, nil)
			w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forUnread, "00003": forDrift, "00005": forUnread})
			if f := w.item(r, run, "00005").Findings[0]; f.Status != status || !f.Holds {
				t.Errorf("%+v", f)
			}
			if run.Counts.Accepted != 1 || run.Counts.Unchanged != 4 || w.held("00004") != "CORRIGE" {
				t.Errorf("%+v", run.Counts)
			}
			w.job.Guards.Verify = false // it is not forgotten
			w.wantHeldItems(r, w.run(r, jobs.Incomplete, nil), map[string][]jobs.Rule{"00002": forUnread, "00003": forDrift, "00005": forUnread})
			w.front.hide(0)
			w.wantHeldItems(r, w.run(r, jobs.Incomplete, nil), map[string][]jobs.Rule{"00003": forDrift})
			w.overwrite = true
			w.run(r, jobs.Succeeded, nil)
			w.wantDelivered(period)
		})
	}
}

// Several in a row tell of everyone, and so does nobody at all.
func TestSeveralInARowWhoCannotBeReadBackEndTheRun(t *testing.T) {
	t.Parallel()
	w, r := verifying(t)
	w.job.StopAfter, w.job.MaxInFlight = 3, 1
	w.front.hide(403, "00003", "00004", "00005")
	if run := w.run(r, jobs.Failed, nil); run.Failure.Code != jobs.ReasonUnusual || run.Planned {
		t.Errorf("%+v", run.Failure)
	}
	w.job.StopAfter = 100
	w.front.hide(403, "00001", "00002", "00003", "00004", "00005", "00006", "00007", "00008")
	if run := w.run(r, jobs.Failed, nil); run.Failure.Code != jobs.ReasonConfiguration || run.Planned {
		t.Errorf("%+v", run.Failure)
	}
	w.wantSent(8)
}

// Where the API adds what it gets, a person is not asked to pay the unchanged again: it is told who was not looked at.
func TestWhoIsUnchangedAndUnreadIsOnlyToldWhereTheAPIAdds(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	w.run(r, jobs.Succeeded, nil)
	w.job.Guards.Verify = true
	w.front.hide(403, "00003")
	run := w.run(r, jobs.Succeeded, nil)
	if f := finding(t, run.Findings, jobs.RuleUnseen); f.N != 1 || f.Holds || run.Counts.Unchanged != 8 {
		t.Errorf("%+v %+v", f, run.Counts)
	}
	w.wantPaidOnce(8)
}
