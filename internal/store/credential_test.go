package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// Of all processes one at a time asks for the next pair, and a refresh token that may have left is known to be spent.
func TestGrant(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	at, err := a.EnsureTarget(t.Context(), target)
	f.must(err)
	first, other := a.Credentials().Grant(at.ID, []byte("secret")), b.Credentials().Grant(at.ID, []byte("secret"))
	look := func(of jobs.GrantStore, want jobs.Grant) {
		t.Helper()
		got, err := of.Look(t.Context())
		if got.TriedAt, got.AccessUntil = (time.Time{}), got.AccessUntil.UTC(); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v %+v (%v), want %+v %+v", got, got.Access+got.Refresh, err, want, want.Access+want.Refresh)
		}
	}
	look(first, jobs.Grant{})
	held, err := first.Take(t.Context(), 0, time.Minute)
	if f.must(err); held.Spent || held.Tries != 0 {
		t.Errorf("%+v", held)
	}
	if _, err := other.Take(t.Context(), 0, time.Minute); !errors.Is(err, jobs.ErrGrantHeld) {
		t.Errorf("two at once: %v", err)
	}
	look(other, jobs.Grant{Spent: true, Tries: 1})
	f.must(first.Release(t.Context(), held, jobs.GrantEnd{})) // nothing left
	look(other, jobs.Grant{})
	held, err = other.Take(t.Context(), 0, time.Minute)
	f.must(err)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	pair := jobs.Pair{Access: "access 1", Refresh: "refresh 1", AccessUntil: until}
	f.must(other.Keep(t.Context(), held, pair))
	look(first, jobs.Grant{Version: 1, Pair: pair})
	f.want("false", `SELECT encode(access, 'escape') LIKE '%access%' OR encode(refresh, 'escape') LIKE '%refresh%' FROM syncd.credential`)

	// Whoever froze with it is overtaken, and what it comes back with is thrown away.
	frozen, err := first.Take(t.Context(), 1, -time.Second)
	if f.must(err); frozen.Refresh != "refresh 1" || frozen.Spent {
		t.Errorf("%+v", frozen)
	}
	held, err = other.Take(t.Context(), 1, time.Minute)
	if f.must(err); !held.Spent || held.Refresh != "refresh 1" || held.Tries != 1 {
		t.Errorf("%+v", held)
	}
	if err := first.Keep(t.Context(), frozen, jobs.Pair{Access: "late"}); !errors.Is(err, jobs.ErrGrantHeld) {
		t.Errorf("%v", err)
	}
	f.must(first.Release(t.Context(), frozen, jobs.GrantEnd{}))
	if _, err := first.Take(t.Context(), 1, time.Minute); !errors.Is(err, jobs.ErrGrantHeld) {
		t.Errorf("who froze took it from who holds it: %v", err)
	}
	f.must(other.Release(t.Context(), held, jobs.GrantEnd{Left: true, Answered: true, Refused: true}))
	look(first, jobs.Grant{Version: 1, Pair: pair, Spent: true, Refused: true})
	if _, err := first.Take(t.Context(), 0, time.Minute); !errors.Is(err, jobs.ErrGrantHeld) {
		t.Errorf("of a former version: %v", err)
	}

	// Another secret is not answered for by these tokens, and was not refused.
	changed := a.Credentials().Grant(at.ID, []byte("another secret"))
	look(changed, jobs.Grant{Version: 1})
	held, err = changed.Take(t.Context(), 1, time.Minute)
	if f.must(err); held.Refresh != "" || held.Spent {
		t.Errorf("%+v", held)
	}
	f.must(changed.Keep(t.Context(), held, jobs.Pair{Access: "access 2"}))
	look(changed, jobs.Grant{Version: 2, Pair: jobs.Pair{Access: "access 2"}})
	look(first, jobs.Grant{Version: 2})
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
	f.db.Exec(t, `UPDATE syncd.credential SET refused_at = refused_at - interval '25 hours'`)
	since, err = next.Credentials().Refused(t.Context(), at.ID, []byte("password"))
	if f.must(err); !since.IsZero() {
		t.Error("what was refused yesterday is not tried")
	}
	if _, err := s.Credentials().Grant(at.ID, []byte("secret")).Take(t.Context(), 1, time.Minute); err == nil {
		t.Error("the former key still seals")
	}
}
