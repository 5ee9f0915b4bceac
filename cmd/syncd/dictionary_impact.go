package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/store"
)

func newDictionaryImpact(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "impact",
		Short: "Name the employees whom the nomenclatures would block at the next run",
		Long: `Read staging with the nomenclatures that were pulled last, and name the employees whose codes are
unknown or withdrawn: they would be blocked at the next run. A pull tells the same in its report.
Nothing is recorded and nothing is sent. Exit code 4 when there is somebody.`,
		Example: `  syncd dictionary impact
  syncd dictionary impact --dossier saint-martin --json`,
		Args: none,
		RunE: p.withApp(flags, func(ctx context.Context, a *app, _ []string) error { return a.impact(ctx) }),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addJSON(cmd)
	return cmd
}

// impact looks at each push job and each of its dossiers.
func (a *app) impact(ctx context.Context) error {
	ledger, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	staging, err := a.staging()
	if err != nil {
		return err
	}
	runner := &jobs.Runner{Plan: plan.Make, Ledger: ledger, Staging: staging, Log: a.log, Stop: a.Stop}
	members := &arrayWriter{w: a.Stdout}
	if a.flags.json {
		a.Stdout = members
	}
	code, looked := exitDone, 0
	for _, job := range a.config.Jobs {
		if !job.Kind.Sends() {
			continue
		}
		for _, d := range a.config.Dossiers(job) {
			if !a.asked(d) {
				continue
			}
			if looked++; looked > 1 && !a.flags.json {
				fmt.Fprintln(a.Stdout)
			}
			members.next()
			c, err := a.impactOf(ctx, runner, ledger, job, d)
			if err != nil {
				c = exitCode(err)
				fmt.Fprintf(a.Stderr, "syncd: %s: %s: %v\n", job.Name, d.Name, err)
			}
			code = worse(code, c)
		}
	}
	if looked == 0 {
		return usagef("no job sends documents of this dossier\nhint: 'syncd check' lists dossiers and jobs")
	}
	if a.flags.json {
		return errors.Join(withCode(code), members.close())
	}
	return withCode(code)
}

// asked tells whether the command line selects a dossier.
func (a *app) asked(d config.Dossier) bool {
	return len(a.flags.dossiers) == 0 || slices.Contains(a.flags.dossiers, d.Name)
}

func (a *app) impactOf(ctx context.Context, runner *jobs.Runner, ledger *store.Store, job config.Job, d config.Dossier) (int, error) {
	push, err := a.config.PushJob(job.Name)
	if err != nil {
		return 0, err
	}
	period, err := a.period(job)
	if err != nil {
		return 0, err
	}
	target, _, err := ledger.Target(ctx, a.target(d))
	if err != nil {
		return 0, err
	}
	dictionaries, err := ledger.Dictionaries(ctx, target.ID)
	if err != nil {
		return 0, err
	}
	runner.Siret = d.Siret
	impact, err := runner.Impact(ctx, jobs.Forecast{Job: &push, Period: period}, target, dictionaries)
	if err != nil {
		return 0, err
	}
	code := exitDone
	if impact.N > 0 {
		code = exitIncomplete
	}
	if a.flags.json {
		return code, a.printer().WriteImpactJSON(a.Stdout, target, impact)
	}
	return code, a.printer().Impact(a.Stdout, target, impact)
}
