package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/sqltext"
)

// stagingQuery is one configured query.
type stagingQuery struct {
	name string // in the configuration
	sql  string
	key  string // its column that holds the matricule
}

func stagingQueries(source jobs.Source) []stagingQuery {
	queries := []stagingQuery{{"job.source.employees", source.Employees, source.Key}}
	for i, child := range source.Children {
		queries = append(queries, stagingQuery{fmt.Sprintf("job.children[%d].rows", i), child.Rows, child.Employee})
	}
	return queries
}

// stream is the ordered result of one configured query.
type stream struct {
	conn    *pgx.Conn
	pid     int32 // of its backend
	query   stagingQuery
	sql     string // of the query, as Postgres gets it
	sent    string // what was sent for it, in which Postgres tells the place of an error
	reader  *pgconn.ResultReader
	columns []mapping.Column
	row     [][]byte
}

// start sends the query.
func (s *stream) start(ctx context.Context, params mapping.Params, keys []string) error {
	sql, args, err := s.wrap(params, keys)
	if err != nil {
		return err
	}
	s.sql, s.sent = sql, sql
	s.reader = s.conn.PgConn().ExecParams(ctx, sql, args, nil, nil, nil)
	fields := s.reader.FieldDescriptions()
	if fields == nil {
		_, err := s.reader.Close()
		return s.explain(err)
	}
	s.columns = columnsOf(fields)
	return nil
}

// wrap makes the configured query one whose rows come in bytewise order of the key, and whose first column is the key.
func (s *stream) wrap(params mapping.Params, keys []string) (sql string, args [][]byte, err error) {
	model, args, err := bind(s.query, params, nil)
	if err != nil {
		return "", nil, err
	}
	key := "m." + pgx.Identifier{s.query.key}.Sanitize() + "::text"
	var filter string
	if keys != nil {
		args = append(args, []byte(textArray(keys)))
		filter = fmt.Sprintf("WHERE %s = ANY ($%d::text[])\n", key, len(args))
	}
	return fmt.Sprintf("SELECT %s AS syncd_key, m.* FROM (\n%s\n) AS m\n%sORDER BY %s COLLATE \"C\"", key, model, filter, key), args, nil
}

// columnsOf leaves out the key that wrap puts first.
func columnsOf(fields []pgconn.FieldDescription) []mapping.Column {
	columns := make([]mapping.Column, 0, len(fields))
	for _, field := range fields[1:] {
		columns = append(columns, mapping.Column{Name: field.Name, Type: field.DataTypeOID, Length: lengthOf(field)})
	}
	return columns
}

// lengthOf is how many characters a column of type varchar(n) or char(n) holds; 0 = any number. Postgres counts the four
// bytes of its own header in.
func lengthOf(field pgconn.FieldDescription) int {
	const header = 4
	if field.DataTypeOID != pgtype.VarcharOID && field.DataTypeOID != pgtype.BPCharOID {
		return 0
	}
	return max(0, int(field.TypeModifier)-header)
}

// bind replaces the @names of a query by numbered parameters, behind those that there are.
func bind(query stagingQuery, params mapping.Params, before [][]byte) (sql string, args [][]byte, err error) {
	text, single := sqltext.One(query.sql)
	if !single {
		return "", nil, &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-statements")}
	}
	if sqltext.Writes(text) {
		return "", nil, &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-writes"), Cause: jobs.Because(jobs.CauseWrites)}
	}
	var bound strings.Builder
	args = before
	numbers := map[string]int{}
	for _, t := range sqltext.Tokens(text) {
		value, known := params[t.Name()]
		switch {
		case t.Kind == sqltext.Numbered:
			return "", nil, &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-numbered", "name", t.Text)}
		case t.Kind != sqltext.Parameter, t.Glued && !known:
			bound.WriteString(t.Text)
			continue
		case !known:
			return "", nil, &jobs.StagingError{Query: query.name, What: hinted.Say("staging.query-parameter")}
		}
		if numbers[t.Name()] == 0 {
			args = append(args, []byte(value))
			numbers[t.Name()] = len(args)
		}
		fmt.Fprintf(&bound, "$%d", numbers[t.Name()])
	}
	return bound.String(), args, nil
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// textArray writes an array in Postgres's text format.
func textArray(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = `"` + arrayEscapes.Replace(value) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

func (s *stream) Next() bool {
	if !s.reader.NextRow() {
		s.row = nil
		return false
	}
	s.row = s.reader.Values()
	return true
}

func (s *stream) Key() []byte {
	if s.row == nil {
		return nil
	}
	return s.row[0]
}

func (s *stream) Values() [][]byte { return s.row[1:] }

func (s *stream) Err() error {
	_, err := s.reader.Close()
	return s.explain(err)
}
