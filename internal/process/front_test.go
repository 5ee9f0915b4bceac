package process

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"syncd/internal/partner/isidoor/standin"
)

// front stands before the sandbox: it counts connections, notes the tokens that are used, and can hold requests back.
type front struct {
	serving atomic.Int64 // requests that are not answered yet
	most    atomic.Int64 // of them, ever

	mu     sync.Mutex
	inner  http.Handler
	conns  map[net.Conn]bool
	tokens map[string]bool
	calls  int           // requests that send a document, since hold
	after  int           // so many pass before the gate closes
	held   int           // wait at the gate
	gate   chan struct{} // nil = open
	only   string        // the key of the dossier that all this is about; "" = any
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := f.serving.Add(1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	defer f.serving.Add(-1)
	if strings.HasSuffix(r.URL.Path, "/Salarie") {
		f.pass(r)
	}
	f.mu.Lock()
	inner := f.inner
	f.mu.Unlock()
	inner.ServeHTTP(w, r)
}

func (f *front) pass(r *http.Request) {
	authorization := r.Header.Get("Authorization")
	f.mu.Lock()
	if f.tokens == nil {
		f.tokens = map[string]bool{}
	}
	f.tokens[strings.TrimPrefix(authorization, "Bearer ")] = true
	if f.only != "" && f.only != r.Header.Get(standin.DefaultKeyName) {
		f.mu.Unlock()
		return
	}
	f.calls++
	gate := f.gate
	closed := gate != nil && f.calls > f.after
	if closed {
		f.held++
	}
	f.mu.Unlock()
	if closed {
		<-gate
	}
}

// hold lets so many documents pass and holds back all others, until release.
func (f *front) hold(after int) { f.holdOnly("", after) }

// holdOnly is hold for the documents of one dossier.
func (f *front) holdOnly(key string, after int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.held, f.after, f.gate, f.only = 0, 0, after, make(chan struct{}), key
}

func (f *front) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gate != nil {
		close(f.gate)
		f.gate = nil
	}
}

func (f *front) distinctTokens() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.tokens)
}

func (f *front) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.held
}

// count is the server's ConnState.
func (f *front) count(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns == nil {
		f.conns = map[net.Conn]bool{}
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		delete(f.conns, conn)
	default:
		f.conns[conn] = true
	}
}

func (f *front) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// quiet waits until the sandbox has dealt with everything that a dead process had sent: connections are accepted in
// their order, so once ours is answered all of its are known, and they are closed when nothing is left to read.
func (w *world) quiet() {
	w.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(w.server.URL + "/sandbox/stats") //nolint:noctx // loopback, answered at once
	w.must(err)
	w.must(answer.Body.Close())
	until(w.t, "the sandbox is quiet", func() bool { return w.front.connections() == 0 })
}
