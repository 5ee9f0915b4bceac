package store

import (
	"context"
	"fmt"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// documentsAtOnce is how many documents one transaction of a purge removes at most.
const documentsAtOnce = 500

// Traces tell the values of a document that two employees must not share.
type Traces func(document []byte) []jobs.Trace

// purgeDocuments removes the documents that are due behind a place, a few at a time. Left is what tells whether the same is
// sent once more, and whether somebody else has the same IBAN or NIR: keyed hashes, from which neither can be read.
func (s *Store) purgeDocuments(ctx context.Context, q *dbsqlc.Queries, before time.Time, traces Traces,
	after *place) (removed int64, more bool, err error) {
	if err := s.keepKey(ctx, q); err != nil {
		return 0, false, err
	}
	due, err := q.DueDocuments(ctx, dbsqlc.DueDocumentsParams{AfterTarget: after.target, AfterKey: after.key,
		AfterPeriod: string(after.period), Before: before, Most: documentsAtOnce})
	if err != nil || len(due) == 0 {
		return 0, false, err
	}
	var remove dbsqlc.RemoveDocumentsParams
	var leave dbsqlc.LeaveTracesParams
	lasting := s.keys.lastingFingerprinter()
	for _, row := range due {
		ref := jobs.DocumentRef{Key: row.Key, Period: jobs.Period(row.Period)}
		*after = place{target: row.TargetID, period: ref.Period, key: row.Key}
		document, err := s.keys.openKept(aDocument, row.Document, acknowledgedPlace(row.TargetID, ref, row.RunID, row.Seq, row.Version))
		if err != nil {
			continue // altered: its fingerprint would be lost with it
		}
		sum := lasting.Sum(document)
		remove.Targets, remove.Keys, remove.Periods = append(remove.Targets, row.TargetID), append(remove.Keys, row.Key),
			append(remove.Periods, row.Period)
		remove.Fingerprints = append(remove.Fingerprints, sum[:])
		if !row.Last || traces == nil {
			continue
		}
		for _, trace := range traces(document) {
			leave.Targets, leave.Keys = append(leave.Targets, row.TargetID), append(leave.Keys, row.Key)
			leave.Paths, leave.Macs = append(leave.Paths, trace.Path), append(leave.Macs, traceMAC(lasting, row.TargetID, trace))
		}
	}
	if err := q.LeaveTraces(ctx, leave); err != nil {
		return 0, false, err
	}
	return int64(len(remove.Keys)), len(due) == documentsAtOnce, q.RemoveDocuments(ctx, remove)
}

// traceMAC is what is kept of a value. No document begins like this, so that the two cannot be taken for one another.
func traceMAC(lasting *fingerprinter, target int64, trace jobs.Trace) []byte {
	sum := lasting.Sum(fmt.Appendf(nil, "trace %d %q %s", target, trace.Path, trace.Text))
	return sum[:]
}

// Traced implements jobs.BaselineReader.
func (s *Store) Traced(ctx context.Context, target int64, traces []jobs.Trace) ([][]string, error) {
	lasting, of := s.keys.lastingFingerprinter(), make(map[string][]int, len(traces))
	params := dbsqlc.FindTracesParams{TargetID: target}
	for i, trace := range traces {
		mac := traceMAC(lasting, target, trace)
		params.Macs = append(params.Macs, mac)
		of[string(mac)] = append(of[string(mac)], i)
	}
	rows, err := s.queries.FindTraces(ctx, params)
	if err != nil {
		return nil, redact("reading what was left of removed documents", err)
	}
	keys := make([][]string, len(traces))
	for _, row := range rows {
		for _, i := range of[string(row.Mac)] {
			keys[i] = append(keys[i], row.Key)
		}
	}
	return keys, nil
}
