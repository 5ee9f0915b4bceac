package process

import (
	"io"
	"net"
	"sync"
	"time"
)

// trouble is what is wrong with a wire.
type trouble string

const (
	fine   trouble = ""
	reset  trouble = "reset"   // connections are reset, new ones as soon as they are made
	slow   trouble = "slow"    // what comes back is late by longer than anybody waits
	silent trouble = "silence" // what is sent vanishes, and nothing comes back
)

// wire carries TCP connections to an address, until it is told to misbehave.
type wire struct {
	listener net.Listener
	target   string
	carrying sync.WaitGroup

	mu     sync.Mutex
	wrong  trouble
	conns  map[*net.TCPConn]bool
	closed bool
}

// slowness is longer than the request timeout of the tests that use it.
const slowness = 2500 * time.Millisecond

func (w *world) wire(target string) *wire {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	w.must(err)
	c := &wire{listener: listener, target: target, conns: map[*net.TCPConn]bool{}}
	c.carrying.Go(c.accept)
	w.t.Cleanup(c.close)
	return c
}

func (c *wire) address() string { return c.listener.Addr().String() }

// set changes what is wrong.
func (c *wire) set(wrong trouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = wrong
	if wrong == reset {
		c.resetAll()
	}
}

func (c *wire) get() trouble {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

func (c *wire) resetAll() {
	for conn := range c.conns {
		_ = conn.SetLinger(0) // both are gone already if these fail
		_ = conn.Close()
	}
}

func (c *wire) close() {
	_ = c.listener.Close()
	c.mu.Lock()
	c.closed = true
	c.resetAll()
	c.mu.Unlock()
	c.carrying.Wait()
}

func (c *wire) accept() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", c.target) //nolint:noctx // loopback, at once
		if err != nil {
			_ = near.Close()
			continue
		}
		c.carry(near.(*net.TCPConn), far.(*net.TCPConn))
	}
}

// carry moves bytes both ways; when one way ends, both connections do.
func (c *wire) carry(near, far *net.TCPConn) {
	c.mu.Lock()
	c.conns[near], c.conns[far] = true, true
	if c.closed || c.wrong == reset {
		c.resetAll()
	}
	c.mu.Unlock()
	for _, way := range [][2]*net.TCPConn{{near, far}, {far, near}} {
		c.carrying.Go(func() {
			_, _ = io.Copy(&end{TCPConn: way[1], wire: c, answers: way[1] == near}, way[0]) // how it ends is the test's doing
			_, _ = near.Close(), far.Close()
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.conns, near)
			delete(c.conns, far)
		})
	}
}

// end is where bytes leave the wire, or do not.
type end struct {
	*net.TCPConn
	wire    *wire
	answers bool // towards the program
}

func (e *end) Write(p []byte) (int, error) {
	switch e.wire.get() {
	case silent:
		return len(p), nil
	case slow:
		if e.answers {
			<-time.After(slowness)
		}
	case fine, reset:
	}
	return e.TCPConn.Write(p)
}

// ReadFrom keeps io.Copy from going past Write.
func (e *end) ReadFrom(r io.Reader) (int64, error) { return io.Copy(writer{e}, r) }

type writer struct{ io.Writer }
