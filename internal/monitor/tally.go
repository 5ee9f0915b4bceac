package monitor

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"syncd/internal/jobs"
)

// maxRemembered bounds the runs whose counts are kept in case they are taken up again.
const maxRemembered = 1000

// tally adds up what became of the employees of runs. The counts of a run are of the whole run: one that is resumed
// and ends again adds only what is new since.
type tally struct {
	total *prometheus.CounterVec

	mu      *sync.Mutex
	counted map[int64]jobs.Counts // of runs that may go on
}

func newTally(total *prometheus.CounterVec) tally {
	return tally{total: total, mu: new(sync.Mutex), counted: map[int64]jobs.Counts{}}
}

func (t *tally) add(run *jobs.Run) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := byOutcome(t.counted[run.ID])
	for i, now := range byOutcome(run.Counts) {
		if more := now.employees - before[i].employees; more > 0 {
			t.total.WithLabelValues(run.Job, now.outcome).Add(float64(more))
		}
	}
	t.remember(run)
}

// remember keeps the counts of a run that can go on. To forget is harmless: such a run would count twice.
func (t *tally) remember(run *jobs.Run) {
	if run.State == jobs.Succeeded || run.State == jobs.Cancelled {
		delete(t.counted, run.ID)
		return
	}
	if len(t.counted) >= maxRemembered {
		clear(t.counted)
	}
	t.counted[run.ID] = run.Counts
}

type outcomeCount struct {
	outcome   string
	employees int
}

// byOutcome is the accounting of the employees read; its sum is EmployeesRead.
func byOutcome(c jobs.Counts) [8]outcomeCount {
	return [8]outcomeCount{
		{"unchanged", c.Unchanged},
		{string(jobs.ItemAccepted), c.Accepted},
		{string(jobs.ItemRejected), c.Rejected},
		{string(jobs.ItemBlocked), c.Blocked},
		{string(jobs.ItemHeld), c.Held},
		{string(jobs.ItemUncertain), c.Uncertain},
		{string(jobs.ItemSuperseded), c.Superseded},
		{"not_attempted", c.NotAttempted},
	}
}
