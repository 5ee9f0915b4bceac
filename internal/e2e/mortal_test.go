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

func (d *dyingLedger) Dictionaries(ctx context.Context, target int64) (dictionaries mapping.Dictionaries, err error) {
	err = d.call(func() error {
		dictionaries, err = d.Ledger.Dictionaries(ctx, target)
		return err
	})
	return dictionaries, err
}

func (d *dyingLedger) BeginPlan(ctx context.Context, run *jobs.Run, request jobs.Resumption) (jobs.PlanWriter, error) {
	w, err := d.Ledger.BeginPlan(ctx, run, request)
	return dyingWriter{w, d}, err
}

func (d *dyingLedger) Step(ctx context.Context, run *jobs.Run, step jobs.Step) (claims jobs.Claims, err error) {
	err = d.call(func() error {
		claims, err = d.Ledger.Step(ctx, run, step)
		return err
	})
	if err != nil {
		return jobs.Claims{}, err
	}
	return claims, nil
}

type dyingWriter struct {
	jobs.PlanWriter
	ledger *dyingLedger
}

func (w dyingWriter) Commit(ctx context.Context, plan jobs.Frozen) error {
	return w.ledger.call(func() error { return w.PlanWriter.Commit(ctx, plan) })
}
