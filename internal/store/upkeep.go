package store

import (
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Statistics tells monitoring how the jobs stand at one address. Next is left to those who know the schedules.
func (s *Store) Statistics(ctx context.Context, environment, baseURL string) (jobs.Statistics, error) {
	var all jobs.Statistics
	counts, err := s.queries.CountRuns(ctx)
	if err != nil {
		return all, redact("counting runs", err)
	}
	for _, c := range counts {
		all.Runs = append(all.Runs, jobs.RunCount{Job: c.Job, State: jobs.State(c.State), Runs: int(c.Runs)})
	}
	rows, err := s.queries.DossierStatistics(ctx, dbsqlc.DossierStatisticsParams{Environment: environment, BaseUrl: baseURL})
	if err != nil {
		return all, redact("reading how dossiers stand", err)
	}
	for _, r := range rows {
		all.Dossiers = append(all.Dossiers, jobs.DossierStatistics{Job: r.Job, Dossier: r.Dossier, LastSuccess: r.LastSuccess,
			LastEnd: r.LastEnd, LastState: jobs.State(r.LastState), Lag: max(0, seconds(r.LagSeconds))})
	}
	return all, nil
}

// Cutoffs say from when on things are kept; a zero time keeps all.
type Cutoffs struct{ Diffs, Items, Runs, Fires time.Time }

// Purged counts what was deleted.
type Purged struct {
	Diffs int64 `json:"diffs"` // items that lost their diffs, problems and messages
	Items int64 `json:"items"`
	Runs  int64 `json:"runs"`
	Fires int64 `json:"fires"`
}

// errDry rolls a purge back that was only to be counted.
var errDry = errors.New("dry run")

// Purge deletes what is older than its cutoff. It never touches runs that are queued, running or held, items that may
// still be sent, and the baseline. With dry nothing is deleted, only counted.
func (s *Store) Purge(ctx context.Context, c Cutoffs, dry bool) (p Purged, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := purge(ctx, q, c, &p); err != nil {
			return err
		}
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return p, redact("purging", err)
}

func purge(ctx context.Context, q *dbsqlc.Queries, c Cutoffs, p *Purged) error {
	var changes int64 // go with their runs
	for _, step := range []struct {
		before time.Time
		purge  func(context.Context, time.Time) (int64, error)
		n      *int64
	}{
		{c.Diffs, q.PurgeDiffs, &p.Diffs},
		{c.Items, q.PurgeItems, &p.Items},
		{c.Runs, q.PurgeChanges, &changes},
		{c.Runs, q.PurgeRuns, &p.Runs},
		{c.Fires, q.PurgeFires, &p.Fires},
	} {
		if step.before.IsZero() {
			continue
		}
		n, err := step.purge(ctx, step.before)
		if err != nil {
			return err
		}
		*step.n = n
	}
	return nil
}
