package httpcall

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
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testKey    = "CLE-TRES-SECRETE-7f3a"
	testSecret = "editor-secret-9d21"
	testDoc    = `{"Matricule":"00042","Nir":"285057899900116"}`
)

// toy is a partner as any other: a key in a header, three calls that read and one that sends.
type toy struct {
	*Connection
	toyOptions
}

type toyOptions struct {
	Options
	ClientCredentials
	Answer     *jobs.AnswerRules
	Items      string // where Nomenclatures has its list
	ReadMethod string
	Keyed      bool // there is no token: a header alone tells who asks
}

// testOptions reach nothing yet: the addresses are example.test unless a test replaces them. Failures are not retried
// unless a test says for how long.
func testOptions() toyOptions {
	return toyOptions{
		Options: Options{Section: "partner", BaseURL: "https://api.example.test/Api2", MaxInFlight: 4, RetryFor: time.Millisecond,
			ResendAmbiguous: true, Log: zerolog.Nop()},
		ClientCredentials: ClientCredentials{TokenURL: "https://auth.example.test/connect/token", ClientID: "editor", ClientSecret: testSecret,
			Scope: "ApiIsidoor"},
		ReadMethod: "GET",
	}
}

// granted are the options with their grant.
func (o *toyOptions) granted() *Options {
	if !o.Keyed {
		o.Grant = o.ClientCredentials
	}
	return &o.Options
}

func openToy(o toyOptions) (*toy, error) {
	c, err := Open(*o.granted())
	return &toy{c, o}, err
}

func (c *toy) Describe(ctx context.Context, source string) (Description, error) {
	return c.Connection.Describe(ctx, "partner.salarie", source)
}

type toyDossier struct {
	*toy
	key string
}

func (c *toy) Dossier(key string) *toyDossier { return &toyDossier{c, key} }

func (d *toyDossier) call(name, method, path string) *Call {
	const hint = "wrong dossier key? check key of the [[dossier]]"
	c := &Call{Endpoint: NewEndpoint(name, "partner."+name, method, path), Holder: d, Secrets: []string{d.key}, Limit: MaxAnswer,
		Headers: []Fixed{{Name: "X-Cle-Dossier", Value: d.key}},
		Denied: Denied{hinted.Say("plain.text", "text", hint+" and dossier_key of [partner]"),
			hinted.Say("plain.text", "text", hint+", and what the partner granted this client")}}
	c.URL = d.Address(strings.NewReplacer("{key}", "00042", "{period}", "2026-11").Replace(path))
	return c
}

func (d *toyDossier) Identity(ctx context.Context) (string, error) {
	c := d.call("dossier", "GET", "/V2/Dossier")
	c.Reads = true
	out, document := d.Do(ctx, c)
	identity, _ := Pointer{"Siret"}.TextAt(document)
	return identity, out.Err
}

func (d *toyDossier) Nomenclatures(ctx context.Context) (any, error) {
	c := d.call("dictionnaire", "GET", "/V2/Dictionnaire")
	items := NewPointer(d.Items)
	c.Reads, c.Lists, c.Limit = true, &items, 16<<20
	out, document := d.Do(ctx, c)
	return document, out.Err
}

func (d *toyDossier) Read(ctx context.Context) (any, error) {
	c := d.call("read", d.ReadMethod, readPath)
	c.Reads, c.Finds = true, true
	out, document := d.Do(ctx, c)
	return document, out.Err
}

func (d *toyDossier) Send(ctx context.Context, _ string, document []byte, before func() error) jobs.Outcome {
	c := d.call("salarie", "POST", "/V2/Salarie")
	c.Body, c.Before = document, before
	if d.Answer != nil {
		c.Rules = NewRules(*d.Answer)
	}
	out, _ := d.Do(ctx, c)
	return out
}

// partner is a real server whose token endpoint works and whose API is a handler.
type partner struct {
	*httptest.Server
	tokens atomic.Int64
	raw    string // where the API is, of a rawPartner
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
func (p *partner) open(t testing.TB, change func(*toyOptions)) *toy {
	t.Helper()
	o := testOptions()
	o.BaseURL, o.TokenURL = p.URL+"/Api2", p.URL+"/connect/token"
	if change != nil {
		change(&o)
	}
	c, err := openToy(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// send uses a dossier of its own for each document; sendBy that of the caller.
func send(c *toy, key string) jobs.Outcome { return sendBy(c.Dossier(testKey), key) }

func sendBy(api *toyDossier, key string) jobs.Outcome {
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

func (s *script) open(t *testing.T, change func(*toyOptions)) *toy {
	t.Helper()
	o := testOptions()
	o.RetryFor = 0
	if change != nil {
		change(&o)
	}
	o.Transport = s
	c, err := openToy(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// gaps are the pauses between API requests.
func (s *script) gaps() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(s.calls); i++ {
		gaps = append(gaps, s.calls[i].Sub(s.calls[i-1]))
	}
	return gaps
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

// breaks is a connection that fails before or after the request left.
func breaks(left bool) step {
	return func(req *http.Request) (*http.Response, error) {
		if left {
			leave(req)
		}
		return nil, io.ErrUnexpectedEOF
	}
}

// hangs never answers.
func hangs(req *http.Request) (*http.Response, error) {
	leave(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
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
	if !strings.Contains(call.Hint, "contract") { // the search for one ends no run: what cannot be found is told by who needs it
		wantCause(t, call)
	}
	return call
}

// causes are what the words of a problem stand for; the first that fits counts.
var causes = []struct {
	words string
	class jobs.Class
	cause jobs.CauseCode
}{
	{"^(the proxy|HTTPS_PROXY)", jobs.ClassConfiguration, jobs.CauseProxy},
	{"^the proxy", jobs.ClassTemporary, jobs.CauseProxyAway},
	{`^certificate not trusted: .* its issuer, "`, jobs.ClassConfiguration, jobs.CauseChain},
	{"^the partner refused this user name", jobs.ClassConfiguration, jobs.CauseKey},
	{"invalid_client|unauthorized_client", jobs.ClassConfiguration, jobs.CauseClient},
	{"^answered 40[13]", jobs.ClassConfiguration, jobs.CauseKey},
	{"certificate", jobs.ClassConfiguration, jobs.CauseCertificate},
	{"^the answer is HTML, not JSON$|is not a token|a redirect", jobs.ClassConfiguration, jobs.CauseAddress},
	{`^answered 2\d\d\b.*, (which does not say|which cannot be judged|and its body)`, jobs.ClassConfiguration, jobs.CauseAnswer},
}

// wantCause asks that what is in the words of a problem is told as data.
func wantCause(t *testing.T, call *jobs.CallError) {
	t.Helper()
	for _, c := range causes {
		if c.class == call.Class && regexp.MustCompile(c.words).MatchString(call.Problem) {
			if call.Cause == nil || call.Cause.Code != c.cause || c.cause == jobs.CauseChain && call.Cause.Args["issuer"] == "" {
				t.Errorf("%q has the cause %v, want %s", call.Problem, call.Cause, c.cause)
			}
			return
		}
	}
	if call.Cause != nil {
		t.Errorf("%q has the cause %v, want none", call.Problem, call.Cause)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// brokenBody is an answer whose body ends too early.
func brokenBody(status int) *http.Response {
	r := response(status, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"access_`), brokenReader{}))
	return r
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

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

func discard(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
	}
}
