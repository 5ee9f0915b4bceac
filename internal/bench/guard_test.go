package bench

import (
	"testing"
	"time"
)

const (
	guarded  = 100_000
	mostCost = 1.1 // times what planning takes without guards
)

// unguarded is a configuration in which no guard looks.
const unguarded = `[job.guard]
max_created = "off"
max_updated = "off"
max_departed = "off"
max_duplicates = "off"
max_fall = "off"
max_elements = "off"
max_code_total = "off"
require_elements = false
max_gap = 0
max_back = 0
hold_fields = []
unique_fields = []
amount_fields = []
max_amount = 0
recognise = false
check_keys = false
`

// BenchmarkGuards plans 100,000 employees with three elements each, with the guards as they are by default and with none,
// in turns: when nothing has changed, and for a new month, in which everyone is to be sent.
func BenchmarkGuards(b *testing.B) {
	r := newRig(b)
	load(r, guarded)
	// So many made-up people share a NIR now and then, which is what a guard would hold.
	r.exec(`UPDATE staging.employee SET nir = NULL WHERE nir IN (SELECT nir FROM staging.employee GROUP BY nir HAVING count(*) > 1);
		DELETE FROM staging.payroll_element WHERE matricule IN (SELECT matricule FROM staging.employee WHERE nir IS NULL);
		DELETE FROM staging.employee WHERE nir IS NULL`)
	r.exec(`INSERT INTO staging.payroll_element SELECT (jsonb_populate_record(e, '{"period": "2026-12"}')).* FROM staging.payroll_element e`)
	r.serve()
	r.run("run", "dictionnaire", "--dossier", dossier)
	r.run("run", "paie", "--dossier", dossier, "--period", period)
	r.exec("VACUUM ANALYZE")
	for name, month := range map[string]string{"unchanged": period, "new-month": "2026-12"} {
		b.Run(name, func(b *testing.B) {
			var with, without cost
			for b.Loop() {
				with = sum(with, r.run("plan", "paie", "--dossier", dossier, "--period", month))
				r.edit("[job.guard]\n", unguarded)
				without = sum(without, r.run("plan", "paie", "--dossier", dossier, "--period", month))
				r.edit(unguarded, "[job.guard]\n")
			}
			ratio := with.wall.Seconds() / without.wall.Seconds()
			b.ReportMetric(ratio, "×unguarded")
			b.ReportMetric((with.wall / time.Duration(b.N)).Seconds(), "s")
			b.ReportMetric(float64(with.rss), "MiB")
			b.ReportMetric(float64(without.rss), "unguarded-MiB")
			b.ReportMetric(0, "ns/op")
			if b.N >= 5 && ratio > mostCost {
				b.Errorf("planning takes %.2f times as long with guards", ratio)
			}
		})
	}
}
