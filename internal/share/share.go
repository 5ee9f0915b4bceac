// Package share divides a number of equal things among holders, such as the requests that may be in flight among dossiers:
// who needs many takes what is free, and never keeps another from its first few. It is pure.
package share

import (
	"context"
	"sync"
)

// Pool is what is divided. It is safe for concurrent use.
type Pool struct {
	mu      sync.Mutex
	total   int
	holders int // at most so many at once,
	each    int // and so much of the total is kept for each of them
	used    int
	extra   int // held beyond what is kept for the holder
	held    map[any]int
	waiting []*waiter // the first comes first
}

type waiter struct {
	holder any
	let    chan struct{} // closed when it has got one
}

// New makes a pool of total things. At most holders have some of them at once, and each of them can count on so many as
// each says: as long as fewer of them keep all that they got for ever, the others go on.
func New(total, holders, each int) *Pool {
	return &Pool{total: total, holders: holders, each: each, held: map[any]int{}}
}

// Try takes up to n for a holder, as far as they are free now, and returns how many.
func (p *Pool) Try(holder any, n int) (got int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; got < n && p.free(holder); got++ {
		p.take(holder)
	}
	return got
}

// Wait takes one for a holder as soon as one is free. false: ctx ended, or stop was closed, before.
func (p *Pool) Wait(ctx context.Context, stop <-chan struct{}, holder any) bool {
	p.mu.Lock()
	if p.free(holder) {
		p.take(holder)
		p.mu.Unlock()
		return true
	}
	w := &waiter{holder: holder, let: make(chan struct{})}
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	select {
	case <-w.let:
		return true
	case <-ctx.Done():
	case <-stop:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.waiting {
		if other == w {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return false
		}
	}
	p.give(holder, 1) // it came at the same moment
	return false
}

// Give gives back n of what a holder has.
func (p *Pool) Give(holder any, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.give(holder, n)
}

// GiveAll gives back all that a holder has.
func (p *Pool) GiveAll(holder any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.give(holder, p.held[holder])
}

// Resize changes what is divided, and among how many. What is held beyond it stays until it is given back.
func (p *Pool) Resize(total, holders int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total, p.holders = total, holders
	p.serve()
}

// Used is how many are held.
func (p *Pool) Used() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used
}

// sharers is among how many the pool is divided: not more than there is enough for.
func (p *Pool) sharers() int { return max(1, min(p.holders, p.total/p.each)) }

func (p *Pool) free(holder any) bool {
	n := p.held[holder]
	switch {
	case p.used >= p.total:
		return false
	case n == 0:
		return len(p.held) < p.sharers()
	case n < p.each:
		return true
	}
	return p.extra < p.total-p.sharers()*p.each
}

func (p *Pool) take(holder any) {
	if p.held[holder] >= p.each {
		p.extra++
	}
	p.held[holder]++
	p.used++
}

func (p *Pool) give(holder any, n int) {
	if n == 0 {
		return
	}
	had := p.held[holder]
	p.extra -= max(0, had-p.each) - max(0, had-n-p.each)
	p.used -= n
	if p.held[holder] = had - n; had == n {
		delete(p.held, holder)
	}
	p.serve()
}

// serve lets those go on who waited and can.
func (p *Pool) serve() {
	kept := p.waiting[:0]
	for _, w := range p.waiting {
		if !p.free(w.holder) {
			kept = append(kept, w)
			continue
		}
		p.take(w.holder)
		close(w.let)
	}
	clear(p.waiting[len(kept):])
	p.waiting = kept
}
