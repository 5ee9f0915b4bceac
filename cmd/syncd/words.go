package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncd/internal/app/words"
	"syncd/internal/config"
	"syncd/internal/help"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

// words are the texts of a command that has read the configuration, and how values stand in them.
func (a *session) words() *view.Teller {
	return view.New(a.language(), view.Options{Partner: cmp.Or(a.about, a.Config.PartnerName()), Location: a.Config.Zone(),
		Instead: a.instead})
}

// say writes a sentence of the catalogue on a line of its own.
func (a *session) say(w io.Writer, sentence string, namesAndValues ...any) {
	a.tell(w, a.words().Fill(sentence, namesAndValues...))
}

// tell writes a text on lines of its own, as wide as there is room.
func (p process) tell(w io.Writer, what string) { fmt.Fprintln(w, text.Fold(what, p.width(w))) }

// inWords puts what was refused into the words of the session's language.
func (a *session) inWords(err error) error {
	if err == nil {
		return nil
	}
	return words.Told(a.words(), err)
}

// inWords puts what went wrong before the configuration was read, or with reading it, into words.
func (p process) inWords(err error) error {
	if err != nil && !is[*words.ToldError](err) && !is[codeError](err) && !is[*terminal.LostError](err) {
		return words.Told(view.With(p.words(), p.instead), err)
	}
	return err
}

// message is an error for people, with its hint: in English where nobody said in which language.
func message(err error) string {
	if _, ok := errors.AsType[*words.ToldError](err); ok {
		return err.Error()
	}
	return words.Text(english(), err)
}

func english() *view.Teller {
	return view.New(locale.English, view.Options{})
}

// speak makes a tree of commands say in the language of help what cobra says. named are the arguments that may name a configuration.
func (p process) speak(root *cobra.Command, named, args []string) {
	help.Speak(root, p.helpLanguage(named), helpValues, args, func(shown io.Writer) int { return p.width(shown) })
}

// helpLanguage is the language of help, which needs no configuration: what a line of one says that can be read, be the rest of it
// wrong or missing, else the locale.
func (p process) helpLanguage(args []string) locale.Language {
	return locale.Language(cmp.Or(config.PeekLanguage(configPath(namedConfig(args), p.Getenv)), config.LocaleLanguage(p.Getenv)))
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

// withoutConfig is a command line without what names a configuration.
func withoutConfig(args []string) []string {
	for i, arg := range args {
		switch {
		case arg == "--":
			return args
		case arg == "--config":
			return slices.Concat(args[:i], args[min(i+2, len(args)):])
		case strings.HasPrefix(arg, "--config="):
			return slices.Concat(args[:i], args[i+1:])
		}
	}
	return args
}

// helpValues are what texts of help name and the program knows.
func helpValues(h *locale.Help) []any { return words.OfHelp(h, defaultConfig) }
