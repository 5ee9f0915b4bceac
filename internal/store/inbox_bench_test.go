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

// BenchmarkUnchangedRecords reads 20,000 records of a kilobyte in pages of 100 from a partner that answers at once, none of which
// changed: what that takes is what it costs beyond a client that only walks the pages.
func BenchmarkUnchangedRecords(b *testing.B) {
	const records, page = 20_000, 100
	p := &pulltest.Partner{Size: page, Clock: time.Now}
	for i := range records {
		p.Items = append(p.Items, &pulltest.Item{Key: fmt.Sprint(100_000_000 + i), Made: time.Now().Add(-time.Hour),
			Document: fmt.Sprintf(`{"id":%d,"montant":%d.50,"texte":"%0900d"}`, i, i, i)})
	}
	s, err := Open(b.Context(), Options{URL: testpg.New(b, template).URL, Keys: benchKeys(b), Version: "test", Lease: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	job := &jobs.FetchJob{Name: "factures", MaxGone: 0.2, StopAfter: 1, Collections: []jobs.Collection{
		{Name: "factures", Paged: true, Windows: []jobs.Window{{Name: "depot", Span: 24 * time.Hour, Whole: true}}}}}
	fetch := func() {
		r := &jobs.Runner{Ledger: s, Inbox: s.Inbox(), Credentials: s.Credentials(), Feed: p, Gather: pull.ToEnd, Progress: jobs.Silent{},
			Log: zerolog.Nop()}
		run, err := r.Fetch(context.Background(), job, jobs.NewRun{Job: job.Name, Kind: jobs.PullRecords, Target: target,
			Trigger: jobs.TriggerManual})
		if err != nil || run.State != jobs.Succeeded || run.Counts.Gathered.Read != records {
			b.Fatal(err, pulltest.Summary(run))
		}
	}
	began := time.Now()
	fetch()
	b.Logf("the first time, when all are new: %s", time.Since(began).Round(time.Millisecond))
	b.ReportAllocs()
	for b.Loop() {
		fetch()
	}
}

func benchKeys(b *testing.B) *Keys {
	b.Helper()
	keys, err := NewKeys(make([]byte, ledgerKeyBytes))
	if err != nil {
		b.Fatal(err)
	}
	return keys
}
