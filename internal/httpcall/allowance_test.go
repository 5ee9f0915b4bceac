package httpcall

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"syncd/internal/share"
)

// grants is a ledger that grants a share, or does not answer.
type grants struct {
	mu         sync.Mutex
	held, fair int
	err        error
	uses       []int
	left       int
}

func (g *grants) Share(_ context.Context, uses int) (held, fair int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.uses = append(g.uses, uses)
	return max(g.held, uses), g.fair, g.err
}

func (g *grants) Leave(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left++
	return nil
}

// told is what was last said to be used, how often anything was, and how often all was given back.
func (g *grants) told() (uses, times, left int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.uses[len(g.uses)-1], len(g.uses), g.left
}

func (g *grants) set(held, fair int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held, g.fair, g.err = held, fair, err
}

// sharing runs a story on a connection of 8 requests in flight and 40 a second.
func sharing(t *testing.T, story func(*testing.T, *Connection, *grants)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := &grants{held: 8, fair: 8}
		c := &Connection{options: Options{MaxInFlight: 8, Runs: 1, RatePerSecond: 40, Allowance: g, Log: zerolog.Nop()},
			slots: share.New(8, 1, 1), limiter: rate.NewLimiter(40, 8)}
		c.allowance = shareLimits(c)
		defer c.allowance.close()
		story(t, c, g)
	})
}

// taken is how many slots are to be had within a time.
func taken(t *testing.T, c *Connection, within time.Duration) (n int, giveBack func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var all []func()
	for {
		release := c.takeSlot(ctx, "dossier")
		if release == nil {
			return len(all), func() {
				for _, release := range all {
					release()
				}
			}
		}
		all = append(all, release)
	}
}

// A share that shrinks is used less before that is told, and the rate shrinks with it; one that grows is told first.
func TestAShareOfTheLimits(t *testing.T) {
	t.Parallel()
	sharing(t, func(t *testing.T, c *Connection, g *grants) {
		n, giveBack := taken(t, c, time.Second)
		if n != 8 || c.limiter.Limit() != 40 {
			t.Fatalf("%d at %v a second", n, c.limiter.Limit())
		}
		g.set(8, 3, nil)
		time.Sleep(2 * allowanceEvery)
		if uses, _, _ := g.told(); uses != 8 {
			t.Errorf("told %d, with 8 under way", uses)
		}
		giveBack()
		time.Sleep(2 * allowanceEvery)
		n, giveBack = taken(t, c, time.Second)
		if uses, _, _ := g.told(); n != 3 || c.limiter.Limit() != 15 || uses != 3 {
			t.Errorf("%d at %v a second; told %d", n, c.limiter.Limit(), uses)
		}
		giveBack()
		g.set(2, 8, nil) // of 8, others have 6 yet
		time.Sleep(2 * allowanceEvery)
		if n, giveBack = taken(t, c, time.Second); n != 3 {
			t.Errorf("%d", n)
		}
		giveBack()
	})
}

// Of processes that begin together none waits long while another has all: what has just changed is renewed soon, and what
// stays the same less often.
func TestAShareThatChangesIsRenewedSoon(t *testing.T) {
	t.Parallel()
	sharing(t, func(t *testing.T, c *Connection, g *grants) {
		_, giveBack := taken(t, c, allowanceSoon/2)
		giveBack()
		g.set(8, 4, nil)
		time.Sleep(allowanceSoon)
		n, giveBack := taken(t, c, allowanceSoon/2)
		if n != 4 {
			t.Errorf("it may have %d a moment after another process has come", n)
		}
		time.Sleep(2 * time.Second)
		_, before, _ := g.told()
		time.Sleep(time.Minute)
		if _, asked, _ := g.told(); asked-before > int(time.Minute/allowanceEvery) {
			t.Errorf("it asked %d times in a minute in which nothing changed", asked-before)
		}
		giveBack()
	})
}

// A process that gets no share says so after a moment, and one that has some does not, however long its own calls take.
func TestNoShareIsTold(t *testing.T) {
	t.Parallel()
	sharing(t, func(t *testing.T, c *Connection, g *grants) {
		heard := make(chan Wait, 9)
		c.options.Waits = func(w Wait) { heard <- w }
		g.set(0, 8, nil)
		if n, _ := taken(t, c, shareTold/2); n != 0 || len(heard) != 0 {
			t.Errorf("%d, told %d times at once", n, len(heard))
		}
		if n, _ := taken(t, c, 2*shareTold); n != 0 || len(heard) != 1 || <-heard != (Wait{}) {
			t.Errorf("%d, told %d times", n, len(heard))
		}
		g.set(8, 8, nil)
		n, giveBack := taken(t, c, 2*shareTold)
		if n != 8 || len(heard) != 0 {
			t.Errorf("%d of a whole share, told %d times", n, len(heard))
		}
		giveBack()
	})
}

// Who cannot ask the ledger uses the share for less than its lease, and goes on when it answers again. What nobody uses is
// given back, and asked for again at once.
func TestAShareEnds(t *testing.T) {
	t.Parallel()
	sharing(t, func(t *testing.T, c *Connection, g *grants) {
		release := c.takeSlot(t.Context(), "dossier")
		g.set(8, 8, errors.New("away"))
		time.Sleep(allowanceFor - 2*time.Second)
		n, giveBack := taken(t, c, time.Millisecond)
		if n != 7 {
			t.Errorf("it has %d more after a moment without word", n)
		}
		giveBack()
		time.Sleep(3 * time.Second)
		if n, _ := taken(t, c, 30*time.Second); n != 0 {
			t.Errorf("it has %d without word", n)
		}
		release()
		g.set(8, 8, nil)
		if n, giveBack = taken(t, c, time.Second); n != 8 {
			t.Errorf("it has %d with word again", n)
		}
		giveBack()
		time.Sleep(allowanceIdle + 2*allowanceEvery)
		_, asked, left := g.told()
		time.Sleep(time.Minute)
		if _, again, _ := g.told(); left != 1 || again != asked {
			t.Errorf("given back %d times, and asked for %d times though nobody uses it", left, again-asked)
		}
		if n, giveBack := taken(t, c, allowanceEvery/2); n != 8 {
			t.Errorf("it has %d within a moment", n)
		} else {
			giveBack()
		}
	})
}
