package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/hinted"
	"syncd/internal/partner"
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
				fmt.Fprintln(p.Stderr, "syncd-admin:", hinted.TextIn(p.words(), err))
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
	instance, command, err := adminArguments(args)
	switch {
	case err != nil:
		return err
	case len(command) == 0:
		return &admin.Error{What: hinted.Say("admin.no-command"), Kind: admin.Usage}
	case command[0] == "-h" || command[0] == "--help":
		_, err := fmt.Fprint(p.Stdout, locale.HelpOf(p.helpLanguage(nil), partner.Default().Name).Admin)
		return err
	case aboutProgram(command):
		return p.withoutService(ctx, args)
	}
	return p.asService(instance, command)
}

// adminArguments parts what is for syncd-admin from the command, which begins with the first word that is neither.
func adminArguments(args []string) (instance string, command []string, err error) {
	given := false
	for len(args) > 0 {
		name, value, joined := strings.Cut(args[0], "=")
		switch {
		case args[0] == "--":
			return instance, args[1:], nil
		case name == "--instance" && joined:
			instance, given, args = value, true, args[1:]
		case args[0] == "-i" || args[0] == "--instance":
			if len(args) == 1 {
				args = append(args, "")
			}
			instance, given, args = args[1], true, args[2:]
		case strings.HasPrefix(args[0], "-i"):
			instance, given, args = args[0][2:], true, args[1:]
		default:
			return instance, args, err
		}
		if given && instance == "" {
			return "", nil, &admin.Error{What: hinted.Say("admin.instance-unnamed"), Kind: admin.Usage}
		}
	}
	return instance, nil, nil
}

// completeAdmin completes words. Root gets the numbers of runs, too, which are in the ledger.
func (p process) completeAdmin(ctx context.Context, args []string) error {
	last := len(args) - 1
	instance, command, err := adminArguments(args[1:last])
	if err == nil && len(command) > 0 && os.Geteuid() == 0 {
		err := p.asService(instance, slices.Concat(args[:1], command, args[last:]))
		if !is[*admin.Error](err) {
			return err
		}
	}
	return p.withoutService(ctx, args)
}

// aboutProgram tells that a command asks nothing of configuration and ledger. A word that follows a flag could be its
// value.
func aboutProgram(args []string) bool {
	if slices.Contains([]string{"completion", "help", "version", "--version", "-v"}, args[0]) {
		return true
	}
	last := args[len(args)-1]
	return (last == "-h" || last == "--help") && !slices.ContainsFunc(args[:len(args)-1],
		func(arg string) bool { return strings.HasPrefix(arg, "-") })
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
		return &admin.Error{What: hinted.Say("admin.not-root", "command", plainWords(args)), Kind: admin.Usage}
	}
	code, err := a.Run(args)
	if err != nil {
		return err
	}
	return withCode(code)
}

// plainWords are arguments as they can be typed again, or what stands for them.
func plainWords(args []string) string {
	text := strings.Join(args, " ")
	if strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune(" -_=.:/@", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return "…"
	}
	return text
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
	complete(root, "instance", words(admin.Instances))
	root.PersistentFlags().Lookup("config").Hidden = true
	return root
}
