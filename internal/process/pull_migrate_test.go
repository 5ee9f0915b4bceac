package process

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/pressly/goose/v3"

	"syncd/internal/sandbox"
	"syncd/migrations"
)

// beforeReading is the last version of a ledger that knew nothing of records.
const beforeReading = 21

// TestAFilledLedgerOfBeforeReadingMigrates: an installation that has sent for a while gets the schema inbox and the columns for
// what is read. All its rows say what they said, and the next month goes on where it was.
func TestAFilledLedgerOfBeforeReadingMigrates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8, sandbox.Faults{}, `request_timeout = "2s"`)
	w.guard(`max_updated = { count = 2 }`)
	w.jobSetting("paie", `schedule = "0 0 1 1 *"`)
	w.want(0, w.push().wait())
	w.move("1 rue du Plan")
	w.want(5, w.push().wait())
	w.want(0, w.run("approve", w.latest(), "--reason", "the school has moved"))
	w.must(w.sandbox.SetFaults(sandbox.Faults{Reject: []string{"00003"}}))
	w.want(4, w.run("resume", w.latest()))
	w.must(w.sandbox.SetFaults(sandbox.Faults{HTML: true}))
	w.want(4, w.push().wait())
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.want(0, w.run("pause", "paie", "--reason", "holidays"))
	w.want(0, w.run("period", "close", "2026-10", "--force", "--reason", "payslips are out"))
	w.daemon().stop()

	w.goDown(beforeReading)
	w.exec(`DROP SCHEMA inbox CASCADE`)
	columns := w.texts(`SELECT format('SELECT %1$L || coalesce((SELECT string_agg(row(%2$s)::text, E''\n'' ORDER BY row(%2$s)::text) FROM syncd.%1$I), '''')',
			table_name, string_agg(format('%I', column_name), ', ' ORDER BY ordinal_position))
		FROM information_schema.columns JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE table_schema = 'syncd' AND table_type = 'BASE TABLE' AND table_name <> 'goose_db_version' AND column_name <> 'failure_hints'
		GROUP BY table_name ORDER BY table_name`)
	rows := func() (all []string) {
		for _, query := range columns {
			all = append(all, w.text(query))
		}
		return all
	}
	before := rows()
	w.want(0, w.run("migrate"))
	filled := 0
	for i, after := range rows() {
		if strings.Contains(after, "(") {
			filled++
		}
		if after != before[i] {
			t.Errorf("rows changed:\n%s", firstDifference(before[i], after))
		}
	}
	if filled < 12 {
		t.Errorf("only %d of %d tables have rows", filled, len(columns))
	}
	w.want(0, w.run("check"))
	w.want(0, w.run("runs"))
	w.want(0, w.run("show", w.latest(), "--diff"))
	delivered := w.sandbox.Stats().Deliveries
	w.want(0, w.push().wait())
	w.wantDelivered()
	if n := w.sandbox.Stats().Deliveries - delivered; n > 1 {
		t.Errorf("%d documents were sent, one had been refused", n)
	}
	if n := w.number(`SELECT count(*) FROM inbox.record`); n != 0 {
		t.Errorf("%d records", n)
	}
}

// goDown takes migrations back.
func (w *world) goDown(to int64) {
	w.t.Helper()
	db, err := sql.Open("pgx", w.db.URL)
	w.must(err)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Ledger, goose.WithTableName("syncd.goose_db_version"),
		goose.WithDisableGlobalRegistry(true))
	w.must(err)
	_, err = provider.DownTo(context.Background(), to)
	w.must(err)
}
