package e2e

import (
	"testing"

	"syncd/internal/jobs"
)

func TestTransfer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(50)
	r := w.runner()
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	run, err := w.push(r, nil)
	w.must(err)
	w.wantState(run, jobs.Succeeded)
	if run.Counts.Accepted != 50 || len(w.received()) != 50 {
		t.Fatalf("%+v, the partner has %d", run.Counts, len(w.received()))
	}
	again, err := w.push(r, nil)
	w.must(err)
	w.wantState(again, jobs.Succeeded)
	if again.Counts.Unchanged != 50 || again.Counts.Accepted != 0 {
		t.Fatalf("a second run was not silent: %+v", again.Counts)
	}
}
