package pull

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// margin is how far inside the borders of a window a record must be dated to be missed: partner and ledger may have another
// midnight.
const margin = 24 * time.Hour

// judge says what is gone of the windows that were walked, and whether a person must say so first.
func (c *collection) judge(ctx context.Context) error {
	for _, l := range c.walked {
		if !l.settled {
			c.counts.Unsettled++
			c.notices = append(c.notices, jobs.Finding{Rule: jobs.RuleUnsettled, N: mostWalks, Path: c.Name})
			continue
		}
		s, err := c.end(ctx, l)
		if err != nil {
			return err
		}
		if len(s.Gone)+len(s.Mended) > 0 || !s.Cursor.IsZero() {
			c.settling = append(c.settling, s)
		}
	}
	c.unswept()
	if n := len(c.foreign); n > 0 && c.ForeignHolds {
		prints := slices.SortedFunc(maps.Keys(c.foreign), func(a, b [32]byte) int { return slices.Compare(a[:], b[:]) })
		c.holds = append(c.holds, hold{jobs.Reason{Code: jobs.ReasonPullForeign, Detail: fmt.Sprintf("%s %d", c.Name, n),
			Cause: jobs.Because(jobs.CauseForeign, "collection", c.Name, "n", strconv.Itoa(n))},
			jobs.Finding{Rule: jobs.RuleForeign, Holds: true, N: n, Path: c.Name}, fmt.Sprintf("%x", prints)})
	}
	return nil
}

// ackCursor is the name, among the windows of a collection, of when it was last acknowledged. It moves once a day.
const ackCursor = "acknowledged"

// unswept tells of what was acknowledged, and lost with a ledger that was put back: where nothing is swept no list shows it again.
func (c *collection) unswept() {
	if !c.Acks || c.Sweep != nil || !c.Job.Acknowledge {
		return
	}
	cursor, known := c.Begun.Cursors[c.Name+"/"+ackCursor]
	since, lost := c.began.Sub(cursor.Since), known && cursor.Incarnation != c.Begun.Incarnation
	if lost {
		c.notices = append(c.notices, jobs.Finding{Rule: jobs.RuleUnswept, N: max(1, int((since+margin-1)/margin)), Path: c.Name})
	}
	if lost || since >= margin {
		c.settling = append(c.settling, jobs.Settled{Collection: c.Name, Window: ackCursor, Cursor: c.began})
	}
}

// end is what becomes of a window, or a sweep, that surely showed all.
func (c *collection) end(ctx context.Context, l *list) (s jobs.Settled, err error) {
	s = jobs.Settled{Collection: c.Name, Window: sweepCursor, From: l.from}
	if l.window != nil {
		s.Window = l.window.Name
	}
	if l.window == nil || l.window.Since {
		c.remember(l, &s)
	}
	if l.window != nil && l.window.Whole && !c.keyless { // else any of them may be the one that cannot be told
		s.Gone, err = c.gone(ctx, l.window, l)
	}
	return s, err
}

// asOf is until when a list certainly showed all: by the partner's clock, the ledger's or ours, whichever is behind.
func (c *collection) asOf(l *list) time.Time {
	at := c.began
	for _, other := range []time.Time{l.date, c.Begun.At} {
		if !other.IsZero() && other.Before(at) {
			at = other
		}
	}
	return at
}

// gone are the known records of a window that no window has shown. Nothing at all, or too many, are for a person.
func (c *collection) gone(ctx context.Context, w *jobs.Window, l *list) ([]string, error) {
	gone, before, err := c.unseen(ctx, w)
	if err == nil {
		c.judgeGone(w, gone, before, l.shown == 0)
	}
	return gone, err
}

// unseen are the known records of a window that this run has not shown, of so many that were known before it.
func (c *collection) unseen(ctx context.Context, w *jobs.Window) (gone []string, before int, err error) {
	from, to := c.from(w), time.Time{}
	if !from.IsZero() {
		from, to = from.Add(margin), c.began.Add(-margin)
	}
	known, err := c.Inbox.KeysDated(ctx, c.Run.Target.ID, c.Name, from, to)
	if err != nil {
		return nil, 0, hinted.While("reading the inbox", err)
	}
	for _, key := range known {
		s := c.heard[key]
		if s.difference != jobs.Created {
			before++
		}
		if !s.now {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	return gone, before, nil
}

func (c *collection) judgeGone(w *jobs.Window, gone []string, before int, empty bool) {
	if len(gone) == 0 {
		return
	}
	const rounding = 1e-9
	limit := int(c.Job.MaxGone*float64(before) + rounding)
	finding := jobs.Finding{Rule: jobs.RuleGone, N: len(gone), Of: before, Limit: limit, Path: c.Name}
	finding.Keys = slices.Clone(gone[:min(len(gone), jobs.FindingKeys)])
	answer := fmt.Sprintf("%q %q", w.Name, gone)
	switch {
	case empty:
		finding = jobs.Finding{Rule: jobs.RuleEmpty, Holds: true, N: len(gone), Of: before, Path: c.Name}
		c.holds = append(c.holds, hold{jobs.Reason{Code: jobs.ReasonPullEmpty, Detail: c.Name,
			Cause: jobs.Because(jobs.CauseNoneListed, "collection", c.Name)}, finding, answer})
	case len(gone) > limit:
		finding.Holds = true
		why := jobs.Reason{Code: jobs.ReasonPullShrinks, Detail: fmt.Sprintf("%s %d/%d", c.Name, len(gone), before),
			Cause: jobs.Because(jobs.CauseFewer, "collection", c.Name, "n", strconv.Itoa(len(gone)), "of", strconv.Itoa(before))}
		c.holds = append(c.holds, hold{why, finding, answer})
	default:
		c.notices = append(c.notices, finding)
	}
}

// settle marks what is gone, and moves the cursors.
func (c *collection) settle(ctx context.Context) error {
	for _, s := range c.settling {
		if err := c.Inbox.Settle(ctx, c.Run, s); err != nil {
			return hinted.While("storing records", err)
		}
		for _, key := range s.Gone {
			c.show(key, jobs.Departed)
		}
	}
	c.settling = nil
	return nil
}
