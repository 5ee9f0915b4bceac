package app

import (
	"context"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/partner"
	"syncd/internal/store"
)

// Planning asks what a run would send now. Nothing is sent or recorded.
type Planning struct {
	Job string
	Selection
	Verify    bool
	Overwrite bool
	Resend    bool
}

// Planner makes plans of one job.
type Planner struct {
	Job      jobs.PushJob
	Period   jobs.Period
	Dossiers []config.Dossier

	app        *App
	asked      Planning
	ledger     *store.Store
	runner     *jobs.Runner
	connection partner.Connection // to verify; nil = the API is not asked
}

// Planner prepares to plan.
func (r Runs) Planner(ctx context.Context, asked Planning) (*Planner, error) {
	a := r.app
	job, err := a.Config.Job(asked.Job)
	if err != nil {
		return nil, err
	}
	if !job.Kind.Sends() {
		return nil, refuse(NothingToPlan, Args{"job": job.Name})
	}
	p := &Planner{app: a, asked: asked}
	if p.Job, err = a.Config.PushJob(job.Name); err != nil {
		return nil, err
	}
	if err := checkVerify(&p.Job, asked.Verify, asked.Overwrite); err != nil {
		return nil, err
	}
	if p.Dossiers, p.Period, err = asked.Of(a.Config, job, a.Now()); err != nil {
		return nil, err
	}
	if p.ledger, err = a.keyedLedger(ctx); err != nil {
		return nil, err
	}
	staging, err := a.staging()
	if err != nil {
		return nil, err
	}
	p.runner = a.looker(p.ledger, staging)
	if p.Job.ReadBack != nil {
		if p.connection, err = a.sharing(a.Config.Documents(), 1); err != nil {
			return nil, err
		}
	}
	p.runner.Contracts = asPort(a.keeper(a.Config.Documents(), p.ledger, nil)) // a look at the plan asks for documents at most
	return p, nil
}

// Planned is a plan as a run would freeze it now.
type Planned struct {
	jobs.Frozen
	Refused error // why a run would not begin now; nil = it would
}

// Class tells what a run of this plan would come to before it sends.
func (p *Planned) Class() Class {
	c := p.Counts
	switch {
	case jobs.Holds(p.Findings):
		return Waiting
	case c.Blocked+c.ElementsBlocked+c.Departed+c.Uncertain+c.Held > 0:
		return Incomplete
	}
	return Done
}

// Plan plans one dossier. The items go to the sink of its target, as they are made.
func (p *Planner) Plan(ctx context.Context, d config.Dossier, sink func(jobs.Target) jobs.PlanSink,
	progress jobs.Progress) (*Planned, error) {
	target, _, err := p.ledger.Target(ctx, p.app.Target(p.app.Config.Documents(), d))
	if err != nil {
		return nil, err
	}
	closed, err := p.ledger.ClosedPeriod(ctx, target, p.Period)
	if err != nil {
		return nil, err
	}
	if closed {
		return nil, &jobs.ClosedError{Period: p.Period}
	}
	runner := *p.runner
	runner.Siret, runner.Progress = d.Siret, progress
	if p.connection != nil {
		key, err := d.Key.Read()
		if err != nil {
			return nil, err
		}
		runner.API = p.connection.Dossier(key)
	}
	request := jobs.NewRun{Target: target, Period: p.Period, Employees: Unique(p.asked.Employees),
		AnyOrder: p.asked.Period != "", Scope: p.Job.Scope, Verify: p.asked.Verify, Overwrite: p.asked.Overwrite}
	if p.asked.Resend {
		request.Resend = "plan"
	}
	plan, err := runner.DryRun(ctx, &p.Job, request, sink(target))
	if err != nil {
		return nil, err
	}
	return &Planned{plan, p.ledger.CheckOrder(ctx, request)}, nil
}

// looker makes plans, and sends nothing.
func (a *App) looker(st *store.Store, staging *store.Staging) *jobs.Runner {
	return &jobs.Runner{Plan: plan.Make, Ledger: st, Staging: staging, Log: a.door.Log, Stop: a.door.Stop}
}
