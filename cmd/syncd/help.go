package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
)

// languageOfHelp is the annotation of a root in whose language its commands speak.
const languageOfHelp = "syncd_language"

// helpLanguage is the language of help, which needs no configuration: what a line of one says that can be read, be the rest of it
// wrong or missing, else the locale.
func (p process) helpLanguage(args []string) locale.Language {
	flags := globalFlags{config: namedConfig(args)}
	if language := config.PeekLanguage(flags.configPath(p.Getenv)); language != "" {
		return locale.Language(language)
	}
	return locale.Language(config.LocaleLanguage(p.Getenv))
}

// namedConfig is what --config names, before the command line is parsed.
func namedConfig(args []string) (path string) {
	for i, arg := range args {
		if name, value, joined := strings.Cut(arg, "="); name == "--config" && joined {
			path = value
		} else if name == "--config" && i+1 < len(args) {
			path = args[i+1]
		} else if arg == "--" {
			break
		}
	}
	return path
}

func help(language locale.Language) *locale.Help {
	return locale.HelpOf(language, partner.Default().Name)
}

// helpOf is the help in the language of a command.
func helpOf(cmd *cobra.Command) *locale.Help {
	return help(locale.Language(cmd.Root().Annotations[languageOfHelp]))
}

// speak makes a root and its commands say in a language what cobra says. Texts are read when they are asked for.
func speak(root *cobra.Command, language locale.Language, args []string) {
	root.Annotations = map[string]string{languageOfHelp: string(language)}
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		describe(root)
		show(cmd, args)
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStderr(), usage(cmd))
		return err
	})
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		describe(root)
	}
}

// describe gives all commands and flags below a root their texts.
func describe(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultVersionFlag()
	h := helpOf(root)
	values := helpValues(h, root)
	for _, cmd := range withBelow(root) {
		text := h.Commands[pathInHelp(cmd)]
		cmd.Use = strings.TrimSpace(cmd.Name() + " " + text.Args)
		cmd.Short, cmd.Long, cmd.Example = text.Short, fill(text.Long, values), fill(text.Example, values)
		if !cmd.DisableFlagParsing {
			cmd.InitDefaultHelpFlag()
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = fill(flagHelp(h, cmd, f.Name), values) })
	}
}

// withBelow is a command and all below it.
func withBelow(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, withBelow(sub)...)
	}
	return all
}

// pathInHelp is the path of a command, which is the same for syncd-admin.
func pathInHelp(cmd *cobra.Command) string {
	return "syncd" + strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())
}

func flagHelp(h *locale.Help, cmd *cobra.Command, name string) string {
	switch name {
	case "help":
		return locale.Fill(h.Words.Help, "command", cmd.DisplayName())
	case "version":
		return locale.Fill(h.Words.Version, "command", cmd.DisplayName())
	}
	if text, ok := h.Commands[pathInHelp(cmd)].Flags[name]; ok {
		return text
	}
	return h.Flags[name]
}

// helpValues are what texts of help name and the program knows.
func helpValues(h *locale.Help, root *cobra.Command) []any {
	return []any{
		"program", root.Name(), "config", defaultConfig, "states", strings.Join(app.RunStates, ", "),
		"decisions", strings.Join(app.DecisionNames(), ", "), "profiles", strings.Join(standIn().Profiles, h.Words.Or),
		"notice", standIn().Notices[root.Annotations[languageOfHelp]], "faults", faultsHelp(h),
	}
}

func faultsHelp(h *locale.Help) string {
	api := standIn().API
	calls := make([]string, len(api.Endpoints))
	for i, e := range api.Endpoints {
		calls[i] = string(e)
	}
	var b strings.Builder
	for _, f := range api.FaultFlags() {
		fmt.Fprintf(&b, "  %-32s %s\n", f.Example, locale.Fill(h.Faults[f.Name], "calls", strings.Join(calls, ", "), "default", api.Default))
	}
	return strings.TrimRight(b.String(), "\n")
}

func fill(text string, values []any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return locale.Fill(text, values...)
}

// usage is how a command is typed: cobra's form, in the command's language.
func usage(cmd *cobra.Command) string {
	h := helpOf(cmd)
	words := h.Words
	var b strings.Builder
	b.WriteString(words.Usage)
	if cmd.Runnable() {
		b.WriteString("\n  " + useLine(cmd, words))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n  " + cmd.CommandPath() + " " + words.Command)
	}
	part := func(heading, text string) {
		if text != "" {
			b.WriteString("\n\n" + heading + "\n" + strings.TrimRight(text, "\n"))
		}
	}
	part(words.Examples, cmd.Example)
	part(words.Commands, commandsHelp(cmd))
	part(words.Flags, flagsHelp(cmd.LocalFlags(), h))
	part(words.GlobalFlags, flagsHelp(cmd.InheritedFlags(), h))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n\n" + locale.Fill(words.More, "path", cmd.CommandPath()))
	}
	return b.String() + "\n"
}

// useLine is one command line, with what goes in.
func useLine(cmd *cobra.Command, words locale.HelpWords) string {
	return strings.Replace(cmd.UseLine(), "[flags]", words.Options, 1)
}

func commandsHelp(cmd *cobra.Command) string {
	var b strings.Builder
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			fmt.Fprintf(&b, "  %-*s %s\n", sub.NamePadding(), sub.Name(), sub.Short)
		}
	}
	return b.String()
}

// flagsHelp is a line for each flag, as pflag has them.
func flagsHelp(flags *pflag.FlagSet, h *locale.Help) string {
	var left, right []string
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "      --" + f.Name
		if f.Shorthand != "" {
			name = "  -" + f.Shorthand + ", --" + f.Name
		}
		kind, text := pflag.UnquoteUsage(f)
		name = strings.TrimRight(name+" "+h.Types[kind], " ")
		if value := shownDefault(f); value != "" {
			text += locale.Fill(h.Words.Default, "value", value)
		}
		left, right, width = append(left, name), append(right, text), max(width, len([]rune(name)))
	})
	var b strings.Builder
	for i := range left {
		fmt.Fprintf(&b, "%-*s   %s\n", width, left[i], right[i])
	}
	return b.String()
}

// shownDefault is a flag's value when it is not named; "" = the usual one of its kind.
func shownDefault(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return ""
	}
	if f.Value.Type() == "string" {
		return strconv.Quote(f.DefValue)
	}
	return f.DefValue
}

// seeHelp is the hint to a command's help.
func seeHelp(cmd *cobra.Command) string {
	return "\nhint: " + locale.Fill(helpOf(cmd).Words.SeeHelp, "path", cmd.CommandPath())
}

// wrongFlag tells pflag's mistakes.
func wrongFlag(h *locale.Help, err error) string {
	words := h.Words
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return ofFlag(words.UnknownFlag, words.UnknownLetter, e.GetSpecifiedName(), e.GetSpecifiedShortnames())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return ofFlag(words.NeedsValue, words.LetterNeedsValue, e.GetSpecifiedName(), e.GetSpecifiedShortnames())
	}
	if e, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return locale.Fill(words.BadSyntax, "flag", e.GetSpecifiedFlag())
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := e.GetFlag()
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		kind, _ := pflag.UnquoteUsage(f)
		return locale.Fill(words.BadValue, "value", strconv.Quote(e.GetValue()), "flag", name, "cause", e.Unwrap(), "type", h.Types[kind])
	}
	return err.Error()
}

// ofFlag tells of a flag by its name or, in a group of letters, by its letter.
func ofFlag(byName, byLetter, name, letters string) string {
	if letters == "" {
		return locale.Fill(byName, "flag", name)
	}
	return locale.Fill(byLetter, "letter", strconv.QuoteRune(rune(name[0])), "letters", letters)
}
