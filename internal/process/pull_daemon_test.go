package process

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	choruspro "syncd/internal/partner/choruspro/standin"
	iopole "syncd/internal/partner/iopole/standin"
	"syncd/internal/sandbox"
)

// gate holds calls back.
type gate struct {
	mu   sync.Mutex
	held int
	open chan struct{}
	once sync.Once
}

// hold lets so many calls pass, and holds back all others, until release.
func (r *reading) hold(after int) *gate {
	r.t.Helper()
	g := &gate{open: make(chan struct{})}
	r.t.Cleanup(g.release)
	r.calls.interfere(func(n int, _ *http.Request) {
		if n > after {
			g.mu.Lock()
			g.held++
			g.mu.Unlock()
			<-g.open
		}
	})
	return g
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

func (g *gate) holds() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held > 0
}

// detach queues the job's run for a daemon.
func (r *reading) detach() (run string) {
	r.t.Helper()
	r.want(0, r.run("run", "lecture", "--detach"))
	return r.latest()
}

// halfway is a run of a daemon that has stored a page, and waits for another one.
func (r *reading) halfway() (run string, g *gate) {
	r.t.Helper()
	g = r.hold(3) // the token, and two pages
	run = r.detach()
	r.waitFor("a page is held back, and the one before it is stored", func() bool {
		return g.holds() && r.number(`SELECT count(*) FROM inbox.record`) >= 100
	})
	return run, g
}

// wantRead wants the inbox to have what the partner has, and nothing as gone.
func (r *reading) wantRead(s *choruspro.Sandbox) {
	r.t.Helper()
	var want []string
	for _, one := range s.Invoices(dossier).All() {
		want = append(want, one.Key+" "+one.Members["statut"].(string)) //nolint:forcetypeassert // as the stand-in makes it
	}
	got := r.texts(`SELECT key || ' ' || (document->>'statut') FROM inbox.record WHERE gone_since IS NULL`)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("%d records are there, want %d", len(got), len(want))
	}
}

// TestADaemonReadsWhatIsDue: what was missed while no daemon was there, and, by another schedule that a reload brings, the next
// minute; it tells of that everywhere.
func TestADaemonReadsWhatIsDue(t *testing.T) {
	t.Parallel()
	r, s := readChorus(t, choruspro.Config{Invoices: 30})
	r.read(0)
	pings := r.switchboard()
	config, now := filepath.Join(r.dir, "config.toml"), time.Now()
	spec := now.UTC().Add(-time.Hour).Format("4 15 2 1 *")
	r.put(config, "[daemon]", `timezone = "UTC"`)
	r.schedule(config, spec, pings.setting())
	r.lastDaemonLived("lecture", spec, "UTC", now.Add(-2*time.Hour))
	first := s.Invoices(dossier).All()[0].Key
	s.Invoices(dossier).Edit(first, map[string]any{"statut": "MISE_EN_PAIEMENT"})
	d := r.daemon()
	r.waitFor("what was missed is read", func() bool {
		return r.number(`SELECT count(*) FROM syncd.run WHERE trigger = 'catch-up' AND state = 'succeeded'`) == 1
	})
	r.wantRead(s)
	d.until("metrics tell of it", func() bool {
		return d.metric(`syncd_pull_records{class="changed",collection="factures",dossier="`+dossier+`",job="lecture"}`) == "1"
	})
	d.until("the watcher is called", func() bool { return strings.HasPrefix(pings.all(), "started done") })
	r.change(d.config, spec, "* * * * *")
	d.signal(syscall.SIGHUP)
	r.waitSoLong(aMinute, "the next minute is read", func() bool {
		return r.number(`SELECT count(*) FROM syncd.run WHERE trigger = 'schedule' AND state = 'succeeded' AND nominal_at > $1`, now) > 0
	})
	d.until("the metrics are of the last run", func() bool {
		return d.metric(`syncd_pull_records{class="changed",collection="factures",dossier="`+dossier+`",job="lecture"}`) == "0"
	})
	var shown struct {
		State   string `json:"state"`
		Trigger string `json:"trigger"`
	}
	done := r.run("show", r.text(`SELECT id::text FROM syncd.run WHERE trigger = 'catch-up'`), "--json")
	r.want(0, done)
	if err := json.Unmarshal([]byte(done.stdout), &shown); err != nil || shown.State != "succeeded" || shown.Trigger != "catch-up" {
		t.Errorf("%v, %+v of %s", err, shown, tail(done.stdout))
	}
	if n := r.number(`SELECT count(*) FROM inbox.change`); n != 1 {
		t.Errorf("%d changes, want the one", n)
	}
	d.stop()
}

// TestADaemonHoldsAnEmptyAnswer: nothing is marked until a person approves exactly that answer; another one is held again.
func TestADaemonHoldsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	r, s := readChorus(t, choruspro.Config{Invoices: 40})
	r.read(0)
	all := s.Invoices(dossier).All()
	for _, one := range all {
		s.Invoices(dossier).Remove(one.Key)
	}
	pings := r.switchboard()
	r.schedule(filepath.Join(r.dir, "config.toml"), dailyButNotNow, pings.setting())
	r.lastDaemonLived("lecture", dailyButNotNow, "Europe/Paris", time.Now().Add(-26*time.Hour))
	d := r.daemon()
	d.until("the fire is held", func() bool { return r.state(r.latest()) == "held" })
	run := r.latest()
	d.until("metrics tell of it", func() bool { return d.metric(`syncd_runs{job="lecture",state="held"}`) == "1" })
	d.until("the watcher is called", func() bool { return pings.all() == "started failed" })
	gone := func(want int) {
		t.Helper()
		if n := r.number(`SELECT count(*) FROM inbox.record WHERE gone_since IS NOT NULL`); n != want {
			t.Errorf("%d are marked as gone, want %d", n, want)
		}
	}
	gone(0)
	shown := r.run("show", run)
	r.wantSaid(shown, "syncd approve "+run)

	s.Invoices(dossier).Add(all[0])
	s.Invoices(dossier).Add(all[1]) // it is another answer by now
	approve := func(run string) {
		t.Helper()
		r.want(0, r.run("approve", run, "--reason", "Chorus Pro closed them"))
	}
	ended := r.of(run, "finished_at")
	approve(run)
	d.until("the other answer is held again", func() bool { return r.state(run) == "held" && r.of(run, "finished_at") != ended })
	gone(0)
	approve(run)
	r.untilState(run, "succeeded")
	gone(len(all) - 2)
	r.wantPID(run, d)
	d.until("the watcher hears that it is done", func() bool { return strings.HasSuffix(pings.all(), " done") })

	for _, one := range all[2:] {
		s.Invoices(dossier).Add(one)
	}
	r.untilState(r.detach(), "succeeded")
	gone(0)
	for _, one := range all {
		s.Invoices(dossier).Remove(one.Key)
	}
	r.untilState(r.detach(), "held")
	gone(0)
	d.stop()
}

// TestADaemonsReadingIsTakenOver: its daemon is killed in the middle of a walk, and another one comes to the same end.
func TestADaemonsReadingIsTakenOver(t *testing.T) {
	t.Parallel()
	r, s := readChorus(t, choruspro.Config{Invoices: 450})
	a := r.daemon()
	run, g := r.halfway()
	b := r.daemon()
	a.signal(syscall.SIGKILL)
	a.wait()
	r.calls.interfere(nil)
	g.release()
	r.untilState(run, "succeeded")
	r.wantPID(run, b)
	r.wantRead(s)
	if got := r.text(`SELECT format('%s read = %s new', records_read, records_new) FROM syncd.run`); got != "450 read = 450 new" {
		t.Errorf("the run has %s", got)
	}
	b.stop()
}

// TestADaemonStopsReading: asked to, it ends what it reads within seconds, and what was stored stays; the next one goes on.
func TestADaemonStopsReading(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stop func(r *reading, d *daemon, run string)
		left string
		next func(r *reading, run string) // brings it to its end
	}{
		"SIGTERM": {func(r *reading, d *daemon, _ string) { d.stop() }, "queued", func(r *reading, run string) {
			d := r.daemon()
			r.untilState(run, "succeeded")
			d.stop()
		}},
		"SIGTERM, then a person": {func(r *reading, d *daemon, _ string) { d.stop() }, "queued", func(r *reading, run string) {
			r.want(0, r.run("resume", run))
		}},
		"cancel": {func(r *reading, d *daemon, run string) {
			r.want(0, r.run("cancel", run, "--reason", "too early"))
			d.stop()
		}, "cancelled", func(r *reading, run string) {
			refused := r.run("resume", run)
			r.want(4, refused)
			r.wantSaid(refused, "State         cancelled")
			d := r.daemon()
			next := r.detach()
			r.untilState(next, "succeeded")
			d.stop()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s := readChorus(t, choruspro.Config{Invoices: 450}, `request_timeout = "30s"`)
			d := r.daemon(`grace = "5s"`)
			run, g := r.halfway()
			asked := time.Now()
			test.stop(r, d, run)
			if took := time.Since(asked); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if state := r.state(run); state != test.left {
				t.Errorf("it leaves the run %s, want %s", state, test.left)
			}
			if n := r.number(`SELECT count(*) FROM inbox.record`); n < 100 || n >= 450 {
				t.Errorf("%d records are there", n)
			}
			r.calls.interfere(nil)
			g.release()
			test.next(r, run)
			r.wantRead(s)
		})
	}
}

// TestADaemonReadsOfWhomItIsTold: a reload brings a dossier and takes one away; another partner whose secret is not there yet, which
// no job needs, keeps nobody from that, and is read once it is there.
func TestADaemonReadsOfWhomItIsTold(t *testing.T) {
	t.Parallel()
	r, s := readChorus(t, choruspro.Config{Dossiers: twoDossiers, Invoices: 10})
	config := filepath.Join(r.dir, "config.toml")
	both := string(mustRead(r.world, config))
	r.schools = twoDossiers[:1]
	r.write()
	d := r.daemon()
	listen := strings.SplitN(string(mustRead(r.world, d.config)), "[daemon]\n", 2)[1]
	listen, _, _ = strings.Cut(listen, "\n")
	reload := func(text string) {
		t.Helper()
		n := len(d.lines("the configuration was read again"))
		r.must(os.WriteFile(config, []byte(text), 0o600))
		r.must(os.WriteFile(d.config, []byte(strings.Replace(text, "[daemon]\n", "[daemon]\n"+listen+"\n", 1)), 0o600))
		d.signal(syscall.SIGHUP)
		d.until("the configuration is read again", func() bool { return len(d.lines("the configuration was read again")) > n })
	}
	ran := func(want ...string) {
		t.Helper()
		before := r.number(`SELECT coalesce(max(id), 0) FROM syncd.run`)
		r.want(0, r.run("run", "lecture", "--detach"))
		d.until("all are read", func() bool {
			return r.number(`SELECT count(*) FROM syncd.run WHERE id > $1 AND state = 'succeeded'`, before) == len(want)
		})
		if got := r.texts(`SELECT dossier FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id WHERE r.id > $1 ORDER BY 1`,
			before); !slices.Equal(got, want) {
			t.Errorf("%q were read, want %q", got, want)
		}
	}
	ran(dossier)
	reload(both)
	ran(dossier, "sainte-anne")
	r.want(0, r.run("pause", "lecture", "--reason", "the partner moves"))
	d.until("metrics tell of the pause", func() bool { return d.metric(`syncd_job_paused{job="lecture"}`) == "1" })
	ran(dossier, "sainte-anne") // what a person asks for is done all the same
	r.want(0, r.run("unpause", "lecture"))

	only := strings.Replace(both, "\npartner = \"chorus-pro\"\n", "\npartner = \"chorus-pro\"\ndossiers = [\"sainte-anne\"]\n", 1)
	other, err := iopole.New(iopole.Config{ClientID: "our-editor", ClientSecret: clientSecret, Invoices: 3, Dossiers: twoDossiers})
	r.must(err)
	server := httptest.NewServer(other)
	t.Cleanup(server.Close)
	unused := strings.Replace(only, "[[dossier]]\n", `[[partner]]
name = "iopole"
environment = "test"
base_url = "`+server.URL+`"
token_url = "`+server.URL+iopole.TokenPath+`"
rate_per_minute = 100000
client_id = "our-editor"
client_secret = { file = "not-there-yet.secret" }

[[dossier]]
`, 1)
	const section = "[dossier.chorus-pro]\n"
	unused = strings.Replace(unused, section, "[dossier.iopole]\ncustomer_id = \""+twoDossiers[0].Customer+"\"\n"+section, 1)
	r.must(os.Remove(filepath.Join(r.dir, dossier+".secret")))
	reload(unused)
	ran("sainte-anne")
	if got := r.run("check"); got.code == 0 || !strings.Contains(got.stdout, "not-there-yet.secret") {
		t.Errorf("a check says nothing of the secret that is missing: %s", got.stdout)
	}
	r.must(os.WriteFile(filepath.Join(r.dir, "not-there-yet.secret"), []byte(clientSecret+"\n"), 0o600))
	reload(unused + "\n[[job]]\nname = \"factures\"\nkind = \"pull\"\npartner = \"iopole\"\ndossiers = [\"" +
		dossier + "\"]\n")
	r.want(0, r.run("run", "factures", "--detach"))
	r.untilState(r.latest(), "succeeded")
	if n := r.number(`SELECT count(*) FROM inbox.records WHERE partner = 'iopole' AND collection = 'factures'`); n != 3 {
		t.Errorf("%d invoices of the other partner", n)
	}
	ran("sainte-anne")
	if d.logged(`"level":"error"`) {
		t.Errorf("it logs errors: %q", d.lines(`"level":"error"`))
	}
	d.stop()
	if of := s.Stats(); of.TokensIssued > 6 {
		t.Errorf("%d tokens: a reload that leaves the partner as it is takes another one", of.TokensIssued)
	}
}

// TestADaemonWaitsForAPartnerThatIsAway: its run waits in the queue, with what it has stored, and goes on by itself.
func TestADaemonWaitsForAPartnerThatIsAway(t *testing.T) {
	t.Parallel()
	r, s := readChorus(t, choruspro.Config{Invoices: 250}, `retry_for = "0s"`)
	r.calls.interfere(func(n int, _ *http.Request) {
		if n == 3 { // the first page is there
			r.must(r.api.SetFaults(sandbox.Faults{Unavailable: 1}))
		}
	})
	d := r.daemon()
	run := r.detach()
	d.until("it waits", func() bool { return r.state(run) == "queued" && r.of(run, "failure_code") == "unreachable" })
	r.calls.interfere(nil)
	r.faults()
	d.until("it is done", func() bool { r.hurry(); return r.state(run) == "succeeded" })
	r.wantRead(s)
	if got := r.text(`SELECT format('%s read = %s new', records_read, records_new) FROM syncd.run`); got != "250 read = 250 new" {
		t.Errorf("the run has %s", got)
	}
	d.stop()
}

// TestADaemonTellsWhatIsNotAcknowledged: by metrics, and as the end of the run, until it is.
func TestADaemonTellsWhatIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	r, s := readIopole(t, iopole.Config{Invoices: 4, Dossiers: []sandbox.Dossier{twoDossiers[0]}}, `retry_for = "0s"`, "technical_tries = 1")
	never := s.Records(dossier, iopole.Invoices).All()[1].Key
	r.faults("reject=" + never)
	d := r.daemon()
	const series = `syncd_inbox_unacknowledged{dossier="` + dossier + `",job="lecture"}`
	r.untilState(r.detach(), "incomplete")
	d.until("metrics tell of it", func() bool { return d.metric(series) == "1" })
	r.faults()
	r.untilState(r.detach(), "succeeded")
	d.until("metrics tell that it is done", func() bool { return d.metric(series) == "0" })
	d.stop()
}
