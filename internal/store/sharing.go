package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Sharing implements jobs.BaselineReader.
func (s *Store) Sharing(ctx context.Context, t jobs.Target) ([]jobs.OtherTarget, error) {
	rows, err := s.queries.ListSharing(ctx, dbsqlc.ListSharingParams{ID: t.ID, Partner: t.Partner, Environment: t.Environment,
		Siret: t.Siret, Dossier: t.Dossier, BaseUrl: jobs.NormalAddress(t.BaseURL)})
	if err != nil {
		return nil, redact("reading other targets", err)
	}
	others := make([]jobs.OtherTarget, 0, len(rows))
	for _, r := range rows {
		others = append(others, jobs.OtherTarget{ID: r.ID, Dossier: r.Dossier, BaseURL: r.BaseUrl})
	}
	return others, nil
}

// letShare remembers that a person let a run's target be sent to beside the others that its plan found.
func letShare(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	var others []int64
	for _, f := range run.Findings {
		if f.Rule == jobs.RuleSharing {
			for _, o := range f.Others {
				others = append(others, o.ID)
			}
		}
	}
	if others == nil {
		return nil
	}
	return q.LetShare(ctx, dbsqlc.LetShareParams{TargetID: run.Target.ID, Others: others, RunID: run.ID})
}
