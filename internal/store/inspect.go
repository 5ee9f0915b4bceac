package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Finding is something about the database that its administrator should know.
type Finding struct {
	Error bool // it must be mended before a run; else a warning
	Note  bool // neither: it may be meant
	What  hinted.Fact
}

// inspection is one question to a database; it answers with a word for the sentence, "" = nothing to report.
type inspection struct {
	of   jobs.Database // alone; "" = both
	sql  string
	code string // of what is told, with the answer

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
		sql:  `SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE '' END`,
		code: "inspect.inspect-standby",
	}, {
		of: jobs.TheLedger, error: true,
		sql:  `SELECT CASE WHEN NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'on' THEN 'on' ELSE '' END`,
		code: "inspect.inspect-read-only",
	}, {
		of: jobs.TheLedger, error: true,
		sql: `SELECT coalesce(string_agg(privilege || ' on ' || c.oid::regclass, ', ' ORDER BY c.relname, privilege), '')
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(CASE WHEN c.relname = 'audit' THEN '{SELECT,INSERT}'
				WHEN c.relname ~ '^goose' THEN '{SELECT}' ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::text[]) privilege
			WHERE n.nspname = 'syncd' AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(c.oid, privilege)`,
		code: "inspect.inspect-rights",
	}, {
		error: true,
		sql: `SELECT CASE WHEN current_setting('zero_damaged_pages') = 'on' THEN 'zero_damaged_pages' WHEN
			current_setting('ignore_checksum_failure') = 'on' THEN 'ignore_checksum_failure' ELSE '' END`,
		code: "inspect.inspect-damaged",
	}, {
		note: true,
		sql:  changedSettings,
		code: "inspect.inspect-settings",
	}, {
		sql:  `SELECT CASE WHEN rolsuper THEN rolname ELSE '' END FROM pg_roles WHERE rolname = current_user`,
		code: "inspect.inspect-superuser",
	}, {
		sql: `SELECT coalesce(min(format('%I.%I', n.nspname, c.relname)), '')
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('syncd', 'inbox', 'pg_catalog', 'information_schema')
			  AND n.nspname NOT LIKE 'pg\_%'
			  AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
			    OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))`,
		code: "inspect.inspect-writes",
	}, {
		// A superuser, of whom there is a word already, has all rights.
		sql: `SELECT coalesce(min(r.rolname), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
			WHERE n.nspname = 'syncd' AND c.relname = 'audit' AND r.rolname = current_user AND NOT r.rolsuper
			  AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')`,
		code: "inspect.inspect-audit",
	}, {
		sql: `SELECT CASE WHEN current_setting('log_parameter_max_length_on_error') <> '0' THEN 'log_parameter_max_length_on_error'
			WHEN current_setting('log_parameter_max_length') = '0' THEN ''
			WHEN current_setting('log_statement') IN ('mod', 'all') THEN 'log_statement'
			WHEN current_setting('log_min_duration_statement') <> '-1' THEN 'log_min_duration_statement'
			WHEN current_setting('log_min_duration_sample') <> '-1' THEN 'log_min_duration_sample' ELSE '' END`,
		code: "inspect.inspect-logs",
	}, {
		// Whether a commit waits for the disk our sessions say themselves.
		sql: `SELECT CASE WHEN current_setting('fsync') = 'off' THEN 'fsync' WHEN current_setting('full_page_writes') = 'off' THEN
			'full_page_writes' ELSE '' END`,
		code: "inspect.inspect-power",
	}, {
		of:    jobs.TheLedger, // staging's can be any: Postgres converts
		sql:   `SELECT CASE WHEN current_setting('server_encoding') <> 'UTF8' THEN current_setting('server_encoding') ELSE '' END`,
		error: true,
		code:  "inspect.inspect-encoding",
	}, {
		of:   jobs.TheStaging,
		sql:  `SELECT CASE WHEN current_setting('server_encoding') = 'SQL_ASCII' THEN 'SQL_ASCII' ELSE '' END`,
		code: "inspect.inspect-ascii",
	}, {
		sql:   `SELECT CASE WHEN current_setting('server_version_num')::int < 130000 THEN current_setting('server_version') ELSE '' END`,
		error: true,
		code:  "inspect.inspect-old",
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
		return nil, explained(hinted.Doing("connecting to the "+database), err)
	}
	defer end(conn)
	var findings []Finding
	for _, i := range inspections {
		if i.of != "" && i.of != database {
			continue
		}
		var answer string
		if err := conn.QueryRow(ctx, i.sql).Scan(&answer); err != nil {
			return nil, explained(hinted.Doing("inspecting the "+database), err)
		}
		if answer != "" {
			findings = append(findings, Finding{Error: i.error, Note: i.note, What: hinted.Say(i.code, "answer", answer)})
		}
	}
	ahead, err := clockAhead(ctx, conn)
	if err != nil {
		return nil, explained(hinted.Doing("inspecting the "+database), err)
	}
	if ahead.Abs() > clockSkew {
		findings = append(findings, Finding{Error: database == jobs.TheLedger,
			What: hinted.Say("inspect.inspect-clock", "by", ahead.Abs().Round(time.Second))})
	}
	pooled, err := behindTransactionPooler(ctx, conn, config)
	if pooled {
		findings = append(findings, Finding{Error: true, What: hinted.Say("inspect.inspect-pooler")})
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
