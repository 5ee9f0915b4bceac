package web

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/browsertest"
	"syncd/internal/config"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// keyTo presses the key that goes on until what a selector finds has the focus.
func keyTo(t *testing.T, tab *browsertest.Tab, selector string) {
	t.Helper()
	const most = 80 // elements of a page that a key reaches
	for range most {
		tab.Press("\t")
		if browsertest.Ask[bool](tab, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	t.Fatalf("no key leads to %s on %s:\n%s", selector, tab.Location(), tab.Text("body"))
}

// keyIn signs in by the keyboard.
func (p *person) keyIn(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Visit(p.http.URL + "/")
	keyTo(t, tab, "#name")
	tab.Press(p.name)
	keyTo(t, tab, "#password")
	tab.Press(p.password)
	keyTo(t, tab, "#code")
	tab.Press(p.code())
	tab.PressAway("\r")
}

// decide opens a form, says why, and sends it.
func decide(t *testing.T, tab *browsertest.Tab, form, reason, done string) {
	t.Helper()
	keyTo(t, tab, form+" summary")
	tab.Press("\r")
	keyTo(t, tab, form+"[open] input[name=reason]")
	tab.Press(reason)
	tab.PressAway("\r")
	if text := tab.Text(".done"); !contains(text, done) {
		t.Fatalf("no %q on %s:\n%s", done, tab.Location(), tab.Text("main"))
	}
}

// Case 2: November from the first look to the last by the keyboard alone, with scripts and without. Somebody signs in, lets go what is
// held, sends again who was corrected, and closes the month.
func TestNovemberByTheKeyboardInABrowser(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run("scripts="+strconv.FormatBool(scripts), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			run := s.leftInNovember()
			p := s.signedIn("marie", accounts.Grant{Role: accounts.Approve, Dossier: saintMartin},
				accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin}, accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
			s.inBrowser()
			tab := browsertest.Open(t)
			tab.Scripts(scripts)
			p.keyIn(t, tab)
			keyTo(t, tab, `main a.button[href="`+runPath(run.ID)+`"]`)
			tab.PressAway("\r")
			decide(t, tab, "main details.doing:not(.plain)", "la banque l'a confirmé", "noté à votre nom")
			s.goOn(run.ID)
			s.must(s.api.SetFaults(sandbox.Faults{}))
			s.db.Exec(t, `UPDATE staging.employee SET contrat = (SELECT contrat FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = '00003')
				WHERE dossier = 'saint-martin' AND matricule = '00002'`)
			tab.Visit(s.http.URL + "/")
			keyTo(t, tab, `main a.button[href^="/plans/"]`)
			tab.PressAway("\r")
			keyTo(t, tab, `main form[action$="/send"] button`)
			tab.PressAway("\r")
			at := regexp.MustCompile(`/runs/(\d+)`).FindStringSubmatch(tab.Location())
			if at == nil {
				t.Fatalf("nothing was queued: %s\n%s", tab.Location(), tab.Text("main"))
			}
			queued, err := strconv.ParseInt(at[1], 10, 64)
			s.must(err)
			s.goOn(queued)
			tab.Visit(s.http.URL + "/")
			decide(t, tab, "main details.doing.plain", "les bulletins sont remis", "")
			if text := tab.Text("main"); !contains(text, "clos") {
				t.Errorf("the month is not closed:\n%s", text)
			}
			if got := s.text(`SELECT string_agg(decision, ' ' ORDER BY id) FROM syncd.audit WHERE actor = 'marie' AND channel = 'page'`); got !=
				"account-accept approve run close" {
				t.Errorf("decided: %s", got)
			}
		})
	}
}

// Case 4: a form of a page that is older than a newer plan sends nothing, and the newer run is named.
func TestAFormOfAnOlderPlanSendsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	old := s.november()
	p := s.signedIn("marie", everything...)
	seen := seenIn(t, p.get(runPath(old.ID)).body)
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'BREST' WHERE dossier = 'saint-martin'`)
	newer := s.execute("paie")
	before := s.text(`SELECT count(*)::text FROM syncd.audit`)
	p.post(runPath(old.ID)+"/approve", "seen", seen, "reason", "vu").want(http.StatusConflict, fmt.Sprint(newer.ID))
	if after := s.text(`SELECT count(*)::text FROM syncd.audit`); after != before {
		t.Error("something was decided")
	}
	p.get(runPath(old.ID)).want(http.StatusOK, runPath(newer.ID))
}

// Case 7: what a partner says and how a dossier is called is text.
func TestTextIsText(t *testing.T) {
	t.Parallel()
	const hostile = `<img src=x onerror=alert(1)>`
	s := newSite(t, func(c *config.Config) { c.AllDossiers[0].Label = "OGEC</script><script>alert(2)</script>" })
	s.leftInNovember()
	s.db.Exec(t, `UPDATE syncd.item SET reason_detail = $1 WHERE state = 'rejected'`, hostile)
	p := s.signedIn("marie", everything...)
	path := runPath(3)
	for _, page := range []string{path, "/months/saint-martin", "/fleet", "/waiting", "/runs"} {
		if body := p.get(page).want(http.StatusOK).body; contains(body, "<img") || contains(body, "<script>") {
			t.Errorf("%s executes what it shows", page)
		}
	}
	p.get(path).want(http.StatusOK, "&lt;img src=x onerror=alert(1)&gt;")
}

// Case 8: what is masked of people is on no page before it is revealed; and it, how they are called and what they are paid is in no
// title, address or header, in no line of the log, and in nothing that is kept of decisions, readings and alerts.
func TestNothingOfPeopleIsOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.leftInNovember()
	s.db.Exec(t, `UPDATE staging.employee SET prenom = 'Zéphyrine', nom_usage = 'QUERCYBLANC', nom_naissance = 'QUERCYBLANC'
		WHERE dossier = 'saint-martin'`)
	s.db.Exec(t, `UPDATE staging.payroll_element SET amount = 9417.53 WHERE dossier = 'saint-martin' AND amount IS NOT NULL`)
	held := s.execute("paie")
	masked := append(strings.Fields(s.text(`SELECT string_agg(nir || ' ' || iban, ' ') FROM staging.employee`)), "FR7630006000011234567890189")
	secrets := append([]string{"Zéphyrine", "QUERCYBLANC", "9417.53", "9417,53", "9\u202f417,53", "9\u00a0417,53"}, masked...)
	p := s.signedIn("marie", everything...)
	everywhere := []string{"/", "/fleet", "/waiting", "/months/saint-martin", "/runs", "/employees", "/schedule", "/reception", "/journal",
		"/journal.csv", "/health", "/contract", "/nomenclatures/saint-martin", "/plans/paie/saint-martin/2026-11", "/account"}
	for _, id := range []int64{2, run.ID, held.ID} {
		everywhere = append(everywhere, runPath(id), runPath(id)+"?all", runPath(id)+"/employees/1", runPath(id)+"/progress")
	}
	wantNone := func(where, text string, secrets []string) {
		for _, secret := range secrets {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s has %q: %s", where, secret, text[max(0, i-300):min(len(text), i+100)])
			}
		}
	}
	outside := regexp.MustCompile(`(?s)<title>.*?</title>|(href|action|src)="[^"]*"`)
	for _, path := range everywhere {
		got := p.get(path)
		wantNone(path, got.body, masked)
		wantNone("the head of "+path, fmt.Sprint(got.header, outside.FindAllString(got.body, -1)), secrets)
	}
	found := p.post("/employees", "dossier", saintMartin, "employee", "QUERCYBLANC")
	wantNone("a search", found.body, masked)
	wantNone("what a search leads to", fmt.Sprint(found.header), secrets)
	seen := map[string]string{}
	seen["the log"] = s.log.String()
	for _, table := range []string{"audit", "reading", "alert", "alert_message", "session", "login_failure", "cause_note"} {
		seen[table] = s.text(`SELECT coalesce(string_agg(t::text, ' '), '') FROM syncd.` + table + ` t`)
	}
	for where, text := range seen {
		wantNone(where, text, secrets)
	}
}

// Case 11, as far as the service goes: each page says within 75 seconds that nothing will be sent.
func TestEachPageSaysThatTheServiceIsDead(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	pages := []string{"/", "/waiting", "/months/saint-martin", "/runs", runPath(run.ID), runPath(run.ID) + "/employees/1", "/employees",
		"/schedule", "/reception", "/journal", "/health", "/contract", "/nomenclatures/saint-martin", "/plans/paie/saint-martin/2026-11",
		"/account"}
	s.alive()
	s.db.Exec(t, `UPDATE syncd.daemon SET seen_at = clock_timestamp() - interval '40 seconds'`)
	for _, path := range pages {
		if body := p.get(path).want(http.StatusOK).body; contains(body, "banner dead") {
			t.Errorf("%s says so of one that was there 40 seconds ago", path)
		}
	}
	s.db.Exec(t, `UPDATE syncd.daemon SET seen_at = clock_timestamp() - interval '75 seconds'`)
	for _, path := range pages {
		p.get(path).want(http.StatusOK, "banner dead")
	}
}

// alive is a daemon of the page's configuration.
func (s *site) alive() {
	s.t.Helper()
	digests := make([]string, 0, len(s.config.Jobs))
	for _, j := range s.config.Jobs {
		digests = append(digests, fmt.Sprintf("%q: %q", j.Name, s.config.JobDigest(j.Name)))
	}
	s.db.Exec(s.t, `INSERT INTO syncd.daemon (id, host, pid, version, jobs) VALUES (7, 'serveur', 1, 'test', $1::json)`,
		"{"+strings.Join(digests, ", ")+"}")
}

// Case 12: twelve tabs on a run that goes on stay usable; while Postgres is stopped each says so within six seconds, and once it is
// back they go on by themselves.
func TestTwelveTabsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	s := newSiteOn(t, server, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").want(http.StatusSeeOther)
	inAll := func(status int, text string) {
		var tabs sync.WaitGroup
		for range 12 {
			tabs.Go(func() {
				for _, path := range []string{runPath(run.ID), runPath(run.ID) + "/progress"} {
					began := time.Now()
					p.get(path).want(status, text)
					if took := time.Since(began); took > 6*time.Second {
						t.Errorf("%s took %s", path, took)
					}
				}
			})
		}
		tabs.Wait()
	}
	inAll(http.StatusOK, "restent à envoyer")
	s.must(server.Restart(func(string) error {
		inAll(http.StatusServiceUnavailable, "Nothing is lost")
		told := p.get(runPath(run.ID)).want(http.StatusServiceUnavailable, `http-equiv="refresh"`, "For your administrator",
			"the ledger&#39;s database", "journalctl -u syncd-web").body
		told = told[strings.Index(told, "<pre"):strings.Index(told, "</pre>")]
		if strings.Count(strings.TrimSpace(told), "\n") > 0 {
			t.Errorf("more than one line is to be read out: %q", told)
		}
		if there, err := url.Parse(s.db.URL); err != nil || contains(told, there.Hostname()) || contains(told, there.Port()) {
			t.Errorf("the database's address is on the page:\n%s", told)
		}
		return nil
	}))
	inAll(http.StatusOK, "restent à envoyer")
}

// Case 12 again, in Chromium: the tabs are one visitor's, who has six connections to the page, and each follows the run.
func TestTwelveTabsInABrowser(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	s := newSiteOn(t, server, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").want(http.StatusSeeOther)
	s.inBrowser()
	tabs := []*browsertest.Tab{p.browse(t)}
	for len(tabs) < 12 {
		tabs = append(tabs, tabs[0].Another())
	}
	const goesOn = `document.querySelector("[data-live]")?.innerText.includes("restent à envoyer") ?? false`
	for _, tab := range tabs {
		tab.Visit(s.http.URL + runPath(run.ID))
		tab.Until(goesOn)
	}
	last := tabs[len(tabs)-1]
	began := time.Now() // while all others ask again and again
	last.Visit(s.http.URL + "/schedule")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("with twelve tabs a page takes %s", took)
	}
	last.Visit(s.http.URL + runPath(run.ID))
	s.must(server.Restart(func(string) error {
		for _, tab := range tabs[:6] {
			began := time.Now()
			tab.Visit(s.http.URL + runPath(run.ID))
			if took := time.Since(began); took > 6*time.Second || !contains(tab.Text("main"), "Nothing is lost") {
				t.Errorf("after %s it says %s", took, tab.Text("main"))
			}
		}
		return nil
	}))
	for _, tab := range tabs { // by themselves
		tab.Until(goesOn)
	}
	s.goOn(run.ID)
	for _, tab := range tabs {
		tab.Until(`!document.querySelector("[data-live]") && document.readyState == "complete" && document.body.innerText.includes("transmis et reçus")`)
	}
}

var named = regexp.MustCompile(`(\w+)\.((?:Test|Benchmark)\w+)`)

// What the package's documentation names to show what must hold is there.
func TestWhatMustHoldIsShown(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range named.FindAllStringSubmatch(string(doc), -1) {
		files, err := filepath.Glob(filepath.Join("..", test[1], "*_test.go"))
		if err != nil || !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), "func "+test[2]+"(")
		}) {
			t.Errorf("there is no %s", test[0])
		}
	}
}

// Case 13: of 300 dossiers those come first that need a person, and one of them is found by a word and a click.
func TestADossierOfThreeHundredInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *config.Config) {
		for i := range 300 {
			c.AllDossiers = append(c.AllDossiers, config.Dossier{Name: fmt.Sprintf("ecole-%03d", i), Label: fmt.Sprintf("École n° %03d", i),
				Siret: fmt.Sprintf("%014d", 30000000000000+i)})
		}
	})
	s.leftInNovember()
	p := s.signedIn("marie", everything...)
	body := p.get("/").want(http.StatusOK).body
	rows := regexp.MustCompile(`<th scope="row"><a href="/months/([^/]+)/`).FindAllStringSubmatch(body, -1)
	if len(rows) < 300 || rows[0][1] != saintMartin {
		t.Errorf("%d rows, %v first", len(rows), rows[0])
	}
	s.inBrowser()
	tab := p.browse(t)
	tab.Visit(s.http.URL + "/")
	if first := tab.Text(`main th[scope="row"]`); !contains(first, "aint-martin") && !contains(first, "OGEC") {
		t.Errorf("%q comes first", first)
	}
	tab.Fill("#q", "n° 217")
	tab.PressAway("\r")
	if n := tab.Count(`main th[scope="row"] a`); n != 1 {
		t.Fatalf("%d dossiers are found", n)
	}
	tab.Follow(`main th[scope="row"] a`)
	if !contains(tab.Text("main"), "École n° 217") {
		t.Errorf("%s says\n%s", tab.Location(), tab.Text("main"))
	}
}
