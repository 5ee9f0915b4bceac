package httpcall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// shows answers with the contract.
func shows(req *http.Request) (*http.Response, error) { return response(200, swagger), nil }

func fails(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// stalls is an answer whose body never ends.
func stalls(req *http.Request) (*http.Response, error) {
	r := response(200, "")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(swagger), endlessReader{req.Context()}))
	return r, nil
}

func TestTroubleOnTheWayToTheContract(t *testing.T) {
	t.Parallel()
	broken := func(*http.Request) (*http.Response, error) { return brokenBody(200), nil }
	for name, test := range map[string]struct {
		steps    []step
		class    jobs.Class // "" = found
		problem  string
		requests int
		atMost   time.Duration
	}{
		"connection refused": {[]step{fails(syscall.ECONNREFUSED)}, jobs.ClassTemporary, "connection refused", 1, 0},
		"no such host":       {[]step{fails(&net.DNSError{IsTimeout: true})}, jobs.ClassTemporary, "the host name cannot be resolved", 1, 0},
		"something else":     {[]step{fails(errors.New("odd"))}, jobs.ClassTemporary, "the connection failed", 1, 0},
		"no TLS": {[]step{fails(http.ErrSchemeMismatch)}, jobs.ClassConfiguration, "the server does not speak TLS on this port",
			1, 0},
		"cut, then there":  {[]step{breaks(true), shows}, "", "", 2, 5 * time.Second},
		"cut twice":        {[]step{breaks(true)}, jobs.ClassTemporary, "the connection broke before the answer", 2, 5 * time.Second},
		"half, then there": {[]step{broken, shows}, "", "", 2, 5 * time.Second},
		"half twice":       {[]step{broken}, jobs.ClassTemporary, "the answer broke off", 2, 5 * time.Second},
		"busy, then there": {[]step{answers(503), shows}, "", "", 2, 5 * time.Second},
		"busy twice":       {[]step{answers(503)}, jobs.ClassTemporary, "answered 503 Service Unavailable", 2, 5 * time.Second},
		"busy for an hour": {[]step{answers(429, "Retry-After", "3600")}, jobs.ClassTemporary, "answered 429 Too Many Requests", 2,
			5 * time.Second},
		"busy at two places": {[]step{answers(503), answers(404), answers(502), shows}, jobs.ClassTemporary, "answered 502 Bad Gateway", 3,
			5 * time.Second},
		"hanging":             {[]step{hangs}, jobs.ClassTemporary, "no answer in time", 4, 12 * time.Second},
		"hanging, then there": {[]step{hangs, shows}, "", "", 2, 3 * time.Second},
		"three that hang":     {[]step{hangs, hangs, hangs, shows}, "", "", 4, 9 * time.Second},
		"stalling":            {[]step{stalls}, jobs.ClassTemporary, "no answer in time", 1, 10 * time.Second},
		"slow everywhere":     {[]step{slowly(404, 2100*time.Millisecond)}, jobs.ClassTemporary, "no answer in time", 15, 30 * time.Second},
		"slower everywhere":   {[]step{slowly(404, 4*time.Second)}, jobs.ClassTemporary, "no answer in time", 4, 12 * time.Second},
		"failing, then there": {[]step{answers(500), shows}, "", "", 2, 5 * time.Second},
		"failing twice": {[]step{answers(500), answers(500), shows}, jobs.ClassTemporary, "answered 500 Internal Server Error", 2,
			5 * time.Second},
		"failing, below another": {[]step{answers(404), answers(404), answers(501), answers(501), shows}, jobs.ClassTemporary,
			"answered 501 Not Implemented", 4, 5 * time.Second},
		"failing with a token": {[]step{answers(401), answers(599), answers(599), shows}, jobs.ClassTemporary, "answered 599", 3,
			5 * time.Second},
		"too slow for itself": {[]step{answers(408), answers(408), shows}, jobs.ClassTemporary, "answered 408 Request Timeout", 2,
			5 * time.Second},
		"behind a redirect": {[]step{answers(302, "Location", "/x"), answers(500), answers(500), shows}, jobs.ClassTemporary,
			"answered 500 Internal Server Error", 3, 5 * time.Second},
		"a page without an end":  {[]step{endlessly(200), endlessly(404), shows}, "", "", 3, 0},
		"gone":                   {[]step{answers(410), answers(405), answers(400), shows}, "", "", 4, 0},
		"a status without sense": {[]step{answers(799), shows}, "", "", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: test.steps}
				c := s.open(t, nil)
				started := time.Now()
				got, err := c.Describe(t.Context(), "auto")
				if took := time.Since(started); took > test.atMost || len(s.calls) != test.requests {
					t.Errorf("%d requests in %v, want %d in at most %v", len(s.calls), took, test.requests, test.atMost)
				}
				if test.class == "" {
					if err != nil || string(got.Text) != swagger {
						t.Errorf("%+v, %v", got, err)
					}
					return
				}
				call := callError(t, err)
				if call.Class != test.class || call.Problem != test.problem || call.Hint == "" || !strings.HasPrefix(call.Call, "GET /") {
					t.Errorf("error %+v", call)
				}
				if answered := strings.HasPrefix(call.Problem, "answered "); answered != strings.HasSuffix(call.Hint,
					`name its URL or a file in contract of [partner.salarie], or write contract = "none"`) {
					t.Errorf("hint %q", call.Hint) // what answers so for ever needs a way around
				}
			})
		})
	}
}

// endlessly answers with a page that never ends.
func endlessly(status int) step {
	return func(req *http.Request) (*http.Response, error) {
		r := response(status, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader("<html>"+strings.Repeat(" ", contractHead)), endlessReader{req.Context()}))
		return r, nil
	}
}

// slowly answers after some time, unless the caller leaves.
func slowly(status int, d time.Duration) step {
	return func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return answers(status)(req)
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
}

func TestTroubleAtAURLNamesIt(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	p := publish(t, http.NotFound)
	_, err := p.open(t, nil).Describe(t.Context(), gone.URL+"/swagger.json?k=v")
	want := "GET /swagger.json: connection refused\n" +
		"hint: see whether the partner's service is up and reachable from here; check contract of [partner.salarie]"
	if err == nil || err.Error() != want || callError(t, err).Class != jobs.ClassTemporary {
		t.Errorf("got %v", err)
	}
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(secured.Close)
	_, err = p.open(t, nil).Describe(t.Context(), secured.URL+"/swagger.json")
	if call := callError(t, err); call.Class != jobs.ClassConfiguration || call.Problem != "certificate not trusted" {
		t.Errorf("error %+v", call)
	}
}

func TestTokenOfTheSearch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		accepts string // the token with which the first place shows the contract
		tokens  int64
		found   bool
	}{
		"the first token": {"Bearer token-1-canary", 1, true},
		"another one":     {"Bearer token-2-canary", 2, true},
		"none":            {"Bearer", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != test.accepts {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				write(t, w, swagger)
			})
			got, err := p.open(t, nil).Describe(t.Context(), "auto")
			if (err == nil) != test.found || (got.Place == wantPlaces[0]) != test.found || p.tokens.Load() != test.tokens {
				t.Errorf("%+v, %v after %d tokens", got, err, p.tokens.Load())
			}
			if !test.found && !strings.HasSuffix(callError(t, err).Problem, ": answered 401 Unauthorized (21)") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestSearchWithoutAToken(t *testing.T) {
	t.Parallel()
	for body, class := range map[string]jobs.Class{
		`{"error":"invalid_client"}`:          jobs.ClassConfiguration,
		`{"error":"temporarily_unavailable"}`: jobs.ClassTemporary,
	} {
		p := &partner{}
		p.start(t, func(w http.ResponseWriter, _ *http.Request) {
			p.tokens.Add(1)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, body)
		}, http.NotFound)
		_, err := p.open(t, nil).Describe(t.Context(), "auto")
		if call := callError(t, err); call.Class != class || call.Call != "token" || !strings.HasPrefix(call.Problem, "the token was refused: ") {
			t.Errorf("error %+v", call)
		}
		if tokens := p.tokens.Load(); tokens > 2 {
			t.Errorf("%d tokens were asked for", tokens)
		}
	}
}

// Dossiers that hang with all that they can take keep nobody from the contract, and it is asked for within the rate.
func TestSearchSharesTheLimits(t *testing.T) {
	t.Parallel()
	for _, runs := range []int{2, 3, 4} {
		synctest.Test(t, func(t *testing.T) {
			var seen observed
			s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					return hangs(req)
				}
				return answers(404)(req)
			}}}
			c := s.open(t, func(o *toyOptions) {
				o.MaxInFlight, o.Runs, o.RatePerSecond, o.RetryFor, o.Observe = 4, runs, 8, time.Millisecond, seen.add
			})
			var lanes sync.WaitGroup
			for range runs - 1 {
				api := c.Dossier(testKey)
				for range 4 {
					lanes.Go(func() { sendBy(api, "00042") })
				}
			}
			synctest.Wait()
			started := time.Now()
			_, err := c.Describe(t.Context(), "auto")
			if took := time.Since(started); callError(t, err).Call != "contract" || took > 7*time.Second || took < 4*time.Second {
				t.Errorf("%d runs: %v after %v, want 42 requests at 8 a second", runs, err, took)
			}
			lanes.Wait()
			asked := 0
			for _, call := range seen.calls {
				if call.Endpoint == "contract" && call.Outcome == "4xx" {
					asked++
				}
			}
			if asked != 42 {
				t.Errorf("%d requests observed", asked)
			}
		})
	}
}

// Two searches at once go one after the other where there is no shared slot; none waits for ever.
func TestSearchesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy gauge
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			busy.add(1)
			defer busy.add(-1)
			return hangs(req)
		}}}
		c := s.open(t, func(o *toyOptions) { o.MaxInFlight, o.Runs = 2, 2 })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, err := c.Describe(ctx, "auto"); callError(t, err).Problem != "no answer in time" ||
					callError(t, err).Class != jobs.ClassTemporary {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(started); took > describeTime || busy.most != 1 {
			t.Errorf("took %v, %d at once", took, busy.most)
		}
	})
}

func TestTheCallersDeadlineEndsTheSearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := (&script{steps: []step{stalls}}).open(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		started := time.Now()
		_, err := c.Describe(ctx, "auto")
		if callError(t, err).Class != jobs.ClassCancelled || time.Since(started) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(started))
		}
	})
}

// Another time limit of requests, when it is shorter, is that of the search as well.
func TestRequestTimeoutOfTheSearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := (&script{steps: []step{hangs}}).open(t, func(o *toyOptions) { o.RequestTimeout = time.Second })
		started := time.Now()
		_, err := c.Describe(t.Context(), "auto")
		if took := time.Since(started); callError(t, err).Problem != "no answer in time" || took != (mostHanging+1)*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// A service that wakes up hangs at first. What hangs while the rest answers that there is nothing is asked again, and an
// older contract of the same program does not take its place.
func TestAPlaceThatHangsIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hangs, found int // requests to the first place that hang; the place that has a contract, else none
		want         int // the place where it is found, -1 = nowhere
		atMost       time.Duration
	}{
		"once":                  {1, 0, 0, 3 * time.Second},
		"twice":                 {2, 0, -1, 6 * time.Second},
		"once, and nothing":     {1, -1, -1, 3 * time.Second},
		"an older one":          {1, 2, -1, 3 * time.Second},
		"that of another stack": {9, 12, 12, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
					if req.URL.Path == wantPlaces[0] {
						if asked++; asked <= test.hangs {
							return hangs(req)
						}
					}
					if test.found >= 0 && req.URL.Path == wantPlaces[test.found] {
						return shows(req)
					}
					return answers(404)(req)
				}}}
				started := time.Now()
				got, err := s.open(t, nil).Describe(t.Context(), "auto")
				place := ""
				if test.want >= 0 {
					place = wantPlaces[test.want]
				}
				if got.Place != place || (err == nil) != (place != "") {
					t.Errorf("found at %q, want %q: %v", got.Place, place, err)
				}
				if took := time.Since(started); took > test.atMost {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}
