package preset_test

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	"syncd/internal/partner/iopole"
	"syncd/internal/pull"
	"syncd/internal/pull/pulltest"
)

// pulled reads a dossier into an inbox in memory, and tells how that ended.
func (b *bench) pulled(t *testing.T, w pulltest.World) string {
	t.Helper()
	job := &jobs.FetchJob{Name: "factures", Partner: b.partner.Name, Collections: b.partner.Pull.Collections, Acknowledge: true,
		MaxFile: b.partner.Pull.MaxFile, MaxGone: 0.2, StopAfter: 5}
	runner := &jobs.Runner{Ledger: w.Ledger(), Inbox: w.Inbox(), Credentials: w.Credentials(), Feed: b, Gather: pull.ToEnd,
		Progress: jobs.Silent{}, Log: zerolog.Nop()}
	run, err := runner.Fetch(t.Context(), job, jobs.NewRun{Job: job.Name, Kind: jobs.PullRecords})
	if run == nil || err != nil {
		t.Fatal(err)
	}
	return pulltest.Summary(w.Find(run.ID))
}

// TestPullsFromPartners reads each twice by the engine: the second time nothing is new, and nothing changes.
func TestPullsFromPartners(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bench         *bench
		first, second string
	}{
		"chorus-pro": {open(t, &choruspro.Definition, chorusAPI(t, "foreign", "404=0.05"), ""), "succeeded: 812 read 812 new 7 foreign",
			"succeeded: 812 read 812 same 7 foreign"},
		"iopole": {open(t, &iopole.Definition, iopoleAPI(t), ""), "", "succeeded"},
	} {
		w := pulltest.InMemory()
		first := c.bench.pulled(t, w)
		if c.first != "" && first != c.first || !strings.HasPrefix(first, "succeeded: ") {
			t.Errorf("%s: %s", name, first)
		}
		before := pulltest.Dump(w, 0)
		if second := c.bench.pulled(t, w); second != c.second {
			t.Errorf("%s, again: %s", name, second)
		}
		if after := pulltest.Dump(w, 0); after != before {
			t.Errorf("%s: the second run changed the inbox", name)
		}
		t.Logf("%s: %s", name, first)
	}
}
