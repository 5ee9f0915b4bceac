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
	"syncd/internal/hinted"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
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
				fmt.Fprintln(p.Stderr, text.Fold("syncd-admin: "+hinted.TextIn(p.words(), err), p.width(p.Stderr)))
				return codeError(map[admin.Kind]int{admin.Setup: exitConfiguration, admin.Usage: exitUsage, admin.Ended: exitUnexpected}[mistake.Kind])
			}
			return err
		},
	}
}

func (p process) admin(ctx context.Context, args []string) error {
	if len(args) > 1 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return p.completeAdmin(ctx, args)
	}
	instance, command, err := admin.Arguments(args)
	locale.TypeAs("sudo syncd-admin")
	if named := (&admin.Admin{Instance: instance}); instance != "" && named.Check() == nil {
		locale.TypeAs("sudo syncd-admin -i " + instance)
	}
	switch {
	case err != nil:
		return err
	case len(command) == 0:
		return &admin.Error{What: hinted.Say("admin.no-command"), Kind: admin.Usage}
	case command[0] == "-h" || command[0] == "--help":
		if _, err := fmt.Fprintln(p.Stdout, locale.HelpOf(p.helpLanguage(nil)).Admin); err != nil {
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
		return &admin.Error{What: hinted.Say("admin.not-root", "command", admin.PlainWords(args)), Kind: admin.Usage}
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
