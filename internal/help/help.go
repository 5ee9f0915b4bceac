// Package help makes cobra's commands speak the language of the person who asks. The texts are
// in the catalogues of package locale, by the path of the command; a command has only its name, and flags have no usage.
package help

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"syncd/internal/plaintext"
	"syncd/internal/report/locale"
)

// languageNote is the annotation of a root that says which language its commands speak.
const languageNote = "syncd_language"

// Values are what texts of help name and the program knows: names and values in turn, in the words of a language.
type Values func(*locale.Help) []any

// Of is the help in the language of a command.
func Of(cmd *cobra.Command) *locale.Help {
	return locale.HelpOf(locale.Language(cmd.Root().Annotations[languageNote]))
}

// Speak makes a root and its commands say in a language what cobra says. Texts are read when they are asked for, and fitted to the
// columns of where they are shown.
func Speak(root *cobra.Command, language locale.Language, values Values, args []string, columns func(shown io.Writer) int) {
	root.Annotations = map[string]string{languageNote: string(language)}
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		Describe(root, values)
		out := cmd.OutOrStdout()
		fmt.Fprint(out, Fold(about(cmd)+Usage(cmd), columns(out)))
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStderr(), Usage(cmd))
		return err
	})
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		Describe(root, values)
	}
}

// Describe gives all commands and flags below a root their texts.
func Describe(root *cobra.Command, known Values) {
	root.InitDefaultHelpCmd()
	root.InitDefaultVersionFlag()
	h := Of(root)
	values := append(known(h), "program", root.Name())
	for _, cmd := range WithBelow(root) {
		text := h.Commands[Path(cmd)]
		cmd.Use = use(cmd, h)
		cmd.Short, cmd.Long, cmd.Example = text.Short, fill(text.Long, values), fill(text.Example, values)
		if !cmd.DisableFlagParsing {
			cmd.InitDefaultHelpFlag()
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { f.Usage = fill(flagHelp(h, cmd, f.Name), values) })
	}
}

// use is a command's name and what goes behind it.
func use(cmd *cobra.Command, h *locale.Help) string {
	return strings.TrimSpace(cmd.Name() + " " + h.Commands[Path(cmd)].Args)
}

// WithBelow is a command and all below it.
func WithBelow(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, WithBelow(sub)...)
	}
	return all
}

// Path is the path of a command, which is the same for syncd-admin.
func Path(cmd *cobra.Command) string {
	return "syncd" + strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name())
}

func flagHelp(h *locale.Help, cmd *cobra.Command, name string) string {
	switch name {
	case "help":
		return locale.Fill(h.Words.Help, "command", cmd.DisplayName())
	case "version":
		return locale.Fill(h.Words.Version, "command", cmd.DisplayName())
	}
	if text, ok := h.Commands[Path(cmd)].Flags[name]; ok {
		return text
	}
	return h.Flags[name]
}

func fill(text string, values []any) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return locale.Fill(text, values...)
}

// about is what a command says of itself.
func about(cmd *cobra.Command) string {
	if text := strings.TrimRight(cmp.Or(cmd.Long, cmd.Short), " \n\t"); text != "" {
		return text + "\n\n"
	}
	return ""
}

// Usage is how a command is typed: cobra's form, in the command's language.
func Usage(cmd *cobra.Command) string {
	h := Of(cmd)
	words := h.Words
	var b strings.Builder
	b.WriteString(words.Usage)
	if cmd.Runnable() {
		b.WriteString("\n  " + UseLine(cmd))
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

// UseLine is one command line, with what goes in.
func UseLine(cmd *cobra.Command) string {
	h := Of(cmd)
	cmd.Use = use(cmd, h)
	return strings.Replace(cmd.UseLine(), "[flags]", h.Words.Options, 1)
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

// Hint is the line of a next step, behind what is wrong.
func Hint(cmd *cobra.Command, step string) string {
	return "\n" + locale.Of(locale.Language(cmd.Root().Annotations[languageNote]), "").Hint + locale.AsTyped(step)
}

// SeeHelp is the hint to a command's help.
func SeeHelp(cmd *cobra.Command) string {
	return Hint(cmd, locale.Fill(Of(cmd).Words.SeeHelp, "path", cmd.CommandPath()))
}

// AfterFlag is the hint behind a mistaken flag: the one that may have been meant, else a command's help.
func AfterFlag(cmd *cobra.Command, err error) string {
	e, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || e.GetSpecifiedShortnames() != "" {
		return SeeHelp(cmd)
	}
	var known []string
	add := func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	near := nearest(e.GetSpecifiedName(), known)
	if near == "" {
		return SeeHelp(cmd)
	}
	return Meant(cmd, "--"+near)
}

// Meant is the hint to what may have been meant.
func Meant(cmd *cobra.Command, what string) string {
	return Hint(cmd, locale.Fill(Of(cmd).Words.Meant, "command", what))
}

// NearCommand is the command below one that a word may mean, "period close"; "" = none.
func NearCommand(cmd *cobra.Command, word string) string {
	var known []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			known = append(known, sub.Name())
		}
	}
	if name := spoken(known)[plaintext.Fold(word)]; name != "" {
		return name
	}
	for _, sub := range cmd.Commands() { // further down: "clore" is period close
		var below []string
		for _, last := range sub.Commands() {
			below = append(below, last.Name())
		}
		if name := spoken(below)[plaintext.Fold(word)]; name != "" && sub.IsAvailableCommand() {
			return sub.Name() + " " + name
		}
	}
	return nearest(word, known)
}

// nearest is the name that a word may mean: by how it is typed, or by what it says in any language; "" = none.
func nearest(word string, names []string) string {
	meant := spoken(names)
	if name, known := meant[plaintext.Fold(word)]; known {
		return name
	}
	if near := plaintext.Nearest(word, names); near != "" {
		return near
	}
	return meant[plaintext.Nearest(plaintext.Fold(word), slices.Collect(maps.Keys(meant)))]
}

// spoken are names by what people type for them in any language, and by themselves.
func spoken(names []string) map[string]string {
	meant := map[string]string{}
	for _, language := range []locale.Language{locale.English, locale.French} {
		words := locale.HelpOf(language).Meant
		for _, name := range names {
			for _, said := range strings.Fields(words[name]) {
				if said = plaintext.Fold(said); meant[said] == "" { // of several the first by the alphabet: month, not period
					meant[said] = name
				}
			}
		}
	}
	for _, name := range names {
		meant[name] = name
	}
	return meant
}

// WrongFlag tells pflag's mistakes in a command's language.
func WrongFlag(cmd *cobra.Command, err error) string {
	h := Of(cmd)
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
		return locale.Fill(words.BadValue, "value", strconv.Quote(e.GetValue()), "flag", name, "cause", e.Unwrap(), "type",
			cmp.Or(h.Types[kind], "true, false"))
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
