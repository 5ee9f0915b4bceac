package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/app/words"
	"syncd/internal/config/strict"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newCheck(p process) *cobra.Command {
	var asked app.Checking
	cmd := p.command("check", nothing, func(ctx context.Context, a *session, _ []string) error {
		asked.Selection = a.selection()
		c := &checked{session: a, teller: a.teller(), lines: a.printer().NewCheck(a.Stdout, func(subject string) bool {
			_, err := a.Config.Job(subject)
			return err == nil
		})}
		a.Check(ctx, asked, c.add)
		return c.conclude()
	}, onOff("offline", &asked.Offline), onOff("again", &asked.Again), p.dossiers, p.json)
	check := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if refused, ok := errors.AsType[*strict.Error](err); ok && p.flags.json { // else there would be no data
			if lost := p.refusedConfig(refused); lost != nil {
				return lost
			}
		}
		return err
	}
	return cmd
}

// refusedConfig writes what is wrong with a configuration as findings.
func (p process) refusedConfig(refused *strict.Error) error {
	var all []words.Fact
	for _, problem := range refused.Problems {
		f := app.Finding{Level: app.Failure, Subject: "configuration", Err: &strict.Error{Problems: []strict.Problem{problem}}}
		all = append(all, words.FactOf(&f, words.Of(view.With(p.words(), p.instead), &f)))
	}
	return encode(p.Stdout, all)
}

func encode(w io.Writer, all []words.Fact) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}

// checked is what a check has told until now.
type checked struct {
	*session
	teller   *view.Teller
	lines    *text.Check
	findings []words.Fact
	instead  bool // was told: once is enough
	code     int
}

func (c *checked) add(f app.Finding) {
	c.code = worse(c.code, exitCodes[f.Class()])
	line := words.Of(c.teller, &f)
	c.findings = append(c.findings, words.FactOf(&f, line))
	if instead := c.teller.Instead(); instead != "" && line.Hint == instead {
		if c.instead {
			line.Hint = ""
		}
		c.instead = true
	}
	if !c.flags.json {
		c.lines.Add(line, f.Subject, f.Dossier)
	}
}

func (c *checked) conclude() error {
	c.lines.End()
	var err error
	if c.flags.json {
		err = encode(c.Stdout, c.findings)
	} else {
		_, err = c.Stdout.Write(nil) // tells whether a line before was lost
	}
	if err != nil && (c.code == exitDone || !is[*terminal.LostError](err)) {
		return err
	}
	return withCode(c.code)
}
