package bench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"syncd/internal/app"
	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/partner"
	"syncd/internal/testpg"
)

// filledMonths are a year of 300 dossiers of 20: all sent, but that in November 40 lack three for one unknown code, and 20 are held.
const filledMonths = `
INSERT INTO syncd.target (partner, environment, base_url, dossier, siret)
SELECT 'isidoor', 'test', $1, d.name, d.siret FROM unnest($2::text[], $3::text[]) AS d (name, siret);
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, started_at, planned_at, finished_at,
                       employees_read, accepted, blocked, held, elements_read, elements_in_documents, elements_blocked)
SELECT t.id, 'paie', 'push-salaries', m.period, 'schedule', CASE WHEN m.n = 12 AND t.id % 300 < 60 THEN 'incomplete' ELSE 'succeeded' END,
       (SELECT key_id FROM syncd.ledger_key), '', now(), now(), now(), 20,
       20 - CASE WHEN m.n = 12 AND t.id % 300 < 60 THEN 3 ELSE 0 END, CASE WHEN m.n = 12 AND t.id % 300 < 40 THEN 3 ELSE 0 END,
       CASE WHEN m.n = 12 AND t.id % 300 BETWEEN 40 AND 59 THEN 3 ELSE 0 END, 0, 0, 0
FROM syncd.target t, (SELECT n,
	to_char(date '2025-12-01' + make_interval(months => n - 1), 'YYYY-MM') AS period FROM generate_series(1, 12) n) m
ORDER BY m.n, t.id;
INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version, ambiguous,
	reason_code, problems, payload)
SELECT r.id, k, r.target_id, r.period, lpad(k::text, 5, '0'),
       CASE WHEN k > 3 OR r.state = 'succeeded' THEN 'accepted' WHEN r.blocked > 0 THEN 'blocked' ELSE 'held' END, '=', 1, 0, 0,
       false, 'period',
       CASE WHEN k <= 3 AND r.blocked > 0 THEN '[{"code":"unknown-code","path":"Contrat.CodeNature",
         "column":"contrat","value":"XX","dictionary":"NatureContrat"}]'::json END,
       CASE WHEN k <= 3 AND r.held > 0 THEN '\x00'::bytea END
FROM syncd.run r, generate_series(1, 20) k;
INSERT INTO syncd.baseline (target_id, key, period, version, in_doubt, fingerprint, document, run_id, acknowledged_at)
SELECT i.target_id, i.key, i.period, 1, false, '\x00', '\x00', i.run_id, now() FROM syncd.item i WHERE i.state = 'accepted';
ANALYZE;`

// BenchmarkMonths looks at a year of 300 dossiers, with what is wrong with several of them, and at one month of one.
func BenchmarkMonths(b *testing.B) {
	a, names := newMonths(b, testpg.New(b, apptest.Template))
	defer a.Close()
	for _, test := range []struct {
		name string
		of   app.MonthsOf
		rows int
	}{
		{"fleet", app.MonthsOf{Period: period, Months: 12, Causes: true}, fleet},
		{"month", app.MonthsOf{Period: period, Months: 1, Causes: true}, fleet},
		{"one", app.MonthsOf{Period: period, Months: 1, Dossiers: names[:1]}, 1},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				all, err := a.Months().Fleet(b.Context(), test.of)
				if err != nil || len(all.Rows) != test.rows || test.of.Causes && (len(all.Causes) != 1 || len(all.Causes[0].Dossiers) != 40) {
					b.Fatalf("%d rows, %d causes, %v", len(all.Rows), len(all.Causes), err)
				}
			}
		})
	}
}

// newApp is the product on a database, with a partner at that address.
func newApp(b *testing.B, db *testpg.DB, address string) *app.App {
	b.Helper()
	dir := b.TempDir()
	must(b, apptest.WriteConfig(dir, address, "DATABASE"))
	getenv := func(name string) string { return map[string]string{"DATABASE": db.URL}[name] }
	c, err := partner.LoadConfig(dir+"/config.toml", getenv)
	must(b, err)
	return app.New(c, app.Door{Version: "bench", Getenv: getenv, Log: zerolog.Nop()})
}

// newMonths is a year of 300 dossiers. Who uses it closes it.
func newMonths(b *testing.B, db *testpg.DB) (a *app.App, names []string) {
	b.Helper()
	a = newApp(b, db, "http://127.0.0.1:9")
	c := a.Config
	var sirets []string
	c.AllDossiers = nil
	for i := range fleet {
		d := config.Dossier{Name: fmt.Sprintf("ecole-%03d", i), Siret: siret(i)}
		c.AllDossiers, names, sirets = append(c.AllDossiers, d), append(names, d.Name), append(sirets, d.Siret)
	}
	_, err := a.Accounts(b.Context()) // the ledger has its key
	must(b, err)
	fill(b, db, filledMonths, jobs.NormalAddress(c.Documents().BaseURL), names, sirets)
	return a, names
}

// fill executes statements, the first of which makes the targets.
func fill(b *testing.B, db *testpg.DB, statements, address string, names, sirets []string) {
	b.Helper()
	conn := db.Connect(b)
	for i, statement := range strings.Split(strings.TrimSpace(statements), ";\n") {
		var args []any
		if i == 0 {
			args = []any{address, names, sirets}
		}
		if _, err := conn.Exec(b.Context(), statement, args...); err != nil {
			b.Fatalf("%v in %s", err, statement)
		}
	}
}
