package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/app"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

func newStaging(p process) *cobra.Command { return group("staging", newStagingLoad(p)) }

func newStagingLoad(p process) *cobra.Command {
	var o app.Load
	files := arguments{exactly("EMPLOYEES", "ELEMENTS"), nil}
	return p.command("load", files, func(ctx context.Context, a *session, args []string) error {
		if service := p.Getenv(admin.Variable); service != "" {
			return unfit("load.as-service", "service", service)
		}
		o.Employees, o.Elements, o.Selection = args[0], args[1], a.selection()
		progress := map[string]*terminal.Progress{}
		o.Seen = func(file string, rows int) {
			if progress[file] == nil {
				progress[file] = terminal.NewProgress(a.Stderr, file, a.words())
			}
			progress[file].Loading(rows)
		}
		done := func() {
			for _, bar := range progress {
				bar.Done()
			}
		}
		o.Read = func(rows int) {
			done()
			if many := 20_000; rows > many && terminal.Is(a.Stderr) { // some seconds
				words := a.words()
				a.say(a.Stderr, words.Answers.Staging.Compares, "rows", words.Count(words.Answers.Staging.Rows, rows))
			}
		}
		o.Waits = func(limit time.Duration) { a.say(a.Stderr, a.words().Answers.Staging.Waits, "limit", limit) }
		loaded, err := a.LoadStaging(ctx, o)
		done()
		return printed(a, loaded, err, func(w io.Writer, l *app.Loaded) error { return view.WriteIndented(w, l) }, a.printLoaded)
	}, p.dossiers, p.period, flagText("database", &o.Database, nil),
		flagText("separator", &o.Separator, oneOf(func() []string { return []string{";", ",", "tab", "|"} })),
		several("column", &o.Columns, nil), several("ignore", &o.Ignored, nil), onOff("no-elements", &o.WithoutElements),
		onOff("as-superuser", &o.Superuser), onOff("dry-run", &o.Dry), p.json)
}

func (a *session) printLoaded(w io.Writer, l *app.Loaded) error {
	words := a.words()
	said := words.Answers.Staging
	for _, f := range l.Files {
		separator := f.Separator
		if separator == "\t" {
			separator = said.Tab
		}
		a.say(w, said.File, "file", f.Name, "rows", words.Count(said.Rows, f.Rows), "encoding", f.Encoding, "separator", separator)
	}
	for _, d := range l.Dossiers {
		a.say(w, said.Dossier, "dossier", d.Dossier, "employees", words.Count(words.Plurals.Employees, d.Now), "before", words.Number(d.Before),
			"new", words.Number(d.New), "gone", words.Number(d.Gone), "changed", words.Number(d.Changed))
		for _, m := range d.Months {
			a.say(w, said.Month, "dossier", d.Dossier, "period", m.Period, "elements", words.Count(words.Plurals.Elements, m.Now),
				"before", words.Number(m.Before), "new", words.Number(m.New), "gone", words.Number(m.Gone))
		}
	}
	switch {
	case l.Same:
		a.say(w, said.Same)
	case l.Dry:
		a.say(w, said.Dry)
	default:
		a.say(w, said.Loaded, "role", l.Role)
	}
	return nil
}
