package web

import (
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/browsertest"
	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

// browse is somebody who is signed in, in a browser. The page has the name that the browser asks it by.
func (p *person) browse(t *testing.T) *browsertest.Tab {
	t.Helper()
	tab := browsertest.Open(t)
	tab.Cookie(p.http.URL, sessionCookie, p.cookie)
	return tab
}

// inBrowser lets the page answer to the address that it has in this test, from now on.
func (s *site) inBrowser() { s.config.Web.PublicURL = s.http.URL }

// fits looks at a page as it is, and on a telephone: nobody is kept from it, and nothing has to be scrolled sideways.
func (s *site) fits(tab *browsertest.Tab, path string) {
	s.t.Helper()
	tab.Visit(s.http.URL + path)
	tab.WantAccessible()
	tab.Size(390, 844)
	tab.WantNarrow()
	browsertest.Ask[bool](tab, `document.querySelectorAll("details").forEach(d => { d.open = true }) ?? true`)
	tab.WantTargets()
	tab.Size(1280, 720)
}

func TestAHeldRunInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.inBrowser()
	tab := p.browse(t)
	path := runPath(run.ID)
	s.fits(tab, path)
	tab.Scripts(false)
	tab.Click("details.doing summary")
	tab.Fill("details[open] input[name=reason]", "elle a déménagé")
	tab.PressAway("\r")
	if text := tab.Text(".done"); !contains(text, "noté à votre nom") {
		t.Errorf("%q on %s:\n%s", text, tab.Location(), tab.Text("body"))
	}
	tab.Scripts(true)
	s.fits(tab, path)
}

// Nobody is kept from any page by colours, by the keyboard or by a small window.
func TestEveryPageIsAccessibleInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.inBrowser()
	tab := p.browse(t)
	for _, path := range []string{"/", "/waiting", "/months/saint-martin", "/months/sainte-anne/2026-10", "/fleet?q=nobody", "/runs",
		runPath(1), runPath(2) + "?all", runPath(run.ID) + "/employees/1", "/employees", "/reception", "/schedule", "/journal", "/health",
		"/contract", "/nomenclatures/saint-martin", "/nomenclatures/sainte-anne", "/plans/paie/saint-martin/2026-11", "/account", "/nowhere"} {
		s.fits(tab, path)
	}
}

// Nor from one cause of several dossiers, whoever looks.
func TestOneCauseOfSeveralDossiersInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.oneCause()
	marie := s.signedIn("marie", everything...)
	lucie := s.signedIn("lucie", accounts.Grant{Role: accounts.Read})
	s.inBrowser()
	for _, p := range []*person{marie, lucie} {
		tab := p.browse(t)
		for _, path := range []string{"/fleet", "/fleet?state=sent", "/nomenclatures"} {
			s.fits(tab, path)
		}
	}
}

// The page of a run that goes on keeps itself up to date, and asks no more once it has ended.
func TestARunIsFollowedInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").want(303)
	s.inBrowser()
	tab := p.browse(t)
	tab.Visit(s.http.URL + runPath(run.ID))
	if tab.Count("[data-live]") != 1 {
		t.Fatalf("nothing is followed:\n%s", tab.Text("main"))
	}
	s.goOn(run.ID)
	tab.Until(`!document.querySelector("[data-live]") && document.readyState == "complete"`)
	if text := tab.Text("main"); !contains(text, "transmis et reçus") {
		t.Errorf("it has ended, and the page says\n%s", text)
	}
	tab.Printed()
	if tab.Count("form") == 0 || browsertest.Ask[int](tab, `[...document.querySelectorAll("form, nav")].filter(e => e.offsetHeight > 0).length`) != 0 {
		t.Errorf("buttons are printed")
	}
}

// leftInNovember is a month of 8 employees, of whom the last run sent one, held one, could not send one, and had one refused.
func (s *site) leftInNovember() *jobs.Run {
	s.t.Helper()
	s.execute("dictionnaire")
	s.execute("paie")
	for matricule, change := range map[string]string{"00001": "iban = 'FR7630006000011234567890189'", "00002": "contrat = '99'",
		"00003": "ville = 'NANTES'", "00004": "ville = 'BREST'"} {
		s.db.Exec(s.t, `UPDATE staging.employee SET `+change+` WHERE dossier = 'saint-martin' AND matricule = $1`, matricule)
	}
	s.must(s.api.SetFaults(sandbox.Faults{Reject: []string{"00004"}}))
	return s.execute("paie")
}

// Case 1: of 8 employees with one held, one blocked and one refused the home needs no scrolling, and shows on a telephone what to do
// first.
func TestTheHomeShowsWhatIsLeftInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.leftInNovember()
	s.alive()
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Approve, Dossier: saintMartin},
		accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	s.inBrowser()
	tab := p.browse(t)
	tab.Visit(s.http.URL + "/")
	c := run.Counts
	if c.Held != 1 || c.Blocked != 1 || c.Rejected != 1 || c.Accepted != 1 || c.EmployeesRead != 8 {
		t.Errorf("the run has %+v", c)
	}
	if text := tab.Text("main"); !contains(text, "8 lus = 5 transmis + 1 à confirmer + 1 à corriger + 1 refusé") {
		t.Errorf("the sum is not the run's:\n%s", text)
	}
	if over := browsertest.Ask[int](tab, `document.documentElement.scrollHeight - innerHeight`); over > 0 {
		t.Errorf("%d pixels have to be scrolled:\n%s", over, tab.Text("body"))
	}
	tab.Size(390, 844)
	tab.WantNarrow()
	if bottom := browsertest.Ask[float64](tab, `document.querySelector("main .button").getBoundingClientRect().bottom`); bottom > 844 {
		t.Errorf("the first action ends at %g", bottom)
	}
}

// What was revealed is gone once somebody has left the page, and comes back by no button of the browser.
func TestARevealedValueIsGoneAfterBackInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.inBrowser()
	tab := p.browse(t)
	path := runPath(run.ID) + "/employees/1"
	s.fits(tab, path)
	tab.Follow("form[action$=reveal] button")
	value := tab.Text("[data-revealed]")
	if value == "" {
		t.Fatalf("nothing is shown:\n%s", tab.Text("main"))
	}
	tab.Visit(s.http.URL + "/health")
	tab.Back()
	if contains(browsertest.Ask[string](tab, `document.documentElement.outerHTML`), value) {
		t.Error("it is shown again")
	}
	if n := s.text(`SELECT count(*)::text FROM syncd.reading WHERE field <> ''`); n != "1" {
		t.Errorf("%s values are recorded as shown", n)
	}
	tab.Visit(s.http.URL + path)
	tab.Follow(`form[action="/logout"] button`)
	tab.Back()
	if left := tab.Text("body"); contains(left, "00001") || tab.Count("#password") != 1 {
		t.Errorf("who has signed out goes back to %s:\n%s", tab.Location(), left)
	}
}
