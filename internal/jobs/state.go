package jobs

import (
	"slices"
	"time"
)

// State is where a run stands.
type State string

const (
	Queued     State = "queued"
	Running    State = "running"
	Succeeded  State = "succeeded"
	Incomplete State = "incomplete" // finished, but someone was not delivered
	Failed     State = "failed"     // stopped by an error; the plan, where there is one, is kept
	Held       State = "held"       // nothing was sent; a person decides
	Cancelled  State = "cancelled"
)

// States are all of them, in the order in which a run goes through them.
var States = []State{Queued, Running, Succeeded, Incomplete, Failed, Held, Cancelled}

// transitions is the state machine of a run. The ledger's database refuses every other change of state.
var transitions = map[State][]State{
	Queued:     {Running, Cancelled},
	Running:    {Succeeded, Incomplete, Failed, Held, Cancelled, Running, Queued}, // Running: taken over; Queued: it waits
	Incomplete: {Queued, Running, Incomplete, Succeeded, Cancelled},               // resumed for what is still open, or settled
	Failed:     {Queued, Running, Cancelled},
	Held:       {Queued, Cancelled},
}

// CanBecome reports whether a run may go from s to next.
func (s State) CanBecome(next State) bool { return slices.Contains(transitions[s], next) }

const (
	// MostTakeovers is how many processes may die with a run before it is given up: it may be what kills them.
	MostTakeovers = 5
	// MostAttempts is how many requests without a definite answer an employee's document is worth, over all executions.
	MostAttempts = 12
	// MostPostponed is how often a run waits for some employees while the API answers for the others.
	MostPostponed = 5
)

// Next is where a run goes when its execution has ended with this accounting, and why. One that nobody watches (patient) goes
// back to the queue for what may pass. What is asked of the ledger alone it does not know: without a reason there must be
// somebody to wait for, and the run's deadline must not have come. Else it goes where it would without patience.
func (r *Run) Next(c Counts, why Reason, patient bool) (State, Reason) {
	left := !r.Planned || c.NotAttempted+c.Uncertain+c.Held > 0
	switch {
	case r.Cancelling && left:
		return Cancelled, Reason{Code: ReasonCancelled}
	case !left && stopsBefore(why.Code): // it came when there was nothing left to send
		why = Reason{}
	case left && patient && r.waitsFor(why.Code):
		return Queued, why
	}
	switch {
	case why.IsHold():
		return Held, why
	case why.Code != "":
		return Failed, why
	}
	return finalState(c), why
}

// waitsFor reports whether the run is worth another execution by itself.
func (r *Run) waitsFor(why ReasonCode) bool {
	if why == "" { // the API is well, but not to everyone
		return r.Postponed < MostPostponed
	}
	return why == ReasonStopped || slices.Contains(passing, why)
}

// AfterDeath is where a run goes whose process is gone, if nobody takes it over.
func (r *Run) AfterDeath(why ReasonCode) (State, Reason) {
	if r.Cancelling {
		return Cancelled, Reason{Code: ReasonCancelled}
	}
	return Failed, Reason{Code: why}
}

// MayBeTakenOver reports whether a run whose process is gone may be executed again: nobody cancelled it, and it has not cost too
// many processes.
func (r *Run) MayBeTakenOver() bool { return !r.Cancelling && r.Takeovers < MostTakeovers }

// Recounted is where an ended run stands once something of it was settled: what was incomplete is a success when that was all.
func (r *Run) Recounted(c Counts) State {
	if r.State == Incomplete {
		return finalState(c)
	}
	return r.State
}

// finalState tells how a run with this accounting ends when nothing stopped it. Only unchanged and accepted make it
// succeeded; one that reads records refused none, has all files, and acknowledged what was to be.
func finalState(c Counts) State {
	if c.Rejected+c.Blocked+c.Held+c.Uncertain+c.Superseded+c.NotAttempted+c.Departed+c.ElementsBlocked > 0 {
		return Incomplete
	}
	if c.Gathered != nil && !c.Gathered.whole() {
		return Incomplete
	}
	return Succeeded
}

// IsHold reports whether a reason holds a run for a person, instead of failing it.
func (r Reason) IsHold() bool {
	switch r.Code {
	case ReasonGuard, ReasonUnapproved, ReasonContract, ReasonFormOutdated, ReasonOutdated, ReasonPullEmpty, ReasonPullShrinks,
		ReasonPullForeign:
		return true
	}
	return false
}

// stopsBefore tells the reasons not to send what is left: they are none when nothing is.
func stopsBefore(why ReasonCode) bool {
	switch why {
	case ReasonStopped, ReasonClosed, ReasonContract, ReasonFormOutdated, ReasonOutdated, ReasonUnapproved:
		return true
	}
	return false
}

// passing are the reasons that something is away for a while, or not ready: a run that nobody watches waits for it in the queue.
var passing = []ReasonCode{ReasonUnreachable, ReasonSlow, ReasonNotReady, ReasonStagingLocked, ReasonStagingReplaced,
	ReasonStagingRefused, ReasonLedgerRefused}

// Away are the reasons that a partner, or what is needed to ask it, does not answer as it should.
var Away = []ReasonCode{ReasonUnreachable, ReasonSlow, ReasonFailures}

// Retried are the reasons for which a failed run is tried again: they may have passed. A configuration or a secret that the API
// refuses, and an inbox that is missing, are among them once the configuration was read anew (configured). Another dossier's key
// and a person who stopped it are not, nor is staging: what is half mended there is not to be sent by itself.
func Retried(configured bool) []ReasonCode {
	codes := append([]ReasonCode{ReasonFailures, ReasonInterrupted, ReasonUnusual, ReasonInternal, ReasonPanic}, passing...)
	if configured {
		codes = append(codes, ReasonConfiguration, ReasonSecretRefused, ReasonInboxMissing)
	}
	return codes
}

// Patience is how a run that nobody watches waits for an API or a staging database that is away: it is queued again
// with growing pauses, until its deadline.
type Patience struct {
	Deadline time.Duration // since the run was first executed
	Pause    time.Duration // the first; each is twice the one before it,
	MaxPause time.Duration // up to this one
}

// After is the pause after so many others, without jitter.
func (p *Patience) After(pauses int) time.Duration {
	pause := p.Pause
	for range pauses {
		if pause *= 2; pause >= p.MaxPause {
			return p.MaxPause
		}
	}
	return min(pause, p.MaxPause)
}
