package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

func newRuns(p process) *cobra.Command {
	filter := ledger.RunFilter{Max: 50}
	var dossier string
	var all bool
	return p.command("runs", nothing, func(ctx context.Context, a *session, _ []string) error {
		filter.Months = !all && !a.flags.json && filter.Job == ""
		filter.Dossiers = app.Only(dossier)
		runs, err := a.Records().Runs(ctx, filter)
		if err == nil && len(runs) == 0 && !a.flags.json && filter.Job+dossier+filter.Period+filter.State != "" {
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
	}, flagText("job", &filter.Job, p.jobNames), flagText("dossier", &dossier, p.dossierNames),
		flagText("period", &filter.Period, months), flagText("state", &filter.State, oneOf(func() []string { return app.RunStates })),
		number("limit", &filter.Max), onOff("all", &all), p.json)
}

func newShow(p process) *cobra.Command {
	var show view.Show
	var who string
	var last struct{ dossier, job string }
	return p.command("show", arguments{between(0, 1), p.runNumbers}, func(ctx context.Context, a *session, args []string) error {
		if a.wantsDiffs(show) {
			if err := a.unseal(ctx, a.words().Answers.Sealed); err != nil {
				return err
			}
		}
		run, err := a.runOrLast(ctx, args, last.dossier, last.job)
		if err != nil {
			return err
		}
		if run.Kind.Sends() && run.State == jobs.Held && !a.wantsDiffs(show) { // who decides sees amounts
			if err := a.unseal(ctx, a.words().Answers.SealedAmounts); err != nil {
				return err
			}
		}
		if who != "" {
			if err := a.onlyWho(ctx, run, who); err != nil {
				return err
			}
		}
		show.Employees = a.flags.employees
		return a.show(ctx, a.printer(), run, show)
	}, flagText("dossier", &last.dossier, p.dossierNames), flagText("job", &last.job, p.jobNames), onOff("diff", &show.Diff),
		onOff("all", &show.All), p.employees, flagText("who", &who, nil), p.names, p.json)
}

// onlyWho adds somebody to those of whom a run is shown, by the matricule or the name.
func (a *session) onlyWho(ctx context.Context, run *jobs.Run, typed string) error {
	key, err := a.matricule(typed)
	if err != nil {
		return err
	}
	for _, err := range a.Records().Items(ctx, run, []string{key}, false) {
		a.flags.employees = append(a.flags.employees, key) // it is a matricule
		return err
	}
	if !a.Records().CanFind(run.Target.Dossier, key) {
		a.flags.employees = append(a.flags.employees, key)
		return nil
	}
	key, err = a.whoever(ctx, app.Selection{Dossiers: []string{run.Target.Dossier}, Period: string(run.Period)}, key)
	a.flags.employees = append(a.flags.employees, key)
	return err
}

// runOrLast is the run that an argument names, or the last one of a dossier and job.
func (a *session) runOrLast(ctx context.Context, args []string, dossier, job string) (*jobs.Run, error) {
	switch {
	case len(args) == 0:
		return a.Records().LastRun(ctx, dossier, job)
	case dossier+job != "":
		return nil, unfit("command.run-or-last")
	}
	id, err := parseRun(args[0])
	if err != nil {
		return nil, err
	}
	return a.Records().Run(ctx, id)
}

// unseal opens the ledger with its key, or says in these words what is not shown.
func (a *session) unseal(ctx context.Context, hidden string) error {
	sealed, err := a.Records().Unseal(ctx)
	if err == nil && sealed != nil {
		a.say(a.Stderr, hidden, "cause", sealed)
	}
	return err
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
	var err error
	if run.Sums, err = a.Records().Sums(ctx, run); err != nil {
		return err
	}
	items := a.Records().Items(ctx, run, a.flags.employees, a.wantsDiffs(show))
	if err := a.nameless(); err != nil {
		return err
	}
	if a.flags.json {
		return printer.WriteRunJSON(a.Stdout, run, items, show)
	}
	if len(show.Employees) > 0 {
		if show.Alike, err = a.Records().Alike(ctx, run, show.Employees); err != nil {
			return err
		}
	}
	printer, done := a.reporting(ctx, printer)
	defer done()
	return printer.Run(a.Stdout, run, items, show)
}

func newWhy(p process) *cobra.Command {
	var reveal app.Revealing
	return p.command("why", arguments{fit: exactly("MATRICULE")}, func(ctx context.Context, a *session, args []string) error {
		key, err := a.matricule(args[0])
		if err != nil {
			return err
		}
		if reveal.Member != "" || reveal.Run != 0 {
			reveal.Selection, reveal.Key = a.selection(), key
			return a.reveal(ctx, reveal)
		}
		return a.why(ctx, key)
	}, p.dossiers, p.period, flagText("reveal", &reveal.Member, nil), p.runOption("run", &reveal.Run), p.names, p.json)
}

// why tells the story of whom a matricule or a name means.
func (a *session) why(ctx context.Context, typed string) error {
	if err := a.nameless(); err != nil {
		return err
	}
	story, now, err := a.Records().Why(ctx, a.selection(), typed)
	if refused, ok := errors.AsType[*app.Refused](err); ok && refused.Code == app.NobodyKnown && a.findsNames(typed) {
		key, err := a.whoever(ctx, a.selection(), typed)
		if err != nil {
			return err
		}
		if story, now, err = a.Records().Why(ctx, a.selection(), key); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if a.flags.json {
		return a.printer().WriteWhyJSON(a.Stdout, story, now)
	}
	printer, done := a.reporting(ctx, a.printer())
	defer done()
	return printer.Why(a.Stdout, story, now)
}

// findsNames reports whether what was typed may be the name of an employee of the selected dossier.
func (a *session) findsNames(typed string) bool {
	d, err := a.selection().One(a.Config)
	return err == nil && a.Records().CanFind(d.Name, typed)
}

// reveal shows one value that reports mask.
func (a *session) reveal(ctx context.Context, of app.Revealing) error {
	of.By = a.person()
	revealed, err := a.Records().Reveal(ctx, of)
	if err != nil {
		return err
	}
	if a.flags.json {
		return a.teller().WriteRevealedJSON(a.Stdout, &revealed)
	}
	value, recorded := a.teller().RevealedText(&revealed)
	if _, err := fmt.Fprintln(a.Stdout, value); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Stderr, recorded)
	return err
}

func newAudit(p process) *cobra.Command {
	filter := ledger.AuditFilter{Max: 100}
	var period, since, decision string
	var readings bool
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
		if readings {
			of := ledger.ReadingFilter{Dossier: filter.Dossier, Employee: filter.Employee, Actor: filter.Actor, Since: filter.Since, Max: filter.Max}
			shown, err := a.Records().Readings(ctx, of)
			return printed(a, shown, err, a.printer().WriteReadingsJSON, a.printer().Readings)
		}
		filter.Decision = ledger.Decision(decision)
		entries, err := a.Records().Audit(ctx, filter)
		if err == nil && len(entries) == 0 {
			a.suggestKey(ctx, filter)
		}
		return printed(a, entries, err, a.printer().WriteAuditJSON, a.printer().Audit)
	}, flagText("dossier", &filter.Dossier, p.dossierNames), flagText("job", &filter.Job, p.jobNames), flagText("period", &period, months),
		p.runOption("run", &filter.Run), flagText("employee", &filter.Employee, nil), flagText("by", &filter.Actor, nil),
		flagText("decision", &decision, oneOf(app.DecisionNames)), flagText("since", &since, nil), onOff("readings", &readings),
		number("limit", &filter.Max), p.json)
}

// suggestKey names matricules of the audit that the one of a filter may mean.
func (a *session) suggestKey(ctx context.Context, filter ledger.AuditFilter) {
	alike, err := a.Records().AuditedAlike(ctx, filter)
	if err == nil && len(alike) > 0 { // an error would have been that of the audit
		a.say(a.Stderr, a.words().Answers.KeyAlike, "key", filter.Employee, "alike", strings.Join(alike, ", "))
	}
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
		p.dossiers, p.period, p.names, p.json))
	return cmd
}

// impact tells each job and each of its dossiers.
func (a *session) impact(ctx context.Context) error {
	if err := a.nameless(); err != nil {
		return err
	}
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
		c, err := a.tellImpact(ctx, one)
		if err != nil {
			c = exitCode(err)
			a.tell(a.Stderr, "syncd: "+one.Job+": "+one.Dossier+": "+message(a.inWords(err)))
		}
		code = worse(code, c)
	}
	if a.flags.json {
		return errors.Join(withCode(code), members.Close())
	}
	return withCode(code)
}

func (a *session) tellImpact(ctx context.Context, one app.Impact) (code int, err error) {
	if one.Err != nil {
		return 0, one.Err
	}
	if one.Impact.N > 0 {
		code = exitIncomplete
	}
	if a.flags.json {
		return code, a.printer().WriteImpactJSON(a.Stdout, one.Target, one.Impact)
	}
	printer, done := a.reporting(ctx, a.printer())
	defer done()
	return code, printer.Impact(a.Stdout, one.Target, one.Impact)
}
