package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Finding is something about the database that its administrator should know.
type Finding struct {
	Error bool // it must be mended before a run; else a warning
	Text  string
	Hint  string
}

// inspection is one question to the catalogue; it answers with a word for the sentence, "" = nothing to report.
type inspection struct {
	sql   string
	error bool
	text  string // with %s for the answer
	hint  string
}

var inspections = []inspection{
	{
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
		text: "the role %s has the right to change the audit trail",
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
		sql:  `SELECT CASE WHEN current_setting('fsync') = 'off' THEN 'fsync' WHEN current_setting('full_page_writes') = 'off' THEN 'full_page_writes' ELSE '' END`,
		text: "the server may forget or damage what it committed when the power fails (%s is off)",
		hint: "turn it on: else something may be sent twice after a power cut",
	}, {
		sql:   `SELECT CASE WHEN current_setting('server_encoding') <> 'UTF8' THEN current_setting('server_encoding') ELSE '' END`,
		error: true,
		text:  "the database's encoding is %s, not UTF8",
		hint:  "make a database with ENCODING 'UTF8'",
	}, {
		sql:   `SELECT CASE WHEN current_setting('server_version_num')::int < 130000 THEN current_setting('server_version') ELSE '' END`,
		error: true,
		text:  "Postgres %s is too old",
		hint:  "use Postgres 13 or newer",
	},
}

// Inspect asks the database at url what an administrator should know before trusting it with a payroll.
func Inspect(ctx context.Context, url string) ([]Finding, error) {
	config, err := connConfig(url)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, redact("connecting to the database", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to do with it
	var findings []Finding
	for _, i := range inspections {
		var answer string
		if err := conn.QueryRow(ctx, i.sql).Scan(&answer); err != nil {
			return nil, redact("inspecting the database", err)
		}
		if answer != "" {
			findings = append(findings, Finding{Error: i.error, Text: fmt.Sprintf(i.text, answer), Hint: i.hint})
		}
	}
	pooled, err := behindTransactionPooler(ctx, conn, config)
	if pooled {
		findings = append(findings, Finding{Error: true, Text: "the connection goes through a transaction pooler",
			Hint: "connect to Postgres itself, or use a session pool: who may send is decided by a session lock"})
	}
	return findings, err
}
