package daemon

import (
	"context"
	"time"

	"syncd/internal/schedule"
)

// runChores takes up failed runs again and deletes what is past its time, each on a schedule of its own. Nothing of that
// is caught up: the next time comes soon.
func (l *loop) runChores(ctx context.Context, now time.Time) error {
	if isDue(l.setup.Retry, &l.fires.retried, now) {
		if err := l.retryFailed(ctx, false); err != nil {
			return err
		}
	}
	if isDue(l.setup.Purge, &l.fires.purged, now) {
		l.setup.PurgeNow()
	}
	return nil
}

func (l *loop) retryFailed(ctx context.Context, configured bool) error {
	ids, err := l.Ledger.RetryFailed(ctx, l.setup.pairs(), l.setup.RetryWithin, configured)
	for _, id := range ids {
		l.Log.Info().Int64("run", id).Msg("a failed run is queued again")
	}
	return err
}

// isDue tells whether a schedule fired since last, and moves last.
func isDue(s *schedule.Schedule, last *time.Time, now time.Time) bool {
	if s == nil {
		return false
	}
	*last = earlier(*last, now) // the clock may have been set back
	fire := s.Next(*last)
	if fire.IsZero() || fire.After(now) {
		return false
	}
	*last = now
	return true
}
