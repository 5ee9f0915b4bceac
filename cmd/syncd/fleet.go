package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
)

// attempt is what became of a job for one dossier.
type attempt struct {
	tried bool
	run   *jobs.Run // nil = none was recorded
	err   error
}

// runAll executes a job for dossiers side by side, and reports in their order. An error of one keeps no other from its turn.
// Nothing more is begun once a person asked to stop, or the API is away.
func (e *executor) runAll(ctx context.Context, job config.Job, dossiers []config.Dossier, period jobs.Period) error {
	done := make([]chan attempt, len(dossiers))
	for i := range done {
		done[i] = make(chan attempt, 1)
	}
	display := e.display(job.Name, dossiers)
	defer display.end()
	var turns sync.WaitGroup
	defer turns.Wait()
	turn := e.turns(len(dossiers))
	e.begun = make([]chan struct{}, len(dossiers))
	for i := range e.begun {
		e.begun[i] = make(chan struct{})
	}
	for range e.runs {
		turns.Go(func() {
			for i := range turn {
				start := e.inOrder(i)
				done[i] <- e.attempt(ctx, job, dossiers[i], period, start, display)
				start.over()
			}
		})
	}
	code, left := exitDone, 0
	e.mistakes = mistakes{w: e.Stderr}
	defer func() { display.aside(e.mistakes.end) }()
	for i, d := range dossiers {
		a := <-done[i]
		if !a.tried {
			left++
			continue
		}
		var err error
		display.aside(func() { code, err = e.tellOne(ctx, d, a, code, i > 0, len(dossiers) > 1) })
		if err != nil {
			return err
		}
	}
	if left == 0 {
		return withCode(code)
	}
	var err error
	display.aside(func() { err = e.notTried(code, left) })
	return err
}

// turns hands out dossiers, one after the other, by number.
func (e *executor) turns(dossiers int) <-chan int {
	turn := make(chan int, dossiers)
	for i := range dossiers {
		turn <- i
	}
	close(turn)
	return turn
}

// attempt executes a job for one dossier, unless nothing more is to be begun.
func (e *executor) attempt(ctx context.Context, job config.Job, d config.Dossier, period jobs.Period, start *orderly, display *display) attempt {
	defer e.leave()
	if stopped(e.Stop) || ctx.Err() != nil || e.api.isAway() {
		return attempt{}
	}
	progress := display.dossier(d.Name)
	run, err := e.runDossier(ctx, job, d, period, start, progress)
	progress.finish()
	e.api.met(run, err)
	return attempt{tried: true, run: run, err: err}
}

// orderly is a ledger in which the run of one dossier begins once that of the one before has: so their numbers are in order,
// too. One that has to wait keeps the others for a moment only.
type orderly struct {
	jobs.Ledger
	before <-chan struct{}
	over   func()
}

const orderlyFor = time.Second

func (e *executor) inOrder(i int) *orderly {
	o := &orderly{Ledger: e.ledger, over: sync.OnceFunc(func() { close(e.begun[i]) })}
	if i > 0 {
		o.before = e.begun[i-1]
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

// leave tells those that are still executed that they are fewer, and need leave nothing for those that have ended.
func (e *executor) leave() { e.places.SetRuns(int(e.waiting.Add(-1))) }

// tellOne reports one dossier, and returns the worst code until now. An error ends the command.
func (e *executor) tellOne(ctx context.Context, d config.Dossier, a attempt, worst int, apart, many bool) (int, error) {
	if apart && !e.flags.json {
		fmt.Fprintln(e.Stdout)
	}
	code, err := e.conclude(ctx, a.run, a.err)
	if err != nil && !many {
		return worst, err
	}
	if err != nil {
		code = exitCode(err)
		e.mistakes.tell(d.Name, err)
	}
	return worse(worst, code), nil
}

// reach knows whether what all dossiers need, the API and the databases, can be reached at all. It is safe for concurrent use.
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
