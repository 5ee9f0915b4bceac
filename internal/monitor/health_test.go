package monitor

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHealth(time.Now)
		handler := Handler(h, NewMetrics("1.2.3", h))
		want := func(path string, status int, body string) {
			t.Helper()
			if w := get(t, handler, http.MethodGet, path); w.Code != status || w.Body.String() != body+"\n" {
				t.Errorf("%s: %d %q, want %d %q", path, w.Code, w.Body, status, body)
			}
		}
		want("/healthz", http.StatusOK, "ok")
		want("/readyz", http.StatusServiceUnavailable, "not ready: starting")

		time.Sleep(59 * time.Second)
		want("/healthz", http.StatusOK, "ok")
		time.Sleep(31 * time.Second)
		want("/healthz", http.StatusServiceUnavailable, "the daemon's loop has not turned for 1m30s")
		h.Turned(time.Now())
		want("/healthz", http.StatusOK, "ok")

		h.SetReady(true, "")
		want("/readyz", http.StatusOK, "ready")
		h.SetReady(false, "the database cannot be reached")
		want("/readyz", http.StatusServiceUnavailable, "not ready: the database cannot be reached")
	})
}

func TestWhatTheHandlerAnswers(t *testing.T) {
	t.Parallel()
	h := NewHealth(time.Now)
	handler := Handler(h, NewMetrics("1.2.3", h))
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/healthz", http.StatusOK},
		{http.MethodHead, "/healthz", http.StatusOK},
		{http.MethodHead, "/metrics", http.StatusOK},
		{http.MethodPost, "/healthz", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/metrics", http.StatusMethodNotAllowed},
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodGet, "/metrics/x", http.StatusNotFound},
		{http.MethodGet, "/debug/pprof/", http.StatusNotFound},
	} {
		if w := get(t, handler, test.method, test.path); w.Code != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, w.Code, test.status)
		}
	}
}
