package httpcall

import (
	"context"
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
		api := s.open(t, func(o *toyOptions) { o.MaxInFlight = 1 }).Dossier(testKey)
		var both sync.WaitGroup
		both.Go(func() { sendBy(api, "1") })
		synctest.Wait()
		started := time.Now()
		if out := sendBy(api, "2"); out.Class != jobs.ClassAccepted || time.Since(started) != 0 {
			t.Errorf("class %s after %v, want accepted at once", out.Class, time.Since(started))
		}
		both.Wait()
	})
}

func TestCancellingWhileInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{hangs}}
		api := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.RetryFor = 1, time.Millisecond }).Dossier(testKey)
		var first sync.WaitGroup
		first.Go(func() { sendBy(api, "1") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out := api.Send(ctx, "2", []byte(testDoc), nil)
		if out.Class != jobs.ClassCancelled || out.Ambiguous || out.Attempts != 0 || len(s.calls) != 1 {
			t.Errorf("outcome %+v after %d requests", out, len(s.calls))
		}
		first.Wait()
	})
}

func TestLimitsOfAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy gauge
		s := &script{steps: []step{busy.takes(time.Second)}}
		api := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.RatePerSecond = 5, 2 }).Dossier(testKey)
		started := time.Now()
		var all sync.WaitGroup
		for range 45 {
			all.Go(func() { sendBy(api, "00042") })
		}
		all.Wait()
		if busy.most != 5 {
			t.Errorf("%d in flight at most, want 5", busy.most)
		}
		// 5 at once, 40 at 2 a second, and the second that the last one takes.
		if took := time.Since(started).Round(time.Millisecond); took != 21*time.Second {
			t.Errorf("took %v, want 21s", took)
		}
	})
}
