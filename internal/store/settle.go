package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// errSettledMeanwhile cannot happen while the target is locked; it rolls back what else would be half a settlement.
var errSettledMeanwhile = errors.New("the baseline moved in the middle of a settlement")

// Settle records what a person found out at the other side about employees of a run: of all of them or, with an error, of
// none. A request that may still be on its way, requestTimeout after it left, cannot be settled. The run is returned as it
// stands afterwards. Errors: jobs.ErrNoRun, *jobs.ClosedError, *jobs.BusyError while a run of the period is executed,
// *jobs.UnsettledError.
func (s *Store) Settle(ctx context.Context, id int64, keys []string, as ledger.Settlement, by, reason string,
	requestTimeout time.Duration) (*jobs.Run, error) {
	return s.Shown(nil).Settle(ctx, id, keys, as, by, reason, requestTimeout)
}

// Settle is that of the Store, and fails with a *DisplayedError unless the run stands as it was shown.
func (d Shown) Settle(ctx context.Context, id int64, keys []string, as ledger.Settlement, by, reason string,
	requestTimeout time.Duration) (*jobs.Run, error) {
	s := d.store
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		run, err := s.lockRun(ctx, q, id, patiently)
		if err != nil {
			return err
		}
		if err := asSeen(run, d.seen); err != nil {
			return err
		}
		if err := settleable(ctx, q, run); err != nil {
			return err
		}
		if run.SecondPerson == jobs.SecondAlways {
			if err := s.refuseFirstPerson(ctx, q, run, by); err != nil {
				return err
			}
		}
		seqs, err := linesToSettle(ctx, q, run, keys, as, requestTimeout)
		if err != nil {
			return err
		}
		if err := settle(ctx, q, run, keys, seqs, as); err != nil {
			return err
		}
		return s.auditRun(ctx, q, run, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionSettle, Employees: keys,
			Reason: reason, Detail: string(as)})
	})
	if err != nil {
		return nil, redactUnlessOurs("settling", s.tellDead(ctx, err))
	}
	return s.Run(ctx, id)
}

// settleable fails unless the lines of a run may be settled now.
func settleable(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	switch {
	case run.Period == "":
		return unsettled("settle.unsettled-pull", run, "")
	case run.Purged:
		return unsettled("settle.unsettled-purged", run, "")
	}
	if err := refuseClosed(ctx, q, run.Target.ID, run.Period); err != nil {
		return err
	}
	row, err := q.PeekRunning(ctx, run.Target.ID)
	switch {
	case isNoRows(err):
		return nil
	case err != nil:
		return err
	}
	if other := toRun(row.SyncdRun, row.SyncdTarget); other.Period == run.Period {
		return &jobs.BusyError{Run: *other}
	}
	return nil
}

// linesToSettle finds the line of each employee, and fails unless all can be settled so.
func linesToSettle(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string, as ledger.Settlement,
	timeout time.Duration) ([]int32, error) {
	lines, err := q.SettleLines(ctx, dbsqlc.SettleLinesParams{RunID: run.ID, Keys: keys, TimeoutSeconds: timeout.Seconds()})
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool, len(lines))
	seqs := make([]int32, 0, len(lines))
	for _, line := range lines {
		if found[line.Key] { // of elements without their employee, who has a line as well
			continue
		}
		if err := refuseLine(ctx, q, run, line, as); err != nil {
			return nil, err
		}
		found[line.Key] = true
		seqs = append(seqs, line.Seq)
	}
	if missing := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return found[key] }); len(missing) > 0 || len(keys) == 0 {
		code := "settle.unsettled-unknown"
		alike, err := keysAlike(ctx, q, run.Target.ID, missing)
		if err != nil {
			return nil, err
		}
		if len(alike) > 0 {
			code = "settle.unsettled-alike"
		}
		return nil, unsettled(code, run, "", "keys", fmt.Sprintf("%q", missing), "alike", alike)
	}
	return seqs, nil
}

// settle moves lines and baseline, and recounts the runs that this concerns.
func settle(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string, seqs []int32, as ledger.Settlement) error {
	switch as {
	case ledger.SettleWithdrawn:
		return settleWithdrawn(ctx, q, run, keys, seqs)
	case ledger.SettleAccepted:
		return settleAccepted(ctx, q, run, keys, seqs)
	case ledger.SettlePending:
		return settlePending(ctx, q, run, seqs)
	}
	return hinted.Because(nil, "defect.settle-as", "as", strconv.Quote(string(as)))
}

func settleAccepted(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string, seqs []int32) error {
	n, err := q.AcknowledgeItems(ctx, dbsqlc.AcknowledgeItemsParams{RunID: run.ID, Seqs: seqs})
	if err := allSettled(n, seqs, err); err != nil {
		return err
	}
	if err := q.AcceptItems(ctx, dbsqlc.AcceptItemsParams{RunID: run.ID, Seqs: seqs, ReasonCode: string(jobs.ReasonSettled)}); err != nil {
		return err
	}
	if err := recountSettled(ctx, q, run.ID); err != nil {
		return err
	}
	return settleFollowers(ctx, q, run, keys)
}

// settlePending clears the doubt. What the run can still send it sends; what it cannot, or is older than another plan of the
// employee, is left to the next plan.
func settlePending(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, seqs []int32) error {
	forgotten, err := q.ForgetDoubts(ctx, dbsqlc.ForgetDoubtsParams{RunID: run.ID, Seqs: seqs})
	if err != nil {
		return err
	}
	cleared, err := q.ClearDoubts(ctx, dbsqlc.ClearDoubtsParams{RunID: run.ID, Seqs: seqs})
	if err := allSettled(forgotten+cleared, seqs, err); err != nil {
		return err
	}
	states, err := q.UnsettleItems(ctx, dbsqlc.UnsettleItemsParams{RunID: run.ID, Seqs: seqs, Resend: run.State != jobs.Cancelled,
		ReasonCode: string(jobs.ReasonSettled)})
	if err != nil {
		return err
	}
	goesOn := run.State == jobs.Incomplete // only an approval lets a held run go, and a resume one that was stopped
	if goesOn && slices.Contains(states, string(jobs.ItemPending)) {
		return q.QueueSettled(ctx, run.ID)
	}
	return recountSettled(ctx, q, run.ID)
}

func settleWithdrawn(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string, seqs []int32) error {
	withdrawn, err := q.WithdrawBaseline(ctx, dbsqlc.WithdrawBaselineParams{RunID: run.ID, Seqs: seqs})
	if err := allSettled(withdrawn, seqs, err); err != nil {
		return err
	}
	runs, err := q.WithdrawItems(ctx, dbsqlc.WithdrawItemsParams{TargetID: run.Target.ID, Period: string(run.Period), Keys: keys})
	if err != nil {
		return err
	}
	for _, id := range runs {
		if err := recountSettled(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

func allSettled(n int64, seqs []int32, err error) error {
	if err == nil && n != int64(len(seqs)) {
		return errSettledMeanwhile
	}
	return err
}
