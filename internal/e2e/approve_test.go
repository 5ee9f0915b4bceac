package e2e

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// wantBytes wants the API to have received exactly the planned documents.
func (w *world) wantBytes(plan map[string]jobs.PlannedItem, matricules ...string) {
	w.t.Helper()
	received := w.received()
	for _, m := range matricules {
		if planned := plan[m].Document; planned == nil || !bytes.Equal(received[m].Document, planned) {
			w.t.Errorf("%s: the API got\n%s\nplanned was\n%s", m, received[m].Document, planned)
		}
	}
}

// What a person looked at is what goes, byte for byte, whatever staging holds by then.
func TestApprovedRunSendsWhatWasPlanned(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 7)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	w.rename("00001", "APPROUVE")
	w.rebank("00002")
	plan, frozen := w.look(r, period)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	if held.Digests.Plan != frozen.Digests.Plan {
		t.Fatal("the run holds another plan than was looked at")
	}
	w.exec(`UPDATE staging.employee SET nom_naissance = 'PLUS TARD', iban = NULL`)
	w.exec(`UPDATE staging.payroll_element SET quantity = 1, amount = 1`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00014'`)
	run := w.release(r, held, jobs.Incomplete)
	w.wantBytes(plan, "00001", "00009", "00010", "00011", "00012", "00013", "00014")
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forChange}) // a decision of its own
	if run.Counts.Accepted != 7 {
		t.Errorf("%+v", run.Counts)
	}
	w.release(r, run, jobs.Succeeded, "00002")
	w.wantBytes(plan, "00002")
	w.wantSent(16)
}

// What moved since it was planned is not sent, and shown; the rest goes.
func TestApprovalNeverSendsWhatHasMoved(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	w.rename("00001", "ANCIEN")
	w.rename("00002", "ANCIEN")
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.rename("00001", "NOUVEAU")
	w.run(r, jobs.Succeeded, employees("00001"))
	w.exec(`UPDATE syncd.baseline SET version = version + 1 WHERE key = '00002'`) // as whoever sends past this ledger's plans would
	run := w.release(r, held, jobs.Incomplete)
	w.wantItem(r, run, "00001", jobs.ItemSuperseded, jobs.ReasonReplanned)
	w.wantItem(r, run, "00002", jobs.ItemSuperseded, jobs.ReasonMoved)
	if w.held("00001") != "NOUVEAU" || w.held("00002") == "ANCIEN" || run.Counts.Accepted != 6 || run.Counts.Superseded != 2 {
		t.Errorf("%+v, the partner has %s and %s", run.Counts, w.held("00001"), w.held("00002"))
	}
}

// Of several held employees only those go whom a person names.
func TestApprovalOfNamedEmployees(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.shares("iban", "00002", "00003")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantSent(6)
	run = w.release(r, run, jobs.Incomplete, "00003", "00003")
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forShared})
	w.wantSent(7)
	w.run(r, jobs.Incomplete, nil) // a newer plan holds the other one again
	w.wantSent(7)
}

// Names that are not held, or not there, release nobody: a slip of the pen pays no one.
func TestApprovalOfUnknownEmployeesChangesNothing(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.shares("iban", "00002", "00003")
	run := w.run(r, jobs.Incomplete, nil)
	before := w.ledgerText()
	for _, names := range [][]string{{"99999"}, {"00002", "00001"}, {"2", "00002"}} {
		_, err := storeOf(r).Approve(t.Context(), run.ID, approvalOf(names...))
		wantNotHeld(t, err, names[indexOf(names)])
	}
	if w.ledgerText() != before {
		t.Error("something was written")
	}
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	before = w.ledgerText()
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf("00002"))
	wantNotHeld(t, err, "00002") // it is held as a whole
	_, err = storeOf(r).Approve(t.Context(), held.ID+1, approvalOf())
	if !errors.Is(err, jobs.ErrNoRun) || w.ledgerText() != before {
		t.Errorf("%v, or something was written", err)
	}
	w.wantSent(6)
}

// indexOf is where the name stands that is not held.
func indexOf(names []string) int {
	for i, name := range names {
		if name != "00002" {
			return i
		}
	}
	return 0
}

// ledgerText is all that runs, items, baseline and audit hold.
func (w *world) ledgerText() (text string) {
	w.t.Helper()
	w.must(w.conn.QueryRow(w.t.Context(), `SELECT concat((SELECT string_agg(r::text, ',' ORDER BY id) FROM syncd.run r),
		(SELECT string_agg(i::text, ',' ORDER BY run_id, seq) FROM syncd.item i),
		(SELECT string_agg(b::text, ',' ORDER BY key, period) FROM syncd.baseline b),
		(SELECT string_agg(a::text, ',' ORDER BY id) FROM syncd.audit a))`).Scan(&text))
	return text
}

// The second of two people who approve is told that it is done.
func TestApprovingTwice(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.approve(r, held.ID, "hired in September")
	for range 2 {
		_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf())
		wantNotHeld(t, err)
		if !strings.Contains(err.Error(), "hired in September") {
			t.Error(err)
		}
	}
	w.resume(r, held.ID, jobs.Succeeded)
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf())
	wantNotHeld(t, err)
	w.wantSent(14)
}

// An approval that comes too late, for a run or for an employee, sends nothing of a plan that nobody has looked at since.
func TestApprovalThatComesTooLate(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.shares("iban", "00002", "00003")
	partly := w.run(r, jobs.Incomplete, nil)
	late := approvalOf()
	late.Expires = time.Nanosecond
	var expired *jobs.ExpiredError
	_, err := storeOf(r).Approve(t.Context(), partly.ID, late)
	if !errors.As(err, &expired) {
		t.Fatal(err)
	}
	w.wantItem(r, partly, "00002", jobs.ItemSuperseded, jobs.ReasonExpired)
	_, err = storeOf(r).Approve(t.Context(), partly.ID, approvalOf())
	wantNotHeld(t, err)
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	runs, err := storeOf(r).ExpireHolds(t.Context(), []ledger.Pair{{Job: w.job.Name, TargetID: held.Target.ID}},
		map[string]time.Duration{w.job.Name: time.Nanosecond})
	w.must(err)
	if len(runs) != 1 || runs[0] != held.ID {
		t.Errorf("%v", runs)
	}
	after, err := storeOf(r).Run(t.Context(), held.ID)
	w.must(err)
	w.wantState(after, jobs.Cancelled)
	var finished *jobs.FinishedError
	if _, err := r.ResumePush(t.Context(), &w.job, held.ID); !errors.As(err, &finished) {
		t.Errorf("%v", err)
	}
	w.wantSent(6)
}

// A plan that was made since has taken the place of the one that waits: what is approved is what staging held last.
func TestNewerPlanTakesThePlaceOfAHeldRun(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	older := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.release(r, w.wantHeldRun(r, employees("00009"), jobs.RuleHeldRun), jobs.Succeeded) // one alone leaves the rest waiting
	stillHeld, err := storeOf(r).Run(t.Context(), older.ID)
	w.must(err)
	w.wantState(stillHeld, jobs.Held)
	w.rename("00001", "PLUS TARD")
	w.job.Guards.Approval = true
	newer := w.wantHeldRun(r, nil, jobs.RuleApproval)
	_, err = storeOf(r).Approve(t.Context(), older.ID, approvalOf())
	wantReplaced(t, err)
	var finished *jobs.FinishedError
	if _, err := r.ResumePush(t.Context(), &w.job, older.ID); !errors.As(err, &finished) {
		t.Errorf("%v", err)
	}
	w.release(r, newer, jobs.Succeeded)
	w.wantDelivered(period)
}
