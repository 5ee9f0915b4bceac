package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// Finding is something about the database that its administrator should know.
type Finding struct {
	Error bool // it must be mended before a run; else a warning
	Note  bool // neither: it may be meant
	Text  string
	Hint  string
}

// inspection is one question to a database; it answers with a word for the sentence, "" = nothing to report.
type inspection struct {
	of   jobs.Database // alone; "" = both
	sql  string
	text string // with %s for the answer
	hint string

	error, note bool
}

// changedSettings are what the database or the role changes for its sessions, beyond what we set ourselves; but for what
// only concerns speed or the server's log.
const changedSettings = `SELECT coalesce(string_agg(format('%s = %s', name, setting), ', ' ORDER BY name), '') FROM pg_settings
	WHERE source IN ('global', 'database', 'user', 'database user') AND name <> 'default_transaction_read_only'
	  AND name !~ '^(log_|track_|auto_explain|pg_stat_|.*_(mem|cost|buffers|size)$|.*parallel|effective_|geqo|jit|application_name$)' `

var inspections = []inspection{
	{
		of: jobs.TheLedger, error: true,
		sql: `SELECT CASE WHEN pg_is_in_recovery() THEN 'a standby' WHEN current_setting('default_transaction_read_only') = 'on' THEN
			'read-only (default_transaction_read_only is on)' ELSE '' END`,
		text: "the ledger's database is %s: no run can be recorded",
		hint: "name the primary in the URL under [database] (several hosts and target_session_attrs=read-write find it by themselves), " +
			"or turn default_transaction_read_only off",
	}, {
		of: jobs.TheLedger, error: true,
		sql: `SELECT coalesce(string_agg(privilege || ' on ' || c.oid::regclass, ', ' ORDER BY c.relname, privilege), '')
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(CASE WHEN c.relname = 'audit' THEN '{SELECT,INSERT}'
				WHEN c.relname ~ '^goose' THEN '{SELECT}' ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::text[]) privilege
			WHERE n.nspname = 'syncd' AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, privilege)`,
		text: "the role lacks rights on the ledger: %s",
		hint: "run migrations/roles.sql again: it hands the ledger over to the role",
	}, {
		error: true,
		sql: `SELECT CASE WHEN current_setting('zero_damaged_pages') = 'on' THEN 'zero_damaged_pages' WHEN
			current_setting('ignore_checksum_failure') = 'on' THEN 'ignore_checksum_failure' ELSE '' END`,
		text: "Postgres passes over damaged rows without a word (%s is on)",
		hint: "turn it off: whose rows are damaged would count as gone",
	}, {
		note: true,
		sql:  changedSettings,
		text: "the database or the role changes for its sessions: %s",
		hint: "see that it is meant: what syncd depends on it sets itself, and staging's queries go by the rest",
	}, {
		sql:  `SELECT CASE WHEN rolsuper THEN rolname ELSE '' END FROM pg_roles WHERE rolname = current_user`,
		text: "the role %s is a superuser",
		hint: "use a role of its own with few rights: migrations/roles.sql makes it",
	}, {
		sql: `SELECT coalesce(min(format('%I.%I', n.nspname, c.relname)), '')
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('syncd', 'pg_catalog', 'information_schema')
			  AND n.nspname NOT LIKE 'pg\_%'
			  AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
			    OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))`,
		text: "the role can write to tables that are not syncd's, such as %s",
		hint: "grant it SELECT alone: see migrations/roles.sql",
	}, {
		// A superuser, of whom there is a word already, has all rights.
		sql: `SELECT coalesce(min(r.rolname), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
			WHERE n.nspname = 'syncd' AND c.relname = 'audit' AND r.rolname = current_user AND NOT r.rolsuper
			  AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')`,
		text: "the role %s has the right to change the audit",
		hint: "run migrations/roles.sql again: it takes the right away",
	}, {
		sql: `SELECT CASE WHEN current_setting('log_parameter_max_length_on_error') <> '0' THEN 'log_parameter_max_length_on_error'
			WHEN current_setting('log_parameter_max_length') = '0' THEN ''
			WHEN current_setting('log_statement') IN ('mod', 'all') THEN 'log_statement'
			WHEN current_setting('log_min_duration_statement') <> '-1' THEN 'log_min_duration_statement'
			WHEN current_setting('log_min_duration_sample') <> '-1' THEN 'log_min_duration_sample' ELSE '' END`,
		text: "the server logs the parameters of statements (%s): personal data would be in its log",
		hint: "set log_parameter_max_length = 0 and log_parameter_max_length_on_error = 0 in postgresql.conf",
	}, {
		// Whether a commit waits for the disk our sessions say themselves.
		sql: `SELECT CASE WHEN current_setting('fsync') = 'off' THEN 'fsync' WHEN current_setting('full_page_writes') = 'off' THEN
			'full_page_writes' ELSE '' END`,
		text: "the server may forget or damage what it committed when the power fails (%s is off)",
		hint: "turn it on: else something may be sent twice after a power cut",
	}, {
		of:    jobs.TheLedger, // staging's can be any: Postgres converts
		sql:   `SELECT CASE WHEN current_setting('server_encoding') <> 'UTF8' THEN current_setting('server_encoding') ELSE '' END`,
		error: true,
		text:  "the database's encoding is %s, not UTF8",
		hint:  "make a database with ENCODING 'UTF8'",
	}, {
		of:   jobs.TheStaging,
		sql:  `SELECT CASE WHEN current_setting('server_encoding') = 'SQL_ASCII' THEN 'SQL_ASCII' ELSE '' END`,
		text: "the database's encoding is %s: Postgres does not know what its bytes mean, and letters with accents may not be UTF-8",
		hint: "let the import write UTF-8, or use a database whose encoding says what it holds (UTF8, LATIN1, WIN1252)",
	}, {
		sql:   `SELECT CASE WHEN current_setting('server_version_num')::int < 130000 THEN current_setting('server_version') ELSE '' END`,
		error: true,
		text:  "Postgres %s is too old",
		hint:  "use Postgres 13 or newer",
	},
}

// Inspect asks the database at url what an administrator should know before trusting it with a payroll.
func Inspect(ctx context.Context, url string, database jobs.Database) ([]Finding, error) {
	value, explained := inLedger, redact
	if database == jobs.TheStaging {
		value, explained = inStaging, redactStaging
	}
	config, err := sessionConfig(url, value)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, explained("connecting to the "+string(database), err)
	}
	defer end(conn)
	var findings []Finding
	for _, i := range inspections {
		if i.of != "" && i.of != database {
			continue
		}
		var answer string
		if err := conn.QueryRow(ctx, i.sql).Scan(&answer); err != nil {
			return nil, explained("inspecting the "+string(database), err)
		}
		if answer != "" {
			findings = append(findings, Finding{Error: i.error, Note: i.note, Text: fmt.Sprintf(i.text, answer), Hint: i.hint})
		}
	}
	ahead, err := clockAhead(ctx, conn)
	if err != nil {
		return nil, explained("inspecting the "+string(database), err)
	}
	if ahead.Abs() > clockSkew {
		findings = append(findings, Finding{Error: database == jobs.TheLedger, Hint: "set both by NTP (timedatectl)",
			Text: fmt.Sprintf("the clock of this machine and that of Postgres are %s apart", ahead.Abs().Round(time.Second))})
	}
	pooled, err := behindTransactionPooler(ctx, conn, config)
	if pooled {
		findings = append(findings, Finding{Error: true, Text: "the connection goes through a transaction pooler",
			Hint: "connect to Postgres itself, or use a session pool: who may send is decided by a session lock"})
	}
	return findings, err
}

// clockAhead is how far this machine's clock is ahead of Postgres's; negative = behind.
func clockAhead(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	var there time.Time
	before := time.Now()
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return 0, err
	}
	return apart(before, there, time.Now()), nil
}

// apart is how far a clock that said before and after is certainly ahead of one that was read in between; negative =
// behind.
func apart(before, there, after time.Time) time.Duration {
	if ahead := before.Round(0).Sub(there); ahead > 0 {
		return ahead
	}
	return min(0, after.Round(0).Sub(there))
}
