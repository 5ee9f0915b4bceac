package jobs

import (
	"context"

	"syncd/internal/share"
)

// PlanningAtOnce is how many plans a process makes side by side. Each takes three connections to the ledger, and one to
// staging for each query and one more; more of them only wait for the same processors.
const PlanningAtOnce = 4

// Places bounds what the runs of one process do side by side: as many as there are may be executed, but few of them make
// their plans, and what all of them have taken stays within twice the requests in flight, as if they were one run. After
// a crash no more than that can be sent again.
type Places struct {
	planning chan struct{}
	pool     *share.Pool
	sending  int // runs that can count on sending at once
	window   int
}

// SendingAtOnce is how many runs of a process send at once when so many requests may be in flight: fewer would leave the
// API idle while they record, more would record each answer by itself.
func SendingAtOnce(maxInFlight int) int { return max(1, maxInFlight/4) }

// RunsAtOnce is how many runs a process executes at once by default: those that send, those that make their plan, and
// those that begin or end meanwhile.
func RunsAtOnce(maxInFlight int) int { return PlanningAtOnce + 2*SendingAtOnce(maxInFlight) }

// NewPlaces makes those of a process that executes up to so many runs.
func NewPlaces(maxInFlight, runs int) *Places {
	p := &Places{planning: make(chan struct{}, PlanningAtOnce), sending: SendingAtOnce(maxInFlight), window: 2 * maxInFlight}
	p.pool = share.New(p.window, min(runs, p.sending), 2)
	return p
}

// SetRuns tells that there are no more runs than that: the last ones need leave nothing for others.
func (p *Places) SetRuns(runs int) { p.pool.Resize(p.window, min(max(1, runs), p.sending)) }

// plan waits for a place to plan in. done gives it back.
func (p *Places) plan(ctx context.Context) (done func(), err error) {
	if p == nil {
		return func() {}, nil
	}
	select {
	case p.planning <- struct{}{}:
		return func() { <-p.planning }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// taken are the places of one run that sends.
func (p *Places) taken(maxInFlight int) *share.Pool {
	if p == nil {
		return share.New(2*maxInFlight, 1, 2)
	}
	return p.pool
}
