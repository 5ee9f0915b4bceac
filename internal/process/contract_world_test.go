package process

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// shown stands before the API and shows a contract of the test's choice, whatever the API enforces.
type shown struct {
	inner http.Handler

	mu    sync.Mutex
	serve http.HandlerFunc // nil = the API's own contract
}

func (s *shown) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.Path, "/swagger/") {
		s.inner.ServeHTTP(w, r)
		return
	}
	s.mu.Lock()
	serve := s.serve
	s.mu.Unlock()
	if serve == nil {
		serve = s.inner.ServeHTTP
	}
	serve(w, r)
}

func (s *shown) by(serve http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve = serve
}

// page is an answer of that kind, whatever is asked for.
func page(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text) // the client may have gone
	}
}

// described puts a contract of the test's choice before the API of a world, and lets the next run ask for it.
func (w *world) described() *shown {
	w.t.Helper()
	w.front.mu.Lock() // the server is at work
	defer w.front.mu.Unlock()
	s := &shown{inner: w.front.inner}
	w.front.inner = s
	return s
}

// anHourLater lets the next run ask for the contract.
func (w *world) anHourLater() { w.exec(`UPDATE syncd.api SET asked_at = asked_at - interval '1 hour'`) }

// narrow shows the API's own contract with another limit on the length of a member: "Salarie", "Email".
func (w *world) narrow(s *shown, definition, member string, limit int) {
	w.t.Helper()
	text := w.ownContract()
	var document map[string]any
	w.must(json.Unmarshal([]byte(text), &document))
	schema := document
	for _, name := range []string{"definitions", definition, "properties", member} {
		below, ok := schema[name].(map[string]any)
		if !ok {
			w.t.Fatalf("the contract has no %s", name)
		}
		schema = below
	}
	schema["maxLength"] = limit
	changed, err := json.Marshal(document)
	w.must(err)
	s.by(page("application/json", string(changed)))
	w.anHourLater()
}

// ownContract is what the sandbox says of itself.
func (w *world) ownContract() string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+standin.SwaggerPath, nil))
	return answer.Body.String()
}

// newPlatWorld is a world whose API has another shape, and a configuration that does not say by which verb documents go nor
// where the dossier's key does. Nobody has asked for its contract yet.
func newPlatWorld(t *testing.T, employees int) *world {
	t.Helper()
	w := &world{t: t, db: testpg.New(t, template), dir: t.TempDir()}
	s, err := standin.New(standin.Config{ClientID: "our-editor", ClientSecret: clientSecret, Seed: 1, Profile: standin.ProfilePlat,
		Dossiers: []sandbox.Dossier{{Name: dossier, Key: dossierKey, Siret: siret}}})
	w.must(err)
	w.sandbox, w.front = s, &front{inner: s}
	w.server = httptest.NewServer(w.front)
	t.Cleanup(w.server.Close)
	w.configurePlat()
	w.fill(dossier, employees)
	return w
}

var ofCalls = regexp.MustCompile(`(?m)^(method = "PUT"|dossier_key = .*)\n`)

// configurePlat writes the configuration of the profile without how calls are made: see writesCall.
func (w *world) configurePlat() {
	w.t.Helper()
	text := otherDossier.ReplaceAllString(standin.PlatConfig, "")
	text = credential.ReplaceAllString(text, `{ file = "$1.secret" }`)
	if n := len(ofCalls.FindAllString(text, -1)); n != 2 {
		w.t.Fatalf("the configuration of the profile has %d lines about calls, want 2", n)
	}
	text = ofCalls.ReplaceAllString(text, "")
	for from, to := range map[string]string{
		`language = "fr"`:          `language = "en"`,
		`url = "postgres:///paie"`: "url = { env = \"PROCESS_DATABASE_URL\" }\nlease = \"2s\"",
		"[isidoor]": fmt.Sprintf("[daemon]\n\n[isidoor]\nbase_url = %q\ntoken_url = %q\nrate_per_second = 10000",
			w.server.URL+standin.TestRoot, w.server.URL+standin.TokenPath),
		"[job.guard]": unguarded + "\n",
	} {
		if !strings.Contains(text, "\n"+from+"\n") {
			w.t.Fatalf("the configuration of the profile has no line %q", from)
		}
		text = strings.Replace(text, "\n"+from+"\n", "\n"+to+"\n", 1)
	}
	text = regexp.MustCompile(`(?m)^(hold|unique)_fields = \["coord.*\n`).ReplaceAllString(text, "")
	for name, content := range map[string]string{"config.toml": text, "ledger-key.secret": ledgerKey,
		"isidoor-client-secret.secret": clientSecret, "dossier-" + dossier + ".secret": dossierKey} {
		w.must(os.WriteFile(filepath.Join(w.dir, name), []byte(content+"\n"), 0o600))
	}
}
