package process

import (
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"syncd/internal/alert/alerttest"
	"syncd/internal/sandbox"
)

// clockOff sets the clock of the world's database: what processes ask for the time from now on is off by so much.
func (w *world) clockOff(by string) {
	w.t.Helper()
	w.exec(`SET allow_system_table_mods = on; ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock_timestamp;
		CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS $$ SELECT pg_catalog.true_clock_timestamp() + interval '` + by + `' $$`)
}

// TestAClockThatIsOff: a machine whose clock is apart from the database's, in whatever direction, is told in the log, in the metric, by
// mail, on the page and by check; nothing starts by a clock that is ahead.
func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]string{"ahead of the database's": "-2 hours", "behind the database's": "2 hours"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5, sandbox.Faults{})
			server := alerttest.NewMailServer(t, "127.0.0.1")
			w.change(filepath.Join(w.dir, "config.toml"), "\n[daemon]\n", strings.Join([]string{"", "[alerts.smtp]", `host = "127.0.0.1"`,
				"port = " + strconv.Itoa(server.Port), `tls = "none"`, `from = "paie@example.test"`, "[[alerts.recipient]]", `name = "admin"`,
				`roles = ["admin"]`, `language = "en"`, `mail = "admin@example.test"`, "", "[daemon]", ""}, "\n"))
			w.clockOff(by)
			d := w.daemon()
			d.until("it reports the clock", func() bool {
				return d.logged("this clock and Postgres's are apart") && d.metric("syncd_clock_error") == "1"
			})
			d.until("it is open", func() bool {
				return w.number(`SELECT count(*) FROM syncd.alert WHERE condition::text LIKE '%clock%'`) == 1
			})
			// What has lasted for five minutes is told, in a turn: the second daemon's first.
			w.exec(`UPDATE syncd.alert SET since = since - interval '6 minutes', staged_at = staged_at - interval '6 minutes'`)
			w.exec(`UPDATE syncd.alert_turn SET turned_at = '-infinity'`)
			w.daemon()
			d.until("the administrator is told", func() bool {
				return slices.ContainsFunc(server.Mails(), func(m alerttest.Mail) bool {
					return strings.Contains(m.Text, "the clock of a machine, or of PostgreSQL, is wrong: nothing is concluded of how late it is")
				})
			})
			start, marie := w.page()
			start()
			marie.enter("marie", "read", "admin")
			if status, body := marie.ask(http.MethodGet, "/health", nil); status != http.StatusOK || !strings.Contains(body, "timedatectl") {
				t.Errorf("the page's health: %d\n%s", status, body)
			}
			if r := w.run("check", "--offline"); r.code == 0 || !strings.Contains(r.stdout+r.stderr, "2h0m0s apart") {
				t.Errorf("check: %d\n%s%s", r.code, r.stdout, r.stderr)
			}
		})
	}
}
