package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"syncd/internal/config"
	"syncd/internal/hinted"
	"syncd/internal/staging"
	"syncd/internal/store"
)

// exports writes both files, with a heading and one column of each kind: the others stay empty.
func exports(t *testing.T, employees, elements string) Load {
	t.Helper()
	o := Load{Employees: filepath.Join(t.TempDir(), "employees.csv"), Elements: filepath.Join(t.TempDir(), "elements.csv"), Superuser: true,
		Selection: Selection{Period: "2026-11"}, Seen: func(string, int) {}, Read: func(int) {}, Waits: func(time.Duration) {}}
	for path, text := range map[string]string{
		o.Employees: "dossier;matricule;prenom\n" + employees,
		o.Elements:  "dossier;matricule;code;amount\n" + elements,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, column := range staging.Employees.Columns()[2:] {
		if column != "prenom" {
			o.Columns = append(o.Columns, column+"=")
		}
	}
	o.Columns = append(o.Columns, "quantity=")
	return o
}

// staged is all that staging holds, as one text.
func (w *world) staged() string {
	w.t.Helper()
	var text string
	w.must(w.db.Connect(w.t).QueryRow(w.t.Context(), `SELECT md5(string_agg(r, chr(10) ORDER BY r)) FROM (
		SELECT e::text AS r FROM staging.employee AS e UNION ALL SELECT p::text FROM staging.payroll_element AS p) AS all_rows`).Scan(&text))
	return text
}

const two = "saint-martin;00101;Anne\nsaint-martin;00102;Paul\n"

func TestALoadReplacesWhatTheFilesHave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.exec("INSERT INTO staging.payroll_element VALUES ('saint-martin', '00101', '2026-10', 'OLD', NULL, 1)")
	o := exports(t, two, "saint-martin;00101;A;1,50\nsaint-martin;00101;A;1,50\nsaint-martin;00102;B;2\n")
	before := w.staged()
	o.Dry = true
	dry, err := w.LoadStaging(t.Context(), o)
	w.must(err)
	if w.staged() != before {
		t.Error("a look changed staging")
	}
	o.Dry = false
	done, err := w.LoadStaging(t.Context(), o)
	w.must(err)
	want := []store.ImportedDossier{{Dossier: "saint-martin", Before: 8, Now: 2, New: 2, Gone: 8,
		Months: []store.ImportedMonth{{Period: "2026-11", Before: 16, Now: 3, New: 3, Gone: 16}}}}
	if fmt.Sprint(dry.Dossiers) != fmt.Sprint(want) || fmt.Sprint(done.Dossiers) != fmt.Sprint(want) {
		t.Errorf("%+v, %+v", dry.Dossiers, done.Dossiers)
	}
	o = exports(t, "saint-martin;00101;Anna\nsaint-martin;00102;Paul\n", "saint-martin;00101;A;1.5\nsaint-martin;00102;B;3\n")
	done, err = w.LoadStaging(t.Context(), o)
	w.must(err)
	want = []store.ImportedDossier{{Dossier: "saint-martin", Before: 2, Now: 2, Changed: 1,
		Months: []store.ImportedMonth{{Period: "2026-11", Before: 3, Now: 2, New: 1, Gone: 2}}}}
	if fmt.Sprint(done.Dossiers) != fmt.Sprint(want) || done.Same {
		t.Errorf("%+v", done.Dossiers)
	}
	if done, err = w.LoadStaging(t.Context(), o); err != nil || !done.Same {
		t.Errorf("the same files: %+v, %v", done, err)
	}
	var others, former int
	w.must(w.db.Connect(t).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM staging.employee WHERE dossier = 'sainte-anne'),
		(SELECT count(*) FROM staging.payroll_element WHERE period = '2026-10')`).Scan(&others, &former))
	if others != 12 || former != 1 {
		t.Errorf("%d and %d rows of others are left", others, former)
	}
}

// TestARefusedLoadLeavesStaging: what is wrong is told with its place, and the old month is there.
func TestARefusedLoadLeavesStaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.exec("UPDATE staging.employee SET matricule = '0' || matricule WHERE dossier = 'saint-martin'")
	before := w.staged()
	some := "saint-martin;00101;A;1\n"
	for code, test := range map[string]struct {
		employees, elements, said string
		change                    func(*Load)
	}{
		"load.twice-there": {two + "saint-martin;00101;Anne\n", some, "employees.csv, line 4, matricule: 00101 is there twice, " +
			"first in line 2", nil},
		"load.nobody": {two, some + "saint-martin;101;A;1\n", "elements.csv, line 3, matricule: " +
			"the employees' file has nobody with the matricule 101", nil},
		"load.lost-zeros": {two + "saint-martin;1;Luc\n", some, "employees.csv, line 4, matricule: 1 is new, " +
			"and staging has 000001: leading zeros were lost", nil},
		"load.no-element":    {two + "sainte-anne;00101;Luc\n", some, "elements.csv: the dossier sainte-anne has employees, and no element", nil},
		"load.no-row":        {"", some, "employees.csv: it has no row", nil},
		"load.no-number":     {two, "saint-martin;00101;A;much\n", "elements.csv, line 2, amount: it is no number", nil},
		"load.bad-column":    {two, some, "staging has no column \"name\"", func(o *Load) { o.Columns = append(o.Columns, "name=Nom") }},
		"load.bad-separator": {two, some, "\":\" is no separator", func(o *Load) { o.Separator = ":" }},
		"load.password": {two, some, "a password on the command line is seen by everybody",
			func(o *Load) { o.Database = "postgres://a:b@/paie" }},
	} {
		o := exports(t, test.employees, test.elements)
		if test.change != nil {
			test.change(&o)
		}
		_, err := w.LoadStaging(t.Context(), o)
		if err == nil || !strings.Contains(said(err), test.said) || !strings.Contains(said(err), "hint: ") {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, j := range w.Config.Jobs { // two jobs that send, of two months
		if j.Kind.HasPeriod() {
			j.Period = "previous"
			w.Config.Jobs = append(w.Config.Jobs, j)
		}
	}
	o := exports(t, two, "")
	o.Period, o.WithoutElements = "", true
	if _, err := w.LoadStaging(t.Context(), o); err == nil || !strings.Contains(said(err), "which month is it?") {
		t.Errorf("load.which-period: %v", err)
	}
	if w.staged() != before {
		t.Error("staging has changed")
	}
}

// said is an error's text, that of the fact where the order was refused.
func said(err error) string {
	if refused, ok := errors.AsType[*Refused](err); ok {
		err = refused.Err
	}
	return hinted.TextIn(hinted.English(), err)
}

// TestOnlyAnImportsRoleLoads: neither who owns the ledger, nor who may not write staging; and into no other tables than the default ones.
func TestOnlyAnImportsRoleLoads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	role, url := w.db.Login(t)
	w.exec("REVOKE ALL ON SCHEMA staging FROM PUBLIC")
	w.Config.Database.StagingURL = config.DatabaseURL{Open: url}
	o := exports(t, two, "saint-martin;00101;A;1\n")
	o.Superuser = false
	refuses := func(code string) {
		t.Helper()
		_, err := w.LoadStaging(t.Context(), o)
		if refused, ok := errors.AsType[*store.ImportError](err); !ok || refused.What.Code != code || Of(err) != Misconfigured {
			t.Errorf("want %s: %v", code, err)
		}
	}
	refuses("load.no-right")
	w.exec("GRANT USAGE ON SCHEMA staging TO " + role)
	w.exec("GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA staging TO " + role)
	w.exec("GRANT INSERT ON syncd.audit TO " + role)
	refuses("load.service")
	w.exec("REVOKE INSERT ON syncd.audit FROM " + role)
	w.exec("ALTER TABLE staging.payroll_element ADD COLUMN note text")
	refuses("load.other-table")
	w.exec("ALTER TABLE staging.payroll_element DROP COLUMN note")
	if _, err := w.LoadStaging(t.Context(), o); err != nil {
		t.Error(err)
	}
	w.exec("DROP TABLE staging.payroll_element")
	refuses("load.no-table")
	w.Config.Database.StagingURL = config.DatabaseURL{}
	refuses("load.no-url")
	w.Config.Database.StagingURL = config.DatabaseURL{Open: w.db.URL}
	refuses("load.superuser")
}

// TestALoadBesideOthers: it waits for another import and gives up, goes on beside whoever reads, and lets a person stop it.
func TestALoadBesideOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].Source.LockWait = time.Second
		}
	})
	before := w.staged()
	o := exports(t, two, "saint-martin;00101;A;1\n")
	waited := false
	o.Waits = func(time.Duration) { waited = true }
	other := w.db.Connect(t)
	begin := func(sql string) {
		t.Helper()
		_, err := other.Exec(t.Context(), "BEGIN; "+sql)
		w.must(err)
	}
	begin("LOCK TABLE staging.employee IN SHARE ROW EXCLUSIVE MODE")
	_, err := w.LoadStaging(t.Context(), o)
	if refused, ok := errors.AsType[*store.ImportError](err); !ok || refused.What.Code != "load.locked" || Of(err) != Unreachable || !waited {
		t.Errorf("beside an import: %v, %t", err, waited)
	}
	if w.staged() != before {
		t.Error("staging has changed")
	}
	stopped := false
	o.Waits = func(time.Duration) { stopped = true; close(w.stop) }
	if _, err := w.LoadStaging(t.Context(), o); !errors.Is(err, errLoadStopped) || Of(err) != Incomplete || !stopped {
		t.Errorf("stopped: %v", err)
	}
	_, err = other.Exec(t.Context(), "ROLLBACK")
	w.must(err)
	w.door.Stop = nil
	begin("SELECT FROM staging.employee; SELECT FROM staging.payroll_element") // a plan reads
	if _, err := w.LoadStaging(context.WithoutCancel(t.Context()), o); err != nil {
		t.Errorf("beside a plan: %v", err)
	}
	if w.staged() == before {
		t.Error("nothing was loaded")
	}
}

// TestALostCommit: whether it was done nobody knows, and this is what is said.
func TestALostCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.exec(`CREATE FUNCTION staging.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3600); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER slow AFTER DELETE ON staging.employee DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION staging.slow()`)
	there, err := url.Parse(w.db.URL)
	w.must(err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	w.must(err)
	defer listener.Close()
	cut := make(chan struct{})
	go func() { // a proxy of one connection
		here, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", there.Host)
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(server, here) }()
		go func() { _, _ = io.Copy(here, server) }()
		<-cut
		here.Close()
		server.Close()
	}()
	proxied := *there
	proxied.Host = listener.Addr().String()
	w.Config.Database.StagingURL = config.DatabaseURL{Open: proxied.String()}
	conn := w.db.Connect(t)
	go func() {
		defer close(cut)
		for sleeping := 0; sleeping == 0 && t.Context().Err() == nil; {
			if conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()
				AND (SELECT pg_sleep(0.005)) IS NOT NULL AND query ILIKE 'commit'`).Scan(&sleeping) != nil {
				return
			}
		}
	}()
	_, err = w.LoadStaging(t.Context(), exports(t, two, "saint-martin;00101;A;1\n"))
	if lost, ok := errors.AsType[*store.ImportError](err); !ok || lost.What.Code != "load.unknown-end" || Of(err) != Unreachable {
		t.Errorf("%v", err)
	}
}
