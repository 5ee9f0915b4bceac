package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newMigrate(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:  "migrate",
		Args: none,
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
		Use:  "purge",
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
	cmd.Flags().BoolVar(&apply, "apply", false, "")
	cmd.Flags().BoolVar(&force, "force", false, "")
	flags.addReason(cmd)
	flags.addJSON(cmd)
	return cmd
}

func newForget(p process, flags *globalFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:  "forget",
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
	cmd.Flags().BoolVar(&force, "force", false, "")
	flags.addReason(cmd)
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
		Use:  "rekey",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			shown := terminal.Is(a.Stderr)
			done, err := a.Upkeep().Rekey(ctx, flags.decision(), func(rows int64) {
				if shown {
					fmt.Fprintf(a.Stderr, "\r%d", rows)
				}
			})
			if shown {
				fmt.Fprint(a.Stderr, terminal.ClearLine)
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
	flags.addReason(cmd)
	flags.addJSON(cmd)
	return cmd
}
