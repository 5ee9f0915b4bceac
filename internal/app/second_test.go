package app

import (
	"errors"
	"slices"
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

func asking(mode jobs.SecondPerson) func(*config.Config) {
	return func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].Guards.SecondPerson = mode
		}
	}
}

// command is somebody at a terminal, page somebody who signed in.
func command(name, login string) ledger.Person {
	return ledger.Person{Name: name, System: login, Channel: ledger.ByCommand, Proof: ledger.ProofSystem}
}

func page(account, login string) ledger.Person {
	return ledger.Person{Name: account, Account: account, System: login, Channel: ledger.ByPage, Proof: ledger.ProofCode}
}

// account makes one, whose person types commands as login; "" = as nobody.
func (w *world) account(name, login string) {
	w.t.Helper()
	service, err := w.Accounts(w.t.Context())
	w.must(err)
	_, err = service.Add(w.t.Context(), accounts.Account{Name: name, System: login, Grants: accounts.Grants{{Role: accounts.Approve}}},
		command("root", "root"))
	w.must(err)
}

// approve lets a run go as a person.
func (w *world) approve(run int64, by ledger.Person) error {
	_, err := w.As(by).Decisions().Approve(w.t.Context(), Approval{Run: run, Decision: Decision{By: by.Name, Reason: "seen"}})
	return err
}

func (w *world) refusesFirst(err error, unnamed bool) {
	w.t.Helper()
	refused, is := errors.AsType[*store.SecondPersonError](err)
	if !is || refused.Unnamed != unnamed || Of(err) != Mistaken {
		w.t.Errorf("unnamed is %v: %v", !unnamed, err)
	}
}

// Case 5: who started a run does not let go what it holds: not on the page, not by their system user, not by an account linked later;
// another person does, and it is recorded who, by which door and how that was proved.
func TestASecondPersonLetsGoWhatIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(jobs.SecondHeld))
	w.account("marie.dupont", "marie")
	w.account("direction", "")
	w.account("paul", "paul")
	run := w.held() // started by "marie"
	if run.SecondPerson != jobs.SecondHeld {
		t.Fatalf("the run has %q", run.SecondPerson)
	}
	state, decisions := w.state(t.Context(), run.ID)
	w.refusesFirst(w.approve(run.ID, page("marie.dupont", "marie")), false)
	w.refusesFirst(w.approve(run.ID, command("marie (as syncd)", "marie")), false)
	w.refusesFirst(w.approve(run.ID, command("marie", "marie")), false)
	w.refusesFirst(w.approve(run.ID, command("root", "root")), true)
	w.refusesFirst(w.approve(run.ID, command("syncd", "syncd")), true)
	w.exec(`UPDATE syncd.account SET login = 'other' WHERE name = 'marie.dupont'`)
	w.refusesFirst(w.approve(run.ID, page("marie.dupont", "other")), false) // she was marie when it started
	w.exec(`UPDATE syncd.account SET login = 'marie' WHERE name = 'direction'`)
	w.refusesFirst(w.approve(run.ID, page("direction", "marie")), false)
	w.exec(`UPDATE syncd.account SET login = NULL WHERE name = 'direction'`)
	if now, n := w.state(t.Context(), run.ID); now != state || n != decisions {
		t.Errorf("%s with %d decisions, and was %s with %d", now, n, state, decisions)
	}
	w.must(w.approve(run.ID, page("direction", "")))
	entries, err := w.Records().Audit(t.Context(), auditOf(run.ID))
	w.must(err)
	if e := entries[0]; e.Decision != ledger.DecisionApprove || e.Actor != "direction" || e.Account != "direction" ||
		e.Channel != ledger.ByPage ||
		e.Proof != ledger.ProofCode {
		t.Errorf("%+v", e)
	}
}

// Whoever lets a run go on has started it, too: a schedule's run that failed is somebody's then.
func TestWhoResumesARunHasStartedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(jobs.SecondHeld))
	w.account("marie", "marie")
	w.account("paul", "paul")
	w.run(Order{Job: "dictionnaire"})
	w.exec(`ALTER TABLE staging.employee RENAME TO gone`)
	ordered, err := w.As(command("marie (as syncd)", "marie")).Runs().Order(t.Context(), Order{Job: "paie",
		Selection: Selection{Dossiers: []string{apptest.Dossiers[0].Name}, Period: apptest.Period}, Decision: Decision{By: "marie (as syncd)"}})
	w.must(err)
	outcomes, err := ordered.Execute(t.Context(), begin)
	w.must(err)
	for range outcomes {
	}
	runs, err := w.Records().Runs(t.Context(), ledger.RunFilter{Job: "paie", Max: 1})
	w.must(err)
	if runs[0].State != jobs.Failed {
		t.Fatalf("the run is %s", runs[0].State)
	}
	_, err = w.As(page("paul", "paul")).Runs().Requeue(t.Context(), runs[0].ID, Decision{By: "paul"})
	w.must(err)
	again, err := w.Records().Run(t.Context(), runs[0].ID)
	w.must(err)
	if want := []string{"account:marie", "account:paul", "login:marie", "login:paul"}; !slices.Equal(again.StartedBy, want) {
		t.Errorf("it was started by %v", again.StartedBy)
	}
}

// A schedule's run is nobody's: whoever may lets it go.
func TestAScheduledRunIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(jobs.SecondHeld))
	w.account("marie", "marie")
	run := w.held()
	w.exec(`UPDATE syncd.run SET started_by = '{}', requested_by = '' WHERE state = 'held'`)
	w.must(w.approve(run.ID, command("marie", "marie")))
}

// Every plan waits, who started it settles nothing, and the rule is the one that its plan was made under.
func TestASecondPersonIsAlwaysAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, asking(jobs.SecondAlways))
	w.account("paul", "paul")
	w.account("marie", "marie")
	w.run(Order{Job: "dictionnaire"})
	run := w.run(Order{Job: "paie", Selection: Selection{Period: apptest.Period}})
	if run.State != jobs.Held || len(run.Findings) != 1 || run.Findings[0].Rule != jobs.RuleSecondPerson || run.Findings[0].N != 8 {
		t.Fatalf("%s: %v", run.State, run.Findings)
	}
	asking(jobs.OnePerson)(w.Config) // somebody's own configuration does not help
	w.refusesFirst(w.approve(run.ID, command("marie", "marie")), false)
	_, err := w.As(command("marie", "marie")).Decisions().Settle(t.Context(), Settling{Run: run.ID, Employees: []string{"00001"},
		As: ledger.SettlePending, Decision: Decision{By: "marie", Reason: "seen"}})
	if err == nil {
		t.Error("who started it settles")
	}
	w.must(w.approve(run.ID, command("paul", "paul")))
	if now, _ := w.state(t.Context(), run.ID); now != jobs.Queued {
		t.Errorf("it is %s", now)
	}
}
