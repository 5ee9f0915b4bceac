package pull_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/pull"
	"syncd/internal/pull/pulltest"
)

// What a list does while it is walked.
var unrest = map[string]func(p *pulltest.Partner, r *rand.Rand){
	"ties": func(p *pulltest.Partner, r *rand.Rand) { // each page sorts those of one day as it likes
		p.Order = func(items []*pulltest.Item) {
			r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			slices.SortStableFunc(items, func(a, b *pulltest.Item) int { return a.Made.Truncate(day).Compare(b.Made.Truncate(day)) })
		}
	},
	"delete-between": func(p *pulltest.Partner, r *rand.Rand) {
		p.Before = func(string) error {
			if n := len(p.Items); n > 0 && r.IntN(8) == 0 {
				p.Drop(p.Items[r.IntN(n)].Key)
			}
			return nil
		}
	},
	"update-between": func(p *pulltest.Partner, r *rand.Rand) { // newest first
		p.Order = func(items []*pulltest.Item) {
			slices.SortStableFunc(items, func(a, b *pulltest.Item) int { return b.Made.Compare(a.Made) })
		}
		p.Before = func(string) error {
			if r.IntN(8) == 0 {
				p.Items[r.IntN(len(p.Items))].Made = time.Now()
			}
			return nil
		}
	},
	"coming and going": func(p *pulltest.Partner, r *rand.Rand) {
		n := 0
		p.Before = func(string) error {
			if r.IntN(20) == 0 {
				p.Drop(p.Items[r.IntN(len(p.Items))].Key)
			}
			if r.IntN(20) == 0 {
				n++
				p.Add(fmt.Sprintf("new %d", n))
			}
			return nil
		}
	},
}

const day = 24 * time.Hour

// walkRounds are those of -count so far: each has other walks.
var walkRounds atomic.Uint64

// A run that succeeds has stored all that was there from its beginning to its end, whatever the list did meanwhile; where it
// cannot be sure it says so. Only where somebody comes and somebody goes between two pages can one hide the other.
func TestWalksThatSettleHaveShownAll(t *testing.T) {
	t.Parallel()
	const walks = 200
	first := (walkRounds.Add(1) - 1) * walks
	for name, stir := range unrest {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			missed, succeeded := 0, 0
			for seed := first; seed < first+walks; seed++ {
				ok, all := walkOnce(t, stir, rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // to be repeated
				if ok {
					succeeded++
				}
				if ok && !all {
					missed++
				}
			}
			t.Logf("%d of %d succeeded, %d of them missed somebody", succeeded, walks, missed)
			if succeeded < walks/50 || missed > 0 && (name != "coming and going" || missed > walks/50) {
				t.Errorf("%d of %d succeeded, %d of them missed somebody", succeeded, walks, missed)
			}
		})
	}
}

func walkOnce(t *testing.T, stir func(*pulltest.Partner, *rand.Rand), r *rand.Rand) (succeeded, all bool) {
	t.Helper()
	p := &pulltest.Partner{Size: 10, Clock: time.Now}
	for i := range 50 {
		key := fmt.Sprintf("%03d", i)
		p.Add(key)
		p.Item(key).Made = time.Now().Add(-time.Duration(i/7) * day)
	}
	stayed := slices.Clone(p.Items)
	stir(p, r)
	w := pulltest.InMemory()
	job := &jobs.FetchJob{Name: "factures", MaxGone: 1, StopAfter: 1, Collections: []jobs.Collection{
		{Name: "factures", Paged: true, Windows: []jobs.Window{{Whole: true}}}}}
	runner := &jobs.Runner{Ledger: w.Ledger(), Inbox: w.Inbox(), Credentials: w.Credentials(), Feed: p, Gather: pull.ToEnd,
		Progress: jobs.Silent{}, Log: zerolog.Nop()}
	run, err := runner.Fetch(context.Background(), job, jobs.NewRun{Job: "factures", Kind: jobs.PullRecords})
	if err != nil {
		t.Fatal(err)
	}
	dump := pulltest.Dump(w, 0)
	for _, item := range stayed {
		if p.Item(item.Key) != nil && !strings.Contains(dump, "record factures "+item.Key+" ") {
			return run.State == jobs.Succeeded, false
		}
	}
	return run.State == jobs.Succeeded, true
}

// thinking is a partner that takes a while to answer, and whose answers take a while to read.
type thinking struct{ *pulltest.Partner }

const (
	answers = 20 * time.Millisecond
	reads   = 15 * time.Millisecond
)

func (p thinking) Page(ctx context.Context, ask jobs.Ask) (*jobs.Page, error) {
	time.Sleep(answers)
	page, err := p.Partner.Page(ctx, ask)
	if err == nil && !page.Last && ask.Follows != nil {
		ask.Follows()
	}
	time.Sleep(reads)
	return page, err
}

// The next page is asked for while the records of one are read: a list takes as long as its answers.
func TestPagesAreReadWhileTheNextOneIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pages = 10
		p := thinking{&pulltest.Partner{Size: 10, Clock: time.Now}}
		for i := range 10 * pages {
			p.Add(fmt.Sprintf("%03d", i))
		}
		w := pulltest.InMemory()
		job := &jobs.FetchJob{Name: "factures", StopAfter: 1, Collections: []jobs.Collection{
			{Name: "factures", Paged: true, Windows: []jobs.Window{{}}}}}
		runner := &jobs.Runner{Ledger: w.Ledger(), Inbox: w.Inbox(), Credentials: w.Credentials(), Feed: p, Gather: pull.ToEnd,
			Progress: jobs.Silent{}, Log: zerolog.Nop()}
		began := time.Now()
		run, err := runner.Fetch(t.Context(), job, jobs.NewRun{Job: "factures", Kind: jobs.PullRecords})
		if err != nil || run.State != jobs.Succeeded {
			t.Fatal(err, pulltest.Summary(run))
		}
		if took, want := time.Since(began), pages*answers+reads; took != want {
			t.Errorf("%d pages took %s, want %s", pages, took, want)
		}
	})
}
