package httpcall

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"syncd/internal/jobs"
	"syncd/internal/share"
)

// Requests in flight are bounded by slots, of which there are MaxInFlight. At most Runs holders, such as dossiers,
// have requests under way at once, and each of those has one slot of its own; the others are for whoever needs more.
// So any number of holders can be in use; one whose calls hang, whatever it holds, never keeps another from going on,
// as long as fewer than Runs do. With Runs = 1, the default, the one holder can use them all.
//
// The search for the contract belongs to no holder and counts as one.

// takeSlot waits for a slot of a holder. release gives it back; nil when ctx ended before.
func (c *Connection) takeSlot(ctx context.Context, holder any) (release func()) {
	taken := false
	if c.allowance != nil {
		stop := c.awaitShare()
		taken = c.allowance.take(ctx, holder)
		stop()
	} else {
		taken = c.slots.Wait(ctx, nil, holder)
	}
	if !taken {
		return nil
	}
	return func() { c.slots.Give(holder, 1) }
}

// awaitShare has it told when this process has no share of the limits for a while: other processes have them, or one that died had.
func (c *Connection) awaitShare() (stop func()) {
	hear, a := c.options.Waits, c.allowance
	if hear == nil || a.now() > 0 {
		return func() {}
	}
	timer := time.AfterFunc(shareTold, func() {
		if a.now() == 0 {
			hear(Wait{})
		}
	})
	return func() { timer.Stop() }
}

// perSecond is how many attempts may begin in a second; 0 = any number. Of those of a minute some are kept back: as many as can be
// under way when it begins, and arrive within it, and one of each process that can have a share of the limits, saved up before.
func (o *Options) perSecond() float64 {
	if o.RatePerMinute > 0 {
		return float64(o.RatePerMinute-2*o.MaxInFlight) / 60
	}
	return o.RatePerSecond
}

// limiter keeps the rate. One for a minute begins without the attempt that it could have saved up: so processes that follow each
// other have no more than one that goes on.
func (o *Options) limiter() *rate.Limiter {
	limit, burst := rate.Inf, max(1, o.MaxInFlight)
	if perSecond := o.perSecond(); perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	if o.RatePerMinute == 0 {
		return rate.NewLimiter(limit, burst)
	}
	limiter := rate.NewLimiter(limit, 1)
	limiter.Allow()
	return limiter
}

// turn waits until the rate lets another attempt begin. Of a rate for a minute nobody is promised a later one: should the share of
// the limits grow meanwhile, it would come beside those that are due by then.
func (c *Connection) turn(ctx context.Context) error {
	if c.options.RatePerMinute == 0 {
		return c.limiter.Wait(ctx)
	}
	const soon, late = 100 * time.Microsecond, time.Second
	for !c.limiter.Allow() {
		due := time.Duration((1 - c.limiter.Tokens()) / float64(c.limiter.Limit()) * float64(time.Second))
		timer := time.NewTimer(max(min(due, late), soon))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return nil
}

// Allowance tells how many of the requests in flight this process may have, where several processes share what a partner is
// to bear.
type Allowance interface {
	// Share shows that the process is alive, and uses so many. fair is how many it may use once others have given back what
	// is beyond theirs; held is how many it has now.
	Share(ctx context.Context, uses int) (held, fair int, err error)
	// Leave gives all back. Nothing may be in use.
	Leave(ctx context.Context) error
}

const (
	// allowanceEvery is how often a share is renewed that stays the same. One that changes is renewed sooner, so that of
	// processes that begin together, as by one fire, none waits long while another has all.
	allowanceEvery = 500 * time.Millisecond
	allowanceSoon  = 50 * time.Millisecond
	// allowanceFor is how long a share is used without word from the ledger: less than the lease there (15 s).
	allowanceFor = 10 * time.Second
	// shareTold is how long a process has no share before that is told: longer than the others take to give some back.
	shareTold = 3 * time.Second
	// allowanceIdle is how long a share is kept that nobody uses.
	allowanceIdle = 5 * time.Second
)

// allowance keeps a share, and the limits of a connection within it: the pool of requests in flight, and of the rate the
// same part. A share is given back by using less first and saying so then, and taken by saying so first; so all processes
// together never exceed what is allowed.
type allowance struct {
	from    Allowance
	most    int
	rate    float64
	even    bool // a burst is one attempt, whatever the share: see Options.limiter
	runs    int
	slots   *share.Pool
	limiter *rate.Limiter
	log     zerolog.Logger
	last    standing // as it was last renewed

	mu        sync.Mutex
	allowed   int
	confirmed time.Time // when the last answer was asked for
	waiting   atomic.Int32
	wanted    chan struct{}
	stop      context.CancelFunc
	ended     sync.WaitGroup
}

// shareLimits begins to keep a share of a connection's limits. Until there is one, nothing goes.
func shareLimits(c *Connection) *allowance {
	ctx, stop := context.WithCancel(context.Background())
	a := &allowance{from: c.options.Allowance, most: c.options.MaxInFlight, rate: c.options.perSecond(), runs: c.options.Runs,
		even: c.options.RatePerMinute > 0, slots: c.slots, limiter: c.limiter, log: c.options.Log, wanted: make(chan struct{}, 1), stop: stop}
	a.allow(0)
	a.ended.Go(func() { a.keep(ctx) })
	return a
}

// close gives the share back.
func (a *allowance) close() {
	if a != nil {
		a.stop()
		a.ended.Wait()
	}
}

// take waits for a slot that the share covers. A process that slept has lost its share.
func (a *allowance) take(ctx context.Context, holder any) bool {
	a.waiting.Add(1)
	defer a.waiting.Add(-1)
	for {
		if a.now() == 0 {
			select {
			case a.wanted <- struct{}{}:
			default:
			}
		}
		if !a.slots.Wait(ctx, nil, holder) {
			return false
		}
		if a.isConfirmed() {
			return true
		}
		a.slots.Give(holder, 1)
		a.allow(0)
	}
}

func (a *allowance) now() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.allowed
}

// isConfirmed reports whether the share is surely still ours.
func (a *allowance) isConfirmed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return jobs.Elapsed(a.confirmed) < allowanceFor
}

// allow puts so many requests in flight into force, and the part of the rate that belongs to them.
func (a *allowance) allow(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.even && a.allowed == 0 {
		a.limiter.Allow() // what came together while nothing could go is no burst of ours
	}
	a.allowed = n
	a.slots.Resize(n, a.runs)
	if n = max(1, n); a.rate > 0 { // whoever has a slot already is not refused, as a limit of 0 would
		a.limiter.SetLimit(rate.Limit(a.rate * float64(n) / float64(a.most)))
		if !a.even {
			a.limiter.SetBurst(n)
		}
	}
}

func (a *allowance) keep(ctx context.Context) {
	every := allowanceEvery
	timer := time.NewTimer(every)
	defer timer.Stop()
	shared, used := false, time.Time{}
	for {
		select {
		case <-ctx.Done():
			if shared {
				a.leave()
			}
			return
		case <-a.wanted:
		case <-timer.C:
		}
		every = min(2*every, allowanceEvery)
		if a.waiting.Load() > 0 || a.slots.Used() > 0 {
			used = time.Now()
		}
		switch idle := time.Since(used) > allowanceIdle; {
		case idle && shared:
			a.allow(0)
			shared = a.slots.Used() > 0 || !a.leave()
		case !idle:
			shared = true
			if a.renew(ctx) {
				every = allowanceSoon
			}
		}
		timer.Reset(every)
	}
}

// standing is what a process says that it uses, and what it learns.
type standing struct{ uses, held, fair int }

// renew tells what is used, or may be, and puts into force what may be used from now on. It reports whether anything changed.
func (a *allowance) renew(ctx context.Context) (changed bool) {
	limited, cancel := context.WithTimeout(ctx, allowanceFor/2)
	defer cancel()
	asked := time.Now()
	now := standing{uses: max(a.now(), a.slots.Used())}
	var err error
	now.held, now.fair, err = a.from.Share(limited, now.uses)
	switch {
	case err == nil:
		a.mu.Lock()
		a.confirmed = asked
		a.mu.Unlock()
		a.allow(min(now.held, now.fair))
		changed, a.last = now != a.last, now
	case !a.isConfirmed() && a.now() > 0 && ctx.Err() == nil:
		a.allow(0)
		a.log.Warn().Err(err).Msg("nothing is sent while nobody tells how many requests this process may have in flight")
	}
	return changed
}

// leave reports whether the share is given back.
func (a *allowance) leave() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return a.from.Leave(ctx) == nil
}
