package main

import (
	"github.com/spf13/cobra"

	"syncd/internal/config"
)

// completionExamples say how a shell is told, by its name.
var completionExamples = map[string]string{
	"bash":       "  syncd completion bash | sudo tee /etc/bash_completion.d/syncd >/dev/null\n  source <(syncd completion bash)     (for this shell alone)",
	"zsh":        "  syncd completion zsh > \"${fpath[1]}/_syncd\"",
	"fish":       "  syncd completion fish > ~/.config/fish/completions/syncd.fish",
	"powershell": "  syncd completion powershell | Out-String | Invoke-Expression",
}

// addCompletion adds cobra's own completion command, with examples, and with exit code 2 for what it does not know.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, unknownShell
		cmd.Example = "  source <(syncd completion bash)\n  syncd completion zsh --help"
		for _, shell := range cmd.Commands() {
			shell.Args, shell.Example = none, completionExamples[shell.Name()]
		}
	}
}

func unknownShell(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return usagef("there is no completion for the shell %q\nhint: see '%s --help'", args[0], cmd.CommandPath())
}

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// complete registers what completes a flag.
func complete(cmd *cobra.Command, flag string, names completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, names); err != nil {
		panic("syncd: completion of an unknown flag: " + err.Error())
	}
}

// words completes with a few fixed words.
func words(list func() []string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list(), cobra.ShellCompDirectiveNoFileComp
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
