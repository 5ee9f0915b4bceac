package store

import (
	"errors"
	"testing"
	"time"

	"syncd/internal/jobs"
)

const laterMonth = jobs.Period("2026-12")

// Where the partner keeps one document per employee, a request of November that may still be processed would arrive after what
// December sends at once, and pay December as November was.
func TestANewMonthDoesNotOvertakeARequestOfAnother(t *testing.T) {
	t.Parallel()
	for scope, want := range map[jobs.Scope]string{jobs.ScopeEmployee: "2", jobs.ScopeEmployeePeriod: "12"} {
		t.Run(string(scope), func(t *testing.T) {
			t.Parallel()
			f, s, run := pushed(t, 0)
			f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemUncertain, false)}})
			f.finish(s, run, "", jobs.Incomplete)
			next := f.startAt(s, "saint-martin", laterMonth)
			request := jobs.Resumption{Semantics: jobs.Replace, Scope: scope, RequestTimeout: time.Hour}
			f.planFor(s, next, request, toSend(s, "1", 0), toSend(s, "2", 0))
			if taken := f.claimedKeys(s, next); taken != want {
				t.Errorf("%s are sent at once, not %s", taken, want)
			}
			if wait, ok, err := s.NextPending(t.Context(), next); err != nil || scope == jobs.ScopeEmployee &&
				(!ok || wait < 55*time.Minute || wait > time.Hour) {
				t.Errorf("it waits %s, %t: %v", wait, ok, err)
			}
		})
	}
}

// Nor does it when it is taken up again.
func TestAResumedMonthDoesNotOvertakeARequestOfAnother(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 0)
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemUncertain, false)}})
	f.finish(s, run, "", jobs.Incomplete)
	newer := f.startAt(s, "saint-martin", laterMonth)
	f.planFor(s, newer, resumption, toSend(s, "1", 0), toSend(s, "2", 0)) // as if the API kept each month
	f.finish(s, newer, jobs.ReasonStopped, jobs.Failed)
	resumed, err := s.Resume(t.Context(), newer.ID, jobs.Resumption{Semantics: jobs.Replace, Scope: jobs.ScopeEmployee,
		RequestTimeout: time.Hour})
	f.must(err)
	if taken := f.claimedKeys(s, resumed); taken != "2" {
		t.Errorf("%s are sent at once", taken)
	}
}

// A newer month whose items are past their time was sent all the same.
func TestAPurgedMonthStillKeepsAnOlderOneFromBeingSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.startAt(s, "saint-martin", earlierMonth)
	f.plan(s, older, toSend(s, "1", 0))
	f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
	newer := f.sent(s, "saint-martin", month)
	f.db.Exec(t, `DELETE FROM syncd.item WHERE run_id = $1`, newer.ID)
	f.db.Exec(t, `UPDATE syncd.run SET purged = 2 WHERE id = $1`, newer.ID)
	single := resumption
	single.Scope = jobs.ScopeEmployee
	var order *jobs.OrderError
	if _, err := s.Resume(t.Context(), older.ID, single); !errors.As(err, &order) || order.Other.ID != newer.ID {
		t.Errorf("%v", err)
	}
}

// planFor freezes items as a job with these settings would.
func (f *fixture) planFor(s *Store, run *jobs.Run, request jobs.Resumption, items ...jobs.PlannedItem) {
	f.Helper()
	w, err := s.BeginPlan(f.Context(), run, request)
	f.must(err)
	defer w.Abandon()
	var counts jobs.Counts
	for i := range items {
		items[i].Seq = i + 1
		counts.EmployeesRead += items[i].Employees
		counts.ElementsRead += items[i].Elements
	}
	f.must(w.Add(f.Context(), items))
	f.must(w.Commit(f.Context(), jobs.Frozen{Counts: counts}))
	run.Planned = true
}

// claimedKeys are those that may be sent now.
func (f *fixture) claimedKeys(s *Store, run *jobs.Run) (keys string) {
	f.Helper()
	for _, c := range f.step(s, run, jobs.Step{Take: 8}) {
		keys += c.Key
	}
	return keys
}
