package httpcall

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"syncd/internal/jobs"
)

const swagger = `{"swagger":"2.0","paths":{}}`

// places of the test options, in the order in which they are asked.
var wantPlaces = []string{
	"/Api2/swagger/docs/V2", "/Api2/swagger/docs/v2", "/Api2/swagger/docs/V1", "/Api2/swagger/docs/v1",
	"/Api2/V2/swagger/docs/V2", "/Api2/V2/swagger/docs/v2", "/Api2/V2/swagger/docs/V1", "/Api2/V2/swagger/docs/v1",
	"/Api2/swagger/V2/swagger.json", "/Api2/swagger/v2/swagger.json", "/Api2/swagger/V1/swagger.json", "/Api2/swagger/v1/swagger.json",
	"/Api2/openapi/v2.json", "/Api2/openapi/v1.json", "/Api2/v3/api-docs", "/Api2/v2/api-docs", "/Api2/api-docs",
	"/Api2/openapi.json", "/Api2/openapi.yaml", "/Api2/swagger.json", "/Api2/swagger.yaml",
}

// publisher is a partner that notes what it is asked: the URI, "+token" when with one.
type publisher struct {
	*partner
	mu    sync.Mutex
	asked []string
}

func publish(t *testing.T, answer http.HandlerFunc) *publisher {
	t.Helper()
	p := &publisher{}
	p.partner = newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Accept") != "application/json" || r.ContentLength > 0 ||
			strings.Contains(fmt.Sprint(r.Header, r.RequestURI), testKey) {
			t.Errorf("request %s %s, %v", r.Method, r.RequestURI, r.Header)
		}
		p.mu.Lock()
		p.asked = append(p.asked, r.RequestURI+withToken(r))
		p.mu.Unlock()
		answer(w, r)
	})
	return p
}

func withToken(r *http.Request) string {
	if r.Header.Get("Authorization") != "" {
		return "+token"
	}
	return ""
}

func (p *publisher) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

func write(t *testing.T, w http.ResponseWriter, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Log("writing:", err) // an answer that is too large is not read to its end
	}
}

// only has the contract at one place: for all, or for those with a token, while others get the status there.
func only(t *testing.T, path string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != path:
			http.NotFound(w, r)
		case status == 200 && withToken(r) == "":
			write(t, w, "<html>")
		case status != 0 && withToken(r) == "":
			w.Header().Set("Location", "https://login.example.test/")
			w.WriteHeader(status)
		default:
			write(t, w, swagger)
		}
	}
}

// both answers by the second where the first has nothing at all.
func both(first, second http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		recorded := httptest.NewRecorder()
		if first(recorded, r); recorded.Code == http.StatusNotFound {
			second(w, r)
			return
		}
		first(w, r)
	}
}

func tokenised(places []string) []string {
	var with []string
	for _, p := range places {
		with = append(with, p+"+token")
	}
	return with
}

func TestWhereTheContractIsLookedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   []string // all the requests; the last one finds it
		tokens int64
	}{
		"the first place":  {only(t, wantPlaces[0], 0), wantPlaces[:1], 0},
		"the last place":   {only(t, wantPlaces[20], 0), wantPlaces, 0},
		"401":              {only(t, wantPlaces[2], 401), []string{wantPlaces[0], wantPlaces[1], wantPlaces[2], wantPlaces[2] + "+token"}, 1},
		"403":              {only(t, wantPlaces[0], 403), []string{wantPlaces[0], wantPlaces[0] + "+token"}, 1},
		"hidden by 404":    {only(t, wantPlaces[2], 404), slices.Concat(wantPlaces, tokenised(wantPlaces[:3])), 1},
		"hidden by a page": {only(t, wantPlaces[0], 200), slices.Concat(wantPlaces, tokenised(wantPlaces[:1])), 1},
		"hidden by 302":    {only(t, wantPlaces[1], 302), slices.Concat(wantPlaces, tokenised(wantPlaces[:2])), 1},
		"hidden by 400":    {only(t, wantPlaces[0], 400), slices.Concat(wantPlaces, tokenised(wantPlaces[:1])), 1},
		// A V2 for those with a token goes before a V1 for all.
		"an older one for all": {both(only(t, wantPlaces[0], 401), only(t, wantPlaces[2], 0)), []string{wantPlaces[0], wantPlaces[0] + "+token"},
			1},
		"none but V1 for all": {both(only(t, wantPlaces[0], 404), only(t, wantPlaces[2], 0)), wantPlaces[:3], 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish(t, test.answer)
			c := p.open(t, nil)
			for range 2 { // nothing is remembered from one search to the next
				got, err := c.Describe(t.Context(), "auto")
				place, _, _ := strings.Cut(test.want[len(test.want)-1], "+")
				if err != nil || string(got.Text) != swagger || got.Place != place {
					t.Errorf("%q at %s, %v", got.Text, got.Place, err)
				}
			}
			if asked, want := p.requests(), slices.Concat(test.want, test.want); !slices.Equal(asked, want) {
				t.Errorf("asked %q\nwant  %q", asked, want)
			}
			if tokens := p.tokens.Load(); tokens != test.tokens {
				t.Errorf("%d tokens", tokens)
			}
		})
	}
}

// A place that refuses even a token is passed over, and not asked a third time.
func TestPlacesThatRefuseAToken(t *testing.T) {
	t.Parallel()
	refused, later := wantPlaces[0], wantPlaces[3]
	p := publish(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == refused {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		only(t, later, http.StatusNotFound)(w, r)
	})
	got, err := p.open(t, nil).Describe(t.Context(), "auto")
	if err != nil || got.Place != later {
		t.Errorf("%+v, %v", got, err)
	}
	want := slices.Concat([]string{refused, refused + "+token"}, wantPlaces[1:], tokenised(wantPlaces[1:4]))
	if asked := p.requests(); !slices.Equal(asked, want) {
		t.Errorf("asked %q\nwant  %q", asked, want)
	}
}

func TestNoContractAnywhere(t *testing.T) {
	t.Parallel()
	const hint = "\nhint: name its URL or a file in contract of [partner.salarie], or write contract = \"none\""
	const page = "<!DOCTYPE html><title>Connexion</title>"
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"404": {http.NotFound, "answered 404 Not Found (21)"},
		"some of each": {func(w http.ResponseWriter, r *http.Request) {
			switch i := slices.Index(wantPlaces, r.URL.Path); {
			case i < 2:
				write(t, w, page)
			case i < 4:
				write(t, w, `{"Message":"rien à /swagger: https://"}`)
			case i == 4:
				w.WriteHeader(http.StatusNoContent)
			case i < 7:
				w.WriteHeader(http.StatusForbidden)
			case i == 7:
				w.WriteHeader(http.StatusBadRequest)
			default:
				http.NotFound(w, r)
			}
		}, "the answer is HTML, not JSON: a login page? (2), the answer is no Swagger or OpenAPI document (3), answered 403 Forbidden (2), " +
			"answered 400 Bad Request (1), answered 404 Not Found (13)"},
		"a login page everywhere": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login?back="+r.URL.Path, http.StatusFound)
				return
			}
			write(t, w, page)
		}, "the answer is HTML, not JSON: a login page? (21)"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://other.example.test/secret?k=v", http.StatusMovedPermanently)
		}, `answered 301 Moved Permanently, a redirect to another host ("other.example.test") (21)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish(t, test.answer)
			got, err := p.open(t, nil).Describe(t.Context(), "auto")
			want := "contract: no contract was found at 21 places below base_url: " + test.want + hint
			if got.Text != nil || err == nil || err.Error() != want || callError(t, err).Class != jobs.ClassConfiguration {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			asked := slices.DeleteFunc(p.requests(), func(uri string) bool { return strings.HasPrefix(uri, "/login") })
			slices.Sort(asked) // the order has a test of its own
			if want := slices.Sorted(slices.Values(slices.Concat(wantPlaces, tokenised(wantPlaces)))); !slices.Equal(asked, want) {
				t.Errorf("asked %q\nwant  %q", asked, want)
			}
		})
	}
}

func TestContractAtAURL(t *testing.T) {
	t.Parallel()
	p := publish(t, only(t, "/docs/api v2.json", 401))
	c := p.open(t, nil)
	got, err := c.Describe(t.Context(), p.URL+"/docs/api%20v2.json?sig=S3CR3T#top")
	if err != nil || string(got.Text) != swagger || got.Place != p.URL+"/docs/api%20v2.json" {
		t.Errorf("%q at %s, %v", got.Text, got.Place, err)
	}
	want := []string{"/docs/api%20v2.json?sig=S3CR3T", "/docs/api%20v2.json?sig=S3CR3T+token"}
	if asked := p.requests(); !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// A token is for the host of base_url: another one gets none, whatever it answers.
func TestNoTokenForAnotherHost(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401, 403, 404, 302} {
		other := publish(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/next")
			w.WriteHeader(status)
			if status == 200 {
				write(t, w, swagger)
			}
		})
		p := publish(t, http.NotFound)
		got, err := p.open(t, nil).Describe(t.Context(), other.URL+"/swagger.json?k=1")
		if (err == nil) != (status == 200) || (got.Place == other.URL+"/swagger.json") != (status == 200) {
			t.Errorf("%d: %+v, %v", status, got, err)
		}
		for _, asked := range other.requests() {
			if strings.Contains(asked, "token") {
				t.Errorf("%d: a token left with %s", status, asked)
			}
		}
		if len(p.requests()) != 0 || p.tokens.Load() != 0 || other.tokens.Load() != 0 {
			t.Errorf("%d: the API was asked %q", status, p.requests())
		}
	}
}

func TestRedirectsOfTheContract(t *testing.T) {
	t.Parallel()
	var strayed sync.Map
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strayed.Store(r.RequestURI, true)
		write(t, w, swagger)
	}))
	t.Cleanup(elsewhere.Close)
	p := publish(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{
			"/once": "found", "/thrice": "/twice?a=b", "/twice": "/once", "/four": "/thrice", "/loop": "/loop",
			"/away": elsewhere.URL + "/found", "/user": "http://me:pw@" + r.Host + "/found",
			"/tls": "https://" + r.Host + "/found", "/odd": "http://%zz", "/none": "",
		}[r.URL.Path]
		switch r.URL.Path {
		case "/found":
			write(t, w, swagger)
		case "/304":
			w.Header().Set("Location", "/found")
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
		}
	})
	c := p.open(t, nil)
	const redirect = "answered 307 Temporary Redirect, a redirect"
	for path, want := range map[string]string{
		"/once": "", "/twice": "", "/thrice": "", "/four": "redirects without end", "/loop": "redirects without end",
		"/away": redirect + ` to another host ("127.0.0.1")`, "/user": redirect, "/tls": redirect, "/odd": redirect,
		"/304": "answered 304 Not Modified",
	} {
		got, err := c.Describe(t.Context(), p.URL+path)
		if want == "" {
			if err != nil || string(got.Text) != swagger || got.Place != p.URL+path {
				t.Errorf("%s: %+v, %v", path, got, err)
			}
			continue
		}
		if call := callError(t, err); call.Problem != want || call.Call != "GET "+path || call.Class != jobs.ClassConfiguration {
			t.Errorf("%s: %+v", path, call)
		}
	}
	strayed.Range(func(uri, _ any) bool { t.Errorf("another host was asked for %v", uri); return true })
}

func TestGivingUpTheSearch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := publish(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := p.open(t, nil).Describe(ctx, "auto")
	if call := callError(t, err); call.Class != jobs.ClassCancelled || call.Call != "GET /swagger/docs/V2" || len(p.requests()) != 1 {
		t.Errorf("%+v after %q", call, p.requests())
	}
	_, err = p.open(t, nil).Describe(ctx, "auto")
	if callError(t, err).Class != jobs.ClassCancelled || len(p.requests()) != 1 {
		t.Errorf("%v after %q", err, p.requests())
	}
}
