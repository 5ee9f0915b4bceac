package pull

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
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
	window  *jobs.Window // nil = it was a sweep
	from    time.Time    // zero = it has no beginning
	date    time.Time    // of the first page: what the partner made later may be missing
	shown   int          // different records, by the last walk
	settled bool         // it surely showed all
	refused []string     // of those that were shown

	walks int
	union map[string]struct{} // of the walks since its total last changed
	total int
	last  map[string]struct{}
}

// walk is one walk through all pages.
type walk struct {
	shown map[string]struct{} // by key, or what stands for it
	again int                 // entries of keys that their own page has shown before
	total int                 // -1 = it is not told, or changed meanwhile
	told  bool
	date  time.Time
}

// taking is what is done with a page.
type taking func(ctx context.Context, number int, page *jobs.Page) error

// walks walks a list until it surely showed all, but no more than mostWalks times.
func (c *collection) walks(ctx context.Context, l *list, ask jobs.Ask, take taking) (*list, error) {
	for l.walks < mostWalks {
		w, err := c.walkOnce(ctx, ask, take)
		if err != nil {
			return l, err
		}
		l.add(w, c.Paged || ask.Sweep)
		doubted, err := c.doubts(ctx, l)
		if err != nil {
			return l, err
		}
		if l.settled && !doubted {
			break
		}
	}
	for id := range l.union {
		if c.heard[id].difference == jobs.Undeliverable {
			l.refused = append(l.refused, id)
		}
	}
	slices.Sort(l.refused)
	return l, nil
}

// add counts one walk more, by which a list may be settled. Where it says how many there are, that must have stayed the same, and
// be the number of those that were shown; where it does not, two walks must have shown the same.
func (l *list) add(w *walk, paged bool) {
	l.walks++
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
		l.settled = len(w.shown)+w.again == w.total || len(l.union)+w.again == w.total
	}
}

// doubts reports whether a walk that seems to have shown all is to be made once more: where somebody came and somebody went between
// two pages, their number stays the same, and one who is known may have slipped through.
func (c *collection) doubts(ctx context.Context, l *list) (bool, error) {
	if !l.settled || l.walks > 1 || !c.Paged || l.window == nil || !l.window.Whole {
		return false, nil
	}
	came := false
	for key := range l.union {
		came = came || c.heard[key].difference == jobs.Created
	}
	if !came {
		return false, nil
	}
	gone, _, err := c.unseen(ctx, l.window)
	return len(gone) > 0, err
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
	pages := make(chan answer)
	go func() {
		defer close(pages)
		for now := c.ask(ctx, ask); now != nil; {
			var next *asking
			if <-now.follows {
				ask.Page++
				next = c.ask(ctx, ask)
			}
			select {
			case pages <- <-now.answer:
			case <-ctx.Done(): // nobody takes it
			}
			now = next
		}
	}()
	return pages
}

// asking is a page on its way.
type asking struct {
	follows chan bool // tells, perhaps before the answer, whether a page comes after it
	answer  chan answer
}

func (c *collection) ask(ctx context.Context, ask jobs.Ask) *asking {
	a := &asking{follows: make(chan bool, 2), answer: make(chan answer, 1)}
	ask.Follows = func() {
		a.follows <- true
		runtime.Gosched() // on one processor the next request would leave only once the records of this page are read
	}
	go func() {
		got := c.page(ctx, ask)
		a.follows <- got.page != nil && !got.page.Last
		a.answer <- got
	}()
	return a
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
	if page.Moved {
		w.total = -1
	}
	w.told, w.again = w.told && page.Total >= 0, w.again+page.Repeated
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
	l := &list{total: -1, window: &c.Windows[i], from: ask.From}
	_, err := c.walks(ctx, l, ask, func(ctx context.Context, n int, page *jobs.Page) error {
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
	cursor, known := c.cursor(w.Name)
	switch {
	case w.Since && known:
		return c.since(w.Name, cursor.Since.Add(-w.Overlap))
	case w.Since:
		return c.began.Add(-w.First)
	case w.Span > 0:
		return c.began.Add(-w.Span)
	}
	return time.Time{}
}

// cursor is how far a window, or a sweep, has been read. One that lies in the future is none: it is of a clock that was ahead, and
// nobody knows how far it was.
func (c *collection) cursor(window string) (cursor jobs.Cursor, known bool) {
	const drift = time.Minute
	cursor, known = c.Begun.Cursors[c.Name+"/"+window]
	return cursor, known && cursor.Since.Before(c.began.Add(drift))
}
