package monitor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// get asks a handler without a network.
func get(t *testing.T, handler http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

// scrape reads /metrics into its samples, by their whole name with labels.
func scrape(t *testing.T, m *Metrics) map[string]string {
	t.Helper()
	w := get(t, m.handler(), http.MethodGet, "/metrics")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	samples := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			samples[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return samples
}

// wantSamples compares some samples; "" = it must be absent.
func wantSamples(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

// ledgerFunc is a ledger made of its one method.
type ledgerFunc func(context.Context) (ledger.Statistics, error)

func (f ledgerFunc) Statistics(ctx context.Context) (ledger.Statistics, error) { return f(ctx) }

// someStatistics has each figure once.
func someStatistics(context.Context) (ledger.Statistics, error) {
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	return ledger.Statistics{
		Failing: map[string]bool{"mail": true, "ntfy": false},
		Runs:    []ledger.RunCount{{Job: "paie", State: jobs.Held, Runs: 2}},
		Dossiers: []ledger.DossierStatistics{
			{Job: "paie", Dossier: "saint-martin", LastSuccess: at, LastEnd: at.Add(time.Hour), LastState: jobs.Failed,
				Lag: 90 * time.Second, Next: at.Add(24 * time.Hour)},
			{Job: "dictionnaire", Dossier: "new"},
			{Job: "factures", Dossier: "saint-martin", PasswordSet: at.AddDate(0, 0, -400), Collections: map[string]jobs.Gathered{
				"factures": {Read: 5, New: 2, Same: 2, Refused: 1, Unacknowledged: 3}}},
		},
	}, nil
}

// fullMetrics has at least one series of each metric.
func fullMetrics() *Metrics {
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	m.SetLedger(ledgerFunc(someStatistics))
	m.Call("salarie", "2xx", 30*time.Millisecond)
	m.Ended(endedRun(7, jobs.Incomplete, jobs.Counts{EmployeesRead: 3, Accepted: 2, Rejected: 1}))
	m.SetConfigurationDifferences(map[string]bool{"paie": false})
	return m
}

func endedRun(id int64, state jobs.State, counts jobs.Counts) *jobs.Run {
	started := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	finished := started.Add(42 * time.Second)
	return &jobs.Run{ID: id, Job: "paie", Target: jobs.Target{Dossier: "saint-martin"}, State: state, Counts: counts,
		StartedAt: &started, FinishedAt: &finished}
}
