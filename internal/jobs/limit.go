package jobs

import "math"

// Limit is how many of something a guard lets pass without asking a person: at most Count, and at most Share of what
// there was before, but Floor in any case, so that a share works with 8 employees, too.
type Limit struct {
	Off   bool    // the guard does not look
	Count int     // NoCount = whatever the number
	Share float64 // 0 to 1; NoShare = whatever the share
	Floor int
}

// NoCount and NoShare leave a part of a Limit open.
const (
	NoCount = math.MaxInt
	NoShare = math.MaxFloat64
)

// Of is the number that passes where there were base before.
func (l Limit) Of(base int) int {
	if l.Share == NoShare {
		return l.Count
	}
	const rounding = 1e-9 // 0.29 × 100 is 29
	return min(l.Count, max(l.Floor, int(l.Share*float64(base)+rounding)))
}

// Trips tells whether n is too many.
func (l Limit) Trips(n, base int) bool { return !l.Off && n > l.Of(base) }
