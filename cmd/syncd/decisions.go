package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/admin"
	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// decision is who types the command, and why.
func (f *globalFlags) decision() app.Decision {
	return app.Decision{By: admin.Requester(), Reason: f.reason}
}

// aboutRun is a command's work on the run that its argument names.
func (p process) aboutRun(flags *globalFlags, work func(ctx context.Context, a *session, id int64) error) func(*cobra.Command,
	[]string) error {
	return p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
		id, err := parseRun(args[0])
		if err != nil {
			return err
		}
		return work(ctx, a, id)
	})
}

func parseRun(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, mistake("not-a-run", map[string]any{"flag": "", "value": strconv.Quote(text)})
	}
	return id, nil
}

func newApprove(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "approve",
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.aboutRun(flags, func(ctx context.Context, a *session, id int64) error {
			approved, err := a.Decisions().Approve(ctx, app.Approval{Run: id, Employees: flags.employees, Decision: flags.decision()})
			if err != nil {
				return err
			}
			a.tellApproved(approved.Run, approved.Released)
			return nil
		}),
	}
	flags.addReason(cmd)
	flags.addEmployees(cmd)
	return cmd
}

func (a *session) tellApproved(run *jobs.Run, released []string) {
	id := run.ID
	w := a.words()
	what := w.Fill(w.Answers.Approved, "run", id)
	if len(released) > 0 {
		what = w.Fill(w.Answers.Released, "run", id, "employees", released)
	}
	if run.State == jobs.Failed {
		a.say(a.Stdout, w.Answers.WasStopped, "what", what, "run", id)
		return
	}
	a.say(a.Stdout, w.Answers.GoesOn, "what", what, "run", id)
	if held := run.Counts.Held; run.State == jobs.Held && held > 0 {
		a.say(a.Stdout, w.Answers.StillHeld, "n", held, "run", id)
	}
}

// cancelPatience is how long 'cancel' watches a run that was asked to stop.
const cancelPatience = 10 * time.Second

func newCancel(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "cancel",
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.aboutRun(flags, func(ctx context.Context, a *session, id int64) error {
			run, err := a.Decisions().Cancel(ctx, id, flags.decision())
			if err != nil {
				return err
			}
			if run, err = a.Decisions().Stopped(ctx, run, cancelPatience); err == nil && (run.State != jobs.Running || !app.Stopped(a.Stop)) {
				a.tellCancelled(run)
			}
			return err
		}),
	}
	flags.addReason(cmd)
	return cmd
}

func (a *session) tellCancelled(run *jobs.Run) {
	answers := a.words().Answers
	switch run.State {
	case jobs.Running:
		a.say(a.Stdout, answers.Cancelling, "run", run.ID)
	case jobs.Cancelled:
		a.say(a.Stdout, answers.Cancelled, "run", run.ID)
	case jobs.Queued, jobs.Succeeded, jobs.Incomplete, jobs.Failed, jobs.Held:
		a.say(a.Stdout, answers.EndedBefore, "run", run.ID, "state", run.State)
	}
}

func newSettle(p process, flags *globalFlags) *cobra.Command {
	chosen := map[ledger.Settlement]*bool{ledger.SettleWithdrawn: new(bool), ledger.SettleAccepted: new(bool), ledger.SettlePending: new(bool)}
	cmd := &cobra.Command{
		Use:               "settle",
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.aboutRun(flags, func(ctx context.Context, a *session, id int64) error {
			as, err := settlement(chosen)
			if err != nil {
				return err
			}
			run, err := a.Decisions().Settle(ctx, app.Settling{Run: id, Employees: flags.employees, As: as, Decision: flags.decision()})
			if err == nil {
				a.tellSettled(run, as)
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(chosen[ledger.SettleWithdrawn], "withdrawn", false, "")
	cmd.Flags().BoolVar(chosen[ledger.SettleAccepted], "accepted", false, "")
	cmd.Flags().BoolVar(chosen[ledger.SettlePending], "pending", false, "")
	flags.addReason(cmd)
	flags.addEmployees(cmd)
	return cmd
}

func settlement(chosen map[ledger.Settlement]*bool) (as ledger.Settlement, err error) {
	n := 0
	for s, is := range chosen {
		if *is {
			as, n = s, n+1
		}
	}
	if n != 1 {
		return "", mistake("settle-as", nil)
	}
	return as, nil
}

func (a *session) tellSettled(run *jobs.Run, as ledger.Settlement) {
	answers := a.words().Answers
	a.say(a.Stdout, answers.Settled, "employees", app.Unique(a.flags.employees), "as", as, "run", run.ID, "state", run.State)
	switch {
	case run.State == jobs.Queued:
		a.say(a.Stdout, answers.SettledRun, "run", run.ID)
	case as == ledger.SettlePending:
		a.say(a.Stdout, answers.SettledAgain, "job", run.Job, "dossier", run.Target.Dossier, "period", run.Period)
	}
}

func newPause(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "pause",
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			err := a.Decisions().Pause(ctx, args[0], flags.decision())
			if err == nil {
				a.say(a.Stdout, a.words().Answers.Paused, "job", args[0])
			}
			return err
		}),
	}
	flags.addReason(cmd)
	return cmd
}

func newUnpause(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:               "unpause",
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			err := a.Decisions().Unpause(ctx, args[0], admin.Requester())
			if err == nil {
				a.say(a.Stdout, a.words().Answers.Unpaused, "job", args[0])
			}
			return err
		}),
	}
}
