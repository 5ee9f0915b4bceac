package httpcall

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// reads makes a reading call with what change sets.
func (c *toy) reads(change func(*Call)) (jobs.Outcome, any) {
	call := &Call{Endpoint: NewEndpoint("list", "partner.list", "GET", "/list"), URL: c.Address("/list"), Reads: true, Limit: MaxAnswer,
		Denied: Denied{hinted.Say("plain.text", "text", "who asks?"), hinted.Say("plain.text", "text", "may they?")}}
	if change != nil {
		change(call)
	}
	return c.Do(context.Background(), call)
}

func serves(body string, headers ...string) step {
	return func(req *http.Request) (*http.Response, error) {
		leave(req)
		return response(200, body, headers...), nil
	}
}

func TestAnAnswerAsItCame(t *testing.T) {
	t.Parallel()
	const date = "Mon, 30 Nov 2026 08:00:00 GMT"
	for name, test := range map[string]struct {
		body, kind string
		class      jobs.Class
	}{
		"a bare id that calls itself a page": {"0f3a-77", "text/html; charset=utf-8", jobs.ClassAccepted},
		"a list that calls itself a page":    {`["a"]`, "text/html", jobs.ClassAccepted},
		"null":                               {`null`, "application/json", jobs.ClassAccepted}, // whoever reads it decides
		"nothing":                            {"", "", jobs.ClassAccepted},
		"a page":                             {" <!doctype html><title>Login</title>", "application/json", jobs.ClassConfiguration},
	} {
		s := &script{steps: []step{serves(test.body, "Content-Type", test.kind, "Date", date)}}
		var whole Answered
		s.steps[0] = accepting(t, s.steps[0])
		out, document := s.open(t, nil).reads(func(c *Call) { c.Whole = &whole })
		if out.Class != test.class || document != nil {
			t.Errorf("%s: %+v, %v", name, out, document)
		}
		if out.Class == jobs.ClassAccepted && (string(whole.Text) != test.body || whole.Type != test.kind ||
			whole.Date.Format(http.TimeFormat) != date) {
			t.Errorf("%s: %q %+v", name, whole.Text, whole)
		}
	}
}

// accepting sees that any kind of answer is asked for.
func accepting(t *testing.T, do step) step {
	return func(req *http.Request) (*http.Response, error) {
		if accept := req.Header.Get("Accept"); !strings.Contains(accept, "*/*") {
			t.Errorf("Accept: %s", accept)
		}
		return do(req)
	}
}

// TestAGatewayIsFlaky: 400 and 404 pass, and are no word of the API's until they were repeated.
func TestAGatewayIsFlaky(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		page := func(req *http.Request) (*http.Response, error) {
			leave(req)
			return response(404, "<html><h1>Not found"), nil
		}
		s := &script{steps: []step{answers(404), answers(400), serves(`[]`)}}
		out, _ := s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute }).reads(func(c *Call) { c.Flaky = true })
		if out.Class != jobs.ClassAccepted || out.Attempts != 3 {
			t.Errorf("%+v", out)
		}
		s = &script{steps: []step{page}}
		out, _ = s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute }).reads(func(c *Call) { c.Flaky = true })
		if out.Class != jobs.ClassTechnical || out.Status != 404 || out.Attempts != 3 {
			t.Errorf("%+v", out)
		}
		s = &script{steps: []step{answers(404)}}
		if out, _ = s.open(t, nil).reads(nil); out.Class != jobs.ClassConfiguration || out.Attempts != 1 {
			t.Errorf("not flaky: %+v", out)
		}
	})
}

// TestNoRedirectIsFollowed, wherever they lead, whatever the call.
func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := &script{steps: []step{answers(status, "Location", "https://elsewhere.example.test/?key="+testKey), serves(`[]`)}}
		var whole Answered
		var sink bytes.Buffer
		out, _ := s.open(t, nil).reads(func(c *Call) { c.Whole, c.Flaky = &whole, true })
		streamed, _ := s.open(t, nil).reads(func(c *Call) { c.Into = &Sink{To: &sink} })
		if out.Class != jobs.ClassConfiguration || out.Attempts != 1 || len(s.calls) != 2 || streamed.Class != jobs.ClassAccepted {
			t.Errorf("%d: %+v, %d calls", status, out, len(s.calls))
		}
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func TestAnAnswerIsStreamed(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("%PDF-1.7\x00\xff", 50_000)
	for name, test := range map[string]struct {
		steps []step
		class jobs.Class
	}{
		"as it is":          {[]step{serves(content)}, jobs.ClassAccepted},
		"compressed":        {[]step{serves(zipped(content), "Content-Encoding", "gzip")}, jobs.ClassAccepted},
		"said to be":        {[]step{serves(content, "Content-Encoding", "gzip")}, jobs.ClassAccepted},
		"in another way":    {[]step{serves(content, "Content-Encoding", "br")}, jobs.ClassConfiguration},
		"once it broke off": {[]step{breaksOff(content[:70_000]), answers(503), serves(content)}, jobs.ClassAccepted},
		"never whole":       {[]step{breaksOff(content[:70_000])}, jobs.ClassTemporary},
		"missing":           {[]step{answers(404)}, jobs.ClassTechnical},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: test.steps}
			var b bytes.Buffer
			into := &Sink{To: &b, Again: func() error { b.Reset(); return nil }}
			out, _ := s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute }).reads(func(c *Call) { c.Into, c.Flaky = into, true })
			if out.Class != test.class || out.Class == jobs.ClassAccepted && b.String() != content {
				t.Errorf("%s: %+v, %d bytes", name, out, b.Len())
			}
		})
	}
}

func breaksOff(part string) step {
	return func(req *http.Request) (*http.Response, error) {
		leave(req)
		r := response(200, "")
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(part), failingReader{}))
		return r, nil
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type narrow struct{ after int }

var errFull = errors.New("full")

func (r *narrow) Write(p []byte) (int, error) {
	if r.after -= len(p); r.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestWhatCannotBeKeptEndsTheCall: it is no fault of the partner's.
func TestWhatCannotBeKeptEndsTheCall(t *testing.T) {
	t.Parallel()
	s := &script{steps: []step{serves(strings.Repeat("x", 100_000))}}
	into := &Sink{To: &narrow{50_000}}
	out, _ := s.open(t, nil).reads(func(c *Call) { c.Into = into })
	if out.Class != jobs.ClassCancelled || !errors.Is(into.Failed, errFull) || len(s.calls) != 1 {
		t.Errorf("%+v, %v, %d calls", out, into.Failed, len(s.calls))
	}
	s = &script{steps: []step{breaksOff("abc"), serves("abcdef")}}
	into = &Sink{To: io.Discard, Again: func() error { return errFull }}
	out, _ = s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute }).reads(func(c *Call) { c.Into = into })
	if out.Class != jobs.ClassCancelled || !errors.Is(into.Failed, errFull) {
		t.Errorf("%+v, %v", out, into.Failed)
	}
}

// TestAStreamGoesOnOrEnds: one that comes slowly is waited for, one that stops is not, however large it may be.
func TestAStreamGoesOnOrEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		drips := func(parts int) step {
			return func(req *http.Request) (*http.Response, error) {
				leave(req)
				r := response(200, "")
				r.Body = io.NopCloser(&drip{ctx: req.Context(), parts: parts})
				return r, nil
			}
		}
		began := time.Now()
		s := &script{steps: []step{drips(20)}}
		var b bytes.Buffer
		out, _ := s.open(t, func(o *toyOptions) { o.RequestTimeout, o.RetryFor = 30*time.Second, time.Millisecond }).reads(func(c *Call) {
			c.Into,
				c.Limit = &Sink{To: &b}, 20<<20
		})
		if out.Class != jobs.ClassAccepted || b.Len() != 20 || time.Since(began) < 3*time.Minute {
			t.Errorf("%+v, %d bytes after %v", out, b.Len(), time.Since(began))
		}
		began = time.Now()
		anew := func() error { b.Reset(); return nil }
		s = &script{steps: []step{drips(1_000_000)}}
		out, _ = s.open(t, func(o *toyOptions) { o.RequestTimeout, o.RetryFor = 30*time.Second, time.Millisecond }).reads(func(c *Call) {
			c.Into,
				c.Limit = &Sink{To: &b, Again: anew}, 20<<20
		})
		if out.Class != jobs.ClassTemporary || time.Since(began) > 15*time.Minute {
			t.Errorf("%+v after %v", out, time.Since(began))
		}
		began = time.Now()
		s = &script{steps: []step{drips(-1)}}
		out, _ = s.open(t, func(o *toyOptions) { o.RequestTimeout, o.RetryFor = 30*time.Second, time.Millisecond }).reads(func(c *Call) {
			c.Into,
				c.Limit = &Sink{To: &b, Again: anew}, 20<<20
		})
		if call := callError(t, out.Err); call.Late != 30*time.Second || time.Since(began) != 30*time.Second {
			t.Errorf("%+v after %v", out, time.Since(began))
		}
	})
}

// drip gives a byte each ten seconds; parts = -1: none, for ever.
type drip struct {
	ctx   context.Context
	parts int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.parts == 0 {
		return 0, io.EOF
	}
	after := 10 * time.Second
	if d.parts < 0 {
		after = 24 * time.Hour
	}
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(after):
	}
	d.parts--
	p[0] = 'x'
	return 1, nil
}

// TestSecretHeadersAreMasked, also when the partner quotes them, whole or as what they were made of.
func TestSecretHeadersAreMasked(t *testing.T) {
	t.Parallel()
	const account, password = "Y2FtaWxsZTrDqTptb3QgZGUgcGFzc2U=", "é:mot de passe"
	s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
		leave(req)
		if req.Header.Get("Cpro-Account") != account || req.Header.Get("X-Plain") != "shown" {
			return response(500, ""), nil
		}
		return response(403, fmt.Sprintf(`{"message":"no: %s, %s, shown"}`, account, password)), nil
	}}}
	out, _ := s.open(t, nil).reads(func(c *Call) {
		c.Headers = []Fixed{{Name: "Cpro-Account", Value: account, Secret: true}, {Name: "X-Plain", Value: "shown"}}
		c.Secrets = []string{password}
	})
	if out.Status != 403 || strings.Contains(out.Message, account) || strings.Contains(out.Message, "mot de passe") ||
		!strings.Contains(out.Message, "shown") {
		t.Errorf("%+v", out)
	}
}

// TestOneTokenForTwentyCallers, and its renewal while a walk of 60 pages goes on whose tokens live five seconds.
func TestOneTokenForTwentyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var expires atomic.Pointer[time.Time]
		s := &script{token: func(n int) *http.Response {
			time.Sleep(200 * time.Millisecond)
			at := time.Now().Add(5 * time.Second)
			expires.Store(&at)
			return response(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":5}`, n))
		}}
		s.steps = []step{func(req *http.Request) (*http.Response, error) {
			time.Sleep(400 * time.Millisecond)
			if time.Now().After(expires.Load().Add(400 * time.Millisecond)) {
				return answers(401)(req)
			}
			return serves(`[]`)(req)
		}}
		c := s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute })
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if out, _ := c.reads(nil); out.Class != jobs.ClassAccepted {
					t.Errorf("%+v", out)
				}
			})
		}
		callers.Wait()
		if s.tokens != 1 {
			t.Errorf("%d tokens for twenty callers", s.tokens)
		}
		for range 60 {
			if out, _ := c.reads(nil); out.Class != jobs.ClassAccepted || out.Attempts > 2 {
				t.Fatalf("%+v", out)
			}
		}
	})
}

// TestASecretThatLocksIsSentTwice: once more with another token, when each server knows that one; then it is wrong.
func TestASecretThatLocksIsSentTwice(t *testing.T) {
	t.Parallel()
	type request struct {
		n, token int
		old      time.Duration // the token
	}
	when := func(is func(request) bool, status, otherwise int) func(request) int {
		return func(r request) int {
			if is(r) {
				return status
			}
			return otherwise
		}
	}
	for name, test := range map[string]struct {
		status        func(request) int
		class         jobs.Class
		sends, tokens int
	}{
		"wrong":                        {func(request) int { return 401 }, jobs.ClassConfiguration, 2, 2},
		"forbidden":                    {func(request) int { return 403 }, jobs.ClassConfiguration, 1, 1},
		"a token that was revoked":     {when(func(r request) bool { return r.token == 1 }, 401, 200), jobs.ClassAccepted, 2, 2},
		"tokens that become known":     {when(func(r request) bool { return r.old < 2*time.Second }, 401, 200), jobs.ClassAccepted, 2, 2},
		"wrong, and busy in between":   {when(func(r request) bool { return r.n == 2 }, 503, 401), jobs.ClassConfiguration, 3, 2},
		"wrong, as the busy one found": {when(func(r request) bool { return r.n == 1 }, 503, 401), jobs.ClassConfiguration, 3, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			tokens, given, n := 0, time.Time{}, 0
			s := &script{token: func(number int) *http.Response {
				tokens, given = number, time.Now()
				return response(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, number))
			}}
			s.steps = []step{func(req *http.Request) (*http.Response, error) {
				leave(req)
				n++
				return response(test.status(request{n, tokens, time.Since(given)}), `[]`), nil
			}}
			c := s.open(t, func(o *toyOptions) { o.RetryFor = time.Minute })
			out, _ := c.reads(func(c *Call) { c.Locks = true })
			if out.Class != test.class || n != test.sends || tokens != test.tokens {
				t.Errorf("%s: %s after %d requests with %d tokens: %v", name, out.Class, n, tokens, out.Err)
			}
		})
	}
}

// TestAccountsHaveTheirOwnTokens within the limits of the connection, and a refused one is renewed for its account alone.
func TestAccountsHaveTheirOwnTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newGranting()
		s := &script{steps: []step{func(req *http.Request) (*http.Response, error) {
			if req.URL.Path == "/public/token" {
				return server.RoundTrip(req)
			}
			leave(req)
			switch req.Header.Get("Authorization") {
			case "Bearer access-1", "Bearer access-3":
				return response(401, ""), nil
			case "":
				return response(400, ""), nil
			}
			return response(200, `[]`), nil
		}}}
		c := s.open(t, func(o *toyOptions) { o.Keyed, o.RetryFor = true, time.Minute })
		a := c.Account(Rotating{Store: seatAt(newShelf(), server.password), TokenURL: tokenAddress,
			Username: "a", Password: server.password})
		b := c.Account(Rotating{Store: seatAt(newShelf(), server.password), TokenURL: tokenAddress,
			Username: "b", Password: server.password})
		for _, account := range []*Account{a, b, a, b} {
			if out, _ := c.reads(func(c *Call) { c.Account = account }); out.Class != jobs.ClassAccepted {
				t.Errorf("%+v", out)
			}
		}
		if server.passwords != 2 || server.refreshes != 2 || server.spent != 0 {
			t.Errorf("passwords %d, refreshes %d, spent %d", server.passwords, server.refreshes, server.spent)
		}
	})
}

// TestRateOfAMinute: in no 60 s more attempts than that arrive, over two jobs, their retries, and several processes, also where
// some are on their way for long and arrive together.
func TestRateOfAMinute(t *testing.T) {
	t.Parallel()
	for most, late := range map[int]time.Duration{30: 0, 31: 10 * time.Second, 32: 14 * time.Second, 33: 25 * time.Second} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			t.Parallel()
			wantRateOfAMinute(t, most, late)
		})
	}
	if _, err := Open(Options{Section: "partner", BaseURL: "https://api.example.test", RatePerMinute: 16}); err == nil ||
		!strings.Contains(err.Error(), "rate_per_minute is 16") {
		t.Errorf("%v", err)
	}
}

func wantRateOfAMinute(t *testing.T, most int, late time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var all []time.Time
		busy := func(req *http.Request) (*http.Response, error) {
			const often = 70 * time.Second
			if left := time.Until(time.Now().Truncate(often).Add(often)); left < late {
				time.Sleep(left)
			}
			mu.Lock()
			all = append(all, time.Now())
			n := len(all)
			mu.Unlock()
			if n%7 == 0 {
				return answers(503)(req)
			}
			return serves(`[]`)(req)
		}
		allowed := &ledgerOf{most: 4, held: map[int]int{}}
		var processes sync.WaitGroup
		for p := range 6 { // two at a time, and four more that follow
			processes.Go(func() {
				time.Sleep(time.Duration(p/2) * 100 * time.Second)
				s := &script{steps: []step{busy}}
				c := s.open(t, func(o *toyOptions) {
					o.MaxInFlight, o.Runs, o.RatePerMinute, o.RetryFor = 4, 2, most, time.Minute
					o.Allowance = &part{allowed, p}
				})
				end := time.Now().Add(90 * time.Second)
				var callers sync.WaitGroup
				for _, holder := range []string{"one job", "another"} {
					for range 3 {
						callers.Go(func() {
							for time.Now().Before(end) {
								c.reads(func(c *Call) { c.Holder = holder })
							}
						})
					}
				}
				callers.Wait()
				c.Close()
			})
		}
		processes.Wait()
		slices.SortFunc(all, time.Time.Compare)
		for i := range all {
			if last := i + most; last < len(all) && all[last].Sub(all[i]) < time.Minute {
				t.Fatalf("%d attempts within %v", most+1, all[last].Sub(all[i]))
			}
		}
		if len(all) < 5*(most-8)*2/3 {
			t.Errorf("only %d attempts in five minutes", len(all))
		}
	})
}

// ledgerOf parts requests among processes, half each of two.
type ledgerOf struct {
	mu   sync.Mutex
	most int
	held map[int]int
}

type part struct {
	*ledgerOf
	process int
}

func (p *part) Share(_ context.Context, uses int) (held, fair int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held[p.process] == 0 {
		p.held[p.process] = 0
	}
	fair = p.most / max(1, len(p.held))
	used := 0
	for process, n := range p.held {
		if process != p.process {
			used += n
		}
	}
	p.held[p.process] = max(uses, min(fair, p.most-used))
	return p.held[p.process], fair, nil
}

func (p *part) Leave(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, p.process)
	return nil
}
