package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/help"
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
	hint := help.SeeHelp(cmd)
	if near := help.NearCommand(cmd, args[0]); near != "" {
		hint = help.Meant(cmd, cmd.CommandPath()+" "+near)
	}
	return usagef("%s%s", locale.Fill(help.Of(cmd).Words.UnknownShell, "word", strconv.Quote(args[0])), hint)
}

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// complete registers what completes a flag; nil = nothing does.
func complete(cmd *cobra.Command, flag string, names completion) {
	if names == nil {
		return
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, names); err != nil {
		panic("syncd: completion of an unknown flag: " + err.Error())
	}
}

// oneOf completes with a few words.
func oneOf(list func() []string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list(), cobra.ShellCompDirectiveNoFileComp
	}
}

// jobNames, dossierNames and partnerNames complete with those of the configuration.
func (p process) jobNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return namesIn(p.quietConfig().Jobs, func(j *config.Job) string { return j.Name })
}

func (p process) dossierNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return namesIn(p.quietConfig().AllDossiers, func(d *config.Dossier) string { return d.Name })
}

func (p process) partnerNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return namesIn(p.quietConfig().Partners, func(p *config.Partner) string { return p.Name })
}

func namesIn[T any](list []T, name func(*T) string) (names []string, _ cobra.ShellCompDirective) {
	for i := range list {
		names = append(names, name(&list[i]))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// quietConfig is the configuration, or an empty one where it cannot be read: completion has nobody to tell.
func (p process) quietConfig() *config.Config {
	c, err := partner.LoadConfig(configPath(p.flags.config, p.Getenv), p.Getenv)
	if err != nil {
		return &config.Config{}
	}
	return c
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

// fromLedger completes with what the ledger has. One that cannot be read completes nothing, and says nothing.
func (p process) fromLedger(names func(context.Context, *session) []string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), completionPatience)
	defer cancel()
	a, err := p.open()
	if err != nil {
		return nil
	}
	defer a.Close()
	return names(ctx, a)
}

// collectionNames completes with the collections of which the inbox has records.
func (p process) collectionNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return p.fromLedger(func(ctx context.Context, a *session) []string {
		names, _ := a.Inbox().Collections(ctx) // whoever presses TAB is told nothing
		return names
	}), cobra.ShellCompDirectiveNoFileComp
}

// runNumbers completes with the newest runs.
func (p process) runNumbers(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return p.fromLedger(func(ctx context.Context, a *session) (numbers []string) {
		runs, _ := a.Records().Runs(ctx, ledger.RunFilter{Max: completedRuns})
		for _, run := range runs {
			text := fmt.Sprintf("%d\t%s, %s", run.ID, run.Job, run.Target.Dossier)
			if run.Period != "" {
				text += ", " + string(run.Period)
			}
			numbers = append(numbers, text+", "+string(run.State))
		}
		return numbers
	}), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
