package monitor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/ledger"
)

func TestMetricsOfTheLedger(t *testing.T) {
	t.Parallel()
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	wantSamples(t, scrape(t, m), map[string]string{`syncd_ledger_scrape_errors_total`: "0"})
	m.SetLedger(ledgerFunc(someStatistics))
	wantSamples(t, scrape(t, m), map[string]string{
		`syncd_runs{job="paie",state="held"}`:                                     "2",
		`syncd_last_success_timestamp_seconds{dossier="saint-martin",job="paie"}`: "1.7951544e+09",
		`syncd_last_run_timestamp_seconds{dossier="saint-martin",job="paie"}`:     "1.795158e+09",
		`syncd_next_fire_timestamp_seconds{dossier="saint-martin",job="paie"}`:    "1.7952408e+09",
		`syncd_last_run_state{dossier="saint-martin",job="paie",state="failed"}`:  "1",
		`syncd_lag_seconds{dossier="saint-martin",job="paie"}`:                    "90",
		`syncd_lag_seconds{dossier="new",job="dictionnaire"}`:                     "0",
		`syncd_last_success_timestamp_seconds{dossier="new",job="dictionnaire"}`:  "",
		`syncd_last_run_state{dossier="new",job="dictionnaire",state=""}`:         "",
		`syncd_job_paused{job="paie"}`:                                            "0",
		`syncd_alert_channel_failing{channel="mail"}`:                             "1",
		`syncd_alert_channel_failing{channel="ntfy"}`:                             "0",
		`syncd_ledger_scrape_errors_total`:                                        "0",
	})
}

func TestAPausedJobHasNoNextFire(t *testing.T) {
	t.Parallel()
	m := NewMetrics("1.2.3", NewHealth(time.Now))
	m.SetLedger(ledgerFunc(func(ctx context.Context) (ledger.Statistics, error) {
		all, err := someStatistics(ctx)
		all.Paused = []string{"paie", "of another configuration"}
		return all, err
	}))
	wantSamples(t, scrape(t, m), map[string]string{
		`syncd_job_paused{job="paie"}`:                                         "1",
		`syncd_job_paused{job="dictionnaire"}`:                                 "0",
		`syncd_job_paused{job="of another configuration"}`:                     "",
		`syncd_next_fire_timestamp_seconds{dossier="saint-martin",job="paie"}`: "",
		`syncd_lag_seconds{dossier="saint-martin",job="paie"}`:                 "90",
	})
}

func TestTheLedgerIsReadAtMostEveryTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var readings atomic.Int64
		m := NewMetrics("1.2.3", NewHealth(time.Now))
		m.SetLedger(ledgerFunc(func(ctx context.Context) (ledger.Statistics, error) {
			readings.Add(1)
			return someStatistics(ctx)
		}))
		var scrapes sync.WaitGroup
		for range 5 {
			scrapes.Go(func() {
				wantSamples(t, scrape(t, m), map[string]string{`syncd_runs{job="paie",state="held"}`: "2"})
			})
		}
		scrapes.Wait()
		time.Sleep(ledgerCache - time.Second)
		scrape(t, m)
		if n := readings.Load(); n != 1 {
			t.Errorf("%d readings, want 1", n)
		}
		time.Sleep(time.Second)
		scrape(t, m)
		if n := readings.Load(); n != 2 {
			t.Errorf("%d readings, want 2", n)
		}
	})
}

// TestTheLedgerIsAway: the other metrics are served, the failure is counted, and figures of the past are not repeated.
func TestTheLedgerIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read := someStatistics
		m := NewMetrics("1.2.3", NewHealth(time.Now))
		m.SetLedger(ledgerFunc(func(ctx context.Context) (ledger.Statistics, error) { return read(ctx) }))
		scrape(t, m)

		read = func(ctx context.Context) (ledger.Statistics, error) { // a connection that is silent
			<-ctx.Done()
			return ledger.Statistics{}, ctx.Err()
		}
		time.Sleep(ledgerCache)
		started := time.Now()
		wantSamples(t, scrape(t, m), map[string]string{
			`syncd_ledger_scrape_errors_total`:    "1",
			`syncd_runs{job="paie",state="held"}`: "",
			`syncd_ready`:                         "0",
		})
		if took := time.Since(started); took != ledgerTimeout {
			t.Errorf("took %v", took)
		}
		scrape(t, m)
		if time.Since(started) != ledgerTimeout {
			t.Error("a failure was not remembered: each scrape would wait for it")
		}

		read = func(context.Context) (ledger.Statistics, error) { return ledger.Statistics{}, errors.New("refused") }
		time.Sleep(ledgerCache)
		wantSamples(t, scrape(t, m), map[string]string{`syncd_ledger_scrape_errors_total`: "2"})
		read = someStatistics
		time.Sleep(ledgerCache)
		wantSamples(t, scrape(t, m), map[string]string{`syncd_runs{job="paie",state="held"}`: "2", `syncd_ledger_scrape_errors_total`: "2"})
	})
}
