package store

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

const earlierMonth = jobs.Period("2026-10")

// leave makes a run of the earlier month of a dossier and leaves it in some state.
var leave = map[string]struct {
	make              func(f *fixture, s *Store, dossier string)
	schedule, persons bool // whom it blocks
}{
	"nothing": {func(*fixture, *Store, string) {}, false, false},
	"failed without a plan": {func(f *fixture, s *Store, d string) {
		f.finish(s, f.startAt(s, d, earlierMonth), jobs.ReasonStaging, jobs.Failed)
	}, true, true},
	"failed without a plan, and done since": {func(f *fixture, s *Store, d string) {
		f.finish(s, f.startAt(s, d, earlierMonth), jobs.ReasonStaging, jobs.Failed)
		f.sent(s, d, earlierMonth)
	}, false, false},
	"failed without a plan, and done for somebody": {func(f *fixture, s *Store, d string) {
		f.finish(s, f.startAt(s, d, earlierMonth), jobs.ReasonStaging, jobs.Failed)
		partial := at(d, earlierMonth)
		partial.Employees = []string{"1"}
		run, err := s.Start(f.Context(), partial)
		f.must(err)
		f.plan(s, run, toSend(s, "1", 0))
		f.deliver(s, run)
		f.finish(s, run, "", jobs.Succeeded)
	}, true, true},
	"failed for somebody": {func(f *fixture, s *Store, d string) {
		partial := at(d, earlierMonth)
		partial.Employees = []string{"1"}
		run, err := s.Start(f.Context(), partial)
		f.must(err)
		f.finish(s, run, jobs.ReasonStaging, jobs.Failed)
	}, false, false},
	"queued": {func(f *fixture, s *Store, d string) { f.enqueued(s, at(d, earlierMonth)) }, true, true},
	"held": {func(f *fixture, s *Store, d string) {
		f.finish(s, f.startAt(s, d, earlierMonth), jobs.ReasonPullEmpty, jobs.Held)
	}, true, true},
	"stopped half way": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemPending)
	}, true, true},
	"turned away": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemPending)
		f.exec(`UPDATE syncd.item SET attempts = 1 WHERE run_id = (SELECT max(run_id) FROM syncd.item)`)
	}, false, true},
	"turned away in a run that goes on": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemPending)
		f.exec(`UPDATE syncd.item SET attempts = 1 WHERE run_id = (SELECT max(run_id) FROM syncd.item)`)
		runs, err := s.Runs(f.Context(), ledger.RunFilter{Dossiers: []string{d}, Period: string(earlierMonth), Max: 1})
		f.must(err)
		_, err = s.Requeue(f.Context(), runs[0].ID, "somebody")
		f.must(err)
	}, true, true},
	"in doubt": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemUncertain)
	}, false, true},
	"refused": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemRejected)
	}, false, false},
	"cancelled": {func(f *fixture, s *Store, d string) {
		f.finish(s, f.startAt(s, d, earlierMonth), jobs.ReasonStaging, jobs.Failed)
		f.cancelAll(s, d)
	}, false, false},
	"cancelled half way": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemPending)
		f.cancelAll(s, d)
	}, false, false},
	"cancelled in doubt": {func(f *fixture, s *Store, d string) {
		f.half(s, d, jobs.ItemUncertain)
		f.cancelAll(s, d)
	}, false, true},
}

// half is a run whose only item ended so.
func (f *fixture) half(s *Store, dossier string, state jobs.ItemState) {
	f.Helper()
	run := f.startAt(s, dossier, earlierMonth)
	f.plan(s, run, toSend(s, "1", 0))
	f.step(s, run, jobs.Step{Take: 1})
	o := outcome(1, state, state != jobs.ItemUncertain)
	if state == jobs.ItemPending { // given back
		o.Deferred, o.Attempts = true, 0
	}
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}})
	f.finish(s, run, "", jobs.Incomplete)
}

// sent is a run of everyone that ended well.
func (f *fixture) sent(s *Store, dossier string, period jobs.Period) *jobs.Run {
	f.Helper()
	run := f.startAt(s, dossier, period)
	f.plan(s, run, toSend(s, "1", 0))
	f.deliver(s, run)
	return f.finish(s, run, "", jobs.Succeeded)
}

func (f *fixture) cancelAll(s *Store, dossier string) {
	f.Helper()
	runs, err := s.Runs(f.Context(), ledger.RunFilter{Dossiers: []string{dossier}, Period: string(earlierMonth), Max: 10})
	f.must(err)
	for _, run := range runs {
		_, err := s.Cancel(f.Context(), run.ID, "somebody", "given up")
		f.must(err)
	}
}

// A month that was not sent must not be overtaken by the next: its corrections would come after it. But what waits for a
// person, who may be on holiday, must not stop the pay of everyone, month after month.
func TestOlderMonthComesFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for name, c := range leave {
		newer := at(name, month)
		newer.AnyOrder = true
		waiting := f.enqueued(s, newer) // as a fire would: nothing is checked before the claim
		f.db.Exec(t, `UPDATE syncd.run SET any_order = false WHERE id = $1`, waiting.ID)
		c.make(f, s, name)
		var order *jobs.OrderError
		newer.AnyOrder, newer.Target = false, waiting.Target
		if err := s.CheckOrder(t.Context(), newer); errors.As(err, &order) != c.persons || !c.persons && err != nil {
			t.Errorf("%s: a person is told %v", name, err)
		}
		_, err := s.Claim(f.impatient(), waiting.ID, resumption)
		if errors.As(err, &order) != c.schedule || !c.schedule && err != nil {
			t.Errorf("%s: a schedule is told %v", name, err)
		}
		if c.schedule {
			f.db.Exec(t, `UPDATE syncd.run SET any_order = true WHERE id = $1`, waiting.ID)
			f.claim(s, waiting.ID) // the month that a person named
		}
	}
}

// What has a plan was in order when it was made, and half of it may be sent: it goes on.
func TestPlannedRunIsNotBlocked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	r := request()
	r.AnyOrder = false
	run, err := s.Start(t.Context(), r)
	f.must(err)
	f.plan(s, run, toSend(s, "1", 0))
	f.postpone(s, run, jobs.ReasonUnreachable)
	older := f.enqueued(s, at("saint-martin", earlierMonth))
	f.finish(s, f.claim(s, run.ID), jobs.ReasonStopped, jobs.Failed)
	f.claim(s, older.ID)
}

// An API that keeps one document per employee would lose the newer month to the older one, planned or not.
func TestOlderMonthDoesNotOverwriteANewerOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	r := at("saint-martin", earlierMonth)
	planned, err := s.Start(t.Context(), r)
	f.must(err)
	f.plan(s, planned, toSend(s, "1", 0))
	f.postpone(s, planned, jobs.ReasonUnreachable)
	r.Job = "primes"
	queued := f.enqueued(s, r)
	newer := f.sent(s, "saint-martin", month)
	single := resumption
	single.Scope = jobs.ScopeEmployee
	for _, id := range []int64{planned.ID, queued.ID} {
		var order *jobs.OrderError
		if _, err := s.Claim(f.impatient(), id, single); !errors.As(err, &order) || !order.Newer || order.Other.ID != newer.ID {
			t.Errorf("run %d: %v", id, err)
		}
	}
	f.claim(s, planned.ID) // where each month has a document of its own it goes
}
