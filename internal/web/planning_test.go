package web

import (
	"net/http"
	"strings"
	"testing"

	"syncd/internal/accounts"
)

func TestPlanningIsPausedByWhoPrepares(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	marie := s.signedIn("marie", everything...)
	reader := s.signedIn("lecteur", accounts.Grant{Role: accounts.Read, Dossier: "saint-martin"})
	stranger := s.signedIn("ailleurs", accounts.Grant{Role: accounts.Prepare, Dossier: "other"})
	half := s.signedIn("moitie", accounts.Grant{Role: accounts.Prepare, Dossier: "saint-martin"})

	marie.get("/schedule").want(http.StatusOK, "Planning", "saint-martin", "sainte-anne", "Mettre en pause")
	marie.post("/schedule/paie/pause", "reason", " ").want(http.StatusUnprocessableEntity, `role="alert"`)
	marie.post("/schedule/paie/pause", "reason", "NIR 1 85 05 78 006 084 91").want(http.StatusUnprocessableEntity)
	s.signedIn("partie", accounts.Grant{Role: accounts.Prepare})
	s.db.Exec(t, `UPDATE syncd.account SET disabled_at = now() WHERE name = 'partie'`)
	for _, p := range []*person{reader, half} { // one schedule of two dossiers: Preparation for one of them is not enough
		shown := p.get("/schedule").want(http.StatusOK, "saint-martin", "Qui le peut\u00a0: marie").body
		if _, hint, _ := strings.Cut(shown, "Qui le peut"); contains(hint, "moitie") || contains(hint, "partie") {
			t.Errorf("who may not is named as who may:\n%s", hint)
		}
	}
	reader.post("/schedule/paie/pause", "reason", "because").want(http.StatusForbidden)
	half.post("/schedule/paie/pause", "reason", "because").want(http.StatusForbidden)
	stranger.post("/schedule/paie/pause", "reason", "because").want(http.StatusNotFound)
	if shown := stranger.get("/schedule").want(http.StatusOK); contains(shown.body, "saint-martin") {
		t.Error("another's dossier is shown")
	}
	marie.post("/schedule/paie/pause", "reason", "vacances").leads("/schedule?done=paused")
	marie.get("/schedule?done=paused").want(http.StatusOK, "En pause", "vacances", "Finir la pause", "La tâche est en pause")
	marie.post("/schedule/paie/pause", "reason", "twice").want(http.StatusUnprocessableEntity)
	marie.post("/schedule/paie/unpause", "reason", "").want(http.StatusUnprocessableEntity, `role="alert"`)
	half.post("/schedule/paie/unpause", "reason", "because").want(http.StatusForbidden)
	marie.post("/schedule/paie/unpause", "reason", "revenue").leads("/schedule?done=unpaused")
	if got := s.text(`SELECT string_agg(decision || ' ' || actor || ' ' || reason, ', ' ORDER BY id) FROM syncd.audit WHERE decision LIKE '%pause'`); got !=
		"pause marie vacances, unpause marie revenue" {
		t.Error(got)
	}
}

// What was missed, and why, is told to whoever may read the dossier, and to nobody else.
func TestPlanningTellsWhatWasMissed(t *testing.T) {
	t.Parallel()
	s := newSite(t, scheduled)
	s.execute("dictionnaire")
	s.text(`WITH known AS (INSERT INTO syncd.schedule (job, target_id, spec, timezone, dealt_with)
		SELECT 'paie', id, '0 6 * * *', 'Europe/Paris', now() FROM syncd.target WHERE dossier = 'saint-martin' RETURNING target_id)
		INSERT INTO syncd.fire (job, target_id, nominal_at, outcome, reason)
		SELECT 'paie', target_id, now() - interval '1 day', 'missed', 'closed' FROM known RETURNING job`)
	marie := s.signedIn("marie", everything...)
	stranger := s.signedIn("ailleurs", accounts.Grant{Role: accounts.Prepare, Dossier: "sainte-anne"})

	const missed, why = "MANQUÉE", "la période est close"
	marie.get("/schedule").want(http.StatusOK, missed, why)
	if shown := stranger.get("/schedule").want(http.StatusOK, "sainte-anne"); contains(shown.body, missed) || contains(shown.body, why) {
		t.Error("what another's dossier missed is shown")
	}
}
