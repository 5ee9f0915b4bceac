package store

import (
	"context"
	"crypto/hmac"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Step implements jobs.Ledger.
func (s *Store) Step(ctx context.Context, run *jobs.Run, step jobs.Step) (jobs.Taken, error) {
	rows, err := s.queries.PushStep(ctx, s.stepParams(run, step))
	if err != nil {
		return jobs.Taken{}, redact("recording what was sent", err)
	}
	if len(rows) == 0 {
		return jobs.Taken{}, jobs.ErrLost
	}
	if recorded := int(rows[0].Recorded); recorded != len(step.Outcomes) {
		return jobs.Taken{}, hinted.While("recording what was sent",
			hinted.Because(nil, "defect.items-moved", "n", len(step.Outcomes)-recorded, "of", len(step.Outcomes)))
	}
	if lost := rows[0].Lost; lost != 0 {
		return jobs.Taken{}, hinted.While("recording what was sent", hinted.Because(nil, "defect.no-baseline", "n", lost))
	}
	taken := jobs.Taken{Closed: rows[0].Closed, OpenFor: seconds(rows[0].OpenSeconds)}
	fingerprinter := s.keys.fingerprinter()
	for _, row := range rows {
		if row.Seq == nil {
			continue // the row that tells that the fence held
		}
		taken.Items = append(taken.Items, s.taken(run, row, fingerprinter))
	}
	return taken, nil
}

// taken opens an item. Before it may leave it must be what was planned, and what nobody holds: an UPDATE of its state,
// its document or the version of the baseline is no decision.
func (s *Store) taken(run *jobs.Run, row dbsqlc.PushStepRow, fingerprinter *fingerprinter) jobs.TakenItem {
	item := jobs.TakenItem{Seq: int(*row.Seq), Key: value(row.Key), Ambiguous: value(row.Ambiguous),
		Superseded: jobs.ItemState(value(row.State)) == jobs.ItemSuperseded}
	if item.Superseded {
		return item
	}
	at := place{target: run.Target.ID, period: run.Period, key: item.Key, run: run.ID, seq: *row.Seq, version: value(row.BaselineVersion)}
	document, err := s.keys.open(aDocument, row.Payload, at)
	if err != nil {
		item.Barred = jobs.ReasonAltered
		if _, err := s.keys.open(aHeld, row.Payload, at); err == nil {
			item.Barred = jobs.ReasonUnapproved
		}
		return item
	}
	if sum := fingerprinter.Sum(document); !hmac.Equal(sum[:], row.Fingerprint) {
		item.Barred = jobs.ReasonAltered
		return item
	}
	item.Document = document
	return item
}

func (s *Store) stepParams(run *jobs.Run, step jobs.Step) dbsqlc.PushStepParams {
	p := dbsqlc.PushStepParams{RunID: run.ID, Epoch: int32(run.Epoch), After: int32(step.After), Take: int32(step.Take), Tried: step.Tried}
	if step.Settings != "" {
		p.Settings = s.keys.settings(step.Settings)
	}
	for _, o := range step.Outcomes {
		p.Seqs = append(p.Seqs, int32(o.Seq))
		p.States = append(p.States, string(o.State))
		p.Certains = append(p.Certains, o.Certain)
		p.Deferreds = append(p.Deferreds, o.Deferred)
		p.ReasonCodes = append(p.ReasonCodes, string(o.Reason.Code))
		p.ReasonDetails = append(p.ReasonDetails, o.Reason.Detail)
		p.HttpStatuses = append(p.HttpStatuses, int32(o.HTTPStatus))
		p.AttemptCounts = append(p.AttemptCounts, int32(o.Attempts))
		p.AnsweredAts = append(p.AnsweredAts, o.AnsweredAt)
	}
	return p
}

// NextPending implements jobs.Ledger.
func (s *Store) NextPending(ctx context.Context, run *jobs.Run) (wait time.Duration, ok bool, err error) {
	row, err := s.queries.NextPending(ctx, dbsqlc.NextPendingParams{RunID: run.ID, Epoch: int32(run.Epoch)})
	if err != nil {
		return 0, false, redact("reading what is left to send", err)
	}
	return max(0, time.Duration(row.Seconds*float64(time.Second))), row.Items > 0, nil
}

// Remaining implements jobs.Ledger.
func (s *Store) Remaining(ctx context.Context, run *jobs.Run) (int, error) {
	n, err := s.queries.RemainingItems(ctx, run.ID)
	return int(n), redact("reading what is left to send", err)
}

// Answered implements jobs.Ledger.
func (s *Store) Answered(ctx context.Context, run *jobs.Run, service jobs.Service, settings string) (bool, error) {
	known, err := s.queries.AnsweredBy(ctx, dbsqlc.AnsweredByParams{TargetID: run.Target.ID, Service: string(service)})
	if isNoRows(err) {
		return false, nil
	}
	return err == nil && hmac.Equal(known, s.keys.settings(settings)), redact("reading what the target answered before", err)
}

// settings is what the ledger keeps of settings: they are made of secrets.
func (k *Keys) settings(of string) []byte {
	sum := k.lastingFingerprinter().Sum([]byte("settings\x00" + of))
	return sum[:]
}

// Identify implements jobs.Ledger.
func (s *Store) Identify(ctx context.Context, run *jobs.Run, answered, configured, settings string) (recorded string, err error) {
	known, err := s.queries.Identified(ctx, dbsqlc.IdentifiedParams{RunID: run.ID, Epoch: int32(run.Epoch),
		Answered: answered, Configured: configured, Settings: s.keys.settings(settings)})
	if err == nil {
		return value(known), nil
	}
	if !isNoRows(err) {
		return "", redact("reading the dossier's identity", err)
	}
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.LockTargetByID(ctx, run.Target.ID); err != nil {
			return err
		}
		if err := fence(ctx, q, run); err != nil {
			return err
		}
		if err := identifyAs(ctx, q, run, configured); err != nil {
			return err
		}
		answer, err := q.Identify(ctx, dbsqlc.IdentifyParams{ID: run.Target.ID, Identity: answered, Settings: s.keys.settings(settings)})
		recorded = value(answer)
		if err != nil || run.Period == "" {
			return err
		}
		return refuseClosed(ctx, q, run.Target.ID, run.Period)
	})
	return recorded, redactUnlessOurs("recording the dossier's identity", err)
}

// fence fails with ErrLost unless the run is still ours, and keeps it so until the transaction ends.
func fence(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	_, err := q.FenceRun(ctx, dbsqlc.FenceRunParams{ID: run.ID, Epoch: int32(run.Epoch)})
	if isNoRows(err) {
		return jobs.ErrLost
	}
	return err
}
