package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newMigrate(p process) *cobra.Command {
	return p.command("migrate", nothing, func(ctx context.Context, a *session, _ []string) error {
		from, to, err := a.Upkeep().Migrate(ctx)
		if err != nil {
			return err
		}
		if from == to {
			a.say(a.Stdout, a.words().Answers.MigratedAlready, "to", to)
		} else {
			a.say(a.Stdout, a.words().Answers.Migrated, "from", from, "to", to)
		}
		return nil
	})
}

func newPurge(p process) *cobra.Command {
	var of app.Purging
	return p.command("purge", nothing, func(ctx context.Context, a *session, _ []string) error {
		of.Decision = a.decision()
		purged, held, err := a.Upkeep().Purge(ctx, of)
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
		if a.flags.json {
			return a.printer().WritePurgeJSON(a.Stdout, told, !of.Apply)
		}
		return a.printer().Purged(a.Stdout, told, !of.Apply)
	}, onOff("apply", &of.Apply), onOff("force", &of.Force), p.reason, p.json)
}

func newForget(p process) *cobra.Command {
	var of app.Forgetting
	return p.command("forget", arguments{fit: exactly("MATRICULE")}, func(ctx context.Context, a *session, args []string) (err error) {
		if of.Key, err = a.matricule(args[0]); err != nil {
			return err
		}
		if of.Dossier, err = a.formerDossier(); err != nil {
			return err
		}
		of.Decision = a.decision()
		done, err := a.Upkeep().Forget(ctx, of)
		return printed(a, view.ForgetReport(done), err, a.printer().WriteForgetJSON, a.printer().Forgotten)
	}, onOff("force", &of.Force), p.reason, p.dossiers, p.json)
}

// formerDossier is the one dossier that the command line names, which may be configured no longer, or the only one there is.
func (a *session) formerDossier() (string, error) {
	if len(a.flags.dossiers) == 1 {
		return a.flags.dossiers[0], nil
	}
	d, err := a.selection().One(a.Config)
	return d.Name, err
}

func newRekey(p process) *cobra.Command {
	return p.command("rekey", nothing, func(ctx context.Context, a *session, _ []string) error {
		shown := terminal.Is(a.Stderr)
		done, err := a.Upkeep().Rekey(ctx, a.decision(), func(rows int64) {
			if shown {
				fmt.Fprintf(a.Stderr, "\r%d", rows)
			}
		})
		if shown {
			fmt.Fprint(a.Stderr, terminal.ClearLine)
		}
		return printed(a, view.RekeyReport(done), err, a.printer().WriteRekeyJSON, a.printer().Rekeyed)
	}, p.reason, p.json)
}
