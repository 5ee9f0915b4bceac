package daemon

import (
	"context"
	"time"
)

// watchPauses reads which jobs are paused after a notification, and now and then: one may be lost.
func (l *loop) watchPauses(ctx context.Context) error {
	if !l.pausedAt.IsZero() && time.Since(l.pausedAt) < seeEvery {
		return nil
	}
	return l.readPauses(ctx)
}

func (l *loop) readPauses(ctx context.Context) error {
	pauses, err := l.Ledger.Pauses(ctx)
	if err != nil {
		return err
	}
	l.paused, l.pausedAt = map[string]bool{}, time.Now()
	for _, p := range pauses {
		l.paused[p.Job] = true
	}
	return nil
}

// pausedHere names the jobs of this configuration that are paused.
func (l *loop) pausedHere() (names []string) {
	for _, job := range l.setup.Jobs {
		if l.paused[job.Name] {
			names = append(names, job.Name)
		}
	}
	return names
}
