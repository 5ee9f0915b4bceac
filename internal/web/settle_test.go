package web

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/contract/openapi"
	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

// What a person found out at the partner is settled by the form beside it: seen there, not seen, taken back; and it holds.
func TestWhatIsUncertainIsSettled(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *config.Config) { c.Documents().Documents.Semantics = jobs.Append })
	s.execute("dictionnaire")
	s.execute("paie")
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin' AND matricule IN ('00001', '00002');
		DELETE FROM staging.payroll_element WHERE matricule = '00003' AND dossier = 'saint-martin';
		DELETE FROM staging.employee WHERE matricule = '00003' AND dossier = 'saint-martin'`)
	s.must(s.api.SetFaults(sandbox.Faults{Lost: 1}))
	run := s.execute("paie") // a correction is held, as this API would add it
	_, err := s.office.Decisions().Approve(t.Context(), app.Approval{Run: run.ID, Employees: []string{"00001", "00002"},
		Decision: app.Decision{By: "paul", Reason: "it takes their place"}})
	s.must(err)
	run = s.goOn(run.ID)
	s.must(s.api.SetFaults(sandbox.Faults{}))
	if run.Counts.Uncertain != 2 || run.Counts.Departed != 1 {
		t.Fatalf("the run is %s: %+v", run.State, run.Counts)
	}
	p, path := s.signedIn("marie", everything...), runPath(run.ID)
	settle := func(key, as string) *answer {
		t.Helper()
		item := s.text(`SELECT seq::text FROM syncd.item WHERE run_id = $1 AND key = $2`, run.ID, key)
		shown := p.get(path).want(http.StatusOK)
		if !regexp.MustCompile(`(?s)name="as" value="` + as + `">.{0,200}name="item" value="` + item + `"`).MatchString(shown.body) {
			t.Errorf("no form settles %s as %s:\n%s", key, as, shown.body)
		}
		return p.post(path+"/settle", "seen", seenIn(t, shown.body), "item", item, "as", as, "reason", "vu avec Isidoor")
	}
	settle("00001", "accepted").want(http.StatusConflict, "n&#39;a pas été fait") // what was sent may still be on its way
	s.db.Exec(t, `UPDATE syncd.baseline SET doubt_since = doubt_since - interval '1 minute' WHERE in_doubt`)
	settle("00001", "accepted").leads(path + "?done=settled")
	settle("00003", "withdrawn").leads(path + "?done=settled")
	settle("00002", "pending").leads(path + "?done=settled")
	if got := s.text(`SELECT string_agg(employees[1] || ' ' || detail || ' ' || account || ' ' || channel || ' ' || reason, ', ' ORDER BY id)
		FROM syncd.audit WHERE decision = 'settle'`); got != "00001 accepted marie page vu avec Isidoor, "+
		"00003 withdrawn marie page vu avec Isidoor, 00002 pending marie page vu avec Isidoor" {
		t.Error(got)
	}
	if done := s.goOn(run.ID); done.State != jobs.Succeeded || done.Counts.Accepted != 2 {
		t.Errorf("the run is %s: %+v", done.State, done.Counts)
	}
	if next := s.execute("paie"); next.Counts.Unchanged != 7 || next.Counts.Uncertain+next.Counts.Departed != 0 {
		t.Errorf("the next run is %s: %+v", next.State, next.Counts)
	}
}

// A contract that takes less is accepted as it was shown, by who may decide for all; the run that waited for it goes on.
func TestAContractIsAcceptedAsItWasShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.execute("dictionnaire")
	s.execute("paie")
	s.shorter(60)
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	run := s.execute("paie")
	if run.State != jobs.Held {
		t.Fatalf("the run is %s: %+v", run.State, run.Findings)
	}
	half := s.signedIn("moitie", accounts.Grant{Role: accounts.Approve, Dossier: saintMartin})
	p := s.signedIn("marie", everything...)
	shown := p.get("/contract").want(http.StatusOK, runPath(run.ID), "/contract/accept")
	digest := fieldIn(t, shown.body, "digest")
	half.post("/contract/accept", "digest", digest, "reason", "vu").want(http.StatusForbidden, "marie")
	p.post("/contract/accept", "reason", "vu").want(http.StatusNotFound) // a form without what was shown
	p.post("/contract/accept", "digest", digest, "reason", "").want(http.StatusConflict)
	s.shorter(59)
	p.post("/contract/accept", "digest", digest, "reason", "vu").want(http.StatusConflict)
	if n := s.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'contract-accept'`); n != "0" {
		t.Fatalf("%s acceptances", n)
	}
	run = s.execute("paie")
	digest = fieldIn(t, p.get("/contract").body, "digest")
	p.post("/contract/accept", "digest", digest, "reason", "elles sont plus courtes").leads("/contract?done=accepted")
	if got := s.text(`SELECT string_agg(decision || ' ' || account || ' ' || channel || ' ' || coalesce(run_id::text, ''), ', ' ORDER BY id)
		FROM syncd.audit WHERE reason = 'elles sont plus courtes'`); got != "contract-accept marie page , approve marie page "+
		strconv.FormatInt(run.ID, 10) {
		t.Error(got)
	}
	if done := s.goOn(run.ID); done.State != jobs.Succeeded || done.Counts.Accepted != 1 {
		t.Errorf("the run is %s: %+v", done.State, done.Counts)
	}
	p.post("/contract/accept", "digest", digest, "reason", "encore").want(http.StatusConflict)
}

// shorter records a contract as if the partner had shown it just now: a text of an address is shorter than in the one before.
func (s *site) shorter(most int) {
	s.t.Helper()
	text := s.text(`SELECT jsonb_set(convert_from(document, 'UTF8')::jsonb, '{definitions,Adresse,properties,Voie,maxLength}', $1::text::jsonb)::text
		FROM syncd.contract ORDER BY id LIMIT 1`, strconv.Itoa(most))
	document, err := openapi.Read([]byte(text))
	s.must(err)
	s.db.Exec(s.t, `INSERT INTO syncd.contract (api_id, digest, document, place) SELECT api_id, $1, $2, place FROM syncd.contract
		ORDER BY id LIMIT 1`, document.Digest, []byte(text))
}

// Two persons who decide at the same moment make one decision; the other is told, and sees who made it.
func TestTwoDecideAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	run := s.november()
	path := runPath(run.ID)
	two := []*person{s.signedIn("lucie", everything...), s.signedIn("paul", everything...)}
	answers := make([]*answer, len(two))
	var both sync.WaitGroup
	for i, p := range two {
		both.Go(func() { answers[i] = p.post(path+"/approve", "seen", run.Seen().String(), "reason", "vu par "+p.name) })
	}
	both.Wait()
	first := s.text(`SELECT string_agg(actor, ' ') FROM syncd.audit WHERE decision = 'approve'`)
	for i, p := range two {
		if p.name == first {
			answers[i].leads(path + "?done=approved")
		} else {
			answers[i].want(http.StatusConflict, "n&#39;a pas été fait", first)
		}
	}
	if first != "lucie" && first != "paul" {
		t.Errorf("decided by %q", first)
	}
	if done := s.goOn(run.ID); done.State != jobs.Succeeded || done.Period != apptest.Period {
		t.Errorf("the run is %s", done.State)
	}
}

// A path that takes a form is not asked for by another method, and nothing but a form changes anything.
func TestAnotherMethodChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	p := s.signedIn("marie", everything...)
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "FOO"} {
		for _, path := range []string{"/", "/login", "/schedule/paie/pause", "/contract/accept", "/nothing"} {
			if got := p.ask(method, path, nil, nil); got.status < 400 || got.status >= 500 {
				t.Errorf("%s %s: %d", method, path, got.status)
			}
		}
	}
	if got := p.get("/schedule/paie/pause?reason=vacances"); got.status < 400 || got.status >= 500 {
		t.Errorf("GET of a form: %d", got.status)
	}
	if n := s.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'pause'`); n != "0" {
		t.Errorf("%s pauses", n)
	}
}
