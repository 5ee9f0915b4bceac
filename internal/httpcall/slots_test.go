package httpcall

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// gauge counts requests under way.
type gauge struct {
	mu        sync.Mutex
	now, most int
}

func (g *gauge) add(by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += by
	g.most = max(g.most, g.now)
}

// takes answers 200 after some time.
func (g *gauge) takes(d time.Duration) step {
	return func(req *http.Request) (*http.Response, error) {
		g.add(1)
		defer g.add(-1)
		time.Sleep(d)
		return answers(200)(req)
	}
}

// TestAHangingDossierLeavesRoom: one dossier hangs with all that it can take; another one's calls go at once.
func TestAHangingDossierLeavesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy gauge
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			busy.add(1)
			defer busy.add(-1)
			if req.Header.Get("X-Cle-Dossier") == "hanging" {
				return hangs(req)
			}
			return answers(200)(req)
		}}}
		c := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.Runs, o.RetryFor = 4, 2, time.Millisecond })
		hanging, healthy := c.Dossier("hanging"), c.Dossier("healthy")
		var lanes sync.WaitGroup
		for i := range 10 {
			lanes.Go(func() { sendBy(hanging, strconv.Itoa(i)) })
		}
		synctest.Wait()
		if busy.now != 3 {
			t.Errorf("the hanging dossier has %d requests under way, want 3: its own slot and the shared ones", busy.now)
		}
		for i := range 3 {
			started := time.Now()
			if out := sendBy(healthy, strconv.Itoa(i)); out.Class != jobs.ClassAccepted || time.Since(started) != 0 {
				t.Errorf("class %s after %v, want accepted at once", out.Class, time.Since(started))
			}
		}
		lanes.Wait()
		if busy.most != 4 {
			t.Errorf("%d in flight at most, want 4", busy.most)
		}
	})
}

func TestTotalInFlight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ inFlight, runs, dossiers, most int }{
		"one dossier alone":           {6, 1, 1, 6},
		"one dossier of several runs": {6, 3, 1, 4},
		"as many as there are runs":   {6, 3, 3, 6},
		"no shared slots":             {2, 2, 2, 2},
		"more dossiers than runs":     {6, 2, 5, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var busy gauge
				s := &script{steps: []step{busy.takes(time.Second)}}
				c := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.Runs = test.inFlight, test.runs })
				var lanes sync.WaitGroup
				for range test.dossiers {
					api := c.Dossier(testKey)
					for range 20 {
						lanes.Go(func() { sendBy(api, "00042") })
					}
				}
				lanes.Wait()
				if busy.most != test.most {
					t.Errorf("%d in flight at most, want %d", busy.most, test.most)
				}
			})
		})
	}
}

func TestMoreRunsThanSlots(t *testing.T) {
	t.Parallel()
	o := testOptions()
	o.MaxInFlight, o.Runs = 2, 3
	const want = "3 runs at once cannot share 2 requests in flight: each needs one of its own\n" +
		"hint: raise max_in_flight of [partner], or let fewer runs go at once"
	if _, err := openToy(o); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
