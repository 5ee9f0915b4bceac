package store

import (
	"errors"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// What is held of one employee is given up alone: the others go when they are let go, and the next plan proposes it again.
func TestOneEmployeeIsSetAside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.heldItems(s, "saint-martin", "", jobs.Incomplete)
	before, err := s.Run(t.Context(), run.ID)
	f.must(err)
	seen := before.Seen()
	after, err := s.Shown(&seen).SetAside(t.Context(), run.ID, []string{"2", "2"}, "marie", "another IBAN is asked for")
	f.must(err)
	if c := after.Counts; after.State != jobs.Incomplete || c.Held != 1 || c.Superseded != 1 || c.Accepted != 1 {
		t.Errorf("%s %+v", after.State, c)
	}
	f.want("superseded set-aside false", `SELECT concat_ws(' ', state, reason_code, (payload IS NOT NULL)::text) FROM syncd.item
		WHERE run_id = $1 AND key = '2'`, run.ID)
	f.wantAudit(s, []ledger.Decision{ledger.DecisionCancel, ledger.DecisionApprove}, "marie cancel plan 2: another IBAN is asked for")

	// Who saw both of them held lets neither go, nor stops anything: they are shown it again.
	var moved *DisplayedError
	_, err = s.Approve(t.Context(), run.ID, Approval{By: "anna", Reason: "both are right", Seen: &seen})
	if !errors.As(err, &moved) {
		t.Errorf("%v", err)
	}
	_, err = s.Shown(&seen).SetAside(t.Context(), run.ID, []string{"3"}, "anna", "wrong as well")
	if !errors.As(err, &moved) {
		t.Errorf("%v", err)
	}
	_, err = s.Shown(nil).SetAside(t.Context(), run.ID, []string{"2"}, "anna", "twice")
	var none *NotHeldError
	if !errors.As(err, &none) || !slices.Equal(none.Employees, []string{"2"}) {
		t.Errorf("%v", err)
	}
	released, err := s.Approve(t.Context(), run.ID, Approval{By: "anna", Reason: "the other one is right"})
	f.must(err)
	if !slices.Equal(released, []string{"3"}) {
		t.Errorf("%v is let go", released)
	}
	resumed, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	f.deliver(s, resumed)
	f.finish(s, resumed, "", jobs.Incomplete)
	f.items(run, "1 accepted, 2 superseded, 3 accepted")
	f.wantMissing(s, "1 given up (2), by run 1")

	next := f.start(s)
	f.plan(s, next, toHold(s, "2"))
	f.finish(s, next, "", jobs.Incomplete)
	f.items(next, "2 held")
}

// All but one go in one step, or nothing is written.
func TestAllButOneAreApproved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.heldItems(s, "saint-martin", "", jobs.Incomplete)
	before := f.everything()
	for _, except := range [][]string{{"2", "4"}, {"1"}, {"2", "3"}} { // one is not there, was sent, or nobody is left
		var none *NotHeldError
		_, err := s.Approve(t.Context(), run.ID, Approval{By: "anna", Reason: "right", Except: except})
		if !errors.As(err, &none) {
			t.Errorf("all but %v: %v", except, err)
		}
	}
	if f.everything() != before {
		t.Error("something was written")
	}
	released, err := s.Approve(t.Context(), run.ID, Approval{By: "anna", Reason: "all but 2", Except: []string{"2"}})
	f.must(err)
	if !slices.Equal(released, []string{"3"}) {
		t.Errorf("%v is let go", released)
	}
	f.items(run, "1 accepted, 2 superseded, 3 pending")
	f.wantAudit(s, []ledger.Decision{ledger.DecisionCancel, ledger.DecisionApprove}, "anna cancel plan 2: all but 2",
		"anna approve plan 3: all but 2")
}

// Of a run that waits as a whole only who is held besides is set aside; with the last one it is cancelled.
func TestWhoWaitsWithAllIsNotSetAside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.heldRun(s, "saint-martin")
	var none *NotHeldError
	if _, err := s.Shown(nil).SetAside(t.Context(), run.ID, []string{"1"}, "marie", "wrong"); !errors.As(err, &none) || !none.Aside {
		t.Errorf("%v", err)
	}
	after, err := s.Shown(nil).SetAside(t.Context(), run.ID, []string{"2"}, "marie", "wrong")
	f.must(err)
	if after.State != jobs.Held || after.Counts.Superseded != 1 || after.Counts.Held != 0 {
		t.Errorf("%s %+v", after.State, after.Counts)
	}
	f.items(run, "1 pending, 2 superseded, 3 pending")
	_, err = s.Approve(t.Context(), run.ID, Approval{By: "anna", Reason: "right"})
	f.must(err)

	alone := f.startAt(s, "alone", month)
	f.plan(s, alone, toHold(s, "1"))
	f.finish(s, alone, jobs.ReasonGuard, jobs.Held)
	after, err = s.Shown(nil).SetAside(t.Context(), alone.ID, []string{"1"}, "marie", "wrong")
	f.must(err)
	if after.State != jobs.Cancelled || after.CancelledBy != "marie" || after.CancelledFor != "wrong" {
		t.Errorf("%s by %q for %q", after.State, after.CancelledBy, after.CancelledFor)
	}
	running := f.startAt(s, "running", month)
	f.plan(s, running, toHold(s, "1"), toSend(s, "2", 0))
	var busy *jobs.BusyError
	if _, err := s.Shown(nil).SetAside(t.Context(), running.ID, []string{"1"}, "marie", "wrong"); !errors.As(err, &busy) {
		t.Errorf("%v", err)
	}
}
