package bench

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"syncd/internal/app"
	"syncd/internal/jobs"
	"syncd/internal/partner"
)

// grownYears are two years of a bureau: each month of each dossier is sent once, and read twice more, by day its nomenclatures are asked
// for, and somebody decides about it; sheets are looked at, and alerts are told. In November 40 dossiers lack three, and 20 hold three.
const grownYears = `
INSERT INTO syncd.target (partner, environment, base_url, dossier, siret)
SELECT 'isidoor', 'test', $1, d.name, d.siret FROM unnest($2::text[], $3::text[]) AS d (name, siret);
INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, created_at, started_at, planned_at, finished_at,
                       employees_read, accepted, unchanged, blocked, held, elements_read, elements_in_documents, elements_blocked)
SELECT t.id, 'paie', 'push-salaries', m.period, 'schedule', CASE WHEN lacks + holds > 0 THEN 'incomplete' ELSE 'succeeded' END,
       (SELECT key_id FROM syncd.ledger_key), '', at, at, at, at, 20, CASE WHEN nth = 1 THEN 20 - lacks - holds ELSE 0 END,
       CASE WHEN nth = 1 THEN 0 ELSE 20 END, lacks, holds, 0, 0, 0
FROM syncd.target t, (SELECT n, to_char(date '2024-12-01' + make_interval(months => n - 1), 'YYYY-MM') AS period,
                             timestamptz '2024-12-20 06:00Z' + make_interval(months => n - 1) AS at FROM generate_series(1, 24) n) m,
     generate_series(1, 3) nth,
     LATERAL (SELECT CASE WHEN m.n = 24 AND t.id % 300 < 40 AND nth = 1 THEN 3 ELSE 0 END AS lacks,
                     CASE WHEN m.n = 24 AND t.id % 300 BETWEEN 40 AND 59 AND nth = 1 THEN 3 ELSE 0 END AS holds) l
WHERE NOT (m.n = 24 AND t.id % 300 < 60 AND nth > 1)
ORDER BY m.n, nth, t.id;
INSERT INTO syncd.item (run_id, seq, target_id, period, key, state, difference, employees, elements, baseline_version, ambiguous,
	reason_code, problems, payload)
SELECT r.id, k, r.target_id, r.period, lpad(k::text, 5, '0'),
       CASE WHEN k > 3 OR r.state = 'succeeded' THEN 'accepted' WHEN r.blocked > 0 THEN 'blocked' ELSE 'held' END, '=', 1, 0, 0,
       false, 'period',
       CASE WHEN k <= 3 AND r.blocked > 0 THEN '[{"code":"unknown-code","path":"Contrat.CodeNature",
         "column":"contrat","value":"XX","dictionary":"NatureContrat"}]'::json END,
       CASE WHEN k <= 3 AND r.held > 0 THEN '\x00'::bytea END
FROM syncd.run r, generate_series(1, 20) k WHERE r.unchanged = 0;
INSERT INTO syncd.baseline (target_id, key, period, version, in_doubt, fingerprint, document, run_id, acknowledged_at)
SELECT i.target_id, i.key, i.period, 1, false, '\x00', '\x00', i.run_id, now() FROM syncd.item i WHERE i.state = 'accepted';
INSERT INTO syncd.run (target_id, job, kind, trigger, state, key_id, config_digest, nominal_at, created_at, started_at, finished_at)
SELECT t.id, 'dictionnaire', 'pull-dictionnaire', 'schedule', 'succeeded', (SELECT key_id FROM syncd.ledger_key), '', at, at, at, at
FROM syncd.target t, generate_series(now() - interval '730 days', now() - interval '1 hour', interval '1 day') at ORDER BY at, t.id;
INSERT INTO syncd.fire (job, target_id, nominal_at, recorded_at, outcome, run_id)
SELECT r.job, r.target_id, r.nominal_at, r.nominal_at, 'run', r.id FROM syncd.run r WHERE r.nominal_at IS NOT NULL;
INSERT INTO syncd.fire (job, target_id, nominal_at, recorded_at, outcome, reason)
SELECT 'dictionnaire', t.id, at, at, 'missed', 'late' FROM syncd.target t, generate_series(now() - interval '730 days', now(),
	interval '91 days') at
ON CONFLICT DO NOTHING;
INSERT INTO syncd.audit (at, actor, decision, target_id, job, period, run_id, reason, version)
SELECT r.created_at, 'marie', CASE WHEN r.period IS NULL THEN 'pull' ELSE 'approve' END, r.target_id, r.job, coalesce(r.period,
	''), r.id, 'vu', ''
FROM syncd.run r WHERE r.period IS NOT NULL OR r.id % 4 = 0 ORDER BY r.id;
INSERT INTO syncd.reading (at, actor, channel, target_id, run_id, key, field)
SELECT r.created_at, 'marie', 'page', r.target_id, r.id, '00001', '' FROM syncd.run r WHERE r.period IS NOT NULL ORDER BY r.id;
INSERT INTO syncd.alert (subject, condition, stage, since, staged_at, resolved_at)
SELECT 'of ' || r.id, '{}', 1, r.created_at, r.created_at, r.created_at FROM syncd.run r WHERE r.period IS NOT NULL;
INSERT INTO syncd.alert_message (recipient, purpose, urgent, name, threads, content, made_at, not_before, state, sent_at)
SELECT 'marie', 'alarm', false, md5(r.id::text), '{}', '{}', r.created_at, r.created_at, 'sent', r.created_at
FROM syncd.run r WHERE r.period IS NOT NULL;
VACUUM ANALYZE;`

// commandAim is how long a command that only looks may take on such a ledger, its start included.
const commandAim = 200 * time.Millisecond

// looks executes a command that looks, and finds that all is done, or whom to see to: its exit codes 4 and 5.
func (r *rig) looks(args ...string) time.Duration {
	r.b.Helper()
	cmd := r.command(args...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || !slices.Contains([]int{0, 4, 5}, cmd.ProcessState.ExitCode()) {
		r.b.Fatalf("syncd %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(began)
}

// BenchmarkYears looks at all pages, and by commands, at two years of 300 dossiers.
func BenchmarkYears(b *testing.B) {
	r := newRigOn(b, logged(b))
	names := r.configureFleet()
	c, err := partner.LoadConfig(filepath.Join(r.dir, "config.toml"), func(string) string { return r.db.URL })
	must(b, err)
	a := app.New(c, app.Door{Version: "bench", Getenv: os.Getenv, Log: zerolog.Nop()})
	_, err = a.Accounts(b.Context()) // the ledger has its key
	must(b, err)
	var sirets []string
	for i := range names {
		sirets = append(sirets, siret(i))
	}
	fill(b, r.db, grownYears, jobs.NormalAddress(c.Documents().BaseURL), names, sirets)
	v := newSite(b, a, r.db, "")[0]
	var held int64
	must(b, r.connect().QueryRow(b.Context(), `SELECT max(id) FROM syncd.run WHERE held > 0`).Scan(&held))
	for _, path := range []string{"/", "/waiting", "/months/" + names[0], "/runs", fmt.Sprint("/runs/", held),
		fmt.Sprintf("/runs/%d/employees/1", held),
		"/runs?dossier=" + names[0], "/journal", "/journal?dossier=" + names[0], "/schedule", "/health", "/contract"} {
		b.Run("page"+strings.ReplaceAll(path, "/", "-"), func(b *testing.B) {
			v.measure(b, path, http.StatusOK, most{time: 100 * time.Millisecond, size: 350 << 10})
		})
	}
	for _, command := range []string{"month", "month --dossier " + names[0], "why 00001 --dossier " + names[0], "runs", "runs --dossier " +
		names[0],
		"alerts", "schedule", "audit", "show --dossier " + names[0]} {
		b.Run(strings.ReplaceAll(command, " ", "_"), func(b *testing.B) {
			var wall time.Duration
			for b.Loop() {
				wall += r.looks(strings.Fields(command)...)
			}
			b.ReportMetric(float64((wall/time.Duration(b.N)).Microseconds())/1000, "ms")
			b.ReportMetric(wall.Seconds()/float64(b.N)/commandAim.Seconds(), "×aim")
			b.ReportMetric(0, "ns/op")
		})
	}
}
