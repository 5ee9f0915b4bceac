package store

import (
	"context"
	"encoding/json"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/store/dbsqlc"
)

// Causes tells why documents of runs could not be sent, and why the partner refused them: each run by itself, its number in Runs.
func (s *Store) Causes(ctx context.Context, runs []int64) ([]ledger.Cause, error) {
	var rows []dbsqlc.CausesOfRunsRow
	err := s.transact(ctx, func(q *dbsqlc.Queries) (err error) {
		rows, err = q.CausesOfRuns(ctx, runs)
		return err
	})
	if err != nil {
		return nil, redact("reading causes", err)
	}
	causes := make([]ledger.Cause, 0, len(rows))
	for _, row := range rows {
		cause := ledger.CauseOfRefusal(jobs.Reason{Code: jobs.ReasonCode(row.Reason), Detail: row.Detail}, int(row.Status))
		if row.Problem != "" {
			var problem mapping.Problem
			if err := json.Unmarshal([]byte(row.Problem), &problem); err != nil {
				return nil, hinted.At("reading an item of the ledger", row.RunID, err)
			}
			problems := []mapping.Problem{problem}
			mapping.Restore(problems)
			cause = ledger.CauseOfProblem(&problems[0])
		}
		cause.Runs, cause.N = []int64{row.RunID}, int(row.Lines)
		causes = append(causes, cause)
	}
	return causes, nil
}

// Notes are the newest that were written about causes, by their keys.
func (s *Store) Notes(ctx context.Context, causes []string) (map[string]ledger.Note, error) {
	rows, err := s.queries.CauseNotes(ctx, causes)
	notes := make(map[string]ledger.Note, len(rows))
	for _, row := range rows {
		notes[row.Cause] = ledger.Note{At: row.At, By: row.Actor, Text: row.Note}
	}
	return notes, redact("reading notes about causes", err)
}

// AddNote keeps what somebody wrote about a cause. Its text is one that may stay in the open: see ledger.CheckReason.
func (s *Store) AddNote(ctx context.Context, cause string, note ledger.Note) error {
	return redact("keeping a note about a cause",
		s.queries.AddCauseNote(ctx, dbsqlc.AddCauseNoteParams{Cause: cause, Actor: note.By, Note: note.Text}))
}
