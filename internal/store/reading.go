package store

import (
	"context"
	"errors"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// ErrNotKept says that no document of somebody is there to be shown: it was never made, it is gone, or it was altered.
var ErrNotKept = errors.New("no document of this employee is kept")

// UnrecordedError says that it could not be recorded who is shown what: nothing is shown.
type UnrecordedError struct{ Err error }

func (e *UnrecordedError) Error() string { return e.Err.Error() }

// Unwrap is what kept it from being recorded.
func (e *UnrecordedError) Unwrap() error { return e.Err }

// Reveal opens the document of a reading, its target and matricule: of its run, the one that may still leave or that it delivered; without
// one, what was acknowledged last. pick takes what is to be shown out of it. The reading is recorded, and committed, before that is
// returned: where it cannot be, nothing is. Errors: ErrNotKept, and those of pick, which are not recorded.
func (s *Store) Reveal(ctx context.Context, r *ledger.Reading, pick func(document []byte) (string, error)) (string, error) {
	document, err := s.document(ctx, r)
	if err != nil {
		return "", err
	}
	value, err := pick(document)
	if err != nil {
		return "", err
	}
	return value, s.Read(ctx, r)
}

func (s *Store) document(ctx context.Context, r *ledger.Reading) ([]byte, error) {
	if r.Run != 0 {
		item, err := s.queries.SealedItem(ctx, dbsqlc.SealedItemParams{RunID: r.Run, TargetID: r.Target.ID, Key: r.Key})
		if err == nil {
			at := place{target: r.Target.ID, period: jobs.Period(item.Period), key: r.Key, run: r.Run, seq: item.Seq, version: item.BaselineVersion}
			return kept(s.keys.openKept(aDocument, item.Payload, at))
		}
		if !isNoRows(err) {
			return nil, redact("reading items", err)
		}
	}
	known, err := s.queries.AcknowledgedDocument(ctx, dbsqlc.AcknowledgedDocumentParams{TargetID: r.Target.ID, Key: r.Key, RunID: r.Run})
	if isNoRows(err) {
		return nil, ErrNotKept
	}
	if err != nil {
		return nil, redact("reading acknowledged documents", err)
	}
	r.Run = value(known.RunID)
	ref := jobs.DocumentRef{Key: r.Key, Period: jobs.Period(known.Period)}
	return kept(s.keys.openKept(aDocument, known.Document, acknowledgedPlace(r.Target.ID, ref, known.RunID, known.Seq, known.Version)))
}

func kept(document []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, ErrNotKept
	}
	return document, nil
}

// Read records a reading before anything is shown, and tells when that was. Errors: *UnrecordedError.
func (s *Store) Read(ctx context.Context, r *ledger.Reading) error {
	var run *int64
	if r.Run != 0 {
		run = &r.Run
	}
	r.Host = s.host
	var err error
	r.At, err = s.queries.AddReading(ctx, dbsqlc.AddReadingParams{Actor: r.By.Name, Account: r.By.Account, Login: r.By.System,
		Channel: string(r.By.Channel), Host: s.host, TargetID: r.Target.ID, RunID: run, Key: r.Key, Field: r.Field})
	if err != nil {
		return &UnrecordedError{redact("recording who is shown what", err)}
	}
	return nil
}

// Readings lists who was shown what, the newest first.
func (s *Store) Readings(ctx context.Context, f ledger.ReadingFilter) ([]ledger.Reading, error) {
	rows, err := s.queries.ListReadings(ctx, dbsqlc.ListReadingsParams{Dossier: f.Dossier, Key: f.Employee, Actor: f.Actor, Since: f.Since,
		MaxRows: int32(f.Max)})
	readings := make([]ledger.Reading, 0, len(rows))
	for _, row := range rows {
		readings = append(readings, ledger.Reading{At: row.At, By: ledger.Person{Name: row.Actor, Account: row.Account, System: row.Login,
			Channel: ledger.Channel(row.Channel)}, Host: row.Host, Target: toTarget(row.SyncdTarget), Run: value(row.RunID),
			Key: row.Key, Field: row.Field})
	}
	return readings, redact("reading who was shown what", err)
}
