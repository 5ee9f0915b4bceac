package text_test

import (
	"encoding/json"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// reading is a run of a job that reads what Iopole has.
func reading(state jobs.State, collections map[string]jobs.Gathered, findings ...jobs.Finding) *jobs.Run {
	c := jobs.Concluded{Collections: collections}
	c.Add()
	r := run(state, jobs.Counts{Gathered: &c.Counts})
	r.Job, r.Kind, r.Period, r.Target.Partner, r.Collections, r.Findings = "factures", jobs.PullRecords, "", "iopole", collections, findings
	return r
}

func records(all ...ledger.ReadRecord) iter.Seq2[ledger.ReadRecord, error] {
	return func(yield func(ledger.ReadRecord, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func stopped(r *jobs.Run, code jobs.ReasonCode, detail string, cause ...string) *jobs.Run {
	r.Failure = jobs.Reason{Code: code, Detail: detail}
	if cause != nil {
		r.Failure.Cause = jobs.Because(jobs.CauseCode(cause[0]), cause[1:]...)
	}
	return r
}

func TestReceived(t *testing.T) {
	t.Parallel()
	whole := map[string]jobs.Gathered{"factures": {Read: 812, New: 3, Changed: 1, Same: 808, Gone: 1, Returned: 1, Files: 5, Acknowledged: 3},
		"statuts": {Read: 2, New: 2, Acknowledged: 2}}
	all := []ledger.ReadRecord{
		{Collection: "factures", Key: "0195-a", Difference: jobs.Created, Acknowledgement: ledger.AckDone},
		{Collection: "factures", Key: "0195-b", Difference: jobs.Updated, Changes: []ledger.RecordChange{
			{Version: 2, At: finished, Run: 12, Path: "/businessData/monetary/invoiceAmount", Difference: jobs.Updated,
				Old: "1250.00", New: "1290.00"},
			{Version: 2, At: finished, Run: 12, Path: "/state", Difference: jobs.Created, New: `"REJECTED"`},
			{Version: 2, At: finished, Run: 12, Path: "", Difference: jobs.Created}}},
		{Collection: "factures", Key: "0195-c", Difference: jobs.Departed},
	}
	broken := map[string]jobs.Gathered{"factures": {Read: 41, New: 37, Same: 1, Refused: 3, Files: 30, Missing: 1,
		Acknowledged: 34, Unacknowledged: 2,
		Unsettled: 1}}
	trouble := []ledger.ReadRecord{
		{Collection: "factures", Key: "(page 4, 17)", Difference: jobs.Undeliverable, Reason: jobs.Reason{Code: jobs.RecordNoKey}},
		{Collection: "factures", Key: "0195-d", Difference: jobs.Undeliverable, Reason: jobs.Reason{Code: jobs.RecordNotText}},
		{Collection: "factures", Key: "0195-g", Difference: jobs.Undeliverable, Reason: jobs.Reason{Code: jobs.ReasonFailures}},
		{Collection: "factures", Key: "0195-e", Difference: jobs.Created, Acknowledgement: ledger.AckFailed,
			Reason: jobs.Reason{Code: jobs.ReasonRejected, Detail: "unknown invoice"}},
	}
	incomplete := reading(jobs.Incomplete, broken, jobs.Finding{Rule: jobs.RuleWebhook, N: 1},
		jobs.Finding{Rule: jobs.RuleMissingFile, N: 1, Path: "factures", Keys: []string{"0195-f"}},
		jobs.Finding{Rule: jobs.RuleUnsettled, N: 3, Path: "factures"}, jobs.Finding{Rule: jobs.RulePasswordAge, N: 400, Of: 424})
	gone := map[string]jobs.Gathered{"factures": {Read: 3, Same: 3}}
	shrinks := stopped(reading(jobs.Held, gone, jobs.Finding{Rule: jobs.RuleGone, Holds: true, N: 37, Of: 40, Limit: 8, Path: "factures",
		Keys: []string{"0195-a", "0195-b"}}), jobs.ReasonPullShrinks, "factures 37/40", "fewer", "collection", "factures", "n", "37",
		"of", "40")
	empty := stopped(reading(jobs.Held, map[string]jobs.Gathered{"factures": {}}, jobs.Finding{Rule: jobs.RuleEmpty, Holds: true,
		N: 40, Of: 40, Path: "factures"}), jobs.ReasonPullEmpty, "factures", "none-listed", "collection", "factures")
	foreign := stopped(reading(jobs.Held, gone, jobs.Finding{Rule: jobs.RuleForeign, Holds: true, N: 2, Path: "factures"}),
		jobs.ReasonPullForeign, "factures 2", "foreign", "collection", "factures", "n", "2")
	refused := stopped(reading(jobs.Failed, nil), jobs.ReasonSecretRefused, "2026-11-30T05:00:00Z")
	missing := stopped(reading(jobs.Failed, nil), jobs.ReasonInboxMissing, "")
	page := jobs.Troubled(jobs.ClassConfiguration, "GET /v1/invoice/notSeen", hinted.Say("call.markup"))
	page.Cause = jobs.Because(jobs.CauseAddress)
	strange, html := reading(jobs.Failed, gone), reading(jobs.Failed, nil)
	strange.Failure = jobs.FailureReason(jobs.Troubled(jobs.ClassTechnical, "GET /v1/invoice/notSeen",
		hinted.Say("preset.shape-list", "table", "partner.iopole")))
	login := reading(jobs.Failed, nil)
	refusing := jobs.Troubled(jobs.ClassConfiguration, "POST /factures/v1/rechercher/fournisseur",
		hinted.Say("call.answered", "status", "403 Forbidden"))
	refusing.Tell(refusing.What, hinted.Say("preset.denied", "dossier", "saint-martin", "name", "chorus-pro", "table", "partner.chorus-pro"))
	refusing.Cause = jobs.Because(jobs.CauseKey)
	login.Failure = jobs.FailureReason(refusing)
	html.Failure = jobs.FailureReason(page)
	for name, of := range map[string]struct {
		run     *jobs.Run
		records []ledger.ReadRecord
		show    view.Show
	}{
		"received":            {reading(jobs.Succeeded, whole), all, view.Show{}},
		"received-diff":       {reading(jobs.Succeeded, whole), all, view.Show{Diff: true}},
		"received-incomplete": {incomplete, trouble, view.Show{}},
		"received-shrinks":    {shrinks, nil, view.Show{}},
		"received-empty":      {empty, nil, view.Show{}},
		"received-foreign":    {foreign, nil, view.Show{}},
		"received-secret":     {refused, nil, view.Show{}},
		"received-strange":    {strange, nil, view.Show{}},
		"received-login":      {login, nil, view.Show{}},
		"received-page":       {html, nil, view.Show{}},
		"received-no-inbox":   {missing, nil, view.Show{}},
	} {
		golden(t, name, func(w io.Writer, p *text.Printer) error {
			return p.Received(w, of.run, records(of.records...), of.show)
		})
	}
}

// What is refused is listed in part, unless all is asked for.
func TestReceivedIsCut(t *testing.T) {
	t.Parallel()
	var many []ledger.ReadRecord
	for i := range 30 {
		many = append(many, ledger.ReadRecord{Collection: "factures", Key: strings.Repeat("k", i+1), Difference: jobs.Undeliverable,
			Reason: jobs.Reason{Code: jobs.RecordTwice}})
	}
	r := reading(jobs.Incomplete, map[string]jobs.Gathered{"factures": {Read: 30, Refused: 30}})
	short := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.Received(w, r, records(many...), view.Show{}) })
	if n := strings.Count(short, "another record of the same page"); n != 20 ||
		!strings.Contains(short, "… and 10 more: syncd show 12 --all") {
		t.Errorf("%d are listed:\n%s", n, short)
	}
	long := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error {
		return p.Received(w, r, records(many...), view.Show{All: true})
	})
	if n := strings.Count(long, "another record of the same page"); n != 30 {
		t.Errorf("%d of 30 are listed", n)
	}
}

func inboxRecord() *ledger.InboxRecord {
	at, gone := started, finished
	return &ledger.InboxRecord{Target: jobs.Target{ID: 3, Partner: "iopole", Environment: "test", Dossier: "saint-martin"},
		Collection: "factures", Key: "0195-a", Version: 3, Dated: started, FirstSeen: started.Add(-time.Hour), Changed: finished,
		Run: 12, Gone: &gone, Filed: &at,
		Acknowledged: &at, Document: []byte(`{"way":"RECEIVED","businessData":{"monetary":{"invoiceAmount":1250.00}}}`),
		Files: []ledger.InboxFile{{ID: "f1", Type: "application/pdf", Size: 182000, SHA256: "ab12", At: at},
			{ID: "f2", Type: "application/xml", Size: -1, Missing: jobs.FileTooLarge, At: at}},
		Changes: []ledger.RecordChange{
			{Version: 2, At: started, Run: 11, Path: "/state", Difference: jobs.Updated, Old: `"200"`, New: `"205"`},
			{Version: 3, At: finished, Run: 12, Path: "", Difference: jobs.Departed}}}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	forgotten := *inboxRecord()
	forgotten.Forgotten, forgotten.Document, forgotten.Files, forgotten.Changes, forgotten.Dated = &finished, nil, nil, nil, time.Time{}
	golden(t, "inbox", func(w io.Writer, p *text.Printer) error {
		return p.Inbox(w, []ledger.InboxRecord{*inboxRecord(), forgotten}, true)
	})
	golden(t, "inbox-none", func(w io.Writer, p *text.Printer) error { return p.Inbox(w, nil, false) })
	golden(t, "inbox-record", func(w io.Writer, p *text.Printer) error { return p.InboxRecord(w, inboxRecord()) })
	golden(t, "inbox-forgotten", func(w io.Writer, p *text.Printer) error { return p.InboxRecord(w, &forgotten) })
}

func TestReceivedJSON(t *testing.T) {
	t.Parallel()
	r := reading(jobs.Succeeded, map[string]jobs.Gathered{"factures": {Read: 1, Changed: 1}})
	told := textOf(t, locale.English, func(w io.Writer, p *text.Printer) error {
		return p.WriteReceivedJSON(w, r, records(ledger.ReadRecord{Collection: "factures", Key: "a", Difference: jobs.Updated,
			Changes: []ledger.RecordChange{{Version: 2, At: finished, Run: 12, Path: "/montant", Difference: jobs.Updated,
				Old: "1250.00", New: "1290.10"}}}))
	})
	var got struct {
		Collections map[string]jobs.Gathered
		Records     []struct {
			Key     string
			Changes []struct{ Old, New json.RawMessage }
		}
		Next []struct{ Command string }
	}
	if err := json.Unmarshal([]byte(told), &got); err != nil {
		t.Fatalf("%v in %s", err, told)
	}
	if got.Collections["factures"].Changed != 1 || string(got.Records[0].Changes[0].Old) != "1250.00" ||
		got.Next[0].Command != "syncd inbox list --partner iopole --dossier saint-martin" {
		t.Errorf("it came back as %+v", got)
	}
	told = textOf(t, locale.English, func(w io.Writer, p *text.Printer) error { return p.WriteInboxRecordJSON(w, inboxRecord()) })
	if !strings.Contains(told, `"document":{"way":"RECEIVED","businessData":{"monetary":{"invoiceAmount":1250.00}}}`) {
		t.Errorf("an amount is not as it came: %s", told)
	}
}

// What a run read is not counted as sent in the table of runs.
func TestRunsTellWhatWasStored(t *testing.T) {
	t.Parallel()
	r := reading(jobs.Succeeded, map[string]jobs.Gathered{"factures": {Read: 812, New: 3, Changed: 1, Same: 808}})
	for language, want := range map[locale.Language]string{locale.English: " 4 stored ", locale.French: " 4 reçus "} {
		got := textOf(t, language, func(w io.Writer, p *text.Printer) error { return p.Runs(w, []*jobs.Run{r}) })
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s", language, got)
		}
	}
}
