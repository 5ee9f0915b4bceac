package e2e

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	iopole "syncd/internal/partner/iopole/standin"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// atIopole is a dossier at Iopole, which refuses any mark of what is not committed with all its files.
func atIopole(t *testing.T, change func(*iopole.Config), edits ...string) (*reading, *iopole.Sandbox) {
	t.Helper()
	var s *iopole.Sandbox
	var r *reading
	r = newReading(t, iopole.Profile, func(secret string, dossiers []sandbox.Dossier) (http.Handler, *sandbox.Server, error) {
		c := iopole.Config{ClientID: "our-editor", ClientSecret: secret, Dossiers: dossiers, Seed: 1, Invoices: 12}
		if change != nil {
			change(&c)
		}
		c.BeforeMark = func(_, collection, key string) error { return r.committed(collection, key) }
		var err error
		if s, err = iopole.New(c); err != nil {
			return nil, nil, err
		}
		return s, s.Server, nil
	}, append([]string{"rate_per_minute = 6000", "rate_per_minute = 6000\nretry_for = \"1s\"\ntechnical_tries = 2"}, edits...)...)
	t.Cleanup(func() {
		if refused := s.Refused(); len(refused) > 0 {
			t.Errorf("marked before they were committed: %q", refused)
		}
	})
	return r, s
}

// committed asks Postgres whether a record is there, with its files.
func (r *reading) committed(collection, key string) error {
	const query = `SELECT EXISTS (SELECT FROM inbox.record WHERE collection = $1 AND key = $2) AND ($1 <> 'factures' OR
		EXISTS (SELECT FROM inbox.file f JOIN inbox.part ON file_id = f.id WHERE collection = $1 AND key = $2))`
	there := false
	err := r.db.With(context.Background(), func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), query, collection, key).Scan(&there)
	})
	if err == nil && !there {
		err = errors.New("it is not committed")
	}
	return err
}

// marks are those that the stand-in took, by "collection key".
func marks(s *iopole.Sandbox) map[string]int {
	all := map[string]int{}
	for _, collection := range []string{iopole.Invoices, iopole.Statuses} {
		for _, one := range s.Records(dossier, collection).All() {
			if one.Marks > 0 {
				all[collection+" "+one.Key] = one.Marks
			}
		}
	}
	return all
}

// newElsewhere is a server that nobody should ask; it notes who does.
func newElsewhere(t *testing.T, asked *sync.Map) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		asked.Store(req.Method+" "+req.URL.Path, true)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Texts, details that are objects or lists of one, and grouped statuses are read; a shape that nobody knows, null, a page for people
// and a page that was not asked for fail by the name of the call and without a value, and nothing is taken for an empty list.
func TestShapesOfIopole(t *testing.T) {
	t.Parallel()
	now := time.Now()
	sameTime := func(c *iopole.Config) { c.Now = func() time.Time { return now } }
	r, s := atIopole(t, sameTime)
	r.fault("object")
	r.read("succeeded: 30 read 30 new 16 files 30 acknowledged")
	r.want("18", `SELECT count(DISTINCT (facture, identifiant)) FROM inbox.iopole_statuts WHERE facture IN
		(SELECT identifiant FROM inbox.iopole_factures)`)
	if len(marks(s)) != 30 {
		t.Errorf("%v", marks(s))
	}

	other, _ := atIopole(t, sameTime)
	other.read("succeeded: 30 read 30 new 16 files 30 acknowledged")
	if other.inbox() != r.inbox() {
		t.Error("a list of one is not read as the object in it")
	}

	strange, s := atIopole(t, nil, aDossier, "[partner.collection.factures.sweep.page]\nsize = 5\n"+aDossier)
	keys := s.Records(dossier, iopole.Invoices).All()
	for fault, want := range map[string]string{"shape": "another shape", "null": "another shape", "html": "HTML", "echo": "another page"} {
		strange.fault(fault)
		run := strange.read("")
		if run.State != jobs.Failed || !strings.Contains(run.Failure.Detail, "GET /v1") || strings.Contains(run.Failure.Detail, keys[0].Key) ||
			strings.Contains(run.Failure.Detail, siret) || !strings.Contains(run.Failure.Detail, want) {
			t.Errorf("%s: %s, %q", fault, run.State, run.Failure.Detail)
		}
	}
	strange.want("0", `SELECT count(*) FROM inbox.cursor`)
	if n := len(marks(s)); n > 0 {
		t.Errorf("%d were marked", n)
	}
	strange.fault()
	strange.read("succeeded: 30 read 18 new 12 same 16 files 30 acknowledged") // the sweep had them
}

// A webhook takes what is new: that is told, and the sweep finds it all the same. Who may not ask for webhooks cannot tell.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, nil)
	r.fault("webhook")
	run := r.read("succeeded: 12 read 12 new 16 files 12 closed")
	if len(run.Findings) == 0 || run.Findings[0].Rule != jobs.RuleWebhook || run.Findings[0].N != 1 {
		t.Errorf("%+v", run.Findings)
	}
	r.fault("403-webhook")
	run = r.read("succeeded: 30 read 18 new 12 same 30 acknowledged")
	if len(run.Findings) == 0 || run.Findings[0].Rule != jobs.RuleWebhookUntold {
		t.Errorf("%+v", run.Findings)
	}
	if len(marks(s)) != 30 {
		t.Errorf("%v", marks(s))
	}
}

// What a search does not reach at once is found in parts: by halves of the time, down to a day.
func TestMoreThanASearchReaches(t *testing.T) {
	t.Parallel()
	const few = "[partner.collection.factures.sweep]\nreach = 8\n[partner.collection.factures.sweep.page]\nsize = 4\n"
	r, s := atIopole(t, func(c *iopole.Config) { c.Invoices = 30 }, aDossier, few+aDossier)
	list := s.Records(dossier, iopole.Invoices)
	for i, one := range list.All() { // four a day
		list.Edit(one.Key, map[string]any{"createdDate": time.Now().UTC().AddDate(0, 0, -i/4).Format(time.RFC3339)})
	}
	r.fault("webhook")
	r.read("succeeded: 30 read 30 new 40 files 30 closed")
	all := list.All()
	for _, one := range all { // all of one day: nothing tells them apart
		list.Edit(one.Key, map[string]any{"createdDate": time.Now().UTC().Format(time.RFC3339)})
	}
	restore := r.dump()
	r.read("succeeded")
	restore()
	run := r.read("")
	if g := run.Counts.Gathered; run.State != jobs.Incomplete || g.Unsettled != 1 || g.Gone > 0 {
		t.Errorf("%s %+v", run.State, g)
	}
}

// With acknowledge = false nothing is ever marked, by whatever run.
func TestSomebodyElseMarks(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, nil, "rate_per_minute = 6000", "rate_per_minute = 6000\nacknowledge = false")
	front := r.front
	r.front = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPut {
			t.Errorf("%s %s", req.Method, req.URL.Path)
		}
		front.ServeHTTP(w, req)
	})
	r.read("succeeded: 30 read 30 new 16 files")
	r.fault("foreign")
	r.read("")
	r.fault()
	r.read("succeeded: 30 read 30 same")
	s.Records(dossier, iopole.Invoices).Mark(s.Records(dossier, iopole.Invoices).All()[0].Key)
	r.read("succeeded: 29 read 29 same 1 closed")
}

// A dump that is restored does not know what was acknowledged since, and no list shows that any more: all of it comes back.
func TestARestoredDumpFindsWhatWasAcknowledgedSince(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, func(c *iopole.Config) { c.Invoices = 40 })
	list := s.Records(dossier, iopole.Invoices)
	late := list.All()[10:]
	for _, one := range late {
		list.Remove(one.Key)
	}
	for _, one := range s.Records(dossier, iopole.Statuses).All() {
		s.Records(dossier, iopole.Statuses).Remove(one.Key)
	}
	r.read("succeeded: 10 read 10 new 14 files 10 acknowledged")
	restore := r.dump()
	for _, one := range late {
		list.Add(one)
	}
	r.read("succeeded: 30 read 30 new 40 files 30 acknowledged")
	lost := r.inbox()
	restore()
	r.want("10", `SELECT count(*) FROM inbox.record`)
	run := r.read("succeeded: 40 read 30 new 10 same 40 files 30 closed")
	if r.inbox() != lost {
		t.Error("not all is as it was before")
	}
	r.want("30", `SELECT count(*) FROM syncd.run_record WHERE run_id = $1 AND ack = 'closed'`, run.ID)
	for key, n := range marks(s) {
		if n != 1 {
			t.Errorf("%s was marked %d times", key, n)
		}
	}
	r.read("succeeded")
}

// dump makes a backup as an administrator does; restore puts it into a new database, which is the world's from then on.
func (r *reading) dump() (restore func()) {
	r.Helper()
	file := filepath.Join(r.TempDir(), "syncd.dump")
	r.tool("pg_dump", "--format=custom", "--file="+file, "--dbname="+r.db.URL)
	return func() {
		r.Helper()
		r.db = testpg.New(r.T, testpg.Template{Name: "empty", Prepare: func(context.Context, string) error { return nil }})
		r.conn = r.db.Connect(r.T)
		r.tool("pg_restore", "--exit-on-error", "--dbname="+r.db.URL, file)
	}
}

func (r *reading) tool(name string, args ...string) {
	r.Helper()
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err == nil && len(found) > 0 {
		name = found[len(found)-1]
	}
	cmd := exec.CommandContext(r.Context(), name, args...)
	cmd.Stderr = os.Stderr
	r.must(cmd.Run())
}

// An invoice that is addressed to somebody else holds the run: it is not stored, not marked, and stands nowhere. A person who knows
// lets the run go on without it.
func TestAnInvoiceForSomebodyElse(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, nil)
	r.fault("foreign")
	held := r.read("held pull-foreign: 29 read 29 new 1 foreign 14 files 29 acknowledged")
	if f := held.Findings; len(f) != 1 || f[0].Rule != jobs.RuleForeign || !f[0].Holds || len(f[0].Keys) > 0 {
		t.Errorf("%+v", f)
	}
	key := s.Records(dossier, iopole.Invoices).All()[0].Key
	r.want("0", `SELECT count(*) FROM inbox.record WHERE collection = 'factures' AND key = $1`, key)
	r.nowhere(iopole.ForeignSiret, iopole.ForeignSiret[:9], iopole.ForeignName)
	if n := marks(s)["factures "+key]; n > 0 {
		t.Errorf("it was marked %d times", n)
	}
	r.approve(held.ID)
	r.resume(held.ID, "succeeded: 29 read 29 new 1 foreign 14 files 29 acknowledged")
	r.nowhere(iopole.ForeignSiret, iopole.ForeignSiret[:9], iopole.ForeignName)
	r.fault() // it was ours after all
	r.read("succeeded: 1 read 1 new 2 files 1 acknowledged")
}

// Answers that are lost, an id that is refused, one that is gone: the next run closes them, and one stops no others.
func TestMarksThatFail(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, nil)
	key := s.Records(dossier, iopole.Invoices).All()[3].Key
	r.fault("reject=" + key)
	run := r.read("incomplete: 30 read 30 new 16 files 29 acknowledged 1 unacknowledged")
	r.want(key, `SELECT string_agg(key, ' ') FROM syncd.run_record WHERE run_id = $1 AND ack = 'failed'`, run.ID)
	r.fault("ack-lost")
	run = r.read("")
	if run.State == jobs.Succeeded || run.Counts.Gathered.Unacknowledged != 1 {
		t.Errorf("%s %+v", run.State, run.Counts.Gathered)
	}
	r.fault()
	r.read("succeeded: 1 closed")
	r.read("succeeded")
	want := map[string]int{}
	for at := range marks(s) {
		want[at] = 1
	}
	if got := marks(s); len(got) != 30 || got["factures "+key] < 1 {
		t.Errorf("%v", got)
	} else if got["factures "+key] = 1; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// What people query has types whatever partners write: what is none is NULL, and no query fails.
func TestHostileValuesInTypedViews(t *testing.T) {
	t.Parallel()
	r, s := atIopole(t, func(c *iopole.Config) { c.Invoices = 24 })
	values := []any{nil, true, "", " ", "n'importe quoi", []any{1}, map[string]any{"a": "b"}, "0000-00-00", "2026-02-30", "9999-12-31",
		"2026-11-30T99:99:99Z", "infinity", "now", "30/02/2026", "١٢٣", "NaN", "1e5", strings.Repeat("9", 400), "1,50", "12:30",
		"2026-11-30T23:59:60Z", "-0001-01-01", "2026-11-30T10:00:00+15:59", "epoch"}
	for i, one := range s.Records(dossier, iopole.Invoices).All() {
		v := values[i%len(values)]
		business := map[string]any{"invoiceId": v, "invoiceDate": v, "seller": map[string]any{"name": v, "siret": v},
			"buyer":    map[string]any{"name": "OGEC", "siret": siret},
			"monetary": map[string]any{"invoiceCurrency": v, "taxBasisTotalAmount": v, "invoiceAmount": v}}
		s.Records(dossier, iopole.Invoices).Edit(one.Key, map[string]any{"way": "RECEIVED", "businessData": business, "createdDate": v})
	}
	for i, one := range s.Records(dossier, iopole.Statuses).All() {
		status, _ := one.Members["status"].(map[string]any)
		status = maps.Clone(status)
		v := values[i%len(values)]
		status["date"], status["destType"], status["status"] = v, v, map[string]any{"code": v, "networkCode": v}
		s.Records(dossier, iopole.Statuses).Edit(one.Key, map[string]any{"status": status})
	}
	run := r.read("")
	if run.State != jobs.Succeeded || run.Counts.Gathered.New != 60 {
		t.Fatalf("%s %+v", run.State, run.Counts.Gathered)
	}
	for _, view := range []string{"iopole_factures", "iopole_statuts", "records", "changes", "files", "dossiers"} {
		r.text(`SELECT count(*) FROM (SELECT md5(v::text) FROM inbox.` + view + ` v OFFSET 0) x`)
	}
	r.want("24 3 0", `SELECT concat_ws(' ', count(*), count(date_facture), count(montant_ttc)) FROM inbox.iopole_factures`)
	r.want("2026-11-30", `SELECT string_agg(DISTINCT date_facture::text, ' ') FROM inbox.iopole_factures`)
}

// Bodies that are no list of new ids must not close what the inbox has: nothing there would ever be marked again.
func TestAListThatIsNoneClosesNothing(t *testing.T) {
	t.Parallel()
	r, _ := atIopole(t, nil)
	r.fault("ack-lost", "on=mark")
	run := r.read("")
	open := r.text(`SELECT count(*) FROM inbox.record WHERE acknowledged_at IS NULL`)
	if open == "0" || run.Counts.Gathered.Unacknowledged == 0 {
		t.Fatalf("%s open, %+v", open, run.Counts.Gathered)
	}
	for _, fault := range []string{"shape", "null", "html"} {
		r.fault(fault)
		r.read("")
		r.want(open, `SELECT count(*) FROM inbox.record WHERE acknowledged_at IS NULL`)
	}
}
