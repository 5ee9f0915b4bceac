package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/report"
	"syncd/internal/store"
)

func newRekey(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rekey --reason TEXT",
		Short: "Change the ledger key",
		Long: `Change the ledger key: all that is sealed in the ledger is sealed anew, a few rows at a time.

  1. Make a new key, and keep a copy apart:   head -c 32 /dev/urandom | base64
  2. In [database]: ledger_key names the new one, ledger_key_former the one until now.
  3. Stop the service, and type 'syncd rekey'. It refuses while a run is executed.
  4. Take ledger_key_former out of the configuration, delete the former key, start the service.

Meanwhile nothing is sent and nothing can be decided. Where it breaks off, type it again: it goes
on where it was. What is known of who was sent stays as it is: nobody is sent again. The reason
is recorded with your user name.`,
		Example: `  syncd rekey --reason "an administrator has left"`,
		Args:    none,
		RunE: p.withDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, _ []string) error {
			if err := needReason("a change of the ledger key", flags.reason); err != nil {
				return err
			}
			return a.rekey(ctx, ledger)
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	flags.addJSON(cmd)
	return cmd
}

func (a *app) rekey(ctx context.Context, ledger *store.Store) error {
	if a.config.Database.FormerKey.IsZero() {
		return usagef("the configuration names no former key\nhint: see 'syncd rekey --help': ledger_key_former of [database] names the key until now, ledger_key the new one")
	}
	former, err := keysOf(a.config.FormerKey)
	if err != nil {
		return err
	}
	next, err := keysOf(a.config.LedgerKey)
	if err != nil {
		return err
	}
	shown := isTerminal(a.Stderr)
	done, err := ledger.Rekey(ctx, former, next, requester(), a.flags.reason, func(rows int64) {
		if shown {
			fmt.Fprintf(a.Stderr, "\r%d", rows)
		}
	})
	if shown {
		fmt.Fprint(a.Stderr, "\r\033[K")
	}
	if err != nil {
		return err
	}
	told := report.RekeyReport(done)
	if a.flags.json {
		return a.printer().WriteRekeyJSON(a.Stdout, told)
	}
	return a.printer().Rekeyed(a.Stdout, told)
}

func keysOf(read func() ([]byte, error)) (*store.Keys, error) {
	secret, err := read()
	if err != nil {
		return nil, err
	}
	return store.NewKeys(secret)
}
