package store

import (
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// expiredReason is why syncd cancels a held run.
const expiredReason = "nobody decided about it in time"

// ExpireHolds gives up what, of these jobs and targets, waits for a decision for longer than the time that its job, by name,
// allows; 0 = for ever. It returns the runs concerned. A run that somebody else is at is left for the next time.
func (s *Store) ExpireHolds(ctx context.Context, pairs []ledger.Pair, expires map[string]time.Duration) (runs []int64, err error) {
	look, err := s.lookAtClock(ctx)
	if err != nil || look.differs() != nil { // which daemons tell of
		return nil, err
	}
	for job, within := range expires {
		if within <= 0 {
			continue
		}
		late, err := s.queries.LateHolds(ctx, dbsqlc.LateHoldsParams{Job: job, Targets: targetsOf(pairs, job), Seconds: within.Seconds()})
		if err != nil {
			return runs, redact("reading what waits for a decision", err)
		}
		for _, id := range late {
			expired, err := s.expireHold(ctx, id, within)
			if err != nil {
				return runs, redact("giving up what nobody decided about", err)
			}
			if expired {
				runs = append(runs, id)
			}
		}
	}
	return runs, nil
}

func targetsOf(pairs []ledger.Pair, job string) (targets []int64) {
	for _, pair := range pairs {
		if pair.Job == job {
			targets = append(targets, pair.TargetID)
		}
	}
	return targets
}

func (s *Store) expireHold(ctx context.Context, id int64, expires time.Duration) (expired bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.LimitLockWaits(ctx); err != nil {
			return err
		}
		run, err := s.lockRun(ctx, q, id, !patiently)
		if err != nil {
			return err
		}
		expired, err = s.expireIfLate(ctx, q, run, expires)
		return err
	})
	var busy *jobs.BusyError
	if errors.Is(err, jobs.ErrTaken) || errors.Is(err, jobs.ErrNoRun) || errors.As(err, &busy) || isLockTimeout(err) {
		return false, nil
	}
	return expired && err == nil, err
}

// expireIfLate gives up what a locked run holds, if it has waited for longer than expires. The transaction is to be
// committed then, whatever else it was for. A *jobs.BusyError: a newer plan takes over what the run left.
func (s *Store) expireIfLate(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, expires time.Duration) (bool, error) {
	if late, err := isLate(ctx, q, run, expires); err != nil || !late {
		return false, err
	}
	if err := refusePlanning(ctx, q, run); err != nil {
		return false, err
	}
	var err error
	entry := ledger.AuditEntry{Decision: ledger.DecisionExpire, Detail: expires.String()}
	if run.State == jobs.Held {
		err = expireRun(ctx, q, run)
	} else if entry.Employees, err = q.ExpireItems(ctx, dbsqlc.ExpireItemsParams{RunID: run.ID}); err == nil {
		err = recount(ctx, q, run.ID)
	}
	if err != nil {
		return false, err
	}
	return true, s.auditRun(ctx, q, run, entry)
}

// isLate reports whether what a run holds has waited for longer than expires; 0 = for ever.
func isLate(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, expires time.Duration) (bool, error) {
	if expires <= 0 {
		return false, nil
	}
	return q.HoldIsLate(ctx, dbsqlc.HoldIsLateParams{ID: run.ID, Seconds: expires.Seconds()})
}

// expireRun cancels a held run in syncd's name.
func expireRun(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	if _, err := q.ExpireItems(ctx, dbsqlc.ExpireItemsParams{RunID: run.ID, Everything: true}); err != nil {
		return err
	}
	if err := q.RequestCancel(ctx, dbsqlc.RequestCancelParams{ID: run.ID, CancelledBy: ledger.Itself,
		CancelledReason: expiredReason}); err != nil {
		return err
	}
	return cancelRun(ctx, q, run)
}
