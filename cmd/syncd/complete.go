package main

import (
	"github.com/spf13/cobra"

	"syncd/internal/config"
)

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// complete registers what completes a flag.
func complete(cmd *cobra.Command, flag string, names completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, names); err != nil {
		panic("syncd: completion of an unknown flag: " + err.Error())
	}
}

// jobNames completes the first argument with the jobs of the configuration.
func (p process) jobNames(flags *globalFlags) completion {
	return func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
		if c := p.quietConfig(flags); c != nil && len(args) == 0 {
			for _, job := range c.Jobs {
				names = append(names, job.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// dossierNames completes with the dossiers of the configuration.
func (p process) dossierNames(flags *globalFlags) completion {
	return func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if c := p.quietConfig(flags); c != nil {
			for _, d := range c.AllDossiers {
				names = append(names, d.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// quietConfig is the configuration, or nil where it cannot be read: completion has nobody to tell.
func (p process) quietConfig(flags *globalFlags) *config.Config {
	c, err := config.Load(flags.configPath(p.Getenv), p.Getenv)
	if err != nil {
		return nil
	}
	return c
}
