package monitor

import "net/http"

// Handler answers /healthz, /readyz and /metrics to GET and HEAD, and nothing else.
func Handler(health *Health, metrics *Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health.serveHealth) // GET is HEAD too
	mux.HandleFunc("GET /readyz", health.serveReady)
	mux.Handle("GET /metrics", metrics.handler())
	return mux
}
