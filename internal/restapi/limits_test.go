package restapi

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

func TestASlotIsFreeWhileADocumentWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(503, "Retry-After", "30"), answers(200)}}
		c := s.open(t, func(o *Options) { o.MaxInFlight = 1 })
		var both sync.WaitGroup
		both.Go(func() { send(c, "1") })
		synctest.Wait()
		started := time.Now()
		if out := send(c, "2"); out.Class != jobs.ClassAccepted || time.Since(started) != 0 {
			t.Errorf("class %s after %v, want accepted at once", out.Class, time.Since(started))
		}
		both.Wait()
	})
}

func TestCancellingWhileInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{hangs}}
		c := s.open(t, func(o *Options) { o.MaxInFlight, o.RetryFor = 1, time.Millisecond })
		var first sync.WaitGroup
		first.Go(func() { send(c, "1") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out := c.Dossier(testKey).Send(ctx, "2", []byte(testDoc), nil)
		if out.Class != jobs.ClassCancelled || out.Ambiguous || out.Attempts != 0 || len(s.calls) != 1 {
			t.Errorf("outcome %+v after %d requests", out, len(s.calls))
		}
		first.Wait()
	})
}

func TestLimitsOfAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		count := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			running += by
			most = max(most, running)
		}
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			count(1)
			defer count(-1)
			time.Sleep(time.Second)
			return answers(200)(req)
		}}}
		c := s.open(t, func(o *Options) { o.MaxInFlight, o.RatePerSecond = 5, 2 })
		started := time.Now()
		var all sync.WaitGroup
		for range 45 {
			all.Go(func() { send(c, "00042") })
		}
		all.Wait()
		if most != 5 {
			t.Errorf("%d in flight at most, want 5", most)
		}
		// 5 at once, 40 at 2 a second, and the second that the last one takes.
		if took := time.Since(started).Round(time.Millisecond); took != 21*time.Second {
			t.Errorf("took %v, want 21s", took)
		}
	})
}
