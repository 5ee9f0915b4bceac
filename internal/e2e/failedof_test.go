package e2e

import (
	"errors"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

// failedOf asks for those again whom a run did not deliver, as `syncd run --failed-of` does.
func (w *world) failedOf(r *jobs.Runner, run *jobs.Run) func(*jobs.NewRun) {
	w.t.Helper()
	keys, err := storeOf(r).Undelivered(w.t.Context(), run.ID)
	w.must(err)
	return func(n *jobs.NewRun) { n.FailedOf, n.Employees = run.ID, keys }
}

// partly is a run that left four of ten: one refused, one blocked, one held, one in doubt.
func partly(t *testing.T) (*world, *jobs.Runner, *jobs.Run) {
	t.Helper()
	w, r := guarded(t, 10, 1)
	r.API = w.connect(once)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Reject: []string{"00001"}}))
	w.exec(`UPDATE staging.employee SET fonction = 'F_SECR_1' WHERE matricule = '00002'`)
	w.rebank("00003")
	w.front.play(only("00004", lost))
	run := w.run(r, jobs.Incomplete, named(december))
	c := run.Counts
	if c.Accepted != 6 || c.Rejected != 1 || c.Blocked != 1 || c.Held != 1 || c.Uncertain != 1 {
		t.Fatalf("%+v", c)
	}
	w.front.play(nil)
	w.must(w.sandbox.SetFaults(faultless))
	return w, r, run
}

// Only those go again who were not delivered, and what held one of them still does.
func TestFailedOfSendsOnlyWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	w, r, first := partly(t)
	w.exec(`UPDATE staging.employee SET fonction = 'F_SECR_01' WHERE matricule = '00002'`)
	w.rename("00009", "PAS LUI") // delivered: not asked for again
	before := w.sandbox.Stats().Deliveries
	run := w.run(r, jobs.Incomplete, func(n *jobs.NewRun) { named(december)(n); w.failedOf(r, first)(n) })
	if c := run.Counts; run.FailedOf != first.ID || c.EmployeesRead != 4 || c.Accepted != 3 || c.Held != 1 || c.Departed+c.Left != 0 {
		t.Errorf("%+v", c)
	}
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forChange})
	w.wantSent(before + 3)
	if w.front.sent("00009")+w.front.sent("00003") != 0 {
		t.Error("somebody else was sent")
	}
	w.release(r, run, jobs.Succeeded)
	w.wantDelivered(december, "00009")
}

// Who has vanished since is told, not called departed; when all have, there is nothing to run.
func TestFailedOfTellsWhoHasVanished(t *testing.T) {
	t.Parallel()
	w, r, first := partly(t)
	again := w.failedOf(r, first)
	change := func(n *jobs.NewRun) { named(december)(n); again(n) }
	w.dismiss(0, 2)
	run := w.run(r, jobs.Incomplete, change) // one is held
	f := finding(t, run.Findings, jobs.RuleAbsent)
	if c := run.Counts; f.Holds || f.N != 2 || !slices.Equal(f.Keys, []string{"00001", "00002"}) || c.EmployeesRead != 2 ||
		c.Departed+c.Left+c.Blocked != 0 {
		t.Errorf("%+v %+v", f, c)
	}
	w.dismiss(2, 2)
	run = w.run(r, jobs.Failed, change)
	if run.Failure.Code != jobs.ReasonStaging || run.Planned {
		t.Errorf("%+v", run.Failure)
	}
	// Asked for by name, somebody who is not there is a slip of the pen.
	_, err := w.push(r, func(n *jobs.NewRun) { named(december)(n); n.Employees = []string{"00001", "00005"} })
	var missing *jobs.EmployeeError
	if !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// The guards judge it like any run for some employees.
func TestFailedOfIsGuarded(t *testing.T) {
	t.Parallel()
	w, r, first := partly(t)
	w.job.Guards.Approval = true
	again := w.failedOf(r, first)
	held := w.wantHeldRun(r, func(n *jobs.NewRun) { named(december)(n); again(n) }, jobs.RuleApproval)
	w.closePeriod(r, december)
	_, err := w.push(r, func(n *jobs.NewRun) { named(december)(n); again(n) })
	var closed *jobs.ClosedError
	if !errors.As(err, &closed) {
		t.Errorf("%v", err)
	}
	if _, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf()); !errors.As(err, &closed) {
		t.Errorf("%v", err)
	}
}

// It waits for no other run of the dossier, but is refused while one is executed.
func TestFailedOfIsRefusedBesideAnotherRun(t *testing.T) {
	t.Parallel()
	w, r, first := partly(t)
	again := w.failedOf(r, first)
	other := w.runner()
	stop, ended := make(chan struct{}), make(chan struct{})
	w.front.play(func(string, int) fate { <-stop; return served }) // until it is certain that the other was refused
	go func() {
		defer close(ended)
		if _, err := w.push(r, named(december)); err != nil {
			t.Error(err)
		}
	}()
	<-w.front.began
	w.wantBusy(w.push(other, func(n *jobs.NewRun) { named(december)(n); again(n) }))
	close(stop)
	<-ended
}
