package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/app"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
	"syncd/internal/resident"
	"syncd/internal/terminal"
)

// selection is for whom and for when, as the shared flags name it.
func (p process) selection() app.Selection {
	return app.Selection{Dossiers: p.flags.dossiers, Period: p.flags.period, Employees: p.flags.employees}
}

func newRun(p process) *cobra.Command {
	var order app.Order
	var detach bool
	return p.command("run", p.oneJob(), func(ctx context.Context, a *session, args []string) error {
		order.Job, order.Selection, order.Decision = args[0], a.selection(), a.decision()
		a.Hangup()
		ordered, err := a.Runs().Order(ctx, order)
		if err != nil {
			return err
		}
		if detach {
			return a.queue(ctx, ordered)
		}
		return a.execute(ctx, args[0], ordered)
	}, p.dossiers, p.period, p.employees, p.reason, p.json, onOff("detach", &detach), p.runOption("failed-of", &order.FailedOf),
		onOff("resend", &order.Resend), onOff("verify", &order.Verify), onOff("overwrite", &order.Overwrite), p.names)
}

// execute executes what was ordered, and reports each dossier's run.
func (a *session) execute(ctx context.Context, job string, ordered *app.Ordered) error {
	a.concerns(job)
	resident.Forget()
	n := len(ordered.Dossiers)
	display := terminal.NewDisplay(a.Stderr, a.words(), job, n)
	defer display.End()
	outcomes, err := ordered.Execute(ctx, func(dossier string) app.Progress { return display.Dossier(dossier) })
	if err != nil {
		return err
	}
	r := &reporter{session: a, printer: a.printer(), mistakes: a.mistakes()}
	defer func() { display.Aside(r.mistakes.End) }()
	code, left, example := exitDone, 0, ""
	for o := range outcomes {
		if !o.Tried {
			left, example = left+1, o.Dossier.Name
			continue
		}
		var err error
		display.Aside(func() { code, err = r.outcome(ctx, o, code, n > 1) })
		if err != nil {
			return r.end(err)
		}
	}
	if left > 0 {
		display.Aside(func() { err = a.notTried(code, left, example) })
		return r.end(err)
	}
	return r.end(withCode(code))
}

// reporter reports runs that were executed here.
type reporter struct {
	*session
	printer  *text.Printer
	mistakes *text.Mistakes // of several dossiers
	finished []*jobs.Run    // these were reported, or are to be with --json
}

// outcome reports one dossier, and returns the worst code until now. An error ends the command.
func (r *reporter) outcome(ctx context.Context, o app.Outcome, worst int, many bool) (int, error) {
	code, err := r.conclude(ctx, o.Run, o.Err)
	if err != nil && !many {
		return worst, err
	}
	if err != nil {
		code = exitCode(err)
		r.mistakes.Tell(o.Dossier.Name, message(r.inWords(err)))
	}
	return worse(worst, code), nil
}

// reportTimeout bounds the reading of what a report shows.
const reportTimeout = time.Minute

// conclude reports a run that is recorded. What its failure says is part of the report.
func (r *reporter) conclude(ctx context.Context, run *jobs.Run, err error) (int, error) {
	if run == nil || run.FinishedAt == nil {
		return 0, err
	}
	code := runCode(run)
	if err != nil {
		code = worse(code, exitCode(err))
	}
	r.finished = append(r.finished, run)
	if r.flags.json {
		return code, nil
	}
	if len(r.finished) > 1 {
		fmt.Fprintln(r.Stdout)
	}
	// What a person aborted is reported all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTimeout)
	defer cancel()
	if err := r.show(ctx, r.printer, run, view.Show{}); !is[*terminal.LostError](err) {
		return code, err
	}
	return code, nil
}

// end ends a command: it prints the runs when JSON is asked for, and keeps the command's error.
func (r *reporter) end(err error) error {
	if !r.flags.json {
		return err
	}
	if writing := r.printer.WriteRunsJSON(r.Stdout, r.finished); writing != nil && !is[*terminal.LostError](writing) {
		return writing
	}
	return err
}

func newResume(p process) *cobra.Command {
	var detach bool
	return p.aboutRun("resume", func(ctx context.Context, a *session, id int64) error {
		if detach {
			run, err := a.Runs().Requeue(ctx, id, app.Decision{By: admin.Requester()})
			if err != nil {
				return err
			}
			return a.tellQueued(ctx, []*jobs.Run{run})
		}
		a.Hangup()
		run, err := a.Runs().Resume(ctx, id, admin.Requester(), func(run *jobs.Run) app.Progress {
			a.about = run.Target.Partner
			return terminal.NewProgress(a.Stderr, run.Target.Dossier, a.words())
		})
		r := &reporter{session: a, printer: a.printer()}
		code, err := r.conclude(ctx, run, err)
		if err != nil {
			return err
		}
		return r.end(withCode(code))
	}, onOff("detach", &detach), p.names, p.json)
}

// queue leaves a run of each dossier to a daemon.
func (a *session) queue(ctx context.Context, ordered *app.Ordered) error {
	var queued []*jobs.Run
	err := a.worst(ordered.Dossiers, func(d config.Dossier) (int, error) {
		run, err := ordered.Queue(ctx, d)
		if err == nil {
			queued = append(queued, run)
		}
		return exitDone, err
	})
	if told := a.tellQueued(ctx, queued); told != nil {
		return told
	}
	return err
}

// tellQueued names queued runs, and warns when nobody is there to execute them.
func (a *session) tellQueued(ctx context.Context, queued []*jobs.Run) error {
	if a.flags.json {
		return a.printer().WriteRunsJSON(a.Stdout, queued)
	}
	if len(queued) == 0 {
		return nil
	}
	for _, run := range queued {
		a.say(a.Stdout, a.words().Answers.Queued, "run", run.ID, "dossier", run.Target.Dossier)
	}
	serving, err := a.Records().Serving(ctx, []string{queued[0].Job}) // they are of one job
	if err != nil || len(serving.Unserved) == 0 {
		return err
	}
	a.say(a.Stderr, a.words().Answers.NobodyServes)
	return nil
}

func newPlan(p process) *cobra.Command {
	show := view.Show{Diff: true}
	var asked app.Planning
	return p.command("plan", p.oneJob(), func(ctx context.Context, a *session, args []string) error {
		asked.Job, asked.Selection = args[0], a.selection()
		planner, err := a.Runs().Planner(ctx, asked)
		if err != nil {
			return err
		}
		return a.plan(ctx, planner, asked, show)
	}, p.dossiers, p.period, p.employees, p.json, onOff("all", &show.All), onOff("resend", &asked.Resend),
		onOff("verify", &asked.Verify), onOff("overwrite", &asked.Overwrite), p.names)
}

// plan plans one dossier after the other; as JSON, they are the members of one array.
func (a *session) plan(ctx context.Context, planner *app.Planner, asked app.Planning, show view.Show) error {
	a.concerns(planner.Job.Name)
	resident.Forget()
	subject := view.Subject{Job: planner.Job.Name, Period: planner.Period, PeriodImplied: asked.Period == "", Employees: asked.Employees,
		Resend: asked.Resend, Verify: asked.Verify, Overwrite: asked.Overwrite}
	if err := a.nameless(); err != nil {
		return err
	}
	if !a.flags.json {
		printer, done := a.reporting(ctx, a.printer())
		defer done()
		return a.worst(planner.Dossiers, func(d config.Dossier) (int, error) {
			return a.planOne(ctx, planner, d, func(w io.Writer, t jobs.Target) planSink {
				subject.Target = t
				return printer.NewPlanSink(w, subject, show)
			})
		})
	}
	members := view.NewArray(a.Stdout)
	a.Stdout = members
	err := a.worst(planner.Dossiers, func(d config.Dossier) (int, error) {
		members.Next()
		return a.planOne(ctx, planner, d, func(w io.Writer, t jobs.Target) planSink {
			subject.Target = t
			return a.printer().NewPlanJSON(w, subject)
		})
	})
	return errors.Join(err, members.Close())
}

// planSink prints a plan as it is made.
type planSink interface {
	jobs.PlanSink
	Finish(counts jobs.Counts, digest string, findings []jobs.Finding, sums *jobs.Sums) error
}

func (a *session) planOne(ctx context.Context, planner *app.Planner, d config.Dossier, sinkOn func(io.Writer, jobs.Target) planSink) (int,
	error) {
	progress := terminal.NewProgress(a.Stderr, d.Name, a.words())
	var sink planSink
	planned, err := planner.Plan(ctx, d, func(t jobs.Target) jobs.PlanSink {
		sink = sinkOn(progress.Before(a.Stdout), t)
		return sink
	}, progress)
	progress.Done()
	if err != nil {
		return 0, err
	}
	if err := sink.Finish(planned.Counts, planned.Digests.Plan, planned.Findings, planned.Sums); err != nil {
		return 0, err
	}
	return exitCodes[planned.Class()], planned.Refused // what 'run' would refuse now is said here, too
}
