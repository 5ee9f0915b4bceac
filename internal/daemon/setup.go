package daemon

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
)

// Setup is what a configuration comes to: the jobs, and all that executing them takes.
type Setup struct {
	Jobs        []*Job
	MaxRuns     int                // executed at once
	Retry       *schedule.Schedule // when failed runs are taken up again; nil = never
	RetryWithin time.Duration
	Expires     map[string]time.Duration // by job: how long a hold waits for a person
	Purge       *schedule.Schedule       // when what is past its time is deleted; nil = never
	PurgeNow    func()                   // begins to, and returns
	Closed      []schedule.Day
	Grace       time.Duration // for what is on its way when the daemon stops
	Digest      string        // of the configuration
	Close       func()        // called when nothing uses it any more

	users atomic.Int32 // the loop, and the runs that were begun with it
}

// Job is a configured job.
type Job struct {
	Name       string
	Kind       jobs.Kind
	Schedule   *schedule.Schedule // nil = by hand only
	Missed     schedule.Policy
	Window     time.Duration                                            // fires older than this are not caught up
	PeriodIn   func(nominal time.Time, zone *time.Location) jobs.Period // by the clock of the zone of the schedule that it is of
	Digest     string                                                   // of the configuration of this job
	Resumption jobs.Resumption
	Request    jobs.NewRun   // what all its runs have in common
	Targets    []jobs.Target // one a dossier
	// Execute does the work of a claimed run, until stop is closed, and returns it as recorded.
	Execute func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error)
	// Ping is where an event of ledger.Ping is told; "" = nowhere. nil = nothing is told anywhere.
	Ping func(event string) (url string, err error)
}

func (s *Setup) hold() { s.users.Add(1) }

func (s *Setup) release() {
	if s.users.Add(-1) == 0 {
		s.Close()
	}
}

// job is the job of a run, nil when it is not configured here.
func (s *Setup) job(name string) *Job {
	for _, j := range s.Jobs {
		if j.Name == name {
			return j
		}
	}
	return nil
}

func (s *Setup) pairs() []ledger.Pair {
	var all []ledger.Pair
	for _, j := range s.Jobs {
		all = append(all, j.pairs()...)
	}
	return all
}

func (j *Job) pairs() []ledger.Pair {
	pairs := make([]ledger.Pair, len(j.Targets))
	for i, t := range j.Targets {
		pairs[i] = ledger.Pair{Job: j.Name, TargetID: t.ID}
	}
	return pairs
}

func (s *Setup) digests() map[string]string {
	digests := make(map[string]string, len(s.Jobs))
	for _, j := range s.Jobs {
		digests[j.Name] = j.Digest
	}
	return digests
}

// dossier names the target of a pair, for messages.
func (s *Setup) dossier(target int64) string {
	for _, j := range s.Jobs {
		for _, t := range j.Targets {
			if t.ID == target {
				return t.Dossier
			}
		}
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
