package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// CheckOrder fails with the *jobs.OrderError that Start would fail with now.
func (s *Store) CheckOrder(ctx context.Context, request jobs.NewRun) error {
	return redactUnlessOurs("reading the order of periods", checkOrder(ctx, s.queries, request.Target.ID, request, doubtBlocks))
}

// doubtBlocks: what is only in doubt in an older period stops a newer one. It stops a person, who can look; a schedule
// would not go on for anybody, month after month.
const doubtBlocks = true

// checkOrder keeps periods in order.
func checkOrder(ctx context.Context, q *dbsqlc.Queries, target int64, request jobs.NewRun, doubtBlocks bool) error {
	if request.Period == "" {
		return nil
	}
	if request.Scope == jobs.ScopeEmployee {
		if err := checkNewer(ctx, q, target, request.Period); err != nil {
			return err
		}
	}
	if request.AnyOrder {
		return nil
	}
	period := string(request.Period)
	row, err := q.UnfinishedBefore(ctx, dbsqlc.UnfinishedBeforeParams{TargetID: target, Period: &period, DoubtBlocks: doubtBlocks})
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return &jobs.OrderError{Period: request.Period, Other: *toRun(row.SyncdRun, row.SyncdTarget)}
}

// checkNewer fails when an API that keeps one document per employee would lose a newer period to this one.
func checkNewer(ctx context.Context, q *dbsqlc.Queries, target int64, period jobs.Period) error {
	row, err := q.DeliveredAfter(ctx, dbsqlc.DeliveredAfterParams{TargetID: target, Period: nullable(string(period))})
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return &jobs.OrderError{Period: period, Other: *toRun(row.SyncdRun, row.SyncdTarget), Newer: true}
}

// delay keeps a run from sending whom an earlier request may still reach: of its own period or, where the partner keeps one
// document per employee, of any.
func delay(ctx context.Context, q *dbsqlc.Queries, run int64, request jobs.Resumption) error {
	timeout := request.RequestTimeout.Seconds()
	if err := q.DelayDoubtful(ctx, dbsqlc.DelayDoubtfulParams{RunID: run, TimeoutSeconds: timeout}); err != nil ||
		request.Scope != jobs.ScopeEmployee {
		return err
	}
	return q.DelayOvertaking(ctx, dbsqlc.DelayOvertakingParams{RunID: run, TimeoutSeconds: timeout})
}
