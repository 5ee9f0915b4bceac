package isidoor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/httpcall"
	"syncd/internal/jobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey    = "CLE-TRES-SECRETE-7f3a"
	testSecret = "editor-secret-9d21"
	testDoc    = `{"Matricule":"00042","Nir":"285057899900116"}`
)

// testOptions reach nothing yet: the addresses are example.test unless a test replaces them. Failures are not retried
// unless a test says for how long.
func testOptions() Options {
	return Options{
		Options: httpcall.Options{BaseURL: "https://api.example.test/Api2", MaxInFlight: 4, RetryFor: time.Millisecond,
			ResendAmbiguous: true, Log: zerolog.Nop()},
		ClientCredentials: httpcall.ClientCredentials{TokenURL: "https://auth.example.test/connect/token", ClientID: "editor",
			ClientSecret: testSecret, Scope: "ApiIsidoor"},
		KeyIn: KeyInHeader, KeyName: "X-Cle-Dossier",
		Dossier: DossierEndpoint{Method: "GET", Path: "/V2/Dossier", Identity: "/Siret"},
		Dictionnaire: DictionnaireEndpoint{Method: "GET", Path: "/V2/Dictionnaire",
			Name: "/Nom", Code: "/Code", Label: "/Libelle", Active: "/Actif"},
		Salarie: SalarieEndpoint{Method: "POST", Path: "/V2/Salarie"},
	}
}

// partner is a real server whose token endpoint works and whose API is a handler.
type partner struct {
	*httptest.Server
	tokens atomic.Int64
}

func newPartner(t testing.TB, api http.HandlerFunc) *partner {
	t.Helper()
	p := &partner{}
	p.start(t, func(w http.ResponseWriter, _ *http.Request) { p.serveToken(w, 3600) }, api)
	return p
}

func (p *partner) start(t testing.TB, token, api http.HandlerFunc) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/connect/token", token)
	mux.HandleFunc("/", api)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
}

func (p *partner) serveToken(w io.Writer, seconds int) {
	fmt.Fprintf(w, `{"access_token":"token-%d-canary","expires_in":%d,"token_type":"Bearer"}`, p.tokens.Add(1), seconds)
}

// open connects to the partner with the options that change sets.
func (p *partner) open(t testing.TB, change func(*Options)) *Connection {
	t.Helper()
	o := testOptions()
	o.BaseURL, o.TokenURL = p.URL+"/Api2", p.URL+"/connect/token"
	if change != nil {
		change(&o)
	}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// send uses a dossier of its own for each document; sendBy that of the caller.
func send(c *Connection, key string) jobs.Outcome { return sendBy(c.Dossier(testKey), key) }

func sendBy(api jobs.API, key string) jobs.Outcome {
	return api.Send(context.Background(), key, []byte(testDoc), nil)
}

// script answers without sockets, so that time can be synctest's: the n-th API request gets the n-th step, the last
// one repeated. The token endpoint gives tokens of an hour.
type script struct {
	steps []step
	token func(n int) *http.Response // nil = a token

	mu     sync.Mutex
	calls  []time.Time // of API requests
	tokens int
}

type step func(*http.Request) (*http.Response, error)

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	if req.URL.Host == "auth.example.test" {
		s.tokens++
		n := s.tokens
		s.mu.Unlock()
		if s.token != nil {
			return s.token(n), nil
		}
		return response(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n)), nil
	}
	do := s.steps[min(len(s.calls), len(s.steps)-1)]
	s.calls = append(s.calls, time.Now())
	s.mu.Unlock()
	return do(req)
}

func (s *script) open(t *testing.T, change func(*Options)) *Connection {
	t.Helper()
	o := testOptions()
	o.RetryFor = 0
	if change != nil {
		change(&o)
	}
	o.Transport = s
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func response(status int, body string, headers ...string) *http.Response {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func answers(status int, headers ...string) step {
	return func(req *http.Request) (*http.Response, error) {
		leave(req)
		return response(status, "", headers...), nil
	}
}

// leave does what the transport does when a request leaves; nobody watches one that looks for the contract.
func leave(req *http.Request) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return
	}
	trace.WroteHeaders()
}

func callError(t *testing.T, err error) *jobs.CallError {
	t.Helper()
	var call *jobs.CallError
	if !errors.As(err, &call) {
		t.Fatalf("error is %v, want a *jobs.CallError", err)
	}
	return call
}

// buffer is a log that many write to.
type buffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, w http.ResponseWriter, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

// cutConnection closes the connection of a request without an answer, after sending text.
func cutConnection(t *testing.T, w http.ResponseWriter, text string) {
	t.Helper()
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if _, err := buffered.WriteString(text); err != nil {
		return // the client has had enough and hung up, as it may
	}
	buffered.Flush()
}

func told(out jobs.Outcome) string {
	if out.Ambiguous {
		return string(out.Class) + "?"
	}
	return string(out.Class)
}
