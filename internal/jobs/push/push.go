package push

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/jobs"
)

const (
	stepOutcomes = 8                     // a step is due when so many outcomes wait,
	stepDelay    = 10 * time.Millisecond // or when the first of them has waited so long
)

// pushing sends the items of one run. Lanes send; the goroutine of ToEnd alone talks to the ledger, one statement a
// step. Items in flight, taken ahead, or answered but not yet recorded never exceed twice the lanes: after a crash
// no more than these can be sent again.
type pushing struct {
	*jobs.Sending

	work    chan task
	answers chan answer

	waiting  []jobs.ItemOutcome // answered, not yet recorded
	open     int                // items that the ledger has as sending
	after    int                // the last item taken
	tried    bool               // those are taken that an earlier execution tried: last, for they may meet the same again
	dry      bool               // nothing can be taken now
	again    <-chan time.Time   // when an item that waits can be taken; nil = none waits
	sent     int                // tasks given to lanes
	done     int
	total    int
	failures jobs.Streaks // answers that say nothing of the data
	accepts  bool         // this target has accepted a document by these settings
	proved   bool         // and the ledger knows
	alive    bool         // somebody of this run is delivered
	enough   bool         // it stopped at those who failed before as well, after all others had their turn: it has come to its end
	halt     jobs.Reason  // why no more items are taken; zero = go on
	hasty    bool         // that is who was refused by settings that nobody is known to have been accepted by: others are on their way
	undone   int          // a halt was taken back that came after so many tasks: they may have been given back for it
	halted   atomic.Bool  // halt is set: lanes start no attempt any more

	closes atomic.Pointer[time.Time] // when a period that was reopened is closed again; nil = not known to be
}

// ToEnd sends until nothing is left or something stops it. halt tells why it stopped early. An error means that the
// ledger can no longer be written: what is open stays in doubt.
func ToEnd(ctx context.Context, sending *jobs.Sending) (halt jobs.Reason, err error) {
	return (&pushing{Sending: sending}).toEnd(ctx)
}

func (p *pushing) toEnd(ctx context.Context) (halt jobs.Reason, err error) {
	if p.total, err = p.Ledger.Remaining(ctx, p.Run); err != nil {
		return jobs.Reason{}, err
	}
	if p.total == 0 {
		return jobs.Reason{}, nil
	}
	p.alive = p.Run.Counts.Accepted+p.Run.Counts.Unchanged > 0 // by an earlier execution
	window := 2 * p.Job.MaxInFlight
	p.work, p.answers, p.failures = make(chan task, window), make(chan answer, window), jobs.Streaks{}
	ctx, cancel := context.WithCancel(ctx)
	defer p.Places.GiveAll(p)
	var lanes sync.WaitGroup
	for range min(p.Job.MaxInFlight, p.total) {
		lanes.Go(func() { p.lane(ctx) })
	}
	defer lanes.Wait()
	defer close(p.work)
	defer cancel()
	for {
		if err := p.step(ctx, window); err != nil {
			return jobs.Reason{}, err
		}
		if p.open == 0 && (p.halt.Code != "" || p.dry && p.again == nil) {
			if p.enough {
				return jobs.Reason{}, nil
			}
			return p.halt, nil
		}
		if err := p.wait(ctx); err != nil {
			return jobs.Reason{}, err
		}
	}
}

// step records the outcomes that wait and takes as many items as fit.
func (p *pushing) step(ctx context.Context, window int) error {
	if p.halt.Code != "" {
		p.release()
	}
	step := jobs.Step{Outcomes: p.waiting, After: p.after, Tried: p.tried, Take: p.room(ctx, window)}
	if p.accepts && !p.proved {
		step.Settings = p.API.Settings()
	}
	asked := time.Now()
	taken, err := p.Ledger.Step(ctx, p.Run, step)
	if err != nil {
		return err
	}
	if taken.OpenFor > 0 { // what was taken may not leave after that
		end := asked.Add(taken.OpenFor)
		p.closes.Store(&end)
	}
	if taken.Closed {
		p.stopFor(jobs.Reason{Code: jobs.ReasonClosed, Detail: string(p.Run.Period)})
	}
	p.Places.Give(p, len(p.waiting)+step.Take-open(taken))
	p.open -= len(p.waiting)
	p.done += len(p.waiting)
	p.waiting, p.proved = p.waiting[:0], p.accepts
	for _, item := range taken.Items {
		p.after = item.Seq
		if item.Superseded {
			p.done++
			continue
		}
		p.open++
		if item.Barred != "" {
			p.waiting = append(p.waiting, barred(item))
			continue
		}
		p.sent++
		p.work <- task{item, p.sent, p.tried} // never blocks: its capacity is the window
	}
	p.Progress.Pushing(p.done, p.total)
	if step.Take > len(taken.Items) && !taken.Closed {
		return p.runDry(ctx)
	}
	return nil
}

// room is how many items can be taken: in the places of those whose outcomes are recorded by the same statement, and in
// what is free. Whoever has none waits for the runs beside it, until the run is stopped.
func (p *pushing) room(ctx context.Context, window int) int {
	if p.halt.Code != "" || p.dry {
		return 0
	}
	n := p.Places.Try(p, window-p.open)
	if n > 0 || p.open > 0 {
		return n + len(p.waiting)
	}
	if !p.Places.Wait(ctx, p.Stop, p) {
		p.stopFor(jobs.Reason{Code: jobs.ReasonStopped}) // or the context has ended, as the ledger will say
		return 0
	}
	return 1 + p.Places.Try(p, window-1)
}

// runDry is reached when no more items can be taken now. Then come those that an earlier execution tried, and when that
// is over those that wait out an earlier request.
func (p *pushing) runDry(ctx context.Context) error {
	wait, ok, err := p.Ledger.NextPending(ctx, p.Run)
	if err != nil {
		return err
	}
	if ok && wait == 0 && !p.tried {
		p.tried, p.after = true, 0
		return nil
	}
	p.dry, p.again = true, nil
	if ok {
		p.again = time.After(wait)
		p.Progress.Waiting(wait)
	}
	return nil
}

// wait collects answers until a step is due.
func (p *pushing) wait(ctx context.Context) error {
	var due <-chan time.Time
	if len(p.waiting) > 0 {
		due = time.After(stepDelay)
	}
	for len(p.waiting) < stepOutcomes && (p.open > len(p.waiting) || p.again != nil) {
		stop := p.Stop
		if p.halt.Code != "" {
			stop = nil
		}
		select {
		case a := <-p.answers:
			if err := p.take(ctx, a); err != nil {
				return err
			}
			if due == nil {
				due = time.After(stepDelay)
			}
		case <-p.again:
			p.dry, p.again, p.after, p.tried = false, nil, 0, false
			return nil
		case <-stop:
			p.stopFor(jobs.Reason{Code: jobs.ReasonStopped})
			return nil
		case <-due:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// take keeps an answer for the next step, and halts when it says that going on is pointless.
func (p *pushing) take(ctx context.Context, a answer) error {
	if a.class == jobs.ClassCancelled {
		a.outcome.Reason.Code = p.whyCancelled()
		a.outcome.Deferred = !p.giveBack(a.order, a.outcome)
	}
	p.waiting = append(p.waiting, a.outcome)
	switch a.class {
	case jobs.ClassAccepted:
		p.alive = true
		if p.accepts = true; p.hasty {
			p.goOn()
		}
	case jobs.ClassConfiguration:
		return p.refused(ctx, a)
	case jobs.ClassTemporary, jobs.ClassTechnical:
		if a.alone > 0 {
			p.Run.LeaveAlone(a.outcome.AnsweredAt.Add(a.alone))
		}
		if p.failures.Add(a.order) >= p.Job.StopAfter {
			p.enough = p.enough || p.halt.Code == "" && a.tried && p.alive
			p.stopFor(a.halt)
		}
	case jobs.ClassData, jobs.ClassCancelled:
	}
	return nil
}

// refused takes an answer that is not about the document's data. Where the target accepts documents by these very settings
// it counts against this employee alone, until several others meet it in a row. Who met it in an earlier execution, too,
// tells nothing new.
func (p *pushing) refused(ctx context.Context, a answer) error {
	if a.halt.Code != jobs.ReasonConfiguration { // a defect of ours
		p.stopFor(a.halt)
		return nil
	}
	accepts, err := p.acceptsDocuments(ctx)
	if err != nil {
		return err
	}
	unusual := jobs.ReasonOf(jobs.ReasonUnusual, jobs.Unusual(a.halt.Cause), a.halt.Problems...)
	switch {
	case a.definite:
		p.stopFor(a.halt)
	case !accepts:
		hasty := p.hasty || p.halt.Code == ""
		p.stopFor(a.halt)
		p.hasty = hasty
	case !a.answered:
		p.stopFor(unusual)
	case !a.tried && p.failures.Add(a.order) >= p.Job.StopAfter:
		p.stopFor(unusual)
	}
	return nil
}

// acceptsDocuments asks the ledger as late as at the first answer that makes it matter.
func (p *pushing) acceptsDocuments(ctx context.Context) (bool, error) {
	if p.accepts {
		return true, nil
	}
	known, err := p.Ledger.Answered(ctx, p.Run, jobs.ServiceDocument, p.API.Settings())
	p.accepts, p.proved = known, known
	return known, err
}

// whyCancelled is why a request did not leave, or was broken off.
func (p *pushing) whyCancelled() jobs.ReasonCode {
	end := p.closes.Load()
	switch {
	case p.halt.Code != "":
		return p.halt.Code
	case end != nil && !time.Now().Before(*end):
		return jobs.ReasonClosed
	}
	return jobs.ReasonStopped
}

func (p *pushing) stopFor(reason jobs.Reason) {
	if p.halt.Code == "" {
		p.halt = reason
	}
	p.again, p.hasty = nil, false
	p.halted.Store(true)
}

// goOn takes a halt back: somebody who was on their way beside who was refused has been accepted, by the very same settings.
func (p *pushing) goOn() {
	p.halt, p.hasty, p.undone = jobs.Reason{}, false, p.sent
	p.dry, p.tried, p.after = false, false, 0
	p.halted.Store(false)
}

// giveBack reports whether a task that has not left can be taken again by this execution, should it go on.
func (p *pushing) giveBack(order int, out jobs.ItemOutcome) bool {
	if out.Attempts > 0 || !p.hasty && order > p.undone {
		return false
	}
	p.total++ // it is done twice
	p.dry, p.tried, p.after = false, false, 0
	return true
}

// release gives back what was taken ahead and did not leave.
func (p *pushing) release() {
	for {
		select {
		case t := <-p.work:
			out := unsent(t.TakenItem, p.halt.Code)
			out.Deferred = !p.giveBack(t.order, out)
			p.waiting = append(p.waiting, out)
		default:
			return
		}
	}
}
