package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/help"
	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// newAdmin is what the program syncd-admin starts, and nobody types.
func newAdmin(p process) *cobra.Command {
	return &cobra.Command{
		Use:                "admin",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := p.admin(cmd.Context(), args)
			var mistake *admin.Error
			if errors.As(err, &mistake) {
				p.tell(p.Stderr, "syncd-admin: "+hinted.TextIn(p.words(), err))
				return codeError(map[admin.Kind]int{admin.Setup: exitConfiguration, admin.Usage: exitUsage, admin.Ended: exitUnexpected}[mistake.Kind])
			}
			return err
		},
	}
}

// serviceOf is how commands of the installed service are typed whose configuration a command line reads that is none of it.
func serviceOf(args []string, getenv func(string) string) string {
	instance, is := admin.InstanceOf(configPath(namedConfig(args), getenv))
	switch {
	case !is || getenv("SYNCD_COMMAND") != "" || !admin.Installed():
		return ""
	case instance != "":
		return "sudo syncd-admin -i " + instance
	}
	return "sudo syncd-admin"
}

// instead is what whoever is not let in types instead of a command line; none = nothing is known, or the command is for them and not
// for the service.
func instead(service string, args []string) hinted.Fact {
	args = withoutConfig(args)
	if service == "" || len(args) == 0 {
		return hinted.Fact{}
	}
	switch args[0] {
	case "daemon":
		return hinted.Say("command.service-instead", "unit", locale.UnitOf(service, ""))
	case "web":
		return hinted.Say("command.service-instead", "unit", locale.UnitOf(service, "-web"))
	case "admin", "staging", "setup":
		return hinted.Fact{}
	}
	return hinted.Say("command.instead", "command", service+" "+admin.PlainWords(args))
}

func (p process) admin(ctx context.Context, args []string) error {
	if len(args) > 1 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return p.completeAdmin(ctx, args)
	}
	instance, command, err := admin.Arguments(args)
	locale.TypeAs(atHand("sudo syncd-admin"))
	if named := (&admin.Admin{Instance: instance}); instance != "" && named.Check() == nil {
		locale.TypeAs(atHand("sudo syncd-admin -i " + instance))
	}
	switch {
	case err != nil:
		return err
	case len(command) == 0:
		return &admin.Error{What: hinted.Say("admin.no-command"), Kind: admin.Usage}
	case command[0] == "-h" || command[0] == "--help":
		if _, err := fmt.Fprintln(p.Stdout, help.Fold(locale.HelpOf(p.helpLanguage(nil)).Admin, p.width(p.Stdout))); err != nil {
			return err
		}
		return p.withoutService(ctx, args)
	case admin.AboutProgram(command):
		return p.withoutService(ctx, args)
	}
	return p.asService(instance, command)
}

// completeAdmin completes words. Root gets the numbers of runs, too, which are in the ledger.
func (p process) completeAdmin(ctx context.Context, args []string) error {
	last := len(args) - 1
	instance, command, err := admin.Arguments(args[1:last])
	if err == nil && len(command) > 0 && os.Geteuid() == 0 {
		err := p.asService(instance, slices.Concat(args[:1], command, args[last:]))
		if !is[*admin.Error](err) {
			return err
		}
	}
	return p.withoutService(ctx, args)
}

// asService runs the command in the service's surroundings.
func (p process) asService(instance string, args []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	a := admin.Admin{Instance: instance, Login: admin.LoginUID(p.Getenv), Program: program, Getenv: p.Getenv, Stdin: os.Stdin,
		Stdout: os.Stdout, Stderr: os.Stderr}
	if err := a.Check(); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return &admin.Error{What: hinted.Say("admin.not-root", "command", locale.Typed()+" "+admin.PlainWords(args)), Kind: admin.Usage}
	}
	code, err := a.Run(args)
	if err != nil {
		return err
	}
	return withCode(code)
}

// withoutService runs here, as whoever calls, what needs no secret: help, and completion as far as the configuration
// goes, which everybody may read.
func (p process) withoutService(ctx context.Context, args []string) error {
	var instance string
	inner := p
	inner.Getenv = func(name string) string {
		switch name {
		case "SYNCD_CONFIG":
			return admin.Configuration(instance)
		case admin.Variable:
			return "syncd-admin"
		}
		return p.Getenv(name)
	}
	root := newAdminRoot(inner, &instance)
	inner.speak(root, nil, args)
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// newAdminRoot is the tree of commands as syncd-admin has it.
func newAdminRoot(p process, instance *string) *cobra.Command {
	root := newRoot(p)
	root.Use = "syncd-admin"
	root.PersistentFlags().StringVarP(instance, "instance", "i", "", "")
	complete(root, "instance", oneOf(admin.Instances))
	root.PersistentFlags().Lookup("config").Hidden = true
	return root
}
