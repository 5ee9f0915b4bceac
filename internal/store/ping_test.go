package store

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// A dead man's switch is told of a fire, not of each of its dossiers: that it began, and that it is done when all are, also
// those whose run was not made yet; by one of the daemons, and by the next one until somebody has told it.
func TestAFireIsToldOnceAndUntilItWasHeard(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	nominal := time.Now().UTC().Truncate(time.Minute)
	var armed []ledger.Armed
	var pairs []ledger.Pair
	for _, dossier := range []string{"saint-martin", "sainte-anne"} {
		one := f.arm(a, "paie", dossier)
		armed, pairs = append(armed, one), append(pairs, one.Pair)
	}
	due := func(s *Store, want ...string) {
		t.Helper()
		pings, err := s.DuePings(t.Context(), pairs)
		f.must(err)
		var events []string
		for _, p := range pings {
			if p.Job != "paie" || !p.Nominal.Equal(nominal) {
				t.Errorf("%+v", p)
			}
			events = append(events, p.Event)
		}
		if !slices.Equal(events, want) {
			t.Errorf("due: %q, want %q", events, want)
		}
	}
	later := func() { f.db.Exec(t, `UPDATE syncd.ping SET claimed_at = claimed_at - interval '3 minutes'`) }
	told := func(s *Store, event string) {
		f.must(s.Pinged(t.Context(), ledger.Ping{Job: "paie", Nominal: nominal, Event: event}))
	}
	succeed := func(s *Store, id int64) {
		run := f.claim(s, id)
		f.plan(s, run)
		f.finish(s, run, "", jobs.Succeeded)
	}
	due(a)
	first, _ := f.record(a, armed[0], nominal, fireOf(armed[0], nominal))
	due(a)
	succeed(a, first[0].RunID)
	due(a, ledger.PingStarted) // and not done: the other dossier's run is still to come
	due(b)                     // somebody is at it
	later()
	due(b, ledger.PingStarted) // and has not told it
	told(b, ledger.PingStarted)
	second, _ := f.record(a, armed[1], nominal, fireOf(armed[1], nominal))
	run := f.claim(a, second[0].RunID)
	f.plan(a, run)
	f.finish(a, run, jobs.ReasonUnreachable, jobs.Failed)
	later()
	due(a, ledger.PingFailed)
	f.must(a.OwePing(t.Context(), run.ID)) // it is noted already
	later()
	due(b, ledger.PingFailed)
	later()
	due(b) // it takes longer each time
	_, err := a.Requeue(t.Context(), run.ID, "somebody")
	f.must(err)
	again := f.claim(b, run.ID)
	f.finish(b, again, "", jobs.Succeeded)
	due(b, ledger.PingDone) // and that it failed before is no news
	told(b, ledger.PingDone)
	f.db.Exec(t, `UPDATE syncd.ping SET claimed_at = '-infinity'`)
	due(a)
}

// A fire that nobody could tell of is told for a week, however late it was.
func TestAnOldFireIsNotTold(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]int{6: 1, 8: 0} {
		f := newFixture(t)
		s := f.open()
		one, nominal := f.arm(s, "paie", "saint-martin"), payday // caught up long after
		recorded, _ := f.record(s, one, nominal, fireOf(one, nominal))
		run := f.claim(s, recorded[0].RunID)
		f.plan(s, run)
		f.finish(s, run, "", jobs.Succeeded)
		f.db.Exec(t, fmt.Sprintf(`UPDATE syncd.run SET finished_at = clock_timestamp() - interval '%d days'`, days))
		pings, err := s.DuePings(t.Context(), []ledger.Pair{one.Pair})
		if err != nil || len(pings) != want {
			t.Errorf("after %d days: %+v %v", days, pings, err)
		}
	}
}
