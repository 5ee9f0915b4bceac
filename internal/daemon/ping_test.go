package daemon

import (
	"context"
	"errors"
	"fmt"
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
			[]string{"done", "started"}},
		"one fails": {func(w *world, r *jobs.Run) (*jobs.Run, error) {
			if r.Target.Dossier == "a" {
				return w.ledger.finish(r, jobs.Incomplete, "")
			}
			return w.ledger.finish(r, jobs.Succeeded, "")
		}, []string{"failed", "started"}},
		"one waits in the queue": {func(w *world, r *jobs.Run) (*jobs.Run, error) {
			if r.Target.Dossier == "a" {
				return w.ledger.putBack(r, time.Hour)
			}
			return w.ledger.finish(r, jobs.Succeeded, "")
		}, []string{"started"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSwitchboard(t)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "2026-11-25 05:59")
				w.execute = func(_ context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) { return test.end(w, run) }
				job := w.job("paie", "0 6 * * *", "a", "b")
				job.Ping = func(event string) (string, error) { return s.url + "/" + event, nil }
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
		job.Ping = func(event string) (string, error) { return s.url + "/" + event, nil }
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
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		asked := 0
		w.ledger.ask(func(method string, _ int) error {
			if method == "DuePings" {
				asked++
			}
			return nil
		})
		d := w.start(1, nil, w.job("paie", "0 6 * * *", "a"))
		pass(2 * time.Minute)
		d.end()
		w.wantRuns("a 2026-11 2026-11-25 06:00 schedule succeeded")
		if asked > 0 {
			t.Error("the ledger was asked what is to be pinged")
		}
	})
}

// A bureau's 41 dossiers are one fire: a watcher that takes five pings a minute hears of it once, whoever executes them.
func TestManyDossiersAreOneFire(t *testing.T) {
	t.Parallel()
	s := newSwitchboard(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		var names []string
		for i := range 41 {
			names = append(names, fmt.Sprintf("d%02d", i))
		}
		w.execute = func(_ context.Context, run *jobs.Run, _ <-chan struct{}) (*jobs.Run, error) {
			state := jobs.Succeeded
			if run.Target.Dossier < "d05" {
				state = jobs.Incomplete
			}
			return w.ledger.finish(run, state, "")
		}
		var daemons []*started
		for id := range int64(2) {
			job := w.job("paie", "0 6 * * *", names...)
			job.Ping = func(event string) (string, error) { return s.url + "/" + event, nil }
			daemons = append(daemons, w.start(id+1, nil, job))
		}
		pass(5 * time.Minute)
		for _, d := range daemons {
			d.end()
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Sort(s.heard); !slices.Equal(s.heard, []string{"failed", "started"}) {
		t.Errorf("heard %q", s.heard)
	}
}

// What a daemon did not get told, for it ended or the watcher was away, the next one tells.
func TestNoPingIsLostAtARestart(t *testing.T) {
	t.Parallel()
	s := newSwitchboard(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-11-25 05:59")
		nowhere := w.job("paie", "0 6 * * *", "a")
		nowhere.Ping = func(string) (string, error) { return "", errors.New("the secret is not there yet") }
		d := w.start(1, nil, nowhere)
		pass(2 * time.Minute)
		d.end()
		job := w.job("paie", "0 6 * * *", "a")
		job.Ping = func(event string) (string, error) { return s.url + "/" + event, nil }
		d = w.start(1, nil, job)
		pass(3 * time.Minute)
		d.end()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.heard, []string{"done"}) {
		t.Errorf("heard %q: once a fire is done, that it began is no news", s.heard)
	}
}
