package daemon

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// switchboard hears pings on loopback.
type switchboard struct {
	url   string
	mu    sync.Mutex
	heard []string
}

func newSwitchboard(t *testing.T) *switchboard {
	t.Helper()
	s := &switchboard{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = append(s.heard, strings.TrimPrefix(r.URL.Path, "/"))
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func TestPingsSayStartedAndDoneOrFailed(t *testing.T) {
	tests := map[string]struct {
		end  func(*world, *jobs.Run) (*jobs.Run, error)
		want []string
	}{
		"all succeed": {func(w *world, r *jobs.Run) (*jobs.Run, error) {
			<-time.After(time.Duration(r.ID) * time.Second) // two that end at one instant may both see that all is done
			return w.ledger.finish(r, jobs.Succeeded, "")
		},
			[]string{"done", "started", "started"}},
		"one fails": {func(w *world, r *jobs.Run) (*jobs.Run, error) {
			if r.Target.Dossier == "a" {
				return w.ledger.finish(r, jobs.Incomplete, "")
			}
			return w.ledger.finish(r, jobs.Succeeded, "")
		}, []string{"failed", "started", "started"}},
		"one waits in the queue": {func(w *world, r *jobs.Run) (*jobs.Run, error) {
			if r.Target.Dossier == "a" {
				return w.ledger.putBack(r, time.Hour)
			}
			return w.ledger.finish(r, jobs.Succeeded, "")
		}, []string{"started", "started"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSwitchboard(t)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "2026-11-25 05:59")
				w.execute = func(_ context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) { return test.end(w, run) }
				job := w.job("paie", "0 6 * * *", "a", "b")
				job.Ping = func(event string) string { return s.url + "/" + event }
				d := w.start(1, nil, job)
				pass(2 * time.Minute)
				d.end() // waits for the pings under way
			})
			s.mu.Lock()
			defer s.mu.Unlock()
			if slices.Sort(s.heard); !slices.Equal(s.heard, test.want) {
				t.Errorf("heard %q, want %q", s.heard, test.want)
			}
		})
	}
}

func TestARunOfAPersonPingsNothing(t *testing.T) {
	t.Parallel()
	s := newSwitchboard(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		job := w.job("paie", "", "a")
		job.Ping = func(event string) string { return s.url + "/" + event }
		d := w.start(1, nil, job)
		pass(time.Second)
		w.enqueue("paie", 1, "2026-10")
		w.ledger.mu.Lock()
		w.ledger.runs[0].State = jobs.Held
		w.ledger.mu.Unlock()
		w.enqueue("paie", 1, "2026-11") // must wait for the older period
		pass(time.Minute)
		w.wantRuns("a 2026-10 by hand manual held", "a 2026-11 by hand manual queued")
		d.end()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heard) > 0 {
		t.Errorf("heard %q", s.heard)
	}
}

func TestTheLedgerIsNotAskedForAPingThatNobodyWants(t *testing.T) {
	t.Parallel()
	s := newSwitchboard(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		asked := 0
		w.ledger.ask(func(method string, _ int) error {
			if method == "AllDone" {
				asked++
			}
			return nil
		})
		job := w.job("paie", "0 6 * * *", "a")
		job.Ping = func(event string) string {
			if event == "done" {
				return ""
			}
			return s.url + "/" + event
		}
		d := w.start(1, nil, job)
		pass(2 * time.Minute)
		d.end()
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		if asked > 0 {
			t.Error("the ledger was asked whether all is done")
		}
	})
}
