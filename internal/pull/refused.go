package pull

import (
	"context"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// A record that cannot be stored must not be lost, and must not make each walk longer than the one before for ever. So the cursor of
// its window passes it, and it is remembered in the same transaction: each run tells of it, and now and then a run begins where it
// was shown, until it is whole, or no longer there.

// After how long what was refused is asked for again: a call that failed may have an answer the next day. A run that a person begins
// does so at once.
const (
	retryRecord = 7 * 24 * time.Hour
	retryCall   = 20 * time.Hour
)

func retryAfter(why jobs.ReasonCode) time.Duration {
	switch why {
	case jobs.ReasonFailures, jobs.ReasonUnreachable, jobs.ReasonSlow:
		return retryCall
	}
	return retryRecord
}

// retries reports whether what a window remembers is to be asked for again.
func (c *collection) retries(window string) bool {
	remembered := c.Begun.Refused[c.Name+"/"+window]
	if t := c.Run.Trigger; t == jobs.TriggerManual || t == jobs.TriggerResume {
		return len(remembered) > 0
	}
	for _, r := range remembered {
		if c.began.Sub(r.Tried) >= retryAfter(r.Reason.Code) {
			return true
		}
	}
	return false
}

// since is where a window begins: where it is due at what is remembered, else at its cursor.
func (c *collection) since(window string, cursor time.Time) time.Time {
	if !c.retries(window) {
		return cursor
	}
	for _, r := range c.Begun.Refused[c.Name+"/"+window] {
		if r.Since.Before(cursor) {
			cursor = r.Since
		}
	}
	return cursor
}

// showRemembered counts those that no list of this run was to show: they are refused as they were.
func (c *collection) showRemembered() {
	for _, name := range c.cursorNames() {
		for key, r := range c.Begun.Refused[c.Name+"/"+name] {
			if !c.heard[key].now && !c.covers(name, r.Since) {
				c.showRefused(key, r.Reason)
			}
		}
	}
}

// tellRefused keeps with the run what is refused in the end: a later walk may have shown that it is whole.
func (c *collection) tellRefused(ctx context.Context) error {
	var refused []jobs.Refused
	for key, s := range c.heard {
		if s.difference == jobs.Undeliverable {
			refused = append(refused, jobs.Refused{Key: key, Reason: s.why})
		}
	}
	if len(refused) == 0 {
		return nil
	}
	slices.SortFunc(refused, func(a, b jobs.Refused) int { return strings.Compare(a.Key, b.Key) })
	if err := c.Inbox.Refuse(ctx, c.Run, c.Name, refused); err != nil {
		return hinted.While("storing records", err)
	}
	return nil
}

// cursorNames are those of all windows, and of the sweep.
func (c *collection) cursorNames() []string {
	names := []string{sweepCursor}
	for i := range c.Windows {
		names = append(names, c.Windows[i].Name)
	}
	return names
}

// covers reports whether a walk of this run has surely shown all of a window since then.
func (c *collection) covers(window string, since time.Time) bool {
	return slices.ContainsFunc(c.walked, func(l *list) bool {
		name := sweepCursor
		if l.window != nil {
			name = l.window.Name
		}
		return name == window && l.settled && !l.from.After(since)
	})
}

// remember moves the cursor of a window that surely showed all.
func (c *collection) remember(l *list, s *jobs.Settled) {
	s.Cursor = c.asOf(l)
	for _, key := range l.refused {
		if h := c.heard[key]; h.difference == jobs.Undeliverable { // no later window has shown that it is whole
			s.Refused = append(s.Refused, jobs.Refused{Key: key, Reason: h.why})
		}
	}
	for key, r := range c.Begun.Refused[c.Name+"/"+s.Window] {
		h := c.heard[key]
		if h.now && h.difference != jobs.Undeliverable || !slices.Contains(l.refused, key) && !l.from.After(r.Since) {
			s.Mended = append(s.Mended, key)
		}
	}
	slices.Sort(s.Mended)
}
