package store

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store/dbsqlc"
)

// Nomenclatures implements jobs.Ledger.
func (s *Store) Nomenclatures(ctx context.Context, target int64) (mapping.Nomenclatures, error) {
	rows, err := s.queries.DictionaryEntries(ctx, target)
	if err != nil {
		return nil, redact("reading nomenclatures", err)
	}
	nomenclatures := mapping.Nomenclatures{}
	for _, row := range rows {
		if nomenclatures[row.Name] == nil {
			nomenclatures[row.Name] = map[string]mapping.Entry{}
		}
		nomenclatures[row.Name][row.Code] = mapping.Entry{Code: row.Code, Label: row.Label, Active: row.Active}
	}
	return nomenclatures, nil
}

// Pull implements jobs.Ledger.
func (s *Store) Pull(ctx context.Context, run *jobs.Run, pulled jobs.Pulled) error {
	err := s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := fence(ctx, q, run); err != nil {
			return err
		}
		if err := recordPulled(ctx, q, run, pulled); err != nil {
			return err
		}
		if !pulled.Apply {
			return nil
		}
		if err := q.CancelHeldPulls(ctx, run.ID); err != nil {
			return err
		}
		answered := dbsqlc.SetAnsweredParams{TargetID: run.Target.ID, Service: string(jobs.ServiceNomenclatures),
			Settings: s.keys.settings(pulled.Settings)}
		if err := q.SetAnswered(ctx, answered); err != nil {
			return err
		}
		return applyChanges(ctx, q, run, pulled.Changes)
	})
	return redactUnlessOurs("storing nomenclatures", err)
}

func recordPulled(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, pulled jobs.Pulled) error {
	findings, err := findingsText(pulled.Findings)
	if err != nil {
		return err
	}
	set := dbsqlc.SetPulledParams{ID: run.ID, DictionariesDigest: run.Digests.Nomenclatures, Applied: pulled.Apply, Findings: findings}
	if err := q.SetPulled(ctx, set); err != nil {
		return err
	}
	if err := q.DeleteChanges(ctx, run.ID); err != nil {
		return err
	}
	insert := dbsqlc.InsertChangesParams{RunID: run.ID}
	for _, c := range pulled.Changes {
		insert.Names = append(insert.Names, c.Name)
		insert.Codes = append(insert.Codes, c.Code)
		insert.Differences = append(insert.Differences, string(c.Difference))
		insert.OldLabels = append(insert.OldLabels, c.Old.Label)
		insert.NewLabels = append(insert.NewLabels, c.New.Label)
	}
	return q.InsertChanges(ctx, insert)
}

// applyChanges makes the stored nomenclatures those that were answered. A withdrawn code stays, inactive.
func applyChanges(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, changes []jobs.NomenclatureChange) error {
	upsert := dbsqlc.UpsertEntriesParams{TargetID: run.Target.ID, RunID: run.ID}
	for _, c := range changes {
		label := c.New.Label
		if label == "" {
			label = c.Old.Label
		}
		upsert.Names = append(upsert.Names, c.Name)
		upsert.Codes = append(upsert.Codes, c.Code)
		upsert.Labels = append(upsert.Labels, label)
		upsert.Actives = append(upsert.Actives, c.Difference != jobs.Departed)
	}
	return q.UpsertEntries(ctx, upsert)
}
