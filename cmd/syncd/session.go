package main

import (
	"cmp"
	"context"
	"io"
	"strconv"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/partner"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

// session is one command's use of the product.
type session struct {
	process
	*app.App
	flags *globalFlags
}

// logger writes to stderr. On a terminal a command's report says what a warning would.
func (p process) logger(level string) (zerolog.Logger, error) {
	usual := "warn"
	if terminal.Is(p.Stderr) {
		usual = "error"
	}
	level = cmp.Or(level, p.Getenv("SYNCD_LOG_LEVEL"), usual)
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Logger{}, unfit(nil, "command.log-level", "level", strconv.Quote(level))
	}
	return zerolog.New(terminal.Log(p.Stderr, p.underSystemd())).Level(parsed).With().Timestamp().Logger(), nil
}

// underSystemd reports whether messages go to the journal.
func (p process) underSystemd() bool { return p.Getenv("JOURNAL_STREAM") != "" }

// open reads the configuration. Close the session.
func (p process) open(flags *globalFlags) (*session, error) {
	log, err := p.logger(flags.logLevel)
	if err != nil {
		return nil, err
	}
	c, err := partner.LoadConfig(flags.configPath(p.Getenv), p.Getenv)
	if err != nil {
		return nil, err
	}
	words := func() *locale.Catalogue { return locale.Of(locale.Language(c.Language(p.Getenv)), c.PartnerName()) }
	if p.Spoken != nil {
		p.Spoken.Store(words())
	}
	door := app.Door{Version: version, Getenv: p.Getenv, Log: log, Stop: p.Stop, Waits: terminal.Waits(p.Stderr, words, c.Zone()),
		Quiet: terminal.Is(p.Stdout) && terminal.Is(p.Stderr)}
	return &session{p, app.New(c, door), flags}, nil
}

// withApp is a command's work that stands on the configuration.
func (p process) withApp(flags *globalFlags, work func(ctx context.Context, a *session, args []string) error) func(*cobra.Command,
	[]string) error {
	return func(cmd *cobra.Command, args []string) error {
		a, err := p.open(flags)
		if err != nil {
			return err
		}
		defer a.Close()
		return a.inWords(work(cmd.Context(), a, args))
	}
}

func (a *session) language() locale.Language { return locale.Language(a.Config.Language(a.Getenv)) }

func (a *session) printer() *text.Printer {
	return text.New(a.teller(), terminal.Is(a.Stdout) && a.Getenv("NO_COLOR") == "")
}

func (a *session) teller() *view.Teller {
	labels, zones := map[string]string{}, map[string]*time.Location{}
	for _, d := range a.Config.AllDossiers {
		labels[d.Name] = d.Label
	}
	for _, j := range a.Config.Jobs {
		zones[j.Name] = j.Zone()
	}
	return view.New(a.language(), view.Options{Partner: a.Config.PartnerName(), Location: a.Config.Zone(), Zones: zones, Labels: labels})
}

// worst runs work for each dossier and returns the worst of their codes; an error of one does not keep the others from
// their turn, unless a person asked to stop.
func (a *session) worst(dossiers []config.Dossier, work func(config.Dossier) (int, error)) error {
	code := exitDone
	told := a.mistakes()
	defer told.End()
	if !a.flags.json {
		apart := &apart{Writer: a.Stdout}
		a.Stdout = apart
		defer func() { a.Stdout = apart.Writer }()
	}
	for i, d := range dossiers {
		if apart, ok := a.Stdout.(*apart); ok {
			apart.next()
		}
		c, err := work(d)
		if err != nil {
			c = exitCode(err)
			if len(dossiers) == 1 {
				return err
			}
			if !is[*terminal.LostError](err) { // see lost
				told.Tell(d.Name, message(a.inWords(err)))
			}
		}
		code = worse(code, c)
		if left := len(dossiers) - 1 - i; left > 0 && app.Stopped(a.Stop) {
			return a.notTried(code, left)
		}
	}
	return withCode(code)
}

// apart is output in parts, with an empty line between those that print something.
type apart struct {
	io.Writer
	printed bool // something, before this part
	begun   bool // this part
}

func (a *apart) next() { a.printed, a.begun = a.printed || a.begun, false }

func (a *apart) Write(p []byte) (int, error) {
	if a.printed && !a.begun {
		if _, err := a.Writer.Write([]byte("\n")); err != nil {
			return 0, err
		}
	}
	a.begun = true
	return a.Writer.Write(p)
}

// notTried tells how many dossiers a command left out.
func (a *session) notTried(code, left int) error {
	a.say(a.Stderr, a.words().Answers.NotTried, "n", left)
	return withCode(worse(code, exitIncomplete))
}

func (a *session) mistakes() *text.Mistakes { return text.NewMistakes(a.Stderr, a.words()) }
