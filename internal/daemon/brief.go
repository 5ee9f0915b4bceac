package daemon

import (
	"context"
	"errors"
	"time"

	"syncd/internal/jobs"
)

// errHeldUp means that only one thing of many does not go on.
var errHeldUp = errors.New("the ledger does not answer in time to one statement of many: another session may hold a lock")

// feedEvery is how long the loop may do one thing, or rest: systemd's watchdog is to be fed twice in its time.
func (l *loop) feedEvery() time.Duration {
	if watchdog := l.Notify.WatchdogInterval(); watchdog > 0 {
		return watchdog / 2
	}
	return oneDay
}

// turnTime is how long the statements of a turn may take.
func (l *loop) turnTime() time.Duration { return min(turnTimeout, l.feedEvery()) }

// briefTime is how long they may take of it for one run or one schedule.
func (l *loop) briefTime() time.Duration { return l.turnTime() / 5 }

// isAway tells an error that all that is asked of the ledger now would meet.
func isAway(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, jobs.ErrUnreachable))
}

// brief does one thing of many for one target. That somebody holds a lock of it in the ledger must not keep others from
// their turn.
func (l *loop) brief(ctx context.Context, do func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, l.briefTime())
	defer cancel()
	err := do(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return errHeldUp
	}
	return err
}
