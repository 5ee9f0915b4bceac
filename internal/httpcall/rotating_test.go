package httpcall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"syncd/internal/jobs"
	"syncd/internal/jobs/granttest"
)

// shelf is a store of one target, as several processes share it.
type shelf struct {
	granttest.Memory
	mu   sync.Mutex
	kept map[string]bool // access tokens
}

func newShelf() *shelf { return &shelf{kept: map[string]bool{}} }

func (s *shelf) keeps(access string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[access]
}

// seat is the store as one process reaches it.
type seat struct {
	*shelf
	of   jobs.GrantStore
	step func(string) error // what happens to the process at each step; an error = it died, or hears nothing
}

func (s *seat) at(step string, do func() error) error {
	if err := s.step("before " + step); err != nil {
		return err
	}
	err := do()
	if died := s.step("after " + step); died != nil {
		return died
	}
	return err
}

func (s *seat) Look(ctx context.Context) (g jobs.Grant, err error) {
	err = s.at("look", func() (err error) { g, err = s.of.Look(ctx); return err })
	return g, err
}

func (s *seat) Take(ctx context.Context, version int64, lease time.Duration) (g jobs.Grant, err error) {
	err = s.at("take", func() (err error) { g, err = s.of.Take(ctx, version, lease); return err })
	return g, err
}

func (s *seat) Keep(ctx context.Context, held jobs.Grant, pair jobs.Pair) error {
	return s.at("keep", func() error {
		err := s.of.Keep(ctx, held, pair)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.kept[pair.Access] = s.kept[pair.Access] || err == nil
		return err
	})
}

func (s *seat) Release(ctx context.Context, held jobs.Grant, end jobs.GrantEnd) error {
	return s.at("release", func() error { return s.of.Release(ctx, held, end) })
}

// granting is a token endpoint whose refresh tokens work once.
type granting struct {
	password string
	takes    func() time.Duration
	answer   func(n int) *http.Response // instead of the n-th, from 1; nil = its own

	mu                                  sync.Mutex
	used                                map[string]bool
	n, passwords, refreshes             int
	spent, atOnce, mostAtOnce, refusals int
	seen                                []string // bodies
}

func (g *granting) RoundTrip(req *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(req.Body)
	leave(req)
	g.mu.Lock()
	g.n++
	n := g.n
	g.seen = append(g.seen, string(body)+req.Header.Get("X-Api-Key"))
	g.atOnce++
	g.mostAtOnce = max(g.mostAtOnce, g.atOnce)
	g.mu.Unlock()
	if g.takes != nil {
		time.Sleep(g.takes()) // whether or not its client waits
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.atOnce--
	if g.answer != nil {
		if r := g.answer(n); r != nil {
			return r, nil
		}
	}
	return g.serve(body, n), nil
}

func (g *granting) serve(body []byte, n int) *http.Response {
	var asked map[string]string
	if json.Unmarshal(body, &asked) != nil {
		return response(400, `{"error":"invalid_request"}`)
	}
	if asked["grant_type"] == "password" {
		g.passwords++
		if asked["password"] != g.password {
			g.refusals++
			return response(400, `{"error":"invalid_grant"}`)
		}
	} else {
		g.refreshes++
		if used, known := g.used[asked["refresh_token"]]; used || !known {
			g.spent++
			return response(400, `{"error":"invalid_grant"}`)
		}
		g.used[asked["refresh_token"]] = true
	}
	refresh := fmt.Sprintf("refresh-%d", n)
	g.used[refresh] = false
	return response(200, fmt.Sprintf(`{"access_token":"access-%d","expires_in":600,"refresh_token":%q,"token_type":"Bearer"}`, n, refresh))
}

func newGranting() *granting { return &granting{password: "é:mot de passe", used: map[string]bool{}} }

const tokenAddress = "https://api.example.test/public/token"

// user is the grant as one process has it.
func user(store jobs.GrantStore, password string) *rotating {
	return &rotating{Rotating: Rotating{Store: store, TokenURL: tokenAddress, Username: "camille", Password: password,
		Headers: []Fixed{{Name: "X-API-KEY", Value: "key-canary", Secret: true}}, wait: func(context.Context) error { return nil }}}
}

func seatAt(g *shelf, password string) *seat {
	return &seat{g, g.Grant(1, []byte(password)), func(string) error { return nil }}
}

func tokenFrom(r *rotating, server http.RoundTripper) (*oauth2.Token, error) {
	o := testOptions().withDefaults()
	return r.Token(context.Background(), tokenClient(&o, server))
}

// TestPairsAreRotated: the password once, then each refresh token once, and a token that is stored is used by others.
func TestPairsAreRotated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newGranting(), newShelf()
		first, second := user(seatAt(store, server.password), server.password), user(seatAt(store, server.password), server.password)
		for i, r := range []*rotating{first, second, first, second, first} {
			tok, err := tokenFrom(r, server)
			if err != nil || !store.keeps(tok.AccessToken) {
				t.Fatalf("%d: %v, %v", i, tok, err)
			}
			time.Sleep(11 * time.Minute)
		}
		if server.passwords != 1 || server.refreshes != 4 || server.spent != 0 {
			t.Errorf("passwords %d, refreshes %d, spent %d", server.passwords, server.refreshes, server.spent)
		}
		a, _ := tokenFrom(first, server)
		b, _ := tokenFrom(second, server)
		again, _ := tokenFrom(first, server) // its token was refused: it wants another one
		if a.AccessToken != b.AccessToken || again.AccessToken == a.AccessToken {
			t.Errorf("tokens %s, %s, %s", a.AccessToken, b.AccessToken, again.AccessToken)
		}
		if !strings.Contains(server.seen[0], `"grant_type":"password"`) || !strings.Contains(server.seen[0], "é:mot de passe") ||
			!strings.Contains(server.seen[0], "key-canary") {
			t.Errorf("asked with %q", server.seen[0])
		}
	})
}

func TestARefusedPasswordIsNeverTriedTwice(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]*http.Response{"invalid_grant": nil, "a bare 400": response(400, ""),
		"401": response(401, `{"message":"bad credentials"}`), "403 in HTML": response(403, "<html>")} {
		synctest.Test(t, func(t *testing.T) {
			server, store := newGranting(), newShelf()
			if answer != nil {
				server.answer = func(int) *http.Response { return answer }
			}
			for range 24 {
				_, err := tokenFrom(user(seatAt(store, "wrong"), "wrong"), server)
				told := callError(t, err)
				if told.Class != jobs.ClassConfiguration || !told.Definite || strings.Contains(err.Error(), "wrong") {
					t.Errorf("%s: %v", name, err)
				}
				time.Sleep(time.Hour)
			}
			if len(server.seen) != 1 {
				t.Errorf("%s: asked %d times", name, len(server.seen))
			}
			if server.answer = nil; answer == nil {
				if _, err := tokenFrom(user(seatAt(store, server.password), server.password), server); err != nil {
					t.Errorf("a corrected password: %v", err)
				}
			}
		})
	}
}

// TestWhatIsNotAnsweredIsAskedAFewTimes: each time could count as a wrong password.
func TestWhatIsNotAnsweredIsAskedAFewTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		left := 0
		silent := roundTrips(func(req *http.Request) (*http.Response, error) { left++; return breaks(true)(req) })
		away := roundTrips(func(req *http.Request) (*http.Response, error) { return breaks(false)(req) })
		for i := range 20 {
			server := silent
			if i%2 == 0 {
				server = away
			}
			if _, err := tokenFrom(user(seatAt(store, "p"), "p"), server); err == nil {
				t.Fatal("a token out of nothing")
			}
			time.Sleep(time.Minute)
		}
		if left != grantTries {
			t.Errorf("sent %d times, want %d: what did not leave does not count", left, grantTries)
		}
		time.Sleep(25 * time.Hour)
		busy := roundTrips(func(req *http.Request) (*http.Response, error) { leave(req); return response(503, ""), nil })
		for range 10 {
			_, err := tokenFrom(user(seatAt(store, "p"), "p"), busy)
			var refused *oauth2.RetrieveError
			if !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
	})
}

type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestARefreshTokenThatMayHaveLeftIsNotSentAgain: its answer got lost; the next one asks by the password.
func TestARefreshTokenThatMayHaveLeftIsNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newGranting(), newShelf()
		r := user(seatAt(store, server.password), server.password)
		spent := func() bool {
			g, err := r.Store.Look(t.Context())
			return err == nil && g.Spent
		}
		if _, err := tokenFrom(r, server); err != nil {
			t.Fatal(err)
		}
		if _, err := tokenFrom(r, roundTrips(breaks(false))); err == nil || spent() {
			t.Fatalf("nothing left, so it is not spent: %v", err)
		}
		server.answer = func(n int) *http.Response {
			if n == 2 {
				server.serve([]byte(server.seen[1]), n) // it is used up there
				return response(502, "")
			}
			return nil
		}
		if _, err := tokenFrom(r, server); err == nil || !spent() {
			t.Fatalf("it may have been used: %v", err)
		}
		if _, err := tokenFrom(r, server); err != nil || server.passwords != 2 || server.spent != 0 {
			t.Errorf("%v, passwords %d, spent %d", err, server.passwords, server.spent)
		}
	})
}

// TestAPairIsKeptWhenTheStoreAnswers: it is given once, so that the store is asked for it until somebody else may ask.
func TestAPairIsKeptWhenTheStoreAnswers(t *testing.T) {
	t.Parallel()
	errAway := errors.New("the store is away")
	for name, test := range map[string]struct {
		step string        // at which the store does not answer
		away time.Duration // for so long
		kept bool
		took time.Duration // at most
	}{
		"for a moment":             {"before keep", time.Second, true, 2 * time.Second},
		"nearly for the lease":     {"before keep", 58 * time.Second, true, time.Minute},
		"it was kept all the same": {"after keep", time.Second, true, 2 * time.Second},
		"for longer":               {"before keep", 61 * time.Second, false, 62 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, store := newGranting(), newShelf()
			at, began := seatAt(store, server.password), time.Time{}
			at.step = func(step string) error {
				if step == test.step && time.Since(began) < test.away {
					return errAway
				}
				return nil
			}
			r := user(at, server.password)
			for n := range 2 { // by the password, then by the refresh token that came with it
				began = time.Now()
				tok, err := tokenFrom(r, server)
				if took := time.Since(began); took > test.took || (err == nil) != test.kept {
					t.Fatalf("%s, %d: %v after %s", name, n, err, took)
				}
				if err == nil && !store.keeps(tok.AccessToken) {
					t.Errorf("%s: a pair is used that is not kept", name)
				}
				if err != nil && callError(t, err).What.Code != "call.grant-unkept" {
					t.Errorf("%s: %v", name, err)
				}
			}
			if test.kept && (server.passwords != 1 || server.refreshes != 1) || server.spent != 0 || server.mostAtOnce != 1 {
				t.Errorf("%s: passwords %d, refreshes %d, spent %d", name, server.passwords, server.refreshes, server.spent)
			}
		})
	}
}

// TestAPairThatCannotBeKeptDelaysNoEnd: a process that is to end waits a little, and no longer.
func TestAPairThatCannotBeKeptDelaysNoEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, at := newGranting(), seatAt(newShelf(), "")
		ctx, stop := context.WithCancel(t.Context())
		at.step = func(step string) error {
			if step == "before keep" {
				stop()
				return errors.New("the store is away")
			}
			return nil
		}
		o, began := testOptions().withDefaults(), time.Now()
		if _, err := user(at, server.password).Token(ctx, tokenClient(&o, server)); err == nil || time.Since(began) > 2*lastWords {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestWhoIsLateAsksNothing: a process that stood still between taking the grant and asking sends nothing, and spends nothing.
func TestWhoIsLateAsksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newGranting(), newShelf()
		if _, err := tokenFrom(user(seatAt(store, server.password), server.password), server); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		at := seatAt(store, server.password)
		at.step = func(step string) error {
			if step == "after take" {
				time.Sleep(grantLease / 2)
			}
			return nil
		}
		r := user(at, server.password)
		_, err := tokenFrom(r, server)
		if call := callError(t, err); call.What.Code != "call.grant-late" || call.Class != jobs.ClassTemporary {
			t.Errorf("%v", err)
		}
		if g, err := at.of.Look(t.Context()); err != nil || g.Spent || g.Tries != 0 || len(server.seen) != 1 {
			t.Errorf("%+v, %v, asked %d times", g, err, len(server.seen))
		}
		at.step = func(string) error { return nil }
		if _, err := tokenFrom(r, server); err != nil || server.refreshes != 1 || server.passwords != 1 {
			t.Errorf("%v, refreshes %d, passwords %d", err, server.refreshes, server.passwords)
		}
	})
}

// TestARefusalIsOfTheGrantThatWasRefused: what a person tried again elsewhere, and the partner took, is used here, too.
func TestARefusalIsOfTheGrantThatWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newGranting(), newShelf()
		server.answer = func(n int) *http.Response {
			if n == 1 {
				return response(403, "<html>maintenance")
			}
			return nil
		}
		here, elsewhere := user(seatAt(store, server.password), server.password), user(seatAt(store, server.password), server.password)
		refused := func(r *rotating) {
			t.Helper()
			if _, err := tokenFrom(r, server); callError(t, err).What.Code != "call.password-refused" {
				t.Fatal(err)
			}
		}
		refused(here)
		refused(elsewhere)
		if err := store.Forgive(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		refused(here) // nobody said so to this process
		if _, err := tokenFrom(elsewhere, server); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := tokenFrom(here, server); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		if server.passwords != 1 || server.n != 4 {
			t.Errorf("passwords %d, asked %d times", server.passwords, server.n)
		}
	})
}

// TestWhereToLookWithoutAClient: there is neither client_id nor token_url that could be wrong.
func TestWhereToLookWithoutAClient(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{`403{"error":"invalid_client"}`: "call.check-own-token", `401{"error":"access_denied"}`: "call.check-own-token",
		"200{}": "call.check-address", "": "call.setting"} {
		synctest.Test(t, func(t *testing.T) {
			o := testOptions().withDefaults()
			grant := user(seatAt(newShelf(), "p"), "p")
			tokens := newTokens(&o, grant, roundTrips(func(*http.Request) (*http.Response, error) {
				if answer == "" {
					return nil, syscall.ECONNREFUSED
				}
				status, _ := strconv.Atoi(answer[:3])
				return response(status, answer[3:]), nil
			}))
			defer tokens.close()
			_, err := tokens.get(t.Context())
			told, is := errors.AsType[*refusal](err)
			if !is {
				t.Fatal(err)
			}
			call := told.CallError
			if text := fmt.Sprintf("%+v", call.Next); !strings.Contains(text, want) || strings.Contains(text, "token_url") ||
				call.Cause != nil && call.Cause.Code == jobs.CauseClient {
				t.Errorf("%q: %s, %+v", answer, text, call.Cause)
			}
		})
	}
}

var errDied = errors.New("killed")

// holderRounds are those of -count so far: each has other stories.
var holderRounds atomic.Uint64

// TestFourHolders: processes that ask for tokens die and freeze at each step of it. No spent refresh token is sent, never two ask
// at once, nothing is used that was not stored, and who is left comes to a token.
func TestFourHolders(t *testing.T) {
	t.Parallel()
	var deaths, freezes atomic.Int64
	const stories = 50
	first := (holderRounds.Add(1) - 1) * stories
	for seed := first; seed < first+stories; seed++ {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 14))
			var mu sync.Mutex
			n := func(most int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(most)
			}
			server, store := newGranting(), newShelf()
			server.takes = func() time.Duration { return time.Duration(n(20)) * 100 * time.Millisecond }
			process := func() (*rotating, http.RoundTripper) {
				dead := false
				step := func(at string) error {
					switch fate := n(40); {
					case dead:
					case fate == 0:
						dead = true
						deaths.Add(1)
					case fate < 3 && !strings.HasSuffix(at, "look"):
						freezes.Add(1)
						time.Sleep(time.Duration(n(150)) * time.Second)
					}
					if dead {
						return errDied
					}
					return nil
				}
				s := &seat{store, store.Grant(1, []byte(server.password)), step}
				return user(s, server.password), roundTrips(func(req *http.Request) (*http.Response, error) {
					if err := step("before request"); err != nil {
						return nil, err
					}
					if err := req.Context().Err(); err != nil {
						return nil, err
					}
					r, err := server.RoundTrip(req)
					if died := step("after request"); died != nil {
						return nil, died
					}
					return r, err
				})
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					r, way := process()
					for range 15 {
						tok, err := tokenFrom(r, way)
						if err == nil && !store.keeps(tok.AccessToken) {
							t.Errorf("seed %d: %s is used, and not stored", seed, tok.AccessToken)
						}
						if err != nil && errors.Is(err, errDied) {
							r, way = process()
						}
						time.Sleep(time.Duration(n(300)) * time.Second)
					}
				})
			}
			all.Wait()
			time.Sleep(25 * time.Hour)
			server.takes = nil
			if _, err := tokenFrom(user(seatAt(store, server.password), server.password), server); err != nil {
				t.Errorf("seed %d: who is left has no token: %v", seed, err)
			}
			if server.spent != 0 || server.mostAtOnce > 1 || server.refusals != 0 {
				t.Errorf("seed %d: spent %d, at once %d, refused %d", seed, server.spent, server.mostAtOnce, server.refusals)
			}
		})
	}
	t.Logf("%d deaths, %d freezes", deaths.Load(), freezes.Load())
}

func TestSecretsShowNowhere(t *testing.T) {
	t.Parallel()
	const canary = "canary-7d1f"
	fixed := Fixed{Name: "X-Key", Value: canary, Secret: true}
	call := &Call{Endpoint: NewEndpoint("list", "partner", "GET", "/list"), Headers: []Fixed{fixed},
		Secrets: []string{canary}, Body: []byte(canary)}
	pair := jobs.Pair{Access: canary, Refresh: canary}
	grant := Rotating{Username: "camille", Password: canary, TokenURL: tokenAddress, Headers: []Fixed{fixed}}
	options := Options{Headers: []Fixed{fixed}, Grant: ClientCredentials{ClientID: "app", ClientSecret: canary}}
	var b bytes.Buffer
	for _, v := range []any{fixed, &fixed, call, pair, &pair, jobs.Grant{Pair: pair}, grant, &grant, options, Answered{Text: []byte(canary)},
		ClientCredentials{ClientSecret: canary}} {
		fmt.Fprintf(&b, "%v %+v %#v %s\n", v, v, v, v)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if strings.Contains(line, canary) {
			t.Errorf("a secret shows in %s", line)
		}
	}
}
