package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
	"syncd/internal/store"
)

func newApprove(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve RUN --reason TEXT [--employee M …]",
		Short: "Let go what a run holds: the run as a whole, or held employees of it",
		Long: `Let go what a run holds, exactly as it was planned. A run that is held as a whole goes on; its
held employees stay held, for each of them is a decision of its own. Of a run that has gone
otherwise all held employees are let go, or those of --employee.

Whoever was sent by another run meanwhile is not sent again, but superseded; the others go
byte for byte as 'syncd show RUN --diff' shows them. A hold that waited for longer than the
job's hold_expires is given up: then plan afresh. For a pull exactly the nomenclatures that
were held are approved: other ones are held again. The reason is recorded with your user name.

A daemon goes on with the run, or: syncd resume RUN`,
		Example: `  syncd runs --state held
  syncd show 12 --diff
  syncd approve 12 --reason "new school year: 14 people were hired"
  syncd approve 12 --employee 00042 --reason "she gave us her new bank card"
  syncd resume 12`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.withKeyedDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			if err := needReason("an approval", flags.reason); err != nil {
				return err
			}
			return a.approve(ctx, ledger, id, flags.reason)
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	flags.addEmployees(cmd, "only the held employee of this matricule")
	return cmd
}

func (a *app) approve(ctx context.Context, ledger *store.Store, id int64, reason string) error {
	run, err := ledger.Run(ctx, id)
	if err != nil {
		return explainNoRun(id, err)
	}
	if err := a.sameTarget(run); err != nil {
		return err
	}
	released, err := ledger.Approve(ctx, id, store.Approval{Employees: a.flags.employees, By: requester(), Reason: reason, Expires: a.holdExpires(run.Job)})
	if err != nil {
		return err
	}
	what := fmt.Sprintf("run %d is approved", id)
	if len(released) > 0 {
		what = fmt.Sprintf("of run %d is let go: %s", id, strings.Join(released, ", "))
	}
	if run.State == jobs.Failed {
		fmt.Fprintf(a.Stdout, "%s; the run had stopped before its end: look at it with 'syncd show %d', then go on with 'syncd resume %d'\n", what, id, id)
		return nil
	}
	fmt.Fprintf(a.Stdout, "%s; a daemon goes on with it, or: syncd resume %d\n", what, id)
	if held := run.Counts.Held; run.State == jobs.Held && held > 0 {
		fmt.Fprintf(a.Stdout, "still held, each a decision of its own: %d of its employees; look at them with 'syncd show %d' once it has ended, then 'syncd approve %d --employee M --reason …'\n", held, id, id)
	}
	return nil
}

// holdExpires is how long a hold of a job waits for a decision; 0, for ever, for one that is no longer configured.
func (a *app) holdExpires(name string) time.Duration {
	job, err := a.config.Job(name)
	if err != nil {
		return 0
	}
	return job.HoldExpires
}
