package httpcall

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

func TestCancelling(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		step      step
		ambiguous bool
		attempts  int
	}{
		"while it is under way":        {hangs, true, 1},
		"while it waits for its retry": {answers(503, "Retry-After", "50"), false, 1},
		"while a doubt waits":          {answers(502, "Retry-After", "50"), true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []step{test.step}}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				started := time.Now()
				out := s.open(t, nil).Dossier(testKey).Send(ctx, "00042", []byte(testDoc), nil)
				if out.Class != jobs.ClassCancelled || out.Ambiguous != test.ambiguous || out.Attempts != test.attempts {
					t.Errorf("class %s, ambiguous %v, attempts %d", out.Class, out.Ambiguous, out.Attempts)
				}
				if took := time.Since(started); took != 3*time.Second {
					t.Errorf("took %v", took)
				}
				if call := callError(t, out.Err); call.Class != jobs.ClassCancelled || call.Call != "POST /V2/Salarie" {
					t.Errorf("error %+v", call)
				}
			})
		})
	}
}

// An answer that arrives as the caller gives up counts: it may acknowledge a payment.
func TestAcceptanceWinsOverCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
		cancel()
		return answers(200)(req)
	}}}
	out := s.open(t, nil).Dossier(testKey).Send(ctx, "00042", []byte(testDoc), nil)
	if out.Class != jobs.ClassAccepted {
		t.Errorf("class %s, want accepted", out.Class)
	}
	out = s.open(t, nil).Dossier(testKey).Send(ctx, "00043", []byte(testDoc), nil)
	if out.Class != jobs.ClassCancelled || out.Attempts != 0 || len(s.calls) != 1 {
		t.Errorf("class %s after %d requests: a cancelled call must not leave", out.Class, len(s.calls))
	}
}

// TestStopWhileWaiting: whoever stops a run does not wait for a long Retry-After.
func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(429, "Retry-After", "60"), answers(200)}}
		start := time.Now()
		out := s.open(t, nil).Dossier(testKey).Send(t.Context(), "00042", []byte(testDoc), func() error {
			if time.Since(start) > time.Second {
				return errors.New("stopped")
			}
			return nil
		})
		if took := time.Since(start); out.Class != jobs.ClassCancelled || took > 2*time.Second {
			t.Errorf("class %s after %v", out.Class, took)
		}
	})
}

func TestBeforeAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(502), answers(503), answers(200)}}
		asked := map[int]bool{} // with so many requests behind
		out := s.open(t, nil).Dossier(testKey).Send(t.Context(), "00042", []byte(testDoc), func() error {
			asked[len(s.calls)] = true
			if len(s.calls) == 2 {
				return errors.New("the run was lost")
			}
			return nil
		})
		if len(asked) != 3 {
			t.Errorf("not asked before each request: %v", asked)
		}
		if len(s.calls) != 2 || out.Class != jobs.ClassCancelled || !out.Ambiguous || out.Attempts != 2 {
			t.Errorf("%d requests, outcome %+v", len(s.calls), out)
		}
	})
}
