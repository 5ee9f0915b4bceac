package schedule

import (
	"slices"
	"time"
)

// OnTime is how late a fire may be dealt with without being called missed.
const OnTime = time.Minute

// Policy is what is done about missed fires.
type Policy string

// The policies.
const (
	Skip   Policy = "skip"   // none is made up for
	Latest Policy = "latest" // the newest of each period is
	All    Policy = "all"    // each is
)

// Reasons for which a missed fire is not made up for.
const (
	WhyPolicy = "policy" // the policy leaves it out
	WhyWindow = "window" // it is too long ago
)

// Decision is what becomes of one fire.
type Decision struct {
	Nominal time.Time // when it was due
	Run     bool
	CatchUp bool   // it runs, and was missed
	Why     string // it does not run: WhyPolicy or WhyWindow; "" when it does
}

// Decide tells what becomes of fires, given oldest first and none after now. The newest runs when it is on time. Missed
// ones run as the policy says, unless they are older than window. Period tells what a fire belongs to: of those of one
// period, the policy Latest makes up for the newest only, and for none when the newest of all is on time and of it.
func Decide(fires []time.Time, now time.Time, p Policy, window time.Duration, period func(time.Time) string) []Decision {
	decisions := make([]Decision, len(fires))
	newer := map[string]bool{} // periods of which a newer fire was seen
	for i, fire := range slices.Backward(fires) {
		d := &decisions[i]
		d.Nominal = fire
		of := period(fire)
		late := now.Sub(fire)
		switch {
		case late < OnTime && i == len(fires)-1:
			d.Run = true
		case late > window:
			d.Why = WhyWindow
		case p == All, p == Latest && !newer[of]:
			d.Run, d.CatchUp = true, true
		default:
			d.Why = WhyPolicy
		}
		newer[of] = true
	}
	return decisions
}
