package daemon

import (
	"context"
	"time"

	"syncd/internal/ledger"
)

const (
	pingsEvery   = time.Minute            // what was not told, here or elsewhere, is told again
	pingsApart   = 500 * time.Millisecond // between two looks while runs begin and end
	pingedWithin = 5 * time.Second        // to note that one was told
)

// pings is what the loop knows of what dead man's switches are to be told: what that is, the ledger knows.
type pings struct {
	due    bool      // some run has begun or ended
	looked time.Time // zero = never
}

// tellPings tells what is due, in the background. It returns when to look again.
func (l *loop) tellPings(ctx context.Context) (time.Duration, error) {
	wait := pingsEvery
	if l.pings.due {
		wait = pingsApart
	}
	if since := time.Since(l.pings.looked); !l.pings.looked.IsZero() && since < wait {
		return wait - since, nil
	}
	pairs := l.setup.pinging()
	if pairs == nil {
		return oneDay, nil
	}
	due, err := l.Ledger.DuePings(ctx, pairs)
	if err != nil {
		return 0, err
	}
	l.pings = pings{looked: time.Now()}
	for _, p := range due {
		l.tellPing(p)
	}
	return pingsEvery, nil
}

func (l *loop) tellPing(p ledger.Ping) {
	job := l.setup.job(p.Job)
	url, err := job.Ping(p.Event)
	if err != nil {
		l.Log.Warn().Str("job", p.Job).Str("event", p.Event).Msg("the URL to ping cannot be read")
		return
	}
	l.Pinger.Go(p.Job, p.Event, url, func() { l.notePinged(p) })
}

// notePinged is called from another goroutine than the loop's. What could not be noted is told again.
func (l *loop) notePinged(p ledger.Ping) {
	ctx, cancel := context.WithTimeout(context.Background(), pingedWithin)
	defer cancel()
	if err := l.Ledger.Pinged(ctx, p); err != nil {
		l.Log.Warn().Str("job", p.Job).Str("event", p.Event).Str("trouble", firstLine(err.Error())).Msg("a ping was told, and will be once more: that could not be recorded")
	}
}

// tellLastPings is tellPings when the daemon ends. What is not told then another one tells, or the next start.
func (l *loop) tellLastPings(ctx context.Context) {
	if !l.pings.due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	l.pings.looked = time.Time{}
	if _, err := l.tellPings(ctx); err != nil {
		l.Log.Warn().Str("trouble", firstLine(err.Error())).Msg("what is to be pinged could not be read: the next daemon tells it")
	}
}

// owePing notes that a fire waits for a person, who is to hear of it.
func (l *loop) owePing(ctx context.Context, run int64) error {
	err := l.brief(ctx, func(ctx context.Context) error { return l.Ledger.OwePing(ctx, run) })
	if isAway(ctx, err) {
		return err
	}
	l.pings.due = true
	return nil
}

// pinging are the jobs that somebody wants to hear of.
func (s *Setup) pinging() (pairs []ledger.Pair) {
	for _, j := range s.Jobs {
		if j.Ping != nil {
			pairs = append(pairs, j.pairs()...)
		}
	}
	return pairs
}
