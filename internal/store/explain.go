package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/jobs"
	"syncd/internal/sqltext"
)

// What Postgres says is told from the fields of its errors, never from their texts: these speak the server's language, and
// quote rows. A name comes from the query's own text, at the place that Postgres names, or from the catalogue.

// Routines of Postgres that raise an error whose SQLSTATE says less.
const (
	rowSecurityCheck = "check_enable_rls"     // 42501: what row_security = off asks for
	openingOfScan    = "ExecOpenScanRelation" // 55000: a materialized view was never filled
	missingInFrom    = "errorMissingRTE"      // 42P01: FROM lacks it
)

// explain names the query, and what is wrong with it or with its rows.
func (s *stream) explain(err error) error {
	doing := "reading staging (" + s.query.name + ")"
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return redactStaging(doing, err)
	}
	switch stagingVerdict(pg.Code) {
	case away:
		if pg.Code == lockNotAvailable {
			return &jobs.LockedError{Query: s.query.name, Waited: grab}
		}
		if isElsewhere(pg) {
			return &UnreachableError{Doing: doing, SQLState: pg.Code, Cause: jobs.CauseElsewhere,
				Problem: "another server, which a foreign table or a function of the query reads, cannot be used just now (SQLSTATE " + pg.Code + ")",
				Hint: "see that this other server runs, and that the database server reaches it; " +
					"or let the import copy what it holds into a table, and read that one"}
		}
		return redactStaging(doing, err)
	case defective:
		return redactStaging(doing, err)
	case mistaken, denied:
	}
	problem, hint, cause := s.mistake(pg)
	return &jobs.StagingError{Query: s.query.name, Problem: problem, Hint: hint, Cause: cause}
}

// isElsewhere tells trouble with another server from that with ours, which ends our session as well.
func isElsewhere(pg *pgconn.PgError) bool {
	gone := strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P")
	return strings.HasPrefix(pg.Code, "HV") || gone && pg.SeverityUnlocalized == "ERROR"
}

// unfit puts into words how a value of a row ends a query: SQLSTATEs of class 22, "data exception".
var unfit = map[string]string{
	"22001": "a text that is too long for its type",
	"22003": "a number out of range",
	"22007": "a date or time that cannot be read",
	"22008": "a date or time out of range",
	"22012": "a division by zero",
	"22021": "an invalid character",
	"22P02": "a text that the type it is converted to cannot hold",
	"22P05": "an invalid character",
}

// mistake puts into words why the same query fails again.
func (s *stream) mistake(pg *pgconn.PgError) (problem, hint string, cause *jobs.Cause) {
	name := s.nameIn(pg)
	switch pg.Code {
	case "42P01":
		if pg.Routine == missingInFrom {
			return "its FROM lacks what is called " + name, "correct the query: name the table in FROM, or its alias where it has one", nil
		}
		return "there is no table " + name, "create it (migrations/staging.sql has the default one) or correct the query",
			naming(jobs.CauseNoTable, "table", name)
	case "42703":
		if s.query.key != "" {
			return "there is no such column " + name, fmt.Sprintf("correct the query, or its key column, which is %q", s.query.key),
				naming(jobs.CauseNoColumn, "column", name)
		}
		return "there is no such column " + name, "correct the query", naming(jobs.CauseNoColumn, "column", name)
	case "42702":
		return "several columns have the name " + name, "write each column's name in the query instead of *, " +
			"and give one of the two another name with AS", naming(jobs.CauseTwoColumns, "column", name)
	case "42883":
		return "there is no function or operator " + name + " for such values",
			"correct the query; a type may have to be written, such as @dossier::text", nil
	case "42601":
		return "it is not SQL" + s.line(pg), "correct the query", jobs.Because(jobs.CauseNotSQL, "query", s.query.name)
	case "42501":
		return s.noRight(pg, name)
	case "25006":
		return writes, writesNot, jobs.Because(jobs.CauseWrites)
	case "53400":
		return "it needs more than a limit of the server allows (SQLSTATE 53400)",
			"raise temp_file_limit for the role, or make the query smaller", nil
	case "55000":
		if pg.Routine == openingOfScan {
			return "a materialized view was never filled " + s.find("c.relkind = 'm' AND NOT c.relispopulated"), "REFRESH MATERIALIZED VIEW it", nil
		}
	}
	return s.mistakeOf(pg.Code)
}

// mistakeOf is mistake where the class alone tells.
func (s *stream) mistakeOf(state string) (problem, hint string, cause *jobs.Cause) {
	what, known := unfit[state]
	switch {
	case state == "22P05" && strings.ContainsFunc(s.sql, func(r rune) bool { return r >= utf8.RuneSelf }):
		return "it holds a character that the database's encoding does not have",
			"write it otherwise (chr and a code of that encoding), or leave it out", nil
	case known, strings.HasPrefix(state, "22"):
		if !known {
			what = "SQLSTATE " + state
		}
		return "a value does not fit (" + what + ")", "run the query of " + s.query.name +
			" in psql to find the row, then correct it in staging or convert it in the query", nil
	case state == "21000":
		return "a query within it answers several rows where one is used", "correct the query, or the row that is there twice", nil
	case strings.HasPrefix(state, "42"), strings.HasPrefix(state, "3F"), strings.HasPrefix(state, "0A"):
		return "Postgres refuses it with SQLSTATE " + state, "correct the query in config.toml", nil
	case strings.HasPrefix(state, "P0"):
		return "a function of it raised an error (SQLSTATE " + state + ")", "ask whoever wrote the function; the server's log has its message",
			nil
	case strings.HasPrefix(state, "HV"):
		return "a foreign table of it does not fit what the other server has (SQLSTATE " + state + ")",
			"correct the options and columns of the foreign table", nil
	}
	return "Postgres refuses it with SQLSTATE " + state, "try the query in psql; the server's log has the details", nil
}

// noRight tells what the role, or the owner of a view, may not read.
func (s *stream) noRight(pg *pgconn.PgError, name string) (problem, hint string, cause *jobs.Cause) {
	if pg.Routine == rowSecurityCheck {
		hidden := s.find("c.relrowsecurity AND row_security_active(c.oid)")
		return "row level security hides rows of " + hidden +
				" from the role: whose rows are hidden would count as gone, or be sent without elements",
			`let the role see all rows (ALTER ROLE … BYPASSRLS, or a policy USING (true) and row_security = "apply")`,
			naming(jobs.CauseRowSecurity, "table", hidden)
	}
	hint = "grant SELECT on it, or EXECUTE where it is a function (see migrations/roles.sql)"
	if name != "" { // of a schema that is closed to the role
		return "the role may not read " + name, "grant USAGE on its schema and SELECT on it (see migrations/roles.sql)",
			naming(jobs.CauseNoRight, "table", name)
	}
	if name = s.find(`NOT has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (` + viewsOver + `)`); name != "" {
		return "the role may not read " + name, hint, naming(jobs.CauseNoRight, "table", name)
	}
	if name = s.find(`EXISTS (` + viewsOver + ` AND NOT has_table_privilege(v.relowner, c.oid, 'SELECT'))`); name != "" {
		return "the owner of a view lacks the right to read " + name,
			"grant SELECT on it to the view's owner: a view reads with its owner's rights", naming(jobs.CauseViewOwner, "table", name)
	}
	if name = s.closedFunction(); name != "" {
		return "the role may not read " + name, hint, naming(jobs.CauseNoRight, "table", name)
	}
	return "the role lacks a right to something that it uses",
		"grant SELECT on the tables and EXECUTE on the functions that it reaches, also within functions (see migrations/roles.sql)",
		jobs.Because(jobs.CauseSomeRight)
}

// naming is a cause that names something; nil where its name, which is given in quotes, is not told.
func naming(code jobs.CauseCode, what, name string) *jobs.Cause {
	if name == "" {
		return nil
	}
	return jobs.Because(code, what, strings.Trim(name, `"`))
}

// viewsOver are the locked views that read a relation with their owner's rights.
const viewsOver = `SELECT FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
	JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
	WHERE v.oid = ANY ($1) AND v.relkind = 'v' AND v.oid <> c.oid AND d.refobjid = c.oid
	  AND NOT coalesce(array_to_string(v.reloptions, ' ') ~* 'security_invoker=(true|on|yes|1)', false)`

// nameIn reads the name in the query, or in a function's, that an error is about, in quotes; "" = it tells no place, or
// something else stands there.
func (s *stream) nameIn(pg *pgconn.PgError) string {
	var name string
	switch {
	case pg.Position > 0:
		if name = sqltext.NameAt(s.sent, int(pg.Position)); name == "m."+s.query.key { // as wrap names it
			name = s.query.key
		}
	case pg.InternalPosition > 0:
		name = sqltext.NameAt(pg.InternalQuery, int(pg.InternalPosition))
	}
	if name == "" || looksPersonal.MatchString(name) {
		return ""
	}
	return `"` + name + `"`
}

// looksPersonal are names that a function may have made of a value.
var looksPersonal = regexp.MustCompile(`[0-9]{6}`)

// line tells where in the configured query an error is.
func (s *stream) line(pg *pgconn.PgError) string {
	if pg.Position == 0 {
		return ""
	}
	before := []rune(s.sent)
	before = before[:min(int(pg.Position)-1, len(before))]
	line := strings.Count(string(before), "\n") + 1
	if s.query.key != "" {
		line-- // what wrap puts in front
	}
	if lines := strings.Count(s.query.sql, "\n") + 1; line < 1 || line > lines {
		return " as a whole: a parenthesis or a quote may be missing, or there is one too many"
	}
	return fmt.Sprintf(" (line %d of it)", line)
}

// find names, in quotes, the first relation that a condition on pg_class c is true of, and whose name is told: of those
// that the query reaches, given as $1, else, as a function can reach any, of all. "" = none.
func (s *stream) find(where string) (name string) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	const first = `SELECT coalesce((SELECT c.oid::regclass::text FROM pg_class c WHERE %s AND %s ORDER BY has_any_column_privilege(c.oid,
		'SELECT'), 1 LIMIT 1), '')`
	const within, users = `c.oid = ANY ($1)`, `$1::oid[] IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid >= 16384`
	reached := s.reached(ctx)
	for _, among := range []string{within, users} {
		if strings.Contains(where, "has_table_privilege") && among == users {
			continue // the role need not read all there is
		}
		if s.conn.QueryRow(ctx, fmt.Sprintf(first, among, where), reached).Scan(&name) == nil && name != "" {
			return `"` + name + `"`
		}
	}
	return ""
}

// reached are the relations that the query names, and those under its views. Whoever has Postgres read a query's text
// locks them, whatever the rights. The session is left in a transaction: it has met an error, and is closed.
func (s *stream) reached(ctx context.Context) []uint32 {
	const again = "ROLLBACK; BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
	if _, err := s.conn.PgConn().Exec(ctx, again).ReadAll(); err != nil {
		return nil
	}
	if _, err := s.conn.PgConn().Prepare(ctx, "", s.sql, nil); err != nil {
		_, _ = s.conn.PgConn().Exec(ctx, again).ReadAll() // the next question tells
		return []uint32{}
	}
	var pid int32
	if s.conn.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid) != nil {
		return []uint32{}
	}
	k := keeper{conn: s.conn}
	relations, err := k.locks(ctx, []int32{pid}, 0)
	if err != nil || relations == nil {
		return []uint32{}
	}
	return relations
}

// closedFunction is one that the query names and the role may not execute.
func (s *stream) closedFunction() (name string) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	var words []string
	for _, t := range sqltext.Tokens(s.sql) {
		switch {
		case t.Kind == sqltext.Word:
			words = append(words, strings.ToLower(t.Text))
		case t.Kind == sqltext.Quoted && strings.HasPrefix(t.Text, `"`):
			words = append(words, strings.Trim(t.Text, `"`))
		}
	}
	const closed = `SELECT coalesce(min(proname), '') FROM pg_proc WHERE proname = ANY ($1) AND NOT has_function_privilege(oid, 'EXECUTE')`
	if s.conn.QueryRow(ctx, closed, words).Scan(&name) != nil || name == "" {
		return ""
	}
	return `"` + name + `"`
}
