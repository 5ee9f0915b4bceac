package partner_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner"
	"syncd/internal/partner/preset"
	"syncd/internal/pull/pulltest"
	"syncd/internal/testpg"
)

// afnor is an invented partner whose API is of the kind that AFNOR XP Z12-013 describes: a preset, the calls that it may ever be
// asked, and a line in the registry. Nothing else of it is written in Go.
var afnor = preset.Definition{Name: "afnor", Calls: []string{"POST /v1/flows/search", "GET /v1/flows/{…}"}, Preset: []byte(`
max_in_flight = 2
limits = "ledger"
rate_per_minute = 60
headers = { X-Organisation = "{organisation}" }
[fixed.token]
grant = "client-credentials"
[fixed.hosts.test]
base_url = "https://test.flows.example"
token_url = "https://test.flows.example/token"
[fixed.partner]
client_id = "text"
client_secret = "secret"
[fixed.dossier]
organisation = "text"
[collection.flux]
list = "POST /v1/flows/search"
body = '{"where":{"flowDirection":["In"]}}'
windows = [{ name = "depuis", from = "/where/updatedAfter", since = true, first = "30d", format = "moment" }]
zone = "UTC"
records = "/results"
key = "/flowId"
page = { offset = "/offset", limit = "/limit", size = 25, total = "/total" }
`)}

func init() { partner.Register(&afnor) }

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// flows are what the invented partner has.
type flows struct {
	mu      sync.Mutex
	status  map[int]string
	strange []string
	asked   []string
}

const total = 60

func (f *flows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/token" {
		_, _ = io.WriteString(w, `{"access_token":"t","expires_in":600,"token_type":"Bearer"}`)
		return
	}
	var asked struct {
		Offset, Limit int
		Where         map[string]any
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1/flows/search" || r.Header.Get("X-Organisation") != "12345" ||
		json.Unmarshal(text, &asked) != nil || asked.Where["flowDirection"] == nil {
		f.strange = append(f.strange, r.Method+" "+r.URL.Path)
		http.Error(w, "no", http.StatusTeapot)
		return
	}
	f.asked = append(f.asked, string(text))
	var results []string
	for i := asked.Offset; i < min(asked.Offset+asked.Limit, total); i++ {
		status := f.status[i]
		if status == "" {
			status = "Pending"
		}
		results = append(results, fmt.Sprintf(`{"flowId":"f-%d","ack":{"status":%q},"amount":10.50}`, i, status))
	}
	fmt.Fprintf(w, `{"total":%d,"results":[%s]}`, total, strings.Join(results, ","))
}

const configuration = `
[database]
url = { env = "DATABASE" }
ledger_key = { file = "ledger-key.secret" }
[[partner]]
name = "afnor"
environment = "test"
base_url = "ADDRESS"
token_url = "ADDRESS/token"
client_id = "us"
client_secret = { file = "client.secret" }
rate_per_minute = 60000
[[dossier]]
name = "saint-martin"
siret = "12345678200010"
[dossier.afnor]
organisation = "12345"
[[job]]
name = "flux"
kind = "pull"
partner = "afnor"
`

// configured reads a configuration, whose database is at url.
func configured(t *testing.T, text, url string) (*config.Config, func(string) string) {
	t.Helper()
	key := sha256.Sum256([]byte("ledger key"))
	dir := t.TempDir()
	for name, content := range map[string]string{"config.toml": text, "client.secret": "secret",
		"ledger-key.secret": base64.StdEncoding.EncodeToString(key[:])} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	getenv := func(name string) string { return map[string]string{"DATABASE": url}[name] }
	c, err := partner.LoadConfig(filepath.Join(dir, "config.toml"), getenv)
	if err != nil {
		t.Fatal(err)
	}
	return c, getenv
}

// A fourth partner is configured, checked, read twice, queried and told of as the three others are.
func TestAFourthPartner(t *testing.T) {
	t.Parallel()
	db := testpg.New(t, apptest.Template)
	api := &flows{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	c, getenv := configured(t, strings.ReplaceAll(configuration, "ADDRESS", server.URL), db.URL)
	a := app.New(c, app.Door{Version: "test", Getenv: getenv, Log: zerolog.Nop(), Stop: make(chan struct{})})
	t.Cleanup(a.Close)
	var found []string
	a.Check(t.Context(), app.Checking{}, func(f app.Finding) {
		if f.Level == app.Failure {
			t.Errorf("%+v", f)
		}
		if f.Subject == "afnor" {
			found = append(found, fmt.Sprint(f.Code, f.Args["names"]))
		}
	})
	if len(found) != 1 || found[0] != "partner-reads[flux]" {
		t.Errorf("check tells %q", found)
	}
	wantRun(t, a, "succeeded: 60 read 60 new")
	if body := api.asked[len(api.asked)-1]; !strings.Contains(body, `"offset":50`) || !strings.Contains(body, `"limit":25`) ||
		!strings.Contains(body, `"updatedAfter":"20`) {
		t.Errorf("asked %s", body)
	}
	wantRun(t, a, "succeeded: 60 read 60 same")
	api.mu.Lock()
	api.status = map[int]string{7: "Ok"}
	api.mu.Unlock()
	wantRun(t, a, "succeeded: 60 read 1 changed 59 same")
	record, err := a.Inbox().Record(t.Context(), ledger.RecordFilter{Collection: "flux", Key: "f-7"})
	if err != nil || record.Version != 2 || len(record.Changes) != 1 || record.Changes[0].Path != "/ack/status" {
		t.Errorf("%+v, %v", record, err)
	}
	if len(api.strange) > 0 {
		t.Errorf("asked for %q", api.strange)
	}
}

// A partner that no job reads, and that knows no dossier, is told of.
func TestAPartnerThatNobodyReads(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(configuration, "ADDRESS", "http://127.0.0.1:1") +
		"[[partner]]\nname = \"iopole\"\nenvironment = \"test\"\nclient_id = \"us\"\nclient_secret = { file = \"client.secret\" }\n"
	c, getenv := configured(t, text, "postgres://127.0.0.1:1/none")
	a := app.New(c, app.Door{Version: "test", Getenv: getenv, Log: zerolog.Nop(), Stop: make(chan struct{})})
	t.Cleanup(a.Close)
	var found []string
	a.Check(t.Context(), app.Checking{Offline: true}, func(f app.Finding) {
		if f.Subject == "iopole" || f.Subject == "afnor" {
			found = append(found, fmt.Sprint(f.Subject, " ", f.Level == app.Warning, " ", f.Code))
		}
	})
	if got := strings.Join(found, ", "); got != "iopole true not-read, iopole true nobody-read" {
		t.Errorf("check tells %q", got)
	}
}

type unwatched struct{ jobs.Silent }

func (unwatched) Done() {}

func wantRun(t *testing.T, a *app.App, want string) {
	t.Helper()
	ordered, err := a.Runs().Order(t.Context(), app.Order{Job: "flux", Decision: app.Decision{By: "marie"}})
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := ordered.Execute(context.Background(), func(string) app.Progress { return unwatched{} })
	if err != nil {
		t.Fatal(err)
	}
	for o := range outcomes {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		if got := pulltest.Summary(o.Run); got != want {
			t.Errorf("the run %s, want %s", got, want)
		}
	}
}
