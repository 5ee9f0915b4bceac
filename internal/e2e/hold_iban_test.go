package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"syncd/internal/jobs"
)

var (
	forChange = []jobs.Rule{jobs.RuleHoldField}
	forShared = []jobs.Rule{jobs.RuleUnique}
)

// rebank gives an employee the bank account of a newcomer: one that nobody has.
func (w *world) rebank(matricule string) {
	w.exec(`UPDATE staging.employee SET iban = (SELECT iban FROM newcomer ORDER BY matricule DESC LIMIT 1) WHERE matricule = $1`, matricule)
}

// bank is the account that the API pays an employee to.
func (w *world) bank(matricule string, p jobs.Period) string {
	w.t.Helper()
	var document struct{ Iban string }
	if r, ok := w.receivedOf(p)[matricule]; ok {
		w.must(json.Unmarshal(r.Document, &document))
	}
	return document.Iban
}

// A salary that somebody else asks to be paid to another account stays where it is, and all others go.
func TestChangedIBANIsHeldWhileTheOthersGo(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.run(r, jobs.Succeeded, nil)
	before := w.bank("00003", period)
	w.rebank("00003")
	w.rename("00003", "CORRIGE")
	w.rename("00004", "CORRIGE")
	for range 2 { // however often it is planned
		run := w.run(r, jobs.Incomplete, nil)
		w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forChange})
		if f := w.item(r, run, "00003").Findings[0]; f.Path != "Iban" {
			t.Errorf("%+v", f)
		}
		if w.bank("00003", period) != before || w.held("00003") == "CORRIGE" || w.held("00004") != "CORRIGE" {
			t.Fatalf("the partner has %s and %s", w.held("00003"), w.held("00004"))
		}
	}
	w.release(r, w.run(r, jobs.Incomplete, nil), jobs.Succeeded, "00003")
	w.wantDelivered(period)
	w.run(r, jobs.Succeeded, nil)
}

// An account that is changed with the new month is compared with the month before.
func TestChangedIBANIsHeldInANewMonth(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.rebank("00003")
	run := w.run(r, jobs.Incomplete, named(december))
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00003": forChange})
	if run.Counts.Accepted != 7 || w.bank("00003", december) != "" {
		t.Errorf("%+v, paid to %q", run.Counts, w.bank("00003", december))
	}
	w.release(r, run, jobs.Succeeded)
	w.wantDelivered(december)
	w.nextMonth(january)
	w.run(r, jobs.Succeeded, named(january))
}

// A change that is taken back in staging holds nobody, and the held plan of it can no longer go.
func TestIBANThatIsTakenBackHoldsNobody(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.run(r, jobs.Succeeded, nil)
	before := w.bank("00003", period)
	w.rebank("00003")
	held := w.run(r, jobs.Incomplete, nil)
	w.exec(`UPDATE staging.employee SET iban = $1 WHERE matricule = '00003'`, before)
	w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, held, "00003", jobs.ItemSuperseded, jobs.ReasonReplanned)
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf("00003"))
	wantNotHeld(t, err, "00003")
	w.wantSent(8)
}

// An object's name holds whatever changes below it.
func TestHoldFieldsTakeWholeObjects(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.job.Guards.HoldFields = []string{"Adresse"}
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET ville = 'AILLEURS' WHERE matricule = '00002'`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forChange})
	if f := w.item(r, run, "00002").Findings[0]; f.Path != "Adresse.Ville" {
		t.Errorf("%+v", f)
	}
}

// others are whom a finding names.
func (w *world) wantOthers(r *jobs.Runner, run *jobs.Run, matricule, path string, others ...string) {
	w.t.Helper()
	for _, f := range w.item(r, run, matricule).Findings {
		if f.Rule == jobs.RuleUnique && f.Path == path {
			if f.N != len(others) || !slices.Equal(f.Keys, others) {
				w.t.Fatalf("%s shares %s with %q, want %q", matricule, path, f.Keys, others)
			}
			return
		}
	}
	w.t.Fatalf("%s is not told to share %s: %+v", matricule, path, w.item(r, run, matricule).Findings)
}
