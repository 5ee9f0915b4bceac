package process

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	choruspro "syncd/internal/partner/choruspro/standin"
	"syncd/internal/sandbox"
	"syncd/internal/testpg"
	"syncd/migrations"
)

// TestTheRoleWithFewRights runs everything as the role that roles.sql makes, on a server of its own as roles belong to
// all databases: the check has nothing to warn of.
func TestTheRoleWithFewRights(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{Fsync: true})
	w := &world{t: t, dir: t.TempDir(), db: server.New(t, testpg.Template{Name: "staging",
		Prepare: func(ctx context.Context, address string) error { return execute(ctx, address, migrations.Staging) }})}
	w.serve(sandbox.Faults{})
	w.configure(w.server.URL)
	w.fill(dossier, 5)
	w.exec(`INSERT INTO staging.payroll_element SELECT dossier, matricule, m, code, quantity, amount FROM staging.payroll_element,
		to_char(now() AT TIME ZONE 'Europe/Paris', 'YYYY-MM') m WHERE m <> period`) // the month that the check asks for
	w.exec(migrations.Roles)
	w.exec(migrations.Roles) // as often as one likes
	password := rand.Text()
	w.exec("ALTER ROLE syncd PASSWORD '" + password + "'")
	address, err := url.Parse(w.db.URL)
	w.must(err)
	address.User = url.UserPassword("syncd", password)
	w.database = address.String()

	w.want(0, w.run("migrate"))
	w.exec(`DO $$ BEGIN
		ASSERT has_table_privilege('syncd_web', 'syncd.run', 'SELECT') AND has_table_privilege('syncd_web', 'staging.employee', 'SELECT');
		ASSERT NOT has_any_column_privilege('syncd_web', 'syncd.audit', 'UPDATE') AND NOT has_table_privilege('syncd_web', 'syncd.credential',
			'SELECT');
	END $$`)
	w.want(0, w.run("run", "dictionnaire"))
	r := w.run("check")
	w.want(0, r)
	if strings.Contains(r.stdout, "warn") {
		t.Errorf("the check warns:\n%s", r.stdout)
	}
	w.want(0, w.push().wait())
	w.wantDelivered()
	w.decideWithFewRights()
	for _, sql := range []string{`DELETE FROM staging.employee`, `UPDATE syncd.audit SET reason = ''`, `DELETE FROM syncd.audit`,
		`TRUNCATE syncd.audit`} {
		var refused *pgconn.PgError
		if err := execute(context.Background(), w.database, sql); !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s by the role: %v", sql, err)
		}
	}
}

// decideWithFewRights makes decisions as the role, beside a daemon of the same.
func (w *world) decideWithFewRights() {
	w.t.Helper()
	w.guard(`max_updated = { count = 2 }`, `hold_fields = ["Iban"]`,
		`ready = "SELECT count(*) > 0 FROM staging.employee WHERE dossier = @dossier"`)
	w.jobSetting("paie", `schedule = "0 0 1 1 *"`)
	d := w.daemon()
	w.move("1 rue du Plan")
	w.exec(`UPDATE staging.employee SET iban = (SELECT iban FROM staging.employee WHERE matricule = '00005') WHERE matricule = '00001'`)
	run := w.enqueue()
	d.until("it is held", func() bool { return w.state(run) == "held" })
	w.want(0, w.run("approve", run, "--reason", "the school has moved"))
	d.until("all but one are sent", func() bool { return w.state(run) == "incomplete" })
	w.want(0, w.run("approve", run, "--employee", "00001", "--reason", "seen on her bank card"))
	d.until("everyone is sent", func() bool { return w.state(run) == "succeeded" })
	w.wantDelivered()
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00004'; DELETE FROM staging.payroll_element WHERE matricule = '00004'`)
	w.want(4, w.push().wait())
	for _, command := range [][]string{
		{"settle", w.latest(), "--employee", "00004", "--withdrawn", "--reason", "deleted by phone"},
		{"why", "00004"}, {"plan", "paie", "--period", period}, {"pause", "paie", "--reason", "holidays"}, {"unpause", "paie"},
		{"period", "close", period, "--reason", "payslips are out"},
		{"period", "reopen", period, "--for", "1h", "--reason", "a bonus was forgotten"}, {"period", "list"},
		{"purge", "--apply"}, {"audit"}, {"schedule"},
	} {
		w.want(0, w.run(command...))
	}
	w.exec(`UPDATE staging.employee SET iban = (SELECT iban FROM staging.employee WHERE matricule = '00005') WHERE matricule = '00002'`)
	w.want(4, w.push().wait())
	w.exec(`UPDATE syncd.run SET finished_at = finished_at - interval '8 days'`)
	d.signal(syscall.SIGHUP)
	d.until("what nobody decides about is given up", func() bool { return len(w.audit("expire")) == 1 })
	d.stop()
	if errors := d.lines(`"level":"error"`); len(errors) > 0 {
		w.t.Errorf("the daemon logs errors: %q", errors)
	}
}

// TestWhoReadsTheInbox: the program reads a partner as the role that roles.sql makes, and people of the group inbox_reader query what
// it stored, and do nothing else.
func TestWhoReadsTheInbox(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{Fsync: true})
	r, _ := readChorus(t, choruspro.Config{Invoices: 5})
	r.db = server.New(t, testpg.Template{Name: "staging",
		Prepare: func(ctx context.Context, address string) error { return execute(ctx, address, migrations.Staging) }})
	r.exec(migrations.Roles)
	as := func(role string) string {
		t.Helper()
		password := rand.Text()
		r.exec("ALTER ROLE " + role + " LOGIN PASSWORD '" + password + "'")
		address, err := url.Parse(r.db.URL)
		r.must(err)
		address.User = url.UserPassword(role, password)
		return address.String()
	}
	r.database = as("syncd")
	r.exec(`CREATE ROLE marie IN ROLE inbox_reader; CREATE ROLE paul IN ROLE staging_writer`)
	marie, paul := as("marie"), as("paul")
	r.want(0, r.run("migrate"))
	checked := r.run("check")
	if r.want(0, checked); strings.Contains(strings.Replace(checked.stdout, "warn  daemon", "", 1), "warn") { // none runs
		t.Errorf("the check warns:\n%s", checked.stdout)
	}
	r.read(0)

	refused := func(who, sql string) {
		t.Helper()
		var no *pgconn.PgError
		if err := execute(context.Background(), who, sql); !errors.As(err, &no) || no.Code != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, view := range []string{"records", "changes", "files", "dossiers", "chorus_factures", "iopole_factures", "iopole_statuts"} {
		r.must(execute(context.Background(), marie, `SELECT md5(v::text) FROM inbox.`+view+` v`))
		refused(paul, `SELECT FROM inbox.`+view)
	}
	r.must(execute(context.Background(), marie, `SELECT 1 / count(*) FROM inbox.chorus_factures WHERE date_depot IS NOT NULL`))
	r.must(execute(context.Background(), marie, `SELECT inbox.date('30/11/2026'), inbox.moment('now'), inbox.amount('1,5')`))
	for _, sql := range []string{`UPDATE inbox.record SET version = 2`, `DELETE FROM inbox.record`, `INSERT INTO inbox.cursor DEFAULT VALUES`,
		`CREATE TABLE inbox.own (n int)`, `TRUNCATE inbox.change`, `SELECT FROM syncd.run`, `SELECT FROM syncd.credential`,
		`SELECT FROM syncd.refused_secret`, `SELECT FROM staging.employee`} {
		refused(marie, sql)
	}
}
