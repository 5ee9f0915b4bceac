package pull

import (
	"context"
	"fmt"
	"maps"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

const (
	mostWalks = 3      // of one window, until it surely showed all
	mostPages = 20_000 // of one walk: a list that goes on for ever is none
)

// list is what is known of a list once it was walked.
type list struct {
	date    time.Time // of the first page: what the partner made later may be missing
	shown   int       // different records, by the last walk
	settled bool      // it surely showed all
	refused bool      // a record of it was

	union map[string]struct{} // of the walks since its total last changed
	total int
	last  map[string]struct{}
}

// walk is one walk through all pages.
type walk struct {
	shown map[string]struct{} // by key, or what stands for it
	total int                 // -1 = it is not told, or changed meanwhile
	told  bool
	date  time.Time
}

// taking is what is done with a page.
type taking func(ctx context.Context, number int, page *jobs.Page) error

// walks walks a list until it surely showed all, but no more than mostWalks times.
func (c *collection) walks(ctx context.Context, ask jobs.Ask, take taking) (*list, error) {
	l := &list{total: -1}
	for range mostWalks {
		w, err := c.walkOnce(ctx, ask, take)
		if err != nil {
			return l, err
		}
		if l.add(w, c.Paged || ask.Sweep); l.settled {
			break
		}
	}
	for id := range l.union {
		l.refused = l.refused || c.heard[id].difference == jobs.Undeliverable
	}
	return l, nil
}

// add counts one walk more, by which a list may be settled. Where it says how many there are, that must have stayed the same, and
// be the number of those that were shown; where it does not, two walks must have shown the same.
func (l *list) add(w *walk, paged bool) {
	if l.date.IsZero() {
		l.date = w.date
	}
	l.shown = len(w.shown)
	previous := l.last
	l.last = w.shown
	if w.total < 0 || w.total != l.total {
		l.union = map[string]struct{}{}
	}
	maps.Copy(l.union, w.shown)
	l.total = w.total
	switch {
	case !paged:
		l.settled = true
	case !w.told:
		l.settled = previous != nil && sameKeys(previous, w.shown)
	case w.total >= 0:
		l.settled = len(w.shown) == w.total || len(l.union) == w.total
	}
}

func sameKeys(a, b map[string]struct{}) bool { return maps.Equal(a, b) }

// answer is what came of asking for a page.
type answer struct {
	page     *jobs.Page
	err      error
	panicked any
}

// walkOnce asks for pages while those before them are taken.
func (c *collection) walkOnce(ctx context.Context, ask jobs.Ask, take taking) (*walk, error) {
	reading, cancel := context.WithCancel(c.reading)
	pages := c.ahead(reading, ask)
	defer func() {
		cancel()
		for range pages { //nolint:revive // until nobody asks any more
		}
	}()
	w := &walk{shown: map[string]struct{}{}, told: true}
	n := 0
	for got := range pages {
		if got.panicked != nil {
			panic(got.panicked)
		}
		if got.err != nil {
			return w, got.err
		}
		w.see(n, got.page)
		if err := take(ctx, n, got.page); err != nil {
			return w, err
		}
		if got.page.Last {
			return w, nil
		}
		n++
	}
	return w, reading.Err() // a person stopped it
}

// ahead asks for page after page, up to the last one, and is at most two ahead of who takes them.
func (c *collection) ahead(ctx context.Context, ask jobs.Ask) <-chan answer {
	pages := make(chan answer, 1)
	go func() {
		defer close(pages)
		for more := true; more; ask.Page++ {
			got := c.page(ctx, ask)
			more = got.page != nil && !got.page.Last
			select {
			case pages <- got:
			case <-ctx.Done():
				return
			}
		}
	}()
	return pages
}

// page asks for one. A panic is passed on to who takes it.
func (c *collection) page(ctx context.Context, ask jobs.Ask) (got answer) {
	defer func() {
		if v := recover(); v != nil {
			got = answer{panicked: v}
		}
	}()
	if ask.Page >= mostPages {
		got.err = jobs.Troubled(jobs.ClassTechnical, ask.Collection, hinted.Say("inbox.endless"))
		return got
	}
	if got.page, got.err = c.Feed.Page(ctx, ask); got.err != nil {
		got.page = nil
	}
	return got
}

func (w *walk) see(n int, page *jobs.Page) {
	switch {
	case n == 0:
		w.total, w.date = page.Total, page.Date
	case page.Total != w.total:
		w.total = -1
	}
	w.told = w.told && page.Total >= 0
	for i := range page.Records {
		w.shown[identity(&page.Records[i], n, i)] = struct{}{}
	}
}

// identity is what a record is counted by: its key, or what stands for it.
func identity(r *jobs.Record, page, i int) string {
	switch {
	case r.Foreign:
		return "\x00" + string(r.Fingerprint[:])
	case r.Key == "":
		return place(page, i)
	}
	return r.Key
}

// place names a record that has no usable key.
func place(page, i int) string { return fmt.Sprintf("(page %d, %d)", page+1, i+1) }

// walkWindow reads a window.
func (c *collection) walkWindow(ctx context.Context, i int) error {
	ask := jobs.Ask{Collection: c.Name, Window: i}
	if from := c.from(&c.Windows[i]); !from.IsZero() {
		ask.From, ask.To = from, c.began
	}
	l, err := c.walks(ctx, ask, func(ctx context.Context, n int, page *jobs.Page) error {
		for i := range page.Records {
			r := &page.Records[i]
			if r.Key != "" {
				c.listed[r.Key] = true
			} else if !r.Foreign {
				c.keyless = true
			}
		}
		return c.take(ctx, n, page.Records)
	})
	c.walked = append(c.walked, l)
	return err
}

// from is where a window begins; zero = it has no beginning.
func (c *collection) from(w *jobs.Window) time.Time {
	cursor, known := c.Begun.Cursors[c.Name+"/"+w.Name]
	switch {
	case w.Since && known:
		return cursor.Since.Add(-w.Overlap)
	case w.Since:
		return c.began.Add(-w.First)
	case w.Span > 0:
		return c.began.Add(-w.Span)
	}
	return time.Time{}
}
