package pull

import (
	"context"
	"errors"
	"maps"
	"slices"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// askAtOnce is how many keys are asked about by one statement.
const askAtOnce = 500

// acknowledge tells the partner what is stored, one record after the other, and closes what somebody has acknowledged.
func (c *collection) acknowledge(ctx context.Context) error {
	if !c.Acks {
		return nil
	}
	if err := c.close(ctx); err != nil {
		return err
	}
	if !c.Job.Acknowledge {
		return nil
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(c.listed)), func(key string) bool {
		s := c.heard[key]
		return !s.now || s.difference == jobs.Undeliverable // what is stored of it may not be what is listed
	})
	for some := range slices.Chunk(keys, askAtOnce) {
		stored, err := c.Inbox.Acknowledgeable(ctx, c.Run.Target.ID, c.Name, some)
		if err != nil {
			return hinted.While("reading the inbox", err)
		}
		for _, key := range some {
			if !slices.Contains(stored, key) {
				continue // without all its files
			}
			if err := c.acknowledgeOne(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// acknowledgeOne is not broken off by a stop: what is on its way is awaited.
func (c *collection) acknowledgeOne(ctx context.Context, key string) error {
	if err := c.stopped(); err != nil {
		return err
	}
	if err := c.Confirm(); err != nil {
		return err
	}
	if err := c.Feed.Acknowledge(ctx, c.Name, key, c.Confirm); err != nil {
		if errors.Is(err, jobs.ErrLost) {
			return err
		}
		why, err := c.spare(err)
		if err != nil {
			return err
		}
		return c.unacknowledged(ctx, key, why)
	}
	c.failures = 0
	if err := c.Inbox.Acknowledged(ctx, c.Run, c.Name, key); err != nil {
		return hinted.While("recording an acknowledgement", err)
	}
	c.counts.Acknowledged++
	return nil
}

func (c *collection) unacknowledged(ctx context.Context, key string, why jobs.Reason) error {
	c.counts.Unacknowledged++
	if err := c.Inbox.Unacknowledged(ctx, c.Run, c.Name, key, why); err != nil {
		return hinted.While("recording an acknowledgement", err)
	}
	return nil
}

// close notes what is no longer listed: somebody has acknowledged it, and if it was us, the answer was lost. It is done where
// the list was read as a whole, and all of it could be told apart.
func (c *collection) close(ctx context.Context) error {
	if c.keyless || slices.ContainsFunc(c.walked, func(l *list) bool { return l.window != nil && !l.settled }) {
		return nil
	}
	closed, err := c.Inbox.Close(ctx, c.Run, c.Name, slices.Sorted(maps.Keys(c.listed)))
	if err != nil {
		return hinted.While("recording an acknowledgement", err)
	}
	c.counts.Closed += closed
	return nil
}
