package httpcall

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// idleTimeout is how long an unused connection is kept: below the 120 s of IIS, so that we, and not the server, close
// it. A server that closes a connection as a request leaves makes that request ambiguous.
const idleTimeout = 30 * time.Second

// transport makes HTTP/1.1 requests, one at a time on each connection, which is kept for the next one. It is a
// http.RoundTripper that uses net/http's reader and writer of messages, but not its Transport: that one reads ahead in a
// goroutine of its own, so an answer that nobody asked for can become the next request's; it repeats by itself what it
// takes for harmless; and it hands out the bare connection when a server changes the protocol, which no deadline ends.
// Here nothing is repeated or followed, an answer belongs to the request before it or to none (see conn.go), and the end
// of the request's context ends whatever is under way.
//
// A server that sends answers nobody asked for is not trusted with a second request on any connection for a while.
type transport struct {
	dialer
	log zerolog.Logger

	mu     sync.Mutex
	idle   map[string][]*conn // by origin, the one that rests longest first
	sweep  *time.Timer        // closes those that were not used for idleTimeout; nil = none is kept
	wary   time.Time          // until then none is kept
	closed bool
}

const (
	// rest is how long a connection rests after an answer, where others can do its work: what a server sends too late, or
	// once too often, shows meanwhile, instead of meeting the next request.
	rest = 5 * time.Millisecond
	// enough connections that rest are made to rest no longer: a server that answers at once would get one more for each request.
	enough = 24
	// mostKept is how many are kept of an origin: more than any configuration lets work at once.
	mostKept = 128
)

// wariness is how long connections are used once only after an answer that nobody asked for.
const wariness = time.Hour

func newTransport(o *Options) (*transport, error) {
	d, err := newDialer(o)
	if err != nil {
		return nil, err
	}
	return &transport{dialer: d, log: o.Log, idle: map[string][]*conn{}}, nil
}

// RoundTrip sends a request and reads the head of its answer. The body must be read to its end or closed. Of a trace in
// the context it calls WroteHeaders once something may have left, and WroteRequest, with an error, when the answer came
// before the body was handed over: then it never is.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	c, err := t.connect(ctx, request.URL)
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	x := &exchange{pool: t, conn: c, origin: originOf(request.URL), ctx: ctx}
	x.release = context.AfterFunc(ctx, c.interrupt)
	response, err := x.do(request)
	if err != nil {
		x.end(false)
		return nil, causeOf(ctx, err)
	}
	return response, nil
}

// causeOf prefers the end of the context to what it made of the connection.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// connect takes a kept connection on which nothing waits to be read, or makes a new one. What a server sends while nobody
// asks is no answer to anybody, and neither is anything behind it: such a connection is closed.
func (t *transport) connect(ctx context.Context, u *url.URL) (*conn, error) {
	for c := t.take(originOf(u)); c != nil; c = t.take(originOf(u)) {
		found := c.waits()
		if found == nothing {
			return c, nil
		}
		if found == something && c.unasked() {
			t.beWary()
		}
		c.close()
	}
	return t.dial(ctx, u)
}

// beWary gives up what is kept, and keeps nothing for a while.
func (t *transport) beWary() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().After(t.wary) {
		t.log.Warn().Msg("the server sent an answer that nobody asked for: for an hour each request gets a connection of its own")
	}
	t.wary = time.Now().Add(wariness)
	t.closeIdle()
}

func (t *transport) closeIdle() {
	for _, kept := range t.idle {
		for _, c := range kept {
			c.close()
		}
	}
	clear(t.idle)
}

func (t *transport) take(origin string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.idle[origin]
	if len(kept) == 0 {
		return nil
	}
	c := kept[0]
	if time.Since(c.idleSince) < rest && len(kept) < enough {
		return nil
	}
	kept[0], t.idle[origin] = nil, kept[1:]
	return c
}

func (t *transport) keep(origin string, c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.idle[origin]) >= mostKept || time.Now().Before(t.wary) {
		c.close()
		return
	}
	c.idleSince = time.Now()
	t.idle[origin] = append(t.idle[origin], c)
	if t.sweep == nil {
		t.sweep = time.AfterFunc(idleTimeout, t.closeOld)
	}
}

func (t *transport) closeOld() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep = nil
	left := 0
	for origin, kept := range t.idle {
		kept = slices.DeleteFunc(kept, func(c *conn) bool {
			old := time.Since(c.idleSince) >= idleTimeout
			if old {
				c.close()
			}
			return old
		})
		t.idle[origin] = kept
		left += len(kept)
	}
	if left > 0 && !t.closed {
		t.sweep = time.AfterFunc(idleTimeout/2, t.closeOld)
	}
}

// close closes what is kept, now and later.
func (t *transport) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	if t.sweep != nil {
		t.sweep.Stop()
	}
	t.closeIdle()
}
