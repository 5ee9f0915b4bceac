package e2e

import (
	"fmt"
	"testing"

	"syncd/internal/jobs"
)

// double enters everybody's elements twice.
func (w *world) double() {
	w.exec(`INSERT INTO staging.payroll_element SELECT * FROM staging.payroll_element`)
}

// of is a run for some employees of a month.
func of(p jobs.Period, keys ...string) func(*jobs.NewRun) {
	return func(n *jobs.NewRun) { named(p)(n); n.Employees = keys }
}

// What is held as a whole does not go person by person: not while it is held, nor once it was given up.
func TestDoubledExportDoesNotGoPersonByPerson(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.double()
	whole := w.wantHeldRun(r, named(december), jobs.RuleElements)
	one := w.wantHeldRun(r, of(december, "00001"), jobs.RuleHeldRun, jobs.RuleElements)
	if f := finding(t, one.Findings, jobs.RuleHeldRun); f.Run != whole.ID {
		t.Errorf("%+v", f)
	}
	for _, run := range []*jobs.Run{one, whole} {
		_, err := storeOf(r).Cancel(t.Context(), run.ID, "marie", "the export is doubled")
		w.must(err)
	}
	for i := 1; i <= 8; i++ {
		held := w.wantHeldRun(r, of(december, fmt.Sprintf("%05d", i)), jobs.RuleElements)
		_, err := storeOf(r).Cancel(t.Context(), held.ID, "marie", "it is doubled, too")
		w.must(err)
	}
	if n := len(w.receivedOf(december)); n != 0 {
		t.Errorf("%d were sent", n)
	}
	// A person may say that it is right.
	w.release(r, w.wantHeldRun(r, of(december, "00001"), jobs.RuleElements), jobs.Succeeded)
}

// Nor does a run that holds some concern others, and an ordinary month goes for some as it would for all.
func TestRunForSomeWithinTheirOwnPast(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, of(december, "00001", "00002"))
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, matricule, period, 'PRIME_EXC', NULL, 10 FROM staging.payroll_element
		WHERE matricule = '00003' AND period = '2026-12' LIMIT 1`) // one more is no doubling
	w.run(r, jobs.Succeeded, of(december, "00003"))
	w.run(r, jobs.Succeeded, named(december))
}

// Several runs for some employees of a month add up: so many new ones, or changed ones, do not go one by one either.
func TestRunsForSomeAddUp(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.job.Guards.Created = jobs.Limit{Count: 3, Share: jobs.NoShare}
	w.job.Guards.Updated = jobs.Limit{Count: 2, Share: jobs.NoShare}
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	for i := 9; i <= 11; i++ {
		w.run(r, jobs.Succeeded, of(period, fmt.Sprintf("%05d", i)))
	}
	held := w.wantHeldRun(r, of(period, "00012"), jobs.RuleCreated)
	if f := finding(t, held.Findings, jobs.RuleCreated); f.N != 4 {
		t.Errorf("%+v", f)
	}
	w.renameFirst(3)
	w.run(r, jobs.Succeeded, of(period, "00001"))
	w.run(r, jobs.Succeeded, of(period, "00002"))
	w.wantHeldRun(r, of(period, "00003"), jobs.RuleUpdated)
	// What a person let go counts no more.
	w.release(r, held, jobs.Succeeded)
	_, err := storeOf(r).Cancel(t.Context(), w.wantHeldRun(r, of(period, "00013"), jobs.RuleCreated).ID, "marie", "not yet")
	w.must(err)
}

// What only a run of everyone can see holds an employee in a run for some, too, while the document is the same.
func TestHoldsOfARunOfEveryoneGoOn(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.loosen()
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.respell("00001", "1", 99)
	w.wantHeldItems(r, w.run(r, jobs.Incomplete, named(december)), map[string][]jobs.Rule{"00001": forAstray})
	run, err := r.Push(t.Context(), &w.job, func() jobs.NewRun { n := w.request(); of(december, "00001")(&n); return n }())
	w.must(err)
	if run.State != jobs.Held && run.Counts.Held != 1 {
		t.Errorf("%s %+v", run.State, run.Counts)
	}
	if f := w.item(r, run, "00001").Findings; len(f) != 1 || f[0].Rule != jobs.RuleAstray {
		t.Errorf("%+v", f)
	}
}
