package e2e

import (
	"fmt"

	"syncd/internal/jobs"
)

// refuseOlderMonth notes a month that takes the place of a later one, which was sent, or of which a run counts on what is
// there: it says that it delivered it.
func (f *fakeAPI) refuseOlderMonth(key string, month jobs.Period) {
	at := f.heldKey(key, month)
	if month < f.of[at] {
		f.wrongs = append(f.wrongs, fmt.Sprintf("%s: %s overwrote %s", key, month, f.of[at]))
	}
	for run, later := range f.found[at] {
		if month < later && !f.cancelled(run) {
			f.wrongs = append(f.wrongs, fmt.Sprintf("%s: %s overwrote what run %d of %s counted on", key, month, run, later))
		}
	}
}

// count notes that a run sends nothing of an employee, for what it holds is what staging has, and is newer for that.
func (f *fakeAPI) count(run *jobs.Run, key string, revision int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.heldKey(key, run.Period)
	f.newest[at] = max(f.newest[at], f.since[revision])
	if f.found[at] == nil {
		f.found[at] = map[int64]jobs.Period{}
	}
	f.found[at][run.ID] = run.Period
}
