package standin

import (
	"crypto/rand"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"time"

	"syncd/internal/sandbox"
)

// Grants is what was asked of the token endpoint.
type Grants struct {
	Password   int `json:"password"` // grants by password, refused ones included
	Wrong      int `json:"wrong"`    // by a wrong one
	Refresh    int `json:"refresh"`  // grants by a refresh token, refused ones included
	Spent      int `json:"spent"`    // by one that had been used before
	MostAtOnce int `json:"most_at_once"`
}

type refreshToken struct {
	login string
	used  bool
}

// Grants is what was asked for a login.
func (s *Sandbox) Grants(login string) Grants {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grants[login]
}

// note changes the count of a login.
func (s *Sandbox) note(login string, change func(*Grants)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[login]
	change(&g)
	s.grants[login] = g
}

// enter counts grants of a login under way; leave ends it.
func (s *Sandbox) enter(login string) (leave func()) {
	s.mu.Lock()
	s.atOnce[login]++
	n := s.atOnce[login]
	s.mu.Unlock()
	s.note(login, func(g *Grants) { g.MostAtOnce = max(g.MostAtOnce, n) })
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.atOnce[login]--
	}
}

func refuseGrant(code string) *sandbox.Answer {
	return sandbox.JSONOf(http.StatusBadRequest, map[string]any{"error": code})
}

// asking is the body of a call for a token: JSON, not a form.
type asking struct {
	GrantType    string `json:"grant_type"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	RefreshToken string `json:"refresh_token"`
}

func (s *Sandbox) serveToken(c sandbox.Call) *sandbox.Answer {
	if c.Request.Method != http.MethodPost {
		return message(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	if _, refusal := s.withKey(c); refusal != nil {
		return refusal
	}
	kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	var asked asking
	if err != nil || kind != "application/json" || json.Unmarshal(c.Body, &asked) != nil {
		return refuseGrant("invalid_request")
	}
	login := asked.Username
	var refusal *sandbox.Answer
	switch asked.GrantType {
	case "password":
		defer s.enter(login)()
		s.wait()
		refusal = s.byPassword(login, asked.Password)
	case "refresh_token":
		s.mu.Lock()
		login = s.refresh[asked.RefreshToken].login
		s.mu.Unlock()
		defer s.enter(login)()
		s.wait()
		refusal = s.byRefresh(login, asked.RefreshToken)
	default:
		return refuseGrant("unsupported_grant_type")
	}
	if refusal != nil {
		return refusal
	}
	return s.pair(login)
}

// wait takes as long as a grant takes, whether its client is still there or not.
func (s *Sandbox) wait() {
	if s.config.GrantTakes > 0 {
		<-time.After(s.config.GrantTakes)
	}
}

func (s *Sandbox) byPassword(login, password string) *sandbox.Answer {
	right := slices.ContainsFunc(s.config.Dossiers, func(d sandbox.Dossier) bool { return d.Login == login && d.Password == password })
	s.note(login, func(g *Grants) {
		if g.Password++; !right {
			g.Wrong++
		}
	})
	if !right {
		return refuseGrant("invalid_grant")
	}
	return nil
}

// byRefresh uses a refresh token up.
func (s *Sandbox) byRefresh(login, token string) *sandbox.Answer {
	s.mu.Lock()
	known, used := login != "", s.refresh[token].used
	if known {
		s.refresh[token] = refreshToken{login, true}
	}
	s.mu.Unlock()
	s.note(login, func(g *Grants) {
		if g.Refresh++; used {
			g.Spent++
		}
	})
	if !known || used || s.On(spent) {
		return refuseGrant("invalid_grant")
	}
	return nil
}

// pair gives a new token with the refresh token that belongs to it.
func (s *Sandbox) pair(login string) *sandbox.Answer {
	token, life := s.Issue(login)
	again := "refresh-" + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[again] = refreshToken{login: login}
	return sandbox.JSON(map[string]any{"access_token": token, "expires_in": int(life / time.Second), "refresh_token": again,
		"token_type": "Bearer", "scope": "user pro"})
}
