package main

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newCheck(p process, flags *globalFlags) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:  "check",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			c := &checked{session: a, teller: a.teller()}
			a.Check(ctx, app.Checking{Selection: flags.selection(), Offline: offline}, c.add)
			return c.conclude()
		}),
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

// worded is a finding in words.
func worded(teller *view.Teller, f *app.Finding) finding {
	line := finding{Level: string(f.Level), Subject: f.Subject, Text: f.Text, Hint: f.Hint}
	if f.Dossier != "" {
		line.Subject += "/" + f.Dossier
	}
	switch {
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
	findings []finding
	code     int
	of       string           // the subject whose dossiers are gone through; "" = none is
	told     repeats[finding] // of them
}

func (c *checked) add(f app.Finding) {
	c.code = worse(c.code, exitCodes[f.Class()])
	line := worded(c.teller, &f)
	c.findings = append(c.findings, line)
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
		if c.told.again(same, f.Dossier) {
			return
		}
	}
	c.print(line)
}

// count tells of how many dossiers more the same was said.
func (c *checked) count() {
	c.told.end(c.teller, func(f finding, more string) {
		f.Text, f.Hint = more+f.Text, "" // the first one has it
		c.print(f)
	})
	c.told = repeats[finding]{}
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
		encoder := json.NewEncoder(c.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(c.findings); err != nil && !is[*terminal.LostError](err) {
			return err
		}
	}
	return withCode(c.code)
}
