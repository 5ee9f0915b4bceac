package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/jobs/push"
	"syncd/internal/partner/isidoor"
	"syncd/internal/report"
	"syncd/internal/store"
)

func newRun(p process, flags *globalFlags) *cobra.Command {
	var how runOptions
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Execute a job now: send what is new or changed, or pull the nomenclatures",
		Long: `Execute a job now, one run per dossier. A push reads staging, compares it with what the API
acknowledged, sends what differs, and records the run. After a successful run, what staging
holds is delivered. What a former run left unfinished is settled or superseded first.

Before anything is sent the guards judge the plan ([job.guard]): a run that they hold sends
nothing until 'syncd approve', and employees whom they hold stay behind while the rest goes.

With --resend those go as well who are unchanged since the API acknowledged them, as is needed
when the partner lost a month. The guards judge it as any other run; where the API adds what
it is sent to what it has (semantics = "append"), each of them is held for a person.

With --verify what the API holds is compared with what it acknowledged, and employees whom
the other side edited are held; with --overwrite they are sent all the same. With --failed-of
only those go whom another run did not deliver. With --detach the runs are queued for a
daemon, which executes them.`,
		Example: `  syncd run dictionnaire
  syncd run paie
  syncd run paie --dossier saint-martin --period 2026-10
  syncd run paie --dossier saint-martin --employee 00042 --employee 00043
  syncd run paie --failed-of 12
  syncd run paie --dossier saint-martin --resend --reason "Isidoor lost November (ticket 4711)"
  syncd run paie --verify
  syncd run paie --detach`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		PreRunE:           func(cmd *cobra.Command, _ []string) error { return wantsRun(cmd, "failed-of", how.failedOf) },
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			how.reason = flags.reason
			if err := how.checkResend(); err != nil {
				return err
			}
			a.Hangup()
			return a.run(ctx, args[0], how)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addEmployees(cmd, "only the employee of this matricule: no departures are computed")
	cmd.Flags().BoolVar(&how.detach, "detach", false, "queue the runs for a daemon instead of executing them here")
	cmd.Flags().Int64Var(&how.failedOf, "failed-of", 0, "only the employees whom this run did not deliver")
	cmd.Flags().BoolVar(&how.resend, "resend", false, "send again who is unchanged, too; needs --reason")
	flags.addReason(cmd, "with --resend: why (recorded)")
	complete(cmd, "failed-of", p.runNumbers(flags))
	how.addVerify(cmd)
	flags.addJSON(cmd)
	return cmd
}

// runOptions say how a job is executed.
type runOptions struct {
	detach   bool
	failedOf int64
	resend   bool
	reason   string // for which everyone is sent again
	verifyOptions
}

// checkResend: what is sent again has a reason, which is recorded; nothing else has one.
func (o *runOptions) checkResend() error {
	switch {
	case o.resend && o.failedOf != 0:
		return usagef("--failed-of names those who were not delivered: they are sent anyway\nhint: leave out --resend or --failed-of")
	case o.resend:
		return needReason("sending again what is unchanged", o.reason)
	case o.reason != "":
		return usagef("--reason is for --resend: nothing else is decided here\nhint: add --resend, or leave out --reason")
	}
	return nil
}

// verifyOptions say what is done about edits of the other side.
type verifyOptions struct{ verify, overwrite bool }

func (v *verifyOptions) addVerify(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&v.verify, "verify", false, "compare what the API holds with what it acknowledged, and hold whom the other side edited")
	cmd.Flags().BoolVar(&v.overwrite, "overwrite", false, "with --verify: send over what the other side edited")
}

// check refuses options that a job cannot follow.
func (v *verifyOptions) check(job *jobs.PushJob) error {
	switch {
	case v.overwrite && !v.verify && !job.Guards.Verify:
		return usagef("--overwrite needs --verify: what the other side edited is not known otherwise\nhint: add --verify")
	case v.verify && job.ReadBack == nil:
		return usagef("--verify needs to know how a document is read back\nhint: add [isidoor.salarie.read] to the configuration; see config.toml")
	}
	return nil
}

// executor runs jobs in place.
type executor struct {
	*app
	places     *jobs.Places
	api        reach
	mistakes   mistakes        // of several dossiers
	waiting    atomic.Int64    // dossiers whose turn has not ended
	begun      []chan struct{} // by dossier: closed when its run has begun, or none is to be waited for
	ledger     *store.Store
	staging    *store.Staging
	connection *isidoor.Connection
	contracts  jobs.Contracts
	printer    *report.Printer
	finished   []*jobs.Run // for --json
}

// executor prepares to execute a job for so many dossiers.
func (a *app) executor(ctx context.Context, dossiers int) (*executor, error) {
	most := a.config.Isidoor.MaxInFlight
	a.runs = min(dossiers, jobs.RunsAtOnce(most))
	connection, err := a.sharing()
	if err != nil {
		return nil, err
	}
	staging, err := a.staging()
	if err != nil {
		return nil, err
	}
	ledger, err := a.ledger(ctx)
	if err != nil {
		return nil, err
	}
	if err := ledger.SetConfiguration(ctx, a.config.Digest()); err != nil {
		return nil, err
	}
	e := &executor{app: a, ledger: ledger, staging: staging, connection: connection, places: jobs.NewPlaces(most, a.runs),
		contracts: asPort(a.contracts(ledger, connection)), printer: a.printer()}
	e.waiting.Store(int64(dossiers))
	return e, nil
}

func (a *app) run(ctx context.Context, name string, how runOptions) error {
	job, err := a.config.Job(name)
	if err != nil {
		return err
	}
	if !job.Kind.Sends() && (len(a.flags.employees) > 0 || how != runOptions{detach: how.detach}) {
		return usagef("job %s is about no employees\nhint: leave out --employee, --failed-of, --resend, --verify and --overwrite", name)
	}
	if how.failedOf != 0 {
		if err := a.selectFailed(ctx, job, how.failedOf); err != nil {
			return err
		}
	}
	if how.resend {
		a.resend = how.reason
	}
	dossiers, period, err := a.selection(job)
	if err != nil {
		return err
	}
	if how.verifyOptions != (verifyOptions{}) {
		push, err := a.config.PushJob(name)
		if err != nil {
			return err
		}
		if err := how.check(&push); err != nil {
			return err
		}
		a.verify = how.verifyOptions
	}
	if how.detach {
		return a.detach(ctx, job, dossiers, period)
	}
	e, err := a.executor(ctx, len(dossiers))
	if err != nil {
		return err
	}
	return e.printJSON(e.runAll(ctx, job, dossiers, period))
}

// runDossier executes a job for one dossier.
func (e *executor) runDossier(ctx context.Context, job config.Job, d config.Dossier, period jobs.Period, ledger jobs.Ledger, progress jobs.Progress) (*jobs.Run, error) {
	runner, err := e.runner(d, ledger, progress)
	if err != nil {
		return nil, err
	}
	request := e.newRun(job, d, period)
	if !job.Kind.Sends() {
		pull, err := e.config.PullJob(job.Name)
		if err != nil {
			return nil, err
		}
		return runner.Pull(ctx, &pull, request)
	}
	push, err := e.config.PushJob(job.Name)
	if err != nil {
		return nil, err
	}
	return runner.Push(ctx, &push, request)
}

// newRun is the run of a job that a person asks for.
func (a *app) newRun(job config.Job, d config.Dossier, period jobs.Period) jobs.NewRun {
	return jobs.NewRun{
		Job: job.Name, Kind: job.Kind, Target: a.target(d), Period: period, AnyOrder: a.flags.period != "",
		Scope: a.config.Isidoor.Salarie.Scope, Employees: unique(a.flags.employees), FailedOf: a.failedOf, Resend: a.resend, Verify: a.verify.verify, Overwrite: a.verify.overwrite, Trigger: jobs.TriggerManual,
		RequestedBy: requester(), Digests: jobs.Digests{Config: a.config.Digest()},
	}
}

// runner makes the runner of a dossier.
func (e *executor) runner(d config.Dossier, ledger jobs.Ledger, progress jobs.Progress) (*jobs.Runner, error) {
	key, err := d.Key.Read()
	if err != nil {
		return nil, err
	}
	return &jobs.Runner{Plan: plan.Make, Send: push.ToEnd, Ledger: ledger, Staging: e.staging, API: e.connection.Dossier(key), Contracts: e.contracts, Forecasts: e.forecasts(d.Name), Siret: d.Siret, By: requester(), Progress: progress,
		Log: e.log, Stop: e.Stop, Quiet: isTerminal(e.Stdout) && isTerminal(e.Stderr), Places: e.places}, nil
}

// reportTimeout bounds the reading of what a report shows.
const reportTimeout = time.Minute

// conclude reports a run that is recorded. What its failure says is part of the report.
func (e *executor) conclude(ctx context.Context, run *jobs.Run, err error) (int, error) {
	if run == nil || run.FinishedAt == nil {
		return 0, err
	}
	code := runCode(run)
	if err != nil {
		code = worse(code, exitCode(err))
	}
	e.finished = append(e.finished, run)
	if e.flags.json {
		return code, nil
	}
	// What a person aborted is reported all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTimeout)
	defer cancel()
	if err := e.show(ctx, e.ledger, e.printer, run, report.Show{}); !is[*outputError](err) {
		return code, err
	}
	return code, nil
}

// printJSON ends a command: it prints the runs when JSON is asked for, and keeps the command's error.
func (e *executor) printJSON(err error) error {
	if !e.flags.json {
		return err
	}
	if writing := e.printer.WriteRunsJSON(e.Stdout, e.finished); writing != nil && !is[*outputError](writing) {
		return writing
	}
	return err
}
