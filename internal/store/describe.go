package store

import (
	"context"
	"maps"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Describe tells what the configured queries return, without running them. That also goes for the query that tells
// whether staging is ready.
func (s *Staging) Describe(ctx context.Context, source jobs.Source, params mapping.Params) (mapping.Shape, error) {
	config, err := connConfig(s.URL)
	if err != nil {
		return mapping.Shape{}, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return mapping.Shape{}, redact("connecting to staging", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to do with it
	var shape mapping.Shape
	for i, query := range stagingQueries(source) {
		stream := stream{conn: conn, query: query}
		sql, _, err := stream.wrap(ctx, params, nil)
		if err != nil {
			return shape, err
		}
		described, err := conn.PgConn().Prepare(ctx, "", sql, nil)
		if err != nil {
			return shape, stream.explain(err)
		}
		if columns := columnsOf(described.Fields); i == 0 {
			shape.Employee = columns
		} else {
			shape.Children = append(shape.Children, columns)
		}
	}
	if source.Ready == "" {
		return shape, nil
	}
	return shape, describeReady(ctx, conn, source.Ready, params)
}

// Spellings tells which of some dossiers' names, for @dossier, make the query of employees find somebody. No row is read.
func (s *Staging) Spellings(ctx context.Context, source jobs.Source, params mapping.Params, names []string) (found []string, err error) {
	config, err := connConfig(s.URL)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, redact("connecting to staging", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to do with it
	asked := &stream{conn: conn, query: stagingQueries(source)[0]}
	for _, name := range names {
		named := maps.Clone(params)
		named["dossier"] = name
		sql, args, err := bind(ctx, asked.query, named)
		if err != nil {
			return nil, err
		}
		answer := conn.PgConn().ExecParams(ctx, "SELECT EXISTS (SELECT FROM (\n"+sql+"\n) AS m)", args, nil, nil, nil).Read()
		if answer.Err != nil {
			return nil, asked.explain(answer.Err)
		}
		if string(answer.Rows[0][0]) == "t" {
			found = append(found, name)
		}
	}
	return found, nil
}
