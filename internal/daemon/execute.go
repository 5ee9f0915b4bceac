package daemon

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"syncd/internal/jobs"
)

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
	e.setup.hold()
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
