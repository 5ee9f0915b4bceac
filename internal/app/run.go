package app

import (
	"context"
	"errors"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/jobs/push"
	"syncd/internal/ledger"
	"syncd/internal/pull"
	"syncd/internal/store"
)

// Runs are executed, queued and gone on with.
type Runs struct{ app *App }

// Runs is where jobs are executed.
func (a *App) Runs() Runs { return Runs{a} }

// Why a run is refused.
const (
	ResendFailed     Code = "resend-failed"     // who was not delivered is sent anyway
	ResendIdle       Code = "resend-idle"       // a reason is for what is sent again
	NoEmployees      Code = "no-employees"      // job: it is about none, and an option is about some
	OverwriteBlind   Code = "overwrite-blind"   // what the partner's side edited is not known without a comparison
	NoReadBack       Code = "no-read-back"      // to compare needs to know how a document is read back
	FailedSelected   Code = "failed-selected"   // a run's undelivered employees, and a selection beside it
	FailedOtherKind  Code = "failed-other-kind" // run, job: it is about no employees
	FailedOtherJob   Code = "failed-other-job"  // run, job, of
	FailedPurged     Code = "failed-purged"     // run, job, dossier, period
	FailedUnapproved Code = "failed-unapproved" // run, job, dossier, period
	FailedNobody     Code = "failed-nobody"     // run
	NothingToPlan    Code = "nothing-to-plan"   // job
)

// Order is a job that a person wants executed.
type Order struct {
	Job string
	Selection
	FailedOf  int64  // the run whose undelivered employees are to go; 0 = none
	Resend    bool   // send again who is unchanged, too: needs a reason
	Verify    bool   // compare what the partner has with what it acknowledged
	Overwrite bool   // and send over what the partner's side edited
	Previewed string // digest of the plan that the person saw; another one waits for a decision. "" = they saw none
	Decision
}

// check: what is sent again has a reason, which is recorded; nothing else has one.
func (o *Order) check() error {
	switch {
	case o.By == "":
		return errNobody
	case o.Resend && o.FailedOf != 0:
		return refuse(ResendFailed, nil)
	case o.Resend:
		return o.Check(ledger.DecisionRun)
	case o.Reason != "":
		return refuse(ResendIdle, nil)
	}
	return nil
}

// Ordered is an order that can be followed: for whom, and for when.
type Ordered struct {
	Dossiers []config.Dossier

	app    *App
	job    config.Job
	period jobs.Period
	order  Order
}

// Order finds out what an order means.
func (r Runs) Order(ctx context.Context, o Order) (*Ordered, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := r.app.Config
	job, err := c.Job(o.Job)
	if err != nil {
		return nil, err
	}
	if !job.Kind.Sends() && (len(o.Employees) > 0 || o.FailedOf != 0 || o.Resend || o.Verify || o.Overwrite) {
		return nil, refuse(NoEmployees, Args{"job": o.Job})
	}
	if o.FailedOf != 0 {
		if o.Selection, err = r.undelivered(ctx, job, &o); err != nil {
			return nil, err
		}
	}
	dossiers, period, err := o.Of(c, job, r.app.Now())
	if err != nil {
		return nil, err
	}
	if o.Verify || o.Overwrite {
		push, err := c.PushJob(o.Job)
		if err != nil {
			return nil, err
		}
		if err := checkVerify(&push, o.Verify, o.Overwrite); err != nil {
			return nil, err
		}
	}
	return &Ordered{Dossiers: dossiers, app: r.app, job: job, period: period, order: o}, nil
}

// checkVerify refuses what a job cannot follow.
func checkVerify(job *jobs.PushJob, verify, overwrite bool) error {
	switch {
	case overwrite && !verify && !job.Guards.Verify:
		return refuse(OverwriteBlind, nil)
	case verify && job.ReadBack == nil:
		return refuse(NoReadBack, nil)
	}
	return nil
}

// undelivered selects dossier, period and employees that a run left undelivered.
func (r Runs) undelivered(ctx context.Context, job config.Job, o *Order) (s Selection, err error) {
	if len(o.Employees) > 0 || len(o.Dossiers) > 0 || o.Period != "" {
		return s, refuse(FailedSelected, nil)
	}
	st, err := r.app.readable(ctx)
	if err != nil {
		return s, err
	}
	run, err := st.Run(ctx, o.FailedOf)
	if err != nil {
		return s, noRun(o.FailedOf, err)
	}
	if o.Seen != nil && *o.Seen != run.Seen() {
		return s, &store.DisplayedError{Run: *run}
	}
	if err := leftSome(run, job); err != nil {
		return s, err
	}
	keys, err := st.Undelivered(ctx, run.ID)
	if err == nil && len(keys) == 0 {
		return s, refuse(FailedNobody, Args{"run": run.ID})
	}
	return Selection{Dossiers: []string{run.Target.Dossier}, Period: string(run.Period), Employees: keys}, err
}

// leftSome refuses a run of which nobody can tell whom it left undelivered.
func leftSome(run *jobs.Run, job config.Job) error {
	about := Args{"run": run.ID, "job": job.Name, "of": run.Job, "dossier": run.Target.Dossier, "period": run.Period}
	switch {
	case !run.Kind.Sends():
		return refuse(FailedOtherKind, about)
	case run.Job != job.Name:
		return refuse(FailedOtherJob, about)
	case run.Purged:
		return refuse(FailedPurged, about)
	case run.State == jobs.Running, run.State == jobs.Queued:
		return &jobs.BusyError{Run: *run}
	case run.State == jobs.Held, jobs.Holds(run.Findings) && run.Approved == "":
		return refuse(FailedUnapproved, about)
	}
	return nil
}

// request is the run of one dossier.
func (o *Ordered) request(d config.Dossier) jobs.NewRun {
	c, order := o.app.Config, &o.order
	p := c.PartnerOf(o.job)
	request := jobs.NewRun{
		Job: o.job.Name, Kind: o.job.Kind, Target: o.app.Target(p, d), Period: o.period, AnyOrder: order.Period != "",
		Scope: p.Documents.Scope, Employees: Unique(order.Employees), FailedOf: order.FailedOf,
		Verify: order.Verify, Overwrite: order.Overwrite, Previewed: order.Previewed,
		Trigger: jobs.TriggerManual, RequestedBy: order.By, Digests: jobs.Digests{Config: c.Digest()},
	}
	if order.Resend {
		request.Resend = order.Reason
	}
	return request
}

// Queue leaves the run of one dossier to a daemon.
func (o *Ordered) Queue(ctx context.Context, d config.Dossier) (*jobs.Run, error) {
	st, err := o.app.deciding(ctx, o.app.keyedLedger)
	if err != nil {
		return nil, err
	}
	if err := o.app.agree(ctx, st, o.job.Name); err != nil {
		return nil, err
	}
	return st.Enqueue(ctx, o.request(d))
}

// Progress is how a door shows the run of one dossier. Done is called once, at its end.
type Progress interface {
	jobs.Progress
	Done()
}

// executor is what runs are executed with here.
type executor struct {
	app       *App
	by        string
	runs      int // at once
	ledger    *store.Store
	staging   *store.Staging
	partner   *config.Partner
	client    *client
	contracts jobs.Contracts
	places    *jobs.Places
}

// executor prepares to execute runs of so many dossiers at a partner.
func (a *App) executor(ctx context.Context, p *config.Partner, dossiers int, by string) (*executor, error) {
	runs := min(dossiers, jobs.RunsAtOnce(p.MaxInFlight))
	c, err := a.dial(p, dialing{retryFor: p.RetryFor, shares: p.LimitsOfLedger, runs: runs})
	if err != nil {
		return nil, err
	}
	a.onClose(c.close)
	staging, err := a.staging()
	if err != nil {
		return nil, err
	}
	st, err := a.deciding(ctx, func(ctx context.Context) (*store.Store, error) { return a.ledgerFor(ctx, runs) })
	if err != nil {
		return nil, err
	}
	return &executor{app: a, by: by, runs: runs, ledger: st, staging: staging, partner: p, client: c,
		places: jobs.NewPlaces(p.MaxInFlight, runs), contracts: asPort(a.keeper(p, st, c.documents))}, nil
}

// runner makes the runner of a dossier.
func (e *executor) runner(d config.Dossier, st jobs.Ledger, progress jobs.Progress) (*jobs.Runner, error) {
	door := &e.app.door
	r := &jobs.Runner{Ledger: st, Siret: d.Siret, By: e.by, Progress: progress, Log: door.Log, Stop: door.Stop, Quiet: door.Quiet,
		Places: e.places}
	if e.client.records != nil {
		feed, err := e.app.feed(e.client, e.partner, d, func() *store.Store { return e.ledger })
		reads(r, feed, e.ledger)
		return r, err
	}
	key, err := d.Key.Read()
	if err != nil {
		return nil, err
	}
	r.Plan, r.Send, r.Staging, r.API = plan.Make, push.ToEnd, e.staging, e.client.documents.Dossier(key)
	r.Contracts, r.Forecasts = e.contracts, e.app.forecasts(d.Name)
	return r, nil
}

// reads makes a runner one that reads records.
func reads(r *jobs.Runner, feed jobs.Feed, st *store.Store) {
	r.Gather, r.Feed, r.Inbox, r.Credentials = pull.ToEnd, feed, st.Inbox(), st.Credentials()
}

// run executes a job for one dossier.
func (e *executor) run(ctx context.Context, o *Ordered, d config.Dossier, st jobs.Ledger, progress jobs.Progress) (*jobs.Run, error) {
	runner, err := e.runner(d, st, progress)
	if err != nil {
		return nil, err
	}
	w, err := workOf(e.app.Config, o.job.Name, o.job.Kind, d.Name)
	if err != nil {
		return nil, err
	}
	return w.start(ctx, runner, o.request(d))
}

// work is what a runner does of one job for a dossier. Here alone kinds part.
type work struct {
	start      func(context.Context, *jobs.Runner, jobs.NewRun) (*jobs.Run, error)
	execute    func(context.Context, *jobs.Runner, *jobs.Run) (*jobs.Run, error) // one that is claimed
	resume     func(context.Context, *jobs.Runner, int64) (*jobs.Run, error)
	resumption jobs.Resumption
}

func workOf(c *config.Config, name string, kind jobs.Kind, dossier string) (work, error) {
	switch {
	case kind.Fetches():
		job, err := c.FetchJob(name, dossier)
		return workOn(&job, job.Resumption(), (*jobs.Runner).Fetch, (*jobs.Runner).ExecuteFetch, (*jobs.Runner).ResumeFetch), err
	case kind.PullsCodes():
		job, err := c.PullJob(name)
		return workOn(&job, job.Resumption(), (*jobs.Runner).Pull, (*jobs.Runner).ExecutePull, (*jobs.Runner).ResumePull), err
	}
	job, err := c.PushJob(name)
	return workOn(&job, job.Resumption(), (*jobs.Runner).Push, (*jobs.Runner).ExecutePush, (*jobs.Runner).ResumePush), err
}

func workOn[Job any](job *Job, resumption jobs.Resumption,
	start func(*jobs.Runner, context.Context, *Job, jobs.NewRun) (*jobs.Run, error),
	execute func(*jobs.Runner, context.Context, *Job, *jobs.Run) (*jobs.Run, error),
	resume func(*jobs.Runner, context.Context, *Job, int64) (*jobs.Run, error),
) work {
	return work{
		start: func(ctx context.Context, r *jobs.Runner, request jobs.NewRun) (*jobs.Run, error) {
			return start(r, ctx, job, request)
		},
		execute: func(ctx context.Context, r *jobs.Runner, claimed *jobs.Run) (*jobs.Run, error) {
			return execute(r, ctx, job, claimed)
		},
		resume:     func(ctx context.Context, r *jobs.Runner, id int64) (*jobs.Run, error) { return resume(r, ctx, job, id) },
		resumption: resumption,
	}
}

// Resume goes on here with a run that stopped, with the plan that it had; one that had come to its end is returned as it is.
func (r Runs) Resume(ctx context.Context, id int64, by string, begin func(*jobs.Run) Progress) (*jobs.Run, error) {
	if by == "" {
		return nil, errNobody
	}
	st, err := r.app.deciding(ctx, r.app.keyedLedger)
	if err != nil {
		return nil, err
	}
	run, err := st.Run(ctx, id)
	if err != nil {
		return nil, noRun(id, err)
	}
	d, err := r.app.Config.Dossier(run.Target.Dossier)
	if err != nil {
		return nil, err
	}
	if err := r.app.sameTarget(run); err != nil {
		return nil, err
	}
	e, err := r.app.executor(ctx, r.app.Config.PartnerNamed(run.Target.Partner), 1, by)
	if err != nil {
		return nil, err
	}
	progress := begin(run)
	defer progress.Done()
	runner, err := e.runner(d, e.ledger, progress)
	if err != nil {
		return nil, err
	}
	w, err := workOf(r.app.Config, run.Job, run.Kind, d.Name)
	if err != nil {
		return nil, err
	}
	resumed, err := w.resume(ctx, runner, run.ID)
	if finished, ok := errors.AsType[*jobs.FinishedError](err); ok {
		return &finished.Run, nil
	}
	return resumed, err
}

// Requeue leaves a run that stopped to a daemon, and needs no reason.
func (r Runs) Requeue(ctx context.Context, id int64, by Decision) (*jobs.Run, error) {
	if by.By == "" {
		return nil, errNobody
	}
	shown, err := r.app.shown(ctx, id, by.Seen)
	if err != nil {
		return nil, err
	}
	run, err := shown.Requeue(ctx, id, by.By)
	return run, noRun(id, err)
}
