package store

import (
	"context"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// keepKey keeps the ledger key from being changed until the transaction ends, and fails while it is being changed, or is
// another one than this process was started with.
func (s *Store) keepKey(ctx context.Context, q *dbsqlc.Queries) error {
	key, err := q.KeepKey(ctx)
	switch {
	case isNoRows(err):
		return nil // a ledger that nothing was sealed in yet
	case err != nil:
		return err
	case key.Becoming != nil:
		return &RekeyingError{To: *key.Becoming}
	case s.keys != nil && key.KeyID != s.keys.ID:
		return &KeyError{Registered: key.KeyID, Given: s.keys.ID}
	}
	return nil
}

// Rekeyed counts what was sealed anew.
type Rekeyed struct {
	Done      bool  // the ledger had this key already
	Documents int64 // of the baseline
	Items     int64 // that may still be sent
	Runs      int64
	Altered   int64 // did not open with the former key: somebody altered them; they are left as they are
}

// rekeying is one change of the ledger key.
type rekeying struct {
	store    *Store
	from, to *Keys
	result   Rekeyed
	progress func(done int64)
}

// Rekey changes the ledger key, a few rows at a time. Where it breaks off, at any moment, the ledger refuses to work until
// it is called again with the same keys, and then goes on. Errors: *KeyError when the former key is not the ledger's,
// *RekeyingError when it is being changed to another one, *jobs.BusyError while a run is executed or interrupted.
func (s *Store) Rekey(ctx context.Context, from, to *Keys, by, reason string, progress func(done int64)) (Rekeyed, error) {
	r := rekeying{store: s, from: from.clone(), to: to, progress: progress}
	err := r.begin(ctx, by, reason)
	if err == nil && !r.result.Done {
		for _, work := range []func(context.Context) error{r.documents, r.items, r.credentials, r.runs, r.end} {
			if err = work(ctx); err != nil {
				break
			}
		}
	}
	return r.result, redactUnlessOurs("changing the ledger key", s.tellDead(ctx, err))
}

// begin makes everybody else refuse to work.
func (r *rekeying) begin(ctx context.Context, by, reason string) error {
	return r.store.transact(ctx, func(q *dbsqlc.Queries) error {
		key, err := q.LockKey(ctx)
		switch {
		case isNoRows(err):
			r.result.Done = true // the first run registers it
			return nil
		case err != nil:
			return err
		case key.KeyID == r.to.ID:
			r.result.Done = true
			return nil
		case key.KeyID != r.from.ID:
			return &KeyError{Registered: key.KeyID, Given: r.from.ID}
		case key.Becoming != nil && *key.Becoming != r.to.ID:
			return &RekeyingError{To: *key.Becoming}
		}
		r.from.unbound = key.Unbound != nil
		if key.Becoming != nil {
			return nil // it broke off
		}
		row, err := q.AnyRunning(ctx)
		if err == nil {
			return &jobs.BusyError{Run: *toRun(row.SyncdRun, row.SyncdTarget)}
		}
		if !isNoRows(err) {
			return err
		}
		if err := q.InsertNextKey(ctx, r.to.ID); err != nil {
			return err
		}
		if err := q.BeginRekey(ctx, &r.to.ID); err != nil {
			return err
		}
		return r.store.audit(ctx, q, 0, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionRekey, Reason: reason,
			Detail: r.from.ID + " " + r.to.ID})
	})
}

// batches calls work in transactions of its own until it has nothing more to do.
func (r *rekeying) batches(ctx context.Context, work func(q *dbsqlc.Queries) (rows int, err error)) error {
	for more := true; more; {
		err := r.store.transact(ctx, func(q *dbsqlc.Queries) error {
			rows, err := work(q)
			more = rows == resealAtOnce
			return err
		})
		if err != nil {
			return err
		}
		r.progress(r.result.Documents + r.result.Items + r.result.Runs)
	}
	return nil
}

func (r *rekeying) documents(ctx context.Context) error {
	var after place
	return r.batches(ctx, func(q *dbsqlc.Queries) (int, error) {
		rows, err := q.SealedDocuments(ctx, dbsqlc.SealedDocumentsParams{AfterTarget: after.target, AfterKey: after.key,
			AfterPeriod: string(after.period), KeyID: &r.to.ID, Most: resealAtOnce})
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		fingerprinter, again := r.to.fingerprinter(), dbsqlc.ResealDocumentsParams{KeyID: &r.to.ID}
		for _, row := range rows {
			after = place{target: row.TargetID, key: row.Key, period: jobs.Period(row.Period)}
			at := acknowledgedPlace(row.TargetID, jobs.DocumentRef{Key: row.Key, Period: jobs.Period(row.Period)}, row.RunID, row.Seq, row.Version)
			document, err := r.from.openKept(aDocument, row.Document, at)
			if err != nil {
				r.result.Altered++
				continue
			}
			sum := fingerprinter.Sum(document)
			again.Targets, again.Keys, again.Periods = append(again.Targets, row.TargetID), append(again.Keys, row.Key),
				append(again.Periods, row.Period)
			again.Documents = append(again.Documents, r.to.seal(aDocument, document, at))
			again.Amounts = append(again.Amounts, resealed(r.from, r.to, amounts, row.Amounts, at))
			again.Fingerprints = append(again.Fingerprints, sum[:])
		}
		r.result.Documents += int64(len(again.Keys))
		return len(rows), q.ResealDocuments(ctx, again)
	})
}

func (r *rekeying) items(ctx context.Context) error {
	var after place
	return r.batches(ctx, func(q *dbsqlc.Queries) (int, error) {
		rows, err := q.SealedItems(ctx, dbsqlc.SealedItemsParams{AfterTarget: after.target, AfterPeriod: string(after.period),
			AfterKey: after.key, Most: resealAtOnce})
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		after = itemPlace(rows[len(rows)-1])
		var left []dbsqlc.SealedItemsRow
		for _, row := range rows {
			if _, err := r.to.openKept(aDocument, row.Payload, itemPlace(row)); err != nil { // else it is done
				left = append(left, row)
			}
		}
		again := reseal(r.from, r.to, left)
		r.result.Items += int64(len(again.Runs))
		r.result.Altered += int64(len(left) - len(again.Runs))
		return len(rows), q.ResealItems(ctx, again)
	})
}

// credentials that do not open were altered: their tokens are given up, and new ones asked for.
func (r *rekeying) credentials(ctx context.Context) error {
	return r.batches(ctx, func(q *dbsqlc.Queries) (int, error) {
		rows, err := q.SealedCredentials(ctx, dbsqlc.SealedCredentialsParams{KeyID: r.from.ID, Most: resealAtOnce})
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		again := dbsqlc.ResealCredentialsParams{KeyID: r.to.ID}
		for _, row := range rows {
			at := grantPlace(row.TargetID, row.Version)
			again.Targets = append(again.Targets, row.TargetID)
			again.Accesses = append(again.Accesses, resealed(r.from, r.to, accessToken, row.Access, at))
			again.Refreshes = append(again.Refreshes, resealed(r.from, r.to, refreshToken, row.Refresh, at))
		}
		return len(rows), q.ResealCredentials(ctx, again)
	})
}

// runs are last: a run that names the new key has nothing left that names the former.
func (r *rekeying) runs(ctx context.Context) error {
	return r.batches(ctx, func(q *dbsqlc.Queries) (int, error) {
		rows, err := q.SealedRuns(ctx, dbsqlc.SealedRunsParams{KeyID: r.from.ID, Most: resealAtOnce})
		if err != nil || len(rows) == 0 {
			return 0, err
		}
		again := dbsqlc.ResealRunsParams{KeyID: r.to.ID}
		for _, row := range rows {
			run := dbsqlc.SyncdRun{ID: row.ID, TargetID: row.TargetID, Kind: row.Kind, Period: row.Period, PlanDigest: row.PlanDigest,
				ApprovedDigest: row.ApprovedDigest, ApprovedBy: row.ApprovedBy, Approval: row.Approval, Release: row.Release}
			at := place{target: row.TargetID, period: jobs.Period(value(row.Period)), run: row.ID}
			kept := row.Figures
			if kept != nil {
				if kept = resealed(r.from, r.to, figures, row.Figures, at); kept == nil {
					kept = row.Figures // altered: it holds the next run, whatever key it names
					r.result.Altered++
				}
			}
			var release []byte
			if r.from.released(run) {
				release = r.to.proofOf(run)
			}
			again.Runs, again.Figures, again.Releases = append(again.Runs, row.ID), append(again.Figures, kept), append(again.Releases, release)
		}
		if err := q.DropFingerprints(ctx, again.Runs); err != nil {
			return 0, err
		}
		if err := r.sums(ctx, q, rows); err != nil {
			return 0, err
		}
		r.result.Runs += int64(len(rows))
		return len(rows), q.ResealRuns(ctx, again)
	})
}

// sums seals anew what these runs tell of amounts.
func (r *rekeying) sums(ctx context.Context, q *dbsqlc.Queries, runs []dbsqlc.SealedRunsRow) error {
	ids, places := make([]int64, 0, len(runs)), make(map[int64]place, len(runs))
	for _, run := range runs {
		ids = append(ids, run.ID)
		places[run.ID] = place{target: run.TargetID, period: jobs.Period(value(run.Period)), run: run.ID}
	}
	kept, err := q.SumsOfRuns(ctx, ids)
	if err != nil {
		return err
	}
	var again dbsqlc.ResealSumsParams
	for _, row := range kept {
		sealed := resealed(r.from, r.to, sums, row.Sealed, places[row.RunID])
		if sealed == nil {
			r.result.Altered++
			continue
		}
		again.Runs, again.Sealed = append(again.Runs, row.RunID), append(again.Sealed, sealed)
	}
	return q.ResealSums(ctx, again)
}

// end lets everybody work again, with the new key.
func (r *rekeying) end(ctx context.Context) error {
	return r.store.transact(ctx, func(q *dbsqlc.Queries) error {
		key, err := q.LockKey(ctx)
		if err != nil || key.KeyID == r.to.ID { // somebody else was faster
			return err
		}
		var lasting []byte
		if key.Lasting != nil {
			if lasting = resealed(r.from, r.to, lastingKey, key.Lasting, place{}); lasting == nil {
				return hinted.While("opening the lasting key of the ledger", errSealed)
			}
		}
		if err := q.RetireKey(ctx, r.from.ID); err != nil {
			return err
		}
		if err := q.InstallKey(ctx, dbsqlc.InstallKeyParams{KeyID: r.to.ID, Lasting: lasting}); err != nil {
			return err
		}
		return q.DropKey(ctx, r.from.ID)
	})
}

// resealed is what was sealed with one key, sealed with another; nil = nothing, or it does not open.
func resealed(from, to *Keys, what content, sealed []byte, at place) []byte {
	if sealed == nil {
		return nil
	}
	plain, err := from.openKept(what, sealed, at)
	if err != nil {
		return nil
	}
	return to.seal(what, plain, at)
}
