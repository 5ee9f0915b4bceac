package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report"
	"syncd/internal/restapi"
	"syncd/internal/store"
)

func newRun(p process, flags *globalFlags) *cobra.Command {
	var detach bool
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Execute a job now: send what is new or changed, or pull the nomenclatures",
		Long: `Execute a job now, one run per dossier. A push reads staging, compares it with what the API
acknowledged, sends what differs, and records the run. After a successful run, what staging
holds is delivered. What a former run left unfinished is settled or superseded first.

With --detach the runs are queued for a daemon, which executes them.`,
		Example: `  syncd run dictionnaire
  syncd run paie
  syncd run paie --dossier saint-martin --period 2026-10
  syncd run paie --dossier saint-martin --employee 00042 --employee 00043
  syncd run paie --detach`,
		Args:              exactly("JOB"),
		ValidArgsFunction: p.jobNames(flags),
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			return a.run(ctx, args[0], detach)
		}),
	}
	flags.addDossiers(cmd, p)
	flags.addPeriod(cmd)
	flags.addEmployees(cmd, "only the employee of this matricule: no departures are computed")
	cmd.Flags().BoolVar(&detach, "detach", false, "queue the runs for a daemon instead of executing them here")
	flags.addJSON(cmd)
	return cmd
}

// executor runs jobs in place.
type executor struct {
	*app
	ledger     *store.Store
	staging    *store.Staging
	connection *restapi.Connection
	printer    *report.Printer
	finished   []*jobs.Run // for --json
}

func (a *app) executor(ctx context.Context) (*executor, error) {
	connection, err := a.connection(a.config.Isidoor.RetryFor)
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
	return &executor{app: a, ledger: ledger, staging: staging, connection: connection, printer: a.printer()}, nil
}

func (a *app) run(ctx context.Context, name string, detach bool) error {
	job, err := a.config.Job(name)
	if err != nil {
		return err
	}
	if job.Kind != jobs.PushSalaries && len(a.flags.employees) > 0 {
		return usagef("job %s is about no employees\nhint: leave out --employee", name)
	}
	dossiers, period, err := a.selection(job)
	if err != nil {
		return err
	}
	if detach {
		return a.detach(ctx, job, dossiers, period)
	}
	e, err := a.executor(ctx)
	if err != nil {
		return err
	}
	err = a.worst(dossiers, func(d config.Dossier) (int, error) { return e.runDossier(ctx, job, d, period) })
	return e.printJSON(err)
}

// runDossier executes a job for one dossier and reports the run.
func (e *executor) runDossier(ctx context.Context, job config.Job, d config.Dossier, period jobs.Period) (int, error) {
	runner, done, err := e.runner(d)
	if err != nil {
		return 0, err
	}
	defer done()
	request := e.newRun(job, d, period)
	var run *jobs.Run
	if job.Kind == jobs.PullDictionnaire {
		pull, configured := e.config.PullJob(job.Name)
		if configured != nil {
			return 0, configured
		}
		run, err = runner.Pull(ctx, &pull, request)
	} else {
		push, configured := e.config.PushJob(job.Name)
		if configured != nil {
			return 0, configured
		}
		run, err = runner.Push(ctx, &push, request)
	}
	done()
	return e.conclude(ctx, run, err)
}

// newRun is the run of a job that a person asks for.
func (a *app) newRun(job config.Job, d config.Dossier, period jobs.Period) jobs.NewRun {
	return jobs.NewRun{
		Job: job.Name, Kind: job.Kind, Target: a.target(d), Period: period, AnyOrder: a.flags.period != "",
		Scope: a.config.Isidoor.Salarie.Scope, Employees: unique(a.flags.employees), Trigger: jobs.TriggerManual,
		RequestedBy: requester(), Digests: jobs.Digests{Config: a.config.Digest()},
	}
}

// runner makes the runner of a dossier. done ends its progress bar; it may be called more than once.
func (e *executor) runner(d config.Dossier) (r *jobs.Runner, done func(), err error) {
	key, err := d.Key.Read()
	if err != nil {
		return nil, nil, err
	}
	progress := newProgress(e.Stderr, d.Name)
	return &jobs.Runner{Ledger: e.ledger, Staging: e.staging, API: e.connection.Dossier(key), Siret: d.Siret, Progress: progress,
		Log: e.log, Stop: e.Stop}, progress.finish, nil
}

// reportTimeout bounds the reading of what a report shows.
const reportTimeout = time.Minute

// conclude reports a run that is recorded. What its failure says is part of the report.
func (e *executor) conclude(ctx context.Context, run *jobs.Run, err error) (int, error) {
	if run == nil || run.FinishedAt == nil {
		return 0, err
	}
	code := runCode(run)
	e.apiAway = run.Failure.Code == jobs.ReasonUnreachable && !run.Planned
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
	return code, e.show(ctx, e.ledger, e.printer, run, report.Show{})
}

// printJSON ends a command: it prints the runs when JSON is asked for, and keeps the command's error.
func (e *executor) printJSON(err error) error {
	if !e.flags.json {
		return err
	}
	if writing := e.printer.WriteRunsJSON(e.Stdout, e.finished); writing != nil {
		return writing
	}
	return err
}
