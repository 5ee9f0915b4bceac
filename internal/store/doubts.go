package store

import (
	"context"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Doubts implements jobs.Ledger.
func (s *Store) Doubts(ctx context.Context, run *jobs.Run, requestTimeout time.Duration) (jobs.Doubts, error) {
	var keys []string
	if run.Partial() {
		keys = run.Employees
	}
	rows, err := s.queries.ListDoubts(ctx, dbsqlc.ListDoubtsParams{TargetID: run.Target.ID, Period: string(run.Period), Keys: keys,
		TimeoutSeconds: requestTimeout.Seconds()})
	if err != nil || len(rows) == 0 {
		return jobs.Doubts{}, redact("reading what is in doubt", err)
	}
	var doubts jobs.Doubts
	for _, row := range rows {
		doubt, err := s.doubt(run, row)
		if err != nil {
			continue // with what was altered nothing can be compared: it is for a person
		}
		doubts.Items = append(doubts.Items, doubt)
	}
	return doubts, s.findWitness(ctx, run, &doubts)
}

func (s *Store) doubt(run *jobs.Run, row dbsqlc.ListDoubtsRow) (d jobs.Doubt, err error) {
	d = jobs.Doubt{Run: row.RunID, Seq: int(row.Seq), Key: row.Key, Wait: seconds(row.WaitSeconds)}
	ref := jobs.DocumentRef{Key: row.Key, Period: run.Period}
	at := place{target: run.Target.ID, period: run.Period, key: row.Key, run: row.RunID, seq: row.Seq, version: row.BaselineVersion}
	if d.Document, err = s.keys.openKept(aDocument, row.Payload, at); err != nil || row.Previous == nil {
		return d, err
	}
	d.Previous, err = s.keys.openKept(aDocument, row.Previous,
		acknowledgedPlace(run.Target.ID, ref, row.PreviousRun, row.PreviousSeq, row.BaselineVersion))
	return d, err
}

func (s *Store) findWitness(ctx context.Context, run *jobs.Run, doubts *jobs.Doubts) error {
	row, err := s.queries.Witness(ctx, dbsqlc.WitnessParams{TargetID: run.Target.ID, Period: string(run.Period)})
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return redact("reading what is in doubt", err)
	}
	ref := jobs.DocumentRef{Key: row.Key, Period: run.Period}
	held, err := s.keys.openKept(aDocument, row.Document, acknowledgedPlace(run.Target.ID, ref, row.RunID, row.Seq, row.Version))
	if err != nil {
		return nil //nolint:nilerr // what was altered is no witness
	}
	doubts.Witness, doubts.Held = &ref, held
	return nil
}

// SettleDoubt implements jobs.Ledger.
func (s *Store) SettleDoubt(ctx context.Context, run *jobs.Run, doubt jobs.Doubt, received bool) error {
	seqs := []int32{int32(doubt.Seq)} //nolint:gosec // as it was read
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := fence(ctx, q, run); err != nil {
			return err
		}
		if received {
			return acceptDoubt(ctx, q, run, doubt, seqs)
		}
		return clearDoubt(ctx, q, run, doubt, seqs)
	})
	return redactUnlessOurs("recording what the partner has", err)
}

func acceptDoubt(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, doubt jobs.Doubt, seqs []int32) error {
	n, err := q.AcknowledgeItems(ctx, dbsqlc.AcknowledgeItemsParams{RunID: doubt.Run, Seqs: seqs})
	if err != nil || n == 0 { // somebody settled it meanwhile
		return err
	}
	if err := q.AcceptItems(ctx, dbsqlc.AcceptItemsParams{RunID: doubt.Run, Seqs: seqs, ReasonCode: string(jobs.ReasonReadBack)}); err != nil {
		return err
	}
	if err := recountSettled(ctx, q, doubt.Run); err != nil {
		return err
	}
	return settleFollowers(ctx, q, run, []string{doubt.Key})
}

// settleFollowers ends the waiting of newer runs of the period whose documents are the same as what turned out to have been
// received.
func settleFollowers(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, keys []string) error {
	followers, err := q.SettleFollowers(ctx, dbsqlc.SettleFollowersParams{TargetID: run.Target.ID, Period: string(run.Period), Keys: keys})
	if err != nil {
		return err
	}
	slices.Sort(followers)
	for _, id := range slices.Compact(followers) {
		if err := recountSettled(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

// clearDoubt lets this run send again what was not received, and leaves what is another run's to the next plan.
func clearDoubt(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, doubt jobs.Doubt, seqs []int32) error {
	forgotten, err := q.ForgetDoubts(ctx, dbsqlc.ForgetDoubtsParams{RunID: doubt.Run, Seqs: seqs})
	if err != nil {
		return err
	}
	cleared, err := q.ClearDoubts(ctx, dbsqlc.ClearDoubtsParams{RunID: doubt.Run, Seqs: seqs})
	if err != nil || forgotten+cleared == 0 {
		return err
	}
	if _, err := q.UnsettleItems(ctx, dbsqlc.UnsettleItemsParams{RunID: doubt.Run, Seqs: seqs, Resend: doubt.Run == run.ID,
		ReasonCode: string(jobs.ReasonReadBack)}); err != nil {
		return err
	}
	return recountSettled(ctx, q, doubt.Run)
}
