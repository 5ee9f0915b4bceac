package store

import (
	"context"
	"strconv"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// PlanState implements jobs.Ledger.
func (s *Store) PlanState(ctx context.Context, run *jobs.Run) (jobs.PlanState, error) {
	states := make([]string, len(jobs.OpenInPlan))
	for i, state := range jobs.OpenInPlan {
		states[i] = string(state)
	}
	row, err := s.queries.PlanState(ctx, dbsqlc.PlanStateParams{ID: run.ID, States: states})
	return jobs.PlanState{Age: seconds(row.Age), InDoubt: row.InDoubt, Released: row.Released, Pending: int(row.Pending), Open: int(row.Open)},
		redact("reading the plan", err)
}

// Frozen implements jobs.Ledger.
func (s *Store) Frozen(ctx context.Context, run int64, keys []string) (map[string]jobs.FrozenItems, error) {
	rows, err := s.queries.FrozenItems(ctx, dbsqlc.FrozenItemsParams{RunID: run, Keys: keys})
	if err != nil {
		return nil, redact("reading the plan", err)
	}
	frozen := make(map[string]jobs.FrozenItems, len(rows))
	for _, r := range rows {
		f := frozen[r.Key]
		f.States = append(f.States, jobs.ItemState(r.State))
		if r.Fingerprint != nil {
			f.Fingerprint = r.Fingerprint
		}
		frozen[r.Key] = f
	}
	return frozen, nil
}

// Note implements jobs.Ledger.
func (s *Store) Note(ctx context.Context, run *jobs.Run, findings []jobs.Finding) error {
	text, err := findingsText(findings)
	if err != nil {
		return err
	}
	return redactUnlessOurs("noting findings", s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := lockOurs(ctx, q, run); err != nil {
			return err
		}
		return q.SetFindings(ctx, dbsqlc.SetFindingsParams{ID: run.ID, Findings: text})
	}))
}

// Unplan implements jobs.Ledger.
func (s *Store) Unplan(ctx context.Context, run *jobs.Run) (unplanned bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := lockOurs(ctx, q, run); err != nil {
			return err
		}
		begun, err := q.Begun(ctx, run.ID)
		if unplanned = !begun && err == nil; !unplanned {
			return err
		}
		if err := q.DropItems(ctx, run.ID); err != nil {
			return err
		}
		if err := q.DropSums(ctx, run.ID); err != nil {
			return err
		}
		return q.UnplanRun(ctx, run.ID)
	})
	return unplanned && err == nil, redactUnlessOurs("giving up the plan", err)
}

// lockOurs locks a run for a change of it, and fails with jobs.ErrLost when it is no longer ours.
func lockOurs(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	locked, err := q.LockRun(ctx, run.ID)
	if err == nil && (int(locked.SyncdRun.Epoch) != run.Epoch || jobs.State(locked.SyncdRun.State) != jobs.Running) {
		return jobs.ErrLost
	}
	return err
}

// succeed ends a run of which some was sent, and queues another one in its place, which plans afresh. What the run left open
// is superseded by that plan.
func (s *Store) succeed(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	if run.Cancelling {
		return cancelRun(ctx, q, run)
	}
	if err := q.GiveUpFire(ctx, run.ID); err != nil {
		return err
	}
	successor, err := q.InsertSuccessor(ctx, dbsqlc.InsertSuccessorParams{ID: run.ID, Version: s.version, NominalAt: run.Nominal})
	if err != nil {
		return err
	}
	if err := q.PassFire(ctx, dbsqlc.PassFireParams{ID: &run.ID, Successor: &successor}); err != nil {
		return err
	}
	if err := s.audit(ctx, q, run.Target.ID, ledger.AuditEntry{Decision: ledger.DecisionRun, Job: run.Job, Period: run.Period,
		Run: successor, Employees: run.Employees, Detail: string(jobs.TriggerRetry)}); err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, jobs.Cancelled, jobs.Reason{Code: jobs.ReasonReplanned, Detail: strconv.FormatInt(successor, 10)})
}
