package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/help"
	"syncd/internal/report/locale"
)

// globalFlags are those that all commands share.
type globalFlags struct {
	config    string
	logLevel  string
	dossiers  []string
	period    string
	employees []string
	except    []string // of approve
	reason    string
	json      bool
	names     *bool // nil = to a terminal alone
	stdinRead bool  // by one of them: there is no more
}

const defaultConfig = "/etc/syncd/config.toml"

// configPath is where the configuration is; named = by --config, which a command of the service must not have.
func configPath(named string, getenv func(string) string) string {
	if getenv(admin.Variable) != "" {
		named = ""
	}
	return cmp.Or(named, getenv("SYNCD_CONFIG"), defaultConfig)
}

func newRoot(p process) *cobra.Command {
	p.flags = &globalFlags{}
	root := &cobra.Command{
		Use:     "syncd",
		Version: version,
		Args:    cobra.ArbitraryArgs,
		RunE:    unknownCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if service := p.Getenv(admin.Variable); service != "" && p.flags.config != "" {
				return unfit("command.other-configuration", "service", service)
			}
			return p.readStdin()
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{errors.New(help.WrongFlag(cmd, err) + help.AfterFlag(cmd, err))}
	})
	root.PersistentFlags().StringVar(&p.flags.config, "config", "", "")
	root.PersistentFlags().StringVar(&p.flags.logLevel, "log-level", "", "")
	for _, command := range []func(process) *cobra.Command{newCheck, newMigrate, newPlan, newRun, newResume, newApprove, newCancel,
		newSettle, newPeriod, newMonth, newRuns, newShow, newWhy, newAudit, newDictionary, newInbox, newContract, newDaemon, newAlerts,
		newSchedule, newPause, newUnpause, newPurge, newForget, newRekey, newSetup, newStaging, newSandbox, newWeb,
		newAccount, newVersion, newAdmin} {
		root.AddCommand(command(p))
	}
	addCompletion(root)
	return root
}

// unknownCommand is reached by a first word that is no command, or by none at all.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	words := help.Of(cmd).Words
	hint := help.Hint(cmd, locale.Fill(words.Lists, "path", cmd.CommandPath()))
	if near := help.NearCommand(cmd, args[0]); near != "" {
		hint = help.Meant(cmd, cmd.CommandPath()+" "+near)
	}
	return usagef("%s%s", locale.Fill(words.UnknownCommand, "word", strconv.Quote(args[0])), hint)
}

// exactly demands the arguments of these names.
func exactly(names ...string) cobra.PositionalArgs { return between(len(names), len(names)) }

// none demands that there are no arguments.
func none(cmd *cobra.Command, args []string) error { return between(0, 0)(cmd, args) }

// between demands so many arguments, and shows how the command is used when there are others.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		if most == 0 && cmd.HasSubCommands() {
			return unknownCommand(cmd, args)
		}
		words := help.Of(cmd).Words
		return usagef("%s%s", locale.Fill(words.Arguments, "n", len(args), "usage", help.UseLine(cmd)), help.SeeHelp(cmd))
	}
}

func newVersion(p process) *cobra.Command {
	return plain("version", nothing, func(*cobra.Command, []string) error {
		info := map[string]string{"version": version, "revision": revision(), "go": runtime.Version()}
		if p.flags.json {
			return json.NewEncoder(p.Stdout).Encode(info)
		}
		_, err := fmt.Fprintf(p.Stdout, "syncd %s (%s, %s)\n", info["version"], info["revision"], info["go"])
		return err
	}, p.json)
}

// revision is the commit that the program was built from, where the build recorded it.
func revision() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "revision unknown"
}
