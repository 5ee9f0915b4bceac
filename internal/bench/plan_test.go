package bench

import (
	"context"
	"encoding/base64"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/partner"
	"syncd/internal/store"
)

const planned = 1_000_000

// BenchmarkPlanUnchanged plans a million employees with three million elements, none of whom changed, and copies the
// same two ordered queries with psql. The sandbox's contract is in force, and has passed these documents before.
func BenchmarkPlanUnchanged(b *testing.B) { planUnchanged(b, true) }

// BenchmarkPlanUnchangedUnderANewContract is the same on the day on which the contract changed: each document is checked,
// once.
func BenchmarkPlanUnchangedUnderANewContract(b *testing.B) { planUnchanged(b, false) }

func planUnchanged(b *testing.B, passed bool) {
	r := newRig(b)
	load(r, planned)
	r.serve()
	r.run("run", "dictionnaire", "--dossier", dossier)
	acknowledge(r)
	var contracts int
	check(r, r.connect().QueryRow(context.Background(), "SELECT count(*) FROM syncd.contract").Scan(&contracts))
	if contracts != 1 {
		b.Fatalf("%d contracts are known: none is in force", contracts)
	}
	if passed {
		r.exec(`INSERT INTO syncd.run (target_id, job, kind, period, trigger, state, key_id, config_digest, started_at, finished_at, planned_at, contract)
			SELECT target_id, 'paie', 'push-salaries', '2000-01', 'manual', 'succeeded', key_id, '', started_at, finished_at, planned_at,
			(SELECT digest FROM syncd.contract) FROM syncd.run`)
	}
	var ours cost
	var copied time.Duration
	for b.Loop() {
		c := r.run("plan", "paie", "--dossier", dossier, "--period", period)
		if !strings.Contains(strings.NewReplacer(" ", "", ",", "", "\u202f", "", "\u00a0", "").Replace(c.out), fmt.Sprint(planned)) {
			b.Fatalf("not all are unchanged:\n%s", tail(c.out))
		}
		ours, copied = sum(ours, c), copied+psqlCopies(r)
	}
	besidePsql(b, ours, copied)
}

// psqlCopies is the yardstick.
func psqlCopies(r *rig) time.Duration {
	r.b.Helper()
	start := time.Now()
	for _, model := range []string{
		"SELECT * FROM staging.employee WHERE dossier = '" + dossier + "'",
		"SELECT * FROM staging.payroll_element WHERE dossier = '" + dossier + "' AND period = '" + period + "'",
	} {
		query := fmt.Sprintf(`COPY (SELECT m.matricule::text, m.* FROM (%s) AS m ORDER BY m.matricule::text COLLATE "C") TO STDOUT`, model)
		cmd := exec.Command("psql", "-X", "-q", "-c", query, r.db.URL) // a nil Stdout is /dev/null
		if err := cmd.Run(); err != nil {
			r.b.Fatal(err)
		}
	}
	return time.Since(start)
}

// acknowledge makes the baseline what it would be after everyone was sent, without sending a million documents: it
// plans with the program's own packages and keeps the fingerprints.
func acknowledge(r *rig) {
	r.b.Helper()
	ctx := context.Background()
	c, err := partner.LoadConfig(filepath.Join(r.dir, "config.toml"), func(name string) string {
		return map[string]string{"BENCH_URL": r.db.URL}[name]
	})
	check(r, err)
	job, err := c.PushJob("paie")
	check(r, err)
	raw, err := base64.StdEncoding.DecodeString(secret(r, "ledger-key"))
	check(r, err)
	keys, err := store.NewKeys(raw)
	check(r, err)
	ledger, err := store.Open(ctx, store.Options{URL: r.db.URL, Keys: keys})
	check(r, err)
	defer ledger.Close()
	d, err := c.Dossier(dossier)
	check(r, err)
	target, known, err := ledger.Target(ctx, jobs.Target{Partner: partner.OfSample().Name, Environment: "test", BaseURL: c.Documents().BaseURL,
		Dossier: dossier})
	check(r, err)
	if !known {
		r.b.Fatal("the dossier has no target")
	}
	runner := &jobs.Runner{Plan: plan.Make, Ledger: ledger, Staging: &store.Staging{URL: r.db.URL}, Siret: d.Siret, Log: zerolog.Nop(),
		Progress: jobs.Silent{}}
	sink := &acknowledging{rig: r, conn: r.connect(), target: target.ID, keyID: keys.ID}
	_, err = runner.DryRun(ctx, &job, jobs.NewRun{Target: target, Period: period}, sink)
	check(r, err)
	r.exec("VACUUM ANALYZE syncd.baseline")
}

type acknowledging struct {
	rig    *rig
	conn   *pgx.Conn
	target int64
	keyID  string
}

func (s *acknowledging) Add(ctx context.Context, items []jobs.PlannedItem) error {
	var rows [][]any
	for _, item := range items {
		rows = append(rows, []any{s.target, item.Key, period, int64(1), false, item.Fingerprint[:], s.keyID, time.Now(), item.Document})
	}
	columns := []string{"target_id", "key", "period", "version", "in_doubt", "fingerprint", "key_id", "acknowledged_at", "document"}
	_, err := s.conn.CopyFrom(ctx, pgx.Identifier{"syncd", "baseline"}, columns, pgx.CopyFromRows(rows))
	return err
}

func (s *acknowledging) Hold(context.Context, []jobs.Hold) error { return nil }

func check(r *rig, err error) {
	r.b.Helper()
	if err != nil {
		r.b.Fatal(err)
	}
}
