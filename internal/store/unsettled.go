package store

import (
	"context"
	"fmt"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// refuseLine fails with a *jobs.UnsettledError unless a line can be settled so.
func refuseLine(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, line dbsqlc.SettleLinesRow, as ledger.Settlement) error {
	want := jobs.ItemUncertain
	if as == ledger.SettleWithdrawn {
		want = jobs.ItemDeparted
	}
	switch {
	case jobs.ItemState(line.State) != want && jobs.ReasonCode(line.ReasonCode) == jobs.ReasonSettled:
		return settledAlready(ctx, q, run, line)
	case jobs.ItemState(line.State) != want:
		return &jobs.UnsettledError{Problem: fmt.Sprintf("employee %s is %s in run %d, not %s", line.Key, line.State, run.ID, want),
			Hint: hintToSettle(run, line)}
	case as == ledger.SettleAccepted && !line.Sent:
		return &jobs.UnsettledError{Problem: fmt.Sprintf("run %d has not sent employee %s: what may be there is of an earlier run", run.ID,
			line.Key),
			Hint: "compare, then settle it as --pending, and run again: " + runAgain(run)}
	case value(line.Version) != line.BaselineVersion || line.Version == nil || want == jobs.ItemUncertain && !value(line.InDoubt):
		return &jobs.UnsettledError{Problem: fmt.Sprintf("what is known of employee %s has changed since run %d", line.Key, run.ID),
			Hint: fmt.Sprintf("'syncd why %s --dossier %s --period %s' tells how", line.Key, run.Target.Dossier, run.Period)}
	case line.WaitSeconds > 0:
		return &jobs.UnsettledError{Problem: fmt.Sprintf("the request for employee %s may still be on its way", line.Key),
			Hint: fmt.Sprintf("look again in %s, then settle it", (seconds(line.WaitSeconds) + time.Second).Truncate(time.Second))}
	}
	return nil
}

func settledAlready(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, line dbsqlc.SettleLinesRow) error {
	problem := fmt.Sprintf("employee %s of run %d is settled already", line.Key, run.ID)
	row, err := q.SettledBy(ctx, dbsqlc.SettledByParams{TargetID: &run.Target.ID, Period: string(run.Period), Key: line.Key})
	switch {
	case err == nil:
		problem += fmt.Sprintf(", by %s on %s", row.Actor, moment(row.At))
	case !isNoRows(err):
		return err
	}
	return &jobs.UnsettledError{Problem: problem, Hint: fmt.Sprintf("'syncd why %s --dossier %s --period %s' tells the rest", line.Key,
		run.Target.Dossier, run.Period)}
}

// hintToSettle is what to do instead about a line that is not as somebody took it to be.
func hintToSettle(run *jobs.Run, line dbsqlc.SettleLinesRow) string {
	switch jobs.ItemState(line.State) {
	case jobs.ItemUncertain:
		return "an uncertain one is settled with --accepted or --pending"
	case jobs.ItemDeparted:
		return "a departed one is settled with --withdrawn"
	case jobs.ItemHeld:
		return fmt.Sprintf("'syncd approve %d --employee %s --reason …' releases it", run.ID, line.Key)
	case jobs.ItemUnsettled:
		return fmt.Sprintf("settle the run that sent it: 'syncd why %s --dossier %s --period %s' names it", line.Key,
			run.Target.Dossier, run.Period)
	case jobs.ItemPending, jobs.ItemSending, jobs.ItemAccepted, jobs.ItemRejected, jobs.ItemBlocked, jobs.ItemSuperseded, jobs.ItemWithdrawn,
		jobs.ItemLeft:
	}
	return fmt.Sprintf("there is nothing to settle: see 'syncd show %d'", run.ID)
}

func runAgain(run *jobs.Run) string {
	return fmt.Sprintf("syncd run %s --dossier %s --period %s", run.Job, run.Target.Dossier, run.Period)
}
