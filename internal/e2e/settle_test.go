package e2e

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// settle records what a person found at the other side, and wants the run to stand so afterwards.
func (w *world) settle(r *jobs.Runner, run *jobs.Run, as ledger.Settlement, state jobs.State, matricules ...string) *jobs.Run {
	w.t.Helper()
	settled, err := storeOf(r).Settle(w.t.Context(), run.ID, matricules, as, "marie", "looked there", 0)
	w.must(err)
	w.wantState(settled, state)
	return settled
}

// Who was sent and has vanished is paid by the API until a person undoes it: until then no run of the month is a success.
func TestDepartedStaysUntilWithdrawn(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(6, 2)
	first := w.run(r, jobs.Incomplete, nil)
	second := w.run(r, jobs.Incomplete, nil)
	w.settle(r, second, ledger.SettleWithdrawn, jobs.Incomplete, "00007")
	w.settle(r, second, ledger.SettleWithdrawn, jobs.Succeeded, "00008")
	for _, m := range []string{"00007", "00008"} {
		w.wantItem(r, first, m, jobs.ItemWithdrawn, jobs.ReasonSettled) // whatever run showed it
	}
	older, err := storeOf(r).Run(t.Context(), first.ID)
	w.must(err)
	w.wantState(older, jobs.Succeeded)
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Departed != 0 || len(run.Findings) != 0 {
		t.Errorf("%+v %+v", run.Counts, run.Findings)
	}
	w.wantSent(8)
}

// Who comes back after having been taken back is sent again, although the document is the one that was acknowledged.
func TestWhoReturnsAfterAWithdrawalIsPaid(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.CodeTotals = off // one of eight is much of a total
	w.run(r, jobs.Succeeded, nil)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00008'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00008'`)
	w.exec(`CREATE TABLE away_element AS SELECT * FROM staging.payroll_element WHERE matricule = '00008'`)
	w.dismiss(7, 1)
	w.settle(r, w.run(r, jobs.Incomplete, nil), ledger.SettleWithdrawn, jobs.Succeeded, "00008")
	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.exec(`INSERT INTO staging.payroll_element SELECT * FROM away_element`)
	run := w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, run, "00008", jobs.ItemAccepted, jobs.ReasonAccepted)
	w.wantSent(9)
	if again := w.run(r, jobs.Succeeded, nil); again.Counts.Unchanged != 8 {
		t.Errorf("%+v", again.Counts)
	}
	w.dismiss(7, 1) // and can depart again
	w.run(r, jobs.Incomplete, nil)
}

// Who was withdrawn is not told a second time, as having left, when the next month is planned.
func TestWithdrawnIsNotAmongThoseWhoLeft(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(7, 1)
	w.settle(r, w.run(r, jobs.Incomplete, nil), ledger.SettleWithdrawn, jobs.Succeeded, "00008")
	w.nextMonth(december)
	w.dismiss(6, 1)
	run := w.run(r, jobs.Succeeded, named(december))
	if run.Counts.Left != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantItem(r, run, "00007", jobs.ItemLeft, jobs.ReasonLeft)
}

// With an API that replaces, a document that a person saw there is not sent again, and a correction made meanwhile is.
func TestSettledAsAcceptedThenCorrected(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	run := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.rename("00001", "CORRIGE")
	w.settle(r, run, ledger.SettleAccepted, jobs.Succeeded, "00001")
	after := w.run(r, jobs.Succeeded, nil)
	if after.Counts.Accepted != 1 || w.held("00001") != "CORRIGE" {
		t.Errorf("%+v, the partner has %s", after.Counts, w.held("00001"))
	}
	w.wantDelivered(period)
	w.wantSent(9)
}

// What a person did not see there goes as it was planned, before any newer plan; the correction goes after it.
func TestSettledAsPendingThenCorrected(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	r.API = w.connect(once)
	w.front.play(only("00001", dropped))
	plan, _ := w.look(r, period)
	run := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.rename("00001", "CORRIGE")
	w.settle(r, run, ledger.SettlePending, jobs.Queued, "00001")
	w.wantBusy(w.push(r, nil))
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantBytes(plan, "00001")
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	w.wantSent(9)
}

// Answers that are lost after processing, with a correction in between, leave the correction at the API, by whatever run.
func TestCorrectionAfterALostAnswerIsWhatTheAPIKeeps(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	r.API = w.connect(once)
	w.front.play(always(lost))
	older := w.run(r, jobs.Incomplete, nil)
	w.rename("00001", "CORRIGE")
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	if w.held("00001") != "CORRIGE" {
		t.Fatalf("the partner has %s", w.held("00001"))
	}
	w.front.play(nil)
	if _, err := r.ResumePush(t.Context(), &w.job, older.ID); err == nil {
		t.Error("what a newer plan replaced was resumed")
	}
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}
