package testpg

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// Names of the environment by which processes share a server. throwaway-pg sets both.
const (
	EnvURL = "SYNCD_TEST_DATABASE_URL"
	EnvLog = "SYNCD_TEST_DATABASE_LOG" // optional: path of its log
)

// startShared starts the server of this process, once.
var startShared = sync.OnceValues(func() (s *Server, err error) {
	if url := os.Getenv(EnvURL); url != "" {
		s = &Server{URL: url, Log: os.Getenv(EnvLog)}
	} else if s, err = Start(Options{}); err != nil {
		return nil, err
	}
	started.Store(s)
	return s, nil
})

var started atomic.Pointer[Server] // what startShared made; nil = nothing yet

// Tests are those of a package that looks for goroutines left at its end: a connection that is kept for the next test may have one,
// and is closed before that.
type Tests struct{ M interface{ Run() int } }

// Run executes them, for goleak.VerifyTestMain. It returns their exit code.
func (t Tests) Run() int {
	code := t.M.Run()
	if s := started.Load(); s != nil {
		s.admin.close(context.Background())
	}
	return code
}

// Shared is the server that all tests of this process use, and where SYNCD_TEST_DATABASE_URL is set, other processes
// too: a test that changes the server itself, or reads all of its log, should have one Alone.
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := startShared()
	if err != nil {
		t.Fatalf("testpg: %v", err)
	}
	return s
}

// Alone starts a server for t alone, for a test that changes the server itself or reads all of its log. It ends with t.
func Alone(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := Start(opts)
	if err != nil {
		t.Fatalf("testpg: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// New makes a database for t on the shared server.
func New(t testing.TB, template Template) *DB {
	t.Helper()
	return Shared(t).New(t, template)
}
