package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/httpcall"
	"syncd/internal/partner/isidoor"
	"syncd/internal/store"
)

// crowd counts who has requests under way at once.
type crowd struct {
	inner http.Handler

	mu   sync.Mutex
	now  map[string]int // by process
	most int            // of all of them together, ever
	seen func(now map[string]int)
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if who := r.Header.Get("X-Process"); who != "" {
		c.count(who, 1)
		time.Sleep(10 * time.Millisecond) // what an API takes
		defer c.count(who, -1)
	}
	c.inner.ServeHTTP(w, r)
}

func (c *crowd) count(who string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now[who] += n
	sum := 0
	for _, n := range c.now {
		sum += n
	}
	c.most = max(c.most, sum)
	if c.seen != nil {
		c.seen(c.now)
	}
}

// until waits for a moment at which so many requests are under way.
func (c *crowd) until(t *testing.T, now func(map[string]int) bool) {
	t.Helper()
	met := make(chan struct{})
	c.mu.Lock()
	c.seen = func(counts map[string]int) {
		if now(counts) {
			close(met)
			c.seen = nil
		}
	}
	c.mu.Unlock()
	select {
	case <-met:
	case <-time.After(time.Minute):
		t.Fatalf("in vain; %d at most", c.most)
	}
}

// Two processes of one ledger share what the partner is to bear, evenly, and never exceed it together, whoever comes or
// goes; the last one has all of it again.
func TestProcessesShareTheLimitsOfTheLedger(t *testing.T) {
	t.Parallel()
	const most = 8
	w := newWorld(t)
	c := &crowd{inner: w.sandbox, now: map[string]int{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	begin := func(who string) (end func()) {
		allowance, err := store.OpenAllowance(w.db.URL, w.server.URL, most)
		w.must(err)
		connection := w.connection(func(o *isidoor.Options) {
			o.BaseURL, o.TokenURL = strings.Replace(o.BaseURL, w.server.URL, server.URL, 1), strings.Replace(o.TokenURL, w.server.URL, server.URL, 1)
			o.Headers = []httpcall.Fixed{{Name: "X-Process", Value: who}}
			o.MaxInFlight, o.Allowance = most, allowance
		})
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		api := connection.Dossier(key)
		for range 2 * most {
			all.Go(func() {
				for ctx.Err() == nil {
					if _, err := api.Identity(ctx); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
				}
			})
		}
		return func() { stop(); all.Wait(); connection.Close(); allowance.Close() }
	}
	endA := begin("a")
	c.until(t, func(now map[string]int) bool { return now["a"] == most })
	endB := begin("b")
	c.until(t, func(now map[string]int) bool { return now["a"] == most/2 && now["b"] == most/2 })
	endA()
	c.until(t, func(now map[string]int) bool { return now["b"] == most })
	endB()
	c.mu.Lock() // requests that were broken off may still be counted
	defer c.mu.Unlock()
	if c.most != most {
		t.Errorf("%d requests were under way at once", c.most)
	}
}
