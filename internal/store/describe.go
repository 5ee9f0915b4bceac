package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/sqltext"
)

// Description is what can be told of staging without reading a row.
type Description struct {
	Shape    mapping.Shape
	Findings []Finding // about the tables that the queries reach
}

// Describe tells what the configured queries return, whether the role may read it, and what of it writes or changes from
// one plan to the next, without running them. Whether staging is ready is asked. Errors are those of Snapshot.
func (s *Staging) Describe(ctx context.Context, source jobs.Source, params mapping.Params) (Description, error) {
	var d Description
	err := s.whenFree(ctx, source, func() (err error) {
		d, err = s.describe(ctx, source, params)
		return err
	})
	return d, err
}

func (s *Staging) describe(ctx context.Context, source jobs.Source, params mapping.Params) (d Description, err error) {
	k, err := s.keeper(ctx, source)
	if err != nil {
		return d, err
	}
	defer end(k.conn)
	other, _, err := s.connect(ctx, source)
	if err != nil {
		return d, err
	}
	defer end(other)
	if err := k.lock(ctx, other, source, params, nil); err != nil {
		return d, err
	}
	held, err := k.locks(ctx, []int32{k.pid}, 0)
	if err != nil {
		return d, err
	}
	var lists [][]mapping.Column
	var fields []pgconn.FieldDescription
	for _, query := range stagingQueries(source) {
		described, err := describeQuery(ctx, k.conn, query, params)
		if err != nil {
			return d, err
		}
		lists, fields = append(lists, columnsOf(described)), append(fields, described...)
	}
	if err := k.inform(ctx, lists); err != nil {
		return d, err
	}
	d.Shape = shapeOf(lists)
	if source.Ready != "" {
		err := askReady(ctx, k.conn, source.Ready, params)
		var notReady *jobs.NotReadyError
		if errors.As(err, &notReady) {
			d.Findings = append(d.Findings, Finding{Note: true, What: hinted.Say("staging.staging-not-ready")})
		} else if err != nil {
			return d, err
		}
	}
	for _, ask := range []func() ([]Finding, error){
		func() ([]Finding, error) { return k.doubts(ctx, held) },
		func() ([]Finding, error) { return k.unsteady(ctx, source, params) },
		func() ([]Finding, error) { return k.closedToPage(ctx, s.Page, fields) },
	} {
		findings, err := ask()
		if err != nil {
			return d, err
		}
		d.Findings = append(d.Findings, findings...)
	}
	return d, nil
}

func describeQuery(ctx context.Context, conn *pgx.Conn, query stagingQuery, params mapping.Params) ([]pgconn.FieldDescription, error) {
	described := &stream{conn: conn, query: query}
	sql, _, err := described.wrap(params, nil)
	if err != nil {
		return nil, err
	}
	described.sql, described.sent = sql, sql
	statement, err := conn.PgConn().Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, described.explain(err)
	}
	return statement.Fields, nil
}

// closedToPage tells what the role of the operators' page may not read of the tables and views that columns come from: it makes previews
// and reads names by its own rights.
func (k *keeper) closedToPage(ctx context.Context, role string, fields []pgconn.FieldDescription) ([]Finding, error) {
	if role == "" {
		return nil, nil
	}
	var tables []uint32
	var columns []int16
	for i := range fields {
		if fields[i].TableOID != 0 {
			tables = append(tables, fields[i].TableOID)
			columns = append(columns, int16(fields[i].TableAttributeNumber)) //nolint:gosec // Postgres counts them so
		}
	}
	const closed = `SELECT r.oid IS NULL, coalesce(string_agg(DISTINCT c.oid::regclass::text, ', '), $3)
		FROM unnest($1::oid[], $2::int2[]) AS f(relation, number) JOIN pg_class c ON c.oid = f.relation
		LEFT JOIN pg_roles r ON r.rolname = $3
		WHERE r.oid IS NULL OR NOT has_schema_privilege(r.oid, c.relnamespace, 'USAGE')
		   OR NOT has_column_privilege(r.oid, c.oid, f.number, 'SELECT')
		GROUP BY 1`
	var missing bool
	var names string
	err := k.conn.QueryRow(ctx, closed, tables, columns, role).Scan(&missing, &names)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, redactStaging("inspecting staging", err)
	}
	if missing {
		return []Finding{{Note: true, What: hinted.Say("staging.page-role-missing", "role", role)}}, nil
	}
	return []Finding{{What: hinted.Say("staging.page-may-not-read", "names", names, "role", role)}}, nil
}

// doubtful are questions about the locked relations; each answers with those that it is about.
var doubtful = []struct {
	where, code string
	error       bool
}{
	{`c.relkind = 'f'`, "staging.staging-foreign", false},
	{`c.relkind = 'm' AND NOT c.relispopulated`, "staging.staging-unfilled", true},
	// Through a view, policies are those for the view's owner: whether they hide rows cannot be told from here.
	{`c.relrowsecurity AND current_setting('row_security') = 'on' AND (row_security_active(c.oid)
		OR EXISTS (SELECT FROM pg_class v WHERE v.oid = ANY ($1) AND v.relkind = 'v' AND v.relowner <> c.relowner))`, "staging.staging-policies", false},
}

// doubts tells what a plan could not be sure of, about the relations that it would lock.
func (k *keeper) doubts(ctx context.Context, held []uint32) (findings []Finding, err error) {
	for _, question := range doubtful {
		rows, err := k.conn.Query(ctx, `SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid = ANY ($1) AND `+question.where+` ORDER BY 1`,
			held)
		if err != nil {
			return nil, redactStaging("inspecting staging", err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, redactStaging("inspecting staging", err)
		}
		if len(names) > 0 {
			findings = append(findings, Finding{Error: question.error, What: hinted.Say(question.code, "names", strings.Join(names, ", "))})
		}
	}
	return findings, nil
}

// unsteady tells of functions in the queries, those of views included, that write, or answer something else at each call:
// the plan that Postgres makes names them. Where one is called for a row that is not there today, a look at the rows would
// not show it.
func (k *keeper) unsteady(ctx context.Context, source jobs.Source, params mapping.Params) ([]Finding, error) {
	var findings []Finding
	queries := stagingQueries(source)
	slices.SortStableFunc(queries, func(a, b stagingQuery) int { return strings.Compare(a.name, b.name) })
	for _, query := range queries {
		planned := &stream{conn: k.conn, query: query}
		sql, args, err := planned.wrap(params, nil)
		if err != nil {
			return nil, err
		}
		answer := k.conn.PgConn().ExecParams(ctx, "EXPLAIN (VERBOSE, FORMAT JSON) "+sql, args, nil, nil, nil).Read()
		if answer.Err != nil {
			return nil, planned.explain(answer.Err)
		}
		var plan any
		if err := json.Unmarshal(answer.Rows[0][0], &plan); err != nil {
			return nil, hinted.At("reading what Postgres plans for a query", query.name, err)
		}
		names, err := k.volatile(ctx, calls(plan))
		if err != nil {
			return nil, err
		}
		for _, kind := range slices.Sorted(maps.Keys(names)) {
			findings = append(findings, Finding{Error: kind == "writes-by",
				What: hinted.Say("staging.query-"+kind, "query", query.name, "names", strings.Join(names[kind], ", "))})
		}
	}
	return findings, nil
}

// calls are the functions that the expressions of a plan call.
func calls(plan any) (names []string) {
	switch part := plan.(type) {
	case string:
		return sqltext.Calls(part)
	case []any:
		for _, one := range part {
			names = append(names, calls(one)...)
		}
	case map[string]any:
		for _, one := range part {
			names = append(names, calls(one)...)
		}
	}
	return names
}

// volatile sorts functions that are not the same from one call to the next by what they do.
func (k *keeper) volatile(ctx context.Context, names []string) (map[string][]string, error) {
	rows, err := k.conn.Query(ctx, `SELECT DISTINCT p.proname::text, CASE WHEN p.proname IN ('nextval', 'setval') THEN 'writes-by'
			WHEN l.lanname IN ('internal', 'c') THEN 'answers-anew' ELSE 'may-write' END
		FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.proname = ANY ($1) AND p.provolatile = 'v'
		AND (l.lanname IN ('internal', 'c') OR p.prosrc ~* '\y(insert|update|delete|merge|nextval|setval)\y')
		ORDER BY 1`, names)
	if err != nil {
		return nil, redactStaging("inspecting staging", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Name, Kind string }])
	sorted := map[string][]string{}
	for _, f := range found {
		sorted[f.Kind] = append(sorted[f.Kind], f.Name)
	}
	return sorted, redactStaging("inspecting staging", err)
}

// Spellings tells which of some dossiers' names, for @dossier, make the query of employees find somebody. No row is read.
func (s *Staging) Spellings(ctx context.Context, source jobs.Source, params mapping.Params, names []string) (found []string, err error) {
	conn, _, err := s.connect(ctx, source)
	if err != nil {
		return nil, err
	}
	defer end(conn)
	asked := &stream{conn: conn, query: stagingQueries(source)[0]}
	for _, name := range names {
		named := maps.Clone(params)
		named["dossier"] = name
		sql, args, err := bind(asked.query, named, nil)
		if err != nil {
			return nil, err
		}
		asked.sql = "SELECT EXISTS (SELECT FROM (\n" + sql + "\n) AS m)"
		asked.sent = asked.sql
		answer := conn.PgConn().ExecParams(ctx, asked.sql, args, nil, nil, nil).Read()
		if answer.Err != nil {
			return nil, asked.explain(answer.Err)
		}
		if string(answer.Rows[0][0]) == "t" {
			found = append(found, name)
		}
	}
	return found, nil
}
