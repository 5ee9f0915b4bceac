package granttest

import (
	"context"
	"sync"
	"time"

	"syncd/internal/jobs"
)

// Memory is what partners granted and refused, in memory. All who work with one are processes of one ledger. Its zero value is
// empty.
type Memory struct {
	mu      sync.Mutex
	passed  time.Duration
	holders int64
	rows    map[int64]*row // by target
}

var _ jobs.Credentials = (*Memory)(nil)

// row is one target's.
type row struct {
	jobs.Grant
	secret    string // that the tokens were granted for
	heldUntil time.Time
	refused   map[string]time.Time // secrets, and when
}

// Pass lets time go by.
func (m *Memory) Pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passed += d
}

func (m *Memory) now() time.Time { return time.Now().Add(m.passed) }

// of is the row of a target, which is locked until the function that it returns is called.
func (m *Memory) of(target int64) (r *row, unlock func()) {
	m.mu.Lock()
	if m.rows == nil {
		m.rows = map[int64]*row{}
	}
	if m.rows[target] == nil {
		m.rows[target] = &row{refused: map[string]time.Time{}}
	}
	return m.rows[target], m.mu.Unlock
}

// Refused implements jobs.Credentials.
func (m *Memory) Refused(_ context.Context, target int64, secret []byte) (time.Time, error) {
	r, unlock := m.of(target)
	defer unlock()
	if at, is := r.refused[string(secret)]; is && m.now().Sub(at) < 24*time.Hour {
		return at, nil
	}
	return time.Time{}, nil
}

// NoteRefused implements jobs.Credentials.
func (m *Memory) NoteRefused(_ context.Context, target int64, secret []byte) error {
	r, unlock := m.of(target)
	defer unlock()
	r.refused[string(secret)] = m.now()
	return nil
}

// Forgive implements jobs.Credentials.
func (m *Memory) Forgive(_ context.Context, target int64) error {
	r, unlock := m.of(target)
	defer unlock()
	clear(r.refused)
	r.Tries = 0
	return nil
}

// Grant is what was granted for one secret of a target.
func (m *Memory) Grant(target int64, secret []byte) jobs.GrantStore {
	return &grant{m, target, string(secret)}
}

type grant struct {
	memory *Memory
	target int64
	secret string
}

// seen is a row as it concerns our secret.
func (g *grant) seen(r *row) jobs.Grant {
	found := jobs.Grant{Version: r.Version}
	if r.secret == g.secret {
		found = r.Grant
	}
	_, found.Refused = r.refused[g.secret]
	found.Holder = 0
	return found
}

// Look implements jobs.GrantStore.
func (g *grant) Look(context.Context) (jobs.Grant, error) {
	r, unlock := g.memory.of(g.target)
	defer unlock()
	return g.seen(r), nil
}

// Take implements jobs.GrantStore.
func (g *grant) Take(_ context.Context, version int64, lease time.Duration) (jobs.Grant, error) {
	r, unlock := g.memory.of(g.target)
	defer unlock()
	now := g.memory.now()
	if r.Version != version || r.Holder != 0 && now.Before(r.heldUntil) {
		return jobs.Grant{}, jobs.ErrGrantHeld
	}
	held := g.seen(r)
	g.memory.holders++
	held.Holder = g.memory.holders
	r.Grant, r.secret, r.heldUntil = held, g.secret, now.Add(lease)
	r.Spent, r.Tries, r.TriedAt = true, held.Tries+1, now
	return held, nil
}

// isMine reports whether nobody took it from a holder.
func (r *row) isMine(held *jobs.Grant) bool {
	return r.Version == held.Version && r.Holder != 0 && r.Holder == held.Holder
}

// Keep implements jobs.GrantStore.
func (g *grant) Keep(_ context.Context, held jobs.Grant, pair jobs.Pair) error {
	r, unlock := g.memory.of(g.target)
	defer unlock()
	if !r.isMine(&held) {
		return jobs.ErrGrantHeld
	}
	r.Grant = jobs.Grant{Version: held.Version + 1, Pair: pair, TriedAt: r.TriedAt}
	delete(r.refused, g.secret)
	return nil
}

// Release implements jobs.GrantStore.
func (g *grant) Release(_ context.Context, held jobs.Grant, end jobs.GrantEnd) error {
	r, unlock := g.memory.of(g.target)
	defer unlock()
	if !r.isMine(&held) {
		return nil
	}
	r.Holder = 0
	if !end.Left {
		r.Spent, r.Tries, r.TriedAt = held.Spent, held.Tries, held.TriedAt
	}
	if end.Answered {
		r.Tries = 0
	}
	if end.Refused {
		r.refused[g.secret] = g.memory.now()
	}
	return nil
}
