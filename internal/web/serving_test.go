package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/ledger"
)

// serves has one daemon alone, which has a job by a digest.
func (s *site) serves(job, digest string) {
	s.t.Helper()
	s.must(s.db.With(s.t.Context(), func(c *pgx.Conn) error {
		_, err := c.Exec(s.t.Context(), `DELETE FROM syncd.daemon`)
		if err == nil {
			_, err = c.Exec(s.t.Context(), `INSERT INTO syncd.daemon (id, host, pid, version, jobs)
				VALUES (7, 'serveur', 1, 'test', json_build_object($1::text, $2::text))`, job, digest)
		}
		return err
	}))
}

// While a daemon has another configuration for a job than the page, nothing is decided about it there: not by any of the doors.
func TestNothingIsDecidedByOtherRules(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	run := s.november()
	by := app.Decision{By: "marie", Reason: "as agreed"}
	decide, month := s.app.Decisions(), app.Month{Dossier: s.config.AllDossiers[0], Period: apptest.Period}
	s.serves("paie", "of another file")
	s.must(decide.Pause(t.Context(), "paie", by)) // to stop what would start is always allowed
	before := s.text(`SELECT count(*)::text FROM syncd.audit`)
	for name, try := range map[string]func() error{
		"approve": func() error {
			_, err := decide.Approve(t.Context(), app.Approval{Run: run.ID, Decision: by})
			return err
		},
		"cancel": func() error { _, err := decide.Cancel(t.Context(), run.ID, by); return err },
		"settle": func() error {
			_, err := decide.Settle(t.Context(), app.Settling{Run: run.ID, Employees: []string{"00001"}, As: ledger.SettleAccepted, Decision: by})
			return err
		},
		"close":   func() error { _, err := decide.ClosePeriod(t.Context(), month, true, by); return err },
		"unpause": func() error { return decide.Unpause(t.Context(), "paie", app.Decision{By: "marie"}) },
		"resume":  func() error { _, err := s.app.Runs().Requeue(t.Context(), run.ID, by); return err },
		"run": func() error {
			ordered, err := s.app.Runs().Order(t.Context(), app.Order{Job: "paie", Decision: app.Decision{By: "marie"},
				Selection: app.Selection{Dossiers: []string{saintMartin}}})
			s.must(err)
			_, err = ordered.Queue(t.Context(), ordered.Dossiers[0])
			return err
		},
		"contract": func() error { _, _, err := s.app.Contracts().Accept(t.Context(), "", by); return err },
	} {
		refused, ok := errors.AsType[*app.Refused](try())
		if !ok || refused.Code != app.OtherRules || refused.Args["job"] != "paie" || refused.Args["host"] != "serveur" {
			t.Errorf("%s: %+v", name, refused)
		}
	}
	p, path := s.signedIn("marie", everything...), runPath(run.ID)
	p.get(path).want(http.StatusOK, "n&#39;ont pas lu la même configuration (paie)", "reload syncd syncd-web")
	p.post(path+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").want(http.StatusConflict, "selon d&#39;autres règles",
		"la page Santé")
	if after := s.text(`SELECT count(*)::text FROM syncd.audit WHERE NOT decision LIKE 'account%'`); after != before {
		t.Errorf("%s lines in the audit, and there were %s", after, before)
	}

	s.serves("paie", s.config.JobDigest("paie"))
	if shown := p.get(path).want(http.StatusOK); contains(shown.body, "banner dead") {
		t.Error("an alarm is shown although they agree")
	}
	p.post(path+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").leads(path + "?done=approved")
}

// A daemon that lives and has not the job sends nothing of it.
func TestADaemonOfAnotherJobIsNone(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.serves("dictionnaire", s.config.JobDigest("dictionnaire"))
	p.get(runPath(run.ID)).want(http.StatusOK, "Le service qui envoie ne fonctionne pas")
	p.get("/months/saint-martin/2026-11").want(http.StatusOK, "Aucun service en marche n&#39;exécute paie")
	if shown := p.get(runPath(1)).want(http.StatusOK); contains(shown.body, "banner dead") {
		t.Error("a job that is executed has an alarm")
	}
	s.serves("paie", s.config.JobDigest("paie"))
	s.db.Exec(t, `UPDATE syncd.daemon SET seen_at = clock_timestamp() - interval '76 seconds'`)
	p.get(runPath(run.ID)).want(http.StatusOK, "Le service qui envoie ne fonctionne pas")
}

// A daemon that died is named on each page, since when it was last heard, and what it was to do next on Santé and Planning, although
// another one goes on; none is that was stopped on purpose, or in whose place another one was started.
func TestADaemonThatDiedIsNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	p := s.signedIn("marie", everything...)
	s.alive()
	s.db.Exec(t, `INSERT INTO syncd.daemon (id, host, pid, version, jobs, started_at)
		SELECT 8, 'secours', 1, 'test', jobs, '2026-11-28 00:00+01' FROM syncd.daemon`)
	const dead = "Le service de serveur ne donne plus signe de vie depuis le dimanche 29 novembre 2026 à 18\u00a0h"
	pages := []string{"/", "/months/saint-martin", "/runs", "/schedule", "/health", "/account"}
	for _, path := range pages {
		if body := p.get(path).want(http.StatusOK).body; contains(body, "banner dead") {
			t.Errorf("%s has an alarm although both live", path)
		}
	}
	s.db.Exec(t, `UPDATE syncd.daemon SET started_at = '2026-11-29 17:00+01', seen_at = '2026-11-29 18:00+01' WHERE id = 7`)
	for _, path := range pages {
		p.get(path).want(http.StatusOK, dead)
	}
	for _, path := range []string{"/health", "/schedule"} {
		p.get(path).want(http.StatusOK, "secours, version test, depuis le samedi 28 novembre 2026", "✖",
			"serveur ne donne plus signe de vie depuis le dimanche 29 novembre 2026 à 18\u00a0h",
			"il devait ensuite lancer paie, le lundi 30 novembre 2026 à 6\u00a0h")
	}
	s.db.Exec(t, `UPDATE syncd.daemon SET started_at = '2026-11-29 18:05+01' WHERE id = 8`)
	if body := p.get("/health").want(http.StatusOK).body; contains(body, "banner dead") || contains(body, "serveur") {
		t.Error("one in whose place another one was started is told of still")
	}
	s.db.Exec(t, `UPDATE syncd.daemon SET started_at = '2026-11-28 00:00+01' WHERE id = 8`)
	s.db.Exec(t, `DELETE FROM syncd.daemon WHERE id = 7`) // as one does that is stopped
	if body := p.get("/health").want(http.StatusOK).body; contains(body, "banner dead") {
		t.Error("one that took leave is told of as dead")
	}
}

// The month says whether the service lives, and when the partner last answered: by a sign and a word.
func TestTheMonthSaysWhatLives(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	s.november()
	p := s.signedIn("marie", everything...)
	s.alive()
	for _, path := range []string{"/", "/fleet", "/months/saint-martin"} {
		p.get(path).want(http.StatusOK, "✔ <strong>Service qui envoie</strong>\u00a0: en marche",
			"✔ <strong>Isidoor</strong>\u00a0: a répondu le")
	}
	s.db.Exec(t, `UPDATE syncd.daemon SET seen_at = clock_timestamp() - interval '80 seconds'`)
	s.db.Exec(t, `UPDATE syncd.run SET state = 'cancelled' WHERE id = (SELECT max(id) FROM syncd.run);
		INSERT INTO syncd.run OVERRIDING SYSTEM VALUE
		SELECT (jsonb_populate_record(r, jsonb_build_object('id', 1000, 'state', 'failed', 'failure_code', 'unreachable',
			'finished_at', clock_timestamp()))).* FROM syncd.run r ORDER BY r.id DESC LIMIT 1`)
	for _, path := range []string{"/", "/fleet", "/months/saint-martin"} {
		p.get(path).want(http.StatusOK, "✖ <strong>Service qui envoie</strong>\u00a0: ne fonctionne pas",
			"✖ <strong>Isidoor</strong>\u00a0: n&#39;a pas répondu le")
	}
}

// A month is closed over what was shown to be missing, and nothing else.
func TestAMonthIsClosedOverWhatWasShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	path := "/months/saint-martin/2026-11"
	tag := fieldIn(t, p.get(path).want(http.StatusOK).body, "missing")
	_, err := s.office.Decisions().Cancel(t.Context(), run.ID, app.Decision{By: "paul", Reason: "mauvais mois"})
	s.must(err)
	p.post(path+"/close", "missing", tag, "reason", "fini").want(http.StatusConflict, "a changé depuis que vous l&#39;avez lu")
	p.post(path+"/close", "reason", "fini").want(http.StatusConflict)
	if n := s.text(`SELECT count(*)::text FROM syncd.closed_period`); n != "0" {
		t.Fatalf("%s closed", n)
	}
	p.post(path+"/close", "missing", fieldIn(t, p.get(path).body, "missing"), "reason", "fini").leads(path + "?done=closed")
}

// Whoever follows a run is told what its items have come to, and asks for no more than that.
func TestProgressIsCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	p := s.signedIn("marie", everything...)
	path := runPath(run.ID)
	p.get(path + "/progress").want(http.StatusGone)
	p.post(path+"/approve", "seen", run.Seen().String(), "reason", "elle a déménagé").want(http.StatusSeeOther)
	shown := p.get(path+"/progress").want(http.StatusOK, "8 salariés", "restent à envoyer")
	if contains(shown.body, "00001") {
		t.Error("somebody is named")
	}
	same := func(r *http.Request) { r.Header.Set("If-None-Match", shown.header.Get("ETag")) }
	p.ask(http.MethodGet, path+"/progress", nil, same).want(http.StatusNotModified)
	s.db.Exec(t, `UPDATE syncd.item SET state = 'held', payload = payload WHERE run_id = `+strings.TrimPrefix(path, "/runs/")+` AND seq = 1`)
	p.ask(http.MethodGet, path+"/progress", nil, same).want(http.StatusOK, "à confirmer")
}

// Who sends a form slowly keeps nobody else waiting: the configuration may change meanwhile, and the form is answered by the new one.
func TestASlowFormHoldsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var dialer net.Dialer
	slow, err := dialer.DialContext(t.Context(), "tcp", s.http.Listener.Addr().String())
	s.must(err)
	defer slow.Close()
	const form = "name=marie&password=x&code=1"
	_, err = fmt.Fprintf(slow, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", s.config.Web.Host(), len(form))
	s.must(err)
	from := bufio.NewReader(slow)
	line, err := from.ReadString('\n') // it reads the form
	if err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	_, err = from.ReadString('\n')
	s.must(err)
	reloaded := make(chan struct{})
	go func() {
		defer close(reloaded)
		s.Reload(app.New(s.config, app.Door{Version: "test", Getenv: s.getenv, Stop: make(chan struct{}), Page: true}))
	}()
	select {
	case <-reloaded:
	case <-time.After(bodyTimeout / 2):
		t.Error("the configuration waits for a form")
	}
	_, err = io.WriteString(slow, form)
	s.must(err)
	answer, err := http.ReadResponse(from, nil)
	s.must(err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("the form is answered by %s", answer.Status)
	}
	<-reloaded
}

// Before the service has used a ledger for the first time, the page says that it has not, and not which right is missing.
func TestTheServiceHasNotStarted(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.db.Exec(t, `DELETE FROM syncd.ledger_key`)
	a := app.New(s.config, app.Door{Version: "test", Getenv: s.getenv, Stop: make(chan struct{}), Page: true})
	t.Cleanup(a.Close)
	s.Reload(a)
	p := &person{site: s, name: "marie", password: goodPassword}
	p.post("/login", "name", "marie", "password", goodPassword, "code", "123456").want(http.StatusServiceUnavailable,
		"the service has not started yet", "start it once")
}
