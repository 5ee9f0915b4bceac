package web

import (
	"net/http"
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/config"
	"syncd/internal/jobs"
)

// Case 5 on the page: who started a run sees no button and reads who decides, her form made by hand is refused, another person's is
// recorded with account, door and proof.
func TestWhoStartedARunDoesNotLetItGo(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].Guards.SecondPerson = jobs.SecondHeld
		}
	})
	role := accounts.Grant{Role: accounts.Approve, Dossier: saintMartin}
	marie := s.signedIn("marie.dupont", role, accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	other := s.signedIn("directrice", role)
	s.db.Exec(t, `UPDATE syncd.account SET login = 'marie' WHERE name = 'marie.dupont'`)
	run := s.november() // by the system user marie
	path := runPath(run.ID)
	shown := marie.get(path).want(http.StatusOK, "directrice")
	if contains(shown.body, path+"/approve") {
		t.Error("who started it has a form")
	}
	seen := seenIn(t, other.get(path).want(http.StatusOK, path+"/approve").body)
	marie.post(path+"/approve", "seen", seen, "reason", "elle a déménagé").want(http.StatusForbidden, "à une autre personne")
	if n := s.text(`SELECT count(*)::text FROM syncd.audit WHERE decision = 'approve'`); n != "0" {
		t.Errorf("%s approvals", n)
	}
	other.post(path+"/approve", "seen", seen, "reason", "elle a déménagé").leads(path + "?done=approved")
	if got := s.text(`SELECT actor || ' ' || account || ' ' || channel || ' ' || proof FROM syncd.audit WHERE decision = 'approve'`); got !=
		"directrice directrice page password+totp" {
		t.Error(got)
	}
}
