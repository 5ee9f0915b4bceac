package e2e

import (
	"context"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/store"
)

// What was sent for a new employee can be looked up and lies nowhere in the clear: it is the sealed document, which the
// baseline keeps until a later run replaces it.
func TestDocumentOfANewEmployeeIsShownAndSealed(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	first := w.run(r, jobs.Succeeded, nil)
	if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE diff IS NOT NULL`); n != 0 {
		t.Errorf("%d new employees lie open in the ledger", n)
	}
	diff := w.diffOf(r, first, "00002")
	name := change(diff, "NomNaissance")
	if name == nil || name.Op != "+" || name.New == "" {
		t.Errorf("the name of a new employee is %+v", name)
	}
	if nir := change(diff, "Nir"); nir == nil || !nir.Masked || nir.New != "" {
		t.Errorf("the NIR of a new employee is %+v", nir)
	}

	w.rename("00002", "MARIEE")
	second := w.run(r, jobs.Succeeded, nil)
	if name := change(w.diffOf(r, second, "00002"), "NomNaissance"); name == nil || name.Op != "*" {
		t.Errorf("the changed name is %+v", name)
	}
	if diff := w.diffOf(r, first, "00002"); diff != nil {
		t.Errorf("what a later run replaced is shown as if it were what the first one sent: %+v", diff)
	}
}

// diffOf is what a person sees who may read the ledger key.
func (w *world) diffOf(r *jobs.Runner, run *jobs.Run, matricule string) []diff.Change {
	w.t.Helper()
	items, err := storeOf(r).Items(context.Background(), run.ID,
		store.ItemFilter{Max: 10, Keys: []string{matricule}, Diffs: true, Mapping: w.job.Mapping})
	w.must(err)
	if len(items) != 1 {
		w.t.Fatalf("run %d has %d items for %s, want 1", run.ID, len(items), matricule)
	}
	return items[0].Diff
}

func change(diff []diff.Change, path string) *diff.Change {
	for i := range diff {
		if diff[i].Path == path {
			return &diff[i]
		}
	}
	return nil
}
