package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"syncd/internal/lazyregexp"
)

// Answer is how an issuer sent a browser back.
type Answer struct {
	State, Code, Issuer string
	Refused             string // its code of why it did not say who somebody is; "" = it does
	Reason              string // and its text
}

// ParseAnswer reads the query of the address that an issuer sent a browser to.
func ParseAnswer(query url.Values) Answer {
	return Answer{State: query.Get("state"), Code: query.Get("code"), Issuer: query.Get("iss"), Refused: shown(query.Get("error")),
		Reason: shown(query.Get("error_description"))}
}

// Identity is who somebody is to an issuer.
type Identity struct {
	Issuer, Subject string
	At              time.Time // when they proved it there; zero = it does not say
}

var codePattern = lazyregexp.New(`^[a-z_]{1,40}$`)

// Identify exchanges a code for an ID token and verifies that, of a sign-in that began at a time. Errors: *Error, or of our secret.
func (c *Client) Identify(ctx context.Context, a Ask, begun time.Time, answer Answer) (Identity, error) {
	k, err := c.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if answer.Issuer != c.Issuer && (answer.Issuer != "" || k.named) {
		return Identity{}, c.untrue("iss")
	}
	secret, err := c.Secret()
	if err != nil {
		return Identity{}, err
	}
	token, err := c.oauth(k, secret).Exchange(oidc.ClientContext(ctx, k.http), answer.Code, oauth2.VerifierOption(derive(a.Secret, forPKCE)))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		code := refused.ErrorCode
		if !codePattern().MatchString(code) {
			code = "HTTP " + strconv.Itoa(refused.Response.StatusCode)
		}
		return Identity{}, c.trouble("refuses-us", "code", code)
	}
	if err != nil {
		return Identity{}, c.told(err)
	}
	raw, _ := token.Extra("id_token").(string)
	return c.verify(ctx, k, raw, a, begun)
}

// untrue says which claim of an ID token keeps it from counting.
func (c *Client) untrue(claim string) *Error { return c.trouble("untrue", "claim", claim) }

// heard is a key set that remembers what came of it.
type heard struct {
	oidc.KeySet
	payload []byte
	err     error
}

func (h *heard) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	h.payload, h.err = h.KeySet.VerifySignature(ctx, jwt)
	return h.payload, h.err
}

// claims are those that go-oidc leaves to us.
type claims struct {
	Party    string   `json:"azp"`
	ACR      string   `json:"acr"`
	AuthTime *float64 `json:"auth_time"`
}

func (c *Client) verify(ctx context.Context, k *known, raw string, a Ask, begun time.Time) (Identity, error) {
	now := c.Now()
	keys := &heard{KeySet: k.keys}
	verifier := oidc.NewVerifier(c.Issuer, keys, &oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: k.algorithms,
		Now: func() time.Time { return now.Add(-skew) }})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, c.unverified(err, keys)
	}
	var more claims
	if token.Claims(&more) != nil {
		return Identity{}, c.untrue("id_token")
	}
	proved := time.Time{}
	if more.AuthTime != nil {
		proved = time.Unix(int64(*more.AuthTime), 0)
	}
	early := begun.Add(-skew)
	untimely := func() *Error {
		e := c.untrue("auth_time")
		e.NoTime = more.AuthTime == nil
		return e
	}
	switch {
	case token.Issuer != c.Issuer: // go-oidc makes an exception
		return Identity{}, c.untrue("iss")
	case more.Party != c.ClientID && (more.Party != "" || len(token.Audience) > 1):
		return Identity{}, c.untrue("azp")
	case token.Nonce != derive(a.Secret, forNonce):
		return Identity{}, c.untrue("nonce")
	case token.IssuedAt.Before(early), token.IssuedAt.After(now.Add(skew)):
		return Identity{}, c.untrue("iat")
	case proved.After(now.Add(skew)), a.Anew && proved.Before(early), c.MaxAge > 0 && proved.Before(now.Add(-c.MaxAge-skew)):
		return Identity{}, untimely()
	case len(c.ACR) > 0 && !slices.Contains(c.ACR, more.ACR):
		return Identity{}, c.untrue("acr")
	case !possible(token.Subject):
		return Identity{}, c.untrue("sub")
	}
	return Identity{Issuer: c.Issuer, Subject: token.Subject, At: proved}, nil
}

// possible reports whether a text can be a subject: at most 255 characters of ASCII that can be seen.
func possible(subject string) bool {
	for i := range len(subject) {
		if subject[i] < ' ' || subject[i] > '~' {
			return false
		}
	}
	return subject != "" && len(subject) <= 255
}

// unverified is why go-oidc refused an ID token: it says so in its text alone.
func (c *Client) unverified(err error, keys *heard) *Error {
	if trouble, ok := errors.AsType[*Error](keys.err); ok {
		return trouble
	}
	if errors.Is(keys.err, context.DeadlineExceeded) || errors.Is(keys.err, context.Canceled) {
		return c.away()
	}
	var signed struct {
		Issuer string `json:"iss"`
	}
	switch {
	case keys.err != nil:
		return c.untrue("signature")
	case keys.payload == nil || json.Unmarshal(keys.payload, &signed) != nil:
		return c.untrue("id_token")
	case signed.Issuer != c.Issuer:
		return c.untrue("iss")
	}
	if _, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return c.untrue("exp")
	}
	return c.untrue("aud")
}
