package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// hostile are values by which a role or a database would change what syncd does, one for each setting of ours that an
// ordinary role can be given.
var hostile = map[string]string{
	"client_encoding": "LATIN1", "DateStyle": "German, DMY", "IntervalStyle": "iso_8601", "TimeZone": "Asia/Tokyo", "bytea_output": "escape",
	"extra_float_digits": "-15", "xmlbinary": "hex", "standard_conforming_strings": "off", "xmloption": "document",
	"transform_null_equals":  "on",
	"gin_fuzzy_search_limit": "1", "quote_all_identifiers": "on", "search_path": "evil, pg_catalog", "row_security": "on",
	"default_transaction_isolation": "serializable", "default_transaction_deferrable": "on", "default_transaction_read_only": "off",
	"synchronous_commit": "off",
	"statement_timeout":  "10s", "transaction_timeout": "10s", "idle_session_timeout": "10s", "lock_timeout": "10s",
	"idle_in_transaction_session_timeout": "10s",
	"client_connection_check_interval":    "0", "tcp_keepalives_idle": "7200", "tcp_keepalives_interval": "75", "tcp_keepalives_count": "9",
	"jit": "on", "enable_seqscan": "on", "enable_bitmapscan": "on", "enable_hashjoin": "on", "enable_mergejoin": "on",
	"max_parallel_workers_per_gather": "2",
	"session_replication_role":        "replica",
}

// Whatever the role is given, each setting is as the table says, in the ledger's sessions and in staging's.
func TestSettingsAreOurs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var version int
	f.must(f.conn.QueryRow(t.Context(), `SELECT current_setting('server_version_num')::int / 10000`).Scan(&version))
	role, login := f.db.Login(t)
	f.db.Exec(t, `ALTER ROLE `+role+` SUPERUSER`) // who may set back what only a superuser may
	for _, s := range settings {
		value, ok := hostile[s.name]
		if !ok {
			t.Errorf("nobody tries another %s", s.name)
		}
		if s.since <= version {
			f.db.Exec(t, fmt.Sprintf(`ALTER ROLE %s SET %s = %s`, role, s.name, listed(value)))
		}
	}
	sessions := map[string]*pgx.Conn{}
	config, err := connConfig(login)
	f.must(err)
	sessions["ledger"], err = pgx.ConnectConfig(t.Context(), config)
	f.must(err)
	sessions["staging"], _, err = (&Staging{URL: login}).connect(t.Context(), jobs.Source{})
	f.must(err)
	for _, s := range settings {
		for name, want := range map[string]string{"ledger": s.ledger, "staging": s.staging} {
			var got string
			f.must(sessions[name].QueryRow(t.Context(), `SELECT coalesce(current_setting($1, true), '')`, s.name).Scan(&got))
			if s.since > version || want == "" || s.name == "DateStyle" && strings.HasPrefix(got, "ISO") {
				continue
			}
			shown := map[string]string{"500": "500ms", "60s": "1min"} // as Postgres writes them
			if got != want && got != shown[want] {
				t.Errorf("%s in %s is %s, want %s", s.name, name, got, want)
			}
		}
	}
	for _, conn := range sessions {
		end(conn)
	}
}

// Where a statement may take so long and no longer, Postgres ends it, in the ledger and in staging.
func TestPostgresEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, err := Open(t.Context(), Options{URL: f.db.URL, Version: "test", Longest: 50 * time.Millisecond})
	f.must(err)
	t.Cleanup(s.Close)
	tx, err := f.conn.Begin(t.Context())
	f.must(err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE syncd.pause`)
	f.must(err)
	_, err = s.Pauses(context.Background())
	var away *UnreachableError
	if !errors.As(err, &away) || away.SQLState != "57014" {
		t.Errorf("%v", err)
	}
	f.must(tx.Rollback(t.Context()))
	conn, _, err := (&Staging{URL: f.db.URL, Longest: 50 * time.Millisecond}).connect(t.Context(), jobs.Source{})
	f.must(err)
	if _, err = conn.Exec(context.Background(), `SELECT pg_sleep(60)`); err == nil || !strings.Contains(err.Error(), "57014") {
		t.Errorf("%v", err)
	}
	end(conn)
}

// listed quotes what is no list of schemas.
func listed(value string) string {
	if strings.HasPrefix(value, "evil") {
		return value
	}
	return "'" + value + "'"
}

// With a role that is serializable, and that stops its statements, transfers go on as ever.
func TestARoleThatIsSerializableIsServed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `ALTER DATABASE `+f.db.Name+` SET default_transaction_isolation = 'serializable'`)
	f.db.Exec(t, `ALTER DATABASE `+f.db.Name+` SET search_path = evil`)
	f.db.Exec(t, `ALTER DATABASE `+f.db.Name+` SET statement_timeout = '1s'`)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
	var level string
	f.must(s.pool.QueryRow(t.Context(), `SELECT current_setting('transaction_isolation')`).Scan(&level))
	if level != "read committed" {
		t.Error(level)
	}
}

// A replica's role would switch off the triggers that keep the audit and closed months: who may not set it back does not work.
func TestALedgerWithoutTriggersIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, login := f.db.Login(t)
	f.db.Exec(t, `ALTER ROLE `+role+` SET session_replication_role = replica`)
	_, err := Open(t.Context(), Options{URL: login})
	var refused *jobs.RefusedError
	if !errors.As(err, &refused) || refused.Database != jobs.TheLedger || refused.SQLState != "42501" {
		t.Errorf("%v", err)
	}
	f.db.Exec(t, `ALTER ROLE `+role+` RESET session_replication_role`)
	if _, err := Open(t.Context(), Options{URL: login}); errors.As(err, &refused) && refused.Doing == "connecting to the ledger" {
		t.Errorf("%v", err)
	}
}

func TestVersionsAreRead(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"15.6 (Debian 15.6-0+deb12u1)": 15, "17beta1": 17, "9.6.2": 9, "16": 16, "": 0, "devel": 0} {
		if got := majorVersion(version); got != want {
			t.Errorf("%s: %d", version, got)
		}
	}
}
