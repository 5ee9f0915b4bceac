package store

import (
	"context"
	"errors"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Cancel gives up what a run has not sent. A run that is executed is only asked to stop: its process sees it within a
// heartbeat, and what is on its way is finished. seen is how the person saw it; nil = it is meant as it is. The run is returned
// as it stands afterwards: cancelled, or running.
// Errors: jobs.ErrNoRun, *jobs.FinishedError, *jobs.OvertakenError, and *jobs.BusyError while a newer plan takes over what it left.
func (s *Store) Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error) {
	return s.Shown(nil).Cancel(ctx, id, by, reason)
}

// Cancel is that of the Store, and fails with a *DisplayedError unless the run stands as it was shown.
func (d Shown) Cancel(ctx context.Context, id int64, by, reason string) (*jobs.Run, error) {
	s := d.store
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := d.lock(ctx, q, id)
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

// SetAside gives up what a run holds of some employees, and of nobody else: nothing of theirs leaves by it, and the next plan proposes
// them again, to the guards that held them. Errors: jobs.ErrNoRun, *DisplayedError, *jobs.BusyError, *NotHeldError where one of them is
// not held, or is so by what holds all.
func (d Shown) SetAside(ctx context.Context, id int64, keys []string, by, reason string) (*jobs.Run, error) {
	s := d.store
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := d.lock(ctx, q, id)
		if err != nil {
			return err
		}
		if run.State == jobs.Running {
			return &jobs.BusyError{Run: *run}
		}
		if err := refusePlanning(ctx, q, run); err != nil {
			return err
		}
		return s.setAside(ctx, q, run, keys, by, reason)
	})
	if err != nil {
		return nil, redactUnlessOurs("setting employees aside", s.tellDead(ctx, err))
	}
	return s.Run(ctx, id)
}

// setAside is SetAside of a locked run. One that holds everybody and has nobody left is cancelled.
func (s *Store) setAside(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string, by, reason string) error {
	held, err := heldOf(ctx, q, run, keys)
	if none, ok := errors.AsType[*NotHeldError](err); ok {
		none.Aside = true
	}
	if err != nil {
		return err
	}
	aside := keysOfHeld(held)
	if err := q.CancelItems(ctx, dbsqlc.CancelItemsParams{RunID: run.ID, Held: aside}); err != nil {
		return err
	}
	if err := s.auditRun(ctx, q, run, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionCancel, Employees: aside, Reason: reason,
		Facts: ledger.AuditFacts{Digest: run.Digests.Plan}}); err != nil {
		return err
	}
	if run.State == jobs.Held {
		open, err := q.OpenItems(ctx, run.ID)
		if err != nil {
			return err
		}
		if open == 0 {
			if err := q.RequestCancel(ctx, dbsqlc.RequestCancelParams{ID: run.ID, CancelledBy: by, CancelledReason: reason}); err != nil {
				return err
			}
			return cancelRun(ctx, q, run)
		}
	}
	return recount(ctx, q, run.ID)
}

// lock locks a run, which must stand as it was shown.
func (d Shown) lock(ctx context.Context, q *dbsqlc.Queries, id int64) (*jobs.Run, error) {
	run, err := d.store.lockRun(ctx, q, id, patiently)
	if err != nil {
		return nil, err
	}
	return run, asSeen(run, d.seen)
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
	if err := q.CancelItems(ctx, dbsqlc.CancelItemsParams{RunID: run.ID}); err != nil {
		return err
	}
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, jobs.Cancelled, jobs.Reason{Code: jobs.ReasonCancelled})
}
