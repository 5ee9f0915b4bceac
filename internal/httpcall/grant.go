package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// Grant obtains access tokens. The connection keeps the token that it got until shortly before its end, asks for one at a
// time, and drops one that the API refuses.
type Grant interface {
	// Address is the URL where tokens are asked for.
	Address() string
	// Secrets are what an answer may not show of it.
	Secrets() []string
	// Token asks for a new token through client, which keeps the limits of the connection and follows no redirect. Its error
	// is one of x/oauth2, and says why by type, or a
	// *jobs.CallError.
	Token(ctx context.Context, client *http.Client) (*oauth2.Token, error)
}

// ClientCredentials is the grant of RFC 6749, section 4.4, with the client's secret in the body.
type ClientCredentials struct {
	TokenURL     string
	ClientID     string
	ClientSecret string
	Scope        string // "" = none is asked for
}

// String is where tokens are asked for, and by whom: the secret is nobody's business.
func (g ClientCredentials) String() string { return g.ClientID + " at " + g.TokenURL }

// GoString is String, for %#v.
func (g ClientCredentials) GoString() string { return g.String() }

// Address implements Grant.
func (g ClientCredentials) Address() string { return g.TokenURL }

// Secrets implements Grant.
func (g ClientCredentials) Secrets() []string { return []string{g.ClientSecret} }

// Token implements Grant.
func (g ClientCredentials) Token(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	asked := clientcredentials.Config{ClientID: g.ClientID, ClientSecret: g.ClientSecret, TokenURL: g.TokenURL,
		AuthStyle: oauth2.AuthStyleInParams}
	if g.Scope != "" {
		asked.Scopes = []string{g.Scope}
	}
	return asked.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
}

const tokenCall = "token"

// refusal is a token that was not given. Its text is that of the CallError: it never quotes the errors of x/oauth2,
// which contain bodies, secrets and URLs.
type refusal struct {
	jobs.CallError
	cooling time.Duration // until the next one is asked for; 0 = at once
}

// tokenClient is the client of the token endpoint: no redirect is followed, which would carry the secret elsewhere.
func tokenClient(o *Options, transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     tokenTransport{transport, o.UserAgent, o.Observe},
		Timeout:       o.RequestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// tokenTransport reads the whole answer before x/oauth2 sees it: an answer that breaks off is then a *url.Error as any
// other connection trouble, not one of the untyped errors that stand for an answer that is no token.
type tokenTransport struct {
	http.RoundTripper
	userAgent string
	observe   func(Attempt)
}

func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	started := time.Now()
	answer, err := t.exchange(req)
	outcome := failedOutcome(err)
	if err == nil {
		outcome = statusOutcome(answer.StatusCode)
	}
	t.observe(Attempt{Endpoint: tokenCall, Outcome: outcome, Duration: time.Since(started)})
	return answer, err
}

func (t tokenTransport) exchange(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context()) // a RoundTripper must not change the request it is given
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", t.userAgent)
	answer, err := t.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := readBody(answer, MaxAnswer)
	if closeErr := answer.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, hinted.While("reading the token", err)
	}
	if meaningOf(answer.StatusCode).token == jobs.ClassConfiguration && answer.StatusCode/100 == 2 {
		body = nil // whatever x/oauth2 would read there: this status gives no token
	}
	if plain, isJSON := plainToken(body); isJSON { // x/oauth2 reads JSON labelled text/plain as a form
		answer.Header.Set("Content-Type", "application/json")
		body = plain
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// plainToken is a token's answer in JSON with what x/oauth2 reads of it, each member of the kind that it has to be: it takes
// one in an odd form, even one that it does not use, for an answer that is no token.
func plainToken(body []byte) (plain []byte, isJSON bool) {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return nil, false
	}
	document, err := decode(body)
	if err != nil {
		return body, true
	}
	members := map[string]any{}
	for _, name := range []string{"access_token", "refresh_token", "token_type", "error", "error_description"} {
		if text, isText := foldMember(asObject(document), name).(string); isText {
			members[name] = text
		}
	}
	if seconds := wholeSeconds(foldMember(asObject(document), "expires_in")); seconds != 0 {
		members["expires_in"] = seconds
	}
	plain, err = json.Marshal(members)
	return plain, err == nil
}

// wholeSeconds reads a life; 0 = none is told in a form that can be read.
func wholeSeconds(value any) int64 {
	seconds, err := strconv.ParseFloat(textOf(value), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(seconds) {
		return 0
	}
	most := maxLifetime.Seconds()
	return int64(max(-most, min(seconds, most)))
}

// tokenRefusal classifies a failure of x/oauth2 by its `error` member first, for servers answer 400 or 401 alike.
func (o *Options) tokenRefusal(err error, own bool) *refusal {
	var told *jobs.CallError
	if errors.As(err, &told) {
		return &refusal{CallError: *told}
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		r := o.refusedToken(refused)
		if own && r.Class == jobs.ClassConfiguration {
			r.Cause = nil
			r.Tell(r.What, hinted.Say("call.check-own-token", "table", o.Section))
		}
		return r
	}
	var network *url.Error
	if errors.As(err, &network) {
		key := "token_url"
		if own {
			key = "base_url"
		}
		trouble := o.connectionTrouble(network.Err, o.setting(key))
		trouble.Call = tokenCall
		return &refusal{CallError: trouble}
	}
	return o.notAToken(own)
}

func (o *Options) notAToken(own bool) *refusal {
	r := &refusal{CallError: jobs.CallError{Class: jobs.ClassConfiguration, Call: tokenCall, Cause: jobs.Because(jobs.CauseAddress)}}
	next := "call.check-token-url"
	if own {
		next = "call.check-address"
	}
	r.Tell(hinted.Say("call.no-token"), hinted.Say(next, "table", o.Section))
	return r
}

// tokenHint tells what to do about the refusals of RFC 6749, section 5.2, that no retry cures; zero = it is none of them.
func (o *Options) tokenHint(code string) hinted.Fact {
	known := map[string]string{"invalid_client": "call.check-client", "invalid_scope": "call.check-scope",
		"unauthorized_client": "call.allow-client", "unsupported_grant_type": "call.check-grant"}
	if known[code] == "" {
		return hinted.Fact{}
	}
	return hinted.Say(known[code], "table", o.Section)
}

func (o *Options) refusedToken(refused *oauth2.RetrieveError) *refusal {
	status := refused.Response.StatusCode
	r := &refusal{CallError: jobs.CallError{Class: meaningOf(status).token, Call: tokenCall, Status: status}}
	code := safeCode(refused.ErrorCode)
	next := o.tokenHint(code)
	if code == "invalid_client" || code == "unauthorized_client" {
		r.Cause = jobs.Because(jobs.CauseClient)
	}
	switch {
	case next.Code != "":
		r.Class, r.Definite = jobs.ClassConfiguration, true
	case code == "temporarily_unavailable" || code == "server_error" || code == "slow_down":
		r.Class = jobs.ClassTemporary
	}
	what := hinted.Say("call.token-refused", "status", statusText(status))
	if code != "" {
		what = hinted.Say("call.token-refused-for", "code", code, "status", statusText(status))
	}
	switch {
	case r.Class == jobs.ClassTemporary:
		next = later()
		r.RetryAfter, _ = retryAfter(refused.Response.Header, time.Now())
	case next.Code == "":
		next = hinted.Say("call.check-token", "table", o.Section)
	}
	r.Tell(what, next)
	return r
}

var codeWords = lazyregexp.New(`^[a-z_]{1,40}$`)

// safeCode is an error code that can be shown; anything that is no short word is dropped, for a server could put
// anything there.
func safeCode(code string) string {
	if codeWords().MatchString(code) {
		return code
	}
	return ""
}
