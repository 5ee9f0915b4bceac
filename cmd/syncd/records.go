package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/plaintext"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

func newRuns(p process) *cobra.Command {
	filter := ledger.RunFilter{Max: 50}
	var all bool
	return p.command("runs", nothing, func(ctx context.Context, a *session, _ []string) error {
		if err := a.knowsState(filter.State); err != nil {
			return err
		}
		filter.Months = !all && !a.flags.json && filter.Job == ""
		runs, err := a.Records().Runs(ctx, filter)
		if err == nil && len(runs) == 0 && !a.flags.json && filter != (ledger.RunFilter{Months: filter.Months, Max: filter.Max}) {
			a.say(a.Stderr, a.words().Answers.NoRunMatches)
			return nil
		}
		if err == nil && len(runs) == 0 && filter.Months {
			if others, err := a.Records().Runs(ctx, ledger.RunFilter{Max: 1}); err != nil || len(others) > 0 {
				a.say(a.Stderr, a.words().Answers.NoMonths)
				return err
			}
		}
		return printed(a, runs, err, a.printer().WriteRunsJSON, a.printer().Runs)
	}, flagText("job", &filter.Job, p.jobNames), flagText("dossier", &filter.Dossier, p.dossierNames),
		flagText("period", &filter.Period, months), flagText("state", &filter.State, oneOf(func() []string { return app.RunStates })),
		number("limit", &filter.Max), onOff("all", &all), p.json)
}

// knowsState suggests the state that an unknown one may mean: a mistyped one, or a word that reports say for it.
func (a *session) knowsState(state string) error {
	if state == "" || slices.Contains(app.RunStates, state) {
		return nil
	}
	meant := map[string]string{}
	for _, language := range []locale.Language{locale.French, locale.English} {
		for _, known := range app.RunStates {
			said := locale.Of(language, "").States[known].Word // "en échec"
			meant[plaintext.Fold(said)], meant[plaintext.Fold(said[strings.LastIndex(said, " ")+1:])] = known, known
		}
	}
	for _, known := range app.RunStates {
		meant[known] = known
	}
	near := meant[plaintext.Nearest(plaintext.Fold(state), slices.Collect(maps.Keys(meant)))]
	if near == "" {
		return nil // all are told
	}
	return unfit("command.no-state", "state", state, "nearest", near)
}

func newShow(p process) *cobra.Command {
	var show view.Show
	return p.aboutRun("show", func(ctx context.Context, a *session, id int64) error {
		if a.wantsDiffs(show) {
			sealed, err := a.Records().Unseal(ctx)
			if err != nil {
				return err
			}
			if sealed != nil {
				a.say(a.Stderr, a.words().Answers.Sealed, "cause", sealed)
			}
		}
		run, err := a.Records().Run(ctx, id)
		if err != nil {
			return err
		}
		show.Employees = a.flags.employees
		return a.show(ctx, a.printer(), run, show)
	}, onOff("diff", &show.Diff), onOff("all", &show.All), p.employees, p.json)
}

// wantsDiffs reports whether showing a run takes more than what each item came to.
func (a *session) wantsDiffs(show view.Show) bool {
	return show.Diff || show.All || a.flags.json || len(a.flags.employees) > 0
}

// show prints a run with its items.
func (a *session) show(ctx context.Context, printer *text.Printer, run *jobs.Run, show view.Show) error {
	if run.Kind.Fetches() {
		records := a.Records().Received(ctx, run, a.wantsDiffs(show))
		if a.flags.json {
			return printer.WriteReceivedJSON(a.Stdout, run, records)
		}
		return printer.Received(a.Stdout, run, records, show)
	}
	if !run.Kind.Sends() {
		changes, err := a.Records().Changes(ctx, run)
		if err != nil {
			return err
		}
		if a.flags.json {
			return printer.WritePullJSON(a.Stdout, run, changes)
		}
		return printer.Pull(a.Stdout, run, changes, show)
	}
	items := a.Records().Items(ctx, run, a.flags.employees, a.wantsDiffs(show))
	if a.flags.json {
		return printer.WriteRunJSON(a.Stdout, run, items, show)
	}
	if len(show.Employees) > 0 {
		var err error
		if show.Alike, err = a.Records().Alike(ctx, run, show.Employees); err != nil {
			return err
		}
	}
	return printer.Run(a.Stdout, run, items, show)
}

func newWhy(p process) *cobra.Command {
	return p.command("why", arguments{fit: exactly("MATRICULE")}, func(ctx context.Context, a *session, args []string) error {
		key, err := a.matricule(args[0])
		if err != nil {
			return err
		}
		story, now, err := a.Records().Why(ctx, a.selection(), key)
		switch {
		case err != nil:
			return err
		case a.flags.json:
			return a.printer().WriteWhyJSON(a.Stdout, story, now)
		}
		return a.printer().Why(a.Stdout, story, now)
	}, p.dossiers, p.period, p.json)
}

func newAudit(p process) *cobra.Command {
	filter := ledger.AuditFilter{Max: 100}
	var period, since, decision string
	return p.command("audit", nothing, func(ctx context.Context, a *session, _ []string) (err error) {
		if filter.Employee, err = a.matricule(filter.Employee); err != nil {
			return err
		}
		if period != "" {
			if filter.Period, err = app.ParsePeriod(period); err != nil {
				return err
			}
		}
		if filter.Since, err = a.day(since); err != nil {
			return err
		}
		filter.Decision = ledger.Decision(decision)
		entries, err := a.Records().Audit(ctx, filter)
		return printed(a, entries, err, a.printer().WriteAuditJSON, a.printer().Audit)
	}, flagText("dossier", &filter.Dossier, p.dossierNames), flagText("job", &filter.Job, p.jobNames), flagText("period", &period, months),
		p.runOption("run", &filter.Run), flagText("employee", &filter.Employee, nil), flagText("by", &filter.Actor, nil),
		flagText("decision", &decision, oneOf(app.DecisionNames)), flagText("since", &since, nil), number("limit", &filter.Max), p.json)
}

// day is the one that --since names; zero = none.
func (a *session) day(since string) (time.Time, error) {
	if since == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, since, a.Config.Zone())
	if err != nil {
		return day, unfit("command.no-day", "value", since)
	}
	return day, nil
}

func newSchedule(p process) *cobra.Command {
	return p.command("schedule", nothing, func(ctx context.Context, a *session, _ []string) error {
		schedules, err := a.Records().Schedules(ctx)
		return printed(a, schedules, err, a.printer().WriteScheduleJSON, a.printer().Schedule)
	}, p.json)
}

func newDictionary(p process) *cobra.Command {
	cmd := p.command("dictionary", arguments{fit: between(0, 1)}, func(ctx context.Context, a *session, args []string) error {
		dossier, err := a.selection().One(a.Config)
		if err != nil {
			return err
		}
		name := strings.Join(args, "")
		nomenclatures, err := a.Records().Nomenclatures(ctx, dossier, name)
		switch {
		case err != nil:
			return err
		case a.flags.json:
			return a.printer().WriteNomenclaturesJSON(a.Stdout, nomenclatures, name)
		}
		return a.printer().Nomenclatures(a.Stdout, a.Target(a.Config.Documents(), dossier), nomenclatures, name)
	}, p.dossiers, p.json)
	cmd.AddCommand(p.command("impact", nothing, func(ctx context.Context, a *session, _ []string) error { return a.impact(ctx) },
		p.dossiers, p.period, p.json))
	return cmd
}

// impact tells each job and each of its dossiers.
func (a *session) impact(ctx context.Context) error {
	all, err := a.Records().Impacts(ctx, a.selection())
	if err != nil {
		return err
	}
	members := view.NewArray(a.Stdout)
	if a.flags.json {
		a.Stdout = members
	}
	code, apart := exitDone, false
	for one := range all {
		if apart && !a.flags.json {
			fmt.Fprintln(a.Stdout)
		}
		apart = true
		members.Next()
		c, err := a.tellImpact(one)
		if err != nil {
			c = exitCode(err)
			fmt.Fprintln(a.Stderr, text.Fold("syncd: "+one.Job+": "+one.Dossier+": "+message(a.inWords(err)), a.width(a.Stderr)))
		}
		code = worse(code, c)
	}
	if a.flags.json {
		return errors.Join(withCode(code), members.Close())
	}
	return withCode(code)
}

func (a *session) tellImpact(one app.Impact) (code int, err error) {
	if one.Err != nil {
		return 0, one.Err
	}
	if one.Impact.N > 0 {
		code = exitIncomplete
	}
	if a.flags.json {
		return code, a.printer().WriteImpactJSON(a.Stdout, one.Target, one.Impact)
	}
	return code, a.printer().Impact(a.Stdout, one.Target, one.Impact)
}
