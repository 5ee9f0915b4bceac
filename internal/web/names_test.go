package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"syncd/internal/accounts"
	"syncd/internal/config"
)

const canaryName = "Zéphyrine Quenotte"

var heading = regexp.MustCompile(`(?s)<title>.*?</title>|<h1>.*?</h1>|(?:href|action)="[^"]*"`)

// naming is a site whose people are called by a column that no document has.
func naming(t *testing.T) *site {
	t.Helper()
	s := newSite(t, func(c *config.Config) {
		for i := range c.Jobs {
			if c.Jobs[i].Kind.Sends() {
				c.Jobs[i].Source.Display = []string{"surnom"}
				for j := range c.Jobs[i].Mapping.Fields {
					if f := &c.Jobs[i].Mapping.Fields[j]; f.Path == "Adresse.Ville" {
						f.Label = "Ville où habite la personne"
					}
				}
			}
		}
	})
	s.db.Exec(t, `ALTER TABLE staging.employee ADD surnom text`)
	s.db.Exec(t, `UPDATE staging.employee SET surnom = 'Nom ' || matricule`)
	s.called("00001", canaryName)
	return s
}

func (s *site) called(key, name string) {
	s.t.Helper()
	s.must(s.db.With(s.t.Context(), func(c *pgx.Conn) error {
		_, err := c.Exec(s.t.Context(), `UPDATE staging.employee SET surnom = $2 WHERE dossier = 'saint-martin' AND matricule = $1`, key, name)
		return err
	}))
}

// anywhere tells which tables of the ledger hold a text.
func (s *site) anywhere(text string) (found []string) {
	s.t.Helper()
	s.must(s.db.With(s.t.Context(), func(c *pgx.Conn) error {
		rows, err := c.Query(s.t.Context(), `SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('syncd', 'inbox')`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, table := range tables {
			var n int
			if err := c.QueryRow(s.t.Context(), `SELECT count(*) FROM `+table+` t WHERE strpos(t::text, $1) > 0`, text).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				found = append(found, table)
			}
		}
		return err
	}))
	return found
}

// The page calls people by their names, and nothing else has one: no address, title, table, log, fragment or table to download.
func TestThePageCallsPeopleByNames(t *testing.T) {
	t.Parallel()
	s := naming(t)
	run := s.november()
	p := s.signedIn("marie", everything...)
	path := runPath(run.ID)
	sheet := p.post("/employees", "dossier", saintMartin, "employee", "00001")
	at := sheet.want(http.StatusSeeOther).header.Get("Location")
	for _, shows := range []string{path, at, "/plans/paie/saint-martin/2026-11"} {
		shown := p.get(shows).want(http.StatusOK, canaryName, "00001", "Ville où habite la personne")
		for _, part := range heading.FindAllString(shown.body, -1) {
			if contains(part, "Quenotte") {
				t.Errorf("%s: %s", shows, part)
			}
		}
	}
	// A month that is not over names who is left.
	s.db.Exec(t, `UPDATE staging.employee SET contrat = '99' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	p.post(path+"/cancel", "seen", run.Seen().String(), "reason", "à corriger").want(http.StatusSeeOther)
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'BREST' WHERE dossier = 'saint-martin'`)
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'RENNES' WHERE dossier = 'saint-martin' AND matricule > '00002'`)
	again := s.execute("paie")
	p.get(runPath(again.ID)).want(http.StatusOK, canaryName)

	// What changes is without: scripts ask for it again and again, and what is downloaded is kept.
	for _, without := range []string{path + "/progress", "/journal", "/journal.csv", "/runs", "/account", "/health", "/schedule"} {
		if shown := p.get(without); contains(shown.body, "Quenotte") {
			t.Errorf("%s has the name:\n%s", without, shown.body)
		}
	}
	if tables := s.anywhere("Quenotte"); len(tables) > 0 {
		t.Errorf("the name stands in %v", tables)
	}
	if contains(s.log.String(), "Quenotte") {
		t.Errorf("the name is logged:\n%s", s.log)
	}
	other := s.signedIn("autre", accounts.Grant{Role: accounts.Read, Dossier: "sainte-anne"})
	for _, shows := range []string{path, at, "/waiting", "/"} {
		if shown := other.get(shows); contains(shown.body, "Quenotte") {
			t.Errorf("%s shows another dossier's people", shows)
		}
	}
}

// A name leads to its employee by a form; several are listed, each a form; what was typed stands in no address, table or log.
func TestSomebodyIsFoundByName(t *testing.T) {
	t.Parallel()
	s := naming(t)
	s.called("00002", "<img src=x onerror=alert(1)>\u202eetton Quen\x1b[31m")
	run := s.november()
	p := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin})
	p.get("/employees").want(http.StatusOK, "Matricule ou nom")
	found := p.post("/employees", "dossier", saintMartin, "employee", "quenotte zephy").want(http.StatusSeeOther)
	if at := found.header.Get("Location"); !strings.HasPrefix(at, runPath(run.ID)+"/employees/") {
		t.Errorf("leads to %s", at)
	}
	several := p.post("/employees", "dossier", saintMartin, "employee", "quen").want(http.StatusOK, "Plusieurs salariés", canaryName,
		`value="00001"`, `value="00002"`, `&lt;img src=x onerror=alert(1)&gt;\u202eetton Quen\x1b[31m`)
	if contains(several.body, "<img") {
		t.Error("a name is markup")
	}
	if contains(several.body, "premiers") {
		t.Error("two are the first ones of more")
	}
	s.db.Exec(t, `INSERT INTO staging.employee SELECT (jsonb_populate_record(e, jsonb_build_object('matricule', '9' || n, 'surnom', 'Quennec'))).*
		FROM staging.employee e, generate_series(1001, 1025) n WHERE dossier = 'saint-martin' AND matricule = '00003'`)
	p.post("/employees", "dossier", saintMartin, "employee", "quen").want(http.StatusOK, "Ce sont les 20 premiers")
	p.post("/employees", "dossier", saintMartin, "employee", "00002").want(http.StatusSeeOther)
	nobody := p.post("/employees", "dossier", saintMartin, "employee", "Canarinovitch").want(http.StatusUnprocessableEntity, "personne")
	if contains(nobody.body, "Canarinovitch") || contains(s.log.String(), "anarinovitch") {
		t.Error("what was typed is repeated")
	}
	p.post("/employees", "dossier", "sainte-anne", "employee", "quenotte").want(http.StatusNotFound)
	if tables := s.anywhere("anarinovitch"); len(tables) > 0 {
		t.Errorf("what was typed stands in %v", tables)
	}
	if shown := p.get(runPath(run.ID)); contains(shown.body, "<img") || !contains(shown.body, "onerror") {
		t.Error("a name is markup, or not shown")
	}
}

// Without names the page is whole: where staging has none to give, it says so once.
func TestThePageWithoutNames(t *testing.T) {
	t.Parallel()
	s := naming(t)
	run := s.november()
	p := s.signedIn("marie", everything...)
	s.db.Exec(t, `ALTER TABLE staging.employee DROP COLUMN surnom`)
	shown := p.get(runPath(run.ID)).want(http.StatusOK, "00001", "Des noms manquent ici", "syncd check")
	if n := strings.Count(shown.body, "Des noms manquent"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	p.post("/employees", "dossier", saintMartin, "employee", "quenotte").want(http.StatusUnprocessableEntity, "noms ne peuvent pas être lus")
	p.post("/employees", "dossier", saintMartin, "employee", "00003").want(http.StatusSeeOther)
	if contains(p.get("/runs").body, "Des noms manquent") {
		t.Error("a page without people misses names")
	}
	s.db.Exec(t, `REVOKE SELECT ON ALL TABLES IN SCHEMA staging FROM `+s.role)
	p.get(runPath(run.ID)).want(http.StatusOK, "00001", "Des noms manquent ici")
}
