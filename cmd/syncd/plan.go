package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/partner/isidoor"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newPlan(p process, flags *globalFlags) *cobra.Command {
	show := report.Show{Diff: true}
	var verify verifyOptions
	var resend bool
	cmd := &cobra.Command{
		Use:   "plan JOB",
		Short: "Show what a run would send, without sending or recording anything",
		Long: `Show what 'syncd run' would do now: who is new (+), updated (*), sent again though unchanged (=),
gone (-), or cannot be delivered (!), field by field, sensitive values masked. Nothing is sent
or recorded. At its end stands what the guards say ([job.guard]): whether a run would be held,
and whom it would hold. The digest is that of the plan that a run would freeze.

With --verify what the API holds is compared with what it acknowledged: what the other side
edited is shown, and holds those employees unless --overwrite.

With --resend those who are unchanged are shown as sent again, as 'syncd run --resend' would.

The exit code is 5 when a run would be held, 4 when someone would be held, cannot be delivered
or is gone.`,
		Example: `  syncd plan paie
  syncd plan paie --dossier saint-martin --employee 00042
  syncd plan paie --verify
  syncd plan paie --period 2026-10 --json`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			return a.plan(ctx, args[0], show, verify, resend)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addEmployees(cmd, "only the employee of this matricule")
	verify.addVerify(cmd)
	cmd.Flags().BoolVar(&resend, "resend", false, "as if those who are unchanged were to be sent again")
	cmd.Flags().BoolVar(&show.All, "all", false, "the fields of all employees, however many")
	flags.addJSON(cmd)
	return cmd
}

func (a *app) plan(ctx context.Context, name string, show report.Show, verify verifyOptions, resend bool) error {
	job, err := a.config.Job(name)
	if err != nil {
		return err
	}
	if !job.Kind.Sends() {
		return usagef("job %s pulls: there is nothing to plan\nhint: 'syncd run %s' tells what changed", name, name)
	}
	push, err := a.config.PushJob(name)
	if err != nil {
		return err
	}
	if err := verify.check(&push); err != nil {
		return err
	}
	dossiers, period, err := a.selection(job)
	if err != nil {
		return err
	}
	ledger, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	staging, err := a.staging()
	if err != nil {
		return err
	}
	planner := &planner{app: a, job: &push, period: period, show: show, verify: verify, resend: resend,
		runner: &jobs.Runner{Plan: plan.Make, Ledger: ledger, Staging: staging, Log: a.log, Stop: a.Stop},
		ledger: ledger}
	if push.ReadBack != nil {
		if planner.connection, err = a.sharing(); err != nil {
			return err
		}
	}
	if k := a.contracts(ledger, planner.connection); k != nil {
		k.Silent = true // a look at the plan asks for documents at most
		planner.runner.Contracts = k
	}
	return planner.all(ctx, dossiers)
}

// planner makes dry runs.
type planner struct {
	*app
	job    *jobs.PushJob
	period jobs.Period
	show   report.Show
	verify verifyOptions
	resend bool
	runner *jobs.Runner
	ledger *store.Store

	connection *isidoor.Connection // to verify; nil = the API is not asked
}

// all plans one dossier after the other; as JSON, they are the members of one array.
func (p *planner) all(ctx context.Context, dossiers []config.Dossier) error {
	if !p.flags.json {
		return p.worst(dossiers, func(d config.Dossier) (int, error) { return p.dossier(ctx, d) })
	}
	members := &arrayWriter{w: p.Stdout}
	p.Stdout = members
	err := p.worst(dossiers, func(d config.Dossier) (int, error) {
		members.next()
		return p.dossier(ctx, d)
	})
	return errors.Join(err, members.close())
}

// arrayWriter writes the members of a JSON array. A member of which nothing is written is none.
type arrayWriter struct {
	w     io.Writer
	begun bool   // some member was written
	lead  string // what stands before the member to come; "" = it has begun
}

func (a *arrayWriter) next() {
	a.lead = "["
	if a.begun {
		a.lead = ","
	}
}

func (a *arrayWriter) Write(text []byte) (int, error) {
	if a.lead != "" {
		if _, err := io.WriteString(a.w, a.lead); err != nil {
			return 0, err
		}
		a.begun, a.lead = true, ""
	}
	return a.w.Write(text)
}

func (a *arrayWriter) close() error {
	end := "]\n"
	if !a.begun {
		end = "[]\n"
	}
	_, err := io.WriteString(a.w, end)
	return err
}

func (p *planner) dossier(ctx context.Context, d config.Dossier) (int, error) {
	target, _, err := p.ledger.Target(ctx, p.target(d))
	if err != nil {
		return 0, err
	}
	closed, err := p.ledger.ClosedPeriod(ctx, target, p.period)
	if err != nil {
		return 0, err
	}
	if closed {
		return 0, &jobs.ClosedError{Period: p.period}
	}
	p.runner.Siret = d.Siret
	if p.connection != nil {
		key, err := d.Key.Read()
		if err != nil {
			return 0, err
		}
		p.runner.API = p.connection.Dossier(key)
	}
	progress := newProgress(p.Stderr, d.Name, p.language())
	p.runner.Progress = progress
	sink := p.newSink(target, progress.before(p.Stdout))
	request := jobs.NewRun{Target: target, Period: p.period, Employees: unique(p.flags.employees), AnyOrder: p.flags.period != "", Scope: p.job.Scope,
		Verify: p.verify.verify, Overwrite: p.verify.overwrite}
	if p.resend {
		request.Resend = "plan"
	}
	plan, err := p.runner.DryRun(ctx, p.job, request, sink)
	progress.finish()
	if err != nil {
		return 0, err
	}
	if err := sink.Finish(plan.Counts, plan.Digests.Plan, plan.Findings); err != nil {
		return 0, err
	}
	// What 'run' would refuse now is said here, too.
	if err := p.ledger.CheckOrder(ctx, request); err != nil {
		return 0, err
	}
	return planCode(plan), nil
}

func planCode(plan jobs.Frozen) int {
	c := plan.Counts
	switch {
	case jobs.Holds(plan.Findings):
		return exitHeld
	case c.Blocked+c.ElementsBlocked+c.Departed+c.Uncertain+c.Held > 0:
		return exitIncomplete
	}
	return exitDone
}

// planSink prints a plan as it is made.
type planSink interface {
	jobs.PlanSink
	Finish(counts jobs.Counts, digest string, findings []jobs.Finding) error
}

func (p *planner) newSink(target jobs.Target, w io.Writer) planSink {
	subject := report.Subject{Job: p.job.Name, Target: target, Period: p.period, PeriodImplied: p.flags.period == "", Employees: p.flags.employees,
		Resend: p.resend, Verify: p.verify.verify, Overwrite: p.verify.overwrite}
	if p.flags.json {
		return p.printer().NewPlanJSON(w, subject)
	}
	return p.printer().NewPlanSink(w, subject, p.show)
}
