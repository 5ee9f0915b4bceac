package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"syncd"
	"syncd/internal/config"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/jobs/push"
	partners "syncd/internal/partner"
	"syncd/internal/partner/isidoor"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
	"syncd/internal/store"
	"syncd/internal/testpg"
	"syncd/migrations"
)

const (
	dossier = "saint-martin"
	siret   = "12345678200010"
	period  = jobs.Period("2026-11")
	key     = "key-of-saint-martin"
	secret  = "client-secret-of-the-editor"

	// inDoubt is how long an item in doubt waits before it is sent again, in these tests.
	inDoubt = 200 * time.Millisecond
)

// unguarded lets everything go: most tests are about something else, with edits that no guard would let pass.
var unguarded = jobs.Guards{Created: off, Updated: off, Departed: off, Duplicates: off, Fall: off, Elements: off, CodeTotals: off}

var off = jobs.Limit{Off: true}

// world is a database with staging and ledger, and a sandbox.
type world struct {
	t       testing.TB
	db      *testpg.DB
	conn    *pgx.Conn // of the test itself
	sandbox *standin.Sandbox
	front   *front
	server  *httptest.Server
	keys    *store.Keys
	staging *store.Staging
	job     jobs.PushJob
	pull    jobs.PullJob

	overwrite bool // runs send over what the other side edited
}

var template = testpg.Template{Name: "e2e", Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
	if _, _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, migrations.Staging)
	return err
}}

// pulled is template with the dossier's nomenclatures: once for all worlds, as a pull costs each of them more than it tells.
func pulled(t testing.TB) testpg.Template {
	name := "e2e_pulled_" + binaryDigest(t)
	return testpg.Template{Name: name, Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
		if err := template.Prepare(ctx, url); err != nil {
			return err
		}
		brief := &briefly{TB: t}
		defer brief.end()
		w := furnish(brief, &testpg.DB{URL: url})
		w.wantState(w.pullNomenclatures(w.runner()), jobs.Succeeded)
		return nil
	}}
}

// binaryDigest tells what is pulled by one program from what is by another, on a server that outlives both.
func binaryDigest(t testing.TB) string {
	digest, err := digestOnce()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

var digestOnce = sync.OnceValues(func() (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(program)
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:4]), err
})

// briefly is a test whose cleanups happen before its end.
type briefly struct {
	testing.TB
	cleanups []func()
}

func (b *briefly) Cleanup(f func()) { b.cleanups = append(b.cleanups, f) }

func (b *briefly) end() {
	for _, f := range slices.Backward(b.cleanups) {
		f()
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return furnish(t, testpg.New(t, template))
}

// furnish gives a database all that is around it.
func furnish(t testing.TB, db *testpg.DB) *world {
	t.Helper()
	w := &world{t: t, db: db}
	w.conn = w.db.Connect(t)
	w.staging = &store.Staging{URL: w.db.URL}
	w.staging.KeepSessions() // as the program does: a new one costs Postgres more than to read these few rows
	t.Cleanup(w.staging.Close)
	s, err := standin.New(standin.Config{ClientID: "our-editor", ClientSecret: secret, Seed: 1,
		Dossiers: []sandbox.Dossier{{Name: dossier, Key: key, Siret: siret}}})
	w.must(err)
	w.sandbox = s
	w.front = &front{inner: s, calls: map[string]int{}, began: make(chan string)}
	w.server = httptest.NewUnstartedServer(w.front)
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // the scripts abort requests on purpose
	w.server.Start()
	t.Cleanup(w.server.Close)
	ledgerKey := sha256.Sum256([]byte("ledger key"))
	w.keys, err = store.NewKeys(ledgerKey[:])
	w.must(err)
	c := sampleConfig(t)
	w.job, err = c.PushJob("paie")
	w.must(err)
	w.job.RequestTimeout = inDoubt
	w.job.Guards = unguarded
	w.pull, err = c.PullJob("dictionnaire")
	w.must(err)
	return w
}

var sampleConfig = func() func(testing.TB) *config.Config {
	var once sync.Once
	var c *config.Config
	return func(t testing.TB) *config.Config {
		once.Do(func() {
			file := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(file, []byte(syncd.SampleConfig), 0o600); err != nil {
				t.Fatal(err)
			}
			loaded, err := partners.LoadConfig(file, func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			c = loaded
		})
		return c
	}
}()

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens the ledger as a process of its own would.
func (w *world) open() *store.Store {
	w.t.Helper()
	s, err := store.Open(context.Background(), store.Options{URL: w.db.URL, Keys: w.keys, Version: "test", Lease: 3 * time.Second})
	w.must(err)
	w.t.Cleanup(func() { w.within(10*time.Second, "closing the ledger", s.Close) })
	return s
}

// fallSilent makes processes that are gone look silent for long enough: their silence of 2 s is tested elsewhere. The server ends a
// session a moment after its process closed it, and may until then carry out the heartbeat that was on its way.
func (w *world) fallSilent() {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var sessions int
		w.must(w.conn.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity a JOIN syncd.run r
			ON a.application_name = 'syncd ' || lpad(to_hex(r.owner), 16, '0') WHERE r.state = 'running' AND a.datname = current_database()`).Scan(&sessions))
		if sessions == 0 {
			break
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d sessions of a process that is gone are still there", sessions)
		}
	}
	w.exec(`UPDATE syncd.owner SET heartbeat_at = heartbeat_at - interval '3 seconds'`)
}

// within fails the test when something takes too long, such as a connection that nobody gives back.
func (w *world) within(limit time.Duration, what string, do func()) {
	w.t.Helper()
	done := make(chan struct{})
	go func() { do(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		w.t.Errorf("%s is not done after %s", what, limit)
	}
}

// connect opens the API as a process of its own would.
func (w *world) connect(change func(*isidoor.Options)) jobs.API {
	w.t.Helper()
	return w.connection(change).Dossier(key)
}

func (w *world) connection(change func(*isidoor.Options)) *isidoor.Connection {
	w.t.Helper()
	o := isidoor.Options{
		Options: httpcall.Options{BaseURL: w.server.URL + standin.TestRoot, MaxInFlight: w.job.MaxInFlight,
			RequestTimeout: 5 * time.Second, RetryFor: 2 * time.Second, ResendAmbiguous: w.job.Semantics == jobs.Replace},
		ClientCredentials: httpcall.ClientCredentials{TokenURL: w.server.URL + standin.TokenPath, ClientID: "our-editor", ClientSecret: secret,
			Scope: standin.Scope},
		KeyIn: isidoor.KeyInHeader, KeyName: standin.DefaultKeyName,
		Dossier: isidoor.DossierEndpoint{Method: "GET", Path: "/V2/Dossier", Identity: "/Siret"},
		Dictionnaire: isidoor.DictionnaireEndpoint{Method: "GET", Path: "/V2/Dictionnaire", Name: "/Nom", Code: "/Code", Label: "/Libelle",
			Active: "/Actif"},
		Salarie: isidoor.SalarieEndpoint{Method: "POST", Path: "/V2/Salarie"},
	}
	if change != nil {
		change(&o)
	}
	c, err := isidoor.Open(o)
	w.must(err)
	w.t.Cleanup(c.Close)
	return c
}

// runner is one process' way to execute runs.
func (w *world) runner() *jobs.Runner {
	return &jobs.Runner{Plan: plan.Make, Send: push.ToEnd, Ledger: w.open(), Staging: w.staging, API: w.connect(nil),
		Siret: siret, Progress: jobs.Silent{}, Log: zerolog.Nop(), Stop: make(chan struct{})}
}

func (w *world) request() jobs.NewRun {
	return jobs.NewRun{Job: w.job.Name, Kind: jobs.PushSalaries, Period: period, Scope: w.job.Scope, Trigger: jobs.TriggerManual,
		RequestedBy: "test", Overwrite: w.overwrite, Digests: jobs.Digests{Config: "test"},
		Target: jobs.Target{Partner: "isidoor", Environment: "test", BaseURL: w.server.URL, Dossier: dossier, Identity: siret, Siret: siret}}
}

func (w *world) approve(r *jobs.Runner, run int64, reason string) {
	w.t.Helper()
	_, err := storeOf(r).Approve(w.t.Context(), run, store.Approval{By: "test", Reason: reason})
	w.must(err)
}

func (w *world) pullNomenclatures(r *jobs.Runner) *jobs.Run {
	w.t.Helper()
	run, err := r.Pull(context.Background(), &w.pull, w.pullRequest())
	w.must(err)
	return run
}

func (w *world) pullRequest() jobs.NewRun {
	request := w.request()
	request.Job, request.Kind, request.Period = w.pull.Name, jobs.PullDictionnaire, ""
	return request
}

func (w *world) push(r *jobs.Runner, change func(*jobs.NewRun)) (*jobs.Run, error) {
	request := w.request()
	if change != nil {
		change(&request)
	}
	return r.Push(context.Background(), &w.job, request)
}

// ledger is the store of a runner.
func storeOf(r *jobs.Runner) *store.Store { return r.Ledger.(*store.Store) } //nolint:forcetypeassert // world.runner made it

// ready is a world with staff whose nomenclatures are pulled, and a runner.
func ready(t testing.TB, employees int) (*world, *jobs.Runner) {
	t.Helper()
	w := furnish(t, testpg.New(t, pulled(t)))
	// It is told where it is now: a copy of a ledger would be taken for one that was put back.
	w.exec(`UPDATE syncd.incarnation SET ledger = gen_random_uuid(), database = (SELECT oid::bigint FROM pg_database WHERE datname = current_database())`)
	w.exec(`UPDATE syncd.target SET base_url = $1`, w.server.URL)
	w.exec(`UPDATE syncd.api SET base_url = regexp_replace(base_url, '^http://[^/]+', $1)`, w.server.URL)
	w.fill(employees)
	r := w.runner()
	sum := storeOf(r).Lasting().Sum([]byte("settings\x00" + r.API.Settings())) // as the store keeps who answered by which settings
	w.exec(`UPDATE syncd.answered SET settings = $1`, sum[:])
	return w, r
}

// once makes one attempt per document: a temporary failure ends it.
func once(o *isidoor.Options) { o.RetryFor, o.TechnicalTries = time.Millisecond, 1 }
