package jobs

import "time"

// Elapsed is how long ago something was, by whichever clock says more: a machine that slept shows in the wall clock, not in the
// monotonic one.
func Elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}
