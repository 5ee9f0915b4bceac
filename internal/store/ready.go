package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// askReady runs the query that tells whether staging is complete, in the snapshot that is about to be read. Errors:
// *jobs.NotReadyError, *jobs.StagingError.
func askReady(ctx context.Context, conn *pgx.Conn, query string, params mapping.Params) error {
	asked := &stream{conn: conn, query: readyQuery(query)}
	sql, args, err := bind(asked.query, params, nil)
	if err != nil {
		return err
	}
	asked.sql, asked.sent = sql, sql
	answer := conn.PgConn().ExecParams(ctx, sql, args, nil, nil, nil).Read()
	if answer.Err != nil {
		return asked.explain(answer.Err)
	}
	if len(answer.Rows) != 1 {
		return notOneAnswer(asked.query)
	}
	if err := isOneAnswer(asked.query, answer.FieldDescriptions); err != nil {
		return err
	}
	if string(answer.Rows[0][0]) != "t" {
		return &jobs.NotReadyError{}
	}
	return nil
}

// isOneAnswer fails unless the columns are one boolean.
func isOneAnswer(query stagingQuery, columns []pgconn.FieldDescription) error {
	switch {
	case len(columns) != 1:
		return notOneAnswer(query)
	case columns[0].DataTypeOID != pgtype.BoolOID:
		return &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-no-boolean")}
	}
	return nil
}

func notOneAnswer(query stagingQuery) error {
	return &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-one-answer")}
}

func readyQuery(sql string) stagingQuery { return stagingQuery{name: "job.guard.ready", sql: sql} }
