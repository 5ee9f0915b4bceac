package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Rotating is the grant of a user's password, in JSON, whose refresh tokens work once. The pairs are kept by a store that all
// processes share; of these one at a time asks for a new one:
//
//	look    a token that is good, and was not handed out before, is used
//	take    else: who asks has the grant, and the refresh token counts as spent, before anything leaves
//	ask     the refresh token unless it was spent before; else the password, unless that was refused
//	keep    the new pair is stored, and only then used; one that is not stored is thrown away
//
// Whoever is stopped on the way, for however long, sends nothing once half of the lease has passed: then another may ask, who
// finds the refresh token spent. A refused password is never sent again, and one whose answers get lost a few times a day, for
// who knows whether they refused.
type Rotating struct {
	Store              jobs.GrantStore
	TokenURL           string
	Username, Password string
	Headers            []Fixed     // of the calls for tokens
	Next               hinted.Fact // the next step where a password is refused; zero = that of the words

	wait func(context.Context) error // for the rate limit
}

// String is who asks, and where.
func (r Rotating) String() string { return r.Username + " at " + r.TokenURL }

// GoString is String, for %#v.
func (r Rotating) GoString() string { return r.String() }

const (
	grantLease   = time.Minute            // how long one process may ask
	grantPoll    = 250 * time.Millisecond // how often others look meanwhile
	grantTries   = 3                      // how often is asked without an answer
	grantTriedIn = 24 * time.Hour         // in so long
	// lifeUntold is taken where an answer tells no life.
	lifeUntold = time.Hour
)

// rotating is the grant as one connection uses it.
type rotating struct {
	Rotating
	mu      sync.Mutex
	used    string // the token that was handed out last: whoever asks again wants another one
	refused bool   // the password, whether or not the store knows by now
	version int64  // that was kept when it was: one that came since was granted for it
}

// Address implements Grant.
func (r *rotating) Address() string { return r.TokenURL }

// Secrets implements Grant.
func (r *rotating) Secrets() []string {
	secrets := []string{r.Password}
	for _, h := range r.Headers {
		secrets = append(secrets, h.Value)
	}
	return secrets
}

// Token implements Grant.
func (r *rotating) Token(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		grant, err := r.Store.Look(ctx)
		if err != nil {
			return nil, r.unkept(err)
		}
		if r.fresh(grant.Pair) {
			return r.use(grant.Pair), nil
		}
		if err := r.barred(&grant); err != nil {
			return nil, err
		}
		if err := r.wait(ctx); err != nil {
			return nil, err
		}
		asked := time.Now()
		held, err := r.Store.Take(ctx, grant.Version, grantLease)
		switch {
		case err == nil:
			return r.renew(ctx, client, held, asked)
		case !errors.Is(err, jobs.ErrGrantHeld):
			return nil, r.unkept(err)
		}
		select {
		case <-time.After(grantPoll):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fresh reports whether a pair is worth a call.
func (r *rotating) fresh(p jobs.Pair) bool {
	return p.Access != "" && p.Access != r.used && time.Now().Before(p.AccessUntil)
}

// refreshes reports whether a refresh token may be sent.
func refreshes(g *jobs.Grant) bool {
	return g.Refresh != "" && !g.Spent && (g.RefreshUntil.IsZero() || time.Now().Before(g.RefreshUntil))
}

func (r *rotating) use(p jobs.Pair) *oauth2.Token {
	r.used = p.Access
	return &oauth2.Token{AccessToken: p.Access, Expiry: p.AccessUntil}
}

// barred tells why nothing may be asked; nil = something may.
func (r *rotating) barred(g *jobs.Grant) error {
	switch {
	case refreshes(g):
		return nil
	case g.Refused || r.refused && r.version == g.Version:
		return r.refusedPassword()
	case g.Tries >= grantTries && time.Since(g.TriedAt) < grantTriedIn:
		return r.told(jobs.ClassConfiguration, hinted.Say("call.grant-unanswered", "tries", g.Tries))
	}
	return nil
}

func (r *rotating) refusedPassword() *jobs.CallError {
	refused := r.told(jobs.ClassConfiguration, hinted.Say("call.password-refused"))
	refused.Definite, refused.Cause = true, jobs.Because(jobs.CauseKey)
	if r.Next.Code != "" {
		refused.Tell(refused.What, r.Next)
	}
	return refused
}

func (r *rotating) told(class jobs.Class, what hinted.Fact) *jobs.CallError {
	return jobs.Troubled(class, tokenCall, what)
}

// unkept is a store that does not answer: the call may be tried again.
func (r *rotating) unkept(err error) error {
	return errors.Join(r.told(jobs.ClassTemporary, hinted.Say("call.grant-unkept")), err)
}

// renew asks for a new pair, as the holder.
func (r *rotating) renew(ctx context.Context, client *http.Client, held jobs.Grant, asked time.Time) (*oauth2.Token, error) {
	asking, cancel := context.WithDeadline(ctx, asked.Add(grantLease/2))
	defer cancel()
	pair, end, err := r.ask(asking, client, &held, asked)
	if err != nil {
		if end.Refused {
			r.refused, r.version = true, held.Version
		}
		r.release(ctx, held, end)
		return nil, err
	}
	if err := r.keep(ctx, held, pair, asked); err != nil {
		return nil, r.unkept(err) // somebody else took it meanwhile, or nobody knows: this pair is used by nobody
	}
	return r.use(pair), nil
}

// lastWords is how long what is to be known is told to the store after everything else has ended.
const lastWords = 5 * time.Second

// keep stores a pair. The partner gives nobody that one again, so the store is asked for as long as nobody else may take the
// grant: a holder can keep one pair of a version, so that asking often keeps it once.
func (r *rotating) keep(ctx context.Context, held jobs.Grant, pair jobs.Pair, asked time.Time) error {
	keeping, cancel := context.WithDeadline(context.WithoutCancel(ctx), asked.Add(grantLease))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, cancel) })()
	for {
		err := r.Store.Keep(keeping, held, pair)
		if errors.Is(err, jobs.ErrGrantHeld) {
			// Perhaps by us: the answer to an earlier attempt got lost.
			if now, unknown := r.Store.Look(keeping); unknown == nil && now.Access == pair.Access {
				return nil
			}
			return err
		}
		if err == nil || jobs.Elapsed(asked) >= grantLease {
			return err
		}
		select {
		case <-time.After(grantPoll):
		case <-keeping.Done():
			return err
		}
	}
}

// release is tried a little longer than the call: what was refused is to be known.
func (r *rotating) release(ctx context.Context, held jobs.Grant, end jobs.GrantEnd) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	_ = r.Store.Release(ctx, held, end) // the lease ends by itself
}

// ask tries the refresh token, where it may be sent, and the password where that was refused.
func (r *rotating) ask(ctx context.Context, client *http.Client, held *jobs.Grant, asked time.Time) (pair jobs.Pair,
	end jobs.GrantEnd, err error) {
	if refreshes(held) {
		pair, end, err = r.request(ctx, client, asked, asking{Type: "refresh_token", Refresh: held.Refresh})
		if err == nil || !isInvalidGrant(err) {
			return pair, end, err
		}
		held.Spent = true
	}
	if err := r.barred(held); err != nil {
		return pair, end, err
	}
	if err := r.wait(ctx); err != nil {
		return pair, end, err
	}
	again, next, err := r.request(ctx, client, asked, asking{Type: "password", Username: r.Username, Password: r.Password})
	next.Answered = next.Answered || end.Answered && !next.Left // else this request is the one that nobody answered
	next.Left = next.Left || end.Left
	if err != nil && refusesPassword(err) {
		next.Refused = true
		err = r.refusedPassword()
	}
	return again, next, err
}

func retrieved(err error) (status int, code string) {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refused.Response.StatusCode, refused.ErrorCode
	}
	return 0, ""
}

func isInvalidGrant(err error) bool {
	_, code := retrieved(err)
	return code == "invalid_grant"
}

// refusesPassword reports whether an answer may count against the account: whatever refuses without saying that it is something
// else. Trying a password that was refused locks accounts.
func refusesPassword(err error) bool {
	switch status, code := retrieved(err); code {
	case "invalid_grant":
		return true
	case "":
		return status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden
	}
	return false
}

// asking is the body of a call for a token.
type asking struct {
	Type     string `json:"grant_type"`
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	Refresh  string `json:"refresh_token,omitempty"`
}

// request asks for a pair. What it answers to the question whether anything left is certain: nothing is sent after half of the
// lease, by whichever clock.
func (r *rotating) request(ctx context.Context, client *http.Client, asked time.Time, body asking) (pair jobs.Pair,
	end jobs.GrantEnd, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return pair, end, err
	}
	var sent wire
	req, err := http.NewRequestWithContext(sent.watch(ctx), http.MethodPost, r.TokenURL, bytes.NewReader(text))
	if err != nil {
		return pair, end, r.told(jobs.ClassConfiguration, hinted.Say("call.not-web", "key", "token_url"))
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range r.Headers {
		req.Header[http.CanonicalHeaderKey(h.Name)] = []string{h.Value}
	}
	if jobs.Elapsed(asked) >= grantLease/2 {
		return pair, end, r.told(jobs.ClassTemporary, hinted.Say("call.grant-late"))
	}
	response, err := client.Do(req)
	if err != nil {
		end.Left = sent.left.Load()
		return pair, end, err
	}
	defer response.Body.Close()
	end.Left, end.Answered = true, true
	pair, err = pairIn(response, time.Now())
	return pair, end, err
}

// pairIn reads an answer, of which the client has left what is known, and nothing else.
func pairIn(response *http.Response, now time.Time) (jobs.Pair, error) {
	var told struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Seconds int64  `json:"expires_in"`
		Error   string `json:"error"`
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswer))
	isJSON := err == nil && json.Unmarshal(text, &told) == nil
	if response.StatusCode/100 != 2 || told.Error != "" {
		return jobs.Pair{}, &oauth2.RetrieveError{Response: response, ErrorCode: told.Error}
	}
	if !isJSON || told.Access == "" {
		return jobs.Pair{}, errors.New("no token") // what else it is, nobody says
	}
	life := lifeUntold
	if told.Seconds != 0 {
		life = min(max(time.Duration(told.Seconds)*time.Second, minLifetime), maxLifetime)
	}
	return jobs.Pair{Access: told.Access, Refresh: told.Refresh, AccessUntil: now.Add(life)}, nil
}
