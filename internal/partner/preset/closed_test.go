package preset_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner/choruspro"
	"syncd/internal/partner/iopole"
	"syncd/internal/partner/jindexe"
	"syncd/internal/partner/preset"
)

// allowed is the closed list once more, written in another way.
var allowed = map[string]*regexp.Regexp{
	"chorus-pro": regexp.MustCompile(`^POST /cpro/factures/v1/rechercher/fournisseur$`),
	"iopole": regexp.MustCompile(`^(GET /v1/(config/customer/id|config/webhook|invoice/notSeen|invoice/status/notSeen|invoice/KEY(/files)?|invoice/file/KEY/download)` +
		`|GET /v1\.1/invoice/search|PUT /v1/invoice/(status/)?KEY/markAsSeen)$`),
	"jindexe": regexp.MustCompile(`^(GET /(ext|public|user|pro)(/KEY)+|POST /public/token)$`),
}

func init() {
	for name, pattern := range allowed {
		allowed[name] = regexp.MustCompile(strings.ReplaceAll(pattern.String(), "KEY", `[A-Za-z0-9_~-][A-Za-z0-9._~-]*`))
	}
}

// wire is what left: it answers each call in a shape that goes on.
type wire struct {
	mu   sync.Mutex
	left []string
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body := `{"access_token":"t","expires_in":600,"refresh_token":"r"}`
	if !strings.Contains(req.URL.Host, "auth") {
		w.left = append(w.left, req.Method+" "+req.URL.EscapedPath())
		if req.URL.Path != "/public/token" {
			body = `{"codeRetour":0,"listeFactures":[]}`
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

// tricks are parts of what somebody could write, or a partner could answer, to lead a call elsewhere.
var tricks = []string{"", "/", "//", "..", "../", "../status", "./", "%2f", "%2e%2e", "%5c", `\`, "?", "?x=1", "&_method=DELETE", "#",
	";a=b", "\n", "\r\nX: y", " ",
	"\t", "\x00", "é", "{key}", "{id}", "{login}", "{", "}", "@elsewhere.example", ":80", "https://elsewhere.example/",
	"//elsewhere.example/", "GET ", "POST ", "PUT ",
	"DELETE ", "get ", "v1", "v1.1", "invoice", "status", "notSeen", "markAsSeen", "files", "file", "download", "search", "config",
	"webhook", "factures", "rechercher",
	"fournisseur", "soumettre", "pro", "ext", "public", "user", "token", "admin", "a", "k1", "a.b", "~", "…", "{…}"}

// quoted is a text as TOML writes it.
func quoted(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < ' ' || r == '"' || r == '\\' {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}

func spelled(t *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(tricks), 0, 7).Draw(t, label), "")
}

// TestNothingElseIsEverAsked: whatever is written over paths, verbs and keys, and whatever keys a partner answers, what leaves is on
// the list, or nothing leaves.
func TestNothingElseIsEverAsked(t *testing.T) {
	t.Parallel()
	listed := map[string][]string{
		"chorus-pro": {"POST /factures/v1/rechercher/fournisseur"},
		"iopole": {"GET /v1/invoice/notSeen", "GET /v1/invoice/{key}", "PUT /v1/invoice/{key}/markAsSeen", "GET /v1/invoice/{key}/files",
			"GET /v1/invoice/file/{id}/download", "PUT /v1/invoice/status/{key}/markAsSeen"},
		"jindexe": {"GET /pro/fiches", "GET /pro/{key}", "GET /public/a/{key}/b.json"},
	}
	accepted, refused, left := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]*preset.Definition{&choruspro.Definition, &iopole.Definition, &jindexe.Definition}).Draw(t, "partner")
		call := func(label string) string {
			known := rapid.SampledFrom(listed[d.Name]).Draw(t, label)
			at := rapid.IntRange(0, len(known)).Draw(t, label+" at")
			switch rapid.IntRange(0, 3).Draw(t, label+" how") {
			case 0:
				return known
			case 1:
				return known[:at] + spelled(t, label+" put in") + known[at:]
			case 2:
				return known[:at] + spelled(t, label+" ends")
			}
			return spelled(t, label+" of its own")
		}
		collection := map[string]string{"chorus-pro": "factures", "iopole": "factures", "jindexe": "fiches"}[d.Name]
		tail := fmt.Sprintf("[partner.collection.%s]\n", collection)
		for _, key := range []string{"list", "detail", "ack"} {
			if rapid.Bool().Draw(t, key) {
				tail += fmt.Sprintf("%s = %s\n", key, quoted(call(key)))
			}
		}
		if d.Name == "iopole" {
			tail += fmt.Sprintf("[partner.collection.factures.files]\nget = %s\n", quoted(call("get")))
		}
		if d.Name == "jindexe" {
			tail = strings.Replace(tail, "[partner.collection.fiches]\n", "[partner.collection.fiches]\nkey = \"/id\"\n", 1)
			if !strings.Contains(tail, "list =") {
				tail += "list = \"GET /pro/fiches\"\n"
			}
		}
		head := map[string]string{"jindexe": "base_url = \"https://api.example.test\"\napi_key = { env = \"API_KEY\" }\n"}[d.Name]
		if head == "" {
			head = fmt.Sprintf("base_url = \"https://api.example.test%s\"\ntoken_url = \"https://auth.example.test/token\"\n",
				map[string]string{"chorus-pro": "/cpro"}[d.Name]) +
				sections[d.Name]
		}
		p, err := read(d, head+"rate_per_minute = 100000\n", tail)
		if err != nil {
			refused++
			return
		}
		accepted++
		w := &wire{}
		c, err := d.Connect(httpcall.Options{BaseURL: p.BaseURL, MaxInFlight: 2, Transport: w, Log: zerolog.Nop(), RetryFor: 1}, &p)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		feed, err := c.Feed(preset.Dossier{Name: "x", Siret: siret, Values: values[d.Name], Secret: []string{"password"}, Grants: pairs()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, key, id := context.Background(), spelled(t, "key"), spelled(t, "id")
		_, _ = feed.Page(ctx, jobs.Ask{Collection: collection})
		_, _ = feed.Detail(ctx, collection, key)
		_, _ = feed.Files(ctx, collection, key)
		_ = feed.Download(ctx, collection, key, jobs.File{ID: id, Size: -1}, 1000, &kept{})
		_ = feed.Acknowledge(ctx, collection, key, func() error { return nil })
		for _, request := range w.left {
			left++
			if !allowed[d.Name].MatchString(request) {
				t.Fatalf("%q left, with key %q, id %q and\n%s", request, key, id, tail)
			}
		}
	})
	t.Logf("%d read, %d refused, %d requests", accepted, refused, left)
}

// TestHostileHeaders: a dossier's values cannot add headers.
func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	p, err := read(&iopole.Definition, "base_url = \"https://api.example.test\"\n"+sections["iopole"], "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := iopole.Definition.Connect(httpcall.Options{BaseURL: p.BaseURL, MaxInFlight: 2, Log: zerolog.Nop()}, &p)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, value := range []string{"", "a\r\nX-Y: z", "a\x00", " a", "a\n"} {
		if _, err := c.Feed(preset.Dossier{Name: "saint-martin", Values: map[string]string{"customer_id": value}}); err == nil ||
			!strings.Contains(err.Error(), "customer_id") {
			t.Errorf("%q: %v", value, err)
		}
	}
}
