package e2e

import (
	"context"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// dyingLedger is the ledger of a process that is killed: after some calls it answers no more, and whether the last one
// was still carried out is not known to the caller.
type dyingLedger struct {
	jobs.Ledger
	calls    int  // until death; negative = immortal
	executed bool // the last call is carried out
}

// call makes one call, or dies at it.
func (d *dyingLedger) call(do func() error) error {
	if d.calls != 0 {
		d.calls--
		return do()
	}
	if d.executed {
		d.executed = false
		_ = do() // nobody is left who could hear of it
	}
	return jobs.ErrLost
}

func (d *dyingLedger) Nomenclatures(ctx context.Context, target int64) (nomenclatures mapping.Nomenclatures, err error) {
	err = d.call(func() error {
		nomenclatures, err = d.Ledger.Nomenclatures(ctx, target)
		return err
	})
	return nomenclatures, err
}

func (d *dyingLedger) History(ctx context.Context, target int64, period jobs.Period) (history jobs.History, err error) {
	err = d.call(func() error {
		history, err = d.Ledger.History(ctx, target, period)
		return err
	})
	return history, err
}

func (d *dyingLedger) SettleDoubt(ctx context.Context, run *jobs.Run, doubt jobs.Doubt, received bool) error {
	return d.call(func() error { return d.Ledger.SettleDoubt(ctx, run, doubt, received) })
}

func (d *dyingLedger) Finish(ctx context.Context, run *jobs.Run, failure jobs.Reason, patience *jobs.Patience) (ended *jobs.Run,
	err error) {
	err = d.call(func() error {
		ended, err = d.Ledger.Finish(ctx, run, failure, patience)
		return err
	})
	return ended, err
}

func (d *dyingLedger) BeginPlan(ctx context.Context, run *jobs.Run, request jobs.Resumption) (jobs.PlanWriter, error) {
	w, err := d.Ledger.BeginPlan(ctx, run, request)
	return dyingWriter{w, d}, err
}

func (d *dyingLedger) Step(ctx context.Context, run *jobs.Run, step jobs.Step) (taken jobs.Taken, err error) {
	err = d.call(func() error {
		taken, err = d.Ledger.Step(ctx, run, step)
		return err
	})
	if err != nil {
		return jobs.Taken{}, err
	}
	return taken, nil
}

type dyingWriter struct {
	jobs.PlanWriter
	ledger *dyingLedger
}

func (w dyingWriter) Commit(ctx context.Context, plan jobs.Frozen) error {
	return w.ledger.call(func() error { return w.PlanWriter.Commit(ctx, plan) })
}
