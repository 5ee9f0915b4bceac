package process

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"syncd"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
	"syncd/internal/sandbox"
	"syncd/internal/store"
	"syncd/internal/testpg"
	"syncd/migrations"
)

const (
	dossier = "saint-martin"
	siret   = "12345678200010"
	period  = "2026-11"

	clientSecret = "client-secret-6f1d0c-of-the-editor"
	dossierKey   = "dossier-key-93ab77-of-saint-martin"

	lanes = 16 // max_in_flight
	// repeatable is how many documents may be delivered twice after one death: those in flight, claimed ahead, or
	// answered but not yet recorded.
	repeatable = 2 * lanes
)

// ledgerKey is what the configuration names as the ledger's key, in base64.
var ledgerKey = func() string {
	sum := sha256.Sum256([]byte("ledger key"))
	return base64.StdEncoding.EncodeToString(sum[:])
}()

// world is a database with ledger and staging, a sandbox, and a configuration for the program.
type world struct {
	t        *testing.T
	others   []string // dossiers beside the first
	db       *testpg.DB
	database string // the URL that the program gets; "" = that of db
	dir      string
	sandbox  *standin.Sandbox
	front    *front
	server   *httptest.Server
}

var template = testpg.Template{Name: "process", Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
	if _, _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	return execute(ctx, url, migrations.Staging)
}}

func execute(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// pulled is template with the first dossier's nomenclatures, which the program pulled: once for all worlds, as it costs each of
// them more than what it is about.
func pulled(t *testing.T) testpg.Template {
	return testpg.Template{Name: "pulled_" + programDigest, Sources: migrations.Ledger, Prepare: func(ctx context.Context, url string) error {
		if err := template.Prepare(ctx, url); err != nil {
			return err
		}
		w := &world{t: t, db: &testpg.DB{URL: url}, dir: t.TempDir()}
		w.serve(sandbox.Faults{})
		w.configure(w.server.URL)
		w.want(0, w.run("run", "dictionnaire"))
		return nil
	}}
}

// newWorld makes a world with staff, whose nomenclatures are pulled. settings are further lines of [isidoor].
func newWorld(t *testing.T, employees int, faults sandbox.Faults, settings ...string) *world {
	t.Helper()
	w := pulledWorld(t)
	w.moveIn(employees, faults, settings...)
	return w
}

// pulledWorld has a database with nomenclatures, into which the rest is to move.
func pulledWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, db: testpg.New(t, pulled(t)), dir: t.TempDir()}
}

// moveIn gives a world of pulledWorld all that is around its database, which is told where it is now: a copy of a ledger would be
// taken for one that was put back.
func (w *world) moveIn(employees int, faults sandbox.Faults, settings ...string) {
	w.t.Helper()
	w.surround(employees, faults, settings...)
	w.exec(`UPDATE syncd.incarnation SET ledger = gen_random_uuid(), database = (SELECT oid::bigint FROM pg_database WHERE datname = current_database())`)
	w.exec(`UPDATE syncd.target SET base_url = regexp_replace(base_url, '^http://[^/]+', $1)`, w.server.URL)
	w.exec(`UPDATE syncd.api SET base_url = regexp_replace(base_url, '^http://[^/]+', $1)`, w.server.URL)
}

// emptyWorld has a database and nothing else.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	return &world{t: t, db: testpg.New(t, template), dir: t.TempDir()}
}

func populate(t *testing.T, db *testpg.DB, employees int, faults sandbox.Faults, settings ...string) *world {
	t.Helper()
	w := &world{t: t, db: db, dir: t.TempDir()}
	w.furnish(employees, faults, settings...)
	return w
}

// furnish gives a world all that is around its database.
func (w *world) furnish(employees int, faults sandbox.Faults, settings ...string) {
	w.t.Helper()
	w.surround(employees, faults, settings...)
	w.want(0, w.run("run", "dictionnaire"))
}

// surround gives a world a partner, a configuration and staff.
func (w *world) surround(employees int, faults sandbox.Faults, settings ...string) {
	w.t.Helper()
	w.serve(faults)
	w.configure(w.server.URL, settings...)
	for _, name := range w.dossiers() {
		w.fill(name, employees)
	}
}

func (w *world) dossiers() []string { return append([]string{dossier}, w.others...) }

// manyDossiers are the names of up to a hundred dossiers.
const manyDossiers = "ecole-%02d"

// keyOf and siretOf are made up for dossiers beside the first.
func keyOf(name string) string {
	if name == dossier {
		return dossierKey
	}
	return "dossier-key-of-" + name
}

func siretOf(name string) string {
	sirets := map[string]string{dossier: siret, "sainte-anne": "99999999800019", "notre-dame": "11111111100006"}
	if known, ok := sirets[name]; ok {
		return known
	}
	var n int // of one of many dossiers
	if _, err := fmt.Sscanf(name, manyDossiers, &n); err != nil {
		return ""
	}
	return fmt.Sprintf("900000000%d0%d0%d", n/10, n%10, (31-n/10-n%10)%10) // the last is the check digit
}

func (w *world) serve(faults sandbox.Faults) {
	w.t.Helper()
	config := standin.Config{ClientID: "our-editor", ClientSecret: clientSecret, Seed: 1, Faults: faults}
	for _, name := range w.dossiers() {
		config.Dossiers = append(config.Dossiers, sandbox.Dossier{Name: name, Key: keyOf(name), Siret: siretOf(name)})
	}
	s, err := standin.New(config)
	w.must(err)
	w.sandbox = s
	w.listen(s)
}

// listen puts a front before what stands in for a partner, and opens its address.
func (w *world) listen(inner http.Handler) {
	w.t.Helper()
	w.front = &front{inner: inner}
	w.server = httptest.NewUnstartedServer(w.front)
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0) // faults abort requests on purpose
	w.server.Config.ConnState = w.front.count
	w.server.Start()
	w.t.Cleanup(w.server.Close)
	w.t.Cleanup(w.front.release)
}

var (
	credential   = regexp.MustCompile(`\{ credential = "([^"]+)" \}`)
	otherDossier = regexp.MustCompile(`(?s)\[\[dossier\]\]\nname = "sainte-anne".*?\n\n`)
)

// unguarded lets everything go: most tests are about something else, with edits that no guard would let pass.
const unguarded = `[job.guard]
max_created = "off"
max_updated = "off"
max_departed = "off"
max_duplicates = "off"
max_fall = "off"
max_elements = "off"
max_code_total = "off"
require_elements = false
max_gap = 0
max_back = 0
hold_fields = []
unique_fields = []
max_amount = 0`

// configure writes the sample configuration, with the sandbox at address, secrets in files, and short times.
func (w *world) configure(address string, settings ...string) {
	w.t.Helper()
	text := otherDossier.ReplaceAllString(syncd.SampleConfig, "")
	text = credential.ReplaceAllString(text, `{ file = "$1.secret" }`)
	isidoor := append([]string{"[isidoor]",
		`base_url = "` + address + standin.TestRoot + `"`,
		`token_url = "` + address + standin.TokenPath + `"`,
		`max_in_flight = 16`, `rate_per_second = 10000`}, settings...)
	for from, to := range map[string]string{
		`language = "fr"`:          `language = "en"`,
		`url = "postgres:///paie"`: "url = { env = \"PROCESS_DATABASE_URL\" }\nlease = \"2s\"",
		"[isidoor]":                strings.Join(isidoor, "\n"),
		"[job.guard]":              unguarded,
	} {
		if !strings.Contains(text, "\n"+from+"\n") {
			w.t.Fatalf("the sample configuration has no line %q", from)
		}
		text = strings.Replace(text, "\n"+from+"\n", "\n"+to+"\n", 1)
	}
	for _, name := range w.others {
		text += dossierSection(name)
	}
	files := map[string]string{"config.toml": text, "ledger-key.secret": ledgerKey, "isidoor-client-secret.secret": clientSecret}
	for _, name := range w.dossiers() {
		files["dossier-"+name+".secret"] = keyOf(name)
	}
	for name, content := range files {
		w.must(os.WriteFile(filepath.Join(w.dir, name), []byte(content+"\n"), 0o600))
	}
}

func dossierSection(name string) string {
	return fmt.Sprintf("\n[[dossier]]\nname = %q\nsiret = %q\nkey = { file = \"dossier-%s.secret\" }\n", name, siretOf(name), name)
}

// fill puts made-up staff of a dossier into staging: matricules 00001 and so on, three elements each. COPY leaves no values in the
// server's log.
func (w *world) fill(dossier string, employees int) {
	w.t.Helper()
	options := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 3, Period: period, Seed: 1}
	var staff, elements [][]any
	for e := range sample.Employees(options) {
		staff = append(staff, e.Row())
	}
	for e := range sample.Elements(options) {
		elements = append(elements, e.Row())
	}
	ctx := context.Background()
	conn := w.db.Connect(w.t)
	_, err := conn.CopyFrom(ctx, sample.EmployeeTable, sample.EmployeeColumns, pgx.CopyFromRows(staff))
	w.must(err)
	_, err = conn.CopyFrom(ctx, sample.ElementTable, sample.ElementColumns, pgx.CopyFromRows(elements))
	w.must(err)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.db.Exec(w.t, sql, args...)
}

// texts are the answers of a query that has one column of text.
func (w *world) texts(sql string, args ...any) []string {
	w.t.Helper()
	ctx := context.Background()
	var all []string
	w.must(w.db.With(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	return all
}

// number is the answer of a query that counts.
func (w *world) number(sql string, args ...any) (n int) {
	w.t.Helper()
	ctx := context.Background()
	w.must(w.db.With(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, sql, args...).Scan(&n) }))
	return n
}

// text is the answer of a query that has one.
func (w *world) text(sql string, args ...any) string {
	w.t.Helper()
	all := w.texts(sql, args...)
	if len(all) != 1 {
		w.t.Fatalf("%d rows, want 1: %s", len(all), sql)
	}
	return all[0]
}
