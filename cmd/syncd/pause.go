package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/store"
)

func newPause(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pause JOB --reason TEXT",
		Short: "Keep a job's schedule from starting runs, until 'syncd unpause'",
		Long: `Keep a job's schedule from starting runs, until 'syncd unpause'. Nothing is missed: what comes
due meanwhile is caught up then, as the job's 'missed' says. A run that is executed goes on,
and 'syncd run' works as always. The reason is recorded with your user name.`,
		Example: `  syncd pause paie --reason "staging is being repaired"
  syncd unpause paie`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			if err := needReason("a pause", flags.reason); err != nil {
				return err
			}
			job, err := a.config.Job(args[0])
			if err != nil {
				return err
			}
			if job.Schedule == nil {
				return usagef("job %s has no schedule: nothing of it starts by itself\nhint: 'syncd schedule' tells what does", job.Name)
			}
			paused, err := ledger.Pause(ctx, job.Name, requester(), flags.reason)
			if err != nil {
				return err
			}
			if !paused {
				return usagef("job %s is paused already\nhint: 'syncd schedule' tells since when and why", job.Name)
			}
			fmt.Fprintf(p.Stdout, "job %s is paused; to go on: syncd unpause %s\n", job.Name, job.Name)
			return nil
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	return cmd
}

func newUnpause(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "unpause JOB",
		Short: "Let a paused job go on, and catch up what came due meanwhile",
		Long: `Let a paused job go on. What came due meanwhile is caught up as the job's 'missed' says:
'syncd schedule' shows it.`,
		Example:           `  syncd unpause paie`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			ended, err := ledger.Unpause(ctx, args[0], requester())
			if err != nil {
				return err
			}
			if !ended {
				return usagef("job %s is not paused\nhint: 'syncd schedule' tells which jobs are", args[0])
			}
			fmt.Fprintf(p.Stdout, "job %s goes on\n", args[0])
			return nil
		}),
	}
}
