package store

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/jobs/granttest"
)

// What a grant counts on holds here as it does of the store in memory. Each story has targets of its own in one ledger.
func TestGrants(t *testing.T) {
	t.Parallel()
	ledger := &grantLedger{f: newFixture(t)}
	ledger.stores = [2]*Store{ledger.f.open(), ledger.f.open()}
	granttest.Run(t, func(t *testing.T) granttest.World { return &grantWorld{grantLedger: ledger, T: t} })
}

type grantLedger struct {
	f       *fixture
	stores  [2]*Store
	targets atomic.Int64
}

type grantWorld struct {
	*grantLedger
	*testing.T
	own    []int64 // targets
	opened int
}

func (w *grantWorld) Open() granttest.Process {
	w.opened++
	return w.stores[w.opened%2].Credentials()
}

func (w *grantWorld) Target() int64 {
	at := target
	at.Dossier = fmt.Sprint("school-", w.targets.Add(1))
	made, err := w.stores[0].EnsureTarget(w.Context(), at)
	if err != nil {
		w.Fatal(err)
	}
	w.own = append(w.own, made.ID)
	return made.ID
}

func (w *grantWorld) Pass(d time.Duration) {
	w.f.db.Exec(w.T, `UPDATE syncd.credential SET held_until = held_until - $2::interval, tried_at = tried_at - $2::interval
		WHERE target_id = ANY($1)`, w.own, d)
	w.f.db.Exec(w.T, `UPDATE syncd.refused_secret SET refused_at = refused_at - $2::interval WHERE target_id = ANY($1)`, w.own, d)
}

func (w *grantWorld) Stored(target int64) (text string) {
	err := w.f.db.With(w.Context(), func(conn *pgx.Conn) error {
		return conn.QueryRow(w.Context(), `SELECT encode(access, 'escape') || encode(refresh, 'escape') || c
			FROM syncd.credential c WHERE target_id = $1`, target).Scan(&text)
	})
	if err != nil || text == "" {
		w.Fatal(err)
	}
	return text
}

// What is sealed of a grant opens with the next ledger key, and what a partner refused is still known.
func TestRekeyOfGrants(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	at, err := s.EnsureTarget(t.Context(), target)
	f.must(err)
	grant := s.Credentials().Grant(at.ID, []byte("secret"))
	held, err := grant.Take(t.Context(), 0, time.Minute)
	f.must(err)
	f.must(grant.Keep(t.Context(), held, jobs.Pair{Access: "access", Refresh: "refresh"}))
	f.must(s.Credentials().NoteRefused(t.Context(), at.ID, []byte("password")))
	_, err = s.Rekey(t.Context(), keysOf(f, "ledger key"), keysOf(f, "next key"), "marie", "she left", quiet)
	f.must(err)
	next, err := f.openWith("next key")
	f.must(err)
	got, err := next.Credentials().Grant(at.ID, []byte("secret")).Look(t.Context())
	if f.must(err); got.Access != "access" || got.Refresh != "refresh" || got.Spent {
		t.Errorf("%+v", got)
	}
	since, err := next.Credentials().Refused(t.Context(), at.ID, []byte("password"))
	if f.must(err); since.IsZero() {
		t.Error("what was refused is forgotten")
	}
	f.db.Exec(t, `UPDATE syncd.refused_secret SET refused_at = refused_at - interval '25 hours'`)
	since, err = next.Credentials().Refused(t.Context(), at.ID, []byte("password"))
	if f.must(err); !since.IsZero() {
		t.Error("what was refused yesterday is not tried")
	}
	if _, err := s.Credentials().Grant(at.ID, []byte("secret")).Take(t.Context(), 1, time.Minute); err == nil {
		t.Error("the former key still seals")
	}
}

// What an earlier program noted of the last secret that was refused is known by the next one.
func TestRefusalsOfAFilledLedger(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	at, err := s.EnsureTarget(t.Context(), target)
	f.must(err)
	f.must(s.Credentials().NoteRefused(t.Context(), at.ID, []byte("first")))
	f.must(s.Credentials().NoteRefused(t.Context(), at.ID, []byte("last")))
	f.must(down(t.Context(), f.db.URL, 24))
	_, _, err = Migrate(t.Context(), f.db.URL)
	f.must(err)
	for secret, want := range map[string]bool{"first": false, "last": true} {
		since, err := s.Credentials().Refused(t.Context(), at.ID, []byte(secret))
		if f.must(err); since.IsZero() == want {
			t.Errorf("%s is refused since %s", secret, since)
		}
	}
}
