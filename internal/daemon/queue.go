package daemon

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// refusedFor is how long a run that must wait for another one is left alone, unless something wakes the loop.
const refusedFor = 15 * time.Second

// queue is what this process executes, and what it has found to have to wait.
type queue struct {
	executing map[int64]*execution
	waits     map[int64]wait
	list      []ledger.Active // as last read, without what was begun since
	good      time.Time       // until when that can be gone by; zero = something has happened since
}

type wait struct {
	until time.Time // by the monotonic clock
	why   string
	after time.Duration // of a run whose end could not be recorded: the pause, doubled each time
}

func newQueue() queue { return queue{executing: map[int64]*execution{}, waits: map[int64]wait{}} }

// forgetWaits: something happened, so what had to wait may go now. Why it waited is kept, to be told only once.
func (q *queue) forgetWaits() {
	q.good = time.Time{}
	for id, w := range q.waits {
		if w.after == 0 {
			w.until = time.Time{}
			q.waits[id] = w
		}
	}
}

// ended: what is known of the run is what it was before, and it may wait for something now.
func (q *queue) ended(id int64) {
	delete(q.executing, id)
	q.list = slices.DeleteFunc(q.list, func(a ledger.Active) bool { return a.ID == id })
}

func (q *queue) busy(target int64) bool {
	for _, e := range q.executing {
		if e.run.Target.ID == target {
			return true
		}
	}
	return false
}

// waiting counts the runs that were found to have to wait, and still do.
func (q *queue) waiting() (n int) {
	for id := range q.waits {
		if q.executing[id] == nil {
			n++
		}
	}
	return n
}

// claimAll claims runs while there is room. It returns when to look again.
func (l *loop) claimAll(ctx context.Context) (time.Duration, error) {
	// Another run of a fleet has ended: the next one is known, and whoever takes it first the claim tells.
	if len(l.queue.executing) == 0 || !time.Now().Before(l.queue.good) {
		if err := l.readQueue(ctx); err != nil {
			return 0, err
		}
	}
	for i := 0; i < len(l.queue.list); {
		a := l.queue.list[i]
		if a.Wait > 0 && !a.Ours || !l.hasRoom(a) {
			i++
			continue
		}
		if err := l.claim(ctx, a); err != nil {
			l.queue.good = time.Time{}
			return 0, err
		}
		l.queue.list = slices.Delete(l.queue.list, i, i+1)
	}
	if len(l.queue.executing) == 0 && !slices.ContainsFunc(l.queue.list, func(a ledger.Active) bool { return a.Ours }) {
		l.Ledger.Rest() // what is still ours must not look like a dead process's
	}
	return max(time.Until(l.queue.good), 10*time.Millisecond), nil
}

// readQueue reads what waits or goes on.
func (l *loop) readQueue(ctx context.Context) error {
	list, err := l.Ledger.Active(ctx, l.setup.pairs())
	if err != nil {
		return err
	}
	l.queue.keepWaits(list)
	poll := idlePoll
	for _, a := range list {
		if a.State == jobs.Running && !a.Ours {
			poll = min(poll, watchPoll)
		}
		if a.Wait > 0 && !a.Ours {
			poll = min(poll, a.Wait)
		}
	}
	l.queue.list, l.queue.good = list, time.Now().Add(poll)
	return nil
}

// hasRoom reports whether a run can be claimed as far as this process knows. The last place is not for runs that wait for
// something that is away: while they hang, others get their turn.
func (l *loop) hasRoom(a ledger.Active) bool {
	most := l.setup.MaxRuns
	if a.Again && most > 1 {
		most--
	}
	return !a.Paused && l.queue.executing[a.ID] == nil && !l.queue.busy(a.Pair.TargetID) &&
		len(l.queue.executing) < most && !time.Now().Before(l.queue.waits[a.ID].until)
}

// keepWaits forgets runs that are active no more.
func (q *queue) keepWaits(active []ledger.Active) {
	still := map[int64]wait{}
	for _, a := range active {
		if w, ok := q.waits[a.ID]; ok {
			still[a.ID] = w
		}
	}
	q.waits = still
}

// claim takes a run and begins it. One that cannot be claimed now is left, and the reason told once: it must not keep
// others from their turn.
func (l *loop) claim(ctx context.Context, a ledger.Active) error {
	job := l.setup.job(a.Pair.Job)
	var run *jobs.Run
	err := l.brief(ctx, func(ctx context.Context) (err error) {
		run, err = l.Ledger.Claim(ctx, a.ID, job.Resumption)
		return err
	})
	var busy *jobs.BusyError
	var order *jobs.OrderError
	switch {
	case err == nil:
		l.begin(job, run)
	case errors.Is(err, jobs.ErrTaken):
	case errors.As(err, &busy):
		l.leaveWaiting(a, fmt.Sprintf("run %d of its dossier is executed", busy.Run.ID))
	case errors.As(err, &order) && order.Newer:
		return l.cancelOutdated(ctx, a, order)
	case errors.As(err, &order):
		if l.leaveWaiting(a, fmt.Sprintf("period %s is not finished: run %d is %s", order.Other.Period, order.Other.ID, order.Other.State)) &&
			isFire(a.Trigger) {
			return l.owePing(ctx, a.ID)
		}
	case isAway(ctx, err):
		return err
	default:
		l.leaveWaiting(a, firstLine(err.Error()))
	}
	return nil
}

// isFire tells a run that a schedule made from one that a person did, which pings nothing.
func isFire(t jobs.Trigger) bool { return t == jobs.TriggerSchedule || t == jobs.TriggerCatchUp }

// cancelOutdated ends a run whose period may not be sent any more. Another daemon may have done so.
func (l *loop) cancelOutdated(ctx context.Context, a ledger.Active, order *jobs.OrderError) error {
	err := l.brief(ctx, func(ctx context.Context) error {
		_, err := l.Ledger.Cancel(ctx, a.ID, "syncd", fmt.Sprintf("period %s was delivered since, by run %d", order.Other.Period, order.Other.ID))
		return err
	})
	if isAway(ctx, err) {
		return err
	}
	if err != nil {
		l.leaveWaiting(a, firstLine(err.Error()))
	}
	return nil
}

// leaveWaiting reports whether the reason is new.
func (l *loop) leaveWaiting(a ledger.Active, why string) bool {
	known := l.queue.waits[a.ID].why == why
	if !known {
		l.Log.Warn().Int64("run", a.ID).Str("job", a.Pair.Job).Str("dossier", l.setup.dossier(a.Pair.TargetID)).
			Str("period", string(a.Period)).Str("reason", why).Msg("a run waits")
	}
	l.queue.waits[a.ID] = wait{until: time.Now().Add(refusedFor), why: why}
	return !known
}

// execution is a run that this process executes.
type execution struct {
	run   *jobs.Run
	job   *Job
	setup *Setup // that it was begun with: a reload does not change it
}

// ended tells the loop of the end of an execution.
type ended struct {
	*execution
	finished *jobs.Run // as recorded
	err      error
}

// errPanicked is a defect of syncd outside of what a run records.
var errPanicked = errors.New("a defect of syncd: see the log")

// begin executes a claimed run in a goroutine of its own.
func (l *loop) begin(job *Job, run *jobs.Run) {
	e := &execution{run: run, job: job, setup: l.setup}
	e.setup.use()
	l.queue.executing[run.ID] = e
	if l.queue.waits[run.ID].after == 0 {
		delete(l.queue.waits, run.ID)
	}
	l.Log.Info().Int64("run", run.ID).Str("job", run.Job).Str("dossier", run.Target.Dossier).Str("period", string(run.Period)).
		Str("trigger", string(run.Trigger)).Int("epoch", run.Epoch).Msg("run started")
	l.pings.due = true
	go func() {
		finished, err := l.guarded(l.runs, e)
		l.ended <- ended{execution: e, finished: finished, err: err}
	}()
}

func (l *loop) guarded(ctx context.Context, e *execution) (finished *jobs.Run, err error) {
	defer func() {
		if recover() != nil {
			l.Log.Error().Int64("run", e.run.ID).Bytes("stack", debug.Stack()).Msg("panic while a run was executed")
			finished, err = e.run, errPanicked
		}
	}()
	return e.job.Execute(ctx, e.run, l.stopRuns)
}

// conclude takes note of the end of an execution. A run whose end could not be recorded is still running in the ledger,
// in our name: it is claimed again.
func (l *loop) conclude(e ended) {
	l.queue.ended(e.run.ID)
	e.setup.release()
	switch {
	case errors.Is(e.err, jobs.ErrLost):
		l.Log.Warn().Int64("run", e.run.ID).Msg("the claim on a run was lost: it goes on elsewhere, or here once the ledger is back")
	case e.finished != nil && e.finished.State == jobs.Queued: // it waits, and has told so
	case e.err != nil:
		l.Log.Error().Int64("run", e.run.ID).Str("trouble", e.err.Error()).Msg("a run met an error")
	}
	if e.finished == nil || e.finished.State == jobs.Running {
		after := min(max(2*l.queue.waits[e.run.ID].after, firstRetry), time.Minute)
		l.queue.waits[e.run.ID] = wait{until: time.Now().Add(after), why: "its end could not be recorded", after: after}
		l.queue.good = time.Time{}
		return
	}
	delete(l.queue.waits, e.run.ID)
	l.Metrics.Ended(e.finished)
	l.pings.due = true
}
