package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
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
	reader  *pgconn.ResultReader
	columns []mapping.Column
	row     [][]byte
}

// start sends the query.
func (s *stream) start(ctx context.Context, params mapping.Params, keys []string) error {
	sql, args, err := s.wrap(ctx, params, keys)
	if err != nil {
		return err
	}
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
func (s *stream) wrap(ctx context.Context, params mapping.Params, keys []string) (sql string, args [][]byte, err error) {
	model, args, err := bind(ctx, s.query, params)
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

// bind replaces the @names of a query by numbered parameters.
func bind(ctx context.Context, query stagingQuery, params mapping.Params) (sql string, args [][]byte, err error) {
	named := pgx.NamedArgs{}
	for name, value := range params {
		named[name] = value
	}
	sql, values, err := named.RewriteQuery(ctx, nil, strings.TrimRight(query.sql, "; \t\r\n"), nil)
	if err != nil {
		return "", nil, &jobs.StagingError{Query: query.name, Problem: "its @ parameters cannot be read", Hint: "write them as @dossier or @period"}
	}
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return "", nil, &jobs.StagingError{Query: query.name, Problem: "it names a parameter that does not exist",
				Hint: "there are @dossier, @siret, @period, @period_start and @period_end"}
		}
		args = append(args, []byte(text))
	}
	return sql, args, nil
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

// Names in messages of class 42: quoted, in whatever language the server speaks, or not: column m.x does not exist.
var (
	quotedName = regexp.MustCompile(`(?:"|\x{00ab}[\s\x{00a0}\x{202f}]*|\x{201c}|\x{201e})([^"\x{00bb}\x{201c}\x{201d}]+?)[\s\x{00a0}\x{202f}]*(?:"|\x{00bb}|\x{201c}|\x{201d})`)
	plainName  = regexp.MustCompile(`(?:relation|column|table|view|schema|function) (?:m\.)?([^" ]+)`)
)

func nameIn(message string) string {
	for _, pattern := range []*regexp.Regexp{quotedName, plainName} {
		if found := pattern.FindStringSubmatch(message); found != nil {
			return `"` + found[1] + `"`
		}
	}
	return ""
}

// unfit puts into words how a value of a row ends a query: SQLSTATEs of class 22, "data exception".
var unfit = map[string]string{
	"22003": "a number out of range",
	"22007": "a date or time that cannot be read",
	"22008": "a date or time out of range",
	"22021": "an invalid character",
	"22P02": "a text that the type it is converted to cannot hold",
	"22P05": "an invalid character",
}

// rowSecurityCheck is the function of Postgres that raises the error which row_security = off asks for. Its SQLSTATE is
// that of a missing right, and its text speaks the server's language.
const rowSecurityCheck = "check_enable_rls"

// explain names the query. Errors of class 42 speak of the query's own text, so the name that they quote is shown; all
// others could quote rows.
func (s *stream) explain(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return redact("reading staging ("+s.query.name+")", err)
	}
	problem, hint := "Postgres refuses it with SQLSTATE "+pg.Code, "try the query in psql; the server's log has the details"
	name := nameIn(pg.Message)
	switch {
	case unfit[pg.Code] != "":
		problem = "a value does not fit (" + unfit[pg.Code] + ")"
		hint = "run the query of " + s.query.name + " in psql to find the row, then correct it in staging or convert it in the query"
	case pg.Code == "42P01":
		problem, hint = "there is no table "+name, "create it (migrations/staging.sql has the default one) or correct the query"
	case pg.Code == "42703":
		problem, hint = "there is no such column "+name, "correct the query"
		if s.query.key != "" {
			hint = fmt.Sprintf("correct the query, or its key column, which is %q", s.query.key)
		}
	case pg.Code == "42702":
		problem = "several columns have the name " + name
		hint = "write each column's name in the query instead of *, and give one of the two another name with AS"
	case pg.Code == "42501" && pg.Routine == rowSecurityCheck:
		problem = "row level security hides rows of " + name + " from the role: whose rows are hidden would count as gone, or be sent without elements"
		hint = `let the role see all rows (ALTER ROLE … BYPASSRLS, or a policy USING (true) and row_security = "apply")`
	case pg.Code == "55P03":
		return &jobs.LockedError{Query: s.query.name, Waited: grab}
	case pg.Code == "55000":
		problem, hint = "a materialized view was never filled "+name, "REFRESH MATERIALIZED VIEW it"
	case pg.Code == "42501":
		problem, hint = "the role may not read "+name, "grant SELECT on it, or EXECUTE where it is a function (see migrations/roles.sql)"
	case strings.HasPrefix(pg.Code, "42"):
		hint = "correct the query in config.toml"
	case isOutage(pg.Code):
		return redact("reading staging ("+s.query.name+")", err)
	}
	return &jobs.StagingError{Query: s.query.name, Problem: problem, Hint: hint}
}
