package e2e

import (
	"testing"

	"syncd/internal/jobs"
)

// What a person approved does not ask again: who must approve the same thing each day soon approves without looking.

func TestApprovedNewcomersDoNotHoldTheNextDay(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	w.release(r, w.wantHeldRun(r, nil, jobs.RuleCreated), jobs.Succeeded)
	w.rename("00010", "CORRIGE")
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Unchanged != 13 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period)
}

// Newcomers whom the API refused were approved all the same: the next run tries them again.
func TestApprovedNewcomersWhoWereRefusedGoAgain(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.front.play(always(refused))
	w.release(r, held, jobs.Incomplete)
	w.front.play(nil)
	if run := w.run(r, jobs.Succeeded, nil); run.Counts.Accepted != 6 {
		t.Errorf("%+v", run.Counts)
	}
}

// Where the first run was refused for everyone, everyone is still new, and known to be.
func TestFirstRunThatWasRefusedGoesAgain(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.front.play(always(refused))
	w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.run(r, jobs.Succeeded, nil)
}

func TestApprovedDeparturesThatNobodySettledDoNotHoldTheNextDay(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(5, 3)
	w.release(r, w.wantHeldRun(r, nil, jobs.RuleDeparted), jobs.Incomplete)
	w.rename("00001", "CORRIGE")
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Departed != 3 || run.Counts.Accepted != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.dismiss(2, 2) // two more are few
	w.run(r, jobs.Incomplete, nil)
	w.dismiss(1, 1)
	w.run(r, jobs.Incomplete, nil)
}

// A departure that was only shown by a run which a person refused was not approved.
func TestDeparturesThatWereRefusedAreNotForgotten(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.dismiss(5, 3)
	held := w.wantHeldRun(r, nil, jobs.RuleDeparted)
	_, err := storeOf(r).Cancel(t.Context(), held.ID, "marie", "half an import")
	w.must(err)
	w.wantHeldRun(r, nil, jobs.RuleDeparted)
	w.nextMonth(december)
	w.wantHeldRun(r, named(december), jobs.RuleDeparted)
}

// Who left between two months, and was approved, holds neither the next correction nor the next month.
func TestApprovedLeaversDoNotHoldAgain(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.dismiss(5, 3)
	w.release(r, w.wantHeldRun(r, named(december), jobs.RuleDeparted), jobs.Succeeded)
	w.rename("00001", "CORRIGE")
	w.run(r, jobs.Succeeded, named(december))
	w.nextMonth(january)
	w.run(r, jobs.Succeeded, named(january))
}

// A month without elements that a person approved takes its corrections.
func TestApprovedMonthWithoutElementsTakesCorrections(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.release(r, w.wantHeldRun(r, named(december), jobs.RuleNoElements, jobs.RuleElements), jobs.Succeeded)
	w.rename("00001", "CORRIGE")
	w.run(r, jobs.Succeeded, named(december))
	w.nextMonth(december) // entered at last: as usual
	w.run(r, jobs.Succeeded, named(december))
	w.wantDelivered(december)
}

// Nor does a month without elements ask again where there was never another.
func TestFirstMonthWithoutElementsTakesCorrections(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.exec(`DELETE FROM staging.payroll_element`)
	w.release(r, w.wantHeldRun(r, nil, jobs.RuleNoElements), jobs.Succeeded)
	w.rename("00001", "CORRIGE")
	w.run(r, jobs.Succeeded, nil)
}

// A code that is gone this month, or doubled, and was approved so, does not hold the next correction.
func TestApprovedTotalsTakeCorrections(t *testing.T) {
	t.Parallel()
	for name, amount := range map[string]string{"doubled": "100001", "gone": "0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 0)
			w.job.Guards.MaxAmount = 0
			w.job.Guards.CodeTotals = jobs.Limit{Count: jobs.NoCount, Share: 0.5, Floor: 200}
			w.exec(`DELETE FROM staging.payroll_element WHERE code = 'PRIME_EXC'`)
			w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00001', $2, 'PRIME_EXC', NULL, 50000)`, dossier, string(period))
			w.history(r)
			w.bonus(amount)
			held := w.wantHeldRun(r, nil, jobs.RuleCodeTotal)
			w.release(r, held, jobs.Succeeded)
			w.rename("00002", "CORRIGE")
			w.run(r, jobs.Succeeded, nil)
		})
	}
}

// history sends the three months before with what this one has.
func (w *world) history(r *jobs.Runner) {
	w.t.Helper()
	for _, p := range []jobs.Period{"2026-08", "2026-09", october} {
		w.nextMonth(p)
		w.run(r, jobs.Succeeded, named(p))
	}
}

// Three months on, a month is measured by what is usual, not by the one odd month in between.
func TestUsualIsTheMedianOfTheMonths(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.MaxAmount = 0
	w.exec(`DELETE FROM staging.payroll_element WHERE code = 'PRIME_EXC'`)
	w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00001', $2, 'PRIME_EXC', NULL, 1000)`, dossier, string(period))
	w.history(r)
	w.exec(`UPDATE staging.payroll_element SET amount = 3000 WHERE code = 'PRIME_EXC' AND period = '2026-10'`)
	w.release(r, w.wantHeldRun(r, named(october), jobs.RuleCodeTotal), jobs.Succeeded)
	w.bonus("2000.01")
	w.wantHeldRun(r, nil, jobs.RuleCodeTotal)
	w.bonus("2000")
	w.run(r, jobs.Succeeded, nil)
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, matricule, $1, code, quantity, amount FROM staging.payroll_element, generate_series(1, 2)
		WHERE period = $2 AND code <> 'PRIME_EXC'`, string(december), string(period))
	run := w.run(r, jobs.Held, named(december))
	if f := finding(t, run.Findings, jobs.RuleElements); f.Of != count(t, w, `SELECT count(*) FROM staging.payroll_element WHERE period = $1`,
		string(period)) {
		t.Errorf("%+v", f)
	}
}
