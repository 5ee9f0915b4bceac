package isidoor

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"syncd/internal/httpcall"
	"syncd/internal/jobs"
)

const readCall = "GET /V2/Salarie/{key}?periode={period}"

// withRead makes the partner one that can be asked what it has.
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
		"a document": {200, json, `{"b":1.50,"a":["<é>",null,12345678901234567890]}`, "",
			`{"a":["<é>",null,12345678901234567890],"b":1.50}`, "", ""},
		"inside":            {200, json, `{"data":[{"Matricule":"00042"}],"n":1}`, "/data/0", `{"Matricule":"00042"}`, "", ""},
		"404":               {404, json, missing, "", "", "", ""},
		"404, bare":         {404, "", "", "", "", "", ""},
		"404, with pointer": {404, json, missing, "/data", "", "", ""},
		"410":               {410, json, missing, "", "", "", ""},
		"204":               {204, "", "", "/data", "", "", ""},
		"null":              {200, json, " null ", "/data", "", "", ""},
		"null inside":       {200, json, `{"data":null}`, "/data", "", "", ""},

		"nowhere": {200, json, `{"Nir":"285057899900116"}`, "/data", "", jobs.ClassConfiguration,
			"the pointer to the document leads nowhere in the answer"},
		"nowhere in null": {200, json, `{"data":null}`, "/data/0", "", jobs.ClassConfiguration,
			"the pointer to the document leads nowhere in the answer"},
		"an empty list": {200, json, `[]`, "/0", "", jobs.ClassConfiguration, "the pointer to the document leads nowhere in the answer"},
		"a list":        {200, json, `[{}]`, "", "", jobs.ClassConfiguration, "the answer holds no JSON object where the document should be"},
		"a text": {200, json, `"00042"`, "", "", jobs.ClassConfiguration,
			"the answer holds no JSON object where the document should be"},
		"nothing at all": {200, json, "", "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"not JSON":       {200, json, `00042;1`, "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"404, not JSON":  {404, "text/plain", "not here", "", "", jobs.ClassTechnical, "the answer is not JSON"},
		"too large": {200, json, `{"a":"` + strings.Repeat("x", httpcall.MaxAnswer) + `"}`, "", "", jobs.ClassTechnical,
			"the answer is too large"},
		"HTML":        {200, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"404 in HTML": {404, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"410 in HTML": {410, "text/html", "<p>00042", "", "", jobs.ClassConfiguration, "the answer is HTML, not JSON"},
		"404 of no such": {404, json, unknownAddress, "", "", jobs.ClassConfiguration,
			"answered 404 Not Found: the API does not know this address"},
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

func TestReadsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	p := newPartner(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	_, err := p.open(t, nil).Dossier(testKey).Read(t.Context(), "00042", "2026-11")
	want := "read: the partner cannot be asked what it has\nhint: set method and path of [isidoor.salarie.read]"
	if err == nil || err.Error() != want || callError(t, err).Class != jobs.ClassConfiguration {
		t.Errorf("not configured: %v", err)
	}
	for _, key := range []string{"", ".."} {
		_, err = p.open(t, withRead).Dossier(testKey).Read(t.Context(), key, "2026-11")
		if call := callError(t, err); call.Class != jobs.ClassData || call.Call != readCall ||
			call.Problem != "nobody can be asked for by this matricule" {
			t.Errorf("matricule %q: %v", key, err)
		}
	}
	_, err = p.open(t, withRead).Dossier("two\nlines").Read(t.Context(), "00042", "2026-11")
	if err == nil || callError(t, err).Class != jobs.ClassConfiguration {
		t.Errorf("key that cannot be sent: %v", err)
	}
	if asked.Load() != 0 {
		t.Errorf("%d requests left", asked.Load())
	}
}
