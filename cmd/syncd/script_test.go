package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"flag"
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
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"syncd"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sample"
	"syncd/internal/store"
	"syncd/internal/testpg"
	"syncd/migrations"
)

// atOnce is how many scripts run at once unless -parallel says otherwise: they wait for processes most of their time.
const atOnce = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil { // the command line, parsed later, overrides it
		panic(err)
	}
	testscript.Main(withoutLeaks{m}, map[string]func(){"syncd": main})
}

// withoutLeaks fails when goroutines are left behind.
type withoutLeaks struct{ *testing.M }

func (m withoutLeaks) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs testdata/script. Each script has a database of its own with ledger and staging (8 employees in
// saint-martin, 12 in sainte-anne, 2 elements each, November 2026), a sandbox, and a config.toml that names both.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: setUp, Cmds: commands, RequireUniqueNames: true})
}

const scriptPeriod = "2026-11"

var scriptDossiers = []standin.Dossier{
	{Name: "saint-martin", Key: "key-of-saint-martin", Siret: "12345678200010"},
	{Name: "sainte-anne", Key: "key-of-sainte-anne", Siret: "99999999800019"},
}

var scriptTemplate = testpg.Template{Name: "script", Sources: migrations.Ledger, Prepare: func(ctx context.Context, url string) error {
	if _, _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, migrations.Staging); err != nil {
		return err
	}
	for i, employees := range []int{8, 12} {
		if err := fill(ctx, conn, scriptDossiers[i].Name, employees); err != nil {
			return err
		}
	}
	return nil
}}

func fill(ctx context.Context, conn *pgx.Conn, dossier string, employees int) error {
	options := sample.Options{Dossier: dossier, Employees: employees, ElementsPerEmployee: 2, Period: scriptPeriod, Seed: 1}
	var staff, elements [][]any
	for e := range sample.Employees(options) {
		staff = append(staff, e.Row())
	}
	for e := range sample.Elements(options) {
		elements = append(elements, e.Row())
	}
	if _, err := conn.CopyFrom(ctx, sample.EmployeeTable, sample.EmployeeColumns, pgx.CopyFromRows(staff)); err != nil {
		return err
	}
	_, err := conn.CopyFrom(ctx, sample.ElementTable, sample.ElementColumns, pgx.CopyFromRows(elements))
	return err
}

// Names of what a script's commands need.
type (
	databaseOf struct{}
	sandboxOf  struct{}
	gateOf     struct{}
)

func setUp(env *testscript.Env) error {
	t := env.T().(testing.TB) // testscript.Run wraps a *testing.T
	db := testpg.New(t, scriptTemplate)
	s, err := standin.New(standin.Config{ClientID: "our-editor", ClientSecret: "client-secret", Dossiers: scriptDossiers, Seed: 1})
	if err != nil {
		return err
	}
	g := &gate{inner: s}
	handler := http.NewServeMux()
	handler.Handle("/", g)
	handler.HandleFunc("/Empty/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server, encrypted := newServer(handler), newServer(handler)
	server.Start()
	env.Defer(server.Close)
	encrypted.StartTLS()
	env.Defer(encrypted.Close)
	env.Defer(g.open) // deferred last, called first
	env.Values[databaseOf{}], env.Values[sandboxOf{}], env.Values[gateOf{}] = db, s, g
	env.Setenv("SCRIPT_DATABASE_URL", db.URL)
	env.Setenv("SANDBOX", server.URL)
	env.Setenv("SANDBOX_TLS", encrypted.URL) // with a certificate that nobody trusts
	env.Setenv("SYNCD_CONFIG", filepath.Join(env.WorkDir, "config.toml"))
	env.Setenv("LC_ALL", "C.UTF-8")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else the race detector makes each command last a second longer
	return writeConfig(env.WorkDir, server.URL)
}

func newServer(handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // faults abort requests, and clients refuse certificates, on purpose
	return server
}

var credentialReference = regexp.MustCompile(`\{ credential = "([^"]+)" \}`)

// writeConfig writes the sample configuration, in English and with short times, and the files of its secrets.
func writeConfig(dir, address string) error {
	text := "\n" + credentialReference.ReplaceAllString(syncd.SampleConfig, `{ file = "$1.secret" }`)
	for from, to := range map[string]string{
		`language = "fr"`:          `language = "en"`,
		`url = "postgres:///paie"`: `url = { env = "SCRIPT_DATABASE_URL" }`,
		"[isidoor]": "[isidoor]\nbase_url = \"" + address + standin.TestRoot + "\"\ntoken_url = \"" + address + standin.TokenPath +
			"\"\nrate_per_second = 10000\nrequest_timeout = \"5s\"\nretry_for = \"1s\"",
	} {
		if !strings.Contains(text, "\n"+from+"\n") {
			return fmt.Errorf("the sample configuration has no line %q", from)
		}
		text = strings.Replace(text, "\n"+from+"\n", "\n"+to+"\n", 1)
	}
	key := sha256.Sum256([]byte("ledger key"))
	files := map[string]string{"config.toml": text[1:], "ledger-key.secret": base64.StdEncoding.EncodeToString(key[:]),
		"isidoor-client-secret.secret": "client-secret"}
	for _, d := range scriptDossiers {
		files["dossier-"+d.Name+".secret"] = d.Key
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}
