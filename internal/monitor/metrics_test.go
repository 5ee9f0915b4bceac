package monitor

import (
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"syncd/internal/jobs"
)

func TestMetricsOfTheProcess(t *testing.T) {
	t.Parallel()
	health := NewHealth(time.Now)
	m := NewMetrics("1.2.3", health)
	health.SetReady(true, "")
	m.SetClockError(true)
	m.Call("salarie", "2xx", 30*time.Millisecond)
	m.Call("salarie", "timeout", 30*time.Second)
	m.Ended(endedRun(1, jobs.Failed, jobs.Counts{}))
	m.Ended(endedRun(2, jobs.Queued, jobs.Counts{Accepted: 5}))
	m.SetConfigurationDifferences(map[string]bool{"paie": true, "dictionnaire": false})
	wantSamples(t, scrape(t, m), map[string]string{
		`syncd_build_info{version="1.2.3"}`: "1",
		`syncd_ready`:                       "1",
		`syncd_clock_error`:                 "1",
		`syncd_api_call_duration_seconds_bucket{endpoint="salarie",outcome="2xx",le="0.025"}`: "0",
		`syncd_api_call_duration_seconds_bucket{endpoint="salarie",outcome="2xx",le="0.05"}`:  "1",
		`syncd_api_call_duration_seconds_sum{endpoint="salarie",outcome="timeout"}`:           "30",
		`syncd_run_duration_seconds_sum{job="paie"}`:                                          "42",
		`syncd_runs_ended_total{job="paie",state="failed"}`:                                   "1",
		`syncd_runs_ended_total{job="paie",state="queued"}`:                                   "",
		`syncd_items_total{job="paie",outcome="accepted"}`:                                    "",
		`syncd_configuration_difference{job="paie"}`:                                          "1",
		`syncd_configuration_difference{job="dictionnaire"}`:                                  "0",
		`syncd_ledger_scrape_errors_total`:                                                    "0",
	})

	health.SetReady(false, "the database cannot be reached")
	m.SetClockError(false)
	m.SetConfigurationDifferences(map[string]bool{"paie": false})
	wantSamples(t, scrape(t, m), map[string]string{
		`syncd_ready`:       "0",
		`syncd_clock_error`: "0",
		`syncd_configuration_difference{job="paie"}`:         "0",
		`syncd_configuration_difference{job="dictionnaire"}`: "",
	})
}

// TestItemsOfAResumedRun: what a run reported at its first end is not counted again.
func TestItemsOfAResumedRun(t *testing.T) {
	t.Parallel()
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	m.Ended(endedRun(1, jobs.Failed, jobs.Counts{EmployeesRead: 10, Unchanged: 1, Accepted: 5, Rejected: 1, NotAttempted: 3}))
	m.Ended(endedRun(1, jobs.Incomplete, jobs.Counts{EmployeesRead: 10, Unchanged: 1, Accepted: 8, Rejected: 1}))
	m.Ended(endedRun(2, jobs.Succeeded, jobs.Counts{EmployeesRead: 2, Accepted: 2}))
	m.Ended(endedRun(2, jobs.Succeeded, jobs.Counts{EmployeesRead: 2, Accepted: 2})) // another run would have another number
	wantSamples(t, scrape(t, m), map[string]string{
		`syncd_items_total{job="paie",outcome="unchanged"}`:     "1",
		`syncd_items_total{job="paie",outcome="accepted"}`:      "12",
		`syncd_items_total{job="paie",outcome="rejected"}`:      "1",
		`syncd_items_total{job="paie",outcome="not_attempted"}`: "3",
		`syncd_items_total{job="paie",outcome="uncertain"}`:     "",
	})
}

func TestItemsForgetOldRuns(t *testing.T) {
	t.Parallel()
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	for id := range int64(2*maxRemembered + 1) {
		m.Ended(endedRun(id, jobs.Failed, jobs.Counts{Accepted: 1}))
	}
	if n := len(m.items.counted); n > maxRemembered {
		t.Errorf("%d runs are remembered", n)
	}
}

// TestItemsAddUp: no employee is left out.
func TestItemsAddUp(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, o := range byOutcome(jobs.Counts{Unchanged: 1, Accepted: 2, Rejected: 4, Blocked: 8, Held: 16, Uncertain: 32, Superseded: 64,
		NotAttempted: 128}) {
		sum += o.employees
	}
	if sum != 255 {
		t.Errorf("the outcomes add up to %d, want 255", sum)
	}
}

func TestMetricsFollowTheRulesOfPrometheus(t *testing.T) {
	t.Parallel()
	w := get(t, fullMetrics().handler(), http.MethodGet, "/metrics")
	problems, err := promlint.New(w.Body).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// TestCallCostsNoMemory: it is called once for each document.
func TestCallCostsNoMemory(t *testing.T) {
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	if n := testing.AllocsPerRun(100, func() { m.Call("salarie", "2xx", time.Millisecond) }); n > 0 {
		t.Errorf("%v allocations a call", n)
	}
}
