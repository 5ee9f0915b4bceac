package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"syncd/internal/config"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	partners "syncd/internal/partner"
	"syncd/internal/pull"
	"syncd/internal/pull/pulltest"
	"syncd/internal/sandbox"
	"syncd/internal/store"
	"syncd/internal/testpg"
)

// reading is a database with an inbox, the stand-in of a partner whose records are read, and the configuration of its rehearsal.
type reading struct {
	*testing.T
	db     *testpg.DB
	conn   *pgx.Conn
	api    *sandbox.Server
	front  http.Handler // what answers: the stand-in, unless a test puts something before it
	config *config.Config
	reader *partners.Reader
	keys   *store.Keys
	log    *journal
	now    func() time.Time // of the engine
}

// journal is a log that is written from many goroutines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// standIn makes the stand-in of a partner, which knows these dossiers.
type standIn func(secret string, dossiers []sandbox.Dossier) (http.Handler, *sandbox.Server, error)

// aDossier is where the section of a partner ends in a rehearsal.
const aDossier = "[[dossier]]\nname = \"saint-martin\""

var credential = regexp.MustCompile(`\{ credential = "([^"]+)" \}`)

// newReading writes the rehearsal's configuration with edits (pairs of old and new), and reads it as the program does.
func newReading(t *testing.T, profile string, open standIn, edits ...string) *reading {
	t.Helper()
	r := &reading{T: t, db: testpg.New(t, template), log: &journal{}, now: time.Now}
	r.conn = r.db.Connect(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.front.ServeHTTP(w, req) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // stand-ins abort requests on purpose
	server.Start()
	t.Cleanup(server.Close)
	known := &partners.OfProfile(profile).StandIn
	text := credential.ReplaceAllString(known.Samples[profile], `{ file = "$1.secret" }`)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the configuration has no %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	text = strings.NewReplacer(`# base_url = ""`, `base_url = "`+server.URL+known.Path+`"`, `# token_url = ""`,
		`token_url = "`+server.URL+known.API.TokenPath+`"`, `"postgres:///paie"`, `{ env = "DATABASE" }`,
		"rate_per_minute = 6000", "rate_per_minute = 100000").Replace(text)
	dir := t.TempDir()
	r.write(dir, "config.toml", text)
	ledgerKey := sha256.Sum256([]byte("ledger key"))
	r.write(dir, "ledger-key.secret", base64.StdEncoding.EncodeToString(ledgerKey[:]))
	for _, found := range credential.FindAllStringSubmatch(known.Samples[profile], -1) {
		name := found[1]
		content := secret
		for _, d := range []string{"saint-martin", "sainte-anne"} {
			if strings.HasSuffix(name, d) {
				content = sandbox.Dossier{Name: d}.MadeUp().Password
			}
		}
		if name != "ledger-key" {
			r.write(dir, name+".secret", content)
		}
	}
	var err error
	r.config, err = partners.LoadConfig(filepath.Join(dir, "config.toml"), func(string) string { return r.db.URL })
	r.must(err)
	r.keys, err = store.NewKeys(ledgerKey[:])
	r.must(err)
	var dossiers []sandbox.Dossier
	p := &r.config.Partners[0]
	for i := range r.config.AllDossiers {
		d, err := partners.Rehearsed(p, &r.config.AllDossiers[i])
		r.must(err)
		dossiers = append(dossiers, d.MadeUp())
	}
	r.front, r.api, err = open(secret, dossiers)
	r.must(err)
	r.reader, err = partners.Read(p, httpcall.Options{RetryFor: p.RetryFor, Log: r.logger(), UserAgent: "syncd/test"})
	r.must(err)
	t.Cleanup(func() { r.reader.Close() })
	return r
}

func (r *reading) write(dir, name, content string) {
	r.must(os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600))
}

func (r *reading) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *reading) logger() zerolog.Logger { return zerolog.New(r.log) }

// runner is one process' way to read a dossier.
func (r *reading) runner() *jobs.Runner {
	r.Helper()
	st, err := store.Open(context.Background(), store.Options{URL: r.db.URL, Keys: r.keys, Version: "test", Lease: 3 * time.Second})
	r.must(err)
	r.Cleanup(st.Close)
	d, err := r.config.Dossier(dossier)
	r.must(err)
	feed, err := r.reader.Feed(&d, func(shown []byte) jobs.GrantStore {
		target, err := st.EnsureTarget(r.Context(), r.target())
		r.must(err)
		return st.Credentials().Grant(target.ID, shown)
	})
	r.must(err)
	return &jobs.Runner{Ledger: st, Inbox: st.Inbox(), Credentials: st.Credentials(), Feed: feed, Siret: d.Siret, By: "marie",
		Progress: jobs.Silent{}, Log: r.logger(), Stop: make(chan struct{}),
		Gather: func(ctx context.Context, f *jobs.Fetching) (jobs.Concluded, jobs.Reason, error) {
			f.Now = r.now
			return pull.ToEnd(ctx, f)
		}}
}

func (r *reading) target() jobs.Target {
	p := &r.config.Partners[0]
	return jobs.Target{Partner: p.Name, Environment: p.Environment, BaseURL: p.BaseURL, Dossier: dossier, Identity: siret, Siret: siret}
}

func (r *reading) job() *jobs.FetchJob {
	r.Helper()
	job, err := r.config.FetchJob("lecture", dossier)
	r.must(err)
	return &job
}

// read reads the dossier, and wants that to end so; want "" = somehow.
func (r *reading) read(want string) *jobs.Run {
	r.Helper()
	runner := r.runner()
	run, err := runner.Fetch(context.Background(), r.job(), jobs.NewRun{Job: "lecture", Kind: jobs.PullRecords, Target: r.target(),
		Trigger: jobs.TriggerManual, RequestedBy: "marie", Digests: jobs.Digests{Config: r.config.Digest()}})
	return r.ended(runner, run, err, want)
}

func (r *reading) resume(id int64, want string) *jobs.Run {
	r.Helper()
	runner := r.runner()
	run, err := runner.ResumeFetch(context.Background(), r.job(), id)
	return r.ended(runner, run, err, want)
}

func (r *reading) ended(runner *jobs.Runner, run *jobs.Run, err error, want string) *jobs.Run {
	r.Helper()
	if run == nil {
		r.Fatal(err)
	}
	found, readErr := storeOf(runner).Run(context.Background(), run.ID)
	r.must(readErr)
	log := r.log.String()
	if got := pulltest.Summary(found); want != "" && got != want {
		r.Fatalf("the run ended\n%s, not\n%s (%v)\n…%s", got, want, err, log[max(0, len(log)-3000):])
	}
	return found
}

func (r *reading) approve(id int64) {
	r.Helper()
	_, err := storeOf(r.runner()).Approve(context.Background(), id, store.Approval{By: "marie", Reason: "they told us"})
	r.must(err)
}

// fault sets the stand-in's faults; none = it behaves.
func (r *reading) fault(words ...string) {
	r.Helper()
	faults, err := partners.Named(r.config.Partners[0].Name).StandIn.API.ParseFaults(words...)
	r.must(err)
	r.must(r.api.SetFaults(faults))
}

func (r *reading) text(query string, args ...any) (text string) {
	r.Helper()
	r.must(r.conn.QueryRow(context.Background(), `SELECT coalesce((`+query+`)::text, '')`, args...).Scan(&text))
	return text
}

func (r *reading) want(want, query string, args ...any) {
	r.Helper()
	if got := r.text(query, args...); got != want {
		r.Errorf("%s\ngives %s, not %s", query, got, want)
	}
}

// inbox is what the inbox has, without times and runs.
func (r *reading) inbox() string {
	r.Helper()
	return r.text(`SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
		SELECT concat_ws(' ', 'record', collection, key, version, document, gone_since IS NULL, files_at IS NULL, acknowledged_at IS NULL)
		FROM inbox.record
		UNION ALL SELECT concat_ws(' ', 'change', collection, key, version, path, difference, old, new) FROM inbox.change
		UNION ALL SELECT concat_ws(' ', 'file', collection, key, file, size, sha256, missing) FROM inbox.file) lines (line)`)
}

// everything is all that all tables have.
func (r *reading) everything() string {
	r.Helper()
	rows, err := r.conn.Query(context.Background(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`)
	r.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	r.must(err)
	var all strings.Builder
	for _, table := range tables {
		all.WriteString(r.text(`SELECT string_agg(t::text, E'\n') FROM `+table+` t`) + "\n")
	}
	if len(tables) < 20 || !strings.Contains(all.String(), "lecture") {
		r.Fatalf("these are not all tables: %q", tables)
	}
	return all.String()
}

// nowhere wants a value to be in no table and in no log.
func (r *reading) nowhere(values ...string) {
	r.Helper()
	tables := r.everything()
	for _, value := range values {
		if strings.Contains(tables, value) || strings.Contains(r.log.String(), value) {
			r.Errorf("%q stands in a table, or in the log", value)
		}
	}
}
