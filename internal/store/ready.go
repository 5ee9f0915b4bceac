package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// askReady runs the query that tells whether staging is complete, in the snapshot that is about to be read. Errors:
// *jobs.NotReadyError, *jobs.StagingError.
func askReady(ctx context.Context, conn *pgx.Conn, query string, params mapping.Params) error {
	asked := &stream{conn: conn, query: readyQuery(query)}
	sql, args, err := bind(ctx, asked.query, params)
	if err != nil {
		return err
	}
	answer := conn.PgConn().ExecParams(ctx, sql, args, nil, nil, nil).Read()
	switch {
	case answer.Err != nil:
		return asked.explain(answer.Err)
	case len(answer.Rows) != 1 || len(answer.FieldDescriptions) != 1:
		return &jobs.StagingError{Query: asked.query.name, Problem: "it did not answer one row of one column", Hint: "write a SELECT that answers true or false, such as SELECT count(*) > 0 FROM …"}
	case answer.FieldDescriptions[0].DataTypeOID != pgtype.BoolOID:
		return &jobs.StagingError{Query: asked.query.name, Problem: "its answer is not a boolean", Hint: "compare something in it, such as SELECT count(*) > 0 FROM …"}
	case string(answer.Rows[0][0]) != "t":
		return &jobs.NotReadyError{}
	}
	return nil
}

func readyQuery(sql string) stagingQuery { return stagingQuery{name: "job.guard.ready", sql: sql} }
