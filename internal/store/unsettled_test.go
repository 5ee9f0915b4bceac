package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// Whatever cannot be settled is told why, and of several employees none is settled.
func TestWhatCannotBeSettled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.unsure(s, toSend(s, "1", 0), toSend(s, "2", 0))
	if _, err := s.Settle(t.Context(), 12345, []string{"1"}, ledger.SettleAccepted, "paul", "", 0); !errors.Is(err, jobs.ErrNoRun) {
		t.Errorf("%v", err)
	}
	f.unsettled(s, run, ledger.SettleAccepted, 0, `has no line about ["01"]`, "1", "01")
	f.unsettled(s, run, ledger.SettleAccepted, 0, `has no line about []`)
	f.unsettled(s, run, ledger.SettleAccepted, 0, "employee sure is accepted in run", "sure", "1")
	f.unsettled(s, run, ledger.SettleWithdrawn, 0, "employee 1 is uncertain in run", "1")
	f.unsettled(s, run, ledger.SettleAccepted, time.Hour, "may still be on its way", "1")
	f.unsettled(s, run, ledger.SettlePending, time.Hour, "may still be on its way", "1")
	f.settle(s, run, ledger.SettleAccepted, jobs.Incomplete, "1")
	f.unsettled(s, run, ledger.SettleAccepted, 0, "employee 1 of run "+fmt.Sprint(run.ID)+" is settled already, by marie on ", "1", "2")
	f.db.Exec(t, `UPDATE syncd.baseline SET version = 1, fingerprint = 'x', document = 'x' WHERE key = '2'`)
	f.unsettled(s, run, ledger.SettlePending, 0, "what is known of employee 2 has changed", "2")
	f.db.Exec(t, `DELETE FROM syncd.baseline WHERE key = '2'`)
	f.unsettled(s, run, ledger.SettlePending, 0, "what is known of employee 2 has changed", "2")
	f.db.Exec(t, `UPDATE syncd.run SET purged = 2 WHERE id = $1`, run.ID)
	f.unsettled(s, run, ledger.SettlePending, 0, "past their time", "2")
	pull := at("pulls", "")
	pull.Kind = jobs.PullDictionnaire
	pulled, err := s.Start(t.Context(), pull)
	f.must(err)
	f.unsettled(s, pulled, ledger.SettlePending, 0, "is about no employees", "2")
	f.wantAudit(s, ofSettling, "marie settle accepted 1: looked there")
}

// Nothing is settled beside a run of the same period: it may be sending what is settled. Another month's does not matter.
func TestSettleBesideARun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.unsure(s, toSend(s, "1", 0))
	other := f.start(s)
	before := f.everything()
	for _, id := range []int64{run.ID, other.ID} {
		_, err := s.Settle(t.Context(), id, []string{"1"}, ledger.SettleAccepted, "paul", "", 0)
		wantBusy(f, err)
	}
	if f.everything() != before {
		t.Error("something was written")
	}
	f.finish(s, other, jobs.ReasonStopped, jobs.Failed)
	f.startAt(s, "saint-martin", earlierMonth)
	f.settle(s, run, ledger.SettleAccepted, jobs.Succeeded, "1")
}

// Of two who settle the same at once one wins, and the other is told who did.
func TestTwoSettleAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, other := f.open(), f.open()
	run := f.unsure(s, toSend(s, "1", 0), toSend(s, "2", 0), toSend(s, "3", 0))
	for _, key := range []string{"1", "2", "3"} {
		var both sync.WaitGroup
		var errs [2]error
		both.Go(func() {
			_, errs[0] = s.Settle(f.impatient(), run.ID, []string{key}, ledger.SettleAccepted, "marie", "", 0)
		})
		both.Go(func() {
			_, errs[1] = other.Settle(f.impatient(), run.ID, []string{key}, ledger.SettlePending, "paul", "", 0)
		})
		both.Wait()
		lost := errs[0]
		if lost == nil {
			lost = errs[1]
		}
		var refused *jobs.UnsettledError
		if (errs[0] == nil) == (errs[1] == nil) || !errors.As(lost, &refused) || !strings.Contains(lost.Error(), "settled already, by ") {
			t.Errorf("%v", errs)
		}
	}
	f.want("3", `SELECT count(*) FROM syncd.audit WHERE decision = 'settle'`)
}

// An approval and a settlement of one run do not get in each other's way.
func TestSettleBesideAnApproval(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, other := f.open(), f.open()
	run := f.unsure(s, toSend(s, "1", 0), toHold(s, "2"))
	var both sync.WaitGroup
	var settling, approving error
	both.Go(func() {
		_, settling = s.Settle(f.impatient(), run.ID, []string{"1"}, ledger.SettleAccepted, "marie", "", 0)
	})
	both.Go(func() { _, approving = other.Approve(f.impatient(), run.ID, Approval{By: "paul", Reason: "checked"}) })
	both.Wait()
	f.must(settling)
	f.must(approving)
	f.items(run, "1 accepted, 2 pending")
	f.wantState(run.ID, "queued")
}

// A process that dies in the middle has settled nothing, and decided nothing.
func TestSettlementIsWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.unsure(s, toSend(s, "1", 0))
	before := f.everything()
	release := f.lock(`SELECT 1 FROM syncd.item WHERE key = '1' FOR UPDATE`)
	settled := make(chan error, 1)
	go func() {
		_, err := s.Settle(f.impatient(), run.ID, []string{"1"}, ledger.SettleAccepted, "marie", "", 0)
		settled <- err
	}()
	const waiting = `pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
	f.must(waitUntil(f, func() bool { return f.text(`SELECT count(*) FROM `+waiting) == "1" })) // the baseline has moved already
	f.db.Exec(t, `SELECT pg_terminate_backend(pid) FROM `+waiting)
	if err := <-settled; !errors.Is(err, jobs.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	release()
	if f.everything() != before {
		t.Error("something was written")
	}
	f.wantAudit(s, ofSettling)
	f.settle(s, run, ledger.SettleAccepted, jobs.Succeeded, "1")
}
