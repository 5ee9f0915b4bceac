package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	choruspro "syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// What reading may cost: the aims of docs/performance.md.
const (
	invoices      = 20_000
	mostReading   = 1.10            // times what a plain client takes for the same calls
	mostUnchanged = 2 * time.Second // beyond it, when nothing is new
	mostToRead    = 64              // MiB
)

// BenchmarkPull reads 20,000 invoices of a kilobyte from a stand-in that answers a page of 100 after 20 ms: when all are new, and
// once more, when none has changed. A plain net/http client makes the very same calls one after the other, and records nothing.
func BenchmarkPull(b *testing.B) {
	r := newRehearsal(b, testpg.Shared(b), "--profile", choruspro.Profile)
	r.edit("rate_per_minute = 6000 ", "rate_per_minute = 100000 ")
	r.run("migrate")
	p := r.servePull()
	var fresh, unchanged cost
	var plainFresh, plainUnchanged time.Duration
	for b.Loop() {
		r.exec(`TRUNCATE inbox.dossier CASCADE; TRUNCATE syncd.run_record; DELETE FROM syncd.run`)
		r.exec("VACUUM ANALYZE")
		fresh = sum(fresh, r.read(invoices, 0))
		plainFresh += p.plain(r)
		r.exec("VACUUM ANALYZE")
		size := r.inboxSize()
		unchanged = sum(unchanged, r.read(0, invoices))
		plainUnchanged += p.plain(r)
		if grown := r.inboxSize() - size; grown != 0 {
			b.Errorf("the inbox grew by %d bytes", grown)
		}
	}
	n := float64(b.N)
	ratio, beyond := fresh.wall.Seconds()/plainFresh.Seconds(), (unchanged.wall-plainUnchanged).Seconds()/n
	b.ReportMetric(ratio, "×plain")
	b.ReportMetric(beyond, "unchanged-beyond-plain-s")
	b.ReportMetric(fresh.wall.Seconds()/n, "s")
	b.ReportMetric(plainFresh.Seconds()/n, "plain-s")
	b.ReportMetric(fresh.cpu.Seconds()/n, "cpu-s")
	b.ReportMetric(float64(fresh.rss), "MiB")
	b.ReportMetric(unchanged.wall.Seconds()/n, "unchanged-s")
	b.ReportMetric(unchanged.cpu.Seconds()/n, "unchanged-cpu-s")
	b.ReportMetric(float64(unchanged.rss), "unchanged-MiB")
	b.ReportMetric(0, "ns/op")
	if most := max(fresh.rss, unchanged.rss); most > mostToRead {
		b.Errorf("%d MiB, at most %d may be", most, mostToRead)
	}
	if b.N >= 3 && (ratio > mostReading || beyond > mostUnchanged.Seconds()) {
		b.Errorf("reading takes %.2f times as long as a plain client, and %.1f s more when nothing is new", ratio, beyond)
	}
}

// read runs the job for one dossier, and wants so many records to be new, and so many the same.
func (r *rig) read(fresh, same int) cost {
	r.b.Helper()
	c := r.run("run", "lecture", "--dossier", dossier)
	var got string
	const query = `SELECT format('%s %s %s', state, records_new, records_same) FROM syncd.run ORDER BY id DESC LIMIT 1`
	check(r, r.connect().QueryRow(context.Background(), query).Scan(&got))
	if want := fmt.Sprintf("succeeded %d %d", fresh, same); got != want {
		r.b.Fatalf("the run is %s, want %s", got, want)
	}
	return c
}

// inboxSize is how many bytes the tables of the inbox take, with all that belongs to them.
func (r *rig) inboxSize() (bytes int64) {
	r.b.Helper()
	const query = `SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c WHERE relnamespace = 'inbox'::regnamespace AND relkind = 'r'`
	check(r, r.connect().QueryRow(context.Background(), query).Scan(&bytes))
	return bytes
}

// pulled is what the stand-in was asked since the last look.
type pulled struct {
	inner http.Handler
	mu    sync.Mutex
	calls []pulledCall
}

type pulledCall struct {
	account string
	body    []byte
}

// servePull serves a stand-in with many invoices.
func (r *rig) servePull() *pulled {
	r.b.Helper()
	known := sandbox.Dossier{Name: dossier, Siret: "12345678200010", Password: secret(r, "chorus-pro-"+dossier)}.MadeUp()
	s, err := choruspro.New(choruspro.Config{ClientID: "our-editor", ClientSecret: secret(r, "piste-client-secret"),
		Dossiers: []sandbox.Dossier{known}, Invoices: invoices, Faults: sandbox.Faults{Latency: sandbox.Duration(20 * time.Millisecond)}})
	check(r, err)
	listener, err := net.Listen("tcp", r.listen)
	check(r, err)
	p := &pulled{inner: s}
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	r.b.Cleanup(func() { _ = server.Close(); <-done })
	return p
}

func (p *pulled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == choruspro.SearchPath {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		p.mu.Lock()
		p.calls = append(p.calls, pulledCall{r.Header.Get("cpro-account"), body})
		p.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	p.inner.ServeHTTP(w, r)
}

// take forgets what was asked, and returns it.
func (p *pulled) take() []pulledCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

// plain is how long a plain client takes for the calls since the last look.
func (p *pulled) plain(r *rig) time.Duration {
	r.b.Helper()
	calls := p.take()
	if least := invoices / 100; len(calls) < least {
		r.b.Fatalf("%d calls, want %d at least", len(calls), least)
	}
	client := &http.Client{}
	start := time.Now()
	token := plainTokenOf(r, choruspro.TokenPath, "piste-client-secret", "openid")
	for _, call := range calls {
		request, err := http.NewRequest(http.MethodPost, "http://"+r.listen+choruspro.SearchPath, bytes.NewReader(call.body))
		check(r, err)
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("cpro-account", call.account)
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		check(r, err)
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			r.b.Fatalf("status %d: %v", response.StatusCode, err)
		}
	}
	took := time.Since(start)
	p.take()
	return took
}
