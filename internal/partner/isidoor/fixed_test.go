package isidoor

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"syncd/internal/httpcall"
)

// TestWhatGoesWithEveryCall: a gateway gets what it wants with each call of the API, in whatever place the dossier's key goes;
// the token endpoint gets nothing of it, and nobody gets to read it.
func TestWhatGoesWithEveryCall(t *testing.T) {
	t.Parallel()
	const key, code = "subscription-canary-4711", "c0de canary&=é"
	for _, in := range []string{KeyInHeader, KeyInQuery, KeyInPath} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen := map[string]bool{}
			p := &partner{}
			p.start(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Ocp-Apim-Subscription-Key") != "" || r.URL.RawQuery != "" {
					t.Error("the token endpoint got a subscription key")
				}
				p.serveToken(w, 3600)
			}, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if r.Header.Get("Ocp-Apim-Subscription-Key") != key || q.Get("code") != code || q.Get("api-version") != "2" || len(q["code"]) != 1 {
					t.Errorf("%s %s: %v %v", r.Method, r.URL.Path, r.Header, q)
				}
				mu.Lock()
				seen[r.Method+" "+r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]] = true
				mu.Unlock()
				if strings.HasSuffix(r.URL.Path, "/docs/V2") {
					http.Redirect(w, r, "/elsewhere", http.StatusFound)
					return
				}
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"Message":"the key '%s' and the code '%s' of %s are unknown"}`, key, code,
					r.URL) //nolint:errcheck // a client that hung up
			})
			var logged buffer
			c := p.open(t, func(o *Options) {
				withRead(o)
				o.Headers = []httpcall.Fixed{{Name: "ocp-apim-subscription-key", Value: key, Secret: true}}
				o.Query = []httpcall.Fixed{{Name: "api-version", Value: "2"}, {Name: "code", Value: code, Secret: true}}
				o.Log = zerolog.New(&logged).Level(zerolog.TraceLevel)
				if o.KeyIn = in; in == KeyInPath {
					o.Dossier.Path, o.Salarie.Path, o.Read.Path = "/V2/{dossier}/Dossier", "/V2/{dossier}/Salarie", "/V2/{dossier}/Salarie/{key}?x=1"
				}
			})
			api := c.Dossier(testKey)
			out := api.Send(t.Context(), "1", []byte(testDoc), nil)
			_, identity := api.Identity(t.Context())
			_, codes := api.Nomenclatures(t.Context())
			_, read := api.Read(t.Context(), "00042", "2026-11")
			_, described := c.Describe(t.Context(), "auto")
			for _, call := range []string{"POST /Salarie", "GET /Dossier", "GET /Dictionnaire", "GET /00042", "GET /V2", "GET /elsewhere"} {
				if !seen[call] {
					t.Errorf("%s was not asked: %v", call, seen)
				}
			}
			text := fmt.Sprint(out.Err, out.Message, identity, callError(t, identity).Message, codes, read, described, logged.data.String())
			if strings.Contains(text, "canary-4711") || strings.Contains(text, "c0de canary") || strings.Contains(text, "c0de+canary") {
				t.Errorf("it shows in:\n%s", text)
			}
			if !strings.Contains(out.Message, "the key '•••'") {
				t.Errorf("the words of the refusal are %q", out.Message)
			}
		})
	}
}

// TestWhatGoesElsewhere: the contract of another host is asked for without any of it.
func TestWhatGoesElsewhere(t *testing.T) {
	t.Parallel()
	asked := false
	elsewhere := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		asked = true
		if r.Header.Get("X-Gateway") != "" || r.URL.RawQuery != "" {
			t.Errorf("%v %q", r.Header, r.URL.RawQuery)
		}
		io.WriteString(w, `{"swagger":"2.0"}`) //nolint:errcheck // a client that hung up
	})
	p := newPartner(t, http.NotFound)
	c := p.open(t, func(o *Options) {
		o.Headers, o.Query = []httpcall.Fixed{{Name: "X-Gateway", Value: "x"}}, []httpcall.Fixed{{Name: "v", Value: "1"}}
	})
	if _, err := c.Describe(t.Context(), elsewhere.URL+"/swagger.json"); err != nil || !asked {
		t.Error(err)
	}
}

// A gateway that refuses its key answers like an API that refuses a dossier's: both are named where both are sent.
func TestAGatewayThatRefusesItsKey(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]httpcall.Fixed{"a secret": {Name: "X-Sub", Value: "gateway-key", Secret: true},
		"a version": {Name: "X-Version", Value: "2"}} {
		p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
		c := p.open(t, func(o *Options) { o.Headers = []httpcall.Fixed{header} })
		hint := callError(t, send(c, "00001").Err).Hint
		if strings.Contains(hint, "check headers and query of [isidoor]") != header.Secret {
			t.Errorf("%s: %s", name, hint)
		}
	}
}
