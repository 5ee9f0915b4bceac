package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"syncd/internal/app/apptest"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/testpg"
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

// TestScripts runs testdata. Each script has a database of its own with ledger and staging (8 employees in saint-martin, 12 in
// sainte-anne, 2 elements each, November 2026), a sandbox, and a config.toml that names both. Where several things happen at once
// (testdata/race: runs beside others, faults, signals) the program is this test's own, with the race detector;
// what one command after the other answers (testdata/script) is asked of the program as it is released.
func TestScripts(t *testing.T) {
	t.Parallel()
	program, err := apptest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	released := func(env *testscript.Env) error {
		env.Setenv("PATH", after(filepath.Dir(program), env.Getenv("PATH")))
		return setUp(env)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/race", Setup: setUp, Cmds: commands, RequireUniqueNames: true})
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: released, Cmds: commands, RequireUniqueNames: true})
}

// Names of what a script's commands need.
type (
	databaseOf struct{}
	sandboxOf  struct{}
	gateOf     struct{}
	loginOf    struct{}
)

func setUp(env *testscript.Env) error {
	t := env.T().(testing.TB) // testscript.Run wraps a *testing.T
	db := testpg.New(t, apptest.Template)
	s, err := standin.New(standin.Config{ClientID: apptest.Credentials.ID, ClientSecret: apptest.Credentials.Secret,
		Dossiers: apptest.Dossiers, Seed: 1})
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
	env.Values[loginOf{}] = func() (role, address string) { return db.Login(t) }
	env.Setenv("PATH", after(testpg.Clients(), env.Getenv("PATH")))
	env.Setenv("SCRIPT_DATABASE_URL", db.URL)
	env.Setenv("SANDBOX", server.URL)
	env.Setenv("SANDBOX_TLS", encrypted.URL) // with a certificate that nobody trusts
	env.Setenv("SYNCD_CONFIG", filepath.Join(env.WorkDir, "config.toml"))
	env.Setenv("LC_ALL", "C.UTF-8")
	env.Vars = append(env.Vars, apptest.Environment...)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else the race detector makes each command last a second longer
	return apptest.WriteConfig(env.WorkDir, server.URL, "SCRIPT_DATABASE_URL")
}

// after is a search path with a folder before all others.
func after(folder, path string) string {
	if folder == "" {
		return path
	}
	return folder + string(filepath.ListSeparator) + path
}

func newServer(handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // faults abort requests, and clients refuse certificates, on purpose
	return server
}
