package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/jobs"
)

// executed is progress that nobody watches.
type executed struct{ jobs.Silent }

func (executed) Done() {}

const saintMartin = "saint-martin"

// execute executes a job for saint-martin, as a daemon does, by an App of its own: the page's calls nobody.
func (s *site) execute(job string) *jobs.Run { s.t.Helper(); return s.executeFor(job, saintMartin) }

func (s *site) executeFor(job, dossier string) *jobs.Run {
	s.t.Helper()
	a := s.daemon()
	order := app.Order{Job: job, Selection: app.Selection{Dossiers: []string{dossier}}, Decision: app.Decision{By: "marie"}}
	if job == "paie" {
		order.Period = apptest.Period
	}
	ordered, err := a.Runs().Order(s.t.Context(), order)
	s.must(err)
	outcomes, err := ordered.Execute(s.t.Context(), func(string) app.Progress { return executed{} })
	s.must(err)
	for o := range outcomes {
		s.must(o.Err)
		return o.Run
	}
	s.t.Fatal("nothing was executed")
	return nil
}

// goOn goes on with a run that is queued, as a daemon does.
func (s *site) goOn(run int64) *jobs.Run {
	s.t.Helper()
	done, err := s.daemon().Runs().Resume(s.t.Context(), run, "syncd", func(*jobs.Run) app.Progress { return executed{} })
	s.must(err)
	return done
}

func (s *site) daemon() *app.App {
	s.t.Helper()
	a := app.New(s.office.Config, app.Door{Version: "test", Getenv: s.officeEnv, Log: zerolog.Nop(), Stop: make(chan struct{})})
	s.t.Cleanup(a.Close)
	return a
}

// november is a month of which one is held, one blocked and one refused, of 8.
func (s *site) november() *jobs.Run {
	s.t.Helper()
	s.execute("dictionnaire")
	s.execute("paie")
	s.db.Exec(s.t, `UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin'`)
	return s.execute("paie")
}

func seenIn(t *testing.T, body string) string { t.Helper(); return fieldIn(t, body, "seen") }

// fieldIn is the value of the first field of that name.
func fieldIn(t *testing.T, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("no form has a field %s:\n%s", name, body)
	}
	return found[1]
}

// What a guard holds is seen, and let go by one form that names what was seen.
func TestAHeldRunIsApprovedAsItWasSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	if run.State != jobs.Held {
		t.Fatalf("the run is %s", run.State)
	}
	p := s.signedIn("marie", everything...)
	path := runPath(run.ID)
	shown := p.get(path)
	shown.want(http.StatusOK, "en suspens", "Pourquoi elle est en suspens", ">NANTES</td>", "C&#39;est exact\u00a0: envoyer", "Ne pas envoyer")
	seen := seenIn(t, shown.body)

	p.post(path+"/approve", "reason", "elle a déménagé").want(http.StatusNotFound) // a form without what was seen
	p.post(path+"/approve", "seen", seen, "reason", "").want(http.StatusConflict, "n&#39;a pas été fait")
	p.post(path+"/approve", "seen", strings.Replace(seen, "held.", "held.9", 1), "reason", "elle a déménagé").want(http.StatusConflict,
		`value="elle a déménagé"`) // what she typed is not lost
	if n := s.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'approve'`); n != "0" {
		t.Fatalf("%s approvals", n)
	}
	p.post(path+"/approve", "seen", seen, "reason", "elle a déménagé").leads(path + "?done=approved")
	p.get(path+"?done=approved").want(http.StatusOK, "noté à votre nom", `data-live="`+path+`/progress"`)
	// Two clicks are one decision.
	p.post(path+"/approve", "seen", seen, "reason", "elle a déménagé").want(http.StatusConflict)
	if n := s.text(`SELECT count(*)::text || max(actor) FROM syncd.audit WHERE decision = 'approve'`); n != "1marie" {
		t.Errorf("approvals: %s", n)
	}
	if done := s.goOn(run.ID); done.State != jobs.Succeeded {
		t.Errorf("the run is %s", done.State)
	}
	p.get(path).want(http.StatusOK, "transmis")
}

// Who has not the role is told who has, sees no button, and is refused what they make by hand.
func TestWhoMayNotDecideIsToldWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	s.signedIn("directrice", accounts.Grant{Role: accounts.Approve, Dossier: saintMartin})
	p := s.signedIn("secretaire", accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	path := runPath(run.ID)
	shown := p.get(path)
	shown.want(http.StatusOK, "directrice", "Ne pas envoyer")
	if contains(shown.body, path+"/approve") {
		t.Error("there is a form to approve")
	}
	p.post(path+"/approve", "seen", run.Seen().String(), "reason", "oui").want(http.StatusForbidden, "directrice")
	other := s.signedIn("autre", accounts.Grant{Role: accounts.Approve, Dossier: "sainte-anne"})
	other.get(path).want(http.StatusNotFound)
	other.post(path+"/approve", "seen", run.Seen().String(), "reason", "oui").want(http.StatusNotFound)
	p.post(path+"/cancel", "seen", run.Seen().String(), "reason", "mauvais mois").leads(path + "?done=cancelled")
	p.get(path).want(http.StatusOK, "mauvais mois")
}

// What was seen in the preview goes by one click; something else waits for a person.
func TestThePreviewIsWhatIsSent(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.execute("dictionnaire")
	s.execute("paie")
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	path := "/plans/paie/saint-martin/2026-11"
	shown := p.get(path)
	shown.want(http.StatusOK, "rien n&#39;est envoyé", ">NANTES</td>", "Envoyer maintenant")
	digest := regexp.MustCompile(`name="digest" value="([0-9a-f]+)"`).FindStringSubmatch(shown.body)[1]
	p.get("/plans/paie/saint-martin/2026-13").want(http.StatusNotFound)
	p.get("/plans/dictionnaire/saint-martin/2026-11").want(http.StatusNotFound)
	p.get("/plans/paie/sainte-anne/2026-11").want(http.StatusNotFound)
	p.post(path + "/send").want(http.StatusNotFound)
	sent := p.post(path+"/send", "digest", digest)
	sent.want(http.StatusSeeOther)
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'BREST' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	if run := s.goOn(3); run.State != jobs.Held {
		t.Errorf("the run is %s: %v", run.State, run.Findings)
	}
	p.get(strings.TrimSuffix(sent.header.Get("Location"), "?done=queued")).want(http.StatusOK, "depuis l&#39;aperçu")
}

// Every page answers in both languages, and says who reads it in which.
func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	paths := []string{"/", "/fleet", "/fleet?q=martin", "/fleet?q=nobody", "/fleet?state=to-decide", "/waiting", "/months/saint-martin",
		"/months/sainte-anne/2026-10", "/runs", "/runs?dossier=saint-martin&period=2026-11", runPath(run.ID), runPath(1),
		runPath(run.ID) + "?all", runPath(run.ID) + "/employees/1", "/employees", "/schedule", "/reception", "/reception?dossier=sainte-anne",
		"/journal", "/journal?decision=run&dossier=saint-martin", "/health", "/contract", "/nomenclatures/saint-martin",
		"/nomenclatures/sainte-anne", "/plans/paie/saint-martin/2026-11", "/plans/paie/sainte-anne/2026-11", "/account"}
	p := s.signedIn("marie", everything...)
	for _, language := range []string{"fr", "en"} {
		s.db.Exec(t, `UPDATE syncd.account SET language = $1`, language)
		for _, path := range paths {
			p.get(path).want(http.StatusOK, `<html lang="`+language+`">`, "<h1>")
		}
	}
	for _, path := range []string{"/runs/99", "/runs/x", runPath(run.ID) + "/employees/99", runPath(run.ID) + "/employees/x",
		"/nomenclatures/nobody",
		"/nomenclatures/saint-martin/nothing", "/journal?dossier=nobody", "/plans/nothing/saint-martin/2026-11"} {
		p.get(path).want(http.StatusNotFound)
	}
	name := regexp.MustCompile(`href="(/nomenclatures/saint-martin/[^"]+)"`).FindStringSubmatch(p.get("/nomenclatures/saint-martin").body)
	p.get(name[1]).want(http.StatusOK, "<table>")
}

// An employee is looked for by a form, and no address has a matricule in it.
func TestAnEmployeeIsFound(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	found := p.post("/employees", "dossier", saintMartin, "employee", "00003")
	found.want(http.StatusSeeOther)
	at := found.header.Get("Location")
	if !strings.HasPrefix(at, runPath(run.ID)+"/employees/") {
		t.Errorf("leads to %s", at)
	}
	p.get(at).want(http.StatusOK, "Salarié 00003", "NANTES", "<ol class=\"events\">")
	p.post("/employees", "dossier", saintMartin, "employee", "3").want(http.StatusUnprocessableEntity, "00003")
	p.post("/employees", "dossier", "sainte-anne", "employee", "00003").want(http.StatusNotFound)
}

// A table that is opened in a spreadsheet executes nothing.
func TestTheJournalsTableIsSafe(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	p.post(runPath(run.ID)+"/cancel", "seen", run.Seen().String(), "reason", "=1+1").want(http.StatusSeeOther)
	table := p.get("/journal.csv?dossier=saint-martin&decision=cancel")
	table.want(http.StatusOK, "'=1+1")
	if contains(table.body, ",=1+1") || table.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%s\n%s", table.header, table.body)
	}
	other := s.signedIn("autre", accounts.Grant{Role: accounts.Read, Dossier: "sainte-anne"})
	if body := other.get("/journal.csv").want(http.StatusOK).body; contains(body, saintMartin) || contains(body, "configuration") {
		t.Errorf("another's decisions:\n%s", body)
	}
}

// oneCause is a code that the nomenclature of neither of two dossiers has.
func (s *site) oneCause() {
	s.t.Helper()
	for _, dossier := range []string{saintMartin, "sainte-anne"} {
		s.executeFor("dictionnaire", dossier)
		s.db.Exec(s.t, `UPDATE staging.employee SET contrat = '99' WHERE dossier = $1 AND matricule = '00001'`, dossier)
		s.executeFor("paie", dossier)
	}
}

// One cause over several dossiers is one line: with what fixed it, and one form for those that are corrected.
func TestOneCauseOfSeveralDossiers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.oneCause()
	p := s.signedIn("marie", everything...)
	s.today = s.today.AddDate(0, 0, 1) // on the first of December November is what has to be corrected, and sent again
	p.get("/months/saint-martin").want(http.StatusOK, "novembre 2026", ">décembre 2026</a>")
	shown := p.get("/fleet")
	shown.want(http.StatusOK, "Une même cause, plusieurs dossiers", "2 dossiers", "OGEC Sainte-Anne")
	for _, narrowed := range []string{"/fleet?state=sent", "/fleet?state=none", "/fleet?q=anne"} { // of which none is finished
		if contains(p.get(narrowed).want(http.StatusOK, "Parc").body, "Tous les dossiers sont finis") {
			t.Errorf("%s says that all are finished", narrowed)
		}
	}
	p.get("/fleet?state=sent&q=anne").want(http.StatusOK, "Aucun dossier ne correspond", `href="/fleet?q=anne"`, `name="state" value="sent"`,
		`href="/fleet?q=anne&amp;state=to-`)
	key := regexp.MustCompile(`/causes/([0-9a-f]+)/note`).FindStringSubmatch(shown.body)[1]
	p.post("/causes/"+key+"/note", "reason", "").want(http.StatusConflict)
	p.post("/causes/"+key+"/note", "reason", "le code 99 est devenu 01").leads("/fleet?done=noted")
	p.get("/fleet").want(http.StatusOK, "le code 99 est devenu 01", "marie")
	p.post("/causes/"+key+"/note?q=ogec", "reason", "le code 99 est devenu 01").leads("/fleet?q=ogec&done=noted")
	reader := s.signedIn("lucie", accounts.Grant{Role: accounts.Read})
	if body := reader.get("/fleet").want(http.StatusOK, "Relancer\u00a0: à marie de le décider").body; contains(body, `name="dossier"`) {
		t.Error("who may start none is asked which")
	}
	one := s.signedIn("paul", accounts.Grant{Role: accounts.Read}, accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	one.get("/fleet").want(http.StatusOK, "Relancer (OGEC Sainte-Anne)\u00a0: à marie de le décider", `name="dossier" value="saint-martin"`)
	p.post("/causes/"+key+"/relaunch").want(http.StatusUnprocessableEntity, "aucun dossier")
	p.post("/causes/"+key+"/relaunch", "dossier", saintMartin, "dossier", "sainte-anne").want(http.StatusOK, "exécution 5", "exécution 6")
	if got := s.text(`SELECT string_agg(DISTINCT period, ' ') FROM syncd.run WHERE state = 'queued'`); got != apptest.Period {
		t.Errorf("what is sent again is of %s", got)
	}
	p.post("/causes/nothing/relaunch", "dossier", saintMartin).want(http.StatusNotFound)
	other := s.signedIn("autre", accounts.Grant{Role: accounts.Prepare, Dossier: "sainte-anne"})
	other.post("/causes/"+key+"/relaunch", "dossier", saintMartin).want(http.StatusNotFound) // of one's own dossiers there is one alone
}

// What came in of a partner is seen, and not what it says.
func TestWhatWasRead(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.execute("dictionnaire")
	s.db.Exec(t, `INSERT INTO inbox.dossier SELECT id, partner, environment, base_url, dossier FROM syncd.target`)
	s.db.Exec(t, `INSERT INTO inbox.record (target_id, collection, key, document, fingerprint, version, first_seen, changed_at, first_run, run)
		SELECT id, 'invoices', 'F-1/2', '{"secret": "pay 1234"}', 'x', 2, now(), now(), 1, 1 FROM syncd.target`)
	s.db.Exec(t, `INSERT INTO inbox.change (target_id, collection, key, version, path, at, run, difference, old, new)
		SELECT id, 'invoices', 'F-1/2', 2, '/total', now(), 1, '*', '"pay 1"', '"pay 1234"' FROM syncd.target`)
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	shown := p.get("/reception")
	shown.want(http.StatusOK, "F-1/2", "invoices")
	link := regexp.MustCompile(`href="(/reception/[^"]+)"`).FindStringSubmatch(shown.body)[1]
	one := p.get(link)
	one.want(http.StatusOK, "/total")
	if contains(shown.body+one.body, "pay 1") {
		t.Error("it is shown what a record says")
	}
	p.get(strings.Replace(link, saintMartin, "sainte-anne", 1)).want(http.StatusNotFound)
	p.get("/reception?dossier=sainte-anne").want(http.StatusNotFound)
}

// Cases 8 and 9: one masked value is shown once, to who proved lately who that is, and it is recorded before; a sheet that
// cannot be recorded is not shown.
func TestAMaskedValueIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	iban := s.text(`SELECT iban FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	path := runPath(run.ID) + "/employees/1"
	if shown := p.get(path); contains(shown.want(http.StatusOK, "Voir une valeur masquée").body, iban) {
		t.Error("a masked value is shown")
	}
	shown := p.post(path+"/reveal", "member", "Iban")
	shown.want(http.StatusOK, iban, "data-revealed")
	if got := s.text(`SELECT string_agg(account || ' ' || key || ' ' || field || ' ' || channel, ', ' ORDER BY at, field) FROM syncd.reading`); got !=
		"marie 00001  page, marie 00001 Iban page, marie 00001  page" {
		t.Errorf("recorded: %s", got)
	}
	if contains(p.get(path).body, iban) || contains(s.log.String(), iban) {
		t.Error("it is still shown, or logged")
	}
	journal := "/journal?dossier=saint-martin&decision=readings"
	p.get(journal).want(http.StatusOK, "<td>marie</td>", "<td>Iban</td>", "Les vôtres seulement")
	p.get("/journal.csv?dossier=saint-martin&decision=readings").want(http.StatusOK, ",marie,marie,page,saint-martin,test,00001,Iban,")
	another := s.signedIn("autre", accounts.Grant{Role: accounts.Approve, Dossier: saintMartin})
	if shown := another.get(journal).want(http.StatusOK, "Personne n&#39;a ouvert"); contains(shown.body, "Iban") {
		t.Error("another's readings are shown")
	}
	admin := s.signedIn("admin", accounts.Grant{Role: accounts.Admin, Dossier: saintMartin})
	admin.get(journal).want(http.StatusOK, "<td>marie</td>", "<td>Iban</td>")
	s.signedIn("ailleurs", accounts.Grant{Role: accounts.Admin, Dossier: "sainte-anne"}).get(journal).want(http.StatusNotFound)
	p.post(path+"/reveal", "member", "Nothing").want(http.StatusConflict)
	s.db.Exec(t, `ALTER TABLE syncd.reading ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
	refused := p.post(path+"/reveal", "member", "Iban").want(http.StatusServiceUnavailable, "Rien n&#39;est montré")
	sheet := p.get(path).want(http.StatusServiceUnavailable, "Rien n&#39;est montré")
	if contains(refused.body, iban) || contains(sheet.body, "Ce qui s") || contains(s.log.String(), iban) {
		t.Error("it is shown although it cannot be recorded")
	}
}

// Whoever's session ended over a form is told that nothing was done, and comes back to where it stood.
func TestAFormOfASessionThatEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.clock = s.clock.Add(2 * time.Hour)
	to := "/login?done=unsent&next=%2Fruns%2F3"
	p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").leads(to)
	p.get(to).want(http.StatusOK, "Your session had ended", `value="/runs/3"`)
	p.post("/login", "name", p.name, "password", p.password, "code", p.code(), "next", "/runs/3").leads("/runs/3")
	for form, at := range map[string]string{"/plans/paie/saint-martin/2026-11/send": "/plans/paie/saint-martin/2026-11",
		"/contract/accept": "/contract", "/schedule/paie/pause": "/", "/months/saint-martin/2026-11/close": "/months/saint-martin/2026-11"} {
		if formPage(form) != at {
			t.Errorf("%s leads to %s", form, formPage(form))
		}
	}
}

// Who decides about a month as a whole sees what it comes to beside the usual, in the preview as in the run; once it has gone it is told
// to who asks for all.
func TestAmountsStandWhereSomebodyDecides(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.execute("dictionnaire")
	s.execute("paie")
	s.db.Exec(t, `UPDATE staging.payroll_element SET amount = 250 WHERE dossier = 'saint-martin' AND amount IS NOT NULL;
		UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin'`)
	p := s.signedIn("marie", everything...)
	p.get("/plans/paie/saint-martin/2026-11").want(http.StatusOK, `<table class="amounts">`, "à côté des montants habituels")
	run := s.execute("paie")
	if run.State != jobs.Held {
		t.Fatalf("the run is %s", run.State)
	}
	path := runPath(run.ID)
	shown := p.get(path).want(http.StatusOK, `<table class="amounts">`, "à côté des montants habituels")
	if iban := s.text(`SELECT iban FROM staging.employee WHERE dossier = 'saint-martin' AND matricule = '00001'`); contains(shown.body, iban) ||
		contains(shown.body, "syncd show") {
		t.Error("a masked value is shown, or a command")
	}
	p.post(path+"/approve", "seen", run.Seen().String(), "reason", "prime de fin d'année").want(http.StatusSeeOther)
	s.goOn(run.ID)
	if over := p.get(path).want(http.StatusOK); contains(over.body, `class="amounts"`) {
		t.Error("nobody decides any more")
	}
	p.get(path+"?all").want(http.StatusOK, `<table class="amounts">`)
}

// A run of which a newer one took the place names it, and has nothing to click but that.
func TestAReplacedRunNamesTheNewerOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	newer := s.execute("paie")
	p := s.signedIn("marie", everything...)
	shown := p.get(runPath(run.ID)).want(http.StatusOK, `href="`+runPath(newer.ID)+`"`)
	if contains(shown.body, `action="`+runPath(run.ID)) {
		t.Errorf("something can be decided about it:\n%s", shown.body)
	}
	p.post(runPath(run.ID)+"/approve", "seen", run.Seen().String(), "reason", "oui").want(http.StatusConflict, runPath(newer.ID))
}

// Beside each sheet that is held alone stands what lets it go and what sets it aside; the others go, and it is proposed again.
func TestOneSheetIsNotSent(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.execute("dictionnaire")
	s.execute("paie")
	s.db.Exec(t, `UPDATE staging.employee SET iban = 'FR7630006000011234567890189' WHERE dossier = 'saint-martin' AND matricule = '00001';
		UPDATE staging.employee SET iban = 'FR7630004000031234567890143' WHERE dossier = 'saint-martin' AND matricule = '00002'`)
	run := s.execute("paie")
	if run.State != jobs.Incomplete || run.Counts.Held != 2 {
		t.Fatalf("the run is %s: %+v", run.State, run.Counts)
	}
	p, path := s.signedIn("marie", everything...), runPath(run.ID)
	shown := p.get(path).want(http.StatusOK, "C&#39;est exact\u00a0: envoyer cette fiche", "Ne pas envoyer cette fiche",
		"les autres n&#39;en sont pas touchés")
	form := regexp.MustCompile(`(?s)action="` + path + `/cancel".*?name="item" value="(\d+)"`).FindStringSubmatch(shown.body)
	if form == nil {
		t.Fatalf("no form sets one of them aside:\n%s", shown.body)
	}
	seen := seenIn(t, shown.body)
	p.post(path+"/cancel", "seen", seen, "item", form[1], "reason", "on attend son RIB").leads(path + "?done=aside")
	again := p.get(path+"?done=aside").want(http.StatusOK, "mise de côté", "Abandonnés", "mis de côté par une personne")
	p.post(path+"/approve", "seen", seen, "reason", "les deux").want(http.StatusConflict)
	p.post(path+"/cancel", "seen", seenIn(t, again.body), "item", form[1], "reason", "encore").want(http.StatusConflict)
	p.get("/journal").want(http.StatusOK, "on attend son RIB", "00001")
	p.post(path+"/approve", "seen", seenIn(t, again.body), "reason", "elle a changé de banque").leads(path + "?done=approved")
	if done := s.goOn(run.ID); done.State != jobs.Incomplete || done.Counts.Held != 0 || done.Counts.Superseded != 1 {
		t.Errorf("the run is %s: %+v", done.State, done.Counts)
	}
	p.get("/months/saint-martin/2026-11").want(http.StatusOK, "abandonné")
	if next := s.execute("paie"); next.State != jobs.Incomplete || next.Counts.Held != 1 || next.Counts.Accepted != 0 {
		t.Errorf("the next run is %s: %+v", next.State, next.Counts)
	}
}
