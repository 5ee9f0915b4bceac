package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	pingTimeout = 10 * time.Second // of one try
	maxRedirect = 3
)

// pingPauses are those before the second and the third try.
var pingPauses = []time.Duration{2 * time.Second, 10 * time.Second}

var errElsewhere = errors.New("redirects to another host are not followed")

// pingError is why a ping did not arrive. Its text never contains the URL, which is a secret.
type pingError struct {
	problem string
	passing bool // another try may help
}

func (e *pingError) Error() string { return "pinging: " + e.problem }

// Ping asks a URL by GET, up to three times when the trouble may pass. Any 2xx is success.
func (p *Pinger) Ping(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil || request.URL.Host == "" || request.URL.Scheme != "https" && request.URL.Scheme != "http" {
		return &pingError{problem: "the URL is not a web address"}
	}
	request.Header.Set("User-Agent", "syncd")
	for try := 0; ; try++ {
		failure := p.try(request)
		if failure == nil {
			return nil
		}
		if !failure.passing || try == len(pingPauses) || !pause(ctx, pingPauses[try]) {
			return failure
		}
	}
}

// try makes one attempt; nil = it arrived.
func (p *Pinger) try(request *http.Request) *pingError {
	response, err := p.client.Do(request)
	if err != nil {
		return pingTrouble(request.Context(), err)
	}
	// What cannot be read of the answer is no failure.
	text, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	status := response.StatusCode
	if status/100 == 2 {
		return refusedBy(text)
	}
	return &pingError{
		problem: fmt.Sprintf("answered %d", status),
		passing: status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout,
	}
}

// longestRefusal is longer than what services say that speak to programs: a page for people may contain any words.
const longestRefusal = 200

// refusedBy tells the success that is none: healthchecks.io answers 200 "OK (rate limited)" and "OK (not found)" to pings that
// it ignores (https://healthchecks.io/docs/http_api/).
func refusedBy(text []byte) *pingError {
	said := strings.ToLower(strings.TrimSpace(string(text)))
	switch {
	case len(said) > longestRefusal:
	case strings.Contains(said, "rate limit"), strings.Contains(said, "rate-limit"), strings.Contains(said, "too many requests"):
		return &pingError{problem: "ignored: rate limited", passing: true}
	case said == "ok (not found)":
		return &pingError{problem: "ignored: it does not know this check"}
	}
	return nil
}

// pingTrouble words an attempt without an answer: the errors of net/http quote the URL.
func pingTrouble(ctx context.Context, err error) *pingError {
	var network net.Error
	var name *net.DNSError
	switch {
	case errors.Is(err, errElsewhere):
		return &pingError{problem: errElsewhere.Error()}
	case ctx.Err() != nil:
		return &pingError{problem: "broken off"}
	case errors.As(err, &name):
		return &pingError{problem: "the host name cannot be resolved", passing: true}
	case errors.As(err, &network) && network.Timeout():
		return &pingError{problem: "no answer in time", passing: true}
	}
	return &pingError{problem: "the connection failed", passing: true}
}

// pingClient follows a redirect only within the host: the path of the URL is a secret of that host.
func pingClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transport,
		Timeout:   pingTimeout,
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme || len(via) > maxRedirect {
				return errElsewhere
			}
			return nil
		},
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
