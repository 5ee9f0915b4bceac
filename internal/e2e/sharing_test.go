package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// as names the dossier, or its address, otherwise.
func as(change func(*jobs.Target)) func(*jobs.NewRun) {
	return func(n *jobs.NewRun) { change(&n.Target) }
}

// Another spelling of the address is the same target: nobody is sent a second time.
func TestAnotherSpellingIsTheSameTarget(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	run := w.run(r, jobs.Succeeded, as(func(t *jobs.Target) { t.BaseURL = strings.Replace(t.BaseURL, "127.0.0.1", "LOCALHOST.", 1) + "//" }))
	if run.Counts.Unchanged != 4 {
		t.Errorf("%+v", run.Counts)
	}
}

// A renamed dossier would be sent everything a second time. A person may want that, once.
func TestARenamedDossierIsHeld(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 4)
	w.run(r, jobs.Succeeded, nil)
	renamed := as(func(t *jobs.Target) { t.Dossier = "st-martin" })
	w.exec(`UPDATE staging.employee SET dossier = 'st-martin'`)
	w.exec(`UPDATE staging.payroll_element SET dossier = 'st-martin'`)
	pull := w.pullRequest()
	renamed(&pull)
	run, err := r.Pull(t.Context(), &w.pull, pull)
	w.wantRun(run, err, jobs.Succeeded)

	held := w.wantHeldRun(r, renamed, jobs.RuleSharing)
	if f := finding(t, held.Findings, jobs.RuleSharing); f.N != 1 || f.Others[0].Dossier != dossier {
		t.Errorf("%+v", f)
	}
	one := w.run(r, jobs.Held, func(n *jobs.NewRun) { renamed(n); n.Employees = []string{"00001"} })
	finding(t, one.Findings, jobs.RuleSharing)
	w.approve(r, held.ID, "it has a new name")
	w.resume(r, held.ID, jobs.Incomplete) // 00001 was planned by itself since
	if again := w.run(r, jobs.Succeeded, renamed); jobs.Holds(again.Findings) {
		t.Errorf("the decision is asked for again: %+v", again.Findings)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.sharing`); n != 1 {
		t.Errorf("%d decisions", n)
	}
	// The old name knows nothing of what the new one sent.
	w.exec(`UPDATE staging.employee SET dossier = 'saint-martin', nom_naissance = 'AUTRE'`)
	w.exec(`UPDATE staging.payroll_element SET dossier = 'saint-martin'`)
	finding(t, w.run(r, jobs.Held, nil).Findings, jobs.RuleSharing)
}

// The partner may not tell whose dossier it is: then the configuration does.
func TestAConfiguredSiretIsKnownAgain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 2)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.target SET identity = NULL`)
	target := w.request().Target
	target.Dossier = "st-martin"
	for _, known := range []string{"12345678200010", "", "99999999800019"} {
		target.Siret = known
		others, err := storeOf(r).Sharing(t.Context(), target)
		w.must(err)
		if (len(others) == 1) != (known == siret) {
			t.Errorf("%q: %+v", known, others)
		}
	}
	target.Siret, target.Environment = siret, "production"
	if others, err := storeOf(r).Sharing(t.Context(), target); err != nil || len(others) != 0 {
		t.Errorf("production: %+v %v", others, err)
	}
}

// A closed month is not walked around by another name, nor by a key that turns out to be another dossier's.
func TestAClosedMonthIsClosedUnderAnyName(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 2)
	w.run(r, jobs.Succeeded, nil)
	_, err := storeOf(r).ClosePeriod(t.Context(), w.request().Target, period, ledger.Closure{By: "test", Reason: "paid"})
	w.must(err)
	for _, known := range []string{siret, ""} { // without one it is learnt from the partner
		var closed *jobs.ClosedError
		r.Siret = known
		run, err := w.push(r, as(func(t *jobs.Target) { t.Dossier, t.Siret = "named"+known, known }))
		switch {
		case known != "" && (run != nil || !errors.As(err, &closed)):
			t.Errorf("%+v %v", run, err)
		case known == "" && (run == nil || run.Failure.Code != jobs.ReasonClosed || run.Planned):
			t.Errorf("%+v %v", run, err)
		}
	}
	w.wantSent(2)
}

// A dossier that gets another association's SIRET knows nothing of that one: what it calls unchanged was never sent there.
// Where the partner does not tell whose key it is, a person must.
func TestADossierThatBecomesAnotherEstablishmentIsHeld(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 2)
	w.run(r, jobs.Succeeded, nil)
	const other = "73282932000074"
	r.API = nameless{r.API}
	// the latter of an older ledger
	for _, known := range []string{`siret = '` + siret + `', identity = NULL`, `siret = NULL, identity = '` + siret + `'`} {
		w.exec(`UPDATE syncd.target SET ` + known)
		r.Siret = other
		became := as(func(t *jobs.Target) { t.Siret = other })
		held := w.wantHeldRun(r, became, jobs.RuleSiret)
		f := finding(t, held.Findings, jobs.RuleSiret)
		if len(f.Form) != 1 || f.Form[0].Old != siret || f.Form[0].New != other {
			t.Errorf("%+v", f)
		}
		again := w.run(r, jobs.Held, became) // to be held tells nobody that it is right
		w.approve(r, again.ID, "the number was mistyped")
		w.resume(r, again.ID, jobs.Succeeded)
		if run := w.run(r, jobs.Succeeded, became); jobs.Holds(run.Findings) {
			t.Errorf("the decision is asked for again: %+v", run.Findings)
		}
		r.Siret = ""
		w.run(r, jobs.Succeeded, as(func(t *jobs.Target) { t.Siret = "" })) // no longer configured says nothing
	}
}

// nameless is an API that does not tell whose key it is asked with.
type nameless struct{ jobs.API }

func (nameless) Identity(context.Context) (string, error) { return "", nil }

// What was planned for one establishment is not sent once the dossier stands for another one, though nothing was sent yet.
func TestAPlanIsNotSentToAnotherEstablishment(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 2)
	r.API = nameless{r.API}
	w.job.Guards.Approval = true
	held := w.wantHeldRun(r, nil, jobs.RuleApproval)
	w.exec(`UPDATE syncd.target SET siret = '` + siret + `', identity = NULL`)
	w.approve(r, held.ID, "looked at")
	r.Siret = "73282932000074"
	run := w.resume(r, held.ID, jobs.Held)
	if run.Failure.Code != jobs.ReasonFormOutdated {
		t.Errorf("%+v", run.Failure)
	}
	w.wantSent(0)
}
