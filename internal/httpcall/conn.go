package httpcall

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxHead   = 64 << 10 // bytes read of all heads that answer one request
	atOnce    = 16 << 10 // bytes of a body that are written before the answer is looked at; a longer one is written beside
	writeSize = 20 << 10 // so that a document and its head leave together: who answers the head at once answers the whole
	drain     = 10 * time.Millisecond
)

var (
	errUnasked   = errors.New("the connection brought an answer that nobody asked for")
	errHeadSize  = errors.New("the head of the answer is too large")
	errAbandoned = errors.New("the answer came before the body was handed over")

	longAgo = time.Unix(1, 0)
)

// conn is one connection, plain or with TLS, used by one request at a time.
//
// Whose answer is it? Bytes on a connection carry no name, so an answer belongs to a request if nothing but that request
// can have caused it: nothing waited to be read before the request was written; when its first byte is read, the other
// side's TCP has confirmed all that was written (a segment that was sent before the request arrived cannot confirm it);
// and nothing follows its end. Whatever breaks one of the three is an answer that nobody asked for. What a server
// sends unasked after the request reached it and before it answers cannot be told from the answer by anybody; it shows
// when the true answer follows at once, and leaves the request in doubt then.
type conn struct {
	net.Conn                 // TLS or TCP
	below    syscall.RawConn // TCP; nil where that is something else
	secure   bool
	reader   *bufio.Reader
	writer   *bufio.Writer
	left     int64 // bytes that may be read: of a head a few, of a body as many as its reader asks for
	wrote    func()

	idleSince time.Time
}

func newConn(c, below net.Conn) *conn {
	made := &conn{Conn: c}
	if secured, ok := below.(*tls.Conn); ok { // to a proxy
		below = secured.NetConn()
	}
	if tcp, ok := below.(syscall.Conn); ok {
		made.below, _ = tcp.SyscallConn() // an error is of a closed connection, which shows itself
	}
	_, made.secure = c.(*tls.Conn)
	made.reader, made.writer = bufio.NewReader(reading{made}), bufio.NewWriterSize(writing{made}, writeSize)
	return made
}

type reading struct{ *conn }

func (r reading) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errHeadSize
	}
	n, err := r.Conn.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}

type writing struct{ *conn }

func (w writing) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if n > 0 && w.wrote != nil {
		w.wrote()
		w.wrote = nil
	}
	return n, err
}

// headReader reads at most so many bytes.
type headReader struct {
	from io.Reader
	left int
}

func (h *headReader) Read(p []byte) (int, error) {
	if h.left <= 0 {
		return 0, errHeadSize
	}
	n, err := h.from.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

// interrupt ends all reading and writing, from another goroutine.
func (c *conn) interrupt() { _ = c.SetDeadline(longAgo) }

// close closes the connection without a farewell that could block.
func (c *conn) close() {
	if secured, ok := c.Conn.(*tls.Conn); ok {
		_ = secured.NetConn().Close()
		return
	}
	_ = c.Close()
}

// waiting is what the system has of a connection that was not read yet.
type waiting int

const (
	nothing waiting = iota
	something
	theEnd
)

// waits looks without reading. Behind TLS something may be no answer but TLS's own, such as its farewell.
func (c *conn) waits() (found waiting) {
	if c.reader.Buffered() > 0 {
		return something
	}
	if c.below == nil {
		return nothing
	}
	err := c.below.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := unix.Recvfrom(int(fd), one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case n > 0:
			found = something
		case err == nil || !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			found = theEnd
		}
	})
	if err != nil {
		return theEnd
	}
	return found
}

// follows reports whether something follows an answer that was read to its end, and whether the connection is good for
// another request.
func (c *conn) follows() (more, usable bool) {
	found := c.waits()
	if !c.secure || c.reader.Buffered() > 0 {
		return found == something, found == nothing
	}
	// What TLS has decrypted, or can without waiting, shows by reading. A timeout harms no TLS connection.
	until := longAgo
	if found == something {
		until = time.Now().Add(drain)
	}
	c.left = math.MaxInt64
	err := c.SetReadDeadline(until)
	if err == nil {
		_, err = c.reader.Peek(1)
	}
	more = err == nil
	if !isLate(err) || found != nothing {
		return more, false
	}
	return more, c.SetReadDeadline(time.Time{}) == nil
}

// unasked reports whether what waits on a connection that nobody uses is an answer: not TLS's own words, and not the 408 by
// which some servers say that they close it.
func (c *conn) unasked() bool {
	c.left = maxHead
	if c.SetReadDeadline(time.Now().Add(drain)) != nil {
		return false
	}
	begin, _ := c.reader.Peek(len("HTTP/1.1 408")) // less than that is a part of one
	return len(begin) > 0 && !bytes.HasPrefix(begin, []byte("HTTP/1.1 408")) && !bytes.HasPrefix(begin, []byte("HTTP/1.0 408"))
}

// confirmed reports whether the other side's TCP has confirmed all that was written.
func (c *conn) confirmed() bool {
	pending := 0
	if c.below == nil {
		return true
	}
	err := c.below.Control(func(fd uintptr) {
		if n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ); err == nil {
			pending = n
		}
	})
	return err != nil || pending == 0
}

// exchange is one request on a connection, until its answer was read.
type exchange struct {
	pool    *transport
	conn    *conn
	origin  string
	ctx     context.Context //nolint:containedctx // of the request, whose end ends the exchange
	release func() bool     // takes the connection from the context; false: it has ended
	written chan error      // of a body that is written beside; nil = all was written at once
}

func (x *exchange) do(request *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(x.ctx)
	if x.conn.wrote = nil; trace != nil {
		x.conn.wrote = trace.WroteHeaders
	}
	body := &handedOver{left: request.ContentLength}
	if request.ContentLength > atOnce { // a shorter one stays as it is: net/http lets the head of one that it does not know leave alone
		body.from = request.Body
		own := *request
		own.Body, request = body, &own
	}
	failure := x.write(request)
	response, err := x.head(request)
	if err != nil {
		return nil, cmp.Or(failure, err) // an answer may be there although the request broke off
	}
	if x.written != nil && body.abandon() && trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: errAbandoned})
	}
	response.Body = &answerBody{from: response.Body, exchange: x, last: failure != nil || response.Close || response.StatusCode < 200}
	return response, nil //nolint:nilerr // what broke off the request shows as an answer that came too early, or as doubt
}

func (x *exchange) write(request *http.Request) error {
	all := func() error {
		if err := request.Write(x.conn.writer); err != nil {
			return err
		}
		return x.conn.writer.Flush()
	}
	if request.ContentLength <= atOnce {
		return all()
	}
	x.written = make(chan error, 1)
	go func() { x.written <- all() }()
	return nil
}

// head reads the first answer that is one: informational ones (1xx) go by, but for a change of the protocol, which ends
// what can be read here.
func (x *exchange) head(request *http.Request) (*http.Response, error) {
	c := x.conn
	c.left = maxHead
	if _, err := c.reader.Peek(1); err != nil {
		return nil, err
	}
	if x.written == nil && !c.confirmed() {
		x.pool.beWary()
		return nil, errUnasked
	}
	for {
		response, err := http.ReadResponse(c.reader, request)
		if err != nil {
			return nil, err
		}
		if response.StatusCode/100 != 1 || response.StatusCode == http.StatusSwitchingProtocols {
			c.left = math.MaxInt64
			return response, nil
		}
	}
}

// end gives the connection back, or closes it.
func (x *exchange) end(usable bool) {
	if usable && x.written != nil {
		select {
		case err := <-x.written:
			x.written, usable = nil, err == nil
		case <-time.After(drain): // the answer is there, and the writing is not over
			usable = false
		}
	}
	if !x.release() || !usable {
		x.conn.close()
	} else {
		x.pool.keep(x.origin, x.conn)
	}
	if x.written != nil {
		<-x.written //nolint:errcheck // its connection is closed: that it failed says nothing
	}
}

// answerBody is the body of an answer. Its end gives the connection back.
type answerBody struct {
	*exchange
	from io.Reader
	last bool // no other request goes on this connection
	done bool
}

func (b *answerBody) Read(p []byte) (int, error) {
	if b.done {
		return 0, io.EOF
	}
	n, err := b.from.Read(p)
	if err == nil {
		return n, nil
	}
	b.done = true
	if err != io.EOF { //nolint:errorlint // the end of a body is io.EOF itself; one that wraps it is another
		b.end(false)
		return n, causeOf(b.ctx, err)
	}
	more, usable := b.conn.follows()
	b.end(usable && !b.last)
	if more {
		b.pool.beWary()
		return n, errUnasked
	}
	return n, io.EOF
}

// Close closes the connection of an answer that was not read to its end, which may never come.
func (b *answerBody) Close() error {
	if !b.done {
		b.done = true
		b.end(false)
	}
	return nil
}

// handedOver is the body of a request, of which is known whether all of it was handed over to be written.
type handedOver struct {
	from io.ReadCloser

	mu        sync.Mutex
	left      int64 // bytes
	abandoned bool
}

func (h *handedOver) Read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.abandoned {
		return 0, errAbandoned
	}
	n, err := h.from.Read(p)
	h.left -= int64(n)
	return n, err
}

func (h *handedOver) Close() error { return h.from.Close() }

// abandon keeps the rest from being handed over; false: there is none.
func (h *handedOver) abandon() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.abandoned = h.left > 0
	return h.abandoned
}
