package jobs

import (
	"fmt"

	"syncd/internal/hinted"
)

// Aftermath is what has become since of what a run left undelivered: by runs of the same month that were planned later.
type Aftermath struct {
	Whole       int64   `json:"whole,omitempty"`        // the newest such run of everyone that came to its end; 0 = none
	DeliveredBy []int64 `json:"delivered_by,omitempty"` // the runs that delivered some of it, or found it delivered
	Delivered   int     `json:"delivered"`              // matricules
	Left        int     `json:"left"`                   // matricules that nobody has delivered yet,
	Open        int     `json:"open"`                   // and those that may still go by this very run
	Closed      bool    `json:"closed"`                 // the month takes no write any more
}

// Overtaken reports whether nothing is left for anybody to do about the run: later ones delivered what it had left, or
// tell by themselves what is missing.
func (a *Aftermath) Overtaken() bool {
	return a.Open == 0 && (a.Whole != 0 || a.Delivered > 0 && a.Left == 0)
}

// Over reports whether a person is asked for nothing: the run is overtaken, or its month is closed.
func (a *Aftermath) Over() bool { return a.Overtaken() || a.Closed && a.Open == 0 }

// Successor is the run to look at instead; 0 = none.
func (a *Aftermath) Successor() int64 {
	if n := len(a.DeliveredBy); a.Whole == 0 && n > 0 {
		return a.DeliveredBy[n-1]
	}
	return a.Whole
}

// OvertakenError says that a run has nothing left to give up. To cancel it would only say of a month that it was not sent.
type OvertakenError struct {
	Run Run
	By  int64 // the run that has delivered the rest, or tells of it
}

func (e *OvertakenError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *OvertakenError) Told() (problem, hint string) {
	return fmt.Sprintf("nothing of run %d is left to give up: run %d came after it", e.Run.ID, e.By),
		fmt.Sprintf("see 'syncd show %d'", e.By)
}
