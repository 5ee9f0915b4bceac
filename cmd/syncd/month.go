package main

import (
	"context"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/ledger"
	"syncd/internal/report/view"
)

func newMonth(p process) *cobra.Command {
	of := app.MonthsOf{Months: 1, Causes: true}
	cmd := p.command("month", nothing, func(ctx context.Context, a *session, _ []string) (err error) {
		of.Dossiers = a.flags.dossiers
		if a.flags.period != "" {
			if of.Period, err = app.ParsePeriod(a.flags.period); err != nil {
				return err
			}
		}
		if err := a.nameless(); err != nil {
			return err
		}
		all, err := a.Months().Fleet(ctx, of)
		named, done := a.reporting(ctx, a.printer())
		defer done()
		if err := printed(a, &all, err, a.printer().WriteMonthsJSON, named.Months); err != nil {
			return err
		}
		return withCode(monthsCode(&all))
	}, p.dossiers, p.period, number("months", &of.Months), p.names, p.json)
	cmd.AddCommand(newMonthNote(p))
	return cmd
}

func newMonthNote(p process) *cobra.Command {
	of := app.MonthsOf{Months: 1, Causes: true}
	return p.command("note", arguments{fit: exactly("CAUSE")}, func(ctx context.Context, a *session, args []string) (err error) {
		if a.flags.period != "" {
			if of.Period, err = app.ParsePeriod(a.flags.period); err != nil {
				return err
			}
		}
		if _, err = a.Months().Note(ctx, of, args[0], a.decision()); err == nil {
			a.say(a.Stdout, a.words().PayMonth.NoteKept)
		}
		return err
	}, p.period, p.reason)
}

// monthsCode answers whether the newest month of each has gone: done, a person decides, or no.
func monthsCode(all *view.Months) int {
	code := exitDone
	for i := range all.Rows {
		switch state := all.Rows[i].Standing().State; {
		case state == ledger.MonthHeld:
			code = worse(code, exitHeld)
		case !state.Over():
			code = worse(code, exitIncomplete)
		}
	}
	return code
}
