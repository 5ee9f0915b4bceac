package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/store"
)

func newMigrate(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Create or update the ledger's tables",
		Long: `Create the schema syncd, or bring it to this version of the program. It is safe to repeat, and
safe when several processes do it at once. It never touches staging.`,
		Example: `  syncd migrate`,
		Args:    none,
		RunE: p.withApp(flags, func(ctx context.Context, a *app, _ []string) error {
			url, err := a.config.Database.URL.Read()
			if err != nil {
				return err
			}
			from, to, err := store.Migrate(ctx, url)
			if err != nil {
				return err
			}
			if from == to {
				fmt.Fprintf(p.Stdout, "the ledger is up to date (migration %d)\n", to)
			} else {
				fmt.Fprintf(p.Stdout, "the ledger went from migration %d to %d\n", from, to)
			}
			return nil
		}),
	}
}
