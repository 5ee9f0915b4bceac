package e2e

import (
	"context"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/sandbox"
	"syncd/internal/store"
)

// usual are the guards as the sample configuration has them.
func (w *world) usual() jobs.Guards {
	w.t.Helper()
	job, err := sampleConfig(w.t).PushJob("paie")
	w.must(err)
	return job.Guards
}

// Somebody whose employee row alone has gone, while elements remain, is departed and can be settled.
func TestDepartedWithElementsLeftCanBeSettled(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'`)
	run := w.run(r, jobs.Incomplete, nil)
	settled, err := storeOf(r).Settle(t.Context(), run.ID, []string{"00004"}, ledger.SettleWithdrawn, "marie", "undone there", 0)
	w.must(err)
	if settled.Counts.Departed != 0 || settled.Counts.ElementsBlocked == 0 {
		t.Errorf("%+v", settled.Counts)
	}
}

// People whom their codes blocked have passed no guard: once the codes are mended they are as new as before.
func TestBlockedEmployeesWereNotJudged(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 20)
	w.job.Guards = w.usual()
	w.job.Guards.UniqueFields = nil
	w.run(r, jobs.Succeeded, nil)
	w.exec(`INSERT INTO staging.employee SELECT (jsonb_populate_record(e, jsonb_build_object('matricule', '9' || matricule, 'fonction',
		'NOCODE'))).* FROM staging.employee e`)
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, '9' || matricule, period, code, quantity * 100, amount * 100 FROM
		staging.payroll_element`)
	w.run(r, jobs.Incomplete, nil)
	w.exec(`UPDATE staging.employee SET fonction = (SELECT fonction FROM staging.employee WHERE matricule = '00001') WHERE matricule LIKE '9%'`)
	w.run(r, jobs.Held, nil)
}

// One employee who was approved as a try does not open production for everyone.
func TestATryDoesNotOpenProduction(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 10)
	w.job.Guards = w.usual()
	production := func(n *jobs.NewRun) { n.Target.Environment = "production" }
	pull := w.pullRequest()
	production(&pull)
	_, err := r.Pull(context.Background(), &w.pull, pull)
	w.must(err)
	one := w.run(r, jobs.Held, func(n *jobs.NewRun) { production(n); n.Employees = []string{"00001"} })
	w.approve(r, one.ID, "just one, to try")
	w.resume(r, one.ID, jobs.Succeeded)
	w.run(r, jobs.Held, production)
}

// Guards see as far back with what diffs were purged of.
func TestPurgedDiffsDoNotBlindGuards(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	w.job.Guards = w.usual()
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '31 days', started_at = started_at - interval '31 days', created_at =
		created_at - interval '31 days'`)
	_, err := storeOf(r).Purge(t.Context(), store.PurgeOrder{Share: 1,
		Cutoffs: func(now time.Time) store.Cutoffs { return store.Cutoffs{Diffs: now.AddDate(0, 0, -30)} }})
	w.must(err)
	w.exec(`UPDATE staging.employee SET nom_naissance = 'X' || nom_naissance`)
	w.nextMonth(december)
	w.run(r, jobs.Held, named(december))
}

// Whom the API refused was judged with that very document, and with no other.
func TestRefusalIsNoLicence(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 20)
	w.job.Guards = w.usual()
	w.job.Guards.HoldFields = nil
	first := w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	var faults sandbox.Faults
	for _, item := range w.items(storeOf(r), first.ID) {
		faults.Reject = append(faults.Reject, item.Key)
	}
	w.must(w.sandbox.SetFaults(faults))
	w.run(r, jobs.Incomplete, named(december))
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.exec(`UPDATE staging.employee SET nom_naissance = prenom, prenom = nom_naissance`) // the export shifts its columns
	w.run(r, jobs.Held, named(december))
}

// A closed month that staging can no longer show is told, and keeps nobody of this month from being paid.
func TestUnreadableClosedMonthIsANotice(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.run(r, jobs.Succeeded, nil)
	_, err := storeOf(r).ClosePeriod(t.Context(), w.request().Target, period, ledger.Closure{By: "marie", Reason: "paid"})
	w.must(err)
	w.nextMonth(december)
	w.job.Source.Children = append([]jobs.ChildSource(nil), w.job.Source.Children...)
	w.job.Source.Children[0].Rows = `SELECT * FROM staging.payroll_element WHERE dossier = @dossier AND period = @period
		AND (1 / (CASE WHEN @period = '2026-11' THEN 0 ELSE 1 END)) = 1`
	run := w.run(r, jobs.Succeeded, named(december))
	if len(run.Findings) != 1 || run.Findings[0].Rule != jobs.RuleLateUnknown || run.Findings[0].Period != period {
		t.Errorf("%+v", run.Findings)
	}
}
