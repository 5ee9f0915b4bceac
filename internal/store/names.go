package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Called is what an employee is called in one row of staging: the columns of jobs.Source.Display, of which some may be empty.
type Called struct {
	Key   string
	Parts []string
}

const (
	namesWithin = time.Second // of one question for names: nobody waits for them
	// namesLock is how long it waits for a table that somebody is replacing: whoever wants it must not wait for names.
	namesLock = 100 * time.Millisecond
	mostName  = 200 // characters of a column: what is longer is no name
	// spareRows are how many more rows than keys are read: a matricule may stand in several.
	spareRows = 100
)

// Whom is whom a question for names is about.
type Whom struct {
	Params mapping.Params
	Keys   []string // nil = everybody
}

// Names asks what some employees are called at this moment, by one question whatever number of dossiers they are of, and tells it of each
// of asked. Rows come in no order, a matricule may have several or none. Errors are those of Snapshot, and context.DeadlineExceeded where
// it takes too long.
func (s *Staging) Names(ctx context.Context, source jobs.Source, asked ...Whom) (names [][]Called, err error) {
	names = make([][]Called, len(asked))
	err = s.called(ctx, source, asked, func(of int, c Called) bool {
		names[of] = append(names[of], c)
		return true
	})
	return names, err
}

// EachName hears of everybody in staging until it returns false. Errors are those of Names.
func (s *Staging) EachName(ctx context.Context, source jobs.Source, params mapping.Params, each func(Called) bool) error {
	return s.called(ctx, source, []Whom{{Params: params}}, func(_ int, c Called) bool { return each(c) })
}

// called reads names in a transaction of its own, whose limits end with it. each hears of which of asked a row is.
func (s *Staging) called(ctx context.Context, source jobs.Source, asked []Whom, each func(of int, c Called) bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*namesWithin)
	defer cancel()
	conn, pid, err := s.connect(ctx, source)
	if err != nil {
		return err
	}
	whole := false
	defer func() {
		if whole {
			s.putBack(&session{Conn: conn, pid: pid, kind: sessionKindOf(source)})
		} else {
			end(conn)
		}
	}()
	begin := "BEGIN READ ONLY; SET LOCAL statement_timeout = " + strconv.FormatInt(namesWithin.Milliseconds(), 10) +
		"; SET LOCAL lock_timeout = " + strconv.FormatInt(namesLock.Milliseconds(), 10)
	if _, err := conn.Exec(ctx, begin, pgx.QueryExecModeSimpleProtocol); err != nil {
		return redactStaging("reading names", err)
	}
	question := &stream{conn: conn, pid: pid, query: stagingQueries(source)[0]}
	sql, args, err := question.names(source.Display, asked)
	if err != nil {
		return err
	}
	question.sql, question.sent = sql, sql
	answer := conn.PgConn().ExecParams(ctx, sql, args, nil, nil, nil)
	stopped := !readNames(answer, each)
	if stopped {
		return nil // the session ends, and with it what is left of the answer
	}
	if _, err := answer.Close(); err != nil {
		return question.explain(err)
	}
	whole = true
	return nil
}

func readNames(answer *pgconn.ResultReader, each func(of int, c Called) bool) (all bool) {
	for answer.NextRow() {
		row := answer.Values()
		of, err := strconv.Atoi(string(row[0]))
		if err != nil {
			return false // it was our own number
		}
		c := Called{Key: string(row[1])}
		for _, part := range row[2:] {
			c.Parts = append(c.Parts, string(part)) // NULL is empty
		}
		if !each(of, c) {
			return false
		}
	}
	return true
}

// names makes of the configured query, once for each of asked, one of its number, matricules and the columns that they are called by.
func (s *stream) names(columns []string, asked []Whom) (sql string, args [][]byte, err error) {
	key := "m." + pgx.Identifier{s.query.key}.Sanitize() + "::text"
	selected := []string{key}
	for _, column := range columns {
		selected = append(selected, fmt.Sprintf("left(m.%s::text, %d)", pgx.Identifier{column}.Sanitize(), mostName))
	}
	var each []string
	for i, whom := range asked {
		var model string
		if model, args, err = bind(s.query, whom.Params, args); err != nil {
			return "", nil, err
		}
		one := fmt.Sprintf("SELECT %d, %s FROM (\n%s\n) AS m WHERE %s IS NOT NULL", i, strings.Join(selected, ", "), model, key)
		if whom.Keys != nil {
			args = append(args, []byte(textArray(whom.Keys)))
			one += fmt.Sprintf(" AND %s = ANY ($%d::text[]) LIMIT %d", key, len(args), 2*len(whom.Keys)+spareRows)
		}
		each = append(each, "("+one+")")
	}
	return strings.Join(each, " UNION ALL "), args, nil
}
