package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/help"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
)

// addCompletion adds cobra's own completion command, with exit code 2 for what it does not know.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, unknownShell
		for _, shell := range cmd.Commands() {
			shell.Args = none
		}
	}
}

func unknownShell(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return usagef("%s%s", locale.Fill(help.Of(cmd).Words.UnknownShell, "word", strconv.Quote(args[0])), help.SeeHelp(cmd))
}

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// complete registers what completes a flag.
func complete(cmd *cobra.Command, flag string, names completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, names); err != nil {
		panic("syncd: completion of an unknown flag: " + err.Error())
	}
}

// oneOf completes with a few fixed words.
func oneOf(list func() []string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

// jobNames completes with the jobs of the configuration.
func (p process) jobNames(flags *globalFlags) completion {
	return func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if c := p.quietConfig(flags); c != nil {
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

// partnerNames completes with the partners of the configuration.
func (p process) partnerNames(flags *globalFlags) completion {
	return func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if c := p.quietConfig(flags); c != nil {
			for i := range c.Partners {
				names = append(names, c.Partners[i].Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// collectionNames completes with the collections of which the inbox has records.
func (p process) collectionNames(flags *globalFlags) completion {
	return func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionPatience)
		defer cancel()
		if a, err := p.open(flags); err == nil {
			defer a.Close()
			names, _ = a.Inbox().Collections(ctx) // whoever presses TAB is told nothing
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// months completes with the last year's, the newest first.
func months(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	const shown = 12
	now := time.Now()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.Local)
	var names []string
	for i := range shown {
		names = append(names, first.AddDate(0, -i, 0).Format("2006-01"))
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// onlyFirst completes the first argument, and no other.
func onlyFirst(names completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(cmd, args, begun)
	}
}

const (
	completedRuns      = 20
	completionPatience = 2 * time.Second // whoever presses TAB waits for it
)

// runNumbers completes with the newest runs. A ledger that cannot be read completes nothing, and says nothing.
func (p process) runNumbers(flags *globalFlags) completion {
	return func(*cobra.Command, []string, string) (numbers []string, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionPatience)
		defer cancel()
		for _, run := range p.newestRuns(ctx, flags) {
			text := fmt.Sprintf("%d\t%s, %s", run.ID, run.Job, run.Target.Dossier)
			if run.Period != "" {
				text += ", " + string(run.Period)
			}
			numbers = append(numbers, text+", "+string(run.State))
		}
		return numbers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

func (p process) newestRuns(ctx context.Context, flags *globalFlags) []*jobs.Run {
	a, err := p.open(flags)
	if err != nil {
		return nil
	}
	defer a.Close()
	runs, err := a.Records().Runs(ctx, ledger.RunFilter{Max: completedRuns})
	if err != nil {
		return nil
	}
	return runs
}

// quietConfig is the configuration, or nil where it cannot be read: completion has nobody to tell.
func (p process) quietConfig(flags *globalFlags) *config.Config {
	c, err := partner.LoadConfig(flags.configPath(p.Getenv), p.Getenv)
	if err != nil {
		return nil
	}
	return c
}
