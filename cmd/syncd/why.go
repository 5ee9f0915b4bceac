package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/ledger"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newWhy(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why MATRICULE --dossier D",
		Short: "Tell one employee's whole story: what was sent, when, by whose decision, and what to do",
		Long: `Tell one employee's whole story on one page: how staging compares with what Isidoor has now,
each plan, diff, answer, hold and decision in order, and what to do next. Sensitive values are
masked. It works for people who have left, too. With - the matricule is read from standard
input: arguments stand in the list of processes.`,
		Example: `  syncd why 00042 --dossier saint-martin
  syncd why 00042 --dossier saint-martin --period 2026-10 --json`,
		Args: exactly("MATRICULE"),
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			key, err := flags.matricule(p, args[0])
			if err != nil {
				return err
			}
			return a.why(ctx, key)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addJSON(cmd)
	return cmd
}

func (a *app) why(ctx context.Context, key string) error {
	d, err := a.oneDossier()
	if err != nil {
		return err
	}
	job, push, err := a.pushJobOf(d)
	if err != nil {
		return err
	}
	period, err := a.period(job)
	if err != nil {
		return err
	}
	st, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	target, known, err := st.Target(ctx, a.target(d))
	if err != nil {
		return err
	}
	story := &ledger.Story{Target: target, Key: key}
	if known {
		if story, err = st.Story(ctx, target.ID, key, jobs.Period(a.flags.period)); err != nil {
			return err
		}
	}
	now := a.now(ctx, st, push, d, target, period, key)
	gone := is[*jobs.EmployeeError](now.Err)
	if gone && known && isEmpty(story) { // in that period: who has left is asked about by whoever knows no period
		if story, err = st.Story(ctx, target.ID, key, ""); err != nil {
			return err
		}
	}
	if gone && isEmpty(story) {
		return fmt.Errorf("nothing is known of employee %q of dossier %s: %w", key, d.Name, now.Err)
	}
	if a.flags.json {
		return a.printer().WriteWhyJSON(a.Stdout, story, now)
	}
	return a.printer().Why(a.Stdout, story, now)
}

func isEmpty(story *ledger.Story) bool { return len(story.Lines)+len(story.Known) == 0 }

// pushJobOf is the first job that sends the employees of a dossier.
func (a *app) pushJobOf(d config.Dossier) (config.Job, *jobs.PushJob, error) {
	for _, job := range a.config.Jobs {
		for _, of := range a.config.Dossiers(job) {
			if of.Name == d.Name && job.Kind.Sends() {
				push, err := a.config.PushJob(job.Name)
				return job, &push, err
			}
		}
	}
	return config.Job{}, nil, usagef("no job sends the employees of dossier %s\nhint: add a [[job]] with kind = \"push-salaries\"", d.Name)
}

// now is what a run would do about one employee at this moment.
func (a *app) now(ctx context.Context, st *store.Store, push *jobs.PushJob, d config.Dossier, target jobs.Target, period jobs.Period, key string) report.Now {
	now := report.Now{Job: push.Name, Period: period}
	staging, err := a.staging()
	if err != nil {
		now.Err = err
		return now
	}
	job := *push
	job.Guards.Verify = false // the API is not asked
	runner := &jobs.Runner{Plan: plan.Make, Ledger: st, Staging: staging, Siret: d.Siret, Progress: jobs.Silent{}, Log: a.log, Stop: a.Stop}
	items := &collector{}
	plan, err := runner.DryRun(ctx, &job, jobs.NewRun{Target: target, Period: period, Employees: []string{key}}, items)
	now.Items, now.Counts, now.Findings, now.Err = items.items, plan.Counts, plan.Findings, err
	return now
}

// collector keeps the few items of a plan.
type collector struct{ items []jobs.PlannedItem }

// Add implements jobs.PlanSink.
func (c *collector) Add(_ context.Context, items []jobs.PlannedItem) error {
	c.items = append(c.items, items...)
	return nil
}

// Hold implements jobs.PlanSink.
func (c *collector) Hold(_ context.Context, holds []jobs.Hold) error {
	for _, hold := range holds {
		for i := range c.items {
			if item := &c.items[i]; item.Seq == hold.Seq {
				item.State, item.Findings = jobs.ItemHeld, append(item.Findings, hold.Finding)
			}
		}
	}
	return nil
}
