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

func newRuns(p process, flags *globalFlags) *cobra.Command {
	var filter ledger.RunFilter
	cmd := &cobra.Command{
		Use:  "runs",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			runs, err := a.Records().Runs(ctx, filter)
			switch {
			case err != nil:
				return err
			case flags.json:
				return a.printer().WriteRunsJSON(p.Stdout, runs)
			case len(runs) == 0 && filter != (ledger.RunFilter{Max: filter.Max}):
				a.say(p.Stderr, a.words().Answers.NoRunMatches)
				return nil
			}
			return a.printer().Runs(p.Stdout, runs)
		}),
	}
	cmd.Flags().StringVar(&filter.Job, "job", "", "")
	cmd.Flags().StringVar(&filter.Dossier, "dossier", "", "")
	cmd.Flags().StringVar(&filter.Period, "period", "", "")
	cmd.Flags().StringVar(&filter.State, "state", "", "")
	cmd.Flags().IntVar(&filter.Max, "limit", 50, "")
	complete(cmd, "dossier", p.dossierNames(flags))
	complete(cmd, "job", p.jobNames(flags))
	complete(cmd, "period", months)
	complete(cmd, "state", oneOf(func() []string { return app.RunStates }))
	flags.addJSON(cmd)
	return cmd
}

func newShow(p process, flags *globalFlags) *cobra.Command {
	var show view.Show
	cmd := &cobra.Command{
		Use:               "show",
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.aboutRun(flags, func(ctx context.Context, a *session, id int64) error {
			if wantsDiffs(show, flags) {
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
			show.Employees = flags.employees
			return a.show(ctx, a.printer(), run, show)
		}),
	}
	cmd.Flags().BoolVar(&show.Diff, "diff", false, "")
	cmd.Flags().BoolVar(&show.All, "all", false, "")
	flags.addEmployees(cmd)
	flags.addJSON(cmd)
	return cmd
}

// wantsDiffs reports whether showing a run takes more than what each item came to.
func wantsDiffs(show view.Show, flags *globalFlags) bool {
	return show.Diff || show.All || flags.json || len(flags.employees) > 0
}

// show prints a run with its items.
func (a *session) show(ctx context.Context, printer *text.Printer, run *jobs.Run, show view.Show) error {
	if run.Kind.Fetches() {
		records := a.Records().Received(ctx, run, wantsDiffs(show, a.flags))
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
	items := a.Records().Items(ctx, run, a.flags.employees, wantsDiffs(show, a.flags))
	if a.flags.json {
		return printer.WriteRunJSON(a.Stdout, run, items, show)
	}
	return printer.Run(a.Stdout, run, items, show)
}

func newWhy(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "why",
		Args: exactly("MATRICULE"),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			key, err := flags.matricule(p, args[0])
			if err != nil {
				return err
			}
			story, now, err := a.Records().Why(ctx, flags.selection(), key)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteWhyJSON(a.Stdout, story, now)
			}
			return a.printer().Why(a.Stdout, story, now)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addJSON(cmd)
	return cmd
}

func newAudit(p process, flags *globalFlags) *cobra.Command {
	var filter ledger.AuditFilter
	var period, since, decision string
	cmd := &cobra.Command{
		Use:     "audit",
		Args:    none,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return wantsRun(cmd, "run", filter.Run) },
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			var err error
			if filter.Employee, err = flags.matricule(p, filter.Employee); err != nil {
				return err
			}
			if period != "" {
				if filter.Period, err = app.ParsePeriod(period); err != nil {
					return err
				}
			}
			if since != "" {
				if filter.Since, err = time.ParseInLocation(time.DateOnly, since, a.Config.Zone()); err != nil {
					return wrong("no-day", since)
				}
			}
			filter.Decision = ledger.Decision(decision)
			entries, err := a.Records().Audit(ctx, filter)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteAuditJSON(p.Stdout, entries)
			}
			return a.printer().Audit(p.Stdout, entries)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&filter.Dossier, "dossier", "", "")
	f.StringVar(&filter.Job, "job", "", "")
	f.StringVar(&period, "period", "", "")
	f.Int64Var(&filter.Run, "run", 0, "")
	f.StringVar(&filter.Employee, "employee", "", "")
	f.StringVar(&filter.Actor, "by", "", "")
	f.StringVar(&decision, "decision", "", "")
	f.StringVar(&since, "since", "", "")
	f.IntVar(&filter.Max, "limit", 100, "")
	complete(cmd, "dossier", p.dossierNames(flags))
	complete(cmd, "job", p.jobNames(flags))
	complete(cmd, "period", months)
	complete(cmd, "run", p.runNumbers(flags))
	complete(cmd, "decision", oneOf(app.DecisionNames))
	flags.addJSON(cmd)
	return cmd
}

func newSchedule(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "schedule",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error {
			schedules, err := a.Records().Schedules(ctx)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteScheduleJSON(p.Stdout, schedules)
			}
			return a.printer().Schedule(p.Stdout, schedules)
		}),
	}
	flags.addJSON(cmd)
	return cmd
}

func newDictionary(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "dictionary",
		Args: between(0, 1),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			dossier, err := flags.selection().One(a.Config)
			if err != nil {
				return err
			}
			name := strings.Join(args, "")
			nomenclatures, err := a.Records().Nomenclatures(ctx, dossier, name)
			if err != nil {
				return err
			}
			if flags.json {
				return a.printer().WriteNomenclaturesJSON(a.Stdout, nomenclatures, name)
			}
			return a.printer().Nomenclatures(a.Stdout, a.Target(a.Config.Documents(), dossier), nomenclatures, name)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addJSON(cmd)
	cmd.AddCommand(newDictionaryImpact(p, flags))
	return cmd
}

func newDictionaryImpact(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:  "impact",
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *session, _ []string) error { return a.impact(ctx) }),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addJSON(cmd)
	return cmd
}

// impact tells each job and each of its dossiers.
func (a *session) impact(ctx context.Context) error {
	all, err := a.Records().Impacts(ctx, a.flags.selection())
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
			fmt.Fprintf(a.Stderr, "syncd: %s: %s: %s\n", one.Job, one.Dossier, message(a.inWords(err)))
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
