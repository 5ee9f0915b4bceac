package daemon

import (
	"fmt"
	"strings"
	"time"

	"syncd/internal/ledger"
)

// status is the line that systemctl shows.
func (l *loop) status() string {
	parts := []string{l.doing()}
	if n := l.queue.waiting(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d waiting", n))
	}
	if paused := l.pausedHere(); len(paused) > 0 {
		parts = append(parts, "paused: "+strings.Join(paused, ", "))
	}
	if l.refused != "" {
		parts = append(parts, "the new configuration is refused, the former one is in force: "+l.refused)
	}
	return strings.Join(parts, "; ")
}

func (l *loop) doing() string {
	switch {
	case l.trouble != "":
		return "not ready: " + l.trouble
	case len(l.queue.executing) == 1:
		for _, e := range l.queue.executing {
			return fmt.Sprintf("executing run %d (%s)", e.run.ID, strings.Join(words(e.run.Job, e.run.Target.Dossier, string(e.run.Period)), ", "))
		}
	case len(l.queue.executing) > 1:
		return fmt.Sprintf("executing %d runs", len(l.queue.executing))
	}
	if job, at := l.next(); job != nil {
		return fmt.Sprintf("idle; next: %s at %s", job.Name, at.Format("2006-01-02 15:04 MST"))
	}
	return "idle; nothing is scheduled"
}

func words(all ...string) (some []string) {
	for _, w := range all {
		if w != "" {
			some = append(some, w)
		}
	}
	return some
}

// next is the job that fires next, and when. One that is paused does not.
func (l *loop) next() (next *Job, at time.Time) {
	now := l.Now()
	for _, job := range l.setup.Jobs {
		if job.Schedule == nil || len(job.Targets) == 0 || l.paused[job.Name] {
			continue
		}
		if fire := job.Schedule.Next(now); !fire.IsZero() && (next == nil || fire.Before(at)) {
			next, at = job, fire
		}
	}
	return next, at
}

// compareWith reports, once a change, that another daemon has another configuration for a job. Both execute it: which
// of them a run meets is chance.
func (l *loop) compareWith(daemons []ledger.Daemon) {
	differs := map[string]bool{}
	for name, digest := range l.setup.digests() {
		differs[name] = false
		for _, other := range daemons {
			if theirs, ok := other.Jobs[name]; ok && other.ID != l.ID && other.Silent < 3*seeEvery && theirs != digest {
				differs[name] = true
				l.reportDifference(name, other)
			}
		}
		if !differs[name] {
			delete(l.different, name)
		}
	}
	l.Metrics.SetConfigurationDifferences(differs)
}

func (l *loop) reportDifference(job string, other ledger.Daemon) {
	if l.different[job] {
		return
	}
	l.different[job] = true
	l.Log.Warn().Str("job", job).Str("host", other.Host).Int("pid", other.PID).
		Msg("another daemon has another configuration for this job: make them equal")
}
