package store

import (
	"context"
	"encoding/json"

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
		if err := applyChanges(ctx, q, run, pulled.Changes); err != nil {
			return err
		}
		return storeImpacts(ctx, q, run, pulled.Impacts)
	})
	return redactUnlessOurs("storing nomenclatures", err)
}

// storeImpacts replaces what the nomenclatures of a dossier would do: it stands with them, or as they do, not at all.
func storeImpacts(ctx context.Context, q *dbsqlc.Queries, run *jobs.Run, impacts []jobs.StoredImpact) error {
	if err := q.DeleteImpacts(ctx, run.Target.ID); err != nil {
		return err
	}
	for i := range impacts {
		one := &impacts[i]
		codes, err := json.Marshal(append([]jobs.UsedCode{}, one.Codes...))
		if err != nil {
			return err
		}
		if err := q.InsertImpact(ctx, dbsqlc.InsertImpactParams{TargetID: run.Target.ID, Job: one.Job, Period: string(one.Period),
			RunID: run.ID, Digest: one.Digest, Known: one.Known, Codes: codes,
			Employees: int32(one.Read), Blocked: int32(one.Blocked)}); err != nil { //nolint:gosec // people of one association
			return err
		}
	}
	return nil
}

// Impacts are whom the stored nomenclatures of a partner would block, by dossier, as the pulls found it that stored them.
func (s *Store) Impacts(ctx context.Context, of jobs.Target) (map[string][]jobs.StoredImpact, error) {
	rows, err := s.queries.ListImpacts(ctx, dbsqlc.ListImpactsParams{Partner: of.Partner, Environment: of.Environment,
		BaseUrl: jobs.NormalAddress(of.BaseURL)})
	if err != nil {
		return nil, redact("reading nomenclatures", err)
	}
	all := map[string][]jobs.StoredImpact{}
	for _, r := range rows {
		one := jobs.StoredImpact{Job: r.Job, Period: jobs.Period(r.Period), Digest: r.Digest, At: r.MadeAt, Known: r.Known,
			Read:    int(r.Employees),
			Blocked: int(r.Blocked)}
		if err := json.Unmarshal(r.Codes, &one.Codes); err != nil {
			return nil, err
		}
		all[r.Dossier] = append(all[r.Dossier], one)
	}
	return all, nil
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
