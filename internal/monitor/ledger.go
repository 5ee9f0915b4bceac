package monitor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"syncd/internal/ledger"
)

const (
	ledgerTimeout = 5 * time.Second  // for one reading of the ledger
	ledgerCache   = 10 * time.Second // its result, or its failure, serves so long
)

// Ledger is what metrics read of the ledger.
type Ledger interface {
	Statistics(ctx context.Context) (ledger.Statistics, error)
}

var (
	runsDesc = describe("syncd_runs", "Runs that the ledger keeps, by state.", "job", "state")
	lastDesc = describe("syncd_last_run_state", "1 for the state in which the last run that ended did.", "job", "dossier", "state")
	endDesc  = describe("syncd_last_run_timestamp_seconds",
		"When a run last ended, in whatever state; absent while none has.", "job", "dossier")
	successDesc = describe("syncd_last_success_timestamp_seconds",
		"When a run last succeeded; absent while none has.", "job", "dossier")
	nextDesc = describe("syncd_next_fire_timestamp_seconds", "When the schedule fires next; absent for jobs without, or that are paused.",
		"job", "dossier")
	pausedDesc  = describe("syncd_job_paused", "1 while the schedule of the job is paused.", "job")
	purgeDesc   = describe("syncd_purge_held", "1 while what is past its time waits for a person: the clock leapt, or much would go.")
	channelDesc = describe("syncd_alert_channel_failing", "1 while messages of alerts by this channel do not leave.", "channel")
	recordsDesc = describe("syncd_pull_records", "Records of the last run that read them, by what it found.", "job", "dossier",
		"collection", "class")
	unackedDesc = describe("syncd_inbox_unacknowledged", "Records that the last run stored, and could not tell the partner so.", "job",
		"dossier")
	refusedDesc  = describe("syncd_inbox_refused", "Records that the last run could not store.", "job", "dossier")
	passwordDesc = describe("syncd_password_set_timestamp_seconds",
		"When the partner's password was set, as password_set has it; absent where nothing does.", "job", "dossier")
	lagDesc = describe("syncd_lag_seconds", "Since when the oldest fire is due whose run has not ended; 0 = nothing is late.", "job",
		"dossier")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// ledgerCollector gives the figures that the ledger knows, whichever process made them. One scrape at a time reads it,
// and at most every ledgerCache; when it cannot be read its figures are left out, not repeated.
type ledgerCollector struct {
	now    func() time.Time
	errors prometheus.Counter

	mu     sync.Mutex
	ledger Ledger // nil = none yet
	readAt time.Time
	cached ledger.Statistics
	known  bool // cached contains what the ledger said at readAt
}

func newLedgerCollector(now func() time.Time) *ledgerCollector {
	return &ledgerCollector{now: now, errors: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "syncd_ledger_scrape_errors_total", Help: "Readings of the ledger for these metrics that failed.",
	})}
}

func (c *ledgerCollector) set(ledger Ledger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ledger, c.readAt, c.known = ledger, time.Time{}, false
}

func (c *ledgerCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsDesc, lastDesc, endDesc, successDesc, nextDesc, lagDesc, pausedDesc, purgeDesc, channelDesc,
		recordsDesc, unackedDesc, refusedDesc, passwordDesc} {
		descriptions <- d
	}
	c.errors.Describe(descriptions)
}

func (c *ledgerCollector) Collect(out chan<- prometheus.Metric) {
	statistics, known := c.read()
	c.errors.Collect(out)
	if !known {
		return
	}
	for _, r := range statistics.Runs {
		out <- value(runsDesc, float64(r.Runs), r.Job, string(r.State))
	}
	out <- value(purgeDesc, oneIf(statistics.PurgeHeld))
	for channel, failing := range statistics.Failing {
		out <- value(channelDesc, oneIf(failing), channel)
	}
	paused := map[string]bool{} // of the jobs that are known here
	for _, d := range statistics.Dossiers {
		if paused[d.Job] = slices.Contains(statistics.Paused, d.Job); paused[d.Job] {
			d.Next = time.Time{}
		}
		collectDossier(out, d)
		collectRecords(out, d)
	}
	for job, is := range paused {
		out <- value(pausedDesc, oneIf(is), job)
	}
}

func collectDossier(out chan<- prometheus.Metric, d ledger.DossierStatistics) {
	out <- value(lagDesc, d.Lag.Seconds(), d.Job, d.Dossier)
	if d.LastState != "" {
		out <- value(lastDesc, 1, d.Job, d.Dossier, string(d.LastState))
	}
	for desc, at := range map[*prometheus.Desc]time.Time{endDesc: d.LastEnd, successDesc: d.LastSuccess, nextDesc: d.Next} {
		if !at.IsZero() {
			out <- value(desc, float64(at.UnixMilli())/1000, d.Job, d.Dossier)
		}
	}
}

// collectRecords tells of a job that reads a partner's records.
func collectRecords(out chan<- prometheus.Metric, d ledger.DossierStatistics) {
	if !d.PasswordSet.IsZero() {
		out <- value(passwordDesc, float64(d.PasswordSet.Unix()), d.Job, d.Dossier)
	}
	if d.Collections == nil {
		return
	}
	unacknowledged, refused := 0, 0
	for collection, g := range d.Collections {
		unacknowledged, refused = unacknowledged+g.Unacknowledged, refused+g.Refused
		for class, n := range map[string]int{"new": g.New, "changed": g.Changed, "unchanged": g.Same, "refused": g.Refused, "gone": g.Gone,
			"foreign": g.Foreign} {
			out <- value(recordsDesc, float64(n), d.Job, d.Dossier, collection, class)
		}
	}
	out <- value(unackedDesc, float64(unacknowledged), d.Job, d.Dossier)
	out <- value(refusedDesc, float64(refused), d.Job, d.Dossier)
}

func value(desc *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
}

// read asks the ledger unless it was asked just before. Its lock makes other scrapes wait for the answer and share it.
// The error is only counted: the daemon itself notices, and logs, a database that is away.
func (c *ledgerCollector) read() (ledger.Statistics, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger == nil || !c.readAt.IsZero() && c.now().Sub(c.readAt) < ledgerCache {
		return c.cached, c.known
	}
	ctx, cancel := context.WithTimeout(context.Background(), ledgerTimeout)
	defer cancel()
	statistics, err := c.ledger.Statistics(ctx)
	if err != nil {
		c.errors.Inc()
	}
	c.cached, c.known, c.readAt = statistics, err == nil, c.now()
	return c.cached, c.known
}
