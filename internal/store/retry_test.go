package store

import (
	"slices"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// failed is a run of a dossier that ended for a reason.
func (f *fixture) failed(s *Store, dossier string, reason jobs.ReasonCode) *jobs.Run {
	f.Helper()
	run := f.startAt(s, dossier, month)
	f.plan(s, run, toSend(s, "1", 0))
	return f.finish(s, run, reason, jobs.Failed)
}

// What may have passed is tried again, and nothing else: a key that is refused, another dossier's key, a person's stop
// or what kills processes would only be repeated.
func TestRetriedReasons(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	var pairs []ledger.Pair
	var want, later []int64
	for reason, again := range map[jobs.ReasonCode]bool{
		jobs.ReasonUnreachable: true, jobs.ReasonFailures: true, jobs.ReasonInterrupted: true, jobs.ReasonStaging: false,
		jobs.ReasonInternal: true, jobs.ReasonPanic: true,
		jobs.ReasonConfiguration: false, jobs.ReasonIdentity: false, jobs.ReasonStopped: false, jobs.ReasonCrashes: false,
	} {
		run := f.failed(s, string(reason), reason)
		pairs = append(pairs, pairOf(run))
		if again {
			want = append(want, run.ID)
		}
		if reason == jobs.ReasonConfiguration {
			later = append(later, run.ID)
		}
	}
	f.retried(s, pairs[:0], false)
	f.retried(s, pairs, false, want...)
	f.retried(s, pairs, false) // once
	f.want("true", `SELECT bool_and(trigger = 'retry' AND finished_at IS NULL AND not_before IS NULL) FROM syncd.run WHERE state = 'queued'`)
	f.retried(s, pairs, true, later...) // the configuration was read anew
}

func (f *fixture) retried(s *Store, pairs []ledger.Pair, configured bool, want ...int64) {
	f.Helper()
	f.db.Exec(f.T, `UPDATE syncd.run SET unattended = true`)
	got, err := s.RetryFailed(f.Context(), pairs, 24*time.Hour, configured)
	f.must(err)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.Errorf("queued again: %v, want %v", got, want)
	}
}

// What a person started here, and saw fail, is for that person: half mended staging is not to be sent by itself.
func TestRunOfAPersonIsNotRetried(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.failed(s, "saint-martin", jobs.ReasonUnreachable)
	if got, err := s.RetryFailed(t.Context(), []ledger.Pair{pairOf(run)}, 24*time.Hour, true); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	_, err := s.Requeue(t.Context(), run.ID, "marie") // left to a daemon from then on
	f.must(err)
	f.want("t", `SELECT left(unattended::text, 1) FROM syncd.run`)
}

// Of a month only the last run of everyone counts: an older failure was answered by it. A run for somebody answers
// nothing for the others.
func TestOnlyTheLastRunIsRetried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later func(*fixture, *Store)
		again bool
	}{
		"nothing since":        {func(*fixture, *Store) {}, true},
		"for everyone since":   {func(f *fixture, s *Store) { f.finish(s, f.start(s), jobs.ReasonStopped, jobs.Failed) }, false},
		"queued since":         {func(f *fixture, s *Store) { f.enqueued(s, request()) }, false},
		"for somebody since":   {func(f *fixture, s *Store) { f.partial(s) }, true},
		"the next month since": {func(f *fixture, s *Store) { f.enqueued(s, at("saint-martin", "2026-12")) }, true},
		"long ago":             {func(f *fixture, _ *Store) { f.nominal("25 hours") }, false},
		"due long ago": {func(f *fixture, _ *Store) {
			f.nominal("25 hours")
			f.db.Exec(f.T, `UPDATE syncd.run SET created_at = clock_timestamp()`)
		}, false},
		"due not long ago": {func(f *fixture, _ *Store) {
			f.nominal("23 hours")
			f.db.Exec(f.T, `UPDATE syncd.run SET created_at = clock_timestamp() - interval '2 days'`)
		}, true},
		"paused":    {func(f *fixture, s *Store) { _, err := s.Pause(f.Context(), "paie", "somebody", ""); f.must(err) }, false},
		"cancelled": {func(f *fixture, s *Store) { _, err := s.Cancel(f.Context(), 1, "somebody", ""); f.must(err) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			run := f.failed(s, "saint-martin", jobs.ReasonUnreachable)
			c.later(f, s)
			if c.again {
				f.retried(s, []ledger.Pair{pairOf(run)}, false, run.ID)
			} else {
				f.retried(s, []ledger.Pair{pairOf(run)}, false)
			}
		})
	}
}

// partial is a run for somebody that ended well.
func (f *fixture) partial(s *Store) {
	f.Helper()
	r := request()
	r.Employees = []string{"2"}
	run, err := s.Start(f.Context(), r)
	f.must(err)
	f.plan(s, run, toSend(s, "2", 0))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
}

// nominal makes all runs those of a fire so long ago.
func (f *fixture) nominal(ago string) {
	f.Helper()
	f.db.Exec(f.T, `UPDATE syncd.run SET nominal_at = clock_timestamp() - $1::text::interval`, ago)
}

// Who was not attempted is tried again; who was refused, or waits for a person, is not.
func TestIncompleteIsRetriedForTheNotAttempted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	var pairs []ledger.Pair
	var want []int64
	for dossier, c := range map[string]struct {
		state   jobs.ItemState
		certain bool
	}{"not attempted": {jobs.ItemPending, true}, "in doubt": {jobs.ItemPending, false}, "refused": {jobs.ItemRejected, true},
		"uncertain": {jobs.ItemUncertain, false}} {
		run := f.startAt(s, dossier, month)
		f.plan(s, run, toSend(s, "1", 0))
		f.step(s, run, jobs.Step{Take: 1})
		o := outcome(1, c.state, c.certain)
		o.Deferred = c.state == jobs.ItemPending
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}})
		f.finish(s, run, "", jobs.Incomplete)
		pairs = append(pairs, pairOf(run))
		if c.state == jobs.ItemPending {
			want = append(want, run.ID)
		}
	}
	f.retried(s, pairs, false, want...)
}

// A retry does not begin a new wait: once its deadline is over each goes a single time, or an API that is away for days
// would be waited for for ever.
func TestRetryKeepsTheDeadline(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.startAt(s, "saint-martin", month)
	f.plan(s, run, toSend(s, "1", 0))
	f.postpone(s, run, jobs.ReasonUnreachable)
	f.db.Exec(t, `UPDATE syncd.run SET deadline_at = clock_timestamp() - interval '1 second'`)
	run = f.claim(s, run.ID)
	f.wait(s, run, jobs.ReasonUnreachable, jobs.Failed)
	f.retried(s, []ledger.Pair{pairOf(run)}, false, run.ID)
	f.wait(s, f.claim(s, run.ID), jobs.ReasonUnreachable, jobs.Failed)
}
