package monitor

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"syncd/internal/jobs"
)

var (
	runBuckets  = []float64{1, 5, 15, 60, 5 * 60, 15 * 60, 30 * 60, 3600, 2 * 3600, 6 * 3600, 24 * 3600}
	callBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
)

// Metrics is what /metrics answers: a registry of its own, in which labels are names of jobs, dossiers, endpoints and
// states. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	ledger   *ledgerCollector

	calls    *prometheus.HistogramVec
	duration *prometheus.HistogramVec
	ended    *prometheus.CounterVec
	items    tally

	clockError   prometheus.Gauge
	clockIsWrong atomic.Bool
	watermark    prometheus.Gauge
	differs      *prometheus.GaugeVec
	mu           sync.Mutex
	jobs         map[string]bool // that differs has
}

// NewMetrics prepares the metrics of this version of the program. What the ledger tells is left out until SetLedger.
func NewMetrics(version string, health *Health) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		ledger:   newLedgerCollector(time.Now),
		calls: histogram("syncd_api_call_duration_seconds",
			"How long one HTTP attempt at the partner took, its answer included.", callBuckets, "endpoint", "outcome"),
		duration: histogram("syncd_run_duration_seconds",
			"How long the runs took that ended in this process, from their first start.", runBuckets, "job"),
		ended: counter("syncd_runs_ended_total", "Runs that ended in this process, by the state they ended in.", "job", "state"),
		items: newTally(counter("syncd_items_total",
			"Employees of the runs that ended in this process, by what became of them.", "job", "outcome")),
		clockError: prometheus.NewGauge(prometheus.GaugeOpts{Name: "syncd_clock_error",
			Help: "1 while a stored fire lies in the future, or this clock and PostgreSQL's are apart, and for an hour after: " +
				"a clock is or was wrong."}),
		watermark: prometheus.NewGauge(prometheus.GaugeOpts{Name: "syncd_watermark_since_timestamp_seconds",
			Help: "Since when a file outside of the database says how far the ledger has come; 0 while none can be kept. A recent time on a " +
				"ledger that is not new: the file was lost."}),
		differs: gauge("syncd_configuration_difference",
			"1 while another daemon of this ledger has another configuration for the job.", "job"),
	}
	build := gauge("syncd_build_info", "1, with the version of the program.", "version")
	build.WithLabelValues(version).Set(1)
	ready := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "syncd_ready", Help: "1 while the daemon can work, as /readyz tells.",
	}, func() float64 {
		ok, _ := health.Ready()
		return oneIf(ok)
	})
	m.registry.MustRegister(build, ready, m.ledger, m.calls, m.duration, m.ended, m.items.total, m.clockError, m.watermark, m.differs,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// SetLedger says where the figures of the ledger come from; nil = nowhere for now.
func (m *Metrics) SetLedger(ledger Ledger) { m.ledger.set(ledger) }

// Call measures one HTTP attempt.
func (m *Metrics) Call(endpoint, outcome string, took time.Duration) {
	m.calls.WithLabelValues(endpoint, outcome).Observe(took.Seconds())
}

// Ended counts a run that ended in this process. One that only goes back to the queue has not ended.
func (m *Metrics) Ended(run *jobs.Run) {
	if run.State == jobs.Queued || run.State == jobs.Running {
		return
	}
	m.ended.WithLabelValues(run.Job, string(run.State)).Inc()
	if run.StartedAt != nil && run.FinishedAt != nil {
		m.duration.WithLabelValues(run.Job).Observe(run.FinishedAt.Sub(*run.StartedAt).Seconds())
	}
	m.items.add(run)
}

// SetClockError sets whether a stored fire lies in the future.
func (m *Metrics) SetClockError(wrong bool) {
	m.clockError.Set(oneIf(wrong))
	m.clockIsWrong.Store(wrong)
}

// ClockError tells what SetClockError said last.
func (m *Metrics) ClockError() bool { return m.clockIsWrong.Load() }

// SetWatermark says since when the ledger's watermark is kept; zero = it is not.
func (m *Metrics) SetWatermark(since time.Time) {
	if since.IsZero() {
		m.watermark.Set(0)
		return
	}
	m.watermark.Set(float64(since.Unix()))
}

// SetConfigurationDifferences says of each configured job whether another daemon has another configuration for it.
func (m *Metrics) SetConfigurationDifferences(differs map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for job := range m.jobs {
		if _, still := differs[job]; !still {
			m.differs.DeleteLabelValues(job)
		}
	}
	m.jobs = make(map[string]bool, len(differs))
	for job, other := range differs {
		m.jobs[job] = true
		m.differs.WithLabelValues(job).Set(oneIf(other))
	}
}

// handler answers with all that can be had: what fails is left out.
func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true})
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
