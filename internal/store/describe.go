package store

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Description is what can be told of staging without reading a row.
type Description struct {
	Shape    mapping.Shape
	Findings []Finding // about the tables that the queries reach
}

// Describe tells what the configured queries return, and whether the role may read it, without running them. That also
// goes for the query that tells whether staging is ready. Errors are those of Snapshot.
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
	var lists [][]mapping.Column
	for _, query := range stagingQueries(source) {
		columns, err := describeQuery(ctx, k.conn, query, params)
		if err != nil {
			return d, err
		}
		lists = append(lists, columns)
	}
	if err := k.inform(ctx, lists); err != nil {
		return d, err
	}
	d.Shape = shapeOf(lists)
	if source.Ready != "" {
		if err := describeReady(ctx, k.conn, source.Ready, params); err != nil {
			return d, err
		}
	}
	d.Findings, err = k.doubts(ctx)
	return d, err
}

func describeQuery(ctx context.Context, conn *pgx.Conn, query stagingQuery, params mapping.Params) ([]mapping.Column, error) {
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
	return columnsOf(statement.Fields), nil
}

// doubtful are questions about the locked relations; each answers with those that it is about.
var doubtful = []struct {
	where string
	Finding
}{
	{`c.relkind = 'f'`, Finding{
		Text: "%s is a foreign table: what it holds is no part of the snapshot, and can be another thing for each query",
		Hint: "let the import copy it into a table, and read that one"}},
	{`c.relkind = 'm' AND NOT c.relispopulated`, Finding{Error: true,
		Text: "the materialized view %s was never filled, so it cannot be read",
		Hint: "REFRESH MATERIALIZED VIEW it"}},
	// Through a view, policies are those for the view's owner: whether they hide rows cannot be told from here.
	{`c.relrowsecurity AND current_setting('row_security') = 'on' AND (row_security_active(c.oid)
		OR EXISTS (SELECT FROM pg_class v WHERE v.oid = ANY ($1) AND v.relkind = 'v' AND v.relowner <> c.relowner))`, Finding{
		Text: "row level security applies to %s: whose rows its policies hide count as gone, or are sent without elements",
		Hint: `remove row_security = "apply" from [job.source]: runs then fail instead where rows would be hidden`}},
}

// doubts tells what a plan could not be sure of.
func (k *keeper) doubts(ctx context.Context) (findings []Finding, err error) {
	for _, question := range doubtful {
		rows, err := k.conn.Query(ctx, `SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid = ANY ($1) AND `+question.where+` ORDER BY 1`, k.held)
		if err != nil {
			return nil, redactStaging("inspecting staging", err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, redactStaging("inspecting staging", err)
		}
		if len(names) > 0 {
			f := question.Finding
			f.Text = fmt.Sprintf(f.Text, strings.Join(names, ", "))
			findings = append(findings, f)
		}
	}
	return findings, nil
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
		sql, args, err := bind(asked.query, named)
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
