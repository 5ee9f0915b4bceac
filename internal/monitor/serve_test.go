package monitor

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/hinted"
)

// serving serves an address until the test ends it by the function returned, which gives Serve's error.
func serving(t *testing.T, address string, handler http.Handler) (net.Listener, func() error) {
	t.Helper()
	listener, err := Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, listener, handler, func() []string { return []string{"metrics.example.org"} }, zerolog.Nop())
	}()
	return listener, func() error {
		cancel()
		return <-ended
	}
}

// fetch asks the server behind listener.
func fetch(ctx context.Context, listener net.Listener, host, path string) (int, string, error) {
	address := listener.Addr()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, address.Network(), address.String())
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+path, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func TestServe(t *testing.T) {
	t.Parallel()
	health := NewHealth(time.Now)
	handler := Handler(health, NewMetrics("1.2.3", health))
	socket := filepath.Join(t.TempDir(), "monitor.sock")
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0", "unix:" + socket} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			listener, end := serving(t, address, handler)
			for host, want := range map[string]int{"localhost": http.StatusOK, "metrics.example.org": http.StatusOK,
				"rebound.example": http.StatusMisdirectedRequest} {
				if strings.HasPrefix(address, unixPrefix) {
					want = http.StatusOK // no browser comes by there
				}
				if status, body, err := fetch(t.Context(), listener, host, "/healthz"); err != nil || status != want ||
					(status == http.StatusOK) != (body == "ok\n") {
					t.Errorf("%s is answered %d %q, %v", host, status, body, err)
				}
			}
			if strings.HasPrefix(address, unixPrefix) {
				if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o660 {
					t.Errorf("socket %v, %v", info.Mode(), err)
				}
			}
			if err := end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestServeLetsAnswersFinish: the end waits for what is under way, and leaves no socket behind.
func TestServeLetsAnswersFinish(t *testing.T) {
	t.Parallel()
	asked, finish := make(chan struct{}), make(chan struct{})
	socket := filepath.Join(t.TempDir(), "monitor.sock")
	listener, end := serving(t, "unix:"+socket, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-finish
		answer(w, http.StatusOK, "late")
	}))
	ended := make(chan error, 1)
	go func() {
		<-asked
		go func() { ended <- end() }()
		for { // the listener closes first
			if _, err := os.Stat(socket); errors.Is(err, fs.ErrNotExist) {
				close(finish)
				return
			}
		}
	}()
	if status, body, err := fetch(t.Context(), listener, "monitor", "/"); err != nil || status != http.StatusOK || body != "late\n" {
		t.Errorf("answered %d %q, %v", status, body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	t.Parallel()
	listener, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), listener, http.NotFoundHandler(), nil, zerolog.Nop()); err == nil {
		t.Error("no error")
	}
}

func TestListenRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0:9464":     "can be reached from other machines",
		"[::]:9464":        "can be reached from other machines",
		"192.0.2.1:9464":   "can be reached from other machines",
		":9464":            "is no address",
		"example.org:9464": "is no address",
		"127.0.0.1":        "is no address",
		"":                 "is no address",
		"unix:monitor":     "is no absolute path",
		"unix:/nowhere/x":  "the directory must exist",
	} {
		listener, err := Listen(t.Context(), address)
		if err == nil {
			listener.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "\nhint: ") {
			t.Errorf("%q: %v, want %q", address, err, want)
		}
	}
}

func TestStaleSocket(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "monitor.sock")
	killed, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if listener, err := Listen(t.Context(), "unix:"+socket); err == nil || !strings.Contains(err.Error(), "another process answers") {
		t.Errorf("listening beside another: %v, %v", listener, err)
	}
	killed.SetUnlinkOnClose(false)
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := Listen(t.Context(), "unix:"+socket)
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFileIsNoStaleSocket(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), "unix:"+file); err == nil || !strings.Contains(err.Error(), "exists and is no socket") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeListenedOn(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, code := range map[string]string{
		taken.Addr().String(): "monitor.port", "unix:" + filepath.Join(t.TempDir(), "none", "s"): "monitor.socket",
	} {
		if _, err := Listen(t.Context(), address); hinted.What(err).Code != code {
			t.Errorf("%s: %v", address, err)
		}
	}
}
