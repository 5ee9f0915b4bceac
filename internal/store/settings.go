package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// setting is one that a session of ours has, whatever the server, the database, the role, the URL or the environment say.
type setting struct {
	name            string
	ledger, staging string // "" = left as it is
	since           int    // major version of Postgres that brought it; 0 = all have it
	optional        bool   // left as it is where the server's system does not know it
	privileged      bool   // only touched where it is otherwise: changing it takes a right
}

// unset is the value of a time limit that there is none.
const unset = "0"

// settings are all on which syncd depends, each with its reason. Left as they are, on purpose:
//
//   - default_transaction_read_only of the ledger: a database that somebody made read-only, to move it away, must not get
//     what a copy then lacks.
//   - search_path and the lc_ settings of staging, and DateStyle's order of days and months: they are part of what a
//     configured query means. A forced lc_numeric would read '12,50' as 1250. 'ISO' alone changes the form that is written.
//   - lc_messages: only a superuser can change it, and nothing is read out of messages.
var settings = []setting{
	// What is written and read: one form, whoever asks.
	{name: "client_encoding", ledger: "UTF8", staging: "UTF8"},
	{name: "DateStyle", ledger: "ISO", staging: "ISO"},
	{name: "IntervalStyle", ledger: "postgres", staging: "postgres"},
	{name: "TimeZone", ledger: "UTC"}, // of staging the job's: see prepareSession
	{name: "bytea_output", ledger: "hex", staging: "hex"},
	{name: "extra_float_digits", ledger: "1", staging: "1"}, // as many digits as tell one number from another
	{name: "xmlbinary", staging: "base64"},
	// What a statement means. A backslash is a backslash; XML need not be a document; NULL is equal to nothing; an index
	// leaves out no rows.
	{name: "standard_conforming_strings", ledger: "on", staging: "on"},
	{name: "xmloption", staging: "content"},
	{name: "transform_null_equals", ledger: "off", staging: "off"},
	{name: "gin_fuzzy_search_limit", staging: "0"},
	{name: "quote_all_identifiers", ledger: "off", staging: "off"}, // names of tables are shown
	// ours name their schema, and nobody's function takes the place of a built-in one
	{name: "search_path", ledger: "pg_catalog"},
	// Postgres fails where a policy would hide rows. Of staging it is the job's: see prepareSession.
	{name: "row_security", ledger: "off"},
	// Each statement sees what was committed before it: a fence that was passed is seen. With another level Postgres would
	// end transactions at random. What needs a snapshot says so.
	{name: "default_transaction_isolation", ledger: "read committed", staging: "read committed"},
	{name: "default_transaction_deferrable", ledger: "off", staging: "off"},
	{name: "default_transaction_read_only", staging: "on"}, // a query that writes fails, in a check too
	// What is recorded as sent must survive a power cut. A heartbeat alone need not: see tenure.begin.
	{name: "synchronous_commit", ledger: "on"},
	// Triggers keep the audit and closed months, foreign keys the rest. A replica's role has neither.
	{name: "session_replication_role", ledger: "origin", privileged: true},
	// Time limits. Ours are those of contexts; a plan of many employees is one long statement, and as long idle while
	// another query's first row is awaited. The ledger's transactions end when their process is frozen. A session of staging
	// gives up a lock before Postgres looks for deadlocks: see grab.
	{name: "statement_timeout", ledger: unset, staging: unset},
	{name: "transaction_timeout", ledger: unset, staging: unset, since: 17},
	{name: "idle_session_timeout", ledger: unset, staging: unset, since: 14},
	{name: "lock_timeout", ledger: unset, staging: strconv.FormatInt(grab.Milliseconds(), 10)},
	{name: "idle_in_transaction_session_timeout", ledger: "60s", staging: unset},
	// A process that was killed, or whose machine is gone, leaves no statement running: Postgres asks the socket, and the
	// system the other machine.
	{name: "client_connection_check_interval", ledger: "5s", staging: "5s", since: 14, optional: true},
	{name: "tcp_keepalives_idle", ledger: "15", staging: "15", optional: true},
	{name: "tcp_keepalives_interval", ledger: "5", staging: "5", optional: true},
	{name: "tcp_keepalives_count", ledger: "3", staging: "3", optional: true},
	// Speed. The ledger is read by its keys alone: a plan made while a table was still empty would scan it whole; it is
	// kept, and would make every step slower than the one before.
	{name: "jit", ledger: "off", staging: "off"},
	{name: "enable_seqscan", ledger: "off"},
	{name: "enable_bitmapscan", ledger: "off"},
	{name: "enable_hashjoin", ledger: "off"},
	{name: "enable_mergejoin", ledger: "off"},
	// Nothing is read that is worth the start of another process of the server.
	{name: "max_parallel_workers_per_gather", ledger: "0"},
}

func inLedger(s setting) string  { return s.ledger }
func inStaging(s setting) string { return s.staging }

// bounded are settings under which Postgres ends a statement that takes longer, whoever still waits for it; 0 = its context bounds it.
func bounded(value func(setting) string, longest time.Duration) func(setting) string {
	return func(s setting) string {
		if s.name == "statement_timeout" && longest > 0 {
			return strconv.FormatInt(longest.Milliseconds(), 10)
		}
		return value(s)
	}
}

// setUp makes the sessions of a configuration ours, once role and database have had their say.
func setUp(config *pgconn.Config, value func(setting) string) {
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		major := majorVersion(conn.ParameterStatus("server_version"))
		_, err := conn.Exec(ctx, assignments(value, major, true)).ReadAll()
		var pg *pgconn.PgError
		if errors.As(err, &pg) && verdictOf(pg.Code) == mistaken { // a system without one of the optional ones
			_, err = conn.Exec(ctx, assignments(value, major, false)).ReadAll()
		}
		return err
	}
}

// assignments is the statement that sets all of them.
func assignments(value func(setting) string, major int, optional bool) string {
	var calls []string
	for _, s := range settings {
		v := value(s)
		if v == "" || s.since > major || s.optional && !optional {
			continue
		}
		call := "pg_catalog.set_config('" + s.name + "', '" + v + "', false)"
		if s.privileged {
			call = "CASE WHEN pg_catalog.current_setting('" + s.name + "') <> '" + v + "' THEN " + call + " END"
		}
		calls = append(calls, call)
	}
	return "SELECT " + strings.Join(calls, ", ")
}

// majorVersion reads "15.6 (Debian 15.6-0+deb12u1)"; 0 = it cannot be read.
func majorVersion(version string) int {
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	if digits < 0 {
		digits = len(version)
	}
	major, err := strconv.Atoi(version[:digits])
	if err != nil {
		return 0
	}
	return major
}

// connConfig reads the ledger's URL and sets what our own connections have.
func connConfig(url string) (*pgx.ConnConfig, error) { return sessionConfig(url, inLedger) }

// sessionConfig reads a URL, bounds connecting, and sets its sessions up.
func sessionConfig(url string, value func(setting) string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, &URLError{}
	}
	prepare(config, value)
	return config, nil
}

func prepare(config *pgx.ConnConfig, value func(setting) string) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	setUp(&config.Config, value)
}
