package e2e

import (
	"sync"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

var faultless sandbox.Faults

// One element changes: that employee goes, and nobody else.
func TestOneChangedElementSendsOneEmployee(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 10)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.payroll_element SET quantity = 77 WHERE ctid = (SELECT min(ctid) FROM staging.payroll_element WHERE matricule =
		'00004')`)
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Unchanged != 9 || run.Counts.Updated != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantItem(r, run, "00004", jobs.ItemAccepted, jobs.ReasonAccepted)
	w.wantDelivered(period)
}

// A new month pays everyone again, also those with the same elements as before; yet only who really changed is "*".
func TestNextMonthSendsEveryone(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 6)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.rename("00003", "MARIEE")
	run := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period = december })
	if c := run.Counts; c.Accepted != 6 || c.Updated != 1 || c.Repeated != 5 || c.Created != 0 {
		t.Errorf("%+v", c)
	}
	if sign := w.item(r, run, "00003").Difference; sign != jobs.Updated {
		t.Errorf("00003 is %s", sign)
	}
	if sign := w.item(r, run, "00001").Difference; sign != jobs.Unchanged {
		t.Errorf("00001 is %s", sign)
	}
	w.wantDelivered(december)
}

// Who was sent for the month and is gone from staging may be paid by the API: a person must know, each time.
func TestEmployeeWhoDisappearsWithinTheMonthIsDeparted(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00004'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'`)
	for range 2 {
		run := w.run(r, jobs.Incomplete, nil)
		w.wantItem(r, run, "00004", jobs.ItemDeparted, jobs.ReasonDeparted)
		if run.Counts.Departed != 1 || run.Counts.Unchanged != 3 {
			t.Errorf("%+v", run.Counts)
		}
	}
	w.wantDelivered(period, "00004") // nothing is ever deleted
}

// Who left between two months is noted once; the month is whole without them.
func TestEmployeeWhoLeavesBetweenMonthsIsNotedOnce(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00004'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'`)
	run := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period = december })
	w.wantItem(r, run, "00004", jobs.ItemLeft, jobs.ReasonLeft)
	again := w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period = december })
	if run.Counts.Left != 1 || again.Counts.Left != 0 {
		t.Errorf("%+v then %+v", run.Counts, again.Counts)
	}
}

// A run for some employees calls nobody departed and touches nobody else.
func TestPartialRunTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 5)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00005'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00005'`)
	w.rename("00001", "UN")
	w.rename("00002", "DEUX")
	run := w.run(r, jobs.Succeeded, employees("00002"))
	if c := run.Counts; c.EmployeesRead != 1 || c.Accepted != 1 || c.Departed != 0 {
		t.Errorf("%+v", c)
	}
	if w.held("00001") == "UN" || w.held("00002") != "DEUX" {
		t.Errorf("the partner has %s and %s", w.held("00001"), w.held("00002"))
	}
}

// Two runs at once of one dossier would pay it twice: the second one is refused.
func TestSecondRunOfTheSameDossierIsBusy(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 40)
	gate, ended := make(chan struct{}), make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(open)
	w.front.play(func(string, int) fate { <-gate; return served })
	go func() {
		defer close(ended)
		if run, err := w.push(r, nil); err != nil || run.State != jobs.Succeeded {
			t.Errorf("%+v, %v", run, err)
		}
	}()
	<-w.front.began
	w.wantBusy(w.push(w.runner(), nil))
	open()
	<-ended
	if n := w.sandbox.Stats().Deliveries; n != 40 {
		t.Errorf("%d deliveries", n)
	}
}
