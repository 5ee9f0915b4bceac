package store

import (
	"errors"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// guarded freezes a plan that a guard holds, of a process that dies before it can record so: another run of the dossier
// ends it as failed.
func (f *fixture) guarded(s *Store, items ...jobs.PlannedItem) *jobs.Run {
	f.Helper()
	run := f.start(s)
	w, err := s.BeginPlan(f.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	plan := jobs.Frozen{Digests: jobs.Digests{Plan: "plan"}, Findings: []jobs.Finding{{Rule: jobs.RuleFall, Holds: true, N: 500}}}
	for i := range items {
		items[i].Seq = i + 1
		plan.Counts.EmployeesRead += items[i].Employees
		plan.Counts.ElementsRead += items[i].Elements
	}
	f.must(w.Add(f.Context(), items))
	f.must(w.Commit(f.Context(), plan))
	f.finish(s, run, jobs.ReasonInterrupted, jobs.Failed)
	return run
}

func held(item jobs.PlannedItem) jobs.PlannedItem {
	item.State = jobs.ItemHeld
	return item
}

// Who approves one employee has not approved the plan that a guard holds.
func TestApprovingOneDoesNotApproveThePlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.guarded(s, held(toSend(s, "1", 0)), toSend(s, "2", 0), toSend(s, "3", 0))
	_, err := s.Approve(t.Context(), run.ID, Approval{By: "marie", Reason: "her new bank card", Employees: []string{"1"}})
	f.must(err)
	now, err := s.Run(t.Context(), run.ID)
	f.must(err)
	if now.Approved != "" || now.State != jobs.Failed || !jobs.Holds(now.Findings) {
		t.Errorf("%s, approved %q, %+v", now.State, now.Approved, now.Findings)
	}
}

// A run that a person stopped does not go on because somebody decides about one employee of it.
func TestApprovingOneDoesNotResumeAStoppedRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, held(toSend(s, "1", 0)), toSend(s, "2", 0), toSend(s, "3", 0))
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	_, err := s.Approve(t.Context(), run.ID, Approval{By: "paul", Reason: "her new card", Employees: []string{"1"}})
	f.must(err)
	f.wantState(run.ID, "failed stopped")
	f.items(run, "1 pending, 2 pending, 3 pending")
}

// What was claimed ahead and given back has not left: nobody can have seen it at the other side.
func TestSettleDoesNotAcceptWhatNeverLeft(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.start(s)
	f.plan(s, older, toSend(s, "1", 0))
	taken := f.step(s, older, jobs.Step{Take: 10})
	unanswered := outcome(taken[0].Seq, jobs.ItemPending, false)
	unanswered.Deferred = true
	f.step(s, older, jobs.Step{Outcomes: []jobs.ItemOutcome{unanswered}})
	f.finish(s, older, jobs.ReasonUnreachable, jobs.Failed)

	run := f.start(s)
	correction := toSend(s, "1", 0)
	correction.Document = document("1", 99)
	correction.Fingerprint = s.Fingerprinter().Sum(correction.Document)
	correction.Ambiguous = true
	f.plan(s, run, correction)
	f.db.Exec(t, `UPDATE syncd.item SET not_before = NULL`)
	taken = f.step(s, run, jobs.Step{Take: 10})
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{{Seq: taken[0].Seq, State: jobs.ItemPending, Deferred: true,
		Reason: jobs.Reason{Code: jobs.ReasonStopped}, AnsweredAt: time.Now()}}})
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	_, err := s.Settle(t.Context(), run.ID, []string{"1"}, ledger.SettleAccepted, "marie", "I see her there", 0)
	var refused *jobs.UnsettledError
	if !errors.As(err, &refused) {
		t.Errorf("a document that never left is acknowledged: %v", err)
	}
}

// A daemon gives up the holds of its own dossiers only.
func TestHoldsOfOthersDoNotExpire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	elsewhere := request()
	elsewhere.Target.Environment = "production"
	run, err := s.Start(t.Context(), elsewhere)
	f.must(err)
	f.plan(s, run, toSend(s, "1", 0))
	f.finish(s, run, jobs.ReasonGuard, jobs.Held)
	f.db.Exec(t, `UPDATE syncd.run SET finished_at = finished_at - interval '2 hours'`)
	ours, err := s.EnsureTarget(t.Context(), request().Target)
	f.must(err)
	gone, err := s.ExpireHolds(t.Context(), []ledger.Pair{{Job: "paie", TargetID: ours.ID}}, map[string]time.Duration{"paie": time.Hour})
	if f.must(err); len(gone) > 0 {
		t.Errorf("runs %v", gone)
	}
}

// While anything of a run can still go, a purge does not forget why it may not.
func TestPurgeKeepsWhatHoldsARun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	blocked := toSend(s, "0", 0)
	blocked.State, blocked.Document, blocked.Difference = jobs.ItemBlocked, nil, jobs.Undeliverable
	blocked.Reason = jobs.Reason{Code: jobs.ReasonProblems, Detail: "x"}
	run := f.guarded(s, blocked, toSend(s, "2", 0))
	f.db.Exec(t, `UPDATE syncd.run SET finished_at = finished_at - interval '31 days'`)
	_, err := s.purge(t.Context(), Cutoffs{Diffs: time.Now().AddDate(0, 0, -30)}, "", false)
	f.must(err)
	now, err := s.Run(t.Context(), run.ID)
	if f.must(err); !jobs.Holds(now.Findings) {
		t.Errorf("%+v", now.Findings)
	}
}
