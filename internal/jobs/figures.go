package jobs

import (
	"math"
	"slices"
)

// Figures are what a finished run of everyone read, as the guards of later runs compare with.
type Figures struct {
	Run       int64  `json:"-"`
	Period    Period `json:"-"`
	Approved  bool   `json:"-"` // a person let that plan go
	Employees int    `json:"employees"`
	Elements  int    `json:"elements"`
	Totals    Totals `json:"totals,omitempty"`
}

// Totals are sums of the numbers of payroll elements, by path ("Elements[HSUP25].Quantite"), in 1/10000.
type Totals map[string]int64

// PeriodTotals are those of one employee in one period that was sent.
type PeriodTotals struct {
	Period Period
	Totals Totals
}

// HistoryPeriods is how many sent periods a median is taken over, LeastPeriods from how many on it tells what is usual.
const (
	HistoryPeriods = 6
	LeastPeriods   = 3
)

// Sums are what the numbers of a plan's elements come to, beside those of the months that guards compare it with. They are pay:
// the ledger keeps them sealed, a report shows them to whoever has its key, and no finding, log, audit or metric has them. They are
// of everyone who was read, and hold nothing of sensitive members. Numbers are in 1/10000, as those of Totals; of a month before
// 0 = it did not occur.
type Sums struct {
	Months []Period    `json:"months,omitempty"` // compared with, newest first, at most HistoryPeriods
	Run    int64       `json:"run,omitempty"`    // of this month, and finished before, which is compared with as well; 0 = none
	Lines  []Sum       `json:"lines,omitempty"`  // members in the order of the document, then codes of them in order of path
	More   int         `json:"more,omitempty"`   // codes that have no line, as there are so many
	Hidden []string    `json:"hidden,omitempty"` // members that are sensitive
	Odd    []OddValues `json:"odd,omitempty"`    // what is no number, and in no sum

	None NoSums `json:"-"` // why there are none; "" = there are
}

// Sum is what one member of elements comes to, of all of them or of those of one code.
type Sum struct {
	Path   string  `json:"path"`            // "Elements.Montant", "Elements[PRIME_EXC].Montant"
	Label  string  `json:"label,omitempty"` // of the code, by its nomenclature
	People int     `json:"people"`          // who have such an element now
	Now    int64   `json:"now"`
	Same   int64   `json:"same,omitempty"` // in Sums.Run
	Before []int64 `json:"before"`         // in Sums.Months
	Who    []Whose `json:"who,omitempty"`  // of a code, those who would be sent and are furthest from what is usual for them
}

// Whose is what one employee has of a Sum, and what is usual: the median of the months sent in which it occurred.
type Whose struct {
	Key   string `json:"key"`
	Now   int64  `json:"now"`
	Usual int64  `json:"usual"`
}

// OddValues counts values of a member that are no numbers.
type OddValues struct {
	Path string `json:"path"`
	N    int64  `json:"n"`
}

// NoSums is why a run has no sums.
type NoSums string

const (
	SumsUnknown NoSums = "unknown" // it was planned by a program that kept none, or they are past their time
	SumsAltered NoSums = "altered" // they do not open: somebody altered the ledger
	SumsPartial NoSums = "partial" // of some employees: there is no total of the month
)

// Usual is what a sum usually comes to, as the guards have it: the median of the months in which it occurred, from LeastPeriods
// on; with fewer, what this month's earlier run had, else what there is. Not ok: nothing is known.
func (s *Sum) Usual() (units int64, ok bool) {
	before := slices.DeleteFunc(slices.Clone(s.Before), func(units int64) bool { return units == 0 })
	switch {
	case len(before) < LeastPeriods && s.Same != 0:
		return s.Same, true
	case len(before) == 0:
		return 0, false
	}
	slices.Sort(before)
	middle := len(before) / 2
	if len(before)%2 == 0 {
		return (before[middle-1] + before[middle]) / 2, true
	}
	return before[middle], true
}

// Forget takes somebody's amounts out, and each code's that are theirs alone. It reports whether there was anything of them.
func (s *Sums) Forget(key string) (found bool) {
	all := len(s.Lines)
	s.Lines = slices.DeleteFunc(s.Lines, func(sum Sum) bool {
		return sum.People == 1 && len(sum.Who) > 0 && sum.Who[0].Key == key
	})
	found = len(s.Lines) < all
	for i := range s.Lines {
		who := s.Lines[i].Who
		s.Lines[i].Who = slices.DeleteFunc(who, func(w Whose) bool { return w.Key == key })
		found = found || len(s.Lines[i].Who) < len(who)
	}
	return found
}

// Amount is what a finding says of a sum. It is pay, and never stored with the finding: it comes out of what is sealed.
type Amount struct {
	Now, Usual int64 // in 1/10000
	Label      string
	People     int     // 0 = it is one employee's
	Who        []Whose // as of Sum
}

// History is what the guards ask of the ledger about a target.
type History struct {
	Known     bool                  // something was ever acknowledged
	Last      *Figures              // of the newest finished run of everyone; nil = none
	Tried     map[string][32]byte   // the documents that it did not deliver, by matricule: they were judged then
	Same      *Figures              // of the newest finished run of everyone for the same period; one that a person approved comes first
	Earlier   []Figures             // of the newest one of each of the last six earlier periods in which something was sent, newest first
	Nearest   Period                // the nearest period in which something was sent; "" = none
	Newest    Period                // the newest one in which something was sent; "" = none
	Drifted   bool                  // an open item of this period is held for what the other side edited
	Restored  bool                  // the ledger was put back since the last finished run: it may not know what was sent
	Looked    bool                  // and a person has looked since
	LostMonth bool                  // the period may have been sent in what the ledger lost, and no run of it was finished since
	Sender    *Sender               // the last run to which something was acknowledged; nil = none
	Siret     string                // for whom the target was sent something; "" = for nobody, or not known
	Forms     map[int64]Form        // by which something was sent; 0 = the first of them, which stands for what is older
	Forgotten func(key string) bool // who was erased, although something was sent for the period; nil = nobody
	Owed      map[string]bool       // who was to be sent again, changed or not, and is yet to be: the run that was asked for it stopped
	Traced    bool                  // of some who left only traces are kept
	Altered   []int64               // runs whose figures do not open: somebody altered the ledger
	Closed    []Period              // earlier periods that are closed, the newest three, newest first
}

// Apart is what a run for some employees is judged by beside their own history: what waits for a person, and what other such
// runs of the month have sent already. Else what is held as a whole would go one by one.
type Apart struct {
	Runs []HeldRun           // of the month that are held as a whole and read one of them, newest first
	Held map[string]HeldItem // what is held of them, by matricule
	Sent []SentApart         // by runs for some employees that nobody approved, since the last run of everyone came to its end
}

// HeldRun is a run that waits for a person.
type HeldRun struct {
	ID       int64
	Findings []Finding
}

// HeldItem is an item of an earlier run that waits for a person.
type HeldItem struct {
	Fingerprint [32]byte
	Findings    []Finding
}

// SentApart is a document that a run for some employees sent.
type SentApart struct {
	Key              string
	Fingerprint      [32]byte
	Created, Updated bool
}

// UsualAmount is what an employee usually has: the median of the periods in which it occurred, with the sign of the newest; 0 = it
// occurred in none.
func UsualAmount(path string, before []PeriodTotals) int64 {
	usual, n := MedianAmount(path, before)
	if n == 0 {
		return 0
	}
	units := int64(math.Round(usual))
	for _, p := range before {
		if was, occurs := p.Totals[path]; occurs && was < 0 {
			return -units
		} else if occurs {
			break
		}
	}
	return units
}

// MedianAmount is the median of what an employee had in the periods in which it occurred, whatever its sign, and how many those are.
func MedianAmount(path string, before []PeriodTotals) (median float64, n int) {
	var numbers [HistoryPeriods]float64
	for _, p := range before[:min(len(before), len(numbers))] {
		if units, occurs := p.Totals[path]; occurs {
			numbers[n] = math.Abs(float64(units))
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	return Median(numbers[:n]), n
}

// Median of at least one number, which it sorts; of an even number the mean of the middle two.
func Median(numbers []float64) float64 {
	slices.Sort(numbers)
	middle := len(numbers) / 2
	if len(numbers)%2 == 1 {
		return numbers[middle]
	}
	return (numbers[middle-1] + numbers[middle]) / 2
}
