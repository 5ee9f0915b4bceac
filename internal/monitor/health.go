// Package monitor tells other programs how the daemon is: health and metrics over HTTP on this machine alone, and
// dead-man's pings to a URL. Nothing that it serves, logs or sends contains personal data: labels are names of the
// configuration.
package monitor

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// stuckAfter is the age of the last turn from which the daemon's loop counts as stuck. It turns every 10 s at least.
const stuckAfter = 60 * time.Second

// Health is what /healthz and /readyz answer. It is safe for concurrent use.
type Health struct {
	now func() time.Time

	mu     sync.Mutex
	turned time.Time // the last turn of the daemon's loop
	ready  bool
	why    string
}

// NewHealth starts as a loop that turned just now, and not ready.
func NewHealth(now func() time.Time) *Health {
	return &Health{now: now, turned: now(), why: "starting"}
}

// Turned says that the daemon's loop went round at this time. A time read by time.Now is compared by its monotonic
// clock: setting the clock does not make the loop look stuck.
func (h *Health) Turned(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turned = at
}

// SetReady sets whether work can be done, and if not, why. why is shown as it is: no personal data, no secret.
func (h *Health) SetReady(ok bool, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready, h.why = ok, why
}

// Ready tells what SetReady said last.
func (h *Health) Ready() (ok bool, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ready, h.why
}

// still is how long ago the loop last turned.
func (h *Health) still() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now().Sub(h.turned)
}

func (h *Health) serveHealth(w http.ResponseWriter, _ *http.Request) {
	if still := h.still(); still >= stuckAfter {
		answer(w, http.StatusServiceUnavailable, fmt.Sprintf("the daemon's loop has not turned for %s", still.Round(time.Second)))
		return
	}
	answer(w, http.StatusOK, "ok")
}

func (h *Health) serveReady(w http.ResponseWriter, _ *http.Request) {
	ready, why := h.Ready()
	if !ready {
		answer(w, http.StatusServiceUnavailable, "not ready: "+why)
		return
	}
	answer(w, http.StatusOK, "ready")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
