package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"syncd/internal/contract"
	"syncd/internal/contract/check"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor"
	"syncd/internal/partner/isidoor/standin"
)

// shown stands before the sandbox and shows a contract of the test's choice; what it enforces stays the sandbox's.
type shown struct {
	inner http.Handler

	mu     sync.Mutex
	status int
	kind   string
	text   []byte // nil = the sandbox's own
}

func (s *shown) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "/swagger/") {
		s.inner.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	status, kind, text := s.status, s.kind, s.text
	s.mu.Unlock()
	if status == 0 {
		s.inner.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client may have gone
}

func (s *shown) set(status int, kind, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.kind, s.text = status, kind, []byte(text)
}

// described is a world whose runs know the contract of the API.
type described struct {
	*world
	shown *shown
	own   []byte // the contract that the sandbox says of itself
}

func newDescribed(t *testing.T, employees int) (*described, *jobs.Runner) {
	t.Helper()
	w, _ := ready(t, employees)
	d := w.describe()
	return d, d.process(once)
}

// describe puts a contract of the test's choice before the world's API.
func (w *world) describe() *described {
	w.t.Helper()
	d := &described{world: w, shown: &shown{inner: w.front.inner}}
	w.front.inner = d.shown
	answer, err := http.Get(w.server.URL + standin.SwaggerPath) //nolint:noctx // loopback, answered at once
	w.must(err)
	defer answer.Body.Close()
	d.own, err = io.ReadAll(answer.Body)
	w.must(err)
	return d
}

// process is one process' way to execute runs, with its own keeper.
func (d *described) process(change func(*isidoor.Options)) *jobs.Runner {
	d.t.Helper()
	r := d.runner()
	c := d.connection(change)
	r.API, r.Contracts = c.Dossier(key), d.keeper(r, c)
	return r
}

func (d *described) keeper(r *jobs.Runner, c *isidoor.Connection) *contract.Keeper {
	return contract.NewKeeper(contract.Options{Source: contract.Auto, API: partner{c}, Ledger: storeOf(r), Name: d.request().Target.API(),
		Log: zerolog.Nop(), Settings: check.Settings{Method: "POST", Path: "/V2/Salarie", Base: d.server.URL + standin.TestRoot, KeyIn: "header",
			KeyName: standin.DefaultKeyName}})
}

// partner wires the keeper to the API, as the program does.
type partner struct{ *isidoor.Connection }

func (p partner) Describe(ctx context.Context) ([]byte, string, error) {
	found, err := p.Connection.Describe(ctx, "auto")
	return found.Text, found.Place, err
}

// shows lets the API show the sandbox's contract with other limits on lengths, by definition and member: "Adresse.Voie".
// The next run asks for it.
func (d *described) shows(limits map[string]int, more ...string) {
	d.t.Helper()
	var document struct {
		Swagger     string                    `json:"swagger"`
		Info        json.RawMessage           `json:"info"`
		BasePath    string                    `json:"basePath"`
		Paths       json.RawMessage           `json:"paths"`
		Definitions map[string]map[string]any `json:"definitions"`
	}
	d.must(json.Unmarshal(d.own, &document))
	member := func(path string) map[string]any {
		definition, name, _ := strings.Cut(path, ".")
		properties, ok := document.Definitions[definition]["properties"].(map[string]any)
		if !ok {
			d.t.Fatalf("the contract has no %s", definition)
		}
		if properties[name] == nil {
			properties[name] = map[string]any{"type": "string"}
		}
		return properties[name].(map[string]any) //nolint:forcetypeassert // a schema
	}
	for path, limit := range limits {
		member(path)["maxLength"] = limit
	}
	for _, path := range more { // additions
		member(path)
	}
	text, err := json.Marshal(document)
	d.must(err)
	d.shown.set(http.StatusOK, "application/json", string(text))
	d.anHourLater()
}

// anHourLater lets the next run ask for the contract.
func (d *described) anHourLater() {
	d.exec(`UPDATE syncd.api SET asked_at = asked_at - interval '1 hour'`)
}

// accept is `syncd contract accept`. It returns the runs that go on.
func (d *described) accept(r *jobs.Runner) (released []int64) {
	d.t.Helper()
	k := d.keeper(r, nil)
	k.API = nil
	s, err := k.Standing(d.t.Context())
	d.must(err)
	if !s.Waits() {
		d.t.Fatal("nothing waits to be accepted")
	}
	done, err := k.Accept(d.t.Context(), s, ledger.Acceptance{By: "marie", Reason: "as announced"})
	d.must(err)
	for _, run := range done.Released {
		released = append(released, run.ID)
	}
	return released
}

func (d *described) wantReleased(got []int64, want ...int64) {
	d.t.Helper()
	if !slices.Equal(got, want) {
		d.t.Fatalf("the acceptance lets runs %v go, want %v", got, want)
	}
}

// wantOutdated resumes a run whose contract has changed since, and wants it held, with nothing sent.
func (d *described) wantOutdated(r *jobs.Runner, id int64) {
	d.t.Helper()
	before := d.sandbox.Stats().Deliveries
	run := d.resume(r, id, jobs.Held)
	if run.Failure.Code != jobs.ReasonContract {
		d.t.Fatalf("held for %v", run.Failure)
	}
	d.wantSent(before)
}

// told is the number of a rule's finding of a run; 0 = it does not tell.
func told(run *jobs.Run, rule jobs.Rule) int {
	for _, f := range run.Findings {
		if f.Rule == rule {
			return f.N
		}
	}
	return 0
}

// moveAll gives everyone another street.
func (w *world) moveAll(street string) { w.exec(`UPDATE staging.employee SET voie = $1`, street) }
