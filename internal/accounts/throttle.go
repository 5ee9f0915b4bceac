package accounts

import (
	"context"
	"time"
)

// Remembered is how long a failed attempt counts. Of Many its person and an administrator are told.
const (
	Remembered = time.Hour
	Many       = 10
)

// What passes without a wait, and the longest waits. The longest one is short: who is meant to be kept out need not know more than a
// name to make its owner wait. An address may be that of a whole school, or of a proxy.
const (
	freeOfAccount, freeOfAddress = 5, 100
	firstWait                    = 5 * time.Second
	mostOfBoth                   = 5 * time.Minute
	mostOfOne                    = time.Minute
)

// Delay is how long somebody has to wait before another attempt is looked at; 0 = it is. From where a person has signed in before,
// only what failed in their name from there counts: nobody elsewhere can keep them out.
func Delay(a Attempts, now time.Time) time.Duration {
	after := func(n, free int, last time.Time, most time.Duration) time.Duration {
		if n < free {
			return 0
		}
		wait := min(firstWait<<min(n-free, 10), most)
		return max(0, wait-now.Sub(last))
	}
	both := after(a.OfBoth, freeOfAccount, a.LastOfBoth, mostOfBoth)
	if a.Known {
		return both
	}
	return max(both, after(a.OfAccount, freeOfAccount, a.LastOfAccount, mostOfOne),
		after(a.OfAddress, freeOfAddress, a.LastOfAddress, mostOfOne))
}

// attempt records an attempt, or tells how long to wait.
func (s Service) attempt(ctx context.Context, name, address string) error {
	now := s.now()
	wait, err := s.Ledger.Attempt(ctx, name, address, now, func(a Attempts) time.Duration { return Delay(a, now) })
	if err == nil && wait > 0 {
		err = &WaitError{wait}
	}
	return err
}
