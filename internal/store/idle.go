package store

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// sessionLasts is how long a session of staging waits for the next plan: the dossiers of a job follow one another, and to
// open a session takes Postgres longer than to read a small dossier. Whoever drops or restores the database waits as long.
const sessionLasts = 2 * time.Second

// aliveFor is how long a session that has just answered is not asked whether it lives.
const aliveFor = 200 * time.Millisecond

// session is a session of staging, prepared for the sources of one time zone and one rule for policies.
type session struct {
	*pgx.Conn
	pid      int32 // of its backend, whatever a pooler says
	kind     sessionKind
	answered time.Time // last
}

type sessionKind struct {
	zone     string
	policies bool
}

func sessionKindOf(source jobs.Source) sessionKind {
	return sessionKind{source.Zone, source.RowSecurity}
}

// idleSessions keeps sessions between two plans. Its zero value keeps none.
type idleSessions struct {
	mu    sync.Mutex
	keep  bool
	list  []*session // the newest last
	until *time.Timer
}

// take gives an idle session of that kind; nil = there is none that lives.
func (i *idleSessions) take(ctx context.Context, kind sessionKind) *session {
	for {
		s := i.pick(kind)
		if s == nil || jobs.Elapsed(s.answered) < aliveFor || s.Ping(ctx) == nil {
			return s
		}
		end(s.Conn)
	}
}

func (i *idleSessions) pick(kind sessionKind) *session {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n, s := range slices.Backward(i.list) {
		if s.kind == kind {
			i.list = slices.Delete(i.list, n, n+1)
			return s
		}
	}
	return nil
}

// put keeps a session for the next plan. false: none are kept.
func (i *idleSessions) put(s *session) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.keep {
		return false
	}
	s.answered = time.Now()
	i.list = append(i.list, s)
	if i.until == nil {
		i.until = time.AfterFunc(sessionLasts, i.clear)
	}
	i.until.Reset(sessionLasts)
	return true
}

// clear ends all that are idle.
func (i *idleSessions) clear() {
	i.mu.Lock()
	list := i.list
	i.list = nil
	i.mu.Unlock()
	for _, s := range list {
		end(s.Conn)
	}
}

// KeepSessions lets sessions wait for the next plan, for a moment. Close ends them.
func (s *Staging) KeepSessions() {
	s.idle.mu.Lock()
	defer s.idle.mu.Unlock()
	s.idle.keep = true
}

// Close ends the sessions that wait for a plan; those of plans that are being made are ended with them.
func (s *Staging) Close() {
	s.idle.mu.Lock()
	s.idle.keep = false
	s.idle.mu.Unlock()
	s.idle.clear()
}

// put back a session of which all rows were read: its transaction ends, and with it whatever its queries set or locked. One
// that does not answer is ended.
func (s *Staging) putBack(one *session) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	const over = "ROLLBACK; SELECT pg_advisory_unlock_all()"
	if _, err := one.Exec(ctx, over, pgx.QueryExecModeSimpleProtocol); err != nil || one.PgConn().TxStatus() != 'I' || !s.idle.put(one) {
		end(one.Conn)
	}
}
