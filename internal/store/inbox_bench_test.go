package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/pull"
	"syncd/internal/pull/pulltest"
	"syncd/internal/testpg"
)

const pullRecords, pullPage = 20_000, 100

// pullRig is a partner with many records of a kilobyte, and a ledger.
type pullRig struct {
	store   *Store
	partner *pulltest.Partner
}

func newPullRig(b *testing.B) *pullRig {
	b.Helper()
	p := &pulltest.Partner{Size: pullPage, Clock: time.Now}
	for i := range pullRecords {
		p.Items = append(p.Items, &pulltest.Item{Key: fmt.Sprint(100_000_000 + i), Made: time.Now().Add(-time.Hour),
			Document: fmt.Sprintf(`{"id":%d,"montant":%d.50,"texte":"%0900d"}`, i, i, i)})
	}
	s, err := Open(b.Context(), Options{URL: testpg.New(b, template).URL, Keys: benchKeys(b), Version: "test", Lease: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return &pullRig{s, p}
}

func (r *pullRig) fetch(b *testing.B, dossier string) {
	b.Helper()
	job := &jobs.FetchJob{Name: "factures", MaxGone: 0.2, StopAfter: 1, Collections: []jobs.Collection{
		{Name: "factures", Paged: true, Windows: []jobs.Window{{Name: "depot", Span: 24 * time.Hour, Whole: true}}}}}
	runner := &jobs.Runner{Ledger: r.store, Inbox: r.store.Inbox(), Credentials: r.store.Credentials(), Feed: r.partner,
		Gather: pull.ToEnd, Progress: jobs.Silent{}, Log: zerolog.Nop()}
	at := target
	at.Dossier = dossier
	run, err := runner.Fetch(context.Background(), job, jobs.NewRun{Job: job.Name, Kind: jobs.PullRecords, Target: at,
		Trigger: jobs.TriggerManual})
	if err != nil || run.State != jobs.Succeeded || run.Counts.Gathered.Read != pullRecords {
		b.Fatal(err, pulltest.Summary(run))
	}
}

// BenchmarkUnchangedRecords reads 20,000 records of a kilobyte in pages of 100 from a partner that answers at once, none of which
// changed: what that takes is what it costs beyond a client that only walks the pages.
func BenchmarkUnchangedRecords(b *testing.B) {
	r := newPullRig(b)
	began := time.Now()
	r.fetch(b, "saint-martin")
	b.Logf("the first time, when all are new: %s", time.Since(began).Round(time.Millisecond))
	b.ReportAllocs()
	for b.Loop() {
		r.fetch(b, "saint-martin")
	}
}

// BenchmarkRecordsOfASlowPartner reads the same, all new, from one that takes 20 ms to answer, beside a client that walks the pages.
func BenchmarkRecordsOfASlowPartner(b *testing.B) {
	r := newPullRig(b)
	r.partner.Before = func(string) error {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the partner thinks
		return nil
	}
	var walks, reads time.Duration
	for n := 0; b.Loop(); n++ {
		began := time.Now()
		for page := range pullRecords / pullPage {
			if _, err := r.partner.Page(b.Context(), jobs.Ask{Collection: "factures", Page: page}); err != nil {
				b.Fatal(err)
			}
		}
		walks += time.Since(began)
		began = time.Now()
		r.fetch(b, fmt.Sprintf("dossier-%d", n))
		reads += time.Since(began)
	}
	b.ReportMetric(float64(reads)/float64(walks), "times-plain")
}

func benchKeys(b *testing.B) *Keys {
	b.Helper()
	keys, err := NewKeys(make([]byte, ledgerKeyBytes))
	if err != nil {
		b.Fatal(err)
	}
	return keys
}
