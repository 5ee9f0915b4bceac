package store

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Finish implements jobs.Ledger.
func (s *Store) Finish(ctx context.Context, run *jobs.Run, failure jobs.Reason, patience *jobs.Patience) (*jobs.Run, error) {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		locked, err := q.LockRun(ctx, run.ID)
		if err != nil {
			return err
		}
		now := toRun(locked.SyncdRun, locked.SyncdTarget)
		now.NotBefore = run.NotBefore // as the partner asked
		if now.Epoch != run.Epoch || now.State != jobs.Running {
			return jobs.ErrLost
		}
		if failure.Code == jobs.ReasonReplanned {
			if err := q.EndSending(ctx, run.ID); err != nil {
				return err
			}
			return s.succeed(ctx, q, now)
		}
		return finish(ctx, q, now, failure, patience)
	})
	if err != nil {
		return nil, redactUnlessOurs("recording the end of the run", err)
	}
	finished, err := s.Run(ctx, run.ID)
	if err != nil || finished.Counts.MayHaveLeft() { // of a run that found nothing to send, nothing can be lost that matters
		s.mark(ctx)
	}
	return finished, err
}

// finish decides where a locked, running run goes.
func finish(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, failure jobs.Reason, patience *jobs.Patience) error {
	counts, err := settleItems(ctx, q, run, failure)
	if err != nil {
		return err
	}
	state, why := run.Next(counts, failure, patience != nil)
	if state == jobs.Queued {
		if queued, err := requeue(ctx, q, run, why, patience); queued || err != nil {
			return err
		}
		state, why = run.Next(counts, failure, false)
	}
	if state == jobs.Cancelled {
		return cancelRun(ctx, q, run)
	}
	if state == jobs.Succeeded || state == jobs.Incomplete { // what the report says of departures has been said
		if err := noteDepartures(ctx, q, run, counts); err != nil {
			return err
		}
	}
	return endRun(ctx, q, run, counts, state, why)
}

// settleItems ends what the items of a run were doing, and counts them. Nothing is looked for where there are none, as in most
// of the runs of a fleet.
func settleItems(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, failure jobs.Reason) (jobs.Counts, error) {
	var counts jobs.Counts
	rows, err := q.TallyItems(ctx, run.ID)
	if err != nil || len(rows) == 0 {
		return counted(run, rows), err
	}
	if err := q.EndSending(ctx, run.ID); err != nil {
		return counts, err
	}
	if failure.Code == "" { // the API is well
		if err := q.GiveUpItems(ctx, dbsqlc.GiveUpItemsParams{RunID: run.ID, MostAttempts: jobs.MostAttempts}); err != nil {
			return counts, err
		}
	}
	if err := noteTaken(ctx, q, run); err != nil {
		return counts, err
	}
	return tally(ctx, q, run)
}

// noteTaken tells with the run whom the API only accepted for processing, counted anew at each end of it.
func noteTaken(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	rows, err := q.TakenKeys(ctx, dbsqlc.TakenKeysParams{RunID: run.ID, MaxRows: jobs.FindingKeys})
	if err != nil || len(rows) == 0 {
		return err
	}
	notice := jobs.Finding{Rule: jobs.RuleTaken, N: int(rows[0].Employees)}
	for _, row := range rows {
		notice.Keys = append(notice.Keys, row.Key)
	}
	others := slices.DeleteFunc(slices.Clone(run.Findings), func(f jobs.Finding) bool { return f.Rule == jobs.RuleTaken })
	text, err := findingsText(append(others, notice))
	if err != nil {
		return err
	}
	return q.SetFindings(ctx, dbsqlc.SetFindingsParams{ID: run.ID, Findings: text})
}

// noteDepartures remembers who has gone, so that guards count them once.
func noteDepartures(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, counts jobs.Counts) error {
	if run.Period == "" || run.Partial() {
		return nil
	}
	if counts.Departed+counts.Left > 0 {
		if err := q.NoteDepartures(ctx, run.ID); err != nil {
			return err
		}
	}
	return q.ForgetDepartures(ctx, dbsqlc.ForgetDeparturesParams{TargetID: run.Target.ID, Period: string(run.Period), RunID: run.ID})
}

// requeue puts a run back into the queue. false: the API is well and nobody is left to wait for, or its deadline has come.
func requeue(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, why jobs.Reason, patience *jobs.Patience) (bool, error) {
	var asked float64
	if run.NotBefore != nil {
		asked = max(0, time.Until(*run.NotBefore).Seconds())
	}
	if why.Code == jobs.ReasonStopped {
		n, err := q.HandBackRun(ctx, dbsqlc.HandBackRunParams{ID: run.ID, Epoch: int32(run.Epoch), AskedSeconds: asked})
		return n == 1, err
	}
	if why.Code == "" {
		if passing, err := q.PassingItems(ctx, run.ID); err != nil || passing == 0 {
			return false, err
		}
	}
	n, err := q.PostponeRun(ctx, dbsqlc.PostponeRunParams{ID: run.ID, Epoch: int32(run.Epoch),
		PauseSeconds: jitter(patience.After(run.Postponed)).Seconds(), AskedSeconds: asked, DeadlineSeconds: patience.Deadline.Seconds(),
		FailureCode: string(cmp.Or(why.Code, jobs.ReasonUnreachable)), FailureDetail: why.Detail, FailureArgs: causeJSON(why.Cause),
		FailureProblems: problemsJSON(why.Problems)})
	return n == 1, err
}

// jitter takes up to a fifth off a pause, so that runs that stopped together do not come back together.
func jitter(d time.Duration) time.Duration { return d - time.Duration(rand.Int64N(int64(d)/5+1)) }

// tally counts the items of a run anew; what was read and what is unchanged stays as planned.
func tally(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) (jobs.Counts, error) {
	rows, err := q.TallyItems(ctx, run.ID)
	return counted(run, rows), err
}

func counted(run *jobs.Run, rows []dbsqlc.TallyItemsRow) jobs.Counts {
	planned := run.Counts
	counts := jobs.Counts{
		EmployeesRead: planned.EmployeesRead, ElementsRead: planned.ElementsRead,
		Unchanged: planned.Unchanged, ElementsUnchanged: planned.ElementsUnchanged, ElementsInDocuments: planned.ElementsUnchanged,
		Created: planned.Created, Updated: planned.Updated, Repeated: planned.Repeated, Gathered: planned.Gathered,
	}
	for _, row := range rows {
		counts.Add(jobs.ItemState(row.Outcome), int(row.Employees), int(row.Elements), int(row.Items))
	}
	return counts
}

// endRun writes state and accounting of a run. A run that had ended before keeps its date.
func endRun(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, c jobs.Counts, state jobs.State, failure jobs.Reason) error {
	if state != run.State && !run.State.CanBecome(state) {
		return hinted.Because(nil, "defect.transition", "run", run.ID, "from", string(run.State), "to", string(state))
	}
	n, err := q.EndRun(ctx, dbsqlc.EndRunParams{
		ID: run.ID, Epoch: int32(run.Epoch), FromState: string(run.State), State: string(state), FinishedAt: run.FinishedAt,
		FailureCode: string(failure.Code), FailureDetail: failure.Detail, FailureArgs: causeJSON(failure.Cause),
		FailureProblems: problemsJSON(failure.Problems),
		Accepted:        int32(c.Accepted), Rejected: int32(c.Rejected), Blocked: int32(c.Blocked), Held: int32(c.Held),
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
	return recounted(ctx, q, id, func(run *jobs.Run, _ jobs.Counts) jobs.State { return run.State })
}

// recountSettled does so for its state as well, after its items have been settled.
func recountSettled(ctx context.Context, q *dbsqlc.Queries, id int64) error {
	return recounted(ctx, q, id, (*jobs.Run).Recounted)
}

func recounted(ctx context.Context, q *dbsqlc.Queries, id int64, state func(*jobs.Run, jobs.Counts) jobs.State) error {
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
	return endRun(ctx, q, run, counts, state(run, counts), run.Failure)
}

// endReplaced ends a held run of which a newer one has taken the place.
func endReplaced(ctx context.Context, q *dbsqlc.Queries, id, newer int64) error {
	locked, err := q.LockRun(ctx, id)
	if err != nil {
		return err
	}
	run := toRun(locked.SyncdRun, locked.SyncdTarget)
	if run.State != jobs.Held {
		return nil
	}
	counts, err := tally(ctx, q, run)
	if err != nil {
		return err
	}
	return endRun(ctx, q, run, counts, jobs.Cancelled, jobs.Reason{Code: jobs.ReasonReplanned, Detail: strconv.FormatInt(newer, 10)})
}
