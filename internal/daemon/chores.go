package daemon

import (
	"context"
	"time"

	"syncd/internal/schedule"
)

// runChores takes up failed runs again and deletes what is past its time, each on a schedule of its own. Nothing of that
// is caught up: the next time comes soon. But what could not be done is tried again at the next turn.
func (l *loop) runChores(ctx context.Context, now time.Time) error {
	// The clock may have been set back.
	l.fires.retried, l.fires.purged = earlier(l.fires.retried, now), earlier(l.fires.purged, now)
	if isDue(l.setup.Purge, l.fires.purged, now) {
		l.fires.purged = now
		l.setup.PurgeNow()
	}
	if l.setup.Retry == nil || l.fires.reconsidered && !isDue(l.setup.Retry, l.fires.retried, now) {
		return nil
	}
	if err := l.retryFailed(ctx); err != nil {
		return err
	}
	l.fires.retried, l.fires.reconsidered = now, true
	return nil
}

// retryFailed queues failed runs again: with a new configuration also those that failed for the former one.
func (l *loop) retryFailed(ctx context.Context) error {
	return l.brief(ctx, func(ctx context.Context) error {
		ids, err := l.Ledger.RetryFailed(ctx, l.setup.pairs(), l.setup.RetryWithin, !l.fires.reconsidered)
		for _, id := range ids {
			l.Log.Info().Int64("run", id).Msg("a failed run is queued again")
		}
		return err
	})
}

// isDue tells whether a schedule fired since last.
func isDue(s *schedule.Schedule, last, now time.Time) bool {
	if s == nil {
		return false
	}
	fire := s.Next(last)
	return !fire.IsZero() && !fire.After(now)
}
