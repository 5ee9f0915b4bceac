package store

import (
	"testing"

	"syncd/internal/jobs"
)

// A defect while a plan is written must end in the goroutine that plans, where the runner records it: a panic in a
// goroutine of the writer's own would end the process, and with it every other dossier's turn.
func TestPanicWhileAPlanIsWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	w, err := s.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	keys := s.keys
	s.keys = nil // what a defect of sealing would do
	t.Cleanup(func() { s.keys = keys })
	panicked := func() (v any) {
		defer func() { v = recover() }()
		defer w.Abandon()
		f.must(w.Add(t.Context(), []jobs.PlannedItem{{Item: jobs.Item{Seq: 1, Key: "00001", State: jobs.ItemPending}, Document: []byte("{}")}}))
		return w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{}, Digests: jobs.Digests{}})
	}()
	if _, isError := panicked.(error); panicked == nil || !isError {
		t.Errorf("the panic ended as %v", panicked)
	}
}
