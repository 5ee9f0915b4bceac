package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
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
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			if strings.TrimSpace(reason) == "" {
				return usagef("an approval needs a reason\nhint: --reason \"why this is right\"")
			}
			a, err := p.open(flags)
			if err != nil {
				return err
			}
			defer a.close()
			ledger, err := a.readLedger(cmd.Context())
			if err != nil {
				return err
			}
			if err := ledger.Approve(cmd.Context(), id, requester(), reason); err != nil {
				return explainNoRun(id, err)
			}
			fmt.Fprintf(p.Stdout, "run %d is approved; go on with: syncd resume %d\n", id, id)
			return nil
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why (recorded)")
	return cmd
}
