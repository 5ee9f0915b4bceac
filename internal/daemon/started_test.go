package daemon

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/monitor"
	"syncd/internal/sdnotify"
)

// started is a daemon that runs.
type started struct {
	*Daemon
	world  *world
	reload chan struct{}
	stop   chan struct{}
	done   chan struct{}
	end    func() // stops it, and waits
	abort  context.CancelFunc
	err    error
	log    *text
	closed atomic.Int32 // how often its first setup was closed
}

// start runs a daemon with some jobs, of which each daemon needs its own. adapt may be nil.
func (w *world) start(id int64, adapt func(*Daemon, *Setup), all ...*Job) *started {
	s := &started{world: w, reload: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), log: &text{}}
	health := monitor.NewHealth(time.Now)
	log := zerolog.New(s.log)
	s.Daemon = &Daemon{ID: id, Ledger: &member{memoryLedger: w.ledger}, Now: w.clock.Now, Reload: s.reload, Stop: s.stop, Log: log,
		Health: health, Metrics: monitor.NewMetrics("test", health), Pinger: monitor.NewPinger(log),
		Notify: sdnotify.New(func(string) string { return "" })}
	setup := s.setup(all...)
	setup.Close = func() { s.closed.Add(1) }
	if adapt != nil {
		adapt(s.Daemon, setup)
	}
	ctx, abort := context.WithCancel(context.Background())
	s.abort = abort
	s.end = sync.OnceFunc(func() { close(s.stop); <-s.done; abort() })
	go func() {
		defer close(s.done)
		s.err = s.Run(ctx, setup)
	}()
	w.t.Cleanup(s.end)
	return s
}

// setup is a configuration for this daemon.
func (s *started) setup(all ...*Job) *Setup {
	for _, j := range all {
		j.Execute = func(ctx context.Context, run *jobs.Run, stop <-chan struct{}) (*jobs.Run, error) {
			return s.world.run(ctx, s.ID, run, stop)
		}
	}
	return &Setup{Jobs: all, MaxRuns: 4, Grace: 20 * time.Second, Digest: "digest", Close: func() {}}
}

// wantReady compares what /readyz says.
func (s *started) wantReady(want bool, why string) {
	s.world.t.Helper()
	if ready, got := s.Health.Ready(); ready != want || !strings.Contains(got, why) {
		s.world.t.Errorf("ready: %v %q, want %v %q", ready, got, want, why)
	}
}

// metric reads a sample of /metrics.
func (s *started) metric(name string) string {
	w := httptest.NewRecorder()
	monitor.Handler(s.Health, s.Metrics).ServeHTTP(w, httptest.NewRequestWithContext(s.world.t.Context(), http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// reloads gives the daemon a new configuration.
func (s *started) reloads(all ...*Job) {
	setup := s.setup(all...)
	s.Load = func() (*Setup, error) { return setup, nil }
	s.reload <- struct{}{}
}

// text is a log that can be read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) count(s string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Count(x.b.String(), s)
}

func (x *text) all() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}
