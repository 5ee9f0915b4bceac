package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

// cancelPatience is how long 'cancel' watches a run that was asked to stop.
const cancelPatience = 10 * time.Second

func newCancel(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cancel RUN --reason TEXT",
		Short: "Give up what a run has not sent",
		Long: `Give up what a run has not sent. A run that is executed stops within seconds: what is on its
way is finished and recorded. Whoever was not sent is sent by the next run; whoever is in
doubt stays so. The reason is recorded with your user name. A cancelled run is not resumed.`,
		Example: `  syncd runs
  syncd cancel 12 --reason "wrong month in staging"`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.withDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			if err := needReason("a cancellation", flags.reason); err != nil {
				return err
			}
			run, err := ledger.Cancel(ctx, id, requester(), flags.reason)
			if err != nil {
				return explainNoRun(id, err)
			}
			return a.watchCancel(ctx, ledger, run)
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	return cmd
}

// watchCancel says how a run stands that was asked to stop, for a while.
func (a *app) watchCancel(ctx context.Context, ledger *store.Store, run *jobs.Run) error {
	for started := time.Now(); run.State == jobs.Running && time.Since(started) < cancelPatience; {
		select {
		case <-a.Stop:
			return nil
		case <-time.After(200 * time.Millisecond):
		}
		var err error
		if run, err = ledger.Run(ctx, run.ID); err != nil {
			return err
		}
	}
	switch run.State {
	case jobs.Running:
		fmt.Fprintf(a.Stdout, "run %d was asked to stop: it finishes what is on its way; see: syncd show %d\n", run.ID, run.ID)
	case jobs.Cancelled:
		fmt.Fprintf(a.Stdout, "run %d is cancelled\n", run.ID)
	default:
		fmt.Fprintf(a.Stdout, "run %d had come to its end: it is %s\n", run.ID, run.State)
	}
	return nil
}
