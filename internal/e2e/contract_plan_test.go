package e2e

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
)

// An approval from before the API changed is none for what it takes now.
func TestAnApprovalFromBeforeTheChange(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 6)
	w.run(r, jobs.Succeeded, nil)
	w.job.Guards.Updated = jobs.Limit{Count: 2}
	w.moveAll("1 rue du Plan")
	held := w.wantHeldRun(r, nil, jobs.RuleUpdated)
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf())
	w.must(err)
	w.shows(map[string]int{"Adresse.Voie": 5})
	w.wantOutdated(r, held.ID)
	_, err = storeOf(r).Approve(t.Context(), held.ID, approvalOf())
	var refused *jobs.ContractError
	if !errors.As(err, &refused) || !refused.Outdated {
		t.Fatalf("%v", err)
	}
	w.wantReleased(w.accept(r))
	w.wantSent(6)
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Blocked != 6 {
		t.Errorf("%+v", run.Counts)
	}
	w.exec(`UPDATE staging.employee SET voie = 'ici'`)
	w.job.Guards = unguarded
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// What was planned under a contract that has changed for the worse is planned afresh, also when the change was accepted in
// between; whom the old plan had sent is not sent again.
func TestAPlanFromBeforeTheChangeIsPlannedAfresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meets    func(string, int) fate
		sent     int64
		accepted bool // before the run is taken up again
	}{
		"nothing was sent":                     {always(away), 0, false},
		"half was sent":                        {halfAway, 4, false},
		"nothing was sent, and it is accepted": {always(away), 0, true},
		"half was sent, and it is accepted":    {halfAway, 4, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := newDescribed(t, 8)
			w.front.play(c.meets)
			run := w.run(r, jobs.Incomplete, nil)
			w.wantSent(c.sent)
			w.front.play(nil)
			w.shows(map[string]int{"Adresse.Voie": 99})
			w.exec(`UPDATE staging.employee SET voie = repeat('x', 120) WHERE matricule = '00007'`)
			if c.accepted {
				w.look(r, period) // somebody sees it
				w.accept(r)
			}
			w.wantOutdated(r, run.ID)
			wantSum(t, w.again(r, run).Counts)
			if !c.accepted {
				held := w.wantHeldRun(r, nil, jobs.RuleContract)
				w.wantReleased(w.accept(r), held.ID)
				w.resume(r, held.ID, jobs.Incomplete)
			} else {
				w.run(r, jobs.Incomplete, nil)
			}
			w.wantDelivered(period, "00007")
			w.exec(`UPDATE staging.employee SET voie = 'ici' WHERE matricule = '00007'`)
			w.run(r, jobs.Succeeded, nil)
			w.wantDelivered(period)
			w.wantSent(8)
		})
	}
}

func halfAway(matricule string, _ int) fate {
	if matricule > "00004" {
		return away
	}
	return served
}

// A change that breaks nothing is in nobody's way: a plan from before it goes on.
func TestAPlanFromBeforeAnAdditionGoesOn(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 4)
	w.front.play(always(away))
	run := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.shows(nil, "Salarie.Surnom")
	w.resume(r, run.ID, jobs.Succeeded)
	next := w.run(r, jobs.Succeeded, nil)
	if told(next, jobs.RuleContractAdded) != 1 {
		t.Errorf("%+v", next.Findings)
	}
	if again := w.run(r, jobs.Succeeded, nil); len(again.Findings) != 0 {
		t.Errorf("it is told again: %+v", again.Findings)
	}
	w.wantDelivered(period)
}
