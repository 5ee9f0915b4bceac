package web

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/browsertest"
	"syncd/internal/config"
)

// pictures is where `make screenshots` wants the pictures of the documents; "" = nobody wants them.
var pictures = flag.String("pictures", "", "draw the pictures of the documents into this folder")

const mostPicture = 150 << 10 // bytes

// otherMonths are half a year of a bureau's dossiers, in which two lack one code, one waits and one has not begun.
const otherMonths = `INSERT INTO syncd.target (partner, environment, base_url, dossier, siret)
SELECT t.partner, t.environment, t.base_url, 'ecole-' || n, (30000000000000 + n)::text
FROM syncd.target t, generate_series(1, 9) n WHERE t.dossier = 'saint-martin';
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, created_at, started_at, planned_at, finished_at,
                       employees_read, accepted, blocked, elements_read, elements_in_documents, elements_blocked)
SELECT t.id, 'paie', 'push-salaries', m.period, 'schedule', CASE WHEN b.blocked > 0 THEN 'incomplete' ELSE 'succeeded' END,
       (SELECT key_id FROM syncd.ledger_key), '', m.at, m.at, m.at, m.at, 20, 20 - b.blocked, b.blocked, 0, 0, 0
FROM syncd.target t, (SELECT '2026-' || lpad(n::text, 2, '0') AS period, make_timestamptz(2026, n, 27, 6, 0, 0, 'Europe/Paris') AS at
     FROM generate_series(6, 11) n) m,
     LATERAL (SELECT CASE WHEN m.period = '2026-11' AND t.dossier IN ('ecole-3', 'ecole-7') THEN 2 ELSE 0 END AS blocked) b
WHERE t.dossier LIKE 'ecole-%' AND NOT (m.period = '2026-11' AND t.dossier = 'ecole-5');
INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version, ambiguous,
                        reason_code, problems)
SELECT r.id, k, r.target_id, r.period, lpad(k::text, 5, '0'), 'blocked', '!', 1, 0, 0, false, '',
       '[{"code":"unknown-code","path":"Contrat.CodeNature","column":"contrat","value":"99","dictionary":"NatureContrat"}]'::json
FROM syncd.run r, generate_series(1, 2) k WHERE r.blocked = 2 AND r.employees_read = 20;`

// TestPicturesInABrowser draws the pictures of the documents, of the sandbox's people, on a day in November: make screenshots.
func TestPicturesInABrowser(t *testing.T) {
	t.Parallel()
	if *pictures == "" {
		return
	}
	s := newSite(t, func(c *config.Config) {
		for n, name := range []string{"Jeanne-d'Arc", "Notre-Dame", "Saint-Joseph", "La Salle", "Sacré-Cœur", "Saint-Louis", "Sainte-Thérèse",
			"L'Assomption", "Saint-Pierre"} {
			c.AllDossiers = append(c.AllDossiers, config.Dossier{Name: fmt.Sprint("ecole-", n+1), Label: "OGEC " + name,
				Siret: fmt.Sprint(30000000000001 + n)})
		}
	})
	scheduled(s.config)
	s.today, s.clock = november27, november27
	run := s.leftInNovember()
	s.executeFor("dictionnaire", "sainte-anne")
	s.executeFor("paie", "sainte-anne")
	s.db.Exec(t, otherMonths)
	s.db.Exec(t, `UPDATE syncd.run SET created_at = $1, started_at = $1, planned_at = $1, finished_at = $1`, november27.Add(-time.Hour))
	s.alive()
	marie := s.signedIn("marie", accounts.Grant{Role: accounts.Read, Dossier: saintMartin},
		accounts.Grant{Role: accounts.Approve, Dossier: saintMartin}, accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	bureau := s.signedIn("bureau", everything...)
	s.inBrowser()
	for _, language := range []struct{ code, folder string }{{"fr", "fr"}, {"en", "."}} {
		s.db.Exec(t, `UPDATE syncd.account SET language = $1`, language.code)
		folder := filepath.Join(*pictures, language.folder)
		s.must(os.MkdirAll(folder, 0o755))
		mine, all := marie.browse(t), bureau.browse(t)
		for _, shot := range []struct {
			name, path    string
			tab           *browsertest.Tab
			width, height int64
		}{
			{"month", "/", mine, 1280, 720}, {"run", runPath(run.ID), mine, 1280, 1000}, {"waiting", "/waiting", all, 1280, 720},
			{"fleet", "/fleet", all, 1280, 800}, {"telephone", "/", mine, 390, 844},
		} {
			shot.tab.Size(shot.width, shot.height)
			shot.tab.Visit(s.http.URL + shot.path)
			s.draw(shot.tab, filepath.Join(folder, shot.name+".png"))
		}
	}
}

var november27 = time.Date(2026, time.November, 27, 8, 30, 0, 0, time.UTC)

// draw writes what the window shows. The stand-in of a test has another port each time.
func (s *site) draw(tab *browsertest.Tab, file string) {
	s.t.Helper()
	browsertest.Ask[bool](tab, `(() => { const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:8480"); return true })()`)
	drawn, err := png.Decode(bytes.NewReader(tab.Picture(false)))
	s.must(err)
	var small bytes.Buffer
	s.must((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, drawn))
	if small.Len() > mostPicture {
		s.t.Errorf("%s has %d bytes, at most %d may be", file, small.Len(), mostPicture)
	}
	s.must(os.WriteFile(file, small.Bytes(), 0o644)) //nolint:gosec // documents
}
