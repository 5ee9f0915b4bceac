package main

import (
	"context"
	"regexp"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newForget(p process, flags *globalFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "forget MATRICULE --reason TEXT",
		Short: "Erase what the ledger holds of one person who has left",
		Long: `Erase what the ledger holds of one person who has left: sealed documents, amounts, hashes,
differences, problems, messages. In the place of the matricule stands a name that only the ledger
key can make from it. The sums of runs stay as they are.

What stays: lines of the audit trail that name the matricule, for nobody can change them, and
backups of the database. What was sent for which month is remembered under the new name:
somebody who comes back for such a month waits for a person.

It refuses while something may still be sent or settled, and for somebody who was there when
staging was last read, or whose departure nobody settled; --force erases these as well. Nothing
is deleted at Isidoor. The reason is recorded with your user name: do not write there who it
is. With - the matricule is read from standard input: arguments stand in the list of processes.`,
		Example: `  syncd forget 00042 --dossier saint-martin --reason "asked for it on 3 November"
  syncd forget - --dossier saint-martin --reason "asked for it"`,
		Args: exactly("MATRICULE"),
		RunE: p.withKeyedDecision(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			key, err := flags.matricule(p, args[0])
			if err != nil {
				return err
			}
			if err := needReason("an erasure", flags.reason); err != nil {
				return err
			}
			return a.forget(ctx, ledger, key, force)
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also somebody who was there when staging was last read, or has departed unsettled")
	flags.addReason(cmd, "why (recorded for ever)")
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

func (a *app) forget(ctx context.Context, ledger *store.Store, key string, force bool) error {
	var dossier string
	if len(a.flags.dossiers) == 1 {
		dossier = a.flags.dossiers[0] // of one that is no longer configured, too
	} else if d, err := a.oneDossier(); err != nil {
		return err
	} else {
		dossier = d.Name
	}
	if names(a.flags.reason, key) {
		return usagef("the reason names the matricule, and is kept for ever\nhint: say why, not who")
	}
	done, err := ledger.ForgetPerson(ctx, store.Forgetting{Partner: a.target(config.Dossier{}).Partner, Dossier: dossier, Key: key, By: requester(), Reason: a.flags.reason, Present: force})
	if err != nil {
		return err
	}
	told := report.ForgetReport(done)
	if a.flags.json {
		return a.printer().WriteForgetJSON(a.Stdout, told)
	}
	return a.printer().Forgotten(a.Stdout, told)
}

// names tells whether a text names a matricule as a word.
func names(text, key string) bool {
	return regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(key) + `($|[^\pL\pN])`).MatchString(text)
}
