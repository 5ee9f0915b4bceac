package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Cancel gives up what a run has not sent. A run that is executed is only asked to stop: its process sees it within a
// heartbeat, and what is on its way is finished. The run is returned as it stands afterwards: cancelled, or running.
// Errors: jobs.ErrNoRun, *jobs.FinishedError, *jobs.OvertakenError, and *jobs.BusyError while a newer plan takes over what it left.
func (s *Store) Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error) {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := s.lockRun(ctx, q, id, patiently)
		if err != nil {
			return err
		}
		if err := q.RequestCancel(ctx, dbsqlc.RequestCancelParams{ID: id, CancelledBy: by, CancelledReason: reason}); err != nil {
			return err
		}
		if run.State == jobs.Running {
			if err := s.auditCancel(ctx, q, run, by, reason); err != nil {
				return err
			}
			return s.cancelRunning(ctx, q, run)
		}
		if !run.State.CanBecome(jobs.Cancelled) || run.Purged {
			return &jobs.FinishedError{Run: *run}
		}
		if err := refusePlanning(ctx, q, run); err != nil {
			return err
		}
		if err := refuseOvertaken(ctx, q, run); err != nil {
			return err
		}
		if err := s.auditCancel(ctx, q, run, by, reason); err != nil {
			return err
		}
		return cancelRun(ctx, q, run)
	})
	if err != nil {
		return nil, redactUnlessOurs("cancelling the run", err)
	}
	return s.Run(ctx, id)
}

func (s *Store) auditCancel(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, by, reason string) error {
	return s.auditRun(ctx, q, run, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionCancel, Reason: reason})
}

// refusePlanning fails with a *jobs.BusyError while a newer run plans the same period: its transaction has superseded
// what this one left, and will recount this one. Each would wait for the other.
func refusePlanning(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	row, err := q.PeekRunning(ctx, run.Target.ID)
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if other := toRun(row.SyncdRun, row.SyncdTarget); run.Planned && !other.Planned && other.Period == run.Period {
		return &jobs.BusyError{Run: *other}
	}
	return nil
}

// refuseOvertaken fails with an *jobs.OvertakenError when a run that has ended left nothing that could be given up.
func refuseOvertaken(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if run.State != jobs.Failed && run.State != jobs.Incomplete {
		return nil
	}
	aftermath, err := aftermathOf(ctx, q, run.ID)
	if err != nil || !aftermath.Overtaken() {
		return err
	}
	return &jobs.OvertakenError{Run: *run, By: aftermath.Successor()}
}

// cancelRunning leaves a run to the process that executes it, and ends one whose process is gone.
func (s *Store) cancelRunning(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	status, err := statusOf(ctx, q, run)
	if err != nil {
		return err
	}
	if !status.dead(s.lease) {
		return nil
	}
	if err := q.TerminateSessions(ctx, applicationName(*run.Owner)); err != nil {
		return err
	}
	run.Cancelling = true // as it was recorded a moment ago
	return endDead(ctx, q, run, jobs.ReasonInterrupted)
}

// cancelRun ends a locked run. Who was not sent is superseded; who is in doubt stays so, for a newer run or a person.
func cancelRun(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if err := q.CancelItems(ctx, run.ID); err != nil {
		return err
	}
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, jobs.Cancelled, jobs.Reason{Code: jobs.ReasonCancelled})
}
