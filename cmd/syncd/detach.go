package main

import (
	"context"
	"fmt"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/store"
)

// aliveFor is how long after its last sign of life a daemon is taken to be there: it gives one every 30 s.
const aliveFor = 75 * time.Second

// detach queues a run for each dossier instead of executing it here.
func (a *app) detach(ctx context.Context, job config.Job, dossiers []config.Dossier, period jobs.Period) error {
	ledger, err := a.ledger(ctx)
	if err != nil {
		return err
	}
	if err := ledger.SetConfiguration(ctx, a.config.Digest()); err != nil {
		return err
	}
	var queued []*jobs.Run
	err = a.worst(dossiers, func(d config.Dossier) (int, error) {
		run, err := ledger.Enqueue(ctx, a.newRun(job, d, period))
		if err == nil {
			queued = append(queued, run)
		}
		return exitDone, err
	})
	if told := a.tellQueued(ctx, ledger, queued); told != nil {
		return told
	}
	return err
}

// tellQueued names queued runs, and warns when nobody is there to execute them.
func (a *app) tellQueued(ctx context.Context, ledger *store.Store, queued []*jobs.Run) error {
	if a.flags.json {
		return a.printer().WriteRunsJSON(a.Stdout, queued)
	}
	if len(queued) == 0 {
		return nil
	}
	for _, run := range queued {
		fmt.Fprintf(a.Stdout, "run %d is queued for a daemon (%s); see: syncd show %d\n", run.ID, run.Target.Dossier, run.ID)
	}
	daemons, err := ledger.Daemons(ctx)
	if err != nil {
		return err
	}
	for _, d := range daemons {
		if d.Silent < aliveFor {
			return nil
		}
	}
	fmt.Fprintln(a.Stderr, "syncd: no daemon has given a sign of life: queued runs wait until one does\nhint: systemctl start syncd, or execute one here with 'syncd resume RUN'")
	return nil
}
