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

// setSiret records the SIRET of the configuration at hand; "" = none.
func setSiret(ctx context.Context, q *dbsqlc.Queries, target int64, siret string) error {
	if siret == "" {
		return nil
	}
	return q.SetSiret(ctx, dbsqlc.SetSiretParams{ID: target, Siret: siret})
}

// identifyAs records the SIRET of the configuration at hand for a run. Of one that is planned it must be that of its plan.
func identifyAs(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, siret string) error {
	if run.Planned && run.Kind.Sends() && siret != "" {
		known, err := q.KnownSiret(ctx, run.Target.ID)
		if err == nil && known != "" && known != siret {
			err = jobs.ErrOtherSiret
		}
		if err != nil {
			return err
		}
	}
	return setSiret(ctx, q, run.Target.ID, siret)
}

// readSiret reads for which establishment a target was sent something.
func (s *Store) readSiret(ctx context.Context, h *jobs.History, target int64, _ jobs.Period) (err error) {
	if h.Siret, err = s.queries.SentSiret(ctx, target); isNoRows(err) {
		return nil
	}
	return err
}

// letShare remembers that a person let a run's target be sent to beside the others that its plan found, or with another SIRET.
func letShare(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run) error {
	var others []int64
	for _, f := range run.Findings {
		if f.Rule == jobs.RuleSiret {
			for _, change := range f.Form {
				if err := q.ApproveSiret(ctx, dbsqlc.ApproveSiretParams{ID: run.Target.ID, Siret: change.New}); err != nil {
					return err
				}
			}
		}
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
