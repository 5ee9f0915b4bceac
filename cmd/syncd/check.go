package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/config/strict"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newCheck(p process, flags *globalFlags) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:  "check",
		Args: none,
	}
	check := p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
		c := &checked{session: a, teller: a.teller()}
		a.Check(ctx, app.Checking{Selection: flags.selection(), Offline: offline}, c.add)
		return c.conclude()
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if refused, ok := errors.AsType[*strict.Error](err); ok && flags.json { // else there would be no data
			var all []fact
			for _, problem := range refused.Problems {
				f := app.Finding{Level: app.Failure, Subject: "configuration", Err: &strict.Error{Problems: []strict.Problem{problem}}}
				all = append(all, factOf(&f, worded(&view.Teller{Catalogue: p.words()}, &f)))
			}
			if lost := encode(p.Stdout, all); lost != nil {
				return lost
			}
		}
		return err
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "")
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	return cmd
}

// finding is one line of the check.
type finding struct {
	Level   string `json:"level"` // ok, note, warning, error
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
}

// fact is a finding as data.
type fact struct {
	finding
	Code string         `json:"code,omitempty"`
	Args map[string]any `json:"args,omitempty"`
	File string         `json:"file,omitempty"` // of a problem of the configuration; likewise the next ones
	Line int            `json:"line,omitempty"`
	Key  string         `json:"key,omitempty"`
}

func factOf(f *app.Finding, line finding) fact {
	told := fact{finding: line, Code: string(f.Code), Args: map[string]any{}}
	args := map[string]any(f.Args)
	coded, isCoded := errors.AsType[*hinted.Coded](f.Err)
	wrong, isWrong := errors.AsType[*strict.Error](f.Err)
	switch {
	case isWrong:
		p := wrong.Problems[0]
		told.Code, args, told.File, told.Line, told.Key = p.Code, p.Args, p.File, p.Line, p.Key
	case isCoded:
		told.Code, args = coded.Code, coded.Args
	}
	for name, value := range args {
		if err, ok := value.(error); ok {
			value = err.Error()
		}
		told.Args[name] = value
	}
	return told
}

func encode(w io.Writer, all []fact) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(all)
}

// worded is a finding in words.
func worded(teller *view.Teller, f *app.Finding) finding {
	line := finding{Level: string(f.Level), Subject: f.Subject, Text: f.Text, Hint: f.Hint}
	if f.Dossier != "" {
		line.Subject += "/" + f.Dossier
	}
	switch {
	case f.What.Code != "":
		line.Text, line.Hint = teller.Fact(f.What)
	case f.Err != nil:
		line.Text, line.Hint = apartIn(teller, f.Err)
		if words := jobs.Words(f.Err); words != "" {
			line.Text = teller.Fill(teller.Answers.ItsWords, "text", line.Text, "words", words)
		}
	case f.Advice != nil:
		line.Text, line.Hint = advised(teller, f.Advice)
	case f.Code != "":
		var hint string
		line.Text, hint = teller.Found(string(f.Code), f.Args)
		if hint != "" {
			line.Hint = hint
		}
	}
	return line
}

// advised is what the contract says of the configuration, with its place, and the next step.
func advised(teller *view.Teller, a *app.Advice) (text, hint string) {
	told := teller.Advice(&a.Advice)
	text, hint = told.Text, told.Hint
	if a.Path != "" {
		text = a.Path + ": " + text
	}
	if a.Place.Line > 0 {
		text = fmt.Sprintf("%s:%d: %s", a.Place.File, a.Place.Line, text)
	}
	return text, hint
}

// checked is what a check has told until now.
type checked struct {
	*session
	teller   *view.Teller
	findings []fact
	code     int
	of       string                // the subject whose dossiers are gone through; "" = none is
	told     text.Repeats[finding] // of them
}

func (c *checked) add(f app.Finding) {
	c.code = worse(c.code, exitCodes[f.Class()])
	line := worded(c.teller, &f)
	c.findings = append(c.findings, factOf(&f, line))
	if c.flags.json {
		return
	}
	subject := f.Subject
	if f.Dossier == "" {
		subject = ""
	}
	if subject != c.of {
		c.count()
		c.of = subject
	}
	if subject != "" {
		same := line
		same.Subject = subject
		if c.told.Again(same, f.Dossier) {
			return
		}
	}
	c.print(line)
}

// count tells of how many dossiers more the same was said.
func (c *checked) count() {
	c.told.End(c.teller, func(f finding, more string) {
		f.Text, f.Hint = more+f.Text, "" // the first one has it
		c.print(f)
	})
	c.told = text.Repeats[finding]{}
}

func (c *checked) print(f finding) {
	widest := 0
	for _, sign := range c.teller.Levels {
		widest = max(widest, utf8.RuneCountInString(sign))
	}
	fmt.Fprintf(c.Stdout, "%-*s  %-22s %s\n", widest, c.teller.Levels[f.Level], c.subject(f.Subject), f.Text)
	if f.Hint != "" {
		fmt.Fprintf(c.Stdout, "%*s hint: %s\n", widest+24, "", f.Hint)
	}
}

// subject is what was looked at in words: a job keeps its name, whatever it is.
func (c *checked) subject(name string) string {
	words, known := c.teller.Subjects[name]
	if _, err := c.Config.Job(name); !known || err == nil {
		return name
	}
	return words
}

func (c *checked) conclude() error {
	c.count()
	if c.flags.json {
		if err := encode(c.Stdout, c.findings); err != nil && !is[*terminal.LostError](err) {
			return err
		}
	}
	return withCode(c.code)
}
