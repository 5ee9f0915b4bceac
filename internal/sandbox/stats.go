package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats are totals since the start or the last reset. Control calls are not counted.
type Stats struct {
	Calls         map[Endpoint]int64 `json:"calls"`          // requests by endpoint, however they ended
	Statuses      map[int]int64      `json:"statuses"`       // answers by HTTP status
	Cut           int64              `json:"cut"`            // connections cut without an answer (faults cut and lost)
	Hung          int64              `json:"hung"`           // calls never answered (fault hang)
	MaxConcurrent int64              `json:"max_concurrent"` // calls with documents at once, sent and read, the most ever seen
	TokensIssued  int64              `json:"tokens_issued"`
	Documents     int64              `json:"documents"`  // employees and periods held, over all dossiers
	Deliveries    int64              `json:"deliveries"` // documents stored, replaced ones included
	Repeats       int64              `json:"repeats"`    // deliveries that were byte for byte the one before
}

// counters contain the totals. A lock is simple, and its cost is nothing beside that of a request.
type counters struct {
	mu         sync.Mutex
	totals     Stats
	concurrent int64       // calls with documents at this moment
	withToken  int64       // calls with a Bearer token
	arrived    []time.Time // of an API whose calls are timed: when each came, tokens excepted
}

func newStats() Stats {
	return Stats{Calls: map[Endpoint]int64{}, Statuses: map[int]int64{}}
}

// add changes the totals under the lock.
func (c *counters) add(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.totals)
}

// enter counts a call; the function it returns ends it.
func (s *Server) enter(e Endpoint) func() {
	c := &s.stats
	c.mu.Lock()
	defer c.mu.Unlock()
	c.totals.Calls[e]++
	if s.api.Timed && e != EndpointToken {
		c.arrived = append(c.arrived, time.Now())
	}
	if !slices.Contains(s.api.Counted, e) {
		return func() {}
	}
	c.concurrent++
	c.totals.MaxConcurrent = max(c.totals.MaxConcurrent, c.concurrent)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.concurrent--
	}
}

// tokenSeen numbers the calls that carry a valid token, from 1.
func (c *counters) tokenSeen() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.withToken++
	return c.withToken
}

// Delivered counts a stored document and gives its number, from 1.
func (s *Server) Delivered(isNew, isRepeat bool) int64 {
	c := &s.stats
	c.mu.Lock()
	defer c.mu.Unlock()
	c.totals.Deliveries++
	if isNew {
		c.totals.Documents++
	}
	if isRepeat {
		c.totals.Repeats++
	}
	return c.totals.Deliveries
}

// Deleted counts a document less.
func (s *Server) Deleted() { s.stats.add(func(t *Stats) { t.Documents-- }) }

// reset forgets all but the calls under way.
func (c *counters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.totals, c.withToken, c.arrived = newStats(), 0, nil
}

// MostWithin is how many calls of a timed API came within some time, at the most.
func (s *Server) MostWithin(d time.Duration) (most int) {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	first := 0
	for i, at := range s.stats.arrived {
		for at.Sub(s.stats.arrived[first]) >= d {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// Stats are the totals so far.
func (s *Server) Stats() Stats {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	copied := s.stats.totals
	copied.Calls, copied.Statuses = maps.Clone(copied.Calls), maps.Clone(copied.Statuses)
	return copied
}
