package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

func newSettle(p process, flags *globalFlags) *cobra.Command {
	chosen := map[ledger.Settlement]*bool{ledger.SettleWithdrawn: new(bool), ledger.SettleAccepted: new(bool), ledger.SettlePending: new(bool)}
	cmd := &cobra.Command{
		Use:   "settle RUN --employee M --withdrawn|--accepted|--pending --reason TEXT",
		Short: "Record what you found at the other side about an employee",
		Long: `Record what you found at the other side about employees of a run. Look there first: what is
recorded here decides who is paid.

  --withdrawn  somebody who was sent this month, has gone from staging, and was taken back there
  --accepted   an uncertain document is there: it counts as acknowledged
  --pending    an uncertain document is not there: the run, or the next one, sends it

The reason is recorded with your user name.`,
		Example: `  syncd settle 12 --employee 00042 --withdrawn --reason "deleted in Isidoor by phone with FNOGEC"
  syncd settle 12 --employee 00043 --accepted --reason "seen on the Isidoor screen"`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.withDecision(flags, func(ctx context.Context, a *app, st *store.Store, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			as, err := settlement(chosen)
			if err != nil {
				return err
			}
			if len(flags.employees) == 0 {
				return usagef("a settlement is about somebody\nhint: --employee MATRICULE")
			}
			if err := needReason("a settlement", flags.reason); err != nil {
				return err
			}
			return a.settle(ctx, st, id, as, flags.reason)
		}),
	}
	cmd.Flags().BoolVar(chosen[ledger.SettleWithdrawn], "withdrawn", false, "who has gone from staging was taken back at the other side")
	cmd.Flags().BoolVar(chosen[ledger.SettleAccepted], "accepted", false, "the document is there")
	cmd.Flags().BoolVar(chosen[ledger.SettlePending], "pending", false, "the document is not there")
	flags.addReason(cmd, "why, and how you know (recorded)")
	flags.addEmployees(cmd, "the employee of this matricule")
	return cmd
}

func settlement(chosen map[ledger.Settlement]*bool) (as ledger.Settlement, err error) {
	n := 0
	for s, is := range chosen {
		if *is {
			as, n = s, n+1
		}
	}
	if n != 1 {
		return "", usagef("say what you found: exactly one of --withdrawn, --accepted and --pending\nhint: see 'syncd settle --help'")
	}
	return as, nil
}

func (a *app) settle(ctx context.Context, st *store.Store, id int64, as ledger.Settlement, reason string) error {
	found, err := st.Run(ctx, id)
	if err != nil {
		return explainNoRun(id, err)
	}
	if err := a.sameTarget(found); err != nil {
		return err
	}
	run, err := st.Settle(ctx, id, a.flags.employees, as, requester(), reason, a.config.Isidoor.RequestTimeout)
	if err != nil {
		return explainNoRun(id, err)
	}
	fmt.Fprintf(a.Stdout, "%s: settled as %s; run %d is %s\n", strings.Join(unique(a.flags.employees), ", "), as, id, run.State)
	switch {
	case run.State == jobs.Queued:
		fmt.Fprintf(a.Stdout, "a daemon goes on with it, or: syncd resume %d\n", id)
	case as == ledger.SettlePending:
		fmt.Fprintf(a.Stdout, "the next run sends what staging holds then: syncd run %s --dossier %s --period %s\n", run.Job, run.Target.Dossier, run.Period)
	}
	return nil
}
