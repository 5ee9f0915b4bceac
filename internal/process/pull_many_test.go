package process

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	choruspro "syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
)

// TestTwoDaemonsReadManyDossiers: each of many dossiers has one run, by one of two daemons, and nothing but its own records. The
// stand-in gives all of them the same keys, with other contents.
func TestTwoDaemonsReadManyDossiers(t *testing.T) {
	t.Parallel()
	many := asMany(20, 50)
	var schools []sandbox.Dossier
	for i := range many {
		name := fmt.Sprintf(manyDossiers, i)
		schools = append(schools, sandbox.Dossier{Name: name, Siret: siretOf(name)}.MadeUp())
	}
	slow := sandbox.Faults{Latency: sandbox.Duration(30 * time.Millisecond)}
	r, s := readChorus(t, choruspro.Config{Dossiers: schools, Invoices: 4, Faults: slow}, "max_in_flight = 8")
	for _, d := range schools {
		for _, one := range s.Invoices(d.Name).All() {
			s.Invoices(d.Name).Edit(one.Key, map[string]any{"designationDestinataire": "for " + d.Name})
		}
	}
	r.read(0)
	r.wantOwnRows(s)

	for _, d := range schools {
		all := s.Invoices(d.Name).All()
		s.Invoices(d.Name).Edit(all[0].Key, map[string]any{"statut": "of " + d.Name})
	}
	fire := time.Now().UTC().Add(-time.Hour)
	spec := fire.Format("4 15 2 1 *")
	file := filepath.Join(r.dir, "config.toml")
	r.schedule(file, spec, `timezone = "UTC"`)
	r.lastDaemonLived("lecture", spec, "UTC", fire.Add(-time.Hour))
	r.want(0, r.run("pause", "lecture", "--reason", "both daemons are to be idle when it fires"))
	a, b := r.daemon("max_runs = 4"), r.daemon("max_runs = 4")
	answered := make(chan struct{}) // the partner answers nobody before both have as many runs as they may
	r.calls.interfere(func(int, *http.Request) { <-answered })
	r.want(0, r.run("unpause", "lecture"))
	r.waitFor("both daemons have their four runs", func() bool {
		return r.number(`SELECT count(*) FROM (SELECT FROM syncd.run WHERE trigger = 'catch-up' AND state = 'running' AND pid IN ($1, $2)
			GROUP BY pid HAVING count(*) = 4) AS full_ones`, a.cmd.Process.Pid, b.cmd.Process.Pid) == 2
	})
	close(answered)
	r.waitFor("all dossiers are read", func() bool {
		return r.number(`SELECT count(*) FROM syncd.run WHERE trigger = 'catch-up' AND state = 'succeeded'`) >= many
	})
	a.stop()
	b.stop()
	if wrong := r.texts(`SELECT format('%s: %s runs, %s of them succeeded, %s changed', t.dossier, count(*),
		count(*) FILTER (WHERE state = 'succeeded'), sum(records_changed)) FROM syncd.target t LEFT JOIN syncd.run r ON r.target_id = t.id
		AND trigger = 'catch-up' GROUP BY t.id HAVING (count(*), count(*) FILTER (WHERE state = 'succeeded'), sum(records_changed)) <> (1, 1, 1)`); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
	r.wantOwnRows(s)
}

// wantOwnRows wants each dossier to have exactly what the partner has for it.
func (r *reading) wantOwnRows(s *choruspro.Sandbox) {
	r.t.Helper()
	of := map[string][]string{}
	for _, row := range r.texts(`SELECT format('%s|%s %s %s %s', dossier, key, document->>'codeFournisseur', document->>'designationDestinataire',
		document->>'statut') FROM inbox.records ORDER BY dossier, key`) {
		name, text, _ := strings.Cut(row, "|")
		of[name] = append(of[name], text)
	}
	for _, d := range r.schools {
		var want []string
		for _, one := range s.Invoices(d.Name).All() {
			m := one.Members
			want = append(want, fmt.Sprintf("%s %s %s %s", one.Key, m["codeFournisseur"], m["designationDestinataire"], m["statut"]))
		}
		if strings.Join(of[d.Name], "\n") != strings.Join(want, "\n") {
			r.t.Errorf("%s has\n%s\nwant\n%s", d.Name, strings.Join(of[d.Name], "\n"), strings.Join(want, "\n"))
		}
	}
}

// overheard keeps all that arrives, as it came.
type overheard struct {
	inner http.Handler
	mu    sync.Mutex
	text  bytes.Buffer
}

func (o *overheard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	whole, err := httputil.DumpRequest(r, true)
	o.mu.Lock()
	o.text.Write(whole)
	if err != nil {
		o.text.WriteString(err.Error())
	}
	o.mu.Unlock()
	o.inner.ServeHTTP(w, r)
}

func (o *overheard) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// TestTestAndProductionShareNothing reads one dossier in both environments into one ledger. The production is a stand-in behind a
// proxy, as nothing local is taken for one. Wherever they could meet they do not: targets, records, secrets, what was refused.
func TestTestAndProductionShareNothing(t *testing.T) {
	t.Parallel()
	test, s := readChorus(t, choruspro.Config{Invoices: 5})
	schools := []sandbox.Dossier{test.schools[0]}
	schools[0].Login, schools[0].Password = "tech-production@example.org", "production:only"
	config := choruspro.Config{ClientID: "our-editor", ClientSecret: "client-secret-of-production", Dossiers: schools, Invoices: 7}
	producing, err := choruspro.New(config)
	test.must(err)
	production := &reading{world: &world{t: t, db: test.db, dir: t.TempDir()}, profile: test.profile, schools: schools,
		secret: config.ClientSecret, api: producing.Server}
	atTest, atProduction := &overheard{inner: s}, &overheard{inner: producing}
	test.calls.inner = atTest
	production.listen(atProduction)
	ca, proxy := production.tunnel()
	file := filepath.Join(production.dir, "config.toml")
	production.writeTo(file, "https://"+behind+choruspro.Root, "https://"+behind+choruspro.TokenPath, `ca_file = "`+ca+`"`)
	production.change(file, `environment = "test"`, `environment = "production"`)
	proxied := []string{"HTTPS_PROXY=http://" + proxy.Addr().String()}

	// What one of them refuses is not refused by the other.
	test.setSecret(dossier, "wrong")
	test.read(3)
	asked := atTest.all()
	test.read(3)
	if again := atTest.all(); again != asked {
		t.Error("a refused password was sent once more")
	}
	test.want(0, production.startWith(proxied, "run", "lecture").wait())
	test.setSecret(dossier, test.schools[0].Password)
	test.read(0)
	test.want(0, production.startWith(proxied, "run", "lecture").wait())

	got := strings.Join(test.texts(`SELECT format('%s %s: %s records, %s runs', t.environment, t.base_url LIKE 'https:%', (SELECT count(*) FROM inbox.records i
		WHERE i.environment = t.environment), (SELECT count(*) FROM syncd.run r WHERE r.target_id = t.id AND state = 'succeeded'))
		FROM syncd.target t ORDER BY 1`), "; ")
	if want := "production t: 7 records, 2 runs; test f: 5 records, 1 runs"; got != want {
		t.Errorf("the ledger has %s, want %s", got, want)
	}
	for _, secrets := range []struct {
		at  *overheard
		own *reading
		of  *reading
	}{{atTest, test, production}, {atProduction, production, test}} {
		account := func(r *reading) string {
			return base64.StdEncoding.EncodeToString([]byte(r.schools[0].Login + ":" + r.schools[0].Password))
		}
		heard := secrets.at.all()
		if !strings.Contains(heard, account(secrets.own)) || !strings.Contains(heard, secrets.own.secret) {
			t.Error("the partner has not heard who asks: nothing was tested")
		}
		if strings.Contains(heard, account(secrets.of)) || strings.Contains(heard, secrets.of.secret) {
			t.Error("a secret of the other environment was sent")
		}
	}
}
