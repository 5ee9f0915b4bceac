package restapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

const readCall = "GET /V2/Salarie/{key}?periode={period}"

// withRead makes the API one that can be asked what it holds.
func withRead(o *Options) {
	o.Read = &ReadEndpoint{Method: "GET", Path: "/V2/Salarie/{key}?periode={period}"}
}

func readOptions() Options {
	o := testOptions()
	withRead(&o)
	return o
}

// answering answers every call with status and body.
func answering(t *testing.T, status int, kind, body string) *partner {
	t.Helper()
	return newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			if _, err := io.WriteString(w, body); err != nil {
				t.Log("writing:", err) // an answer that is too large is not read to its end
			}
		}
	})
}

func TestWhereAReadAsks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Options)
		uri    string
	}{
		"path and query": {func(*Options) {}, "/Api2/V2/Salarie/00%2042%2F1%3Fa&b?periode=2026-11"},
		"query alone": {func(o *Options) { o.Read.Path, o.KeyIn, o.KeyName = "/V2/Salarie?m={key}&p={period}", KeyInQuery, "k" },
			"/Api2/V2/Salarie?m=00+42%2F1%3Fa%26b&p=2026-11&k=a%2Fb"},
		"dossier in the path": {func(o *Options) {
			o.KeyIn, o.Dossier.Path, o.Salarie.Path, o.Read.Path = KeyInPath, "/{dossier}", "/{dossier}", "/{dossier}/{period}/{key}"
		}, "/Api2/a%2Fb/2026-11/00%2042%2F1%3Fa&b"},
		"by POST": {func(o *Options) { o.Read.Method, o.Read.Path = "POST", "/V2/Lire/{key}" }, "/Api2/V2/Lire/00%2042%2F1%3Fa&b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var method string
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				if r.RequestURI != test.uri || r.Method != method || r.ContentLength > 0 || r.Header.Get("Authorization") != "Bearer token-1-canary" {
					t.Errorf("%s %s of %d bytes, %v, want %s %s", r.Method, r.RequestURI, r.ContentLength, r.Header, method, test.uri)
				}
				w.WriteHeader(http.StatusNoContent)
			})
			c := p.open(t, func(o *Options) { withRead(o); test.change(o); method = o.Read.Method })
			if got, err := c.Dossier("a/b").Read(t.Context(), "00 42/1?a&b", "2026-11"); got != nil || err != nil {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

func TestWhatAReadFinds(t *testing.T) {
	t.Parallel()
	const json = "application/json; charset=utf-8"
	missing := `{"Message":"Aucun salarié de matricule '00042'."}`
	unknownAddress := `{"Message":"No HTTP resource was found that matches the request URI 'http://a.example/Api2/V2/Salarie/00042'."}`
	for name, test := range map[string]struct {
		status     int
		kind, body string
		pointer    string
		want       string     // "" = absent
		class      jobs.Class // "" = no error
		problem    string
	}{
		"a document":        {200, json, `{"b":1.50,"a":["<é>",null,12345678901234567890]}`, "", `{"a":["<é>",null,12345678901234567890],"b":1.50}`, "", ""},
		"inside":            {200, json, `{"data":[{"Matricule":"00042"}],"n":1}`, "/data/0", `{"Matricule":"00042"}`, "", ""},
		"404":               {404, json, missing, "", "", "", ""},
		"404, bare":         {404, "", "", "", "", "", ""},
		"404, with pointer": {404, json, missing, "/data", "", "", ""},
		"410":               {410, json, missing, "", "", "", ""},
		"204":               {204, "", "", "/data", "", "", ""},
		"null":              {200, json, " null ", "/data", "", "", ""},
		"null inside":       {200, json, `{"data":null}`, "/data", "", "", ""},

		"nowhere":          {200, json, `{"Nir":"285057899900116"}`, "/data", "", jobs.ClassConfiguration, "the pointer to the document leads nowhere in the answer"},
		"nowhere in null":  {200, json, `{"data":null}`, "/data/0", "", jobs.ClassConfiguration, "the pointer to the document leads nowhere in the answer"},
		"an empty list":    {200, json, `[]`, "/0", "", jobs.ClassConfiguration, "the pointer to the document leads nowhere in the answer"},
		"a list":           {200, json, `[{}]`, "", "", jobs.ClassConfiguration, "the answer holds no JSON object where the document should be"},
		"a text":           {200, json, `"00042"`, "", "", jobs.ClassConfiguration, "the answer holds no JSON object where the document should be"},
		"nothing at all":   {200, json, "", "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"not JSON":         {200, json, `00042;1`, "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"404, not JSON":    {404, "text/plain", "not here", "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"too large":        {200, json, `{"a":"` + strings.Repeat("x", maxAnswer) + `"}`, "", "", jobs.ClassTechnical, "the answer is too large"},
		"HTML":             {200, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"404 in HTML":      {404, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"410 in HTML":      {410, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"404 of no such":   {404, json, unknownAddress, "", "", jobs.ClassConfiguration, "answered 404 Not Found: the API does not know this address"},
		"a redirect":       {302, "", "", "", "", jobs.ClassConfiguration, "answered 302 Found, a redirect"},
		"400":              {400, json, missing, "", "", jobs.ClassConfiguration, "answered 400 Bad Request"},
		"403":              {403, json, missing, "", "", jobs.ClassConfiguration, "answered 403 Forbidden"},
		"405":              {405, json, missing, "", "", jobs.ClassConfiguration, "answered 405 Method Not Allowed"},
		"401, twice":       {401, json, missing, "", "", jobs.ClassConfiguration, "answered 401 Unauthorized to a new token"},
		"429":              {429, json, missing, "", "", jobs.ClassTemporary, "answered 429 Too Many Requests"},
		"503":              {503, json, missing, "", "", jobs.ClassTemporary, "answered 503 Service Unavailable"},
		"500":              {500, json, missing, "", "", jobs.ClassTechnical, "answered 500 Internal Server Error"},
		"503 in HTML":      {503, "text/html", "<p>00042", "", "", jobs.ClassTemporary, "answered 503 Service Unavailable"},
		"an absurd status": {799, json, "", "", "", jobs.ClassConfiguration, "answered 799"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := answering(t, test.status, test.kind, test.body).open(t, func(o *Options) {
				withRead(o)
				o.Read.Document, o.TechnicalTries = test.pointer, 1
			})
			got, err := c.Dossier(testKey).Read(t.Context(), "00042", "2026-11")
			if string(got) != test.want || (err == nil) != (test.class == "") || (got == nil) != (test.want == "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err == nil {
				return
			}
			call := callError(t, err)
			if call.Class != test.class || call.Problem != test.problem || call.Call != readCall ||
				call.Hint == "" || call.Message != "" {
				t.Errorf("error %+v, want %s: %s", call, test.class, test.problem)
			}
		})
	}
}

// The trouble that no status tells.
func TestReadsThatGetNoAnswer(t *testing.T) {
	t.Parallel()
	cut := newPartner(t, func(w http.ResponseWriter, _ *http.Request) { cutConnection(t, w, "") })
	half := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
		cutConnection(t, w, "HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\n{\"Message\":")
	})
	refused := &partner{}
	refused.start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		if _, err := io.WriteString(w, `{"error":"invalid_client"}`); err != nil {
			t.Error(err)
		}
	}, http.NotFound)
	ended, end := context.WithCancel(t.Context())
	end()
	for name, test := range map[string]struct {
		partner *partner
		ctx     context.Context
		key     string
		class   jobs.Class
		call    string
		problem string
	}{
		"cut":            {cut, t.Context(), "00042", jobs.ClassTemporary, readCall, "the connection broke before the answer"},
		"404 that broke": {half, t.Context(), "00042", jobs.ClassTemporary, readCall, "the answer broke off"},
		"invalid client": {refused, t.Context(), "00042", jobs.ClassConfiguration, "token", "the token was refused: invalid_client (400 Bad Request)"},
		"given up":       {cut, ended, "00042", jobs.ClassCancelled, readCall, "cancelled"},
		"no matricule":   {cut, t.Context(), "", jobs.ClassData, readCall, "nobody can be asked for by this matricule"},
		"another folder": {cut, t.Context(), "..", jobs.ClassData, readCall, "nobody can be asked for by this matricule"},
	} {
		got, err := test.partner.open(t, withRead).Dossier(testKey).Read(test.ctx, test.key, "2026-11")
		if got != nil || err == nil {
			t.Fatalf("%s: got %q, %v", name, got, err)
		}
		if call := callError(t, err); call.Class != test.class || call.Call != test.call || call.Problem != test.problem {
			t.Errorf("%s: error %+v, want %s, %s: %s", name, call, test.class, test.call, test.problem)
		}
	}
}

func TestReadsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	p := newPartner(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, err := p.open(t, nil).Dossier(testKey).Read(t.Context(), "00042", "2026-11")
	want := "read: the API cannot be asked what it holds\nhint: set method and path of [isidoor.salarie.read]"
	if err == nil || err.Error() != want || callError(t, err).Class != jobs.ClassConfiguration {
		t.Errorf("not configured: %v", err)
	}
	_, err = p.open(t, withRead).Dossier("two\nlines").Read(t.Context(), "00042", "2026-11")
	if err == nil || callError(t, err).Class != jobs.ClassConfiguration {
		t.Errorf("key that cannot be sent: %v", err)
	}
	if asked.Load() != 0 {
		t.Errorf("%d requests left", asked.Load())
	}
}

// A read may be repeated whatever became of it, even where documents may not be sent again.
func TestReadsAreRepeated(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(http.ResponseWriter){
		"503":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"500":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"401":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) },
		"cut":         func(w http.ResponseWriter) { cutConnection(t, w, "") },
		"cut halfway": func(w http.ResponseWriter) { cutConnection(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") },
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				p := newPartner(t, func(w http.ResponseWriter, _ *http.Request) {
					if asked.Add(1) == 1 {
						first(w)
						return
					}
					if _, err := io.WriteString(w, testDoc); err != nil {
						t.Error(err)
					}
				})
				c := p.open(t, func(o *Options) {
					withRead(o)
					o.Read.Method, o.ResendAmbiguous, o.RetryFor = method, false, time.Minute
				})
				got, err := c.Dossier(testKey).Read(t.Context(), "00042", "2026-11")
				if err != nil || string(got) != testDoc || asked.Load() != 2 {
					t.Errorf("%s, %v after %d requests", got, err, asked.Load())
				}
				if tokens := p.tokens.Load(); tokens != 1 { // one that is new is waited for
					t.Errorf("%d tokens", tokens)
				}
			})
		}
	}
}

func TestReadsShareTheLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy gauge
		s := &script{steps: []step{busy.takes(time.Second)}}
		var seen observed
		api := s.open(t, func(o *Options) { withRead(o); o.MaxInFlight, o.RatePerSecond, o.Observe = 5, 2, seen.add }).Dossier(testKey)
		started := time.Now()
		var all sync.WaitGroup
		for range 15 {
			all.Go(func() { sendBy(api, "00042") })
			all.Go(func() {
				_, err := api.Read(t.Context(), "00042", "2026-11")
				if callError(t, err).Class != jobs.ClassTechnical { // 200 without a body
					t.Error(err)
				}
			})
		}
		all.Wait()
		reads := 0
		for _, call := range seen.calls {
			if call.Endpoint == "read" && call.Outcome == "2xx" {
				reads++
			}
		}
		if busy.most != 5 || reads != 45 {
			t.Errorf("%d in flight at most, %d reads, want 5 and 45: three tries each", busy.most, reads)
		}
		if took := time.Since(started); took < 27*time.Second { // 5 at once, 55 at 2 a second
			t.Errorf("took %v", took)
		}
	})
}
