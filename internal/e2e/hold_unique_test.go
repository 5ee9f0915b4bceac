package e2e

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

// shares gives one employee the account, or the social security number, of another.
func (w *world) shares(column, matricule, with string) {
	w.exec(`UPDATE staging.employee SET `+column+` = (SELECT `+column+` FROM staging.employee WHERE matricule = $2) WHERE matricule = $1`,
		matricule, with)
}

// rehire gives an employee another matricule, with whatever else is as it was.
func (w *world) rehire(from, to string) {
	for _, table := range []string{"payroll_element", "employee"} {
		w.exec(`UPDATE staging.`+table+` SET matricule = $2 WHERE matricule = $1`, from, to)
	}
}

// Two matricules with one account or one social security number are one person who is paid twice.
func TestSharedValueInStagingHoldsBoth(t *testing.T) {
	t.Parallel()
	for column, path := range map[string]string{"iban": "Iban", "nir": "Nir"} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 0)
			w.shares(column, "00002", "00005")
			w.shares(column, "00003", "00005")
			run := w.run(r, jobs.Incomplete, nil)
			w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forShared, "00003": forShared, "00005": forShared})
			w.wantOthers(r, run, "00002", path, "00003", "00005")
			w.wantOthers(r, run, "00005", path, "00002", "00003")
			w.wantSent(5)
		})
	}
}

// Who is hired again under a new matricule, months after leaving under the old one, is seen before being paid as two.
func TestRehireUnderANewMatriculeIsHeld(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`CREATE TABLE away AS SELECT * FROM staging.employee WHERE matricule = '00003'`)
	w.dismiss(2, 1)
	for _, p := range []jobs.Period{december, january} {
		w.nextMonth(p)
		w.run(r, jobs.Succeeded, named(p))
	}
	w.exec(`INSERT INTO staging.employee SELECT * FROM away`)
	w.rehire("00003", "00099")
	w.nextMonth("2027-02")
	run := w.run(r, jobs.Incomplete, named("2027-02"))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00099": {jobs.RuleUnique, jobs.RuleUnique}})
	w.wantOthers(r, run, "00099", "Iban", "00003")
	w.wantOthers(r, run, "00099", "Nir", "00003")
}

// Matricules that are all numbered anew would pay everyone twice: the run is held, and behind it each employee.
func TestRenumberedStaffIsHeldTwice(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET matricule = 'N' || matricule`)
	w.exec(`UPDATE staging.payroll_element SET matricule = 'N' || matricule`)
	w.nextMonth(december)
	run := w.wantHeldRun(r, named(december), jobs.RuleDeparted, jobs.RuleCreated)
	if run.Counts.Held != 8 {
		t.Errorf("%+v", run.Counts)
	}
	w.release(r, run, jobs.Incomplete) // the run alone: nobody of it goes
	w.wantSent(8)
}

// Two accounts that are swapped pay each salary to the other person.
func TestSwappedIBANsAreHeld(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.HoldFields = nil // the swap alone is seen
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee e SET iban = o.iban FROM staging.employee o WHERE (e.matricule, o.matricule) IN (('00002', '00003'),
		('00003', '00002'))`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forShared, "00003": forShared})
	w.wantOthers(r, run, "00002", "Iban", "00003")
}

// An account that a colleague gives up today is still the colleague's at the API.
func TestIBANThatWasJustGivenUpIsStillShared(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.job.Guards.HoldFields = nil
	w.run(r, jobs.Succeeded, nil)
	w.shares("iban", "00002", "00003")
	w.rebank("00003")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forShared})
	w.wantOthers(r, run, "00002", "Iban", "00003")
	w.run(r, jobs.Succeeded, nil) // once the partner has the colleague's new one
	w.wantDelivered(period)
}

// An account is the same with spaces and in small letters.
func TestSharedIBANIsSeenHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.run(r, jobs.Succeeded, nil)
	w.hire(1)
	w.exec(`UPDATE staging.employee SET iban = (SELECT lower(regexp_replace(iban, '(.{4})', '\1 ', 'g')) || E' \t' FROM staging.employee WHERE matricule = '00004')
		WHERE matricule = '00009'`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00009": forShared})
	w.wantOthers(r, run, "00009", "Iban", "00004")
}

// A run for one person sees those whom it does not read: who is there, and who has left.
func TestPartialRunSeesSharedValues(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 2)
	w.run(r, jobs.Succeeded, nil)
	w.hire(2)
	w.shares("iban", "00009", "00003")
	w.exec(`UPDATE staging.employee SET nir = (SELECT nir FROM staging.employee WHERE matricule = '00008') WHERE matricule = '00010'`)
	w.dismiss(7, 1)
	run := w.run(r, jobs.Incomplete, employees("00009", "00010"))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00009": forShared, "00010": forShared})
	w.wantOthers(r, run, "00009", "Iban", "00003")
	w.wantOthers(r, run, "00010", "Nir", "00008")
	w.wantSent(8)
}

// A couple with one account, once approved, is not asked about each month; a third person on it is.
func TestSharedIBANThatWasApprovedIsNotHeldAgain(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.shares("iban", "00002", "00003")
	w.release(r, w.run(r, jobs.Incomplete, nil), jobs.Succeeded)
	w.rename("00002", "CORRIGE")
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, named(december))
	w.run(r, jobs.Succeeded, func(n *jobs.NewRun) { named(december)(n); employees("00003")(n) })
	w.hire(1)
	w.shares("iban", "00009", "00002")
	run := w.run(r, jobs.Incomplete, named(december))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00009": forShared})
	w.wantOthers(r, run, "00009", "Iban", "00002", "00003")
}

// People without an account, as some are, share none.
func TestNoValueIsNotShared(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.exec(`UPDATE staging.employee SET iban = NULL WHERE matricule IN ('00001', '00002')`)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// What was confirmed for a later month does not open an earlier one, in which the other matricule was paid already.
func TestAConfirmedRehireIsNotPaidForAnOlderMonth(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 8)
	w.job.Guards.UniqueFields = []string{"Nir"}
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	for _, table := range []string{"employee", "payroll_element"} {
		w.exec(`UPDATE staging.` + table + ` SET matricule = '00098' WHERE matricule = '00008'`)
	}
	later := w.run(r, jobs.Incomplete, named(december))
	_, err := storeOf(r).Approve(t.Context(), later.ID,
		store.Approval{By: "marie", Reason: "she was hired again", Employees: []string{"00098"}})
	w.must(err)
	w.resume(r, later.ID, jobs.Succeeded)
	older := w.run(r, jobs.Incomplete, nil)
	if older.Counts.Held != 1 || older.Counts.Accepted != 0 {
		t.Errorf("%+v", older.Counts)
	}
}
