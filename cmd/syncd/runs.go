package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

func newRuns(p process, flags *globalFlags) *cobra.Command {
	var filter store.RunFilter
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs, newest first",
		Example: `  syncd runs
  syncd runs --dossier saint-martin --period 2026-11
  syncd runs --state failed --json`,
		Args: none,
		RunE: p.withLedger(flags, func(ctx context.Context, a *app, ledger *store.Store, _ []string) error {
			if err := checkFilter(filter); err != nil {
				return err
			}
			runs, err := ledger.Runs(ctx, filter)
			if err != nil {
				return err
			}
			if len(runs) == 0 {
				if err := a.knows(filter); err != nil {
					return err
				}
			}
			if flags.json {
				return a.printer().WriteRunsJSON(p.Stdout, runs)
			}
			if len(runs) == 0 && filter != (store.RunFilter{Max: filter.Max}) {
				_, err := fmt.Fprintln(p.Stderr, "no run matches")
				return err
			}
			return a.printer().Runs(p.Stdout, runs)
		}),
	}
	cmd.Flags().StringVar(&filter.Job, "job", "", "only runs of this job")
	cmd.Flags().StringVar(&filter.Dossier, "dossier", "", "only runs of this dossier")
	cmd.Flags().StringVar(&filter.Period, "period", "", "only runs of this payroll month, such as 2026-11")
	cmd.Flags().StringVar(&filter.State, "state", "", "only runs in this state: "+strings.Join(runStates, ", "))
	cmd.Flags().IntVar(&filter.Max, "limit", 50, "at most so many")
	complete(cmd, "dossier", p.dossierNames(flags))
	complete(cmd, "job", p.jobNames(flags))
	complete(cmd, "period", months)
	complete(cmd, "state", words(func() []string { return runStates }))
	flags.addJSON(cmd)
	return cmd
}

var runStates = []string{"queued", "running", "succeeded", "incomplete", "failed", "held", "cancelled"}

func checkFilter(f store.RunFilter) error {
	if f.Max < 1 {
		return usagef("--limit %d lists nothing\nhint: at least 1", f.Max)
	}
	if f.State != "" && !slices.Contains(runStates, f.State) {
		return usagef("there is no state %q\nhint: %s", f.State, strings.Join(runStates, ", "))
	}
	if f.Period != "" {
		if _, err := jobs.ParsePeriod(f.Period); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// knows refuses a filter that names what was never configured: a mistyped name is not an all-clear.
func (a *app) knows(f store.RunFilter) error {
	if f.Job != "" {
		if _, err := a.config.Job(f.Job); err != nil {
			return err
		}
	}
	if f.Dossier != "" {
		if _, err := a.config.Dossier(f.Dossier); err != nil {
			return err
		}
	}
	return nil
}
