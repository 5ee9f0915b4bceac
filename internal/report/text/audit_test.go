package text_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"syncd/internal/diff"
	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

func decided(d ledger.Decision, after time.Duration, change ...func(*ledger.AuditEntry)) ledger.AuditEntry {
	e := ledger.AuditEntry{ID: 7, At: started.Add(after), Actor: "marie", Decision: d, Dossier: "saint-martin", Environment: "test",
		Job: "paie", Period: "2026-11", Run: 12, Host: "srv-paie", Version: "0.1.0", ConfigDigest: "3a91c0de5f00112233445566"}
	for _, c := range change {
		c(&e)
	}
	return e
}

func because(reason string) func(*ledger.AuditEntry) {
	return func(e *ledger.AuditEntry) { e.Reason = reason }
}

func TestAudit(t *testing.T) {
	t.Parallel()
	entries := []ledger.AuditEntry{
		decided(ledger.DecisionConfiguration, 5*time.Hour, func(e *ledger.AuditEntry) {
			*e = ledger.AuditEntry{At: e.At, Actor: "syncd", Decision: e.Decision, Version: "0.2.0", ConfigDigest: e.ConfigDigest}
		}),
		decided(ledger.DecisionReopen, 4*time.Hour, because("correction for 00042"), func(e *ledger.AuditEntry) {
			e.Run, e.Job, e.Facts = 0, "", ledger.FormerFacts("until 2026-12-05T18:00:00Z")
		}),
		decided(ledger.DecisionSettle, 3*time.Hour, because("taken back by phone"),
			func(e *ledger.AuditEntry) { e.Employees, e.Detail = []string{"00031"}, "withdrawn" }),
		decided(ledger.DecisionApprove, 2*time.Hour, because("move of the whole site")),
		decided("new-decision", time.Hour), decided(ledger.DecisionRun, 0),
		decided(ledger.DecisionApprove, 0, because("a rehearsal"), func(e *ledger.AuditEntry) {
			e.Partner, e.BaseURL = "isidoor", "http://127.0.0.1:8089/api"
		}),
		decided(ledger.DecisionPutBack, 0, func(e *ledger.AuditEntry) {
			*e = ledger.AuditEntry{At: e.At, Actor: "syncd", Decision: e.Decision, Version: "0.2.0", ConfigDigest: e.ConfigDigest,
				Reason: "in English", Facts: ledger.AuditFacts{Why: new(hinted.Say("audit.put-back-behind", "known", 7, "seen", 9))}}
		}),
		decided(ledger.DecisionApprove, 0, because("as announced"), func(e *ledger.AuditEntry) {
			e.Detail, e.Facts.Digest = strings.Repeat("0a", 32), strings.Repeat("0a", 32)
		}),
		decided(ledger.DecisionPurge, 0, func(e *ledger.AuditEntry) {
			*e = ledger.AuditEntry{At: e.At, Actor: "syncd", Decision: e.Decision, Version: "0.2.0", ConfigDigest: e.ConfigDigest,
				Detail: "in English", Facts: ledger.AuditFacts{What: new(hinted.Say("audit.purged", "what",
					hinted.List{hinted.Say("audit.purged-runs", "day", "2020-01-02")}))}}
		}),
	}
	golden(t, "audit", func(w io.Writer, p *text.Printer) error { return p.Audit(w, entries) })
	golden(t, "audit-none", func(w io.Writer, p *text.Printer) error { return p.Audit(w, nil) })
	text := textOf(t, locale.French, func(w io.Writer, p *text.Printer) error { return p.WriteAuditJSON(w, entries) })
	var got []map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != len(entries) || got[2]["detail"] != "withdrawn" ||
		got[2]["run"] != 12.0 || got[2]["at"] != "2026-11-30T09:00:03Z" || got[2]["config_digest"] != entries[2].ConfigDigest {
		t.Errorf("%v in\n%s", err, text)
	}
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	again, until := started.Add(time.Hour), started.Add(25*time.Hour)
	sandbox := test
	sandbox.BaseURL = "http://127.0.0.1:8080/Api2"
	closings := []ledger.Closing{
		{Target: test, Period: "2026-10", ClosedAt: started, ClosedBy: "marie", Reason: "paid", ReopenedAt: &again, ReopenedBy: "paul",
			ReopenedReason: "correction for 00042", OpenUntil: &until, Open: true},
		{Target: sandbox, Period: "2026-09", ClosedAt: started, ClosedBy: "marie", Reason: "paid"},
	}
	golden(t, "periods", func(w io.Writer, p *text.Printer) error { return p.Periods(w, closings) })
	golden(t, "periods-none", func(w io.Writer, p *text.Printer) error { return p.Periods(w, nil) })
	text := textOf(t, locale.French, func(w io.Writer, p *text.Printer) error { return p.WritePeriodsJSON(w, closings) })
	var got []map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 2 || got[0]["open"] != true ||
		got[0]["open_until"] != "2026-12-01T07:00:03Z" || got[1]["open_until"] != nil {
		t.Errorf("%v in\n%s", err, text)
	}
}

// story is that of an employee whose IBAN was held and approved, and who changed again after the month before was closed.
func story() *ledger.Story {
	day := func(d int) *time.Time { at := started.AddDate(0, 0, d); return &at }
	at := func(r *jobs.Run, id int64, period jobs.Period, d int) jobs.Run {
		r.ID, r.Period, r.CreatedAt, r.StartedAt = id, period, *day(d), day(d)
		return *r
	}
	first := accepted("00042", jobs.Created, 1, newcomer...)
	first.AnsweredAt = day(-30)
	second := accepted("00042", jobs.Updated, 2, mover...)
	second.Findings, second.AnsweredAt = []jobs.Finding{newIban}, day(1)
	bad := blocked("00042", 1, 3, unknownFunction, withdrawnElement)
	return &ledger.Story{
		Target: test, Key: "00042", Closed: []jobs.Period{"2026-10"},
		Known: []ledger.Known{{Period: "2026-11", Version: 1, Run: 12, AcknowledgedAt: day(1)},
			{Period: "2026-10", Version: 1, Run: 8, AcknowledgedAt: day(-30)}},
		Lines: []ledger.StoryLine{
			{Run: at(run(jobs.Succeeded, jobs.Counts{}), 8, "2026-10", -30), Item: first},
			{Run: at(run(jobs.Incomplete, jobs.Counts{}), 11, "2026-11", -1), Item: bad},
			{Run: at(run(jobs.Succeeded, jobs.Counts{}), 12, "2026-11", 0), Item: second},
		},
		Decisions: []ledger.AuditEntry{decided(ledger.DecisionRun, 0),
			decided(ledger.DecisionApprove, 2*time.Hour, because("confirmed by phone"))},
	}
}

func now(items ...jobs.Item) view.Now {
	return view.Now{Period: "2026-11", Items: numbered(items...), Counts: jobs.Counts{EmployeesRead: 1}}
}

func TestWhy(t *testing.T) {
	t.Parallel()
	changed := ended("00042", jobs.ItemPending, jobs.ReasonChanged, "")
	changed.Diff = mover
	left := story()
	left.Lines = append(left.Lines, ledger.StoryLine{Run: *run(jobs.Incomplete, jobs.Counts{}),
		Item: gone("00042", jobs.ItemDeparted, jobs.ReasonDeparted)})
	last := &left.Lines[3].Run
	later := started.AddDate(0, 0, 2)
	last.ID, last.StartedAt = 14, &later
	waits := story()
	waits.Lines[2].Item = held("00042", newIban)
	waits.Lines[2].Run.State = jobs.Incomplete
	broken := now()
	broken.Err = errors.New("reading staging: the connection is refused\nhint: see whether Postgres is up")
	missing := view.Now{Period: "2026-11", Err: &jobs.EmployeeError{Keys: []string{"00042"}}}
	late := now(changed)
	late.Period = "2026-10"
	unchanged := now()
	unchanged.Counts.Unchanged = 1
	doubtful := story()
	doubtful.Known[0].InDoubt = true
	doubtful.Known[1].Withdrawn = true
	for _, c := range []struct {
		name  string
		story *ledger.Story
		now   view.Now
	}{
		{"changed", story(), now(changed)},
		{"delivered", story(), unchanged},
		{"held", waits, now(held("00042", newIban))},
		{"departed", left, missing},
		{"unsettled", doubtful, now(unsettled("00042"))},
		{"blocked", &ledger.Story{Target: test, Key: "00042"}, now(blocked("00042", 1, 3, unknownFunction))},
		{"closed", story(), late},
		{"error", story(), broken},
		{"unknown", &ledger.Story{Target: test, Key: "00042"}, missing},
	} {
		golden(t, "why-"+c.name, func(w io.Writer, p *text.Printer) error { return p.Why(w, c.story, c.now) })
	}
}

func TestWhyOffersOneCommand(t *testing.T) {
	t.Parallel()
	pendingItem := ended("00042", jobs.ItemPending, jobs.ReasonChanged, "")
	heldRun := story()
	heldRun.Lines[2].Run.State, heldRun.Lines[2].Item = jobs.Held, pendingItem
	outdated := story()
	outdated.Lines[2].Run.State, outdated.Lines[2].Run.Failure, outdated.Lines[2].Item = jobs.Held, jobs.Reason{Code: jobs.ReasonContract},
		pendingItem
	unmapped := now(pendingItem)
	unmapped.Findings = []jobs.Finding{unknown}
	guarded := now(pendingItem)
	guarded.Findings = []jobs.Finding{manyUpdated}
	in := view.Now{Period: "2026-11", Job: "paie-test", Items: numbered(pendingItem)}
	for want, c := range map[string]struct {
		story *ledger.Story
		now   view.Now
	}{
		"syncd run paie --dossier saint-martin --period 2026-11":                       {outdated, now(pendingItem)},
		"syncd plan paie --dossier saint-martin --period 2026-11 --employee 00042":     {story(), unmapped},
		`syncd approve 12 --reason "…"`:                                                {heldRun, now(pendingItem)},
		"syncd run paie --dossier saint-martin --period 2026-11 --employee 00042":      {story(), guarded},
		"syncd run paie-test --dossier saint-martin --period 2026-11 --employee 00042": {story(), in},
		"syncd run JOB --dossier saint-martin --period 2026-11 --employee 00042": {&ledger.Story{Target: test, Key: "00042"},
			now(pendingItem)},
	} {
		text := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Why(w, c.story, c.now) })
		if !strings.HasSuffix(text, "    "+want+"\n") || strings.Count(text, "    syncd ") != 1 {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
}

// Whoever looked at the contract that holds a run accepts that one, and no newer one.
func TestWhyOfAContractThatWaits(t *testing.T) {
	t.Parallel()
	changed := story()
	held := &changed.Lines[2]
	held.Item = ended("00042", jobs.ItemPending, jobs.ReasonChanged, "")
	held.Run.State, held.Run.Findings, held.Run.Digests.Contract = jobs.Held, []jobs.Finding{broken}, digest
	asJSON := func(w io.Writer, p *text.Printer) error { return p.WriteWhyJSON(w, changed, now(held.Item)) }
	text := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Why(w, changed, now(held.Item)) })
	for _, want := range []string{"    syncd contract diff\n", `    syncd contract accept 3d40adbc0f12 --reason "…"` + "\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %s in\n%s", want, text)
		}
	}
	text = textOf(t, locale.English, asJSON)
	if !strings.Contains(text, `"command":"syncd contract diff"`) {
		t.Errorf("the next step is another one:\n%s", text)
	}
}

func TestWhyJSON(t *testing.T) {
	t.Parallel()
	changed := ended("00042", jobs.ItemPending, jobs.ReasonChanged, "")
	changed.Diff = []diff.Change{{Path: "Iban", Op: "*", Masked: true}}
	text := textOf(t, locale.French, func(w io.Writer, p *text.Printer) error { return p.WriteWhyJSON(w, story(), now(changed)) })
	var got struct {
		Key, Dossier string
		Now          struct {
			Period string
			Absent bool
			Items  []struct{ Key, State string }
		}
		Known []struct {
			Period         string
			AcknowledgedAt string `json:"acknowledged_at"`
		}
		Closed []string
		Next   struct{ Text, Command string }
		Lines  []struct {
			Run  struct{ ID int64 }
			Item struct{ State string }
		}
		Decisions []struct{ Decision, Reason string }
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if got.Key != "00042" || got.Dossier != "saint-martin" || got.Now.Absent || len(got.Now.Items) != 1 || got.Closed[0] != "2026-10" ||
		got.Next.Command == "" {
		t.Errorf("the story came back as %+v", got)
	}
	if len(got.Known) != 2 || len(got.Lines) != 3 || got.Lines[2].Run.ID != 12 || len(got.Decisions) != 2 ||
		got.Decisions[1].Reason != "confirmed by phone" {
		t.Errorf("the story came back as %+v", got)
	}
}
