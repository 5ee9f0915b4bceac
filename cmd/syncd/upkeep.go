package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/report/view"
)

func newMigrate(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Create or update the ledger's tables",
		Long: `Create the schema syncd, or bring it to this version of the program. It is safe to repeat, and
safe when several processes do it at once. It never touches staging.`,
		Example: `  syncd migrate`,
		Args:    none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			from, to, err := a.Upkeep().Migrate(ctx)
			if err != nil {
				return err
			}
			if from == to {
				a.say(p.Stdout, a.words().Answers.MigratedAlready, "to", to)
			} else {
				a.say(p.Stdout, a.words().Answers.Migrated, "from", from, "to", to)
			}
			return nil
		}),
	}
}

func newPurge(p process, flags *globalFlags) *cobra.Command {
	var apply, force bool
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Delete what the ledger has kept for longer than [retention] says",
		Long: `Delete what the ledger has kept for longer than [retention] says: the old and new values of
fields, items, runs, fires, and the sealed documents of people who left, or of months long past.
Without --apply nothing is deleted: it is only counted. The daemon purges by itself
(retention.schedule).

What is too old is decided by PostgreSQL's clock. While that clock differs from this machine's
nothing is deleted. When it leapt by more than a machine is off for, or when more than
retention.max_share of what there is would go, a purge waits for a person, the daemon's as well:
--force --reason confirms it.

Of a removed document keyed hashes stay: they tell whether the same would be sent again, and
whether somebody else has the same IBAN or NIR. Runs that are queued, running or held, items
that may still be sent or settled, and the audit are never touched.

One person is erased with 'syncd forget'.`,
		Example: `  syncd purge
  syncd purge --apply
  syncd purge --apply --force --reason "the machine was off since June"`,
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			purged, held, err := a.Upkeep().Purge(ctx, app.Purging{Apply: apply, Force: force, Decision: flags.decision()})
			if err != nil {
				return err
			}
			told := view.PurgeReport{Purged: view.Purged(purged)}
			if held != nil {
				told.Held = &view.PurgeHeld{LeaptFrom: held.LeaptFrom, LeaptTo: held.LeaptTo, Share: held.Share}
				for _, x := range held.Excess {
					told.Held.Excess = append(told.Held.Excess, view.PurgeExcess(x))
				}
			}
			if flags.json {
				return a.printer().WritePurgeJSON(a.Stdout, told, !apply)
			}
			return a.printer().Purged(a.Stdout, told, !apply)
		}),
	}
	cmd.Flags().BoolVar(&apply, "apply", false, "delete it")
	cmd.Flags().BoolVar(&force, "force", false, "with --apply: delete it although it is much, or the clock leapt")
	flags.addReason(cmd, "with --force: why (recorded)")
	flags.addJSON(cmd)
	return cmd
}

func newForget(p process, flags *globalFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "forget MATRICULE --reason TEXT",
		Short: "Erase what the ledger holds of one person who has left",
		Long: `Erase what the ledger holds of one person who has left: sealed documents, amounts, hashes,
differences, problems, messages. In the place of the matricule stands a name that only the ledger
key can make from it. The sums of runs stay as they are.

What stays: lines of the audit that name the matricule, for nobody can change them, and
backups of the database. What was sent for which month is remembered under the new name:
somebody who comes back for such a month waits for a person.

It refuses while something may still be sent or settled, and for somebody who was there when
staging was last read, or whose departure nobody settled; --force erases these as well. Nothing
is deleted at Isidoor. The reason is recorded with your user name: do not write there who it
is. With - the matricule is read from standard input: arguments stand in the list of processes.`,
		Example: `  syncd forget 00042 --dossier saint-martin --reason "asked for it on 3 November"
  syncd forget - --dossier saint-martin --reason "asked for it"`,
		Args: exactly("MATRICULE"),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			key, err := flags.matricule(p, args[0])
			if err != nil {
				return err
			}
			dossier, err := a.formerDossier()
			if err != nil {
				return err
			}
			done, err := a.Upkeep().Forget(ctx, app.Forgetting{Dossier: dossier, Key: key, Force: force, Decision: flags.decision()})
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteForgetJSON(a.Stdout, view.ForgetReport(done))
			}
			return a.printer().Forgotten(a.Stdout, view.ForgetReport(done))
		}),
	}
	cmd.Flags().BoolVar(&force, "force", false, "also somebody who was there when staging was last read, or has departed unsettled")
	flags.addReason(cmd, "why (recorded for ever)")
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

// formerDossier is the one dossier that the command line names, which may be configured no longer, or the only one there is.
func (a *session) formerDossier() (string, error) {
	if len(a.flags.dossiers) == 1 {
		return a.flags.dossiers[0], nil
	}
	d, err := a.flags.selection().One(a.Config)
	return d.Name, err
}

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
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			shown := isTerminal(a.Stderr)
			done, err := a.Upkeep().Rekey(ctx, flags.decision(), func(rows int64) {
				if shown {
					fmt.Fprintf(a.Stderr, "\r%d", rows)
				}
			})
			if shown {
				fmt.Fprint(a.Stderr, clearLine)
			}
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteRekeyJSON(a.Stdout, view.RekeyReport(done))
			}
			return a.printer().Rekeyed(a.Stdout, view.RekeyReport(done))
		}),
	}
	flags.addReason(cmd, "why (recorded)")
	flags.addJSON(cmd)
	return cmd
}
