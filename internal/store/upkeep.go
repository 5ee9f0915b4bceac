package store

import (
	"context"
	"errors"
	"math"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Statistics tells monitoring how these jobs stand at one address; reading are those of them that read records. Next is left to those who
// know the schedules.
func (s *Store) Statistics(ctx context.Context, names, reading []string, environment, baseURL string) (ledger.Statistics, error) {
	var all ledger.Statistics
	counts, err := s.queries.CountRuns(ctx)
	if err != nil {
		return all, redact("counting runs", err)
	}
	for _, c := range counts {
		all.Runs = append(all.Runs, ledger.RunCount{Job: c.Job, State: jobs.State(c.State), Runs: int(c.Runs)})
	}
	pauses, err := s.Pauses(ctx)
	if err != nil {
		return all, err
	}
	for _, p := range pauses {
		all.Paused = append(all.Paused, p.Job)
	}
	held, err := s.HeldPurge(ctx)
	if err != nil {
		return all, err
	}
	all.PurgeHeld = held != nil
	rows, err := s.queries.DossierStatistics(ctx, dbsqlc.DossierStatisticsParams{Jobs: names, Environment: environment,
		BaseUrl: jobs.NormalAddress(baseURL)})
	if err != nil {
		return all, redact("reading how dossiers stand", err)
	}
	last, err := s.gatheredLast(ctx, reading, environment, jobs.NormalAddress(baseURL))
	if err != nil {
		return all, err
	}
	for _, r := range rows {
		all.Dossiers = append(all.Dossiers, ledger.DossierStatistics{Job: r.Job, Dossier: r.Dossier, LastSuccess: r.LastSuccess,
			LastEnd: r.LastEnd, LastState: jobs.State(r.LastState), Lag: max(0, seconds(r.LagSeconds)),
			Collections: last[[2]string{r.Job, r.Dossier}]})
	}
	return all, nil
}

// Cutoffs say from when on things are kept; a zero time keeps all.
type Cutoffs struct {
	Diffs, Items, Runs, Fires time.Time
	Documents                 time.Time // of the baseline: of who left before
	Files                     time.Time // of the inbox: what they contain. Its changes go with Diffs
	Readings                  time.Time // who was shown what: at least four weeks are kept
	Traces                    Traces    // what is left of those
}

// Purged counts what was deleted.
type Purged struct {
	Diffs int64 `json:"diffs"` // items that lost their diffs, problems and messages
	Items int64 `json:"items"`
	Runs  int64 `json:"runs"`
	Fires int64 `json:"fires"`

	Documents int64 `json:"documents"` // of the baseline

	Readings int64 `json:"readings,omitempty"`

	Changes int64 `json:"changes,omitempty"` // of records of the inbox
	Files   int64 `json:"files,omitempty"`   // of those: what they contained
}

// errDry rolls a purge back that was only to be counted.
var errDry = errors.New("dry run")

const (
	itemsPurged = 2 // of syncd.run.purged
	// What one transaction of a purge deletes at most.
	runsAtOnce  = 50
	firesAtOnce = 5000
	filesAtOnce = 10
	unlimited   = math.MaxInt32
)

// purge deletes what is older than its cutoff. It never touches runs that are queued, running or held, items that may
// still be sent, what tells whether something was sent, and the audit. Documents take the ledger key. It goes by small
// steps: what is done stays done when it is broken off.
// by is the person who asks, "" = a daemon. With dry nothing is deleted, only counted.
func (s *Store) purge(ctx context.Context, c Cutoffs, by string, dry bool) (p Purged, err error) {
	if dry {
		return s.tryPurge(ctx, c)
	}
	recorded := false
	for _, step := range s.purgeSteps(c, &p) {
		for more := true; more && err == nil; {
			err = s.transact(ctx, func(q *dbsqlc.Queries) (err error) {
				more, err = step(ctx, q, runsAtOnce, firesAtOnce)
				if err != nil || recorded || p == (Purged{}) {
					return err
				}
				return s.audit(ctx, q, 0, ledger.AuditEntry{Actor: by, Decision: ledger.DecisionPurge,
					Facts: ledger.AuditFacts{What: new(c.Fact())}})
			})
			recorded = recorded || p != (Purged{})
		}
	}
	return p, redact("purging", err)
}

// tryPurge counts what a purge would delete, in a transaction that is taken back.
func (s *Store) tryPurge(ctx context.Context, c Cutoffs) (p Purged, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		for _, step := range s.purgeSteps(c, &p) {
			for more := true; more; {
				var err error
				if more, err = step(ctx, q, unlimited, unlimited); err != nil {
					return err
				}
			}
		}
		return errDry
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return p, redact("purging", err)
}

// Fact is "diffs before 2025-11-22, items before …", what is kept for ever left out.
func (c Cutoffs) Fact() hinted.Fact {
	var parts hinted.List
	for _, of := range []struct {
		what   string
		before time.Time
	}{{"diffs", c.Diffs}, {"items", c.Items}, {"runs", c.Runs}, {"fires", c.Fires}, {"documents", c.Documents}, {"files", c.Files},
		{"readings", c.Readings}} {
		if !of.before.IsZero() {
			parts = append(parts, hinted.Say("audit.purged-"+of.what, "day", of.before.Format(time.DateOnly)))
		}
	}
	return hinted.Say("audit.purged", "what", parts)
}

// purgeStep deletes a few things, and reports whether there may be more.
type purgeStep func(ctx context.Context, q *dbsqlc.Queries, runs, fires int32) (more bool, err error)

func (s *Store) purgeSteps(c Cutoffs, p *Purged) []purgeStep {
	var steps []purgeStep
	add := func(before time.Time, step purgeStep) {
		if !before.IsZero() {
			steps = append(steps, step)
		}
	}
	add(c.Diffs, func(ctx context.Context, q *dbsqlc.Queries, runs, _ int32) (bool, error) {
		n, err := q.PurgeDiffs(ctx, dbsqlc.PurgeDiffsParams{Before: c.Diffs, MostRuns: runs})
		p.Diffs += n.Items
		return n.Runs > 0, err
	})
	add(c.Items, func(ctx context.Context, q *dbsqlc.Queries, runs, _ int32) (bool, error) {
		n, err := q.PurgeItems(ctx, dbsqlc.PurgeItemsParams{Before: c.Items, MostRuns: runs})
		p.Items += n.Items
		return n.Runs > 0, err
	})
	add(c.Runs, func(ctx context.Context, q *dbsqlc.Queries, runs, _ int32) (bool, error) {
		n, err := purgeRuns(ctx, q, c.Runs, runs)
		p.Runs += n
		return n > 0, err
	})
	add(c.Fires, func(ctx context.Context, q *dbsqlc.Queries, _, fires int32) (bool, error) {
		n, err := q.PurgeFires(ctx, dbsqlc.PurgeFiresParams{Before: c.Fires, MostFires: fires})
		p.Fires += n
		return n > 0, err
	})
	add(c.Readings, func(ctx context.Context, q *dbsqlc.Queries, _, fires int32) (bool, error) {
		n, err := q.PurgeReadings(ctx, dbsqlc.PurgeReadingsParams{Before: c.Readings, Most: fires})
		p.Readings += n
		return n > 0, err
	})
	after := &place{}
	add(c.Documents, func(ctx context.Context, q *dbsqlc.Queries, _, _ int32) (bool, error) {
		n, more, err := s.purgeDocuments(ctx, q, c.Documents, c.Traces, after)
		p.Documents += n
		return more, err
	})
	return append(steps, inboxSteps(c, p)...)
}

// inboxSteps purge the inbox, where there is one.
func inboxSteps(c Cutoffs, p *Purged) []purgeStep {
	guarded := func(work func(ctx context.Context, q *dbsqlc.Queries) (bool, error)) purgeStep {
		return func(ctx context.Context, q *dbsqlc.Queries, _, _ int32) (bool, error) {
			if there, err := q.InboxIsThere(ctx); err != nil || !there {
				return false, err
			}
			return work(ctx, q)
		}
	}
	var steps []purgeStep
	if !c.Diffs.IsZero() {
		steps = append(steps, guarded(func(ctx context.Context, q *dbsqlc.Queries) (bool, error) {
			n, err := q.PurgeRecordChanges(ctx, dbsqlc.PurgeRecordChangesParams{Before: c.Diffs, Most: firesAtOnce})
			p.Changes += n
			return n > 0, err
		}))
	}
	if !c.Files.IsZero() {
		steps = append(steps, guarded(func(ctx context.Context, q *dbsqlc.Queries) (bool, error) {
			n, err := q.ExpireFiles(ctx, dbsqlc.ExpireFilesParams{Before: c.Files, Most: filesAtOnce})
			p.Files += n
			return n > 0, err
		}))
	}
	return steps
}

func purgeRuns(ctx context.Context, q *dbsqlc.Queries, before time.Time, most int32) (int64, error) {
	runs, err := q.RunsToPurge(ctx, dbsqlc.RunsToPurgeParams{Before: before, MostRuns: most})
	if err != nil || len(runs) == 0 {
		return 0, err
	}
	if err := q.PurgeChanges(ctx, runs); err != nil {
		return 0, err
	}
	return q.PurgeRuns(ctx, runs)
}
