package e2e

import (
	"context"
	"encoding/json"
	"errors"

	"syncd/internal/jobs"
)

// run runs the job and wants a state.
func (w *world) run(r *jobs.Runner, state jobs.State, change func(*jobs.NewRun)) *jobs.Run {
	w.t.Helper()
	run, err := w.push(r, change)
	w.wantRun(run, err, state)
	return run
}

// resume takes a run up again and wants a state.
func (w *world) resume(r *jobs.Runner, id int64, state jobs.State) *jobs.Run {
	w.t.Helper()
	run, err := r.ResumePush(context.Background(), &w.job, id)
	w.wantRun(run, err, state)
	return run
}

// wantRun wants a run that ended in a state, with an accounting that adds up. A failed run comes with its error.
func (w *world) wantRun(run *jobs.Run, err error, state jobs.State) {
	w.t.Helper()
	if run == nil || err != nil && state != jobs.Failed {
		w.t.Fatalf("%v", err)
	}
	w.wantState(run, state)
	wantSum(w.t, run.Counts)
}

// wantSum wants every employee and every element accounted for.
func wantSum(t interface{ Fatalf(string, ...any) }, c jobs.Counts) {
	employees := c.Unchanged + c.Accepted + c.Rejected + c.Blocked + c.Held + c.Uncertain + c.Superseded + c.NotAttempted
	if c.EmployeesRead != employees || c.ElementsRead != c.ElementsInDocuments+c.ElementsBlocked {
		t.Fatalf("the accounting does not add up: %+v", c)
	}
}

// named names the period on the command line.
func named(p jobs.Period) func(*jobs.NewRun) {
	return func(n *jobs.NewRun) { n.Period, n.AnyOrder = p, true }
}

// employees limits a run.
func employees(matricules ...string) func(*jobs.NewRun) {
	return func(n *jobs.NewRun) { n.Employees = matricules }
}

func (w *world) wantBusy(run *jobs.Run, err error) {
	w.t.Helper()
	var busy *jobs.BusyError
	if run != nil || !errors.As(err, &busy) {
		w.t.Fatalf("run %+v, error %v; want busy", run, err)
	}
}

func (w *world) wantState(run *jobs.Run, state jobs.State) {
	w.t.Helper()
	if run.State != state {
		text, err := json.Marshal(run)
		w.must(err)
		w.t.Fatalf("run is %s (%v), want %s\n%s", run.State, run.Failure, state, text)
	}
}
