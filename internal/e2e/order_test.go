package e2e

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
)

const (
	october  = jobs.Period("2026-10")
	december = jobs.Period("2026-12")
)

func (w *world) wantOrder(run *jobs.Run, err error, newer bool, other int64) {
	w.t.Helper()
	var order *jobs.OrderError
	if run != nil || !errors.As(err, &order) || order.Newer != newer || order.Other.ID != other {
		w.t.Fatalf("run %+v, error %v; want an order error because of run %d", run, err, other)
	}
}

// A month that is not finished is not forgotten in silence when the next one is due.
func TestUnfinishedMonthBlocksTheNextUnlessNamed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.nextMonth(december)
	november := w.stuck(r, nil)
	run, err := w.push(r, func(n *jobs.NewRun) { n.Period = december })
	w.wantOrder(run, err, false, november.ID)
	if len(w.sandbox.Received(dossier)) != 0 {
		t.Fatal("something was sent")
	}
	w.run(r, jobs.Succeeded, named(december))
	w.wantDelivered(december)
	w.resume(r, november.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// Someone uncertain may be paid or not: that month is not finished either.
func TestUncertainEmployeeKeepsTheMonthOpen(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	november := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	run, err := w.push(r, func(n *jobs.NewRun) { n.Period = december })
	w.wantOrder(run, err, false, november.ID)
}

// A month whose run failed before its plan is not finished by a run for one employee alone: all others are unpaid.
func TestPartialRunNeverFinishesTheMonth(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.exec(`ALTER TABLE staging.payroll_element RENAME TO away`)
	november := w.run(r, jobs.Failed, nil)
	if november.Failure.Code != jobs.ReasonStaging || november.Planned {
		t.Fatalf("%+v", november.Failure)
	}
	w.exec(`ALTER TABLE staging.away RENAME TO payroll_element`)
	w.run(r, jobs.Succeeded, employees("00001"))
	run, err := w.push(r, func(n *jobs.NewRun) { n.Period = december })
	w.wantOrder(run, err, false, november.ID)
	w.run(r, jobs.Succeeded, nil)
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { n.Period = december })
}

// Where the partner keeps one document per employee, an older month would overwrite a newer one: neither a run nor a
// resume may send it, even when it is named.
func TestOlderMonthNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.job.Scope = jobs.ScopeEmployee
	w.nextMonth(december)
	w.nextMonth(october)
	november := w.stuck(r, nil)
	newer := w.run(r, jobs.Succeeded, named(december))
	deliveries := w.sandbox.Stats().Deliveries
	run, err := w.push(r, named(october))
	w.wantOrder(run, err, true, newer.ID)
	run, err = w.push(r, named(period))
	w.wantOrder(run, err, true, newer.ID)
	run, err = r.ResumePush(t.Context(), &w.job, november.ID)
	w.wantOrder(run, err, true, newer.ID)
	if n := w.sandbox.Stats().Deliveries; n != deliveries {
		t.Errorf("%d documents of an older month were sent", n-deliveries)
	}
	w.run(r, jobs.Succeeded, named(december))
}
