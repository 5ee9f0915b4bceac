package main

import (
	"cmp"
	"strconv"
	"sync"

	"github.com/rs/zerolog"

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
	about string // the partner whom it is about, by the name in targets; "" = the one that is configured, if there is only one
}

// concerns makes what a command says be about the partner of a job.
func (a *session) concerns(job string) {
	if j, err := a.Config.Job(job); err == nil {
		a.about = a.Config.PartnerOf(j).Name
	}
}

// logger writes to stderr, in a form; "" = the usual one there. On a terminal a command's report says what a warning would.
func (p process) logger(form terminal.Form) (zerolog.Logger, error) {
	usual := "warn"
	if terminal.Is(p.Stderr) {
		usual = "error"
	}
	level := cmp.Or(p.flags.logLevel, p.Getenv("SYNCD_LOG_LEVEL"), usual)
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		return zerolog.Logger{}, unfit("command.log-level", "level", strconv.Quote(level))
	}
	return zerolog.New(terminal.Log(p.Stderr, form, p.underSystemd())).Level(parsed).With().Timestamp().Logger(), nil
}

// underSystemd reports whether messages go to the journal.
func (p process) underSystemd() bool { return p.Getenv("JOURNAL_STREAM") != "" }

// open reads the configuration. Close the session.
func (p process) open() (*session, error) {
	log, err := p.logger("")
	if err != nil {
		return nil, err
	}
	c, err := partner.LoadConfig(configPath(p.flags.config, p.Getenv), p.Getenv)
	if err != nil {
		return nil, err
	}
	words := func(partner string) *locale.Catalogue {
		return locale.Of(locale.Language(c.Language(p.Getenv)), partner)
	}
	if p.Spoken != nil {
		p.Spoken.Store(words(c.PartnerName()))
	}
	door := app.Door{Version: version, Getenv: p.Getenv, Log: log, Stop: p.Stop, Waits: terminal.Waits(p.Stderr, words, c.Zone()),
		Person: sync.OnceValue(p.person), Quiet: terminal.Is(p.Stdout) && terminal.Is(p.Stderr)}
	return &session{process: p, App: app.New(c, door)}, nil
}

func (a *session) language() locale.Language { return locale.Language(a.Config.Language(a.Getenv)) }

func (a *session) printer() *text.Printer {
	return text.New(a.teller(), text.Look{Color: terminal.Is(a.Stdout) && a.Getenv("NO_COLOR") == "", Width: a.width(a.Stdout)})
}

// width is how wide lines of a stream may be; 0 = any width.
func (p process) width(stream any) int {
	width := terminal.Width(stream, p.Getenv)
	if width > 0 {
		width = max(width, text.Narrowest)
	}
	return width
}

func (a *session) teller() *view.Teller {
	options := a.Called(false)
	options.Instead = a.instead
	return view.New(a.language(), options)
}

// worst runs work for each dossier and returns the worst of their codes; an error of one does not keep the others from
// their turn, unless a person asked to stop.
func (a *session) worst(dossiers []config.Dossier, work func(config.Dossier) (int, error)) error {
	code := exitDone
	told := a.mistakes()
	defer told.End()
	if !a.flags.json {
		apart := &terminal.Apart{Writer: a.Stdout}
		a.Stdout = apart
		defer func() { a.Stdout = apart.Writer }()
	}
	for i, d := range dossiers {
		if apart, ok := a.Stdout.(*terminal.Apart); ok {
			apart.Next()
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
		if left := dossiers[i+1:]; len(left) > 0 && app.Stopped(a.Stop) {
			return a.notTried(code, len(left), left[0].Name)
		}
	}
	return withCode(code)
}

// notTried tells how many dossiers a command left out, and one of them.
func (a *session) notTried(code, left int, example string) error {
	a.say(a.Stderr, a.words().Answers.NotTried, "n", left, "example", example)
	return withCode(worse(code, exitIncomplete))
}

func (a *session) mistakes() *text.Mistakes {
	return text.NewMistakes(a.Stderr, a.words(), a.width(a.Stderr))
}
