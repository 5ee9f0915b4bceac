package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/terminal"
)

// names is whether a report calls employees by their names: by default to a person at a terminal, as what is written elsewhere may be
// kept, mailed or logged.
func (p process) names(cmd *cobra.Command) {
	cmd.Flags().BoolFunc("names", "", func(value string) error {
		shown, err := strconv.ParseBool(value)
		p.flags.names = &shown
		return err
	})
}

// reporting lets a printer call employees by their names, for one report, where they are shown. done says why some have none.
func (a *session) reporting(ctx context.Context, printer *text.Printer) (named *text.Printer, done func()) {
	names := a.Names(nil)
	if names == nil || !a.listsNames() {
		return printer, func() {}
	}
	return printer.Named(names.Naming(ctx)), func() {
		if trouble := names.Trouble(); trouble != "" {
			a.say(a.Stderr, a.words().Records.NamesTrouble[string(trouble)])
		}
	}
}

// listsNames reports whether what a command prints may have names in it.
func (a *session) listsNames() bool {
	switch {
	case a.flags.json:
		return false
	case a.flags.names != nil:
		return *a.flags.names
	}
	return terminal.Is(a.Stdout)
}

// nameless refuses names in data: whatever reads it may keep it.
func (a *session) nameless() error {
	if a.flags.json && a.flags.names != nil && *a.flags.names {
		return unfit("command.names-json")
	}
	return nil
}

// whoever is the matricule of the one person whom a name means. Several are listed, and refused. A name that is an argument stands in the
// shell's history, in the log of sudo and in systemd's journal, which its person is told.
func (a *session) whoever(ctx context.Context, of app.Selection, typed string) (string, error) {
	dossier, err := of.One(a.Config)
	if err != nil {
		return "", err
	}
	if !a.flags.stdinRead {
		a.say(a.Stderr, a.words().Answers.NameTyped)
	}
	matches, err := a.Records().Called(ctx, of, typed)
	if err != nil {
		return "", err
	}
	key, err := app.TheOne(dossier.Name, matches)
	if err != nil && a.listsNames() {
		var table view.Table
		table.Head, table.Numbers = a.words().Records.MatchesHead, len(a.words().Records.MatchesHead)
		for _, m := range matches {
			table.Rows = append(table.Rows, []string{m.Key, m.Name})
		}
		if err := a.printer().Table(a.Stdout, table); err != nil {
			return "", err
		}
		fmt.Fprintln(a.Stdout)
	}
	return key, err
}
