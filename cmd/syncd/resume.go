package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"syncd/internal/jobs"
)

func newResume(p process, flags *globalFlags) *cobra.Command {
	var detach bool
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Go on with a run that stopped, with the plan it had",
		Long: `Go on with a run that failed, was interrupted, or still has items to send. The plan is the one
that was frozen: what a newer run sent since is not sent again, but superseded. Staging is compared
with it, and for whom it has changed since is told. To plan afresh, use 'syncd run' instead.

With --detach the run is queued for a daemon, which goes on with it.`,
		Example: `  syncd runs --state failed
  syncd resume 12
  syncd resume 12 --detach`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *app, args []string) error {
			id, err := parseRun(args[0])
			if err != nil {
				return err
			}
			if detach {
				return a.requeue(ctx, id)
			}
			a.Hangup()
			return a.resume(ctx, id)
		}),
	}
	cmd.Flags().BoolVar(&detach, "detach", false, "queue the run for a daemon instead of executing it here")
	flags.addJSON(cmd)
	return cmd
}

// requeue leaves a run to a daemon.
func (a *app) requeue(ctx context.Context, id int64) error {
	ledger, err := a.readLedger(ctx)
	if err != nil {
		return err
	}
	if err := ledger.SetConfiguration(ctx, a.config.Digest()); err != nil {
		return err
	}
	run, err := ledger.Requeue(ctx, id, requester())
	if err != nil {
		return explainNoRun(id, err)
	}
	return a.tellQueued(ctx, ledger, []*jobs.Run{run})
}

func parseRun(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, usagef("%q is not the number of a run\nhint: 'syncd runs' lists them", text)
	}
	return id, nil
}

// wantsRun refuses a flag whose value is no run's number: 0 must not pass for a flag that was left out.
func wantsRun(cmd *cobra.Command, flag string, id int64) error {
	if cmd.Flags().Changed(flag) && id < 1 {
		return usagef("--%s %d is not the number of a run\nhint: 'syncd runs' lists them", flag, id)
	}
	return nil
}

func (a *app) resume(ctx context.Context, id int64) error {
	e, err := a.executor(ctx, 1)
	if err != nil {
		return err
	}
	run, err := e.ledger.Run(ctx, id)
	if err != nil {
		return explainNoRun(id, err)
	}
	code, err := e.resumeRun(ctx, run)
	if err != nil {
		return err
	}
	return e.printJSON(withCode(code))
}

func (e *executor) resumeRun(ctx context.Context, run *jobs.Run) (int, error) {
	d, err := e.config.Dossier(run.Target.Dossier)
	if err != nil {
		return 0, err
	}
	if err := e.sameTarget(run); err != nil {
		return 0, err
	}
	progress := newProgress(e.Stderr, d.Name, e.language())
	defer progress.finish()
	runner, err := e.runner(d, e.ledger, progress)
	if err != nil {
		return 0, err
	}
	resumed, err := e.resumeKind(ctx, runner, run)
	progress.finish()
	var finished *jobs.FinishedError
	if errors.As(err, &finished) {
		return e.conclude(ctx, &finished.Run, nil)
	}
	return e.conclude(ctx, resumed, err)
}

func (e *executor) resumeKind(ctx context.Context, runner *jobs.Runner, run *jobs.Run) (*jobs.Run, error) {
	if !run.Kind.Sends() {
		job, err := e.config.PullJob(run.Job)
		if err != nil {
			return nil, err
		}
		return runner.ResumePull(ctx, &job, run.ID)
	}
	job, err := e.config.PushJob(run.Job)
	if err != nil {
		return nil, err
	}
	return runner.ResumePush(ctx, &job, run.ID)
}

func explainNoRun(id int64, err error) error {
	if errors.Is(err, jobs.ErrNoRun) {
		return usagef("there is no run %d\nhint: 'syncd runs' lists them", id)
	}
	return err
}

// sameTarget refuses a decision about a run of another environment or address than the configuration names.
func (a *app) sameTarget(run *jobs.Run) error {
	if now := a.config.Isidoor; now.Environment != run.Target.Environment || jobs.NormalAddress(now.BaseURL) != run.Target.BaseURL {
		return usagef("run %d is of the %s environment at another address than the configuration names\nhint: name the configuration that it was made with: --config FILE", run.ID, run.Target.Environment)
	}
	return nil
}
