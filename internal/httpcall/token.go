package httpcall

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"syncd/internal/jobs"
)

const (
	defaultLifetime = time.Hour      // when expires_in is missing, which x/oauth2 takes for "never"
	minLifetime     = time.Second    // whatever the server says, so that a token is used at least once
	maxLifetime     = 24 * time.Hour // so that a revoked client is noticed
	maxEarly        = time.Minute    // a token is renewed this long, or a tenth of its life, before its end

	permanentCoolDown = 30 * time.Second // a refused client is not asked for again sooner: servers lock clients out
)

// token is an access token. Its number tells it from its successors, even from one with the same value.
type token struct {
	value   string
	number  uint64
	given   time.Time
	renewAt time.Time
	expires time.Time
	worked  *atomic.Bool // the API accepted a call that carried it
}

// tokens keeps the one token that all calls of a connection share. At most one renewal is under way, in a goroutine
// of its own: callers whose token is still good do not wait for it, and one that gives up does not stop it for others.
// A failure is remembered until its cool-down ends and answers everyone meanwhile.
type tokens struct {
	options *Options // of the connection
	own     bool     // they are a user's own: there is no client, and they are asked for below base_url
	fetch   func() (*oauth2.Token, error)
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu        sync.Mutex
	current   token         // zero = none
	issued    uint64        // tokens received so far
	renewal   chan struct{} // closed at the end of the renewal under way; nil = none
	failure   *refusal      // of the last renewal; nil = it succeeded
	failures  int           // temporary ones in a row
	coolUntil time.Time
}

// newTokens gives nil where there is no grant: then there is no token, and none to wait for.
func newTokens(o *Options, grant Grant, transport http.RoundTripper) *tokens {
	if grant == nil {
		return nil
	}
	client := tokenClient(o, transport)
	_, own := grant.(*rotating)
	ctx, stop := context.WithCancel(context.Background())
	return &tokens{
		options: o,
		own:     own,
		fetch:   func() (*oauth2.Token, error) { return grant.Token(ctx, client) },
		stop:    stop,
	}
}

// Account is somebody at the partner whose calls carry a token of their own. The connection's limits are for all of them
// together.
type Account struct{ tokens *tokens }

// Account makes one. It is closed with the connection. Its grant asks at the API's own host, so it keeps the rate limit; the slot
// is that of the call that waits for the token.
func (c *Connection) Account(grant Rotating) *Account {
	grant.wait = c.turn
	a := &Account{newTokens(&c.options, &rotating{Rotating: grant}, c.transport)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accounts = append(c.accounts, a)
	return a
}

// tokensOf are those that a call carries one of; nil = it carries none.
func (c *Connection) tokensOf(op *Call) *tokens {
	if op.Account != nil {
		return op.Account.tokens
	}
	return c.tokens
}

// get gives a token that is valid now, waiting for a renewal where it must. Its error is a *refusal, or that of ctx.
func (t *tokens) get(ctx context.Context) (token, error) {
	if t == nil {
		return token{}, nil
	}
	for {
		current, wait, err := t.look(time.Now())
		if wait == nil {
			return current, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return token{}, ctx.Err()
		}
	}
}

// look decides for one caller: a token, a failure, or a renewal to wait for.
func (t *tokens) look(now time.Time) (token, <-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.current.renewAt) {
		return t.current, nil, nil
	}
	valid := now.Before(t.current.expires)
	cooling := t.failure != nil && now.Before(t.coolUntil)
	if !cooling && t.renewal == nil {
		t.renewal = make(chan struct{})
		t.work.Go(t.renew)
	}
	switch {
	case valid:
		return t.current, nil, nil
	case t.renewal != nil:
		return token{}, t.renewal, nil
	default:
		remembered := *t.failure
		remembered.cooling = t.coolUntil.Sub(now)
		if remembered.RetryAfter > 0 {
			remembered.RetryAfter = remembered.cooling
		}
		return token{}, nil, &remembered
	}
}

// reject drops a token that the API refused, so that the next call gets another. Of many calls that were refused with
// one token only the first has an effect.
func (t *tokens) reject(used token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.number == used.number {
		t.current = token{}
	}
}

func (t *tokens) renew() {
	started := time.Now()
	fresh, err := t.fetch()
	now := time.Now()

	t.mu.Lock()
	defer t.mu.Unlock()
	defer close(t.renewal)
	defer func() { t.renewal = nil }()
	switch {
	case err != nil:
		t.failed(t.options.tokenRefusal(err, t.own), now)
	case !IsHeaderValue(fresh.AccessToken):
		t.failed(t.options.notAToken(t.own), now)
	default:
		t.succeeded(fresh, now)
	}
	t.logRenewal(now.Sub(started))
}

func (t *tokens) succeeded(fresh *oauth2.Token, now time.Time) {
	life := defaultLifetime
	if !fresh.Expiry.IsZero() {
		life = min(max(fresh.Expiry.Sub(now), minLifetime), maxLifetime)
	}
	t.issued++
	t.current = token{
		value:   fresh.AccessToken,
		number:  t.issued,
		given:   now,
		renewAt: now.Add(life - min(maxEarly, life/10)),
		expires: now.Add(life),
		worked:  new(atomic.Bool),
	}
	t.failure, t.failures = nil, 0
}

// failed starts the cool-down: fixed for a refused client, growing from one temporary failure to the next. The calls
// that need the token repeat it as they repeat their own temporary failures.
func (t *tokens) failed(r *refusal, now time.Time) {
	t.failure = r
	if r.Class == jobs.ClassConfiguration {
		t.coolUntil = now.Add(permanentCoolDown)
		return
	}
	tellPause(&r.CallError, t.options.RetryAfterCap)
	t.coolUntil = now.Add(max(r.RetryAfter, backoff(t.failures, rand.N)))
	t.failures++
}

func (t *tokens) logRenewal(took time.Duration) {
	if t.failure != nil {
		t.options.Log.Warn().Int("status", t.failure.Status).Str("class", string(t.failure.Class)).
			Str("problem", t.failure.Problem).Dur("took_ms", took).Msg("token not renewed")
		return
	}
	t.options.Log.Debug().Time("valid_until", t.current.expires).Dur("took_ms", took).Msg("token renewed")
}

// close ends a renewal under way.
func (t *tokens) close() {
	if t != nil {
		t.stop()
		t.work.Wait()
	}
}
