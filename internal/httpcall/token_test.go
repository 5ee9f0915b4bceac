package httpcall

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var form, basic string
	p := &partner{}
	p.start(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, form, basic = r, string(body), r.Header.Get("Authorization")
		p.serveToken(w, 3600)
	}, discard)
	if out := send(p.open(t, nil), "00042"); out.Class != jobs.ClassAccepted {
		t.Fatalf("outcome %+v", out)
	}
	want := "client_id=editor&client_secret=" + testSecret + "&grant_type=client_credentials&scope=ApiIsidoor"
	if got.Method != "POST" || form != want || basic != "" || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%s %q, Authorization %q, want %q in the body alone", got.Method, form, basic, want)
	}
}

func TestOneRenewalForManyRefusedCalls(t *testing.T) {
	t.Parallel()
	var arrived sync.WaitGroup
	arrived.Add(50)
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token-1-canary" {
			arrived.Done()
			arrived.Wait() // all 50 are refused together
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	c := p.open(t, func(o *toyOptions) { o.MaxInFlight, o.Runs = 50, 50 })
	if _, err := c.tokens.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.tokens.current.given = time.Now().Add(-lag) // long enough ago that each server knows it
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if out := send(c, "00042"); out.Class != jobs.ClassAccepted || out.Attempts != 2 || out.Ambiguous {
				t.Errorf("outcome %+v, want accepted at the second attempt", out)
			}
		})
	}
	all.Wait()
	if n := p.tokens.Load(); n != 2 {
		t.Errorf("%d tokens, want 2: the first, and one renewal", n)
	}
}

// An API that knows a caller by a header gets no token and is asked for none; a refused header is not tried twice.
func TestAHeaderInPlaceOfAToken(t *testing.T) {
	t.Parallel()
	asked := 0
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; r.Header.Get("Authorization") != "" || r.Header.Get("X-Api-Key") != "k3y-canary" {
			t.Errorf("headers %v", r.Header)
		}
		if asked > 1 {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"Message":"the key k3y-canary is unknown"}`)
		}
	})
	api := p.open(t, func(o *toyOptions) {
		o.Keyed, o.Headers = true, []Fixed{{Name: "x-api-key", Value: "k3y-canary", Secret: true}}
	}).Dossier(testKey)
	wantAccepted(t, sendBy(api, "1"))
	out := sendBy(api, "2")
	if call := callError(t, out.Err); asked != 2 || p.tokens.Load() != 0 || call.Problem != "answered 401 Unauthorized" ||
		out.Message != "the key ••• is unknown" {
		t.Errorf("%d requests, %d tokens: %v, %q", asked, p.tokens.Load(), out.Err, out.Message)
	}
}

func TestRefusedAfterRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{
			steps: []step{answers(401)},
			token: func(int) *http.Response { return response(200, `{"access_token":"always the same","expires_in":3600}`) },
		}
		c := s.open(t, nil)
		out := send(c, "00042")
		if out.Class != jobs.ClassConfiguration || out.Status != 401 || len(s.calls) != 4 || s.tokens != 2 {
			t.Errorf("class %s, %d requests, %d tokens", out.Class, len(s.calls), s.tokens)
		}
		if text := out.Err.Error(); !strings.Contains(text, "wrong dossier key?") {
			t.Errorf("error %q does not name the likely cause", text)
		}
	})
}

func TestTokenIsRenewedEarlyAndWithoutWaiting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer          string
		before, renewal time.Duration // still the first token; asks for the second
	}{
		"2 seconds":    {`{"access_token":"t","expires_in":2}`, 1700 * time.Millisecond, 1850 * time.Millisecond},
		"as text":      {`{"access_token":"t","expires_in":"100"}`, 89 * time.Second, 91 * time.Second},
		"an hour":      {`{"access_token":"t","expires_in":3600}`, 3539 * time.Second, 3541 * time.Second},
		"not told":     {`{"access_token":"t"}`, 3539 * time.Second, 3541 * time.Second},
		"a month":      {`{"access_token":"t","expires_in":2592000}`, 24*time.Hour - 61*time.Second, 24*time.Hour - 59*time.Second},
		"over at once": {`{"access_token":"t","expires_in":-5}`, 800 * time.Millisecond, 950 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				slow := make(chan struct{})
				s := &script{steps: []step{answers(200)}, token: func(n int) *http.Response {
					if n == 2 {
						<-slow // the second token takes long
					}
					return response(200, test.answer)
				}}
				c := s.open(t, nil)
				send(c, "1")
				started := time.Now()
				time.Sleep(test.before)
				send(c, "2")
				if s.tokens != 1 {
					t.Fatalf("%d tokens after %v, want 1", s.tokens, test.before)
				}
				time.Sleep(test.renewal - test.before)
				for range 3 {
					send(c, "3")
				}
				synctest.Wait()
				if waited := time.Since(started) - test.renewal; waited != 0 || s.tokens != 2 {
					t.Errorf("waited %v with %d tokens asked for, want the old token meanwhile", waited, s.tokens)
				}
				close(slow)
			})
		})
	}
}

func TestShortLivedTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(200)}, token: func(int) *http.Response {
			time.Sleep(100 * time.Millisecond)
			return response(200, `{"access_token":"t","expires_in":1}`)
		}}
		c := s.open(t, func(o *toyOptions) { o.RatePerSecond, o.MaxInFlight = 10, 1 })
		for range 100 { // 10 s
			if out := send(c, "00042"); out.Class != jobs.ClassAccepted {
				t.Fatalf("outcome %+v", out)
			}
		}
		if s.tokens < 10 || s.tokens > 13 {
			t.Errorf("%d tokens of one second in 10 s", s.tokens)
		}
	})
}

// A token that worked and is refused was revoked, however new it is: a call that waited for the one before gets another.
func TestANewTokenThatWorkedIsRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		good := func() string {
			switch since := time.Since(started); {
			case since < 500*time.Millisecond:
				return "Bearer t1"
			case since < 3200*time.Millisecond:
				return "Bearer t2"
			default:
				return "Bearer t3"
			}
		}
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			leave(req)
			if req.Header.Get("Authorization") != good() {
				return response(401, ""), nil
			}
			return response(200, ""), nil
		}}}
		c := s.open(t, nil)
		wantAccepted(t, send(c, "1"))
		var lanes sync.WaitGroup
		for _, after := range []time.Duration{600 * time.Millisecond, 3100 * time.Millisecond} { // waits until 3.6 s; finds the second
			lanes.Go(func() {
				time.Sleep(after)
				wantAccepted(t, send(c, "2"))
			})
		}
		lanes.Wait()
		if s.tokens != 3 {
			t.Errorf("%d tokens were asked for", s.tokens)
		}
	})
}

// A key that is refused to every token costs one other token, not one for each request under way.
func TestARefusedKeyAsksForTokensOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Duration(rand.N(50)) * time.Millisecond)
			return response(401, ""), nil
		}}}
		c := s.open(t, func(o *toyOptions) { o.MaxInFlight = 16 })
		api := c.Dossier(testKey)
		var lanes sync.WaitGroup
		for i := range 64 {
			lanes.Go(func() {
				if out := sendBy(api, strconv.Itoa(i)); out.Class != jobs.ClassConfiguration {
					t.Errorf("outcome %+v", out)
				}
			})
		}
		lanes.Wait()
		if s.tokens > 4 { // each of four rounds of 16 takes three seconds, after which a token is old enough to be dropped
			t.Errorf("%d tokens were asked for", s.tokens)
		}
	})
}
