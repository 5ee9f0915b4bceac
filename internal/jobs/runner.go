// Package jobs is the domain of syncd: what a transfer is, and what may never happen to it. It knows neither SQL nor
// HTTP; it reaches them through the interfaces of ports.go and api.go. What goes is decided by package plan, and sent by
// package push.
//
// Read this file first. A monthly transfer is Push: it claims a run in the ledger, asks the partner who it is talking
// to, freezes a plan, sends it, and records how it ended. Resume takes up a run that stopped on the way.
package jobs

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
)

// Runner executes runs.
type Runner struct {
	Ledger    Ledger
	Staging   Staging
	API       API                                             // of the dossier that the run is for
	Contracts Contracts                                       // what the API says that it takes; nil = it is not asked
	Plan      func(context.Context, *Pass) (Frozen, error)    // plan.Make
	Send      func(context.Context, *Sending) (Reason, error) // push.ToEnd

	Feed        Feed // of the dossier that the run reads
	Inbox       Inbox
	Credentials Credentials
	Gather      func(context.Context, *Fetching) (Concluded, Reason, error) // pull.ToEnd

	Siret     string // of the dossier, as configured; "" = any
	By        string // the person who asks; "" = a daemon
	Progress  Progress
	Log       zerolog.Logger
	Stop      <-chan struct{} // closed when a person asks to stop: what is in flight is finished, nothing new is taken
	Patience  *Patience       // of a run that nobody watches; nil = an absent API ends the run
	Forecasts []Forecast      // next runs that a pull looks ahead to
	Quiet     bool            // whoever asks is shown the run: its end is not logged, too
	Places    *Places         // of the process; nil = this is its only run
}

// Push runs one transfer of a job from its beginning. The run it returns is as recorded; it is nil when none was
// recorded. A run that ended badly is no error: its state and failure tell.
func (r *Runner) Push(ctx context.Context, job *PushJob, request NewRun) (*Run, error) {
	run, err := r.Ledger.Start(ctx, request)
	if err != nil {
		return nil, err
	}
	return r.ExecutePush(ctx, job, run)
}

// ResumePush takes up a run that failed, was interrupted, or still has items to send, with its frozen plan. What has changed
// in staging since is told.
func (r *Runner) ResumePush(ctx context.Context, job *PushJob, id int64) (*Run, error) {
	request := job.Resumption()
	request.By = r.By
	run, err := r.Ledger.Resume(ctx, id, request)
	if err != nil {
		return nil, err
	}
	return r.ExecutePush(ctx, job, run)
}

// ExecutePush goes on with a run that this process has claimed.
func (r *Runner) ExecutePush(ctx context.Context, job *PushJob, run *Run) (*Run, error) {
	return r.execute(ctx, run, func(ctx context.Context, r *Runner) (Reason, error) { return r.transfer(ctx, job, run) })
}

// transfer is one monthly transfer, step by step. A reason tells why it stopped before its end.
func (r *Runner) transfer(ctx context.Context, job *PushJob, run *Run) (Reason, error) {
	preparing, cancel := r.untilStopped(ctx)
	defer cancel()
	contract, err := r.contract(preparing, job, run.Target.ID, run.Digests.Contract)
	if err != nil {
		return Reason{}, err
	}
	if err := r.identify(preparing, run); errors.Is(err, ErrOtherSiret) {
		return Reason{Code: ReasonFormOutdated}, nil
	} else if err != nil {
		return Reason{}, err
	}
	if job.readsBack() {
		if err := r.settleDoubts(preparing, job, run); err != nil {
			return Reason{}, err
		}
	}
	if !run.Planned {
		if err := r.plan(preparing, job, run, contract); err != nil {
			return Reason{}, err
		}
	} else if reason, err := r.outdated(preparing, job, run, contract); reason.Code != "" || err != nil {
		return reason, err
	} else if reason, err := r.renew(preparing, job, run, contract); reason.Code != "" || err != nil {
		return reason, err
	}
	if hold := run.hold(); hold.Code != "" {
		return hold, nil
	}
	return r.push(ctx, job, run)
}

// outdated is why what is planned may not be sent as things are: it was made for another contract, or for another call, or
// before the ledger was put back. What it planned then may have been sent in what the ledger lost, or something newer.
func (r *Runner) outdated(ctx context.Context, job *PushJob, run *Run, contract *Contract) (Reason, error) {
	if contract.outdates(run) {
		return Reason{Code: ReasonContract}, nil
	}
	if form := r.form(job); run.Digests.Form != "" && run.Digests.Form != form.Digest() {
		return Reason{Code: ReasonFormOutdated}, nil
	}
	now, err := r.Ledger.Incarnation(ctx)
	if err != nil {
		return Reason{}, hinted.While("asking which ledger this is", err)
	}
	if run.Incarnation != now {
		return Reason{Code: ReasonOutdated}, nil
	}
	return Reason{}, nil
}

// push sends what is planned. Where the API can be asked what it received, it is asked, and what it did not receive is
// sent a second time.
func (r *Runner) push(ctx context.Context, job *PushJob, run *Run) (Reason, error) {
	halt, err := r.send(ctx, job, run)
	if err != nil || halt.Code != "" || !job.readsBack() {
		return halt, err
	}
	waiting, cancel := r.untilStopped(ctx)
	defer cancel()
	if err := r.settleDoubts(waiting, job, run); err != nil {
		return Reason{}, err
	}
	return r.send(ctx, job, run)
}

func (r *Runner) send(ctx context.Context, job *PushJob, run *Run) (Reason, error) {
	return r.Send(ctx, &Sending{Job: job, Run: run, API: r.API, Ledger: r.Ledger, Stop: r.Stop, Progress: r.Progress,
		Places: r.Places.taken(job.MaxInFlight)})
}

// identify asks the partner who it is talking to, before anything is sent: two swapped keys end here.
func (r *Runner) identify(ctx context.Context, run *Run) error {
	answered, err := r.API.Identity(ctx)
	if err != nil {
		return r.unusual(ctx, run, ServiceIdentity, r.API.Settings(), err)
	}
	if r.Siret != "" && answered != "" && r.Siret != answered {
		return &IdentityError{Dossier: run.Target.Dossier, Want: r.Siret, Answered: answered}
	}
	recorded, err := r.Ledger.Identify(ctx, run, answered, r.Siret, r.API.Settings())
	if err != nil {
		return hinted.While("recording the dossier's identity", err)
	}
	if answered != "" && recorded != answered {
		return &IdentityError{Dossier: run.Target.Dossier, Want: recorded, Answered: answered}
	}
	return nil
}

// unusual tells an API that refuses the configuration from one that answered properly by the very same before: what is not
// broken is not to be mended, and may pass.
func (r *Runner) unusual(ctx context.Context, run *Run, service Service, settings string, err error) error {
	var call *CallError
	if !errors.As(err, &call) || call.Class != ClassConfiguration || call.Definite {
		return err
	}
	answered, asking := r.Ledger.Answered(ctx, run, service, settings)
	switch {
	case asking != nil:
		return asking
	case answered:
		return &UnusualError{*call}
	}
	return err
}

// plan freezes what the run will send.
func (r *Runner) plan(ctx context.Context, job *PushJob, run *Run, contract *Contract) error {
	done, err := r.Places.plan(ctx)
	if err != nil {
		return err
	}
	defer done()
	pass, err := r.pass(ctx, job, run.Target, run.Period, run.Employees, contract)
	if err != nil {
		return err
	}
	pass.Resend, pass.Lenient = run.Resend != "", run.FailedOf != 0
	// Before anything is locked: the API may be asked for everyone.
	if pass.Before, err = r.before(ctx, pass, run.Verify, run.Overwrite); err != nil {
		return err
	}
	writer, err := r.Ledger.BeginPlan(ctx, run, job.Resumption())
	if err != nil {
		return hinted.While("beginning the plan", err)
	}
	defer writer.Abandon()
	pass.Sink = writer
	frozen, err := r.Plan(ctx, pass)
	if err != nil {
		return err
	}
	if sends := frozen.Counts.Created + frozen.Counts.Updated + frozen.Counts.Repeated; run.Previewed != "" &&
		run.Previewed != frozen.Digests.Plan && sends > 0 {
		frozen.Findings = append(frozen.Findings, Finding{Rule: RulePreview, Holds: true, N: sends})
	}
	frozen.SecondPerson = job.Guards.SecondPerson
	run.Digests.Mapping = job.Mapping.Digest()
	run.Digests.Nomenclatures = pass.Nomenclatures.Digest(job.Mapping.Nomenclatures())
	run.Digests.Plan = frozen.Digests.Plan
	run.Digests.Contract, run.Digests.Form = contract.digest(), pass.Form.Digest()
	frozen.Digests = run.Digests
	if err := writer.Commit(ctx, frozen); err != nil {
		return hinted.While("freezing the plan", err)
	}
	run.Planned, run.Findings, run.Released = true, frozen.Findings, !Holds(frozen.Findings)
	return nil
}

// DryRun plans without a run: the same pass over staging and baseline, with another sink. Of the request it asks for
// target, period, employees, and what is done about edits of the other side. It returns what the run would freeze: the
// accounting that it would start with, the digest of its plan, and what the guards find.
func (r *Runner) DryRun(ctx context.Context, job *PushJob, request NewRun, sink PlanSink) (Frozen, error) {
	contract, err := r.contract(ctx, job, request.Target.ID, "")
	if err != nil {
		return Frozen{}, err
	}
	pass, err := r.pass(ctx, job, request.Target, request.Period, request.Employees, contract)
	if err != nil {
		return Frozen{}, err
	}
	pass.Resend, pass.DiffNew, pass.Sink = request.Resend != "", true, sink
	if pass.Before, err = r.before(ctx, pass, request.Verify, request.Overwrite); err != nil {
		return Frozen{}, err
	}
	frozen, err := r.Plan(ctx, pass)
	if err != nil {
		return Frozen{}, err
	}
	frozen.Digests.Config, frozen.Digests.Form = job.ConfigDigest, pass.Form.Digest()
	return frozen, nil
}

// pass is one that no guard looks at yet, and that goes nowhere.
func (r *Runner) pass(ctx context.Context, job *PushJob, target Target, period Period, keys []string, contract *Contract) (*Pass, error) {
	nomenclatures, err := r.Ledger.Nomenclatures(ctx, target.ID)
	if err != nil {
		return nil, hinted.While("reading nomenclatures", err)
	}
	if len(keys) == 0 {
		keys = nil // everyone
	}
	target.Identity, target.Siret = r.Siret, r.Siret
	return &Pass{Job: job, Target: target, Period: period, Keys: keys, Nomenclatures: nomenclatures, Contract: contract, Form: r.form(job),
		Staging: r.Staging, Ledger: r.Ledger, Progress: r.Progress}, nil
}

// before reads what the guards compare with.
func (r *Runner) before(ctx context.Context, pass *Pass, verify, overwrite bool) (*Before, error) {
	history, err := pass.Ledger.History(ctx, pass.Target.ID, pass.Period)
	if err != nil {
		return nil, hinted.While("reading earlier runs", err)
	}
	pass.Forms, pass.Owed = history.Forms, history.Owed
	before := &Before{History: history}
	if before.Others, err = pass.Ledger.Sharing(ctx, pass.Target); err != nil {
		return nil, hinted.While("reading other targets", err)
	}
	if pass.Keys != nil {
		if before.Apart, err = pass.Ledger.Apart(ctx, pass.Target.ID, pass.Period, pass.Keys); err != nil {
			return nil, hinted.While("reading earlier runs", err)
		}
	}
	// What was found must not be forgotten before somebody has decided.
	if verify || pass.Job.Guards.Verify || history.Drifted {
		before.Edits, err = (&readingBack{Pass: pass, api: r.API, overwrite: overwrite}).edits(ctx)
	}
	return before, err
}

// execute does the work of a claimed run while the claim stands, and records how it ended. Whatever goes wrong in the
// work, a panic included, is a recorded failure; only a lost claim is left to whoever takes the run over.
func (r *Runner) execute(ctx context.Context, run *Run, work func(context.Context, *Runner) (Reason, error)) (*Run, error) {
	kept, cancelled, release := r.Ledger.Keep(ctx, run)
	defer release()
	stoppable, done := r.stoppedBy(cancelled)
	defer done()
	halt, err := stoppable.guarded(kept, work)
	if err != nil && (errors.Is(err, ErrLost) || errors.Is(context.Cause(kept), ErrLost)) {
		return run, ErrLost
	}
	switch {
	case isCancellation(err) && stoppable.stopped(ctx):
		halt, err = Reason{Code: ReasonStopped}, nil
	case err != nil:
		halt = FailureReason(err)
		if alone := AskedFor(err); alone > 0 {
			run.LeaveAlone(time.Now().Add(alone))
		}
	}
	// Recording must also work when the caller's context has ended.
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	finished, finishErr := r.Ledger.Finish(finishing, run, halt, r.Patience)
	if finishErr != nil {
		return run, errors.Join(err, unrecorded(run.ID, finishErr))
	}
	if !r.Quiet {
		summarize(r.Log, finished)
	}
	return finished, err
}

// unrecorded is the end of a run that could not be recorded. Its hint, the last line, is what makes recording possible again.
func unrecorded(run int64, err error) error {
	if errors.Is(err, ErrUnreachable) || errors.Is(err, ErrRefused) {
		err = errors.Join(err, hinted.Because(nil, "run.end-unrecorded", "run", run))
	}
	return hinted.At("recording the end of a run", run, err)
}

// stoppedBy is the runner with a second thing that stops it.
func (r *Runner) stoppedBy(cancelled <-chan struct{}) (_ *Runner, done func()) {
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-r.Stop:
			close(stop)
		case <-cancelled:
			close(stop)
		case <-over:
		}
	}()
	both := *r
	both.Stop = stop
	return &both, func() { close(over) }
}

// untilStopped derives a context for work that a stop may break off: nothing has been sent yet.
func (r *Runner) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	return UntilStopped(ctx, r.Stop)
}

// UntilStopped derives a context that also ends when a person asks to stop.
func UntilStopped(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (r *Runner) stopped(ctx context.Context) bool {
	select {
	case <-r.Stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// guarded turns a panic into a reason.
func (r *Runner) guarded(ctx context.Context, work func(context.Context, *Runner) (Reason, error)) (halt Reason, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.Log.Error().Bytes("stack", debug.Stack()).Msg("panic in a job")
			halt, err = PanicReason(v), nil
		}
	}()
	return work(ctx, r)
}
