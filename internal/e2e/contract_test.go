package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Who does not fit is blocked and told why, the others go; once corrected, they go too.
func TestWhoDoesNotFitTheContractIsBlocked(t *testing.T) {
	t.Parallel()
	for _, send := range []jobs.Send{jobs.SendChanged, jobs.SendAll} {
		t.Run(string(send), func(t *testing.T) {
			t.Parallel()
			w, r := newDescribed(t, 8)
			w.job.Send = send
			w.exec(`UPDATE staging.employee SET nom_usage = repeat('Y', 93) WHERE matricule = '00002'`)
			w.exec(`UPDATE staging.payroll_element SET code = repeat('Z', 21) WHERE matricule = '00003'`) // no such code: the mapping tells
			w.exec(`UPDATE staging.employee SET iban = 'FR76 not an iban' WHERE matricule = '00004'`)
			run := w.run(r, jobs.Incomplete, nil)
			if run.Counts.Accepted != 5 || run.Counts.Blocked != 3 || run.Digests.Contract == "" {
				t.Errorf("%+v %+v", run.Counts, run.Digests)
			}
			w.wantItem(r, run, "00002", jobs.ItemBlocked, jobs.ReasonProblems)
			if p := w.item(r, run, "00002").Problems; len(p) != 1 || p[0].Code != mapping.ProblemTooLong || p[0].Path != "/NomUsage" ||
				p[0].Size != 93 || p[0].Limit.Value != "80" || p[0].Column != "nom_usage" {
				t.Errorf("%+v", p)
			}
			if p := w.item(r, run, "00004").Problems; len(p) != 1 || p[0].Path != "/Iban" || strings.Contains(p[0].Value, "iban") {
				t.Errorf("%+v", p)
			}
			w.wantSent(5)
			w.exec(`UPDATE staging.employee SET nom_usage = NULL, iban = NULL WHERE matricule IN ('00002', '00004')`)
			w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00003'`)
			w.run(r, jobs.Succeeded, nil)
			w.wantDelivered(period)
			w.wantSent(8)
			if again := w.run(r, jobs.Succeeded, nil); again.Counts.Unchanged != 8 {
				t.Errorf("%+v", again.Counts)
			}
		})
	}
}

// A contract that takes less holds the next run that would send. An approval is no way around it; an acceptance lets what
// was planned go, byte for byte, whatever staging holds by then.
func TestDriftHoldsUntilAccepted(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 6)
	w.run(r, jobs.Succeeded, nil)
	w.shows(map[string]int{"Salarie.Email": 200})
	if run := w.run(r, jobs.Succeeded, nil); told(run, jobs.RuleContract) != 1 || len(holding(run.Findings)) != 0 {
		t.Errorf("a run that sends nothing: %+v", run.Findings)
	}
	w.moveAll("1 rue du Plan")
	plan, frozen := w.look(r, period)
	if got := holding(frozen.Findings); len(got) != 1 || got[0] != jobs.RuleContract {
		t.Errorf("a look at the plan tells %v", got)
	}
	held := w.wantHeldRun(r, nil, jobs.RuleContract)
	if held.Digests.Plan != frozen.Digests.Plan {
		t.Error("the run holds another plan than was looked at")
	}
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf())
	var refused *jobs.ContractError
	if !errors.As(err, &refused) || refused.Outdated {
		t.Fatalf("%v", err)
	}
	w.moveAll("2 rue d'Après")
	w.wantReleased(w.accept(r), held.ID)
	w.resume(r, held.ID, jobs.Succeeded)
	w.wantBytes(plan, "00001", "00002", "00003", "00004", "00005", "00006")
	w.wantSent(12)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// Whom the new contract refuses is blocked within the plan that waits, and stays so after the acceptance.
func TestAnAcceptanceSendsOnlyWhatFits(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 4)
	w.run(r, jobs.Succeeded, nil)
	w.moveAll("1 rue du Plan")
	w.exec(`UPDATE staging.employee SET voie = '1234567890123456' WHERE matricule = '00002'`)
	w.shows(map[string]int{"Adresse.Voie": 15})
	held := w.wantHeldRun(r, nil, jobs.RuleContract)
	w.wantItem(r, held, "00002", jobs.ItemBlocked, jobs.ReasonProblems)
	w.wantReleased(w.accept(r), held.ID)
	run := w.resume(r, held.ID, jobs.Incomplete)
	if run.Counts.Accepted != 3 || run.Counts.Blocked != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period, "00002")
}

// Something else that holds a run is a decision of its own.
func TestAnAcceptanceDecidesNothingElse(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 6)
	w.run(r, jobs.Succeeded, nil)
	w.job.Guards.Updated = jobs.Limit{Count: 2}
	w.moveAll("1 rue du Plan")
	w.shows(map[string]int{"Salarie.Email": 200})
	held := w.wantHeldRun(r, nil, jobs.RuleContract, jobs.RuleUpdated)
	w.wantReleased(w.accept(r))
	w.wantSent(6)
	w.release(r, held, jobs.Succeeded)
	w.wantDelivered(period)
}

// Unchanged documents that the new contract would refuse are noted by the first run of everyone, and by no later one.
func TestStaleDocumentsAreNotedOnce(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 5)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET voie = 'ici' WHERE matricule = '00005'`)
	w.run(r, jobs.Succeeded, nil)
	w.shows(map[string]int{"Adresse.Voie": 3})
	some := w.run(r, jobs.Succeeded, employees("00001", "00005"))
	if told(some, jobs.RuleContractStale) != 1 {
		t.Errorf("some: %+v", some.Findings)
	}
	_, frozen := w.look(r, period)
	if f := finding(t, frozen.Findings, jobs.RuleContractStale); f.N != 4 {
		t.Errorf("a look: %+v", f)
	}
	first := w.run(r, jobs.Succeeded, nil)
	if f := finding(t, first.Findings, jobs.RuleContractStale); f.N != 4 || f.Holds || len(f.Keys) != 4 || f.Keys[0] != "00001" {
		t.Errorf("everyone: %+v", f)
	}
	if again := w.run(r, jobs.Succeeded, nil); told(again, jobs.RuleContractStale) != 0 || told(again, jobs.RuleContract) != 1 {
		t.Errorf("again: %+v", again.Findings)
	}
	w.wantSent(6)
}

// An API that shows its contract no more changes nothing for the month: the known one counts.
func TestTheContractDisappears(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(*shown){
		"not found": func(s *shown) {
			s.set(http.StatusNotFound, "application/json", `{"Message":"No HTTP resource was found."}`)
		},
		"login page": func(s *shown) {
			s.set(http.StatusOK, "text/html", "<!DOCTYPE html><html><body>Connexion</body></html>")
		},
		"broken": func(s *shown) { s.set(http.StatusOK, "application/json", `{"swagger":"2.0","paths":{"/V2/Salarie":`) },
		"empty":  func(s *shown) { s.set(http.StatusOK, "application/json", "") },
		"away":   func(s *shown) { s.set(http.StatusServiceUnavailable, "text/plain", "later") },
		"other API": func(s *shown) {
			s.set(http.StatusOK, "application/json", `{"swagger":"2.0","info":{"title":"T","version":"1"},"paths":{}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := newDescribed(t, 4)
			first := w.run(r, jobs.Succeeded, nil)
			show(w.shown)
			w.anHourLater()
			w.moveAll("1 rue du Plan")
			w.exec(`UPDATE staging.employee SET nom_usage = repeat('Y', 93) WHERE matricule = '00002'`)
			run := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, run, "00002", jobs.ItemBlocked, jobs.ReasonProblems)
			if run.Counts.Accepted != 3 || run.Digests.Contract != first.Digests.Contract || len(run.Findings) != 0 {
				t.Errorf("%+v %+v", run.Counts, run.Findings)
			}
		})
	}
}

// The API changes, and goes back: what waited is planned afresh, without anybody's decision.
func TestTheAPIGoesBack(t *testing.T) {
	t.Parallel()
	w, r := newDescribed(t, 4)
	w.run(r, jobs.Succeeded, nil)
	w.moveAll("1 rue du Plan")
	w.shows(map[string]int{"Adresse.Voie": 5})
	held := w.run(r, jobs.Incomplete, nil) // nobody fits: nothing would be sent
	if held.Counts.Blocked != 4 {
		t.Fatalf("%+v", held.Counts)
	}
	w.exec(`UPDATE staging.employee SET voie = 'ici' WHERE matricule = '00001'`)
	held = w.wantHeldRun(r, nil, jobs.RuleContract)
	w.shows(nil)
	w.look(r, period)
	_, err := storeOf(r).Approve(t.Context(), held.ID, approvalOf())
	var refused *jobs.ContractError
	if !errors.As(err, &refused) {
		t.Fatalf("%v", err)
	}
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	if now := w.again(r, held); now.State != jobs.Cancelled {
		t.Errorf("the run that waited is %s", now.State)
	}
}
