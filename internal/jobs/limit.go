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

// far tells whether a figure is too far from what it usually is: by more than Count, or, beyond Floor, by more than Share
// above it, or as many times below it. What is zero tells nothing.
func (l Limit) far(now, usual float64) bool {
	if l.Off || usual == 0 {
		return false
	}
	off := math.Abs(now - usual)
	return off > float64(l.Count) || l.Share != NoShare && off > l.within(now, usual)
}

// within is how far from the usual a figure on that side of it may be, Count left aside. It is no whole number: 100 % of
// 250.50 hours are not 250.
func (l Limit) within(now, usual float64) float64 {
	const rounding = 1e-6 // less than Totals tell apart
	share := l.Share
	if now/usual < 1 {
		share /= 1 + share // as many times less
	}
	return max(float64(l.Floor), share*math.Abs(usual)+rounding)
}

// times is how many times the usual a figure on that side of it may be.
func (l Limit) times(ratio float64) float64 {
	switch {
	case l.Share == NoShare:
		return 0 // only a difference is limited
	case ratio < 1:
		return 1 / (1 + l.Share)
	}
	return 1 + l.Share
}

// Trips tells whether n is too many.
func (l Limit) Trips(n, base int) bool { return !l.Off && n > l.Of(base) }
