package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// decision is who types the command, and why.
func (f *globalFlags) decision() app.Decision { return app.Decision{By: requester(), Reason: f.reason} }

// aboutRun is a command's work on the run that its argument names.
func (p process) aboutRun(flags *globalFlags, work func(ctx context.Context, a *session, id int64) error) func(*cobra.Command, []string) error {
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
		return 0, usagef("%q is not the number of a run\nhint: 'syncd runs' lists them", text)
	}
	return id, nil
}

func newApprove(p process, flags *globalFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve RUN --reason TEXT [--employee M …]",
		Short: "Let go what a run holds: the run as a whole, or held employees of it",
		Long: `Let go what a run holds, exactly as it was planned. A run that is held as a whole goes on; its
held employees stay held, for each of them is a decision of its own. Of a run that has gone
otherwise all held employees are let go, or those of --employee.

Whoever was sent by another run meanwhile is not sent again, but superseded; the others go
byte for byte as 'syncd show RUN --diff' shows them. A hold that waited for longer than the
job's hold_expires is given up: then plan afresh. For a pull exactly the nomenclatures that
were held are approved: other ones are held again. The reason is recorded with your user name.

A daemon goes on with the run, or: syncd resume RUN`,
		Example: `  syncd runs --state held
  syncd show 12 --diff
  syncd approve 12 --reason "new school year: 14 people were hired"
  syncd approve 12 --employee 00042 --reason "she gave us her new bank card"
  syncd resume 12`,
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
	flags.addReason(cmd, "why (recorded)")
	flags.addEmployees(cmd, "only the held employee of this matricule")
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
		Use:   "cancel RUN --reason TEXT",
		Short: "Give up what a run has not sent",
		Long: `Give up what a run has not sent. A run that is executed stops within seconds: what is on its
way is finished and recorded. Whoever was not sent is sent by the next run; whoever is in
doubt stays so. The reason is recorded with your user name. A cancelled run is not resumed.`,
		Example: `  syncd runs
  syncd cancel 12 --reason "wrong month in staging"`,
		Args:              exactly("RUN"),
		ValidArgsFunction: onlyFirst(p.runNumbers(flags)),
		RunE: p.aboutRun(flags, func(ctx context.Context, a *session, id int64) error {
			run, err := a.Decisions().Cancel(ctx, id, flags.decision())
			if err != nil {
				return err
			}
			if run, err = a.Decisions().Stopped(ctx, run, cancelPatience); err == nil && (run.State != jobs.Running || !stopped(a.Stop)) {
				a.tellCancelled(run)
			}
			return err
		}),
	}
	flags.addReason(cmd, "why (recorded)")
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
		Use:   "settle RUN --employee M --withdrawn|--accepted|--pending --reason TEXT",
		Short: "Record what you found at the other side about an employee",
		Long: `Record what you found at the other side about employees of a run. Look there first: what is
recorded here decides who is paid.

  --withdrawn  somebody who was sent this month, has gone from staging, and was taken back there
  --accepted   an uncertain document is there: it counts as acknowledged
  --pending    an uncertain document is not there: the run, or the next one, sends it

The reason is recorded with your user name.`,
		Example: `  syncd settle 12 --employee 00042 --withdrawn --reason "deleted in Isidoor by phone with FNOGEC"
  syncd settle 12 --employee 00043 --accepted --reason "seen on the Isidoor screen"`,
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
	cmd.Flags().BoolVar(chosen[ledger.SettleWithdrawn], "withdrawn", false, "who has gone from staging was taken back at the other side")
	cmd.Flags().BoolVar(chosen[ledger.SettleAccepted], "accepted", false, "the document is there")
	cmd.Flags().BoolVar(chosen[ledger.SettlePending], "pending", false, "the document is not there")
	flags.addReason(cmd, "why, and how you know (recorded)")
	flags.addEmployees(cmd, "the employee of this matricule")
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
		return "", usagef("say what you found: exactly one of --withdrawn, --accepted and --pending\nhint: see 'syncd settle --help'")
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
		Use:   "pause JOB --reason TEXT",
		Short: "Keep a job's schedule from starting runs, until 'syncd unpause'",
		Long: `Keep a job's schedule from starting runs, until 'syncd unpause'. Nothing is missed: what comes
due meanwhile is caught up then, as the job's 'missed' says. A run that is executed goes on,
and 'syncd run' works as always. The reason is recorded with your user name.`,
		Example: `  syncd pause paie --reason "staging is being repaired"
  syncd unpause paie`,
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
	flags.addReason(cmd, "why (recorded)")
	return cmd
}

func newUnpause(p process, flags *globalFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "unpause JOB",
		Short: "Let a paused job go on, and catch up what came due meanwhile",
		Long: `Let a paused job go on. What came due meanwhile is caught up as the job's 'missed' says:
'syncd schedule' shows it.`,
		Example:           `  syncd unpause paie`,
		Args:              exactly("JOB"),
		ValidArgsFunction: onlyFirst(p.jobNames(flags)),
		RunE: p.withApp(flags, func(ctx context.Context, a *session, args []string) error {
			err := a.Decisions().Unpause(ctx, args[0], requester())
			if err == nil {
				a.say(a.Stdout, a.words().Answers.Unpaused, "job", args[0])
			}
			return err
		}),
	}
}
