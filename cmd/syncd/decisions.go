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
func (p process) decision() app.Decision {
	return app.Decision{By: admin.Requester(), Reason: p.flags.reason}
}

func parseRun(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, unfit("command.not-a-run", "flag", "", "value", strconv.Quote(text))
	}
	return id, nil
}

func newApprove(p process) *cobra.Command {
	return p.aboutRun("approve", func(ctx context.Context, a *session, id int64) error {
		approved, err := a.Decisions().Approve(ctx, app.Approval{Run: id, Employees: a.flags.employees,
			Except: a.flags.except, Decision: a.decision()})
		if err != nil {
			return err
		}
		if len(a.flags.except) > 0 {
			a.tellAside(id, a.flags.except)
		}
		a.tellApproved(approved.Run, approved.Released)
		return nil
	}, p.reason, p.employees, several("except", &p.flags.except, nil))
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

func newCancel(p process) *cobra.Command {
	return p.aboutRun("cancel", func(ctx context.Context, a *session, id int64) error {
		if len(a.flags.employees) > 0 {
			_, err := a.Decisions().SetAside(ctx, id, a.flags.employees, a.decision())
			if err == nil {
				a.tellAside(id, a.flags.employees)
			}
			return err
		}
		run, err := a.Decisions().Cancel(ctx, id, a.decision())
		if err != nil {
			return err
		}
		if run, err = a.Decisions().Stopped(ctx, run, cancelPatience); err == nil && (run.State != jobs.Running || !app.Stopped(a.Stop)) {
			a.tellCancelled(run)
		}
		return err
	}, p.reason, p.employees)
}

func (a *session) tellAside(run int64, employees []string) {
	a.say(a.Stdout, a.words().Answers.SetAside, "run", run, "employees", app.Unique(employees))
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

func newSettle(p process) *cobra.Command {
	var withdrawn, accepted, pending bool
	return p.aboutRun("settle", func(ctx context.Context, a *session, id int64) error {
		var found []ledger.Settlement
		for as, is := range map[ledger.Settlement]bool{ledger.SettleWithdrawn: withdrawn, ledger.SettleAccepted: accepted,
			ledger.SettlePending: pending} {
			if is {
				found = append(found, as)
			}
		}
		if len(found) != 1 {
			return unfit("command.settle-as")
		}
		run, err := a.Decisions().Settle(ctx, app.Settling{Run: id, Employees: a.flags.employees, As: found[0], Decision: a.decision()})
		if err == nil {
			a.tellSettled(run, found[0])
		}
		return err
	}, onOff("withdrawn", &withdrawn), onOff("accepted", &accepted), onOff("pending", &pending), p.reason, p.employees)
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

func newPause(p process) *cobra.Command {
	return p.command("pause", p.oneJob(), func(ctx context.Context, a *session, args []string) error {
		err := a.Decisions().Pause(ctx, args[0], a.decision())
		if err == nil {
			a.say(a.Stdout, a.words().Answers.Paused, "job", args[0])
		}
		return err
	}, p.reason)
}

func newUnpause(p process) *cobra.Command {
	return p.command("unpause", p.oneJob(), func(ctx context.Context, a *session, args []string) error {
		err := a.Decisions().Unpause(ctx, args[0], a.decision())
		if err == nil {
			a.say(a.Stdout, a.words().Answers.Unpaused, "job", args[0])
		}
		return err
	}, p.reason)
}
