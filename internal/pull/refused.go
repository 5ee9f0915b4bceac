package pull

import (
	"context"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
)

// A record that cannot be stored must not be lost, and must not make each walk longer than the one before for ever. So the cursor of
// its window passes it, and it is remembered in the same transaction: each run tells of it, and now and then a run begins where it
// was shown, until it is whole, or no longer there.

// retryEvery is after how long what was refused is asked for again. A run that a person begins does so at once.
const retryEvery = 7 * 24 * time.Hour

// retries reports whether what a window remembers is to be asked for again.
func (c *collection) retries(window string) bool {
	remembered := c.Begun.Refused[c.Name+"/"+window]
	if t := c.Run.Trigger; t == jobs.TriggerManual || t == jobs.TriggerResume {
		return len(remembered) > 0
	}
	for _, r := range remembered {
		if c.began.Sub(r.Tried) >= retryEvery {
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

// tellRemembered counts those that no list of this run was to show: they are refused as they were.
func (c *collection) tellRemembered(ctx context.Context) error {
	var refused []jobs.Refused
	told := map[string]bool{}
	for _, name := range c.cursorNames() {
		for key, r := range c.Begun.Refused[c.Name+"/"+name] {
			if !told[key] && !c.heard[key].now && !c.covers(name, r.Since) {
				told[key], refused = true, append(refused, jobs.Refused{Key: key, Reason: r.Reason})
			}
		}
	}
	slices.SortFunc(refused, func(a, b jobs.Refused) int { return strings.Compare(a.Key, b.Key) })
	return c.refuse(ctx, refused, nil)
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

// remember moves the cursor of a window that surely showed all. Only a call that failed keeps it where it is: the next run may
// have an answer.
func (c *collection) remember(l *list, s *jobs.Settled) {
	if slices.ContainsFunc(l.refused, func(key string) bool { return c.heard[key].passing }) {
		return
	}
	s.Cursor = c.asOf(l)
	for _, key := range l.refused {
		s.Refused = append(s.Refused, jobs.Refused{Key: key, Reason: c.heard[key].why})
	}
	for key, r := range c.Begun.Refused[c.Name+"/"+s.Window] {
		h := c.heard[key]
		if h.now && h.difference != jobs.Undeliverable || !slices.Contains(l.refused, key) && !l.from.After(r.Since) {
			s.Mended = append(s.Mended, key)
		}
	}
	slices.Sort(s.Mended)
}
