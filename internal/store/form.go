package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// ensureForm records what a plan is to be sent by.
func ensureForm(ctx context.Context, q *dbsqlc.Queries, target int64, f jobs.Form) error {
	return q.EnsureForm(ctx, dbsqlc.EnsureFormParams{TargetID: target, Digest: f.Digest(), Method: f.Method, Path: f.Path,
		KeyIn: f.KeyIn, KeyName: f.KeyName, Semantics: string(f.Semantics), Scope: string(f.Scope)})
}

// readSender reads which run sent last, and by what a target was sent anything. What was acknowledged before forms were
// recorded counts as acknowledged under the first one.
func (s *Store) readSender(ctx context.Context, h *jobs.History, target int64, _ jobs.Period) error {
	rows, err := s.queries.ListForms(ctx, target)
	if err != nil {
		return err
	}
	h.Forms = make(map[int64]jobs.Form, len(rows)+1)
	byDigest := map[string]int64{}
	for i, r := range rows {
		f := jobs.Form{Call: jobs.Call{Method: r.Method, Path: r.Path, KeyIn: r.KeyIn, KeyName: r.KeyName},
			Semantics: jobs.Semantics(r.Semantics), Scope: jobs.Scope(r.Scope)}
		h.Forms[r.ID], byDigest[r.Digest] = f, r.ID
		if i == 0 {
			h.Forms[0] = f
		}
	}
	last, err := s.queries.LastSender(ctx, target)
	if isNoRows(err) {
		return nil
	}
	h.Sender = &jobs.Sender{Run: last.ID, Job: last.Job, Mapping: last.MappingDigest, Form: byDigest[last.Form]}
	return err
}
