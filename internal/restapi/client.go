// Package restapi is the HTTP client of the partners: authentication, limits, retries, and the one place where an
// answer is given its class. Isidoor is the first partner; its calls are in isidoor.go, and readback.go asks it what it
// holds.
//
// A call goes top to bottom through three files: isidoor.go says what is asked (operation), retry.go repeats attempts
// while that makes sense (perform), attempt.go makes one attempt (slot, rate, token, request) and outcome.go judges
// its answer; settle.go looks for a refusal inside a 2xx where the configuration says how. describe.go fetches the
// contract that the API publishes, and adopt.go lets it fill in what the configuration leaves open.
//
// Nothing that this package returns or logs holds a URL, a header, a token, a secret or a document: errors are worded
// here and never quote those of net/http or x/oauth2, which do.
package restapi

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/time/rate"

	"syncd/internal/jobs"
	"syncd/internal/share"
)

// Connection is one client at one host. All its dossiers share one token, one rate limit and one limit of requests in
// flight. It is safe for concurrent use.
type Connection struct {
	options   Options
	query     string // that goes with every call, escaped
	calls     atomic.Pointer[calls]
	transport http.RoundTripper
	tokens    *tokens
	limiter   *rate.Limiter
	slots     *share.Pool // of requests in flight: see slots.go
	allowance *allowance  // this process's share of them; nil = it has all
	closeIdle func()
}

// Open checks the options and prepares the connection; nothing is sent yet. Close it after its last call.
func Open(o Options) (*Connection, error) {
	o = o.withDefaults()
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	c, err := open(o, transport)
	if err != nil {
		return nil, err
	}
	if err := transport.checkProxies(o); err != nil {
		return nil, err
	}
	c.closeIdle = transport.close
	if o.Allowance != nil {
		c.allowance = shareLimits(c)
	}
	return c, nil
}

func open(o Options, transport http.RoundTripper) (*Connection, error) {
	first, err := o.check()
	if err != nil {
		return nil, err
	}
	limit := rate.Inf
	if o.RatePerSecond > 0 {
		limit = rate.Limit(o.RatePerSecond)
	}
	c := &Connection{
		options:   o,
		query:     o.fixedQuery(),
		transport: transport,
		tokens: newTokens(o.Log, tokenClient(o, transport), clientcredentials.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL,
			Scopes: scopes(o.Scope), AuthStyle: oauth2.AuthStyleInParams,
		}),
		limiter:   rate.NewLimiter(limit, max(1, o.MaxInFlight)),
		slots:     share.New(o.MaxInFlight, o.Runs, 1),
		closeIdle: func() {},
	}
	c.tokens.retryAfterCap = o.RetryAfterCap
	c.calls.Store(first)
	return c, nil
}

// Dossier gives the API of the dossier that key opens. A key that cannot be sent is reported by each call. Each one
// keeps the shape of its first call (see Adopt): take one for each run.
func (c *Connection) Dossier(key string) jobs.API { return newDossier(c, key) }

// Close ends a renewal under way and closes idle connections. No call may be running or follow.
func (c *Connection) Close() {
	c.allowance.close()
	c.tokens.close()
	c.closeIdle()
}

func scopes(scope string) []string {
	if scope == "" {
		return nil
	}
	return []string{scope}
}

// hinted is a mistake of the user with the next step.
func hinted(hint, format string, args ...any) error {
	return fmt.Errorf("%w\nhint: %s", fmt.Errorf(format, args...), hint)
}
