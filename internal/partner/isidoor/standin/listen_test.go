package standin_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

func withLocalAddr(r *http.Request, addr net.Addr) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, addr))
}

// elsewhere is a listener of an address that others reach.
type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8089} }

func TestServeOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	s, err := standin.New(standin.Config{ClientID: "a", ClientSecret: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), elsewhere{}); err == nil ||
		!strings.Contains(err.Error(), "192.0.2.1:8089 is not on loopback: the sandbox serves") {
		t.Errorf("%v", err)
	}
}

func TestListenOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "8099"} {
		if listener, err := sandbox.Listen(t.Context(), addr); err == nil {
			t.Errorf("it listens on %s: %v", addr, listener.Close())
		} else if !strings.Contains(err.Error(), "\nhint: ") {
			t.Errorf("%s: no hint in %q", addr, err)
		}
	}
}

// served is a sandbox under Serve.
type served struct {
	*bench
	stop context.CancelFunc
	done chan error
}

func serve(t *testing.T, f sandbox.Faults) *served {
	t.Helper()
	s, err := standin.New(standin.Config{
		ClientID: clientID, ClientSecret: clientSecret, Faults: f, Dossiers: []sandbox.Dossier{{Name: "saint-martin", Key: keyA}},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := sandbox.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	v := &served{stop: stop, done: make(chan error, 1)}
	go func() { v.done <- s.Serve(ctx, listener) }()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	v.bench = &bench{T: t, sandbox: s, url: fmt.Sprint("http://", listener.Addr()), client: &http.Client{Transport: transport}}
	v.token = v.newToken()
	return v
}

func (v *served) wait() {
	v.Helper()
	select {
	case err := <-v.done:
		if err != nil {
			v.Error(err)
		}
	case <-time.After(10 * time.Second):
		v.Fatal("Serve did not return")
	}
}

func TestServeUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	v := serve(t, sandbox.Faults{})
	wantStatus(t, v.mustSend(document), http.StatusOK)
	v.stop()
	v.wait()
	if _, err := v.send(document); err == nil {
		t.Error("it still answers")
	}
}

func TestStoppingEndsWhatHangsOrWaits(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sandbox.Faults{
		"hang":    {Hang: 1},
		"latency": {Latency: sandbox.Duration(time.Hour)},
		"endless": {Endless: true},
	} {
		v := serve(t, f)
		sent := make(chan error, 1)
		go func() {
			_, err := v.send(strings.Replace(document, "00042", name, 1))
			sent <- err
		}()
		eventually(t, func() bool { return v.sandbox.Stats().Calls[standin.EndpointSalarie] == 1 })
		v.stop()
		v.wait()
		if err := <-sent; err == nil && name != "endless" { // the client of an endless answer may have read its fill
			t.Errorf("%s: it was answered", name)
		}
	}
}

type publicListener struct{ net.Listener }

func (publicListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func TestServeRefusesAPublicListener(t *testing.T) {
	t.Parallel()
	s, err := standin.New(standin.Config{ClientID: clientID, ClientSecret: clientSecret})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context(), publicListener{}); err == nil {
		t.Error("it serves a public address")
	}
}
