package process

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"syncd/internal/config"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	jindexe "syncd/internal/partner/jindexe/standin"
	"syncd/internal/store"
)

var killsFlag = flag.Int("kills", 8, "kills and freezes of processes that share the tokens of one user; make soak takes 200")

// grantLease is how long one process may ask for a user's tokens.
const grantLease = time.Minute

// granted is a world of one user whose tokens live for a second, so that whoever reads asks for new ones. Postgres tells who took,
// kept and gave back the grant, and takes a while for it, so that some die meanwhile. The stand-in's side looks at each token
// whether it was stored before it was used.
type granted struct {
	*reading
	api   *jindexe.Sandbox
	login string
	store jobs.GrantStore // as anybody who has the ledger key finds it

	mu     sync.Mutex
	stored map[string]bool // access tokens
	early  []string        // uses of tokens that were not stored yet
	asks   []*ask
	gate   chan struct{} // closed: answers to calls for tokens may go; nil = they go at once
}

// ask is one call for a token.
type ask struct{ began, ended time.Time } // ended: it was answered, or its client is gone, whichever came first

const grantTakes = 100 * time.Millisecond

func newGranted(t *testing.T) *granted {
	t.Helper()
	r, api := readJindexe(t, jindexe.Config{Sheets: 60, TokenLifetime: time.Second, GrantTakes: grantTakes})
	g := &granted{reading: r, api: api, login: r.schools[0].Login, stored: map[string]bool{}}
	g.open()
	r.calls.inner = http.HandlerFunc(g.serve)
	g.exec(`CREATE TABLE public.grants (n bigint GENERATED ALWAYS AS IDENTITY, at timestamptz DEFAULT clock_timestamp(), what text, slot text, holder bigint, version bigint);
		CREATE FUNCTION public.note_grant() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO public.grants (what, slot, holder, version) VALUES (CASE WHEN NEW.version > OLD.version THEN 'keep'
				WHEN NEW.holder IS NULL THEN 'release' WHEN NEW.holder IS DISTINCT FROM OLD.holder THEN 'take' ELSE 'time passes' END,
				current_setting('test.slot', true), coalesce(NEW.holder, OLD.holder), NEW.version);
			IF current_setting('test.slot', true) <> '' THEN PERFORM pg_sleep(0.03); END IF;
			PERFORM pg_notify('kept', '');
			RETURN NEW; END $$;
		CREATE TRIGGER note_grant AFTER UPDATE ON syncd.credential FOR EACH ROW EXECUTE FUNCTION public.note_grant()`)
	g.follow()
	return g
}

// open finds the tokens in the ledger, once the program has asked for the first, as the program does.
func (g *granted) open() {
	g.t.Helper()
	g.want(0, g.run("check"))
	secret, err := base64.StdEncoding.DecodeString(ledgerKey)
	g.must(err)
	keys, err := store.NewKeys(secret)
	g.must(err)
	ledger, err := store.Open(g.t.Context(), store.Options{URL: g.db.URL, Keys: keys})
	g.must(err)
	g.t.Cleanup(ledger.Close)
	c := g.configuration()
	p, d := c.PartnerNamed(jindexe.Profile), c.AllDossiers[0]
	reader, err := partner.Read(p, httpcall.Options{})
	g.must(err)
	defer reader.Close()
	_, err = reader.Feed(&d, func(secret []byte) jobs.GrantStore {
		g.store = ledger.Credentials().Grant(int64(g.number(`SELECT id FROM syncd.target`)), secret)
		return g.store
	})
	g.must(err)
	g.look()
}

// follow looks at each token that is stored from now on.
func (g *granted) follow() {
	g.t.Helper()
	conn, ctx := g.db.Connect(g.t), g.t.Context()
	_, err := conn.Exec(ctx, `LISTEN kept`)
	g.must(err)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		for {
			if _, err := conn.WaitForNotification(ctx); err != nil {
				return // the test is over
			}
			g.look()
		}
	}()
	g.t.Cleanup(func() { <-listening })
}

// configuration is that of the program.
func (g *granted) configuration() *config.Config {
	g.t.Helper()
	c, err := partner.LoadConfig(g.dir+"/config.toml", func(name string) string {
		return map[string]string{"PROCESS_DATABASE_URL": g.db.URL}[name]
	})
	g.must(err)
	return c
}

// look notes the token that is stored now.
func (g *granted) look() {
	now, err := g.store.Look(context.Background())
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil && now.Access != "" {
		g.stored[now.Access] = true
	}
}

func (g *granted) isStored(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stored[token]
}

// serve is the stand-in, watched.
func (g *granted) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == jindexe.TokenPath {
		one := &ask{began: time.Now()}
		end := func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if one.ended.IsZero() {
				one.ended = time.Now()
			}
		}
		g.mu.Lock()
		g.asks = append(g.asks, one)
		gate := g.gate
		g.mu.Unlock()
		defer context.AfterFunc(r.Context(), end)() // its client died
		g.api.ServeHTTP(w, r)
		end() // before the answer is flushed: its client does nothing with it yet
		if gate != nil {
			<-gate
		}
		return
	}
	if token, carries := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); carries && !g.isStored(token) {
		if g.look(); !g.isStored(token) {
			g.mu.Lock()
			g.early = append(g.early, token)
			g.mu.Unlock()
		}
	}
	g.api.ServeHTTP(w, r)
}

// asking counts the calls for tokens whose clients wait.
func (g *granted) asking() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.asks {
		if a.ended.IsZero() {
			n++
		}
	}
	return n
}

// process starts one that Postgres knows by a name.
func (g *granted) process(slot string, args ...string) *running {
	g.t.Helper()
	between := "?"
	if strings.Contains(g.db.URL, "?") {
		between = "&"
	}
	return g.startWith([]string{"PROCESS_DATABASE_URL=" + g.db.URL + between + "test.slot=" + slot}, args...)
}

// wantKept wants what a grant promises, of all that happened.
func (g *granted) wantKept() {
	g.t.Helper()
	grants := g.api.Grants(g.login)
	if grants.Spent != 0 || grants.Wrong != 0 {
		g.t.Errorf("%d spent refresh tokens were sent, %d passwords were wrong", grants.Spent, grants.Wrong)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.early) > 0 {
		g.t.Errorf("%d uses of tokens that were not stored", len(g.early))
	}
	for i, a := range g.asks {
		for _, b := range g.asks[:i] {
			if a.began.Before(b.ended) && b.began.Before(a.ended) {
				g.t.Errorf("two ask at once: from %s to %s, and from %s to %s\n%s", b.began, b.ended, a.began, a.ended,
					strings.Join(g.texts(`SELECT format('%s %s %s %s', at, slot, what, version) FROM public.grants
						WHERE at BETWEEN $1::timestamptz - interval '5 s' AND $2 ORDER BY n`, b.began, a.ended), "\n"))
			}
		}
	}
	if len(g.asks) != grants.Password+grants.Refresh-1 {
		g.t.Errorf("%d calls for tokens, of which the stand-in knows %+v", len(g.asks), grants)
	}
}

// TestProcessesShareAGrant: four processes read as one user, and are killed and frozen at any instant, also for longer than one may
// ask. No refresh token is sent twice, never two ask at once, nothing is used that is not stored, and who is left can read.
//
// What is not waited for: while nobody but the dead holds the grant, its lease is ended, and a day passes where three in a row died.
func TestProcessesShareAGrant(t *testing.T) {
	t.Parallel()
	seed := nextSeed(t)
	const perWorld = 50
	for n := range (*killsFlag + perWorld - 1) / perWorld {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := &contention{granted: newGranted(t), random: rand.New(rand.NewPCG(seed, uint64(n))), found: map[string]int{},
				slots: map[string]*running{}}
			c.live(min(perWorld, *killsFlag-n*perWorld))
		})
	}
}

// contention is four processes, and what happens to them. Only the goroutine of the test touches it.
type contention struct {
	*granted
	random  *rand.Rand
	slots   map[string]*running // by the name in Postgres, those that ended included
	alive   [4]string           // their names
	frozen  map[string]time.Time
	started int
	kills   int
	freezes int
	long    int            // of them, across the lease
	days    int            // that passed
	found   map[string]int // what those were doing that something happened to
}

func (c *contention) live(most int) {
	c.frozen = map[string]time.Time{}
	for c.kills+c.freezes < most || len(c.frozen) > 0 {
		c.populate()
		c.pass()
		c.thaw()
		if c.kills+c.freezes < most {
			c.strike()
		}
		time.Sleep(time.Duration(c.random.IntN(120)) * time.Millisecond) // what happens here does so at random
	}
	for _, slot := range c.alive {
		c.slots[slot].signal(syscall.SIGKILL)
		c.slots[slot].wait()
	}
	c.waitFor("who is left can read", func() bool {
		c.pass()
		return c.asking() == 0 && c.text(`SELECT (held_until IS NULL OR held_until < clock_timestamp())::text FROM syncd.credential`) == "true"
	})
	c.want(0, c.run("run", "lecture"))
	if n := c.number(`SELECT count(*) FROM inbox.record`); n != 63 {
		c.t.Errorf("%d records", n)
	}
	c.wantKept()
	grants := c.api.Grants(c.login)
	c.t.Logf("%d kills, %d freezes (%d across the lease), found %v; %d processes, %d passwords, %d refreshes, %d days passed", c.kills,
		c.freezes, c.long, c.found, c.started, grants.Password, grants.Refresh, c.days)
	if lost := c.kills + c.freezes + 1; grants.Password > lost {
		c.t.Errorf("%d passwords were sent, where %d processes can have lost what they were given", grants.Password, lost)
	}
	if most >= 50 && (c.found["asking"] < 3 || c.found["keeping, or about to ask"] < 3 || c.long < 1) {
		c.t.Errorf("whole phases were missed: %v, %d across the lease", c.found, c.long)
	}
}

// populate lets four processes live: one runs the job, the others look whether they could.
func (c *contention) populate() {
	for i, slot := range c.alive {
		if p := c.slots[slot]; p != nil && !p.over() {
			continue
		} else if p != nil {
			if r := p.wait(); strings.Contains(r.stdout+r.stderr, "goroutine ") || r.code == 1 || r.code == 2 {
				c.t.Fatalf("syncd %s: exit code %d\n%s%s", r.args, r.code, tail(r.stdout), tail(r.stderr))
			}
		}
		c.started++
		slot = fmt.Sprintf("p%d", c.started)
		args := []string{"check", "--json"}
		if i == 0 {
			args = []string{"run", "lecture"}
		}
		c.alive[i], c.slots[slot] = slot, c.process(slot, args...)
	}
}

// holder is who took the grant, and has not given it back, and what the ledger calls that; "" = nobody.
func (c *contention) holder() (slot, number string) {
	slot, number, _ = strings.Cut(c.text(`SELECT coalesce((SELECT slot || ' ' || holder FROM public.grants JOIN syncd.credential USING (holder)
		WHERE what = 'take'), '')`), " ")
	return slot, number
}

// pass lets the lease of a dead holder end, which will do nothing more, and the day after three of them.
func (c *contention) pass() {
	slot, number := c.holder()
	p := c.slots[slot]
	if p != nil && !p.over() {
		return
	}
	if p != nil && c.asking() == 0 {
		c.exec(`UPDATE syncd.credential SET held_until = clock_timestamp() WHERE holder = $1::text::bigint AND held_until > clock_timestamp()`,
			number)
	}
	c.days += len(c.texts(`UPDATE syncd.credential SET tried_at = tried_at - interval '25 hours' WHERE tries >= 3 AND
		tried_at > clock_timestamp() - interval '24 hours' RETURNING 'a day'`))
}

// thaw wakes those up whose time has come.
func (c *contention) thaw() {
	for slot, until := range c.frozen {
		if time.Now().After(until) {
			c.slots[slot].signal(syscall.SIGCONT)
			delete(c.frozen, slot)
		}
	}
}

// strike kills or freezes one of the living, more often than not the one that has the grant.
func (c *contention) strike() {
	slot := c.alive[c.random.IntN(4)]
	if holder, _ := c.holder(); !c.frozen[holder].IsZero() { // the others wait for it, which is no time for much else
		if c.random.IntN(100) > 0 {
			return
		}
	} else if c.random.IntN(5) > 0 {
		c.waitFor("somebody has the grant", func() bool {
			c.populate()
			c.pass()
			c.thaw()
			slot, _ = c.holder()
			return c.slots[slot] != nil && !c.slots[slot].over() && c.frozen[slot].IsZero()
		})
		time.Sleep(time.Duration(c.random.IntN(int(grantTakes) * 3 / 2)))
	}
	p := c.slots[slot]
	if p.over() || !c.frozen[slot].IsZero() {
		return
	}
	if c.random.IntN(5) > 1 {
		doing := c.doing(slot)
		p.signal(syscall.SIGKILL)
		if p.wait().code == -1 {
			c.kills++
			c.found[doing]++
		}
		return
	}
	p.signal(syscall.SIGSTOP)
	c.waitFor("every thread stands still", func() bool { return p.still() || p.over() })
	if p.over() {
		return
	}
	c.freezes++
	doing, span := c.doing(slot), time.Duration(c.random.IntN(1500))*time.Millisecond
	c.found[doing]++
	if doing != "something else" && c.long < 4 && (c.long == 0 || c.random.IntN(2) == 0) && *killsFlag >= 50 {
		c.long++
		span = grantLease + time.Duration(c.random.IntN(5000))*time.Millisecond
	}
	c.frozen[slot] = time.Now().Add(span)
}

// doing is what a process does.
func (c *contention) doing(slot string) string {
	switch has, _ := c.holder(); {
	case has != slot:
		return "something else"
	case c.asking() > 0:
		return "asking"
	}
	return "keeping, or about to ask"
}
