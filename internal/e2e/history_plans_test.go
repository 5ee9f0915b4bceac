package e2e

import (
	"bytes"
	"context"
	"slices"

	"syncd/internal/jobs"
)

// frozenPlans remembers each plan as it was handed to the ledger, and what the API received of it.
type frozenPlans struct {
	of     map[int64]*frozenPlan
	api    *fakeAPI
	staff  map[string]*person // that is planned from
	judged int                // receipts of the API that were looked at
}

type frozenPlan struct {
	holds bool
	items map[string]*jobs.PlannedItem // by matricule, those that have a document
	lines map[string]bool              // the matricules of all items
}

// document is what a run planned to send for an employee.
func (f *frozenPlans) document(run int64, key string) []byte {
	if plan := f.of[run]; plan != nil && plan.items[key] != nil {
		return plan.items[key].Document
	}
	return nil
}

// ledger is a ledger whose plans are remembered.
func (f *frozenPlans) ledger(l jobs.Ledger) jobs.Ledger { return freezing{l, f} }

type freezing struct {
	jobs.Ledger
	plans *frozenPlans
}

func (l freezing) BeginPlan(ctx context.Context, run *jobs.Run, request jobs.Resumption) (jobs.PlanWriter, error) {
	w, err := l.Ledger.BeginPlan(ctx, run, request)
	return &freezingWriter{w, l.plans, run, &frozenPlan{items: map[string]*jobs.PlannedItem{}, lines: map[string]bool{}}}, err
}

// Step tells the API which run its next requests are of.
func (l freezing) Step(ctx context.Context, run *jobs.Run, step jobs.Step) (jobs.Taken, error) {
	l.plans.api.run.Store(run)
	return l.Ledger.Step(ctx, run, step)
}

type freezingWriter struct {
	jobs.PlanWriter
	plans *frozenPlans
	run   *jobs.Run
	plan  *frozenPlan
}

func (w *freezingWriter) Add(ctx context.Context, items []jobs.PlannedItem) error {
	for i := range items {
		w.plan.lines[items[i].Key] = true
		if item := items[i]; item.Document != nil {
			item.Document = bytes.Clone(item.Document)
			w.plan.items[item.Key] = &item
		}
	}
	return w.PlanWriter.Add(ctx, items)
}

func (w *freezingWriter) Hold(ctx context.Context, holds []jobs.Hold) error {
	for _, hold := range holds {
		item := w.plan.items[hold.Key]
		item.State, item.Findings = jobs.ItemHeld, append(item.Findings, hold.Finding)
	}
	return w.PlanWriter.Hold(ctx, holds)
}

func (w *freezingWriter) Commit(ctx context.Context, plan jobs.Frozen) error {
	err := w.PlanWriter.Commit(ctx, plan)
	if err == nil {
		w.plan.holds = jobs.Holds(plan.Findings)
		w.plans.of[w.run.ID] = w.plan
		w.countUnchanged()
	}
	return err
}

// countUnchanged tells the API whom the plan calls unchanged: on what it holds of them the run counts.
func (w *freezingWriter) countUnchanged() {
	for key, p := range w.plans.staff {
		if !w.plan.lines[key] && (!w.run.Partial() || slices.Contains(w.run.Employees, key)) {
			w.plans.api.count(w.run, key, p.rev)
		}
	}
}

// wantReleased wants everything that the API received to be what its run planned, byte for byte, and let go by a person
// where that was asked for. An API that adds gets a second document of a month only if a person let go exactly that; where the
// ledger was put back and lost the first one, only if a person let go the run.
func (h *history) wantReleased() {
	h.Helper()
	for _, r := range h.api.received[h.plans.judged:] {
		plan := h.plans.of[r.run]
		if plan == nil || plan.items[r.key] == nil {
			h.Fatalf("run %d never planned to send %s", r.run, r.key)
		}
		item := plan.items[r.key]
		if !bytes.Equal(item.Document, r.document) {
			h.Fatalf("run %d planned %s, and sent %s", r.run, item.Document, r.document)
		}
		sum := h.store.Fingerprinter().Sum(r.document)
		if h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND key = $2 AND fingerprint = $3`, r.run, r.key, sum[:]) != 1 {
			h.Fatalf("run %d sent %s, whose fingerprint is not that of its item", r.run, r.document)
		}
		if plan.holds && h.approvals(r.run, "") == 0 {
			h.Fatalf("run %d was held, and sent %s without an approval", r.run, r.key)
		}
		if r.adds && r.lost && !plan.holds {
			h.Fatalf("run %d sent %s, which was sent before the ledger was put back, and nothing held it", r.run, r.key)
		}
		if (item.State == jobs.ItemHeld || r.adds && !r.lost) && h.approvals(r.run, r.key) == 0 {
			h.Fatalf("run %d sent %s without an approval: %s, %+v", r.run, r.key, item.State, item.Findings)
		}
	}
	h.plans.judged = len(h.api.received)
}

// approvals counts those of a run as a whole, or of one of its employees.
func (h *history) approvals(run int64, key string) int {
	h.Helper()
	return h.count(`SELECT count(*) FROM syncd.audit WHERE decision = 'approve' AND run_id = $1
		AND (employees = '{}' AND $2 = '' OR $2 = ANY (employees))`, run, key)
}
