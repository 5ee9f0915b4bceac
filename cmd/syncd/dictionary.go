package main

import (
	"context"
	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

func newDictionary(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dictionary [NAME]",
		Short: "Show the nomenclatures that were pulled for a dossier",
		Example: `  syncd dictionary --dossier saint-martin
  syncd dictionary NatureContrat --dossier saint-martin
  syncd dictionary impact`,
		Args: between(0, 1),
		RunE: p.withLedger(flags, func(ctx context.Context, a *app, ledger *store.Store, args []string) error {
			dossier, err := a.oneDossier()
			if err != nil {
				return err
			}
			target, _, err := ledger.Target(ctx, a.target(dossier))
			if err != nil {
				return err
			}
			dictionaries, err := ledger.Dictionaries(ctx, target.ID)
			if err != nil {
				return err
			}
			return a.printDictionaries(dictionaries, dossier, args)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	cmd.AddCommand(newDictionaryImpact(p, flags))
	return cmd
}

// oneDossier is the dossier that the command line names, or the only one there is.
func (a *app) oneDossier() (config.Dossier, error) {
	switch {
	case len(a.flags.dossiers) == 1:
		return a.config.Dossier(a.flags.dossiers[0])
	case len(a.flags.dossiers) == 0 && len(a.config.AllDossiers) == 1:
		return a.config.AllDossiers[0], nil
	}
	return config.Dossier{}, usagef("name one dossier: each has matricules and nomenclatures of its own\nhint: --dossier %s", a.config.AllDossiers[0].Name)
}

func (a *app) printDictionaries(dictionaries mapping.Dictionaries, dossier config.Dossier, args []string) error {
	if len(dictionaries) == 0 {
		return usagef("no nomenclature was pulled for dossier %s yet\nhint: run the job of kind pull-dictionnaire", dossier.Name)
	}
	var name string
	if len(args) == 1 {
		name = args[0]
		if dictionaries[name] == nil {
			return usagef("there is no nomenclature %q\nhint: 'syncd dictionary --dossier %s' lists them", name, dossier.Name)
		}
		dictionaries = mapping.Dictionaries{name: dictionaries[name]}
	}
	if a.flags.json {
		return a.printer().WriteDictionaryJSON(a.Stdout, dictionaries, name)
	}
	return a.printer().Dictionary(a.Stdout, a.target(dossier), dictionaries, name)
}
