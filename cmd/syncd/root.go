package main

import (
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
	reason    string
	json      bool
	stdinRead bool // by one of them: there is no more
}

const defaultConfig = "/etc/syncd/config.toml"

func (f *globalFlags) configPath(getenv func(string) string) string {
	switch {
	case f.config != "" && getenv(admin.Variable) == "":
		return f.config
	case getenv("SYNCD_CONFIG") != "":
		return getenv("SYNCD_CONFIG")
	}
	return defaultConfig
}

func newRoot(p process) *cobra.Command {
	var flags globalFlags
	root := &cobra.Command{
		Use:     "syncd",
		Version: version,
		Args:    cobra.ArbitraryArgs,
		RunE:    unknownCommand,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if service := p.Getenv(admin.Variable); service != "" && flags.config != "" {
				return unfit(nil, "command.other-configuration", "service", service)
			}
			return flags.readStdin(p)
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{errors.New(help.WrongFlag(cmd, err) + help.SeeHelp(cmd))}
	})
	persistent := root.PersistentFlags()
	persistent.StringVar(&flags.config, "config", "", "")
	persistent.StringVar(&flags.logLevel, "log-level", "", "")
	root.AddCommand(
		newCheck(p, &flags), newMigrate(p, &flags), newPlan(p, &flags), newRun(p, &flags), newResume(p, &flags),
		newApprove(p, &flags), newCancel(p, &flags), newSettle(p, &flags), newPeriod(p, &flags), newRuns(p, &flags), newShow(p, &flags),
		newWhy(p, &flags), newAudit(p, &flags), newDictionary(p, &flags), newInbox(p, &flags), newContract(p, &flags), newDaemon(p, &flags),
		newSchedule(p, &flags), newPause(p, &flags), newUnpause(p, &flags), newPurge(p, &flags), newForget(p, &flags), newRekey(p, &flags),
		newSandbox(p, &flags), newVersion(p, &flags), newAdmin(p),
	)
	addCompletion(root)
	return root
}

func (f *globalFlags) addJSON(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "")
}

func (f *globalFlags) addDossiers(cmd *cobra.Command, p process) {
	cmd.Flags().StringArrayVar(&f.dossiers, "dossier", nil, "")
	complete(cmd, "dossier", p.dossierNames(f))
}

func (f *globalFlags) addPeriod(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.period, "period", "", "")
	complete(cmd, "period", months)
}

func (f *globalFlags) addEmployees(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.employees, "employee", nil, "")
}

// unknownCommand is reached by a first word that is no command, or by none at all.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	words := help.Of(cmd).Words
	hint := words.Lists
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = locale.Fill(words.Meant, "command", near[0])
	}
	return usagef("%s\nhint: %s", locale.Fill(words.UnknownCommand, "word", strconv.Quote(args[0])), hint)
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
		words := help.Of(cmd).Words
		return usagef("%s%s", locale.Fill(words.Arguments, "n", len(args), "usage", help.UseLine(cmd)), help.SeeHelp(cmd))
	}
}

func newVersion(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "version",
		Args: none,
		RunE: func(*cobra.Command, []string) error {
			info := map[string]string{"version": version, "revision": revision(), "go": runtime.Version()}
			if flags.json {
				return json.NewEncoder(p.Stdout).Encode(info)
			}
			_, err := fmt.Fprintf(p.Stdout, "syncd %s (%s, %s)\n", info["version"], info["revision"], info["go"])
			return err
		},
	}
	flags.addJSON(cmd)
	return cmd
}

// revision is the commit that the program was built from, where the build recorded it.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				return setting.Value
			}
		}
	}
	return "revision unknown"
}
