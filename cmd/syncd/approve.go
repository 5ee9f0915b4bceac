package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/store"
)

func newApprove(p process, flags *globalFlags) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "approve RUN --reason TEXT",
		Short: "Let a held run go on",
		Long: `Let a held run go on with exactly what was held: if the nomenclatures answered on resuming are
others than those that were held, the run is held again. The reason is recorded with your
user name. Today only pulls of the nomenclatures are ever held.`,
		Example: `  syncd runs --state held
  syncd approve 12 --reason "Isidoor announced the new codes"
  syncd resume 12`,
		Args: exactly("RUN"),
		RunE: p.withLedger(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			if err := needReason("an approval", reason); err != nil {
				return err
			}
			if err := ledger.Approve(ctx, id, requester(), reason); err != nil {
				return explainNoRun(id, err)
			}
			fmt.Fprintf(p.Stdout, "run %d is approved; a daemon goes on with it, or: syncd resume %d\n", id, id)
			return nil
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why (recorded)")
	return cmd
}
