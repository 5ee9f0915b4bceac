package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// clockSkew is how far this machine's clock may be ahead of Postgres's: a fire that is too early sends half a month.
const clockSkew = time.Minute

// Schedules tells how far the fires of these jobs and targets are dealt with. A pair that was never armed is not there.
func (s *Store) Schedules(ctx context.Context, pairs []ledger.Pair) (map[ledger.Pair]ledger.Armed, error) {
	names, targets := columns(pairs)
	rows, err := s.queries.ListSchedules(ctx, dbsqlc.ListSchedulesParams{Jobs: names, Targets: targets})
	if err != nil {
		return nil, redact("reading schedules", err)
	}
	armed := make(map[ledger.Pair]ledger.Armed, len(rows))
	for _, r := range rows {
		pair := ledger.Pair{Job: r.Job, TargetID: r.TargetID}
		armed[pair] = ledger.Armed{Pair: pair, Spec: r.Spec, Timezone: r.Timezone, DealtWith: r.DealtWith}
	}
	return armed, nil
}

// Arm records the schedule of a job and target for the first time: what lies before is never caught up. Another daemon
// may have done so.
func (s *Store) Arm(ctx context.Context, a ledger.Armed) error {
	_, err := s.queries.InsertSchedule(ctx, dbsqlc.InsertScheduleParams{Job: a.Pair.Job, TargetID: a.Pair.TargetID,
		Spec: a.Spec, Timezone: a.Timezone, DealtWith: a.DealtWith})
	return redact("recording a schedule", err)
}

// Record makes the runs of fires that are due, and remembers how far fires are dealt with. before is what the caller
// went by: when another daemon has dealt with them meanwhile, or another process has the dossier, nothing happens, and ok
// is false. request is what all runs of the job have in common. The fires come back as they were recorded; one that was
// recorded before is left out.
func (s *Store) Record(ctx context.Context, before, after ledger.Armed, fires []ledger.Fire, request jobs.NewRun) (recorded []ledger.Fire,
	ok bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		pair := before.Pair
		now, err := q.LockSchedule(ctx, dbsqlc.LockScheduleParams{Job: pair.Job, TargetID: pair.TargetID, Until: after.DealtWith})
		switch {
		case isNoRows(err), err == nil && (!now.DealtWith.Equal(before.DealtWith) || now.Spec != before.Spec || now.Timezone != before.Timezone):
			return nil
		case err != nil:
			return err
		case seconds(now.AheadSeconds) > clockSkew:
			return &jobs.ClockError{Ahead: seconds(now.AheadSeconds)}
		}
		// Nothing is claimed or started meanwhile. A process that froze while it did must not keep other dossiers waiting.
		if err := q.LimitLockWaits(ctx); err != nil {
			return err
		}
		if err := q.LockTargetByID(ctx, pair.TargetID); err != nil {
			return err
		}
		request.Target.ID = pair.TargetID
		if recorded, err = s.recordAll(ctx, q, fires, request); err != nil {
			return err
		}
		ok = true
		return q.SetSchedule(ctx, dbsqlc.SetScheduleParams{Job: pair.Job, TargetID: pair.TargetID,
			Spec: after.Spec, Timezone: after.Timezone, DealtWith: after.DealtWith})
	})
	if isLockTimeout(err) {
		return nil, false, nil
	}
	return recorded, ok && err == nil, redactUnlessOurs("recording fires", err)
}

func (s *Store) recordAll(ctx context.Context, q *dbsqlc.Queries, fires []ledger.Fire, request jobs.NewRun) ([]ledger.Fire, error) {
	if err := s.keepKey(ctx, q); err != nil {
		return nil, err
	}
	inTheWay := map[jobs.Period]*jobs.Run{} // as it was before: fires that are caught up together do not stop each other
	for _, f := range fires {
		if _, known := inTheWay[f.Period]; known || f.Outcome != ledger.FireRun {
			continue
		}
		var err error
		if inTheWay[f.Period], err = waitingRun(ctx, q, request, f.Period); err != nil {
			return nil, err
		}
	}
	var recorded []ledger.Fire
	for _, f := range fires {
		n, err := q.InsertFire(ctx, dbsqlc.InsertFireParams{Job: f.Pair.Job, TargetID: f.Pair.TargetID, NominalAt: f.Nominal,
			Outcome: string(f.Outcome), Reason: f.Reason})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			continue // a clock that was set back must not make it twice
		}
		if f.Outcome == ledger.FireRun {
			if err := s.fire(ctx, q, &f, inTheWay[f.Period], request); err != nil {
				return nil, err
			}
		}
		recorded = append(recorded, f)
	}
	return recorded, nil
}

// fire makes the run of a fire, unless one of the same job, target and period waits to read staging: what that one will
// read is no older.
func (s *Store) fire(ctx context.Context, q *dbsqlc.Queries, f *ledger.Fire, active *jobs.Run, request jobs.NewRun) error {
	closed := refuseClosed(ctx, q, request.Target.ID, f.Period)
	switch {
	case is[*jobs.ClosedError](closed):
		f.Outcome, f.Reason = ledger.FireSkipped, "closed"
	case closed != nil:
		return closed
	case active != nil:
		f.Outcome, f.RunID, f.Met = ledger.FireSkipped, active.ID, active.State
		f.Reason = fmt.Sprintf("run %d is %s", active.ID, active.State)
	default:
		request.Period, request.Trigger = f.Period, f.Trigger
		id, err := q.InsertQueuedRun(ctx, s.queued(request, &f.Nominal, []string{}))
		if err != nil {
			return err
		}
		if err := s.auditNew(ctx, q, id, request); err != nil {
			return err
		}
		f.RunID = id
	}
	set := dbsqlc.SetFireParams{Job: f.Pair.Job, TargetID: f.Pair.TargetID, NominalAt: f.Nominal, Outcome: string(f.Outcome), Reason: f.Reason}
	if f.RunID != 0 {
		set.RunID = &f.RunID
	}
	if f.Met != "" {
		set.Met = new(string(f.Met))
	}
	return q.SetFire(ctx, set)
}

func waitingRun(ctx context.Context, q *dbsqlc.Queries, request jobs.NewRun, period jobs.Period) (*jobs.Run, error) {
	request.Period = period // of the target that the request names
	var busy *jobs.BusyError
	err := refuseQueued(ctx, q, request, false)
	if errors.As(err, &busy) {
		return &busy.Run, nil
	}
	return nil, err
}

// LastFires tells the last fire of each of these jobs and targets. A pair that never had one is not there.
func (s *Store) LastFires(ctx context.Context, pairs []ledger.Pair) (map[ledger.Pair]ledger.Fire, error) {
	names, targets := columns(pairs)
	rows, err := s.queries.ListFires(ctx, dbsqlc.ListFiresParams{Jobs: names, Targets: targets})
	if err != nil {
		return nil, redact("reading fires", err)
	}
	fires := make(map[ledger.Pair]ledger.Fire, len(rows))
	for _, r := range rows {
		pair := ledger.Pair{Job: r.Job, TargetID: r.TargetID}
		fires[pair] = ledger.Fire{Pair: pair, Nominal: r.NominalAt, Outcome: ledger.FireOutcome(r.Outcome), Reason: r.Reason,
			RunID: value(r.RunID), Met: jobs.State(value(r.Met)), State: jobs.State(value(r.RunState))}
	}
	return fires, nil
}

// MissedFires lists the fires of the last 100 days that made no run, the newest first.
func (s *Store) MissedFires(ctx context.Context, names []string, most int) ([]ledger.Fire, error) {
	rows, err := s.queries.ListMissed(ctx, dbsqlc.ListMissedParams{Jobs: names, MaxRows: int32(most)}) //nolint:gosec // a few
	if err != nil {
		return nil, redact("reading missed fires", err)
	}
	fires := make([]ledger.Fire, 0, len(rows))
	for _, r := range rows {
		fires = append(fires, ledger.Fire{Pair: ledger.Pair{Job: r.Job, TargetID: r.TargetID}, Nominal: r.NominalAt,
			Outcome: ledger.FireOutcome(r.Outcome), Reason: r.Reason, RunID: value(r.RunID), Met: jobs.State(value(r.Met))})
	}
	return fires, nil
}
