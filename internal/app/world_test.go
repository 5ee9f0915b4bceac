package app

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/testpg"
)

// world is the product with a ledger, staging and a stand-in of its own.
type world struct {
	*App
	t    *testing.T
	db   *testpg.DB
	stop chan struct{}
}

// newWorld has 8 employees in saint-martin and 12 in sainte-anne; change alters the configuration.
func newWorld(t *testing.T, change func(*config.Config)) *world {
	t.Helper()
	db := testpg.New(t, apptest.Template)
	api, err := standin.New(standin.Config{ClientID: apptest.Credentials.ID, ClientSecret: apptest.Credentials.Secret,
		Dossiers: apptest.Dossiers, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	if err := apptest.WriteConfig(dir, server.URL, "DATABASE"); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"DATABASE": db.URL}[name] }
	c, err := partner.LoadConfig(dir+"/config.toml", getenv)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	w := &world{t: t, db: db, stop: make(chan struct{})}
	w.App = New(c, Door{Version: "test", Getenv: getenv, Log: zerolog.Nop(), Stop: w.stop})
	t.Cleanup(w.Close)
	return w
}

// unwatched is the progress that nobody watches.
type unwatched struct{ jobs.Silent }

func (unwatched) Done() {}

func begin(string) Progress { return unwatched{} }

func goOn(*jobs.Run) Progress { return unwatched{} }

// run executes an order for one dossier.
func (w *world) run(o Order) *jobs.Run {
	w.t.Helper()
	o.By = "marie"
	if o.Dossiers == nil {
		o.Dossiers = []string{apptest.Dossiers[0].Name}
	}
	ordered, err := w.Runs().Order(w.t.Context(), o)
	w.must(err)
	outcomes, err := ordered.Execute(w.t.Context(), begin)
	w.must(err)
	for o := range outcomes {
		w.must(o.Err)
		return o.Run
	}
	w.t.Fatal("nothing was executed")
	return nil
}

// held is a run of this month that a guard holds as a whole.
func (w *world) held() *jobs.Run {
	w.t.Helper()
	w.run(Order{Job: "dictionnaire"})
	w.run(Order{Job: "paie", Selection: Selection{Period: apptest.Period}})
	w.exec(`UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin'`)
	run := w.run(Order{Job: "paie", Selection: Selection{Period: apptest.Period}})
	if run.State != jobs.Held {
		w.t.Fatalf("the run is %s", run.State)
	}
	return run
}

func (w *world) exec(sql string) {
	w.t.Helper()
	w.db.Exec(w.t, sql)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// state is that of a run now, and how many decisions the audit has about it.
func (w *world) state(ctx context.Context, id int64) (jobs.State, int) {
	w.t.Helper()
	run, err := w.Records().Run(ctx, id)
	w.must(err)
	entries, err := w.Records().Audit(ctx, auditOf(id))
	w.must(err)
	return run.State, len(entries)
}

// refusedWith demands that nothing was done, for this reason.
func refusedWith(t *testing.T, err error, code Code, args Args) {
	t.Helper()
	refused, ok := errors.AsType[*Refused](err)
	if !ok || refused.Code != code || args != nil && !reflect.DeepEqual(refused.Args, args) {
		t.Errorf("%+v (%v), want %q %v", refused, err, code, args)
	}
	if Of(err) != Mistaken {
		t.Errorf("a refusal is of class %d", Of(err))
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(testpg.Tests{M: m}) }
