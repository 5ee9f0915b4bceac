package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// keepDays are cutoffs for everything, half a day beside the ages of the runs.
func keepDays(days int) func(now time.Time) Cutoffs {
	return func(now time.Time) Cutoffs {
		before := now.AddDate(0, 0, -days).Add(-12 * time.Hour)
		return Cutoffs{Diffs: before, Items: before, Runs: before, Fires: before}
	}
}

// past is a ledger with so many runs of one employee, the newest of today, and one more for each day before.
func (f *fixture) past(s *Store, runs int) {
	f.Helper()
	for n := range runs {
		run := f.sendOne(s, "1", int64(n))
		f.db.Exec(f.T, `UPDATE syncd.run SET finished_at = finished_at - make_interval(days => $2) WHERE id = $1`, run.ID, runs-1-n)
	}
}

func (f *fixture) wantHeldPurge(s *Store, o PurgeOrder, why string) {
	f.Helper()
	before := f.everything()
	_, err := s.Purge(f.Context(), o)
	var held *PurgeHeldError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), why) {
		f.Fatalf("%v", err)
	}
	if f.everything() != before {
		f.Fatal("something was deleted all the same")
	}
}

// More than a share of what there is waits for a person, also of a small ledger; what goes day by day does not.
func TestPurgeOfTooMuchWaitsForAPerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 8)
	order := PurgeOrder{Cutoffs: keepDays(4), Share: 0.25}
	f.wantHeldPurge(s, order, "3 of 8 runs' items would go")
	held, err := s.HeldPurge(t.Context())
	f.must(err)
	if held == nil || held.Since.IsZero() || len(held.Excess) != 3 {
		t.Fatalf("whoever watches is not told: %+v", held)
	}
	order.Dry = true
	counted, err := s.Purge(t.Context(), order)
	if !errors.As(err, &held) || counted.Items != 3 || counted.Runs != 3 {
		t.Errorf("a dry purge shows %+v, %v", counted, err)
	}
	order.Dry, order.Cutoffs = false, keepDays(5)
	gone, err := s.Purge(t.Context(), order) // 2 of 8
	f.must(err)
	if gone.Items != 2 || gone.Runs != 2 {
		t.Errorf("%+v", gone)
	}
	if held, err := s.HeldPurge(t.Context()); err != nil || held != nil {
		t.Errorf("still held: %v %v", held, err)
	}
	f.wantHeldPurge(s, PurgeOrder{Cutoffs: keepDays(-1), Share: 0.25, By: "marie"}, "6 of 6 runs would go")
	confirmed, err := s.Purge(t.Context(), PurgeOrder{Cutoffs: keepDays(-1), Share: 0.25, By: "marie", Force: true,
		Reason: "the association has closed"})
	f.must(err)
	if confirmed.Runs != 6 {
		t.Errorf("%+v", confirmed)
	}
	f.want("t", `SELECT left((detail LIKE '%confirmed although%6 of 6 runs%')::text, 1) FROM syncd.audit WHERE decision = 'purge' AND actor
		= 'marie' AND reason = 'the association has closed'`)
}

// A large run is as much as many small ones.
func TestPurgeWeighsPeopleToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 10)
	f.db.Exec(t, `UPDATE syncd.run SET employees_read = 1000, accepted = 1000 WHERE id = 2`)
	f.wantHeldPurge(s, PurgeOrder{Cutoffs: keepDays(7), Share: 0.25}, "2 of 10 runs' items would go")
}

// The last runs of an association that has closed go one by one.
func TestPurgeOfASingleRunWaitsForNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 2)
	gone, err := s.Purge(t.Context(), PurgeOrder{Cutoffs: keepDays(0), Share: 0.25})
	f.must(err)
	if gone.Runs != 1 {
		t.Errorf("%+v", gone)
	}
}

// Postgres's clock decides what is too old, and while this machine's says otherwise nothing is deleted, whoever asks.
func TestPurgeGoesByPostgresWhileTheClocksAgree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 8)
	for _, ahead := range []time.Duration{3000 * 24 * time.Hour, -2 * time.Minute} {
		s.now = func() time.Time { return time.Now().Add(ahead) }
		before := f.everything()
		_, err := s.Purge(t.Context(), PurgeOrder{Cutoffs: keepDays(0), Share: 1, By: "marie", Force: true, Reason: "x"})
		var clock *jobs.ClockError
		if !errors.As(err, &clock) || f.everything() != before {
			t.Errorf("%s: %v", ahead, err)
		}
	}
	s.now = func() time.Time { return time.Now().Add(30 * time.Second) }
	gone, err := s.Purge(t.Context(), PurgeOrder{Cutoffs: keepDays(6), Share: 1})
	f.must(err)
	if gone.Runs != 1 {
		t.Errorf("%+v", gone)
	}
}

// leap makes it seem that the ledger was last used so many days ago: Postgres's own clock is ahead, or nobody was there.
func (f *fixture) leap(days int) {
	f.Helper()
	f.db.Exec(f.T, `UPDATE syncd.clock SET seen_at = seen_at - make_interval(days => $1)`, days)
}

// A clock of Postgres's own that leapt deletes nothing and gives nothing up until it was set right, or a person has
// confirmed it, however long it goes on, and whoever starts anew by it.
func TestNothingIsDeletedAfterALeap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 8)
	run := f.heldRun(s, "held")
	f.ended(run, 8)
	f.leap(46)
	order := PurgeOrder{Cutoffs: keepDays(6), Share: 1}
	f.wantHeldPurge(s, order, "the clock leapt from")
	f.expire(s, week)
	if _, err := s.See(t.Context(), 1, nil); err != nil { // it goes on well
		t.Fatal(err)
	}
	again := f.open()
	f.wantHeldPurge(again, order, "the clock leapt from")
	_, err := again.Approve(t.Context(), run.ID, Approval{By: "marie", Reason: "x", Expires: 7 * 24 * time.Hour})
	f.must(err) // it is not too late by such a clock
	if leapt, err := again.ClockLeapt(t.Context()); err != nil || !leapt {
		t.Errorf("%t %v", leapt, err)
	}
	f.db.Exec(t, `UPDATE syncd.clock SET leapt_from = clock_timestamp() - interval '1 hour'`) // it was set right
	gone, err := again.Purge(t.Context(), order)
	f.must(err)
	if gone.Runs != 1 {
		t.Errorf("%+v", gone)
	}
	f.leap(400)
	order.Cutoffs = keepDays(5)
	f.wantHeldPurge(again, order, "the clock leapt from")
	order.By, order.Force, order.Reason = "marie", true, "nobody was here since last summer"
	gone, err = again.Purge(t.Context(), order)
	f.must(err)
	order = PurgeOrder{Cutoffs: keepDays(4), Share: 1}
	if _, err := again.Purge(t.Context(), order); err != nil || gone.Runs != 1 {
		t.Errorf("confirmed, and asked again: %v", err)
	}
}

// A pause of summer is no leap.
func TestALedgerAtRestForWeeksIsNoLeap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.past(s, 8)
	f.leap(44)
	_, err := s.Purge(t.Context(), PurgeOrder{Cutoffs: keepDays(7), Share: 1})
	f.must(err)
}
