package daemon

import (
	"cmp"
	"context"
	"time"

	"syncd/internal/schedule"
)

// expireEvery is how often holds are looked through: they wait for days.
const expireEvery = time.Hour

// runChores takes up failed runs again, gives up holds that nobody decided about, and deletes what is past its time.
// Nothing of that is caught up: the next time comes soon. But what could not be done is tried again at the next turn, and
// keeps no other chore from its turn.
func (l *loop) runChores(ctx context.Context, now time.Time) error {
	// The clock may have been set back.
	l.fires.retried, l.fires.purged, l.fires.expired = earlier(l.fires.retried, now), earlier(l.fires.purged, now), earlier(l.fires.expired, now)
	var undone error
	for _, chore := range []func(context.Context, time.Time) error{l.noteConfiguration, l.expireHolds, l.purge, l.reconsider} {
		err := chore(ctx, now)
		if isAway(ctx, err) {
			return err
		}
		undone = cmp.Or(undone, err)
	}
	return undone
}

func (l *loop) purge(_ context.Context, now time.Time) error {
	if isDue(l.setup.Purge, l.fires.purged, now) && l.mayDelete() {
		l.fires.purged = now
		l.setup.PurgeNow()
	}
	return nil
}

// reconsider takes up failed runs when that is due, and once with each configuration.
func (l *loop) reconsider(ctx context.Context, now time.Time) error {
	if l.setup.Retry == nil || l.fires.reconsidered && !isDue(l.setup.Retry, l.fires.retried, now) {
		return nil
	}
	if err := l.retryFailed(ctx); err != nil {
		return err
	}
	l.fires.retried, l.fires.reconsidered = now, true
	return nil
}

// noteConfiguration tells the trail, once for each load.
func (l *loop) noteConfiguration(ctx context.Context, _ time.Time) error {
	if l.fires.noted {
		return nil
	}
	err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.SetConfiguration(ctx, l.setup.Digest) })
	l.fires.noted = err == nil
	return err
}

func (l *loop) expireHolds(ctx context.Context, now time.Time) error {
	if now.Sub(l.fires.expired) < expireEvery || !l.mayDelete() {
		return nil
	}
	err := l.brief(ctx, func(ctx context.Context) error {
		runs, err := l.Ledger.ExpireHolds(ctx, l.setup.pairs(), l.setup.Expires)
		for _, id := range runs {
			l.Log.Warn().Int64("run", id).Msg("nobody has decided about what this run holds: it was given up")
		}
		return err
	})
	if err == nil {
		l.fires.expired = now
	}
	return err
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
