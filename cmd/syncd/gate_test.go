package main

import (
	"net/http"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// gate holds documents back while it is closed, so that a run lasts as long as a script wants.
type gate struct {
	inner http.Handler

	mu     sync.Mutex
	closed chan struct{} // nil = open
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	closed := g.closed
	g.mu.Unlock()
	if closed != nil && strings.HasSuffix(r.URL.Path, "/Salarie") {
		<-closed
	}
	g.inner.ServeHTTP(w, r)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}

// scriptGate is: gate closed, or: gate open.
func scriptGate(ts *testscript.TestScript, neg bool, args []string) {
	g := ts.Value(gateOf{}).(*gate)
	switch {
	case !neg && len(args) == 1 && args[0] == "closed":
		g.close()
	case !neg && len(args) == 1 && args[0] == "open":
		g.open()
	default:
		ts.Fatalf("usage: gate closed, or: gate open")
	}
}
