package app

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/store"
)

// Outcome is what became of a job for one dossier.
type Outcome struct {
	Dossier config.Dossier
	Tried   bool      // else it was left out: a person asked to stop, or the API is away
	Run     *jobs.Run // nil = none was recorded
	Err     error
}

// Execute executes the job for its dossiers side by side, and tells the outcomes in their order. An error of one keeps no other
// from its turn. Nothing more is begun once a person asked to stop, or the API is away.
func (o *Ordered) Execute(ctx context.Context, begin func(dossier string) Progress) (iter.Seq[Outcome], error) {
	e, err := o.app.executor(ctx, o.app.Config.PartnerOf(o.job), len(o.Dossiers), o.order.By)
	if err != nil {
		return nil, err
	}
	f := &fleet{executor: e, order: o, begin: begin}
	f.waiting.Store(int64(len(o.Dossiers)))
	return func(yield func(Outcome) bool) { f.run(ctx, yield) }, nil
}

// fleet executes one job for several dossiers.
type fleet struct {
	*executor
	order   *Ordered
	begin   func(dossier string) Progress
	api     reach
	waiting atomic.Int64    // dossiers whose turn has not ended
	begun   []chan struct{} // by dossier: closed when its run has begun, or none is to be waited for
}

func (f *fleet) run(ctx context.Context, yield func(Outcome) bool) {
	n := len(f.order.Dossiers)
	done := make([]chan Outcome, n)
	f.begun = make([]chan struct{}, n)
	turn := make(chan int, n)
	for i := range n {
		done[i], f.begun[i] = make(chan Outcome, 1), make(chan struct{})
		turn <- i
	}
	close(turn)
	var turns sync.WaitGroup
	defer turns.Wait()
	for range f.runs {
		turns.Go(func() {
			for i := range turn {
				start := f.inOrder(i)
				done[i] <- f.attempt(ctx, f.order.Dossiers[i], start)
				start.over()
			}
		})
	}
	for i := range n {
		if !yield(<-done[i]) {
			return
		}
	}
}

// attempt executes the job for one dossier, unless nothing more is to be begun.
func (f *fleet) attempt(ctx context.Context, d config.Dossier, start *orderly) Outcome {
	defer f.leave()
	if Stopped(f.app.door.Stop) || ctx.Err() != nil || f.api.isAway() {
		return Outcome{Dossier: d}
	}
	progress := f.begin(d.Name)
	run, err := f.executor.run(ctx, f.order, d, start, progress)
	progress.Done()
	f.api.met(run, err)
	return Outcome{Dossier: d, Tried: true, Run: run, Err: err}
}

// leave tells those that are still executed that they are fewer, and need leave nothing for those that have ended.
func (f *fleet) leave() { f.places.SetRuns(int(f.waiting.Add(-1))) }

// orderly is a ledger in which the run of one dossier begins once that of the one before has: so their numbers are in order,
// too. One that has to wait keeps the others for a moment only.
type orderly struct {
	jobs.Ledger
	before <-chan struct{}
	over   func()
}

const orderlyFor = time.Second

func (f *fleet) inOrder(i int) *orderly {
	o := &orderly{Ledger: f.ledger, over: sync.OnceFunc(func() { close(f.begun[i]) })}
	if i > 0 {
		o.before = f.begun[i-1]
	}
	return o
}

// Start implements jobs.Ledger.
func (o *orderly) Start(ctx context.Context, request jobs.NewRun) (*jobs.Run, error) {
	defer o.over()
	if o.before != nil {
		select {
		case <-o.before:
		case <-ctx.Done():
		case <-time.After(orderlyFor):
		}
	}
	return o.Ledger.Start(ctx, request)
}

// reach keeps whether what all dossiers need, the API and the databases, can be reached at all. It is safe for concurrent use.
type reach struct {
	mu      sync.Mutex
	reached bool
	missed  int // dossiers in a row that could not reach it
}

// mostMissed is how many dossiers in a row must miss an API that others have reached: one may be its own trouble.
const mostMissed = 2

// met takes note of a run that has ended. A database that says why it cannot be used may say so of one dossier.
func (r *reach) met(run *jobs.Run, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case run == nil: // it was refused before anything was asked
	case run.Failure.Code == jobs.ReasonUnreachable && !run.Planned && !answered(err):
		r.missed++
	default:
		r.reached, r.missed = true, 0
	}
}

func (r *reach) isAway() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed >= mostMissed || r.missed > 0 && !r.reached
}

// answered tells of a database that said why it cannot be used just now: that may be of one dossier alone.
func answered(err error) bool {
	var passing *store.UnreachableError
	return errors.As(err, &passing) && passing.SQLState != ""
}
