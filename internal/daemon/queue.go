package daemon

import (
	"context"
	"errors"
	"fmt"
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
}

type wait struct {
	until time.Time // by the monotonic clock
	why   string
	after time.Duration // of a run whose end could not be recorded: the pause, doubled each time
}

func newQueue() queue { return queue{executing: map[int64]*execution{}, waits: map[int64]wait{}} }

// forgetWaits: something happened, so what had to wait may go now. Why it waited is kept, to be told only once.
func (q *queue) forgetWaits() {
	for id, w := range q.waits {
		if w.after == 0 {
			w.until = time.Time{}
			q.waits[id] = w
		}
	}
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
	active, err := l.Ledger.Active(ctx, l.setup.pairs())
	if err != nil {
		return 0, err
	}
	l.queue.keepWaits(active)
	poll, ours := idlePoll, false
	for _, a := range active {
		ours = ours || a.Ours
		if a.State == jobs.Running && !a.Ours {
			poll = min(poll, watchPoll)
		}
		if a.Wait > 0 && !a.Ours {
			poll = min(poll, a.Wait)
			continue
		}
		if !l.hasRoom(a) {
			continue
		}
		if err := l.claim(ctx, a); err != nil {
			return 0, err
		}
	}
	if len(l.queue.executing) == 0 && !ours { // what is still ours must not look like a dead process's
		l.Ledger.Rest()
	}
	return max(poll, 10*time.Millisecond), nil
}

// hasRoom tells whether a run can be claimed as far as this process knows. The last place is not for runs that wait for
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
		if l.leaveWaiting(a, fmt.Sprintf("period %s is not finished: run %d is %s", order.Other.Period, order.Other.ID, order.Other.State)) && isFire(a.Trigger) {
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

// leaveWaiting tells whether the reason is new.
func (l *loop) leaveWaiting(a ledger.Active, why string) bool {
	known := l.queue.waits[a.ID].why == why
	if !known {
		l.Log.Warn().Int64("run", a.ID).Str("job", a.Pair.Job).Str("dossier", l.setup.dossier(a.Pair.TargetID)).
			Str("period", string(a.Period)).Str("reason", why).Msg("a run waits")
	}
	l.queue.waits[a.ID] = wait{until: time.Now().Add(refusedFor), why: why}
	return !known
}
