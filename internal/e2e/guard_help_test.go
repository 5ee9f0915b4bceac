package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

// sampleGuards are the guards as config.toml has them.
func sampleGuards(t testing.TB) jobs.Guards {
	t.Helper()
	job, err := sampleConfig(t).PushJob("paie")
	if err != nil {
		t.Fatal(err)
	}
	return job.Guards
}

// guarded is a world with the guards of config.toml, and some people who are not on the staff yet.
func guarded(t *testing.T, employees, newcomers int) (*world, *jobs.Runner) {
	t.Helper()
	w, r := ready(t, employees+newcomers)
	w.job.Guards = sampleGuards(t)
	w.exec(`CREATE TABLE newcomer AS SELECT * FROM staging.employee WHERE matricule > $1`, matricule(employees))
	w.exec(`CREATE TABLE newcomer_element AS SELECT * FROM staging.payroll_element WHERE matricule > $1`, matricule(employees))
	w.dismiss(employees, newcomers)
	return w, r
}

func matricule(n int) string { return fmt.Sprintf("%05d", n) }

// hire takes so many newcomers into staging, without elements, so that no other guard has an opinion.
func (w *world) hire(n int) {
	w.exec(`INSERT INTO staging.employee SELECT * FROM newcomer ORDER BY matricule LIMIT $1`, n)
}

// dismiss takes so many employees behind one out of staging, with all their elements.
func (w *world) dismiss(behind, n int) {
	for _, table := range []string{"payroll_element", "employee"} {
		w.exec(`DELETE FROM staging.`+table+` WHERE matricule > $1 AND matricule <= $2`, matricule(behind), matricule(behind+n))
	}
}

// renameFirst changes the master data of the first so many employees.
func (w *world) renameFirst(n int) {
	w.exec(`UPDATE staging.employee SET nom_naissance = nom_naissance || '-X' WHERE matricule <= $1`, matricule(n))
}

// holding are the rules that hold a run or an employee, in the order in which they are told.
func holding(findings []jobs.Finding) (rules []jobs.Rule) {
	for _, f := range findings {
		if f.Holds {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

func finding(t testing.TB, findings []jobs.Finding, rule jobs.Rule) jobs.Finding {
	t.Helper()
	for _, f := range findings {
		if f.Rule == rule {
			return f
		}
	}
	t.Fatalf("no finding %s in %+v", rule, findings)
	return jobs.Finding{}
}

// wantHeldRun runs the job, and wants it held for exactly these rules, with nothing sent.
func (w *world) wantHeldRun(r *jobs.Runner, change func(*jobs.NewRun), rules ...jobs.Rule) *jobs.Run {
	w.t.Helper()
	before := w.sandbox.Stats().Deliveries
	run := w.run(r, jobs.Held, change)
	if run.Failure.Code != jobs.ReasonGuard || !slices.Equal(holding(run.Findings), rules) {
		w.t.Fatalf("held (%v) for %+v, want %v", run.Failure, run.Findings, rules)
	}
	w.wantSent(before)
	return run
}

// wantSent wants so many documents to have arrived at the API, ever.
func (w *world) wantSent(n int64) {
	w.t.Helper()
	if sent := w.sandbox.Stats().Deliveries; sent != n {
		w.t.Fatalf("%d documents arrived at the API, want %d", sent, n)
	}
}

// wantHeldItems wants exactly these employees of a run held, each for these rules.
func (w *world) wantHeldItems(r *jobs.Runner, run *jobs.Run, want map[string][]jobs.Rule) {
	w.t.Helper()
	got := map[string][]jobs.Rule{}
	for _, item := range w.items(storeOf(r), run.ID) {
		if item.State == jobs.ItemHeld {
			got[item.Key] = holding(item.Findings)
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		w.t.Fatalf("run %d holds %v, want %v", run.ID, got, want)
	}
}

// release approves what a run holds and goes on with it.
func (w *world) release(r *jobs.Runner, run *jobs.Run, state jobs.State, employees ...string) *jobs.Run {
	w.t.Helper()
	_, err := storeOf(r).Approve(w.t.Context(), run.ID, store.Approval{Employees: employees, By: "marie", Reason: "asked the school"})
	w.must(err)
	return w.resume(r, run.ID, state)
}

// paper of a plan, as somebody sees it who only looks.
type seen struct{ items map[string]jobs.PlannedItem }

// Add implements jobs.PlanSink.
func (s *seen) Add(_ context.Context, items []jobs.PlannedItem) error {
	for _, item := range items {
		s.items[item.Key] = item
	}
	return nil
}

// Hold implements jobs.PlanSink.
func (s *seen) Hold(_ context.Context, holds []jobs.Hold) error {
	for _, hold := range holds {
		item := s.items[hold.Key]
		item.State, item.Findings = jobs.ItemHeld, append(item.Findings, hold.Finding)
		s.items[hold.Key] = item
	}
	return nil
}

// look plans without a run, as `syncd plan` does.
func (w *world) look(r *jobs.Runner, p jobs.Period) (map[string]jobs.PlannedItem, jobs.Frozen) {
	w.t.Helper()
	target, err := storeOf(r).EnsureTarget(w.t.Context(), w.request().Target)
	w.must(err)
	s := seen{map[string]jobs.PlannedItem{}}
	frozen, err := r.DryRun(w.t.Context(), &w.job, jobs.NewRun{Target: target, Period: p, Overwrite: w.overwrite}, &s)
	w.must(err)
	return s.items, frozen
}
