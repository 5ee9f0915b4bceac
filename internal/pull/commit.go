package pull

import (
	"cmp"
	"context"
	"slices"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// detailsAtOnce is how many records are asked for one by one before they are committed.
const detailsAtOnce = 20

// take commits the records of a page.
func (c *collection) take(ctx context.Context, page int, records []jobs.Record) error {
	atOnce := max(len(records), 1)
	if c.Detail {
		atOnce = detailsAtOnce
	}
	first := 0
	for some := range slices.Chunk(records, atOnce) {
		if err := c.takeSome(ctx, page, first, some); err != nil {
			return err
		}
		first += len(some)
	}
	c.Progress.Fetching(len(c.heard))
	return nil
}

func (c *collection) takeSome(ctx context.Context, page, first int, records []jobs.Record) error {
	var whole []jobs.Record
	for i := range records {
		r, why := records[i], jobs.Reason{}
		if c.Detail && r.Key != "" && r.Problem == "" && r.Document == nil {
			if s := c.heard[r.Key]; s.now && s.difference != jobs.Undeliverable {
				continue // a sweep, or an earlier walk, has asked for it
			}
			var err error
			if r, why, err = c.detail(r.Key); err != nil {
				return err
			}
		}
		if why.Code == "" {
			why.Code = r.Problem
		}
		switch {
		case r.Foreign:
			c.foreign[r.Fingerprint] = true
		case why.Code != "":
			c.showRefused(cmp.Or(r.Key, place(page, first+i)), why)
		default:
			whole = append(whole, r)
		}
	}
	return c.store(ctx, whole)
}

// detail reads one record as a whole. why tells that it cannot be had.
func (c *collection) detail(key string) (r jobs.Record, why jobs.Reason, err error) {
	got, err := c.Feed.Detail(c.reading, c.Name, key)
	if err != nil {
		why, err = c.spare(err)
		return jobs.Record{Key: key}, why, err
	}
	c.failures = 0
	if got == nil {
		return jobs.Record{Key: key, Problem: jobs.RecordNotThere}, why, nil
	}
	if !got.Foreign {
		got.Key = key
	}
	return *got, why, nil
}

// store commits what differs from what is known. Where nothing does, nothing is written.
func (c *collection) store(ctx context.Context, records []jobs.Record) error {
	if len(records) == 0 {
		return nil
	}
	keys := make([]string, len(records))
	for i := range records {
		keys[i] = records[i].Key
	}
	known, err := c.Inbox.Known(ctx, c.Run.Target.ID, c.Name, keys)
	if err != nil {
		return hinted.While("reading the inbox", err)
	}
	differing := slices.DeleteFunc(records, func(r jobs.Record) bool {
		k, is := known[r.Key]
		same := is && (k.Forgotten || !k.Gone && k.Fingerprint == r.Fingerprint)
		if same {
			c.show(r.Key, jobs.Unchanged)
		}
		return same
	})
	if len(differing) == 0 {
		return nil
	}
	stored, err := c.Inbox.Store(ctx, c.Run, c.Collection, differing)
	if err != nil {
		return hinted.While("storing records", err)
	}
	for _, s := range stored {
		if s.Difference == jobs.Undeliverable {
			c.showRefused(s.Key, s.Reason)
			continue
		}
		c.show(s.Key, s.Difference)
		if s.Returned {
			c.counts.Returned++
		}
	}
	return nil
}
