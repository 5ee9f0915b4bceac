// Package granttest tells what a grant counts on where its tokens are kept, and a run where it is remembered what a partner
// refused, as stories. The store on Postgres and the one in memory, with which the tests of grants and runs work, are both held to
// them: so what those tests show is true of Postgres.
package granttest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// World is one ledger.
type World interface {
	Target() int64              // a new one, that nothing was granted at yet
	Open() Process              // one more process
	Pass(d time.Duration)       // lets time go by, by the ledger's clock
	Stored(target int64) string // all that is kept of it, as anybody reads it who has no key
}

// Process is the ledger as one process has it.
type Process interface {
	jobs.Credentials
	Grant(target int64, secret []byte) jobs.GrantStore
}

// Run tells all stories, each in a world of its own.
func Run(t *testing.T, open func(t *testing.T) World) {
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			s := &story{T: t, World: w, target: w.Target(), processes: [2]Process{w.Open(), w.Open()}}
			s.a, s.b = s.user(0, "secret"), s.user(1, "secret")
			tell(s)
		})
	}
}

var stories = map[string]func(*story){
	"one at a time asks":                   oneAtATimeAsks,
	"what did not leave is as before":      whatDidNotLeaveIsAsBefore,
	"a pair is kept once":                  aPairIsKeptOnce,
	"who froze is overtaken":               whoFrozeIsOvertaken,
	"who was late keeps what nobody took":  whoWasLateKeepsWhatNobodyTook,
	"tries without an answer are counted":  triesWithoutAnAnswerAreCounted,
	"a refused secret stays so":            aRefusedSecretStaysSo,
	"another secret begins anew":           anotherSecretBeginsAnew,
	"another secret's success changes not": anotherSecretsSuccess,
	"targets are apart":                    targetsAreApart,
	"a refusal is of a day":                aRefusalIsOfADay,
	"a person wants it tried again":        aPersonWantsItTriedAgain,
	"two refused secrets are two":          twoRefusedSecretsAreTwo,
}

const lease = time.Minute

type story struct {
	*testing.T
	World
	target    int64
	processes [2]Process
	a, b      jobs.GrantStore // of one secret, of two processes
}

// user is what a process asks for with a secret.
func (s *story) user(process int, secret string) jobs.GrantStore {
	return s.processes[process].Grant(s.target, []byte(secret))
}

// sees wants a process to find this, and gives it with the time of the last try, which is compared where one is wanted.
func (s *story) sees(g jobs.GrantStore, want jobs.Grant) jobs.Grant {
	s.Helper()
	got, err := g.Look(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	tried := got.TriedAt
	if got.AccessUntil, got.RefreshUntil = got.AccessUntil.UTC(), got.RefreshUntil.UTC(); want.TriedAt.IsZero() {
		got.TriedAt = time.Time{}
	}
	if got != want || got.Tries > 0 && tried.IsZero() {
		s.Fatalf("found\n%s, want\n%s", told(got), told(want))
	}
	got.TriedAt = tried
	return got
}

// told is a grant with its tokens, which here are nobody's.
func told(g jobs.Grant) string {
	type open jobs.Grant
	return fmt.Sprintf("%+v, tokens %q %q", open(g), g.Access, g.Refresh)
}

func (s *story) takes(g jobs.GrantStore, version int64) jobs.Grant {
	s.Helper()
	held, err := g.Take(s.Context(), version, lease)
	if err != nil || held.Holder == 0 {
		s.Fatalf("taking version %d: %+v, %v", version, held, err)
	}
	return held
}

// waits wants that somebody else has it.
func (s *story) waits(g jobs.GrantStore, version int64) {
	s.Helper()
	if held, err := g.Take(s.Context(), version, lease); !errors.Is(err, jobs.ErrGrantHeld) {
		s.Fatalf("taking version %d: %+v, %v", version, held, err)
	}
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// lost wants that a pair is not kept.
func (s *story) lost(g jobs.GrantStore, held jobs.Grant) {
	s.Helper()
	if err := g.Keep(s.Context(), held, jobs.Pair{Access: "late", Refresh: "late"}); !errors.Is(err, jobs.ErrGrantHeld) {
		s.Fatalf("a pair that came too late is kept: %v", err)
	}
}

// pair is the n-th that a partner gives.
func pair(n string) jobs.Pair {
	return jobs.Pair{Access: "access " + n, Refresh: "refresh " + n, AccessUntil: time.Date(2026, 11, 30, 10, 0, 0, 1000, time.UTC)}
}

// kept is a grant of version 1.
func (s *story) kept() jobs.Grant {
	s.Helper()
	s.must(s.a.Keep(s.Context(), s.takes(s.a, 0), pair("1")))
	return jobs.Grant{Version: 1, Pair: pair("1")}
}

func oneAtATimeAsks(s *story) {
	s.sees(s.a, jobs.Grant{})
	if held := s.takes(s.a, 0); held.Spent || held.Tries != 0 {
		s.Errorf("it was taken before: %+v", held)
	}
	s.waits(s.b, 0)
	s.waits(s.a, 0) // not even who has it
	s.sees(s.b, jobs.Grant{Spent: true, Tries: 1})
	s.Pass(lease - 10*time.Second)
	s.waits(s.b, 0)
	s.Pass(20 * time.Second)
	if held := s.takes(s.b, 0); !held.Spent || held.Tries != 1 {
		s.Errorf("it was not taken before: %+v", held)
	}
}

func whatDidNotLeaveIsAsBefore(s *story) {
	before := s.kept()
	held := s.takes(s.b, 1)
	s.must(s.b.Release(s.Context(), held, jobs.GrantEnd{Left: true}))
	want := jobs.Grant{Version: 1, Pair: before.Pair, Spent: true, Tries: 1}
	s.sees(s.a, want)
	s.Pass(time.Hour)
	want.TriedAt = s.sees(s.a, want).TriedAt
	s.must(s.a.Release(s.Context(), s.takes(s.a, 1), jobs.GrantEnd{}))
	s.sees(s.b, want)
}

func aPairIsKeptOnce(s *story) {
	held := s.takes(s.a, 0)
	s.must(s.a.Keep(s.Context(), held, pair("1")))
	if text := s.Stored(s.target); strings.Contains(text, "access 1") || strings.Contains(text, "refresh 1") {
		s.Errorf("anybody reads the tokens: %s", text)
	}
	want := jobs.Grant{Version: 1, Pair: pair("1")}
	s.sees(s.b, want)
	s.lost(s.a, held)
	s.must(s.a.Release(s.Context(), held, jobs.GrantEnd{Left: true, Refused: true}))
	s.sees(s.b, want)
	s.waits(s.b, 0) // a former version
	if held = s.takes(s.b, 1); held.Refresh != "refresh 1" || held.Spent {
		s.Errorf("%+v", held)
	}
	s.must(s.b.Keep(s.Context(), held, jobs.Pair{Access: "access 2"}))
	s.sees(s.a, jobs.Grant{Version: 2, Pair: jobs.Pair{Access: "access 2"}})
}

func whoFrozeIsOvertaken(s *story) {
	before := s.kept()
	frozen := s.takes(s.a, 1)
	s.Pass(lease + time.Second)
	held := s.takes(s.b, 1)
	if !held.Spent || held.Refresh != before.Refresh {
		s.Errorf("the refresh token of who froze may be sent: %+v", held)
	}
	s.lost(s.a, frozen)
	s.must(s.a.Release(s.Context(), frozen, jobs.GrantEnd{Left: true, Answered: true, Refused: true}))
	s.waits(s.a, 1)
	s.sees(s.a, jobs.Grant{Version: 1, Pair: before.Pair, Spent: true, Tries: 2})
	s.must(s.b.Keep(s.Context(), held, pair("2")))
	s.lost(s.a, frozen)
	s.sees(s.a, jobs.Grant{Version: 2, Pair: pair("2")})
}

func whoWasLateKeepsWhatNobodyTook(s *story) {
	held := s.takes(s.a, 0)
	s.Pass(2 * lease)
	s.must(s.a.Keep(s.Context(), held, pair("1")))
	s.waits(s.b, 0)
	s.sees(s.b, jobs.Grant{Version: 1, Pair: pair("1")})
}

func triesWithoutAnAnswerAreCounted(s *story) {
	for n := range 3 {
		held := s.takes(s.a, 0)
		if held.Tries != n {
			s.Errorf("%d tries, want %d", held.Tries, n)
		}
		s.must(s.a.Release(s.Context(), held, jobs.GrantEnd{Left: true}))
	}
	s.sees(s.b, jobs.Grant{Spent: true, Tries: 3})
	s.must(s.b.Release(s.Context(), s.takes(s.b, 0), jobs.GrantEnd{Left: true, Answered: true}))
	s.sees(s.a, jobs.Grant{Spent: true})
	s.takes(s.a, 0) // and dies
	s.Pass(lease + time.Second)
	s.must(s.b.Keep(s.Context(), s.takes(s.b, 0), pair("1")))
	s.sees(s.a, jobs.Grant{Version: 1, Pair: pair("1")})
}

func aRefusedSecretStaysSo(s *story) {
	before := s.kept()
	s.must(s.a.Release(s.Context(), s.takes(s.a, 1), jobs.GrantEnd{Left: true, Answered: true, Refused: true}))
	want := jobs.Grant{Version: 1, Pair: before.Pair, Spent: true, Refused: true}
	s.sees(s.b, want)
	s.Pass(100 * 24 * time.Hour)
	s.sees(s.b, want)
	s.sees(s.user(1, "another"), jobs.Grant{Version: 1})
}

func anotherSecretBeginsAnew(s *story) {
	s.kept()
	s.must(s.a.Release(s.Context(), s.takes(s.a, 1), jobs.GrantEnd{Left: true}))
	another := s.user(1, "another")
	s.sees(another, jobs.Grant{Version: 1})
	held := s.takes(another, 1)
	if held.Pair != (jobs.Pair{}) || held.Spent || held.Tries != 0 {
		s.Errorf("%+v", held)
	}
	s.waits(s.a, 1)
	s.must(another.Keep(s.Context(), held, pair("2")))
	s.sees(s.user(0, "another"), jobs.Grant{Version: 2, Pair: pair("2")})
	s.sees(s.a, jobs.Grant{Version: 2})
}

// Whoever still works with a refused secret does not try it because another one was taken.
func anotherSecretsSuccess(s *story) {
	s.must(s.a.Release(s.Context(), s.takes(s.a, 0), jobs.GrantEnd{Left: true, Answered: true, Refused: true}))
	another := s.user(1, "another")
	s.must(another.Keep(s.Context(), s.takes(another, 0), pair("1")))
	s.sees(s.a, jobs.Grant{Version: 1, Refused: true})
	s.must(s.a.Keep(s.Context(), s.takes(s.a, 1), pair("2"))) // the partner takes it by now
	s.sees(s.b, jobs.Grant{Version: 2, Pair: pair("2")})
}

func targetsAreApart(s *story) {
	s.kept()
	s.must(s.a.Release(s.Context(), s.takes(s.a, 1), jobs.GrantEnd{Left: true, Refused: true}))
	s.must(s.processes[0].NoteRefused(s.Context(), s.target, []byte("secret")))
	s.target = s.Target()
	s.sees(s.user(0, "secret"), jobs.Grant{})
	s.refused("secret", false)
}

// refused wants a process to know what a partner refused, or not to.
func (s *story) refused(secret string, want bool) {
	s.Helper()
	since, err := s.processes[1].Refused(s.Context(), s.target, []byte(secret))
	if s.must(err); since.IsZero() == want {
		s.Errorf("%s is refused since %s", secret, since)
	}
}

func aRefusalIsOfADay(s *story) {
	s.refused("secret", false)
	s.must(s.processes[0].NoteRefused(s.Context(), s.target, []byte("secret")))
	s.refused("secret", true)
	s.refused("another", false)
	s.Pass(23 * time.Hour)
	s.refused("secret", true)
	s.must(s.processes[0].NoteRefused(s.Context(), s.target, []byte("secret")))
	s.Pass(23 * time.Hour)
	s.refused("secret", true)
	s.Pass(2 * time.Hour)
	s.refused("secret", false)
}

// Two processes with different wrong secrets must not try them by turns.
func twoRefusedSecretsAreTwo(s *story) {
	s.must(s.processes[0].NoteRefused(s.Context(), s.target, []byte("secret")))
	s.Pass(2 * time.Hour)
	s.must(s.processes[1].NoteRefused(s.Context(), s.target, []byte("another")))
	s.refused("secret", true)
	s.refused("another", true)
	s.Pass(23 * time.Hour)
	s.refused("secret", false) // each has its own day
	s.refused("another", true)
	third := s.user(1, "third")
	s.must(third.Release(s.Context(), s.takes(third, 0), jobs.GrantEnd{Left: true, Answered: true, Refused: true}))
	s.sees(s.a, jobs.Grant{Refused: true}) // by a grant it is tried no more
	s.sees(third, jobs.Grant{Spent: true, Refused: true})
	s.must(s.a.Keep(s.Context(), s.takes(s.a, 0), pair("1")))
	s.sees(s.b, jobs.Grant{Version: 1, Pair: pair("1")})
	s.sees(third, jobs.Grant{Version: 1, Refused: true})
	s.must(s.processes[0].Forgive(s.Context(), s.target))
	s.refused("another", false)
	s.sees(third, jobs.Grant{Version: 1})
}

func aPersonWantsItTriedAgain(s *story) {
	s.must(s.processes[0].Forgive(s.Context(), s.target)) // nothing is known of it
	s.must(s.processes[0].NoteRefused(s.Context(), s.target, []byte("secret")))
	s.must(s.processes[0].Forgive(s.Context(), s.target))
	s.refused("secret", false)
	for range 3 {
		s.must(s.a.Release(s.Context(), s.takes(s.a, 0), jobs.GrantEnd{Left: true}))
	}
	s.must(s.a.Release(s.Context(), s.takes(s.a, 0), jobs.GrantEnd{Left: true, Refused: true}))
	s.sees(s.b, jobs.Grant{Spent: true, Refused: true, Tries: 4})
	s.must(s.processes[1].Forgive(s.Context(), s.target))
	s.sees(s.a, jobs.Grant{Spent: true})
}
