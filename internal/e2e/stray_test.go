package e2e

import (
	"fmt"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

var (
	forAstray = []jobs.Rule{jobs.RuleAstray}
	forLost   = []jobs.Rule{jobs.RuleLost}
)

// respell writes the matricule of somebody's elements otherwise, of at most so many.
func (w *world) respell(matricule, as string, most int) {
	w.t.Helper()
	w.exec(`UPDATE staging.payroll_element SET matricule = $2 WHERE ctid IN (SELECT ctid FROM staging.payroll_element WHERE matricule = $1
		LIMIT $3)`, matricule, as, most)
}

// wantOwner wants the elements of nobody to be told with whom they may belong to.
func (w *world) wantOwner(r *jobs.Runner, run *jobs.Run, orphan string, code mapping.ProblemCode, owner string) {
	w.t.Helper()
	p := w.wantProblem(r, run, orphan, code)
	if owner == "" && p.Nearest == nil {
		return
	}
	if len(p.Nearest) != 1 || p.Nearest[0].Code != owner {
		w.t.Errorf("%s: %+v, not %s", orphan, p.Nearest, owner)
	}
}

// An export that lost zeros in the elements alone sends nobody an empty list: whoever had elements is held, with the
// elements that may be theirs, and the others go.
func TestElementsThatLostTheirEmployeeHoldThem(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.loosen()
	w.job.Guards.CodeTotals = off // eight are few
	w.run(r, jobs.Succeeded, nil)
	for _, c := range []struct{ matricule, spelled string }{{"00001", "1"}, {"00002", "00002 "}, {"00003", "００003"}, {"00004", "4.0"},
		{"00005", "000 05"}} {
		w.respell(c.matricule, c.spelled, 99)
	}
	w.respell("00006", "6", 1) // some of hers alone
	w.rename("00007", "CORRIGE")
	before := w.received()
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAstray, "00002": forAstray, "00003": forAstray, "00004": forAstray,
		"00005": forAstray, "00006": forAstray})
	w.wantOwner(r, run, "1", mapping.ProblemMissingEmployee, "00001")
	w.wantOwner(r, run, "00002 ", mapping.ProblemBadKey, "00002")
	w.wantOwner(r, run, "4.0", mapping.ProblemMissingEmployee, "00004")
	w.wantOwner(r, run, "6", mapping.ProblemMissingEmployee, "00006")
	if f := w.item(r, run, "00001").Findings[0]; f.N != 3 || len(f.Keys) != 1 || f.Keys[0] != "1" {
		t.Errorf("%+v", f)
	}
	after := w.received()
	for i := 1; i <= 6; i++ {
		key := fmt.Sprintf("%05d", i)
		if string(before[key].Document) != string(after[key].Document) {
			t.Errorf("%s was overwritten with %s", key, after[key].Document)
		}
	}
	if w.held("00007") != "CORRIGE" {
		t.Error("who has nothing to do with it did not go")
	}

	// Mended, they go by themselves.
	w.exec(`UPDATE staging.payroll_element SET matricule = '0000' || CASE matricule WHEN '00002 ' THEN '2' WHEN '００003' THEN '3' WHEN '4.0'
		THEN '4' WHEN '000 05' THEN '5' ELSE right(matricule, 1) END`)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// In a new month nothing was sent yet: whoever had elements as a rule, and has none while somebody's are astray, is held,
// even when nothing tells whose they are. Nobody is held where none are astray, or where there never were any.
func TestElementsThatLostTheirEmployeeInANewMonth(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.loosen()
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00008'`)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.respell("00001", "X-99", 99)
	w.respell("00002", "2", 99)
	run := w.run(r, jobs.Incomplete, named(december))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forLost, "00002": forAstray})
	w.wantOwner(r, run, "X-99", mapping.ProblemMissingEmployee, "")
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule IN ('X-99', '2')`) // they have none this month
	w.run(r, jobs.Succeeded, named(december))
}

// The other way round, with a whole staff: the master data lost its zeros.
func TestMasterDataThatLostItsZeros(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 4, 0)
	w.loosen()
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET matricule = ltrim(matricule, '0')`)
	w.job.Guards.UniqueFields, w.job.Guards.Departed, w.job.Guards.CodeTotals = nil, off, off
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"1": forAstray, "2": forAstray, "3": forAstray, "4": forAstray})
	if run.Counts.Accepted != 0 {
		t.Errorf("%+v", run.Counts)
	}
}

// The owner is named even when nothing of that employee would be sent.
func TestOwnerWhoIsUnchangedIsNamed(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 4, 0)
	w.loosen()
	w.run(r, jobs.Succeeded, nil)
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, '1', period, code, quantity, amount FROM staging.payroll_element WHERE
		matricule = '00001' LIMIT 1`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantOwner(r, run, "1", mapping.ProblemMissingEmployee, "00001")
	if run.Counts.Held != 0 || run.Counts.Unchanged != 4 {
		t.Errorf("%+v", run.Counts)
	}
}

// A run for some employees reads their elements alone, by their matricule: whose elements stand under another spelling is
// held all the same.
func TestElementsThatLostTheirEmployeeHoldARunForSome(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.loosen()
	w.job.Guards.Elements, w.job.Guards.CodeTotals = off, off
	w.run(r, jobs.Succeeded, nil)
	w.respell("00001", "1", 99)
	w.respell("00002", "X-99", 99)
	w.respell("00003", "3", 1)
	w.rename("00004", "CORRIGE")
	run := w.run(r, jobs.Incomplete, employees("00001", "00002", "00003", "00004"))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAstray, "00002": forLost, "00003": forAstray})
	if run.Counts.Accepted != 1 || run.Counts.EmployeesRead != 4 {
		t.Errorf("%+v", run.Counts)
	}
}
