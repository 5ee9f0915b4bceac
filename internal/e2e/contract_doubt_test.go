package e2e

import (
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor"
)

// addingDescribed is a world whose API adds what it gets, and shows its contract.
func addingDescribed(t *testing.T, employees int, change func(*isidoor.Options)) (*described, *jobs.Runner) {
	t.Helper()
	w, _ := adding(t, employees)
	w.job.Guards = unguarded
	d := w.describe()
	return d, d.process(change)
}

// With append somebody in doubt stays a person's decision, whatever the new contract says of the document; nobody else
// waits for it, and nothing is added twice.
func TestAppendDoubtUnderAnotherContract(t *testing.T) {
	t.Parallel()
	for name, meets := range map[string]fate{"processed": lost, "not processed": dropped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := addingDescribed(t, 6, once)
			w.front.play(only("00001", meets))
			first := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, first, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
			w.front.play(nil)
			w.shows(map[string]int{"Salarie.NomNaissance": 2})
			run := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, run, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
			w.wantDoubt("00001", true)
			if meets == lost {
				w.settle(r, first, ledger.SettleAccepted, jobs.Succeeded, "00001")
				w.wantSent(6)
				w.wantPaidOnce(6)
				w.run(r, jobs.Succeeded, nil)
				return
			}
			w.settleAny(r, first, ledger.SettlePending, "00001")
			run = w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, run, "00001", jobs.ItemBlocked, jobs.ReasonProblems)
			w.shows(nil)
			w.run(r, jobs.Succeeded, nil)
			w.wantPaidOnce(6)
			w.wantDelivered(period)
		})
	}
}

// A half-sent run of an API that adds: after the change nobody whom it had sent is paid again.
func TestAppendHalfSentBeforeTheChange(t *testing.T) {
	t.Parallel()
	w, r := addingDescribed(t, 8, once)
	w.front.play(halfAway)
	run := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.shows(map[string]int{"Salarie.Email": 200})
	w.wantOutdated(r, run.ID)
	held := w.wantHeldRun(r, nil, jobs.RuleContract)
	w.wantReleased(w.accept(r), held.ID)
	w.resume(r, held.ID, jobs.Succeeded)
	w.wantPaidOnce(8)
	w.wantSent(8)
	w.wantDelivered(period)
}

// Where the API can be asked, doubts are settled before a plan from before the change is held: nothing is repeated.
func TestReadBackSettlesUnderAnotherContract(t *testing.T) {
	t.Parallel()
	w, r := addingDescribed(t, 8, reads(readPath))
	w.job.ReadBack = &jobs.ReadBack{}
	w.front.play(func(m string, n int) fate {
		switch m {
		case "00001":
			return lost
		case "00002":
			return dropped
		}
		return halfAway(m, n)
	})
	run, err := w.push(r, nil)
	w.must(err)
	w.front.play(nil)
	w.shows(map[string]int{"Salarie.Email": 200})
	w.wantOutdated(r, run.ID)
	held := w.wantHeldRun(r, nil, jobs.RuleContract)
	w.wantReleased(w.accept(r), held.ID)
	w.resume(r, held.ID, jobs.Succeeded)
	w.run(r, jobs.Succeeded, nil)
	w.wantPaidOnce(8)
	w.wantDelivered(period)
}

// Somebody in doubt whom the new contract refuses is told as blocked, and as in doubt, by each run until they fit; then
// they are sent again.
func TestInDoubtAndRefusedByTheContract(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 4)
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	w.wantDoubt("00001", true)
	w.front.play(nil)
	w.exec(`UPDATE staging.employee SET voie = 'une longue voie' WHERE matricule = '00001'`)
	w.shows(map[string]int{"Adresse.Voie": 12})
	for range 2 {
		run := w.run(r, jobs.Incomplete, employees("00001"))
		w.wantItem(r, run, "00001", jobs.ItemBlocked, jobs.ReasonProblems)
		if item := w.item(r, run, "00001"); !item.Ambiguous {
			t.Errorf("nobody is told that the API may have something of them: %+v", item)
		}
		w.wantDoubt("00001", true)
	}
	w.accept(r)
	w.exec(`UPDATE staging.employee SET voie = 'ici' WHERE matricule = '00001'`)
	run := w.run(r, jobs.Succeeded, employees("00001"))
	w.wantItem(r, run, "00001", jobs.ItemAccepted, jobs.ReasonAccepted)
	w.wantDoubt("00001", false)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// A run for one employee waits for the acceptance as a run of everyone does, and goes with it; it says nothing of who else
// has gone.
func TestARunOfSomeWaitsForTheContract(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 6)
	w.run(r, jobs.Succeeded, nil)
	w.moveAll("1 rue du Plan")
	w.shows(map[string]int{"Salarie.Email": 200})
	one := w.wantHeldRun(r, employees("00003"), jobs.RuleContract)
	other := w.wantHeldRun(r, employees("00004", "00005"), jobs.RuleContract)
	w.wantReleased(w.accept(r), one.ID, other.ID)
	w.resume(r, one.ID, jobs.Succeeded)
	w.resume(r, other.ID, jobs.Succeeded)
	w.wantSent(9)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	w.wantSent(12)
}

// Send all: whoever is sent although nothing changed is checked like everyone.
func TestSendAllUnderAnotherContract(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 4)
	w.job.Send = jobs.SendAll
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.exec(`UPDATE staging.employee SET voie = 'ici' WHERE matricule = '00001'`)
	w.shows(map[string]int{"Adresse.Voie": 3})
	held := w.wantHeldRun(r, named(december), jobs.RuleContract)
	if held.Counts.Blocked != 3 || told(held, jobs.RuleContractStale) != 0 {
		t.Errorf("%+v %+v", held.Counts, held.Findings)
	}
	w.accept(r)
	w.resume(r, held.ID, jobs.Incomplete)
	w.exec(`UPDATE staging.employee SET voie = 'ici'`)
	w.run(r, jobs.Succeeded, named(december))
	w.wantDelivered(december)
	w.wantSent(8)
}
