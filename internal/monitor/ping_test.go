package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

const secretURL = "https://ping.example.test/4f1c-secret-uuid/done"

// site answers pings without sockets, so that time can be synctest's: each URL by its function.
type site struct {
	mu       sync.Mutex
	asked    []string // URLs
	at       []time.Time
	now, top int // pings under way, and the most of them
	answer   func(n int, request *http.Request) (*http.Response, error)
}

func (s *site) RoundTrip(request *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := len(s.asked)
	s.asked, s.at = append(s.asked, request.URL.String()), append(s.at, time.Now())
	s.now++
	s.top = max(s.top, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	return s.answer(n, request)
}

func replies(status int, headers ...string) (*http.Response, error) {
	r := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("OK"))}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r, nil
}

// says answers 200 with a text.
func says(text string) (*http.Response, error) {
	r, err := replies(200)
	r.Body = io.NopCloser(strings.NewReader(text))
	return r, err
}

// silent never answers.
func silent(_ int, request *http.Request) (*http.Response, error) {
	<-request.Context().Done()
	return nil, request.Context().Err()
}

func TestPing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(n int, request *http.Request) (*http.Response, error)
		tries  int
		took   time.Duration
		want   string
	}{
		"arrives": {func(int, *http.Request) (*http.Response, error) { return replies(200) }, 1, 0, ""},
		"arrives at the third try": {func(n int, _ *http.Request) (*http.Response, error) {
			return replies([]int{503, 429, 204}[n])
		}, 3, 12 * time.Second, ""},
		"limited by nginx and told so by healthchecks.io": {func(n int, _ *http.Request) (*http.Response, error) {
			return says([]string{"OK (rate limited)\n", "Rate limit exceeded", "OK"}[n])
		}, 3, 12 * time.Second, ""},
		"limited for ever": {func(int, *http.Request) (*http.Response, error) { return says("OK (rate limited)") }, 3, 12 * time.Second,
			"pinging: ignored: rate limited"},
		"unknown to healthchecks.io": {func(int, *http.Request) (*http.Response, error) { return says("OK (not found)") }, 1, 0,
			"pinging: ignored: it does not know this check"},
		"a page": {func(int, *http.Request) (*http.Response, error) {
			return says("<html>" + strings.Repeat("Our rate limits are generous. ", 20))
		}, 1, 0, ""},
		"unknown there": {func(int, *http.Request) (*http.Response, error) { return replies(404) }, 1, 0, "pinging: answered 404"},
		"in trouble":    {func(int, *http.Request) (*http.Response, error) { return replies(500) }, 3, 12 * time.Second, "pinging: answered 500"},
		"silent":        {silent, 3, 42 * time.Second, "pinging: no answer in time"},
		"broken": {func(int, *http.Request) (*http.Response, error) { return nil, errors.New("reading " + secretURL) },
			3, 12 * time.Second, "pinging: the connection failed"},
		"redirects elsewhere": {func(int, *http.Request) (*http.Response, error) {
			return replies(302, "Location", "https://elsewhere.example.test/4f1c-secret-uuid")
		}, 1, 0, "pinging: redirects to another host are not followed"},
		"redirects to plain http": {func(int, *http.Request) (*http.Response, error) {
			return replies(302, "Location", "http://ping.example.test/4f1c-secret-uuid")
		}, 1, 0, "pinging: redirects to another host are not followed"},
		"redirects within": {func(n int, _ *http.Request) (*http.Response, error) {
			return replies([]int{302, 200}[n], "Location", "/elsewhere")
		}, 2, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &site{answer: test.answer}
				p := newPinger(zerolog.Nop(), s)
				defer p.cancel()
				started := time.Now()
				err := p.Ping(t.Context(), secretURL)
				if err == nil && test.want != "" || err != nil && err.Error() != test.want {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if took := time.Since(started); took != test.took || len(s.asked) != test.tries {
					t.Errorf("%d tries in %v, want %d in %v", len(s.asked), took, test.tries, test.took)
				}
			})
		})
	}
}

func TestPingWithoutAWebAddress(t *testing.T) {
	t.Parallel()
	p := NewPinger(zerolog.Nop())
	defer p.cancel()
	for _, url := range []string{"ping.example.test/secret-uuid", "file:///secret-uuid", "https:///secret-uuid", "https://a b/secret-uuid",
		"%zz-secret-uuid"} {
		if err := p.Ping(t.Context(), url); err == nil || err.Error() != "pinging: the URL is not a web address" {
			t.Errorf("error %v", err)
		}
	}
}

// TestPingsOfOneJobKeepTheirOrder, although the first needs a second try; those of other jobs do not wait for them.
func TestPingsOfOneJobKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &site{answer: func(n int, _ *http.Request) (*http.Response, error) {
			if n == 0 {
				return replies(503)
			}
			return replies(200)
		}}
		p := newPinger(zerolog.Nop(), s)
		told := 0
		p.Go("paie", "started", "https://ping.example.test/paie/start", func() { told++ })
		synctest.Wait()
		p.Go("paie", "failed", "https://ping.example.test/paie/fail", func() { told++ })
		p.Go("dictionnaire", "done", "https://ping.example.test/dictionnaire", func() {})
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		want := []string{"https://ping.example.test/paie/start", "https://ping.example.test/dictionnaire",
			"https://ping.example.test/paie/start", "https://ping.example.test/paie/fail"}
		if !slices.Equal(s.asked, want) {
			t.Errorf("asked %v, want %v", s.asked, want)
		}
		if len(p.last) != 0 || p.pending != 0 {
			t.Errorf("%d jobs and %d pings are kept", len(p.last), p.pending)
		}
	})
}

// TestDoneOvertakes what of its job is not told yet: a watcher that limits pings must not keep it from what matters.
func TestDoneOvertakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &site{answer: func(_ int, request *http.Request) (*http.Response, error) {
			if strings.HasSuffix(request.URL.Path, "done") {
				return replies(200)
			}
			return says("OK (rate limited)")
		}}
		p := newPinger(zerolog.New(&log), s)
		started := time.Now()
		for _, event := range []string{"started", "failed"} {
			p.Go("paie", event, "https://ping.example.test/paie/"+event, func() { t.Errorf("%s was told", event) })
		}
		synctest.Wait()
		told := false
		p.Go("paie", "done", "https://ping.example.test/paie/done", func() { told = true })
		if err := p.Wait(t.Context()); err != nil || !told || time.Since(started) != 0 {
			t.Errorf("done was told: %v, after %v; %v", told, time.Since(started), err)
		}
		if log.Len() > 0 {
			t.Errorf("logged %s", log.String())
		}
	})
}

// TestManyPings: few at once, and the surplus is dropped with a warning that does not contain the URL.
func TestManyPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &site{answer: func(int, *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return replies(200)
		}}
		p := newPinger(zerolog.New(&log), s)
		for i := range maxPings + 1 {
			p.Go(fmt.Sprint("job-", i), "started", secretURL, func() {})
		}
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		p.Go("late", "done", secretURL, func() {})
		if s.top != pingsAtOnce || len(s.asked) != maxPings {
			t.Errorf("%d pings, %d at once", len(s.asked), s.top)
		}
		const problem = `"error":"pinging: not sent: too many wait, or the daemon ends","message":"ping not delivered"}` + "\n"
		want := `{"level":"warn","job":"job-256","event":"started",` + problem + `{"level":"warn","job":"late","event":"done",` + problem
		if log.String() != want {
			t.Errorf("logged %s\nwant %s", log.String(), want)
		}
	})
}

// TestWaitBreaksPingsOff when its time is over.
func TestWaitBreaksPingsOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := newPinger(zerolog.New(&log), &site{answer: silent})
		p.Go("paie", "started", secretURL, func() {})
		p.Go("paie", "failed", secretURL, func() {})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		started := time.Now()
		if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != 3*time.Second {
			t.Errorf("error %v after %v", err, time.Since(started))
		}
		if n := strings.Count(log.String(), `"error":"pinging: broken off"`); n != 2 || strings.Contains(log.String(), "secret") {
			t.Errorf("logged %s", log.String())
		}
	})
}
