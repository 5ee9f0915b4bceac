package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// tokens are the Bearer tokens in force.
type tokens struct {
	lifetime time.Duration
	mu       sync.RWMutex
	given    map[string]givenToken
}

// givenToken is a token's end, and whom it was given to, where that matters.
type givenToken struct {
	end    time.Time
	holder string
}

func (t *tokens) issue(holder string, life time.Duration) string {
	token := "sandbox-" + rand.Text() + rand.Text()
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.given == nil {
		t.given = map[string]givenToken{}
	}
	maps.DeleteFunc(t.given, func(_ string, g givenToken) bool { return !now.Before(g.end) })
	t.given[token] = givenToken{now.Add(life), holder}
	return token
}

// look is whose a token is, and whether it is valid.
func (t *tokens) look(token string) (holder string, valid bool) {
	t.mu.RLock()
	g, known := t.given[token]
	t.mu.RUnlock()
	return g.holder, known && time.Now().Before(g.end)
}

func (t *tokens) revokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.given)
}

// serveToken is as strict as the documentation allows one to be: everything in a form body, nothing in a Basic header,
// grant and scope exactly as published. Errors have IdentityServer's form, always with status 400.
func (s *Server) serveToken(c Call) *Answer {
	form, problem := tokenForm(c)
	if problem == "" {
		problem = s.checkGrant(form)
	}
	if problem != "" {
		return tokenAnswer(http.StatusBadRequest, map[string]any{"error": problem})
	}
	token, life := s.Issue("")
	return tokenAnswer(http.StatusOK, map[string]any{
		"access_token": token,
		"expires_in":   int(life / time.Second),
		"token_type":   "Bearer",
		"scope":        s.api.Scope,
	})
}

// Issue gives a token to somebody, and tells how long it lives.
func (s *Server) Issue(holder string) (token string, life time.Duration) {
	life = s.tokens.lifetime
	if expire := time.Duration(s.chaos.faults.Load().Expire); expire > 0 {
		life = max(expire.Truncate(time.Second), time.Second)
	}
	s.stats.add(func(t *Stats) { t.TokensIssued++ })
	return s.tokens.issue(holder, life), life
}

// HolderOf is to whom the token that a call carries was given.
func (s *Server) HolderOf(c Call) string {
	holder, _ := s.tokens.look(bearer(c))
	return holder
}

func bearer(c Call) string {
	token, isBearer := strings.CutPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
	if !isBearer {
		return ""
	}
	return token
}

func tokenAnswer(status int, members map[string]any) *Answer {
	body, err := json.Marshal(members)
	if err != nil {
		panic("sandbox: rendering JSON: " + err.Error()) // texts and numbers always render
	}
	return &Answer{Status: status, Body: body, Header: map[string]string{
		"Cache-Control": "no-store, no-cache, max-age=0",
		"Pragma":        "no-cache",
	}}
}

// tokenForm reads the body, never the URL. The second value is an OAuth error code, "" when all is well.
func tokenForm(c Call) (url.Values, string) {
	mediaType, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if c.Request.Method != http.MethodPost || err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, "invalid_request"
	}
	if c.Request.Header.Get("Authorization") != "" {
		return nil, "invalid_client"
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return nil, "invalid_request"
	}
	for _, values := range form {
		if len(values) != 1 {
			return nil, "invalid_request"
		}
	}
	return form, ""
}

func (s *Server) checkGrant(form url.Values) string {
	switch {
	case form.Get("client_id") != s.config.ClientID || form.Get("client_secret") != s.config.ClientSecret:
		return "invalid_client"
	case form.Get("grant_type") != "client_credentials":
		return "unsupported_grant_type"
	case s.api.Scope != "" && form.Get("scope") != s.api.Scope:
		return "invalid_scope"
	}
	return ""
}

// Authorize is nil for a call that carries a valid token; else the refusal.
func (s *Server) Authorize(c Call) *Answer {
	_, valid := s.tokens.look(bearer(c))
	if valid && s.revokeNow() {
		s.tokens.revokeAll()
		valid = false
	}
	if valid {
		return nil
	}
	refusal := s.api.Message(http.StatusUnauthorized, "Authorization has been denied for this request.")
	refusal.Header = map[string]string{"WWW-Authenticate": "Bearer"}
	return refusal
}

// revokeNow counts a call that carries a valid token, and reports whether the fault revoke-every strikes at it.
func (s *Server) revokeNow() bool {
	n := s.stats.tokenSeen()
	every := s.chaos.faults.Load().RevokeEvery
	return every > 0 && n%int64(every) == 0
}
