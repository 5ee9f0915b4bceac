package jobs

import (
	"context"
	"errors"
	"time"
)

// Pair is what a partner gives somebody: an access token, and a refresh token that gives the next pair, once.
type Pair struct {
	Access, Refresh           string
	AccessUntil, RefreshUntil time.Time // zero = not told
}

// String tells nothing of the tokens.
func (p Pair) String() string {
	return "a pair of tokens until " + p.AccessUntil.UTC().Format(time.RFC3339)
}

// GoString is String, for %#v.
func (p Pair) GoString() string { return p.String() }

// Grant is what is kept of the pairs that one secret was granted.
type Grant struct {
	Version int64 // how many pairs were kept; 0 = none was
	Pair
	Spent   bool      // the refresh token left, or may have: it is never sent again
	Refused bool      // the partner refused the very secret that the store is for
	Tries   int       // how often a new pair was asked for since the partner last answered
	TriedAt time.Time // the last of them
	Holder  int64     // who took it, of one that was taken
}

// String tells nothing of the tokens.
func (g Grant) String() string { return g.Pair.String() }

// GoString is String, for %#v.
func (g Grant) GoString() string { return g.Pair.String() }

// GrantEnd is how asking for a new pair ended, where it gave none.
type GrantEnd struct {
	Left     bool // something may have left: the refresh token stays spent
	Answered bool // the partner answered, whatever it said
	Refused  bool // it refused the secret, which is not tried again
}

// GrantStore keeps the pairs of one target and one secret, for all processes: a used refresh token is worth nothing, so one at a
// time asks for the next pair.
type GrantStore interface {
	Look(ctx context.Context) (Grant, error)
	// Take makes this process the one that asks, for as long as a lease, and marks the refresh token spent: both are committed
	// when it returns. It gives the grant as it was before. ErrGrantHeld where somebody holds it, or another version is kept.
	Take(ctx context.Context, version int64, lease time.Duration) (Grant, error)
	// Keep keeps a new pair of the holder: the next version, not spent. ErrGrantHeld where somebody else holds it by now, and
	// nothing was written: that pair is not to be used.
	Keep(ctx context.Context, held Grant, pair Pair) error
	// Release lets others ask. What did not leave is as it was before the taking. It does nothing where somebody else holds it.
	Release(ctx context.Context, held Grant, end GrantEnd) error
}

// ErrGrantHeld means that somebody else asks for a new pair, or did.
var ErrGrantHeld = errors.New("somebody else asks for a new token")
