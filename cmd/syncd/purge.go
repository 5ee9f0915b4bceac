package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newPurge(p process, flags *globalFlags) *cobra.Command {
	var apply, force bool
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Delete what the ledger has kept for longer than [retention] says",
		Long: `Delete what the ledger has kept for longer than [retention] says: the old and new values of
fields, items, runs, fires, and the sealed documents of people who left, or of months long past.
Without --apply nothing is deleted: it is only counted. The daemon purges by itself
(retention.schedule).

What is too old is decided by PostgreSQL's clock. While that clock differs from this machine's
nothing is deleted. When it leapt by more than a machine is off for, or when more than
retention.max_share of what there is would go, a purge waits for a person, the daemon's as well:
--force --reason confirms it.

Of a removed document keyed hashes stay: they tell whether the same would be sent again, and
whether somebody else has the same IBAN or NIR. Runs that are queued, running or held, items
that may still be sent or settled, and the audit trail are never touched.

One person is erased with 'syncd forget'.`,
		Example: `  syncd purge
  syncd purge --apply
  syncd purge --apply --force --reason "the machine was off since June"`,
		Args: none,
		RunE: p.withKeyedDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, _ []string) error {
			if err := wantsForced(apply, force, flags.reason); err != nil {
				return err
			}
			order := purgeOrder(a.config)
			order.By, order.Dry, order.Force, order.Reason = requester(), !apply, force, flags.reason
			purged, err := ledger.Purge(ctx, order)
			var held *store.PurgeHeldError
			if err != nil && (!errors.As(err, &held) || !order.Dry || is[*jobs.ClockError](err)) {
				return err
			}
			return a.tellPurged(purged, held, !apply)
		}),
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "delete it")
	cmd.Flags().BoolVar(&force, "force", false, "with --apply: delete it although it is much, or the clock leapt")
	flags.addReason(cmd, "with --force: why (recorded)")
	flags.addJSON(cmd)
	return cmd
}

func purgeOrder(c *config.Config) store.PurgeOrder {
	return store.PurgeOrder{Share: c.Retention.MaxShare, Cutoffs: func(now time.Time) store.Cutoffs { return cutoffs(c, now) }}
}

func wantsForced(apply, force bool, reason string) error {
	switch {
	case force && !apply:
		return usagef("--force confirms a deletion\nhint: add --apply")
	case force:
		return needReason("a forced purge", reason)
	case reason != "":
		return usagef("--reason says why a purge is forced\nhint: leave it out, or add --force")
	}
	return nil
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

func (a *app) tellPurged(purged store.Purged, held *store.PurgeHeldError, dry bool) error {
	told := report.PurgeReport{Purged: report.Purged(purged)}
	if held != nil {
		told.Held = &report.PurgeHeld{LeaptFrom: held.LeaptFrom, LeaptTo: held.LeaptTo, Share: held.Share}
		for _, x := range held.Excess {
			told.Held.Excess = append(told.Held.Excess, report.PurgeExcess(x))
		}
	}
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
	purged, err := s.ledger.Purge(ctx, purgeOrder(c))
	var held *store.PurgeHeldError
	switch {
	case errors.As(err, &held):
		s.log.Error().Str("reason", firstLine(held.Error())).Msg("what is past its time waits for a person: syncd purge")
		return
	case err != nil:
		s.log.Warn().Str("trouble", err.Error()).Msg("what is past its time was not purged")
		return
	}
	s.log.Info().Int64("diffs", purged.Diffs).Int64("items", purged.Items).Int64("runs", purged.Runs).Int64("fires", purged.Fires).Int64("documents", purged.Documents).
		Msg("purged what was past its time")
}
