package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

// Credentials is what partners granted and refused.
type Credentials struct{ store *Store }

var _ jobs.Credentials = (*Credentials)(nil)

// Credentials is the part of the ledger that remembers them.
func (s *Store) Credentials() *Credentials { return &Credentials{s} }

// digest is what is kept of a secret.
func (c *Credentials) digest(target int64, secret []byte) []byte {
	sum := c.store.keys.lastingFingerprinter().Sum(fmt.Appendf(nil, "secret %d\x00%s", target, secret))
	return sum[:]
}

// Refused implements jobs.Credentials.
func (c *Credentials) Refused(ctx context.Context, target int64, secret []byte) (since time.Time, err error) {
	at, err := c.store.queries.RefusedSince(ctx, dbsqlc.RefusedSinceParams{TargetID: target, Secret: c.digest(target, secret)})
	if isNoRows(err) {
		return time.Time{}, nil
	}
	return at, redact("reading what the partner refused", err)
}

// NoteRefused implements jobs.Credentials.
func (c *Credentials) NoteRefused(ctx context.Context, target int64, secret []byte) error {
	err := c.store.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.EnsureCredential(ctx, target); err != nil {
			return err
		}
		return noteRefused(ctx, q, target, c.digest(target, secret))
	})
	return redact("remembering what the partner refused", err)
}

// mostRefused is how many secrets of one target are remembered as refused: more than anybody tries by mistake.
const mostRefused = 50

func noteRefused(ctx context.Context, q *dbsqlc.Queries, target int64, digest []byte) error {
	if err := q.NoteRefused(ctx, dbsqlc.NoteRefusedParams{TargetID: target, Secret: digest}); err != nil {
		return err
	}
	return q.DropOldRefused(ctx, dbsqlc.DropOldRefusedParams{TargetID: target, Keep: mostRefused})
}

// Forgive implements jobs.Credentials.
func (c *Credentials) Forgive(ctx context.Context, target int64) error {
	err := c.store.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := q.ForgiveSecrets(ctx, target); err != nil {
			return err
		}
		return q.ForgiveTries(ctx, target)
	})
	return redact("forgetting what the partner refused", err)
}

// What is sealed of a grant.
const (
	accessToken  content = "access token"
	refreshToken content = "refresh token"
)

// grantPlace is where the tokens of a version belong.
func grantPlace(target, version int64) place { return place{target: target, version: version} }

// Grant is what was granted for one secret of a target. Tokens that were granted for another one are not handed out.
func (c *Credentials) Grant(target int64, secret []byte) jobs.GrantStore {
	return &grant{c.store, target, c.digest(target, secret)}
}

type grant struct {
	store  *Store
	target int64
	secret []byte // its digest
}

// Look implements jobs.GrantStore.
func (g *grant) Look(ctx context.Context) (jobs.Grant, error) {
	row, err := g.store.queries.GetCredential(ctx, dbsqlc.GetCredentialParams{TargetID: g.target, OwnSecret: g.secret})
	if isNoRows(err) {
		return jobs.Grant{}, nil
	}
	if err != nil {
		return jobs.Grant{}, redact("reading the partner's tokens", err)
	}
	return g.open(row), nil
}

// open is a row as it concerns our secret. Tokens that do not open were altered, or sealed by a former key: they are spent.
func (g *grant) open(row dbsqlc.GetCredentialRow) jobs.Grant {
	found := jobs.Grant{Version: row.Version, Refused: row.Refused}
	if row.Secret == nil || !hmac.Equal(row.Secret, g.secret) {
		return found
	}
	found.Spent, found.Tries, found.TriedAt = row.Spent, int(row.Tries), value(row.TriedAt)
	at := grantPlace(g.target, row.Version)
	open := func(what content, sealed []byte) string {
		if sealed == nil {
			return ""
		}
		plain, err := g.store.keys.open(what, sealed, at)
		if err != nil {
			found.Spent = true
			return ""
		}
		return string(plain)
	}
	found.Pair = jobs.Pair{Access: open(accessToken, row.Access), Refresh: open(refreshToken, row.Refresh),
		AccessUntil: value(row.AccessUntil), RefreshUntil: value(row.RefreshUntil)}
	return found
}

// Take implements jobs.GrantStore.
func (g *grant) Take(ctx context.Context, version int64, lease time.Duration) (held jobs.Grant, err error) {
	err = g.store.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := g.store.keepKey(ctx, q); err != nil {
			return err
		}
		if err := q.EnsureCredential(ctx, g.target); err != nil {
			return err
		}
		row, err := q.LockCredential(ctx, dbsqlc.LockCredentialParams{TargetID: g.target, OwnSecret: g.secret})
		if err != nil {
			return err
		}
		if row.Held || row.Version != version {
			return jobs.ErrGrantHeld
		}
		held = g.open(dbsqlc.GetCredentialRow(row))
		held.Holder = newHolder()
		return q.HoldCredential(ctx, dbsqlc.HoldCredentialParams{TargetID: g.target, Holder: held.Holder, LeaseSeconds: lease.Seconds(),
			Secret: g.secret})
	})
	return held, redactUnlessOurs("taking the partner's tokens", err)
}

func newHolder() int64 {
	var text [8]byte
	rand.Read(text[:]) // never fails: crypto/rand aborts the program instead
	return int64(binary.BigEndian.Uint64(text[:]) >> 1)
}

// Keep implements jobs.GrantStore.
func (g *grant) Keep(ctx context.Context, held jobs.Grant, pair jobs.Pair) error {
	err := g.store.transact(ctx, func(q *dbsqlc.Queries) error {
		if err := g.store.keepKey(ctx, q); err != nil {
			return err
		}
		at := grantPlace(g.target, held.Version+1)
		row := dbsqlc.KeepCredentialParams{TargetID: g.target, Version: held.Version, Holder: held.Holder, KeyID: g.store.keys.ID,
			Access:      g.store.keys.seal(accessToken, []byte(pair.Access), at),
			AccessUntil: unlessZero(pair.AccessUntil), RefreshUntil: unlessZero(pair.RefreshUntil)}
		if pair.Refresh != "" {
			row.Refresh = g.store.keys.seal(refreshToken, []byte(pair.Refresh), at)
		}
		n, err := q.KeepCredential(ctx, row)
		if err == nil && n != 1 {
			err = jobs.ErrGrantHeld
		}
		if err != nil {
			return err
		}
		return q.ForgiveSecret(ctx, dbsqlc.ForgiveSecretParams{TargetID: g.target, Secret: g.secret})
	})
	return redactUnlessOurs("keeping the partner's tokens", err)
}

// Release implements jobs.GrantStore.
func (g *grant) Release(ctx context.Context, held jobs.Grant, end jobs.GrantEnd) error {
	row := dbsqlc.ReleaseCredentialParams{TargetID: g.target, Version: held.Version, Holder: held.Holder, DidLeave: end.Left,
		Spent: held.Spent, Answered: end.Answered, Tries: int32(held.Tries), TriedAt: unlessZero(held.TriedAt)} //nolint:gosec // a few
	err := g.store.transact(ctx, func(q *dbsqlc.Queries) error {
		n, err := q.ReleaseCredential(ctx, row)
		if err != nil || n != 1 || !end.Refused {
			return err
		}
		return noteRefused(ctx, q, g.target, g.secret)
	})
	return redact("giving the partner's tokens back", err)
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
