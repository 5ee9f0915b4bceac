package pull

import (
	"context"
	"errors"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// sweepCursor is the name of a sweep among the windows of its collection.
const sweepCursor = "sweep"

// errBeyondReach says that an interval has more records than can be asked for.
var errBeyondReach = errors.New("more than can be asked for")

// sweep reads what a list of what is new never showed, where that is due: a webhook, or another program, may have taken it, and
// a ledger that was put back does not know what it acknowledged since.
func (c *collection) sweep(ctx context.Context) error {
	since, due := c.sweepSince()
	if !due {
		return nil
	}
	l, err := c.sweepBetween(ctx, since, c.began)
	l.from = since // of all its parts
	c.walked = append(c.walked, l)
	return err
}

func (c *collection) sweepSince() (since time.Time, due bool) {
	if c.Sweep == nil {
		return time.Time{}, false
	}
	cursor, known := c.cursor(sweepCursor)
	if !known {
		return c.began.Add(-c.Sweep.First), true
	}
	c.lost = cursor.Incarnation != c.Begun.Incarnation
	due = c.lost || c.began.Sub(cursor.Since) > c.Sweep.Every || c.retries(sweepCursor)
	return c.since(sweepCursor, cursor.Since.Add(-c.Sweep.Overlap)), due
}

// sweepBetween reads an interval, in halves where it has too many records.
func (c *collection) sweepBetween(ctx context.Context, from, to time.Time) (*list, error) {
	ask := jobs.Ask{Collection: c.Name, Sweep: true, From: from, To: to}
	l, err := c.walks(ctx, &list{total: -1, from: from}, ask, func(ctx context.Context, n int, page *jobs.Page) error {
		if page.Total > c.Sweep.Reach {
			return errBeyondReach
		}
		return c.takeUnknown(ctx, n, page)
	})
	if !errors.Is(err, errBeyondReach) {
		return l, err
	}
	middle := from.Add(to.Sub(from) / 2).Truncate(24 * time.Hour)
	if !middle.After(from) {
		middle = middle.Add(24 * time.Hour)
	}
	if !middle.Before(to) {
		return &list{}, nil // a single day
	}
	older, err := c.sweepBetween(ctx, from, middle)
	if err != nil {
		return older, err
	}
	newer, err := c.sweepBetween(ctx, middle, to)
	if err != nil {
		return newer, err
	}
	return &list{date: older.date, settled: older.settled && newer.settled, refused: append(older.refused, newer.refused...)}, nil
}

// takeUnknown takes those of a page that the inbox does not have, and, once after the ledger was put back, those that may have changed
// since: what was known of that is lost.
func (c *collection) takeUnknown(ctx context.Context, n int, page *jobs.Page) error {
	keys := make([]string, 0, len(page.Records))
	for i := range page.Records {
		if page.Records[i].Key != "" {
			keys = append(keys, page.Records[i].Key)
		}
	}
	known, err := c.Inbox.Known(ctx, c.Run.Target.ID, c.Name, keys)
	if err != nil {
		return hinted.While("reading the inbox", err)
	}
	var unknown []jobs.Record
	for _, r := range page.Records {
		if k, is := known[r.Key]; !is || c.lost && !k.Forgotten {
			unknown = append(unknown, r)
		}
	}
	return c.take(ctx, n, unknown)
}
