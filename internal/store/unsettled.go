package store

import (
	"context"
	"time"

	"syncd/internal/hinted"
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
		return unsettled(instead(jobs.ItemState(line.State)), run, line.Key, "state", hinted.Say("settle.item-"+line.State),
			"want", hinted.Say("settle.item-"+string(want)))
	case as == ledger.SettleAccepted && !line.Sent:
		return unsettled("settle.unsettled-unsent", run, line.Key)
	case value(line.Version) != line.BaselineVersion || line.Version == nil || want == jobs.ItemUncertain && !value(line.InDoubt):
		return unsettled("settle.unsettled-changed", run, line.Key)
	case line.WaitSeconds > 0:
		return unsettled("settle.unsettled-early", run, line.Key, "wait", (seconds(line.WaitSeconds) + time.Second).Truncate(time.Second))
	}
	return nil
}

func settledAlready(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, line dbsqlc.SettleLinesRow) error {
	row, err := q.SettledBy(ctx, dbsqlc.SettledByParams{TargetID: &run.Target.ID, Period: string(run.Period), Key: line.Key})
	switch {
	case err == nil:
		return unsettled("settle.settled-by", run, line.Key, "by", row.Actor, "at", row.At)
	case !isNoRows(err):
		return err
	}
	return unsettled("settle.settled", run, line.Key)
}

// unsettled tells why somebody of a run is not settled.
func unsettled(code string, run *jobs.Run, employee string, namesAndValues ...any) error {
	return &jobs.UnsettledError{Why: hinted.Say(code, append([]any{"employee", employee, "run", run.ID, "job", run.Job,
		"dossier", run.Target.Dossier, "period", run.Period}, namesAndValues...)...)}
}

// instead is the code of what to do about a line that is not as somebody took it to be.
func instead(state jobs.ItemState) string {
	switch state {
	case jobs.ItemUncertain, jobs.ItemDeparted, jobs.ItemHeld, jobs.ItemUnsettled:
		return "settle.unsettled-" + string(state)
	case jobs.ItemPending, jobs.ItemSending, jobs.ItemAccepted, jobs.ItemRejected, jobs.ItemBlocked, jobs.ItemSuperseded, jobs.ItemWithdrawn,
		jobs.ItemLeft:
	}
	return "settle.unsettled-other"
}
