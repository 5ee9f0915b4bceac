package ledger

import (
	"slices"
	"time"

	"syncd/internal/jobs"
)

// Lineage is a dossier as the ledger knows it, with what it was called before: the months of all of these are its own. The configuration
// says which those may be: its dossiers alone have the SIRET, and that name is none of theirs. The ledger admits those of the same address
// and establishment that had stopped before the present one began.
type Lineage struct {
	jobs.Target               // as it is called now; its number is 0 where nothing was done with it yet
	Former      []jobs.Target // that it had while it was called otherwise
}

// Month is what the ledger knows of a payroll month of a dossier.
type Month struct {
	Target    jobs.Target
	Period    jobs.Period
	Closed    bool       // it takes no write now
	Last      *jobs.Run  // the newest run; nil = none, or nothing more is to be told: see Settled
	Active    *jobs.Run  // one that waits or goes on; nil = none
	Whole     int64      // the newest plan of everyone; 0 = none
	Settled   bool       // that one delivered all, and is the newest run
	Delivered *time.Time // when it ended; nil = it has not, or there is none
	Balance   Balance
	Missing   []Missing           // what closing the month would leave undone
	Runs      map[int64]*jobs.Run // those that left it so
}

// Balance accounts for whom the newest plan of everyone read, and whom runs after it did:
//
//	Read = Sent + Confirm + Correct + Refused + Uncertain + Waiting + Aside
type Balance struct {
	Read      int `json:"read"`
	Sent      int `json:"sent"`      // the partner acknowledged them as they are, or found in place
	Confirm   int `json:"confirm"`   // a person decides
	Correct   int `json:"correct"`   // they cannot be sent as they are
	Refused   int `json:"refused"`   // by the partner
	Uncertain int `json:"uncertain"` // sent, answer unknown
	Waiting   int `json:"waiting"`   // not attempted yet, or on their way
	Aside     int `json:"aside"`     // given up, or a newer plan took their place
	Departed  int `json:"departed"`  // sent for the month, and gone from staging: not read
}

// MonthState says where a month stands, in a word.
type MonthState string

// The states, the most urgent first.
const (
	MonthHeld        MonthState = "to-decide"   // a person decides, about a run or about somebody
	MonthFailed      MonthState = "failed"      // a run stopped
	MonthUncertain   MonthState = "uncertain"   // whether somebody was received, nobody knows
	MonthCorrect     MonthState = "to-correct"  // somebody cannot be sent as they are, was refused, or is gone
	MonthIncomplete  MonthState = "incomplete"  // somebody is not sent yet
	MonthCancelled   MonthState = "cancelled"   // a person gave it up
	MonthInterrupted MonthState = "interrupted" // a process died, and nobody has gone on yet
	MonthWaiting     MonthState = "waiting"     // in the queue
	MonthRunning     MonthState = "running"
	MonthNone        MonthState = "none" // nothing has been tried
	MonthSent        MonthState = "sent"
	MonthClosed      MonthState = "closed"
)

// MonthStates are all of them, the most urgent first.
var MonthStates = []MonthState{MonthHeld, MonthFailed, MonthUncertain, MonthCorrect, MonthIncomplete, MonthCancelled, MonthInterrupted,
	MonthWaiting, MonthRunning, MonthNone, MonthSent, MonthClosed}

// Rank orders states, the most urgent first.
func (s MonthState) Rank() int { return slices.Index(MonthStates, s) }

// Over reports whether nothing of a month is left to be done.
func (s MonthState) Over() bool { return s == MonthSent || s == MonthClosed }

// Asks reports whether somebody has to do something: nothing goes on by itself.
func (s MonthState) Asks() bool { return s.Rank() <= MonthCancelled.Rank() }

// State is the one word for a month. What a run is doing comes before what an earlier one left.
func (m *Month) State() MonthState {
	switch {
	case m.Closed:
		return MonthClosed
	case m.Settled:
		return MonthSent
	case m.Active != nil:
		return stateOfActive(m.Active)
	case m.Last == nil && m.Whole == 0 && !m.missing(MissingRest):
		return MonthNone
	case m.missing(MissingHeld, MissingKind(jobs.ItemHeld)):
		return MonthHeld
	case m.missing(MissingPlan), m.Last != nil && m.Last.State == jobs.Failed && len(m.Missing) > 0:
		return MonthFailed
	case m.missing(MissingKind(jobs.ItemUncertain), MissingKind(jobs.ItemUnsettled)):
		return MonthUncertain
	case m.missing(MissingKind(jobs.ItemBlocked), MissingKind(jobs.ItemRejected), MissingKind(jobs.ItemDeparted)):
		return MonthCorrect
	case m.Last != nil && m.Last.State == jobs.Cancelled && len(m.Missing) > 0:
		return MonthCancelled
	case m.nobody():
		return MonthSent
	case len(m.Missing) > 0:
		return MonthIncomplete
	}
	return MonthSent
}

func stateOfActive(run *jobs.Run) MonthState {
	switch {
	case run.State == jobs.Queued:
		return MonthWaiting
	case run.Interrupted:
		return MonthInterrupted
	}
	return MonthRunning
}

// nobody reports whether a person let a month go for which staging has no employee: then nothing is missing of it.
func (m *Month) nobody() bool {
	return m.Last != nil && m.Last.State == jobs.Succeeded && m.Last.Nobody() && len(m.Missing) == 1 && m.missing(MissingAll)
}

func (m *Month) missing(kinds ...MissingKind) bool {
	return slices.ContainsFunc(m.Missing, func(missing Missing) bool { return slices.Contains(kinds, missing.Kind) })
}
