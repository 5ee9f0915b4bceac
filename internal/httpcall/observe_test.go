package httpcall

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// observed keeps what was observed, but for the token.
type observed struct {
	mu    sync.Mutex
	calls []Attempt
}

func (o *observed) add(c Attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, c)
}

func TestObserveEachAttempt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		steps []step
		want  []string
	}{
		"accepted":          {[]step{answers(202)}, []string{"2xx"}},
		"told to wait":      {[]step{answers(429), answers(200)}, []string{"429", "2xx"}},
		"a new token":       {[]step{answers(401), answers(200)}, []string{"4xx", "2xx"}},
		"rejected":          {[]step{answers(422)}, []string{"4xx"}},
		"in trouble":        {[]step{answers(500), answers(503), answers(200)}, []string{"5xx", "5xx", "2xx"}},
		"a redirect":        {[]step{answers(302)}, []string{"3xx"}},
		"no known status":   {[]step{answers(799)}, []string{"other"}},
		"cut":               {[]step{breaks(true), answers(200)}, []string{"connection", "2xx"}},
		"no answer":         {[]step{hangs, answers(200)}, []string{"timeout", "2xx"}},
		"the caller leaves": {[]step{answers(503), takesFor(time.Hour)}, []string{"5xx", "cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var seen observed
				s := &script{steps: test.steps}
				c := s.open(t, func(o *toyOptions) { o.Observe, o.RequestTimeout, o.RetryFor = seen.add, 40*time.Second, time.Hour })
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
				defer cancel()
				if name == "the caller leaves" {
					ctx, cancel = context.WithTimeout(ctx, 20*time.Second)
					defer cancel()
				}
				c.Dossier(testKey).Send(ctx, "00042", []byte(testDoc), nil)
				var got []string
				for _, call := range seen.calls {
					if call.Endpoint == "salarie" {
						got = append(got, call.Outcome)
					}
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("observed %v, want %v", got, test.want)
				}
			})
		})
	}
}

// takesFor answers after some time, unless the request is given up before.
func takesFor(d time.Duration) step {
	return func(req *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return answers(200)(req)
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
}

func TestObserveEndpointsAndDurations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen observed
		s := &script{steps: []step{takesFor(time.Second)}, token: func(n int) *http.Response {
			if n == 1 {
				return response(503, "")
			}
			return response(200, `{"access_token":"t","expires_in":3600}`)
		}}
		c := s.open(t, func(o *toyOptions) { o.Observe = seen.add })
		api := c.Dossier(testKey)
		if _, err := api.Identity(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := api.Nomenclatures(t.Context()); err != nil {
			t.Error(err)
		}
		if out := sendBy(api, "00042"); out.Class != jobs.ClassAccepted {
			t.Error(out.Err)
		}
		want := []Attempt{{"token", "5xx", 0}, {"token", "2xx", 0},
			{"dossier", "2xx", time.Second}, {"dictionnaire", "2xx", time.Second}, {"salarie", "2xx", time.Second}}
		if !slices.Equal(seen.calls, want) {
			t.Errorf("observed %v, want %v", seen.calls, want)
		}
	})
}

// Whoever watches hears within seconds that a call is not answered, and until when it is tried; of others nothing.
func TestUnansweredCallIsToldWithinSeconds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token *http.Response
		step  step
		want  bool
	}{"hangs": {nil, hangs, true}, "away": {nil, breaks(false), true}, "token away": {response(503, ""), answers(200), true},
		"answers": {nil, answers(200), false}, "refuses": {nil, answers(403), false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, began := &script{steps: []step{c.step}}, time.Now()
				if c.token != nil {
					s.token = func(int) *http.Response { return response(503, "") }
				}
				var mu sync.Mutex
				var heard []Wait
				var after time.Duration
				connection := s.open(t, func(o *toyOptions) {
					o.RetryFor = 2 * time.Minute
					o.Waits = func(w Wait) {
						mu.Lock()
						defer mu.Unlock()
						heard, after = append(heard, w), time.Since(began)
					}
				})
				_, err := connection.Dossier(testKey).Identity(t.Context())
				ended := time.Now()
				mu.Lock()
				defer mu.Unlock()
				if !c.want && (len(heard) > 0) || c.want && (err == nil || len(heard) != 1 || after != waitTold || heard[0].Call != "GET /V2/Dossier") {
					t.Fatalf("%+v after %v, %v", heard, after, err)
				}
				if c.want && (ended.After(heard[0].Until) || heard[0].Until.Sub(ended) > 91*time.Second) {
					t.Errorf("until %v, but it ended at %v", heard[0].Until, ended)
				}
			})
		})
	}
}
