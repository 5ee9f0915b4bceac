package main

import (
	"context"

	"syncd/internal/config"
	"syncd/internal/jobs"
)

// selectFailed selects, as if the command line had named them, dossier, period and employees that a run left undelivered.
func (a *app) selectFailed(ctx context.Context, job config.Job, id int64) error {
	if len(a.flags.employees) > 0 || len(a.flags.dossiers) > 0 || a.flags.period != "" {
		return usagef("--failed-of names dossier, period and employees already\nhint: leave out --dossier, --period and --employee")
	}
	ledger, err := a.readLedger(ctx)
	if err != nil {
		return err
	}
	run, err := ledger.Run(ctx, id)
	switch {
	case err != nil:
		return explainNoRun(id, err)
	case !run.Kind.Sends():
		return usagef("run %d is about no employees\nhint: 'syncd runs --job %s' lists those that are", id, job.Name)
	case run.Job != job.Name:
		return usagef("run %d is of job %s, not %s\nhint: syncd run %s --failed-of %d", id, run.Job, job.Name, run.Job, id)
	case run.Purged:
		return usagef("what became of each employee of run %d is past its time, and gone\nhint: run everyone: syncd run %s --dossier %s --period %s", id, job.Name, run.Target.Dossier, run.Period)
	case run.State == jobs.Running, run.State == jobs.Queued:
		return &jobs.BusyError{Run: *run}
	case run.State == jobs.Held, jobs.Holds(run.Findings) && run.Approved == "":
		return usagef("run %d was held as a whole, and nobody has approved it\nhint: look at it with 'syncd show %d', or plan everyone afresh: syncd run %s --dossier %s --period %s",
			id, id, job.Name, run.Target.Dossier, run.Period)
	}
	keys, err := ledger.Undelivered(ctx, id)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return usagef("run %d left no employee undelivered: there is nothing to send again\nhint: see 'syncd show %d'", id, id)
	}
	a.failedOf = id
	a.flags.dossiers, a.flags.period, a.flags.employees = []string{run.Target.Dossier}, string(run.Period), keys
	return nil
}
