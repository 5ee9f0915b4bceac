package web

import (
	"fmt"
	"net/http"
	"testing"

	"syncd/internal/accounts"
	"syncd/internal/config"
	"syncd/internal/jobs"
)

// Santé tells by which way alerts leave and when one arrived last, and queues a test message, which the service sends. Where nothing
// leaves, each page says so to everybody, at once; whom alone a server refuses, to administrators.
func TestAlertsOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *config.Config) {
		c.Alerts = config.Alerts{SMTP: &config.SMTP{Host: "127.0.0.1", Port: 1, TLS: "none", From: "paie@example.org"},
			Recipients: []config.AlertRecipient{{Name: "bureau", Roles: []string{"admin"}, DossierNames: []string{"*"}, Mail: "b@example.org"}}}
	})
	marie := s.signedIn("marie", everything...)
	reader := s.signedIn("reader", accounts.Grant{Role: accounts.Read, Dossier: "saint-martin"})
	marie.get("/health").want(http.StatusOK, "rien n&#39;a encore été envoyé", `<option value="bureau">`, "marie : le compte a été créé")
	if shown := reader.get("/health").want(http.StatusOK, "Alertes"); contains(shown.body, "bureau") || contains(shown.body, "Envoyer") {
		t.Error("who only reads is shown who is told, or a button")
	}
	reader.post("/health/test", "recipient", "bureau").want(http.StatusForbidden)
	marie.post("/health/test", "recipient", "nobody").want(http.StatusUnprocessableEntity, "bureau")
	marie.post("/health/test", "recipient", "bureau").leads("/health?done=tested")
	// test-under-way
	marie.post("/health/test", "recipient", "bureau").want(http.StatusUnprocessableEntity,
		"un message d&#39;essai pour bureau est déjà en route")
	marie.get("/health?done=tested").want(http.StatusOK, "bureau : pas encore envoyé", "Le service l&#39;envoie dans la minute")

	s.db.Exec(t, `UPDATE syncd.alert_message SET attempts = 1, trouble = 'certificate'`)
	reader.get("/").want(http.StatusOK, "Les alertes par mail ne partent pas")
	marie.get("/health").want(http.StatusOK, "Les alertes par mail ne partent pas", "✖", "1 message n&#39;arrive pas")
	s.db.Exec(t, `UPDATE syncd.alert_message SET trouble = 'address'`)
	marie.get("/").want(http.StatusOK, "Aucune alerte n&#39;atteint bureau")
	if shown := reader.get("/"); contains(shown.body, "bureau") || contains(shown.body, "Les alertes par") {
		t.Error("a wrong address of one recipient is told who only reads")
	}
	s.db.Exec(t, `UPDATE syncd.alert_message SET state = 'sent', sent_at = clock_timestamp(), trouble = ''`)
	marie.get("/health").want(http.StatusOK, "le dernier est arrivé le", "bureau : envoyé")
	if shown := marie.get("/"); contains(shown.body, "alerte") {
		t.Error("all arrives, and a page tells of trouble")
	}
}

// Nomenclatures tell whom the codes would block, as the last pull found it, and of which dossiers of the person's.
func TestStoredImpactOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	marie := s.signedIn("marie", everything...)
	one := s.signedIn("one", accounts.Grant{Role: accounts.Read, Dossier: "sainte-anne"})
	s.db.Exec(t, fmt.Sprintf(`INSERT INTO syncd.target (partner, environment, base_url, dossier)
		VALUES ('isidoor', 'test', '%s', 'saint-martin') ON CONFLICT DO NOTHING`, jobs.NormalAddress(s.config.Partners[0].BaseURL)))
	s.db.Exec(t, fmt.Sprintf(`INSERT INTO syncd.impact (target_id, job, period, run_id, digest, known, employees, blocked, codes)
		SELECT id, 'paie', '2026-12', 1, '%s', true, 8, 3, '[{"name": "Strate", "code": "V", "employees": 2}]' FROM syncd.target
		WHERE dossier = 'saint-martin'`, s.config.JobDigest("paie")))
	shown := marie.get("/nomenclatures/saint-martin").want(http.StatusOK, "paie, décembre 2026 : 3 sur 8 salariés seraient bloqués",
		"Strate V (retiré) : 2 salariés", `href="/plans/paie/saint-martin/2026-12"`, `href="/nomenclatures/saint-martin">`)
	if contains(shown.body, "configurée autrement") {
		t.Error("the configuration is the same")
	}
	s.db.Exec(t, `UPDATE syncd.impact SET digest = 'another'`)
	marie.get("/nomenclatures/saint-martin").want(http.StatusOK, "La tâche est configurée autrement depuis.")
	if shown := one.get("/nomenclatures/sainte-anne").want(http.StatusOK); contains(shown.body, "saint-martin") {
		t.Error("another's dossier is told")
	}
}
