package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// arguments are what a command takes besides flags, and what completes the first; nil = nothing does.
type arguments struct {
	fit   cobra.PositionalArgs
	first completion
}

// nothing is a command without arguments.
var nothing = arguments{fit: none}

// oneJob and the next ones are an argument each.
func (p process) oneJob() arguments { return arguments{exactly("JOB"), p.jobNames} }

func (p process) oneRun() arguments { return arguments{exactly("RUN"), p.runNumbers} }

func onePeriod() arguments { return arguments{exactly("PERIOD"), months} }

// option adds a flag to a command. The texts of flags are in the catalogues of help.
type option = func(*cobra.Command)

func onOff(name string, into *bool) option {
	return func(cmd *cobra.Command) { cmd.Flags().BoolVar(into, name, *into, "") }
}

// flagText is an option of which names, where there are some, complete the value.
func flagText(name string, into *string, names completion) option {
	return func(cmd *cobra.Command) {
		cmd.Flags().StringVar(into, name, *into, "")
		complete(cmd, name, names)
	}
}

func several(name string, into *[]string, names completion) option {
	return func(cmd *cobra.Command) {
		cmd.Flags().StringArrayVar(into, name, nil, "")
		complete(cmd, name, names)
	}
}

func number(name string, into *int) option {
	return func(cmd *cobra.Command) { cmd.Flags().IntVar(into, name, *into, "") }
}

func duration(name string, into *time.Duration) option {
	return func(cmd *cobra.Command) { cmd.Flags().DurationVar(into, name, *into, "") }
}

// runOption names a run: 0 must not pass for a flag that was left out.
func (p process) runOption(name string, into *int64) option {
	return func(cmd *cobra.Command) {
		cmd.Flags().Int64Var(into, name, 0, "")
		complete(cmd, name, p.runNumbers)
		cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed(name) && *into < 1 {
				return unfit("command.not-a-run", "flag", "--"+name+" ", "value", *into)
			}
			return nil
		}
	}
}

// The options that several commands share.
func (p process) json(cmd *cobra.Command) { onOff("json", &p.flags.json)(cmd) }

func (p process) dossiers(cmd *cobra.Command) {
	several("dossier", &p.flags.dossiers, p.dossierNames)(cmd)
}

func (p process) period(cmd *cobra.Command) { flagText("period", &p.flags.period, months)(cmd) }

func (p process) employees(cmd *cobra.Command) { several("employee", &p.flags.employees, nil)(cmd) }

func (p process) reason(cmd *cobra.Command) { flagText("reason", &p.flags.reason, nil)(cmd) }

// work is what a command does that stands on the configuration.
type work = func(ctx context.Context, a *session, args []string) error

// command is one that does such work.
func (p process) command(name string, takes arguments, does work, options ...option) *cobra.Command {
	return plain(name, takes, func(cmd *cobra.Command, args []string) error {
		a, err := p.open()
		if err != nil {
			return err
		}
		defer a.Close()
		return a.inWords(does(cmd.Context(), a, args))
	}, options...)
}

// aboutRun is a command whose argument names a run.
func (p process) aboutRun(name string, does func(ctx context.Context, a *session, id int64) error, options ...option) *cobra.Command {
	return p.command(name, p.oneRun(), func(ctx context.Context, a *session, args []string) error {
		id, err := parseRun(args[0])
		if err != nil {
			return err
		}
		return does(ctx, a, id)
	}, options...)
}

// plain is a command that needs no configuration.
func plain(name string, takes arguments, run func(*cobra.Command, []string) error, options ...option) *cobra.Command {
	cmd := &cobra.Command{Use: name, Args: takes.fit, RunE: run}
	if takes.first != nil {
		cmd.ValidArgsFunction = onlyFirst(takes.first)
	}
	for _, add := range options {
		add(cmd)
	}
	return cmd
}

// group is a command that is nothing but those below it.
func group(name string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Args: cobra.ArbitraryArgs, RunE: unknownCommand}
	cmd.AddCommand(below...)
	return cmd
}

// printed prints what was read, as JSON where that is asked for.
func printed[T any](a *session, read T, err error, asJSON, asText func(io.Writer, T) error) error {
	switch {
	case err != nil:
		return err
	case a.flags.json:
		return asJSON(a.Stdout, read)
	}
	return asText(a.Stdout, read)
}
