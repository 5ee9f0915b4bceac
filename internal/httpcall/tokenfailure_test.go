package httpcall

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

func TestRefusedClientIsNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(200)}, token: func(n int) *http.Response {
			if n == 1 {
				return response(400, `{"error":"invalid_client","error_description":"`+testSecret+` is wrong"}`)
			}
			return response(200, `{"access_token":"t"}`)
		}}
		c := s.open(t, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				out := send(c, "00042")
				want := "token: the token was refused: invalid_client (400 Bad Request)\n" +
					"hint: check client_id and client_secret of [partner]; secrets expire, often after a year"
				if out.Class != jobs.ClassConfiguration || out.Attempts != 0 || out.Status != 0 || out.Err.Error() != want {
					t.Errorf("outcome %+v", out)
				}
			})
		}
		all.Wait()
		time.Sleep(29 * time.Second)
		send(c, "00042")
		if s.tokens != 1 {
			t.Errorf("asked %d times within the cool-down, want once", s.tokens)
		}
		time.Sleep(2 * time.Second) // a rotated secret takes effect
		if out := send(c, "00042"); out.Class != jobs.ClassAccepted {
			t.Errorf("class %s after the cool-down, want accepted", out.Class)
		}
	})
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  *http.Response
		class   jobs.Class
		problem string
	}{
		"permanent whatever the status": {response(503, `{"error":"invalid_scope"}`), jobs.ClassConfiguration,
			"the token was refused: invalid_scope (503 Service Unavailable)"},
		"401": {response(401, `{"error":"unauthorized_client"}`), jobs.ClassConfiguration,
			"the token was refused: unauthorized_client (401 Unauthorized)"},
		"error inside a 200": {response(200, `{"error":"unsupported_grant_type"}`), jobs.ClassConfiguration,
			"the token was refused: unsupported_grant_type (200 OK)"},
		"unknown code": {response(400, `{"error":"no_such_tenant"}`), jobs.ClassConfiguration,
			"the token was refused: no_such_tenant (400 Bad Request)"},
		"code that is no word": {response(400, `{"error":"Secret s3cr3t refused"}`), jobs.ClassConfiguration,
			"the token was refused: 400 Bad Request"},
		"busy": {response(400, `{"error":"temporarily_unavailable"}`), jobs.ClassTemporary,
			"the token was refused: temporarily_unavailable (400 Bad Request)"},
		"500":       {response(500, `oops`), jobs.ClassTemporary, "the token was refused: 500 Internal Server Error"},
		"429":       {response(429, ``), jobs.ClassTemporary, "the token was refused: 429 Too Many Requests"},
		"not found": {response(404, `<html>`), jobs.ClassConfiguration, "the token was refused: 404 Not Found"},
		"a redirect": {response(302, ``, "Location", "https://elsewhere.example.test/?secret"), jobs.ClassConfiguration,
			"the token was refused: 302 Found"},
		"HTML":                       {response(200, `<html>login</html>`), jobs.ClassConfiguration, "the answer is not a token"},
		"no token":                   {response(200, `{}`), jobs.ClassConfiguration, "the answer is not a token"},
		"token that no header holds": {response(200, `{"access_token":"a\nb"}`), jobs.ClassConfiguration, "the answer is not a token"},
		"broken off":                 {brokenBody(200), jobs.ClassTemporary, "the connection broke before the answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: []step{answers(200)}, token: func(int) *http.Response { return test.answer }}
			out := send(s.open(t, func(o *toyOptions) { o.RetryFor = time.Millisecond }), "00042")
			call := callError(t, out.Err)
			if out.Class != test.class || call.Class != test.class || call.Problem != test.problem || call.Call != "token" {
				t.Errorf("class %s, error %+v, want %s, %q", out.Class, call, test.class, test.problem)
			}
			if call.Hint == "" || call.Message != "" || len(s.calls) != 0 {
				t.Errorf("hint %q, message %q, %d requests", call.Hint, call.Message, len(s.calls))
			}
		})
	}
}

func TestTokenServerInTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(200)}, token: func(n int) *http.Response {
			if n <= 3 {
				return response(503, "", "Retry-After", "4")
			}
			return response(200, `{"access_token":"t"}`)
		}}
		c := s.open(t, func(o *toyOptions) { o.MaxInFlight = 16 })
		started := time.Now()
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if out := send(c, "00042"); out.Class != jobs.ClassAccepted || out.Attempts != 1 {
					t.Errorf("outcome %+v", out)
				}
			})
		}
		all.Wait()
		if took := time.Since(started); s.tokens != 4 || took != 12*time.Second {
			t.Errorf("asked %d times in %v, want 4 times in 12s", s.tokens, took)
		}
	})
}

// A failed early renewal leaves the old token in use, and is not repeated before its cool-down ends.
func TestFailedEarlyRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(200)}, token: func(n int) *http.Response {
			if n == 1 {
				return response(200, `{"access_token":"t","expires_in":3600}`)
			}
			return response(400, `{"error":"invalid_client"}`)
		}}
		c := s.open(t, nil)
		send(c, "1")
		time.Sleep(3545 * time.Second)
		for range 10 {
			if out := send(c, "2"); out.Class != jobs.ClassAccepted {
				t.Errorf("class %s, want accepted with the old token", out.Class)
			}
			synctest.Wait()
		}
		if s.tokens != 2 {
			t.Errorf("asked %d times, want 2", s.tokens)
		}
		time.Sleep(time.Minute)
		if out := send(c, "3"); out.Class != jobs.ClassConfiguration {
			t.Errorf("class %s, want configuration: the token is over", out.Class)
		}
	})
}

func TestCallerThatGivesUpDoesNotStopTheRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(200)}, token: func(int) *http.Response {
			time.Sleep(5 * time.Second)
			return response(200, `{"access_token":"t"}`)
		}}
		c := s.open(t, nil)
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if out := c.Dossier(testKey).Send(impatient, "1", []byte(testDoc), nil); out.Class != jobs.ClassCancelled {
			t.Errorf("class %s, want cancelled", out.Class)
		}
		if out := send(c, "2"); out.Class != jobs.ClassAccepted || s.tokens != 1 {
			t.Errorf("class %s with %d tokens asked for, want accepted with 1", out.Class, s.tokens)
		}
	})
}
