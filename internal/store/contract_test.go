package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// digestOf is a digest that begins with the given digit.
func digestOf(digit string) string { return strings.Repeat(digit, 64) }

// shows records that the API shows a contract.
func (f *fixture) shows(s *Store, digit string) {
	f.Helper()
	found := ledger.FoundContract{Digest: digestOf(digit), Text: []byte(`{"swagger":"2.0","info":"` + digit + `"}`),
		Place: "/swagger/" + digit}
	f.must(s.NoteContract(f.Context(), target.API(), found))
}

// accepts makes a contract the one under which is sent, and tells the runs that go on.
func (f *fixture) accepts(s *Store, digit, before, by string) []int64 {
	f.Helper()
	a := ledger.Acceptance{Digest: digestOf(digit), By: by, Reason: "seen"}
	if before != "" {
		a.Before = digestOf(before)
	}
	done, err := s.AcceptContract(f.Context(), target.API(), a)
	f.must(err)
	var ids []int64
	for _, run := range done.Released {
		ids = append(ids, run.ID)
	}
	return ids
}

func (f *fixture) known(s *Store) ledger.KnownContracts {
	f.Helper()
	known, err := s.KnownContracts(f.Context(), target.API())
	f.must(err)
	return known
}

// seen are the contracts that are known, the one in force first.
func seen(known ledger.KnownContracts) string {
	var digits []string
	for _, c := range known.Seen {
		digits = append(digits, c.Digest[:1])
	}
	return strings.Join(digits, " ")
}

func TestTheContractSeenLastIsInForce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	if known := f.known(s); known.AskedAt != nil || known.Seen != nil || known.Accepted != "" {
		t.Errorf("of an API that was never asked: %+v", known)
	}
	f.shows(s, "a")
	first := f.known(s)
	f.shows(s, "b")
	f.shows(s, "a")
	known := f.known(s)
	if seen(known) != "a b" || known.Place != "/swagger/a" || known.Problem != nil || known.Asked < 0 {
		t.Errorf("%+v", known)
	}
	if !known.Seen[0].FirstSeen.Equal(first.Seen[0].FirstSeen) || !known.Seen[0].LastSeen.After(first.Seen[0].LastSeen) {
		t.Errorf("first seen %v, last %v", known.Seen[0].FirstSeen, known.Seen[0].LastSeen)
	}
	// What cannot be found later leaves what is known.
	why := &hinted.Coded{Fact: hinted.Say("contract.html"), Next: hinted.Say("contract.hint-place", "documents", "partner.documents")}
	f.must(s.NoteContract(t.Context(), target.API(), ledger.FoundContract{Problem: why}))
	if known = f.known(s); seen(known) != "a b" || !same(known.Problem, why) || known.Place != "/swagger/a" {
		t.Errorf("%+v", known)
	}
	f.db.Exec(t, `UPDATE syncd.api SET problem_facts = NULL`) // as an earlier program kept it
	if known = f.known(s); known.Problem == nil || known.Problem.Error() != why.Error() {
		t.Errorf("%+v", known.Problem)
	}
	text, err := s.ContractText(t.Context(), target.API(), digestOf("b"))
	f.must(err)
	if !strings.Contains(string(text), `"b"`) {
		t.Errorf("%s", text)
	}
	if _, err := s.ContractText(t.Context(), target.API(), digestOf("c")); !errors.Is(err, jobs.ErrNoContract) {
		t.Errorf("an unknown digest: %v", err)
	}
	// Another environment is another API.
	other := target
	other.Environment = "production"
	if known, err := s.KnownContracts(t.Context(), other.API()); err != nil || known.Seen != nil {
		t.Errorf("%+v, %v", known, err)
	}
}

func TestAnAPIThatShowsAnotherContractEachTimeFillsNoLedger(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.shows(s, "a")
	f.accepts(s, "a", "", "")
	for i := range 2 * keptContracts {
		digest := fmt.Sprintf("%064x", i+1)
		f.must(s.NoteContract(t.Context(), target.API(), ledger.FoundContract{Digest: digest, Text: []byte("{}"), Place: "/"}))
	}
	known := f.known(s)
	if len(known.Seen) != keptContracts+1 || known.Seen[keptContracts].Digest != digestOf("a") {
		t.Errorf("%d contracts are kept: %s", len(known.Seen), seen(known))
	}
}

func TestOneOfTwoAcceptancesWins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.shows(s, "a")
	f.accepts(s, "a", "", "")
	f.shows(s, "b")
	f.accepts(s, "b", "a", "marie")
	_, err := s.AcceptContract(t.Context(), target.API(), ledger.Acceptance{Digest: digestOf("c"), Before: digestOf("a"), By: "paul",
		Reason: "late"})
	if !errors.Is(err, jobs.ErrContractMoved) {
		t.Errorf("the second acceptance: %v", err)
	}
	known := f.known(s)
	if known.Accepted != digestOf("b") || known.AcceptedBy != "marie" || known.AcceptedFor != "seen" || known.AcceptedAt == nil {
		t.Errorf("%+v", known)
	}
	f.wantAudit(s, []ledger.Decision{ledger.DecisionContractAccept}, "marie contract-accept "+digestOf("b")+": seen")
}

// Only what is in force is accepted: whoever looked at an earlier one has not seen this one.
func TestWhatIsNoLongerInForceIsNotAccepted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.shows(s, "a")
	f.accepts(s, "a", "", "")
	f.shows(s, "b")
	f.shows(s, "c")
	_, err := s.AcceptContract(t.Context(), target.API(), ledger.Acceptance{Digest: digestOf("b"), Before: digestOf("a"), By: "marie",
		Reason: "looked at b"})
	if !errors.Is(err, jobs.ErrContractMoved) || f.known(s).Accepted != digestOf("a") {
		t.Errorf("%v, accepted %.1s", err, f.known(s).Accepted)
	}
	f.accepts(s, "c", "a", "marie")
}

// waiting plans a run of a dossier under a contract, held by the given rules.
func (f *fixture) waiting(s *Store, dossier, contract string, rules ...jobs.Rule) *jobs.Run {
	f.Helper()
	r := request()
	r.Target.Dossier = dossier
	run, err := s.Start(f.Context(), r)
	f.must(err)
	w, err := s.BeginPlan(f.Context(), run, resumption)
	f.must(err)
	defer w.Abandon()
	item := toSend(s, "1", 0)
	item.Seq = 1
	f.must(w.Add(f.Context(), []jobs.PlannedItem{item}))
	plan := jobs.Frozen{Counts: jobs.Counts{EmployeesRead: 1, ElementsRead: 2},
		Digests: jobs.Digests{Plan: "plan of " + dossier, Contract: contract}}
	for _, rule := range rules {
		plan.Findings = append(plan.Findings, jobs.Finding{Rule: rule, Holds: rule != jobs.RuleLate, N: 1})
	}
	f.must(w.Commit(f.Context(), plan))
	return f.finish(s, run, jobs.ReasonGuard, jobs.Held)
}

// Accepting a contract lets go exactly the runs that were planned under it and wait for nothing else.
func TestAcceptingAContractLetsGoWhatOnlyWaitedForIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.shows(s, "a")
	f.accepts(s, "a", "", "")
	f.shows(s, "b")
	one := f.waiting(s, "one", digestOf("b"), jobs.RuleLate, jobs.RuleContract)
	two := f.waiting(s, "two", digestOf("b"), jobs.RuleContract, jobs.RuleFall)
	three := f.waiting(s, "three", digestOf("a"), jobs.RuleContract)
	four := f.waiting(s, "four", digestOf("b"), jobs.RuleContract)
	f.closePeriod(s, "four", month)
	if ids := f.accepts(s, "b", "a", "marie"); len(ids) != 1 || ids[0] != one.ID {
		t.Errorf("%v go on, want %d", ids, one.ID)
	}
	f.wantState(one.ID, "queued")
	f.wantState(two.ID, "held guard")
	f.wantState(three.ID, "held contract") // it was planned before, and has to be planned afresh
	f.wantState(four.ID, "held guard")     // its month is closed
	f.want("contract-accepted fall", `SELECT string_agg(f ->> 'rule', ' ') FROM syncd.run, json_array_elements(findings) f WHERE id = $1`,
		two.ID)
	now, err := s.Run(t.Context(), one.ID)
	f.must(err)
	if now.Approved != "plan of one" || now.ApprovedBy != "marie" || now.Digests.Contract != digestOf("b") {
		t.Errorf("%+v", now)
	}
	f.wantAudit(s, []ledger.Decision{ledger.DecisionContractAccept, ledger.DecisionApprove},
		"marie contract-accept "+digestOf("b")+": seen", "marie approve plan of one: seen")
	_, err = s.Approve(t.Context(), two.ID, Approval{By: "paul", Reason: "they left"})
	f.must(err) // the contract is accepted now, so an approval is enough
}

func TestNoApprovalLeadsAroundAContract(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.shows(s, "a")
	f.accepts(s, "a", "", "")
	f.shows(s, "b")
	run := f.waiting(s, "one", digestOf("b"), jobs.RuleContract, jobs.RuleFall)
	_, err := s.Approve(t.Context(), run.ID, Approval{By: "paul", Reason: "hurry"})
	var refused *jobs.ContractError
	if !errors.As(err, &refused) || refused.Run.ID != run.ID || refused.Outdated {
		t.Fatalf("%v", err)
	}
	f.wantState(run.ID, "held guard")
	f.wantAudit(s, []ledger.Decision{ledger.DecisionApprove})
}

// A run of some employees looks at some documents only: the next run of everyone looks at all.
func TestTheLastContractIsThatOfARunOfEveryone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.waiting(s, "one", digestOf("a"), jobs.RuleFall)
	digest, err := s.LastContract(t.Context(), run.Target.ID)
	f.must(err)
	f.db.Exec(t, `UPDATE syncd.run SET employees = '{1}' WHERE id = $1`, run.ID)
	partial, err := s.LastContract(t.Context(), run.Target.ID)
	f.must(err)
	if digest != digestOf("a") || partial != "" {
		t.Errorf("everyone %q, some %q", digest, partial)
	}
}

// A plan from before the contract changed is not sent, whoever approves it.
func TestAnOutdatedPlanIsNotApproved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.finish(s, run, jobs.ReasonContract, jobs.Held)
	_, err := s.Approve(t.Context(), run.ID, Approval{By: "paul", Reason: "hurry"})
	var refused *jobs.ContractError
	if !errors.As(err, &refused) || !refused.Outdated || !strings.Contains(err.Error(), "syncd run paie") {
		t.Fatalf("%v", err)
	}
	f.wantState(run.ID, "held contract")
}

// same reports whether a problem is told as it was, in both languages.
func same(got, want error) bool {
	for _, language := range []locale.Language{locale.English, locale.French} {
		words := locale.Of(language, "")
		if got == nil || hinted.TextIn(words, got) != hinted.TextIn(words, want) {
			return false
		}
	}
	return true
}
