package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newPurge(p process, flags *globalFlags) *cobra.Command {
	var apply bool
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Delete what the ledger has kept for longer than [retention] says",
		Long: `Delete what the ledger has kept for longer than [retention] says: the old and new values of
fields, items, runs, fires, and the sealed documents of people who left, or of months long past.
Without --apply nothing is deleted: it is only counted. The daemon purges by itself
(retention.schedule).

Of a removed document keyed hashes stay: they tell whether the same would be sent again, and
whether somebody else has the same IBAN or NIR. Runs that are queued, running or held, items
that may still be sent or settled, and the audit trail are never touched.

One person is erased with 'syncd forget'.`,
		Example: `  syncd purge
  syncd purge --apply`,
		Args: none,
		RunE: p.withKeyedDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, _ []string) error {
			purged, err := ledger.Purge(ctx, cutoffs(a.config, time.Now()), requester(), !apply)
			if err != nil {
				return err
			}
			return a.tellPurged(purged, !apply)
		}),
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "delete it")
	flags.addJSON(cmd)
	return cmd
}

func cutoffs(c *config.Config, now time.Time) store.Cutoffs {
	cutoff := func(age config.Age) time.Time {
		before, ok := age.Before(now)
		if !ok {
			return time.Time{} // for ever
		}
		return before
	}
	r := c.Retention
	return store.Cutoffs{Diffs: cutoff(r.Diffs), Items: cutoff(r.Items), Runs: cutoff(r.Runs), Fires: cutoff(r.Fires),
		Documents: cutoff(r.Baseline), Traces: traces(c)}
}

// traces are those of the members that any job compares between people.
func traces(c *config.Config) store.Traces {
	var pushes []jobs.PushJob
	for _, j := range c.Jobs {
		if push, err := c.PushJob(j.Name); err == nil {
			pushes = append(pushes, push)
		}
	}
	return func(document []byte) []jobs.Trace {
		var all []jobs.Trace
		for i := range pushes {
			all = append(all, pushes[i].Traces(document)...)
		}
		return all
	}
}

func (a *app) tellPurged(purged store.Purged, dry bool) error {
	told := report.PurgeReport(purged)
	if a.flags.json {
		return a.printer().WritePurgeJSON(a.Stdout, told, dry)
	}
	return a.printer().Purged(a.Stdout, told, dry)
}

// purgeTimeout bounds a purge of the daemon. What it does not manage one day it does the next.
const purgeTimeout = 10 * time.Minute

// purge is what the daemon does of it, beside its runs.
func (s *service) purge(c *config.Config) {
	ctx, cancel := context.WithTimeout(s.lasting, purgeTimeout)
	defer cancel()
	purged, err := s.ledger.Purge(ctx, cutoffs(c, time.Now()), "", false)
	if err != nil {
		s.log.Warn().Str("trouble", err.Error()).Msg("what is past its time was not purged")
		return
	}
	s.log.Info().Int64("diffs", purged.Diffs).Int64("items", purged.Items).Int64("runs", purged.Runs).Int64("fires", purged.Fires).Int64("documents", purged.Documents).
		Msg("purged what was past its time")
}
