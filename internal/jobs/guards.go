package jobs

import "math"

// Guards are what a push asks before it sends: rules that hold the whole run, and rules that hold single employees while
// the others go. The defaults, and why they are so, stand in config.toml.
type Guards struct {
	Created    Limit // employees whom the target does not know yet
	Updated    Limit // employees whose master data changed
	Departed   Limit // employees who are newly gone from staging
	Duplicates Limit // matricules with several rows
	Fall       Limit // employees fewer than in the last finished run
	Elements   Limit // how far the number of payroll elements may be from the usual one
	CodeTotals Limit // how far the total of one code may be from the usual one, in units of the element

	RequireElements bool // a month in which nobody has an element is held
	MaxGap          int  // months between the period and the nearest one that was sent; 0 = any
	MaxBack         int  // months by which the period may be older than the newest one that was sent; 0 = any
	Approval        bool // every plan that would send something waits for a person
	Verify          bool // each run compares what the partner has with what it acknowledged
	CheckKeys       bool // an IBAN or a NIR with wrong check digits holds the employee
	Recognise       bool // a member whose value is an IBAN or a NIR counts among HoldFields and UniqueFields, where no name tells

	HoldFields   []string // paths of master data whose change holds the employee; empty, but not nil = none at all
	UniqueFields []string // paths of master data that two matricules must not share; likewise
	AmountFields []string // paths of numbers of elements ("Elements.Montant") that are watched; nil = all numeric ones
	MaxAmount    float64  // how many times an employee's median an amount may be; 0 = any
}

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

// Trips reports whether n is too many.
func (l Limit) Trips(n, base int) bool { return !l.Off && n > l.Of(base) }
