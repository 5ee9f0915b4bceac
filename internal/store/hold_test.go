package store

import (
	"fmt"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// Everyone with one IBAN, as when a column was filled down: who is held and let go must not take longer for each than for all
// before. 10,000 of them once took seven minutes in a ledger that had just been made.
func TestManyAreHeldAndLetGo(t *testing.T) {
	t.Parallel()
	const many, soon = 5_000, 30 * time.Second // quadratic, these took a hundred
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	w, err := s.BeginPlan(f.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	items, holds := make([]jobs.PlannedItem, many), make([]jobs.Hold, many)
	for i := range items {
		items[i] = toSend(s, fmt.Sprintf("%05d", i), 0)
		items[i].Seq = i + 1
		holds[many-1-i] = jobs.Hold{Seq: i + 1, Key: items[i].Key, Finding: jobs.Finding{Rule: jobs.RuleUnique, Holds: true}}
	}
	f.must(w.Add(f.Context(), items))
	began := time.Now()
	f.must(w.Hold(f.Context(), holds))
	f.must(w.Commit(f.Context(), jobs.Frozen{Counts: jobs.Counts{EmployeesRead: many, ElementsRead: 2 * many},
		Digests: jobs.Digests{Plan: "plan"}}))
	f.want("5000", `SELECT count(*)::text FROM syncd.item WHERE state = 'held' AND json_array_length(findings) = 1`)
	f.finish(s, run, "", jobs.Incomplete)
	_, err = s.Approve(f.Context(), run.ID, Approval{By: "somebody", Reason: "one account for all", Employees: keysOfItems(items)})
	f.must(err)
	f.want("5000", `SELECT count(*)::text FROM syncd.item WHERE state = 'pending'`)
	if took := time.Since(began); took > soon {
		t.Errorf("it took %v", took)
	}
}

func keysOfItems(items []jobs.PlannedItem) (keys []string) {
	for i := range items {
		keys = append(keys, items[i].Key)
	}
	return keys
}
