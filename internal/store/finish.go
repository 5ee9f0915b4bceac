package store

import (
	"context"
	"fmt"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Finish implements jobs.Ledger.
func (s *Store) Finish(ctx context.Context, run *jobs.Run, failure jobs.Reason) (*jobs.Run, error) {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		locked, err := q.LockRun(ctx, run.ID)
		if err != nil {
			return err
		}
		now := toRun(locked.SyncdRun, locked.SyncdTarget)
		if now.Epoch != run.Epoch || now.State != jobs.Running {
			return jobs.ErrLost
		}
		if err := q.EndSending(ctx, run.ID); err != nil {
			return err
		}
		counts, err := tally(ctx, q, now)
		if err != nil {
			return err
		}
		if failure.Code == jobs.ReasonStopped && now.Planned && counts.NotAttempted+counts.Uncertain == 0 {
			failure = jobs.Reason{} // the stop came when there was nothing left to send
		}
		return endRun(ctx, q, now, counts, endState(counts, failure), failure)
	})
	if err != nil {
		return nil, redactUnlessOurs("recording the end of the run", err)
	}
	return s.Run(ctx, run.ID)
}

func endState(counts jobs.Counts, failure jobs.Reason) jobs.State {
	switch {
	case failure.IsHold():
		return jobs.Held
	case failure.Code != "":
		return jobs.Failed
	}
	return jobs.FinalState(counts)
}

// tally counts the items of a run anew; what was read and what is unchanged stays as planned.
func tally(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) (jobs.Counts, error) {
	rows, err := q.TallyItems(ctx, run.ID)
	if err != nil {
		return jobs.Counts{}, err
	}
	planned := run.Counts
	counts := jobs.Counts{
		EmployeesRead: planned.EmployeesRead, ElementsRead: planned.ElementsRead,
		Unchanged: planned.Unchanged, ElementsUnchanged: planned.ElementsUnchanged, ElementsInDocuments: planned.ElementsUnchanged,
		Created: planned.Created, Updated: planned.Updated, Repeated: planned.Repeated,
	}
	for _, row := range rows {
		counts.Add(jobs.ItemState(row.Outcome), int(row.Employees), int(row.Elements), int(row.Items))
	}
	return counts, nil
}

// endRun writes state and accounting of a run. A run that had ended before keeps its date.
func endRun(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, c jobs.Counts, state jobs.State, failure jobs.Reason) error {
	if state != run.State && !run.State.CanBecome(state) {
		return fmt.Errorf("run %d cannot go from %s to %s", run.ID, run.State, state)
	}
	n, err := q.EndRun(ctx, dbsqlc.EndRunParams{
		ID: run.ID, Epoch: int32(run.Epoch), FromState: string(run.State), State: string(state), FinishedAt: run.FinishedAt,
		FailureCode: string(failure.Code), FailureDetail: failure.Detail,
		Accepted: int32(c.Accepted), Rejected: int32(c.Rejected), Blocked: int32(c.Blocked), Held: int32(c.Held),
		Uncertain: int32(c.Uncertain), Superseded: int32(c.Superseded), NotAttempted: int32(c.NotAttempted),
		ElementsInDocuments: int32(c.ElementsInDocuments), ElementsBlocked: int32(c.ElementsBlocked),
		Departed: int32(c.Departed), LeftBetween: int32(c.Left),
	})
	if err == nil && n != 1 {
		return jobs.ErrLost
	}
	return err
}

// recount brings the accounting of an ended run up to date after its items have been superseded.
func recount(ctx context.Context, q *dbsqlc.Queries, id int64) error {
	locked, err := q.LockRun(ctx, id)
	if err != nil {
		return err
	}
	run := toRun(locked.SyncdRun, locked.SyncdTarget)
	if run.FinishedAt == nil {
		return nil // it is counted when it ends
	}
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, run.State, run.Failure)
}

// Approve lets a held run go on with exactly what was held.
func (s *Store) Approve(ctx context.Context, id int64, by, reason string) error {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := lockRun(ctx, q, id)
		if err != nil {
			return err
		}
		if run.State != jobs.Held {
			return &NotHeldError{Run: *run}
		}
		return q.ApproveRun(ctx, dbsqlc.ApproveRunParams{ID: id, ApprovedBy: by, ApprovedReason: reason})
	})
	return redactUnlessOurs("approving the run", err)
}
