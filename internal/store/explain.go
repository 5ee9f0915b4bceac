package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
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
	doing := hinted.Doing("reading staging (" + s.query.name + ")")
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
			return &UnreachableError{Doing: doing, SQLState: pg.Code, Code: "database.away-elsewhere", Cause: jobs.CauseElsewhere}
		}
		return redactStaging(doing, err)
	case defective:
		return redactStaging(doing, err)
	case mistaken, denied:
	}
	what, cause := s.mistake(pg)
	return &jobs.StagingError{Query: s.query.name, What: what, Cause: cause}
}

// isElsewhere tells trouble with another server from that with ours, which ends our session as well.
func isElsewhere(pg *pgconn.PgError) bool {
	gone := strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P")
	return strings.HasPrefix(pg.Code, "HV") || gone && pg.SeverityUnlocalized == "ERROR"
}

// unfit are the SQLSTATEs of class 22, "data exception", that tell how a value of a row ends a query.
var unfit = []string{"22001", "22003", "22007", "22008", "22012", "22021", "22P02", "22P05"}

// mistake tells why the same query fails again.
func (s *stream) mistake(pg *pgconn.PgError) (what hinted.Fact, cause *jobs.Cause) {
	name := s.nameIn(pg)
	switch pg.Code {
	case "42P01":
		if pg.Routine == missingInFrom {
			return hinted.Say("staging.query-from", "name", name), nil
		}
		return hinted.Say("staging.query-table", "name", name), naming(jobs.CauseNoTable, "table", name)
	case "42703":
		if s.query.key != "" {
			return hinted.Say("staging.query-column-or-key", "name", name, "key", strconv.Quote(s.query.key)),
				naming(jobs.CauseNoColumn, "column", name)
		}
		return hinted.Say("staging.query-column", "name", name), naming(jobs.CauseNoColumn, "column", name)
	case "42702":
		return hinted.Say("staging.query-two-columns", "name", name), naming(jobs.CauseTwoColumns, "column", name)
	case "42883":
		return hinted.Say("staging.query-function", "name", name), nil
	case "42601":
		return s.notSQL(pg), jobs.Because(jobs.CauseNotSQL, "query", s.query.name)
	case "42501":
		return s.noRight(pg, name)
	case "25006":
		return hinted.Say("staging.query-writes"), jobs.Because(jobs.CauseWrites)
	case "53400":
		return hinted.Say("staging.query-limit"), nil
	case "55000":
		if pg.Routine == openingOfScan {
			return hinted.Say("staging.query-unfilled", "view", s.find("c.relkind = 'm' AND NOT c.relispopulated")), nil
		}
	}
	return s.mistakeOf(pg.Code), nil
}

// mistakeOf is mistake where the class alone tells.
func (s *stream) mistakeOf(state string) hinted.Fact {
	switch {
	case state == "22P05" && strings.ContainsFunc(s.sql, func(r rune) bool { return r >= utf8.RuneSelf }):
		return hinted.Say("staging.query-encoding")
	case slices.Contains(unfit, state):
		return hinted.Say("staging.query-value", "value", hinted.Say("staging.value-"+state), "query", s.query.name)
	case strings.HasPrefix(state, "22"):
		return hinted.Say("staging.query-value", "value", "SQLSTATE "+state, "query", s.query.name)
	case state == "21000":
		return hinted.Say("staging.query-several")
	case strings.HasPrefix(state, "42"), strings.HasPrefix(state, "3F"), strings.HasPrefix(state, "0A"):
		return hinted.Say("staging.query-refused", "state", state)
	case strings.HasPrefix(state, "P0"):
		return hinted.Say("staging.query-raised", "state", state)
	case strings.HasPrefix(state, "HV"):
		return hinted.Say("staging.query-foreign", "state", state)
	}
	return hinted.Say("staging.query-somehow", "state", state)
}

// noRight tells what the role, or the owner of a view, may not read.
func (s *stream) noRight(pg *pgconn.PgError, name string) (hinted.Fact, *jobs.Cause) {
	if pg.Routine == rowSecurityCheck {
		hidden := s.find("c.relrowsecurity AND row_security_active(c.oid)")
		return hinted.Say("staging.query-rows-hidden", "table", hidden), naming(jobs.CauseRowSecurity, "table", hidden)
	}
	unreadable := func(code string) (hinted.Fact, *jobs.Cause) {
		return hinted.Say(code, "name", name), naming(jobs.CauseNoRight, "table", name)
	}
	if name != "" {
		return unreadable("staging.query-no-schema")
	}
	if name = s.find(`NOT has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (` + viewsOver + `)`); name != "" {
		return unreadable("staging.query-no-right")
	}
	if owned := s.find(`EXISTS (` + viewsOver + ` AND NOT has_table_privilege(v.relowner, c.oid, 'SELECT'))`); owned != "" {
		return hinted.Say("staging.query-view-owner", "name", owned), naming(jobs.CauseViewOwner, "table", owned)
	}
	if name = s.closedFunction(); name != "" {
		return unreadable("staging.query-no-right")
	}
	return hinted.Say("staging.query-some-right"), jobs.Because(jobs.CauseSomeRight)
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
	if name == "" || looksPersonal().MatchString(name) {
		return ""
	}
	return `"` + name + `"`
}

// looksPersonal are names that a function may have made of a value.
var looksPersonal = lazyregexp.New(`[0-9]{6}`)

// notSQL tells where in the configured query Postgres stopped understanding it.
func (s *stream) notSQL(pg *pgconn.PgError) hinted.Fact {
	if pg.Position == 0 {
		return hinted.Say("staging.query-not-sql")
	}
	before := []rune(s.sent)
	before = before[:min(int(pg.Position)-1, len(before))]
	line := strings.Count(string(before), "\n") + 1
	if s.query.key != "" {
		line-- // what wrap puts in front
	}
	if lines := strings.Count(s.query.sql, "\n") + 1; line < 1 || line > lines {
		return hinted.Say("staging.query-not-sql-whole")
	}
	return hinted.Say("staging.query-not-sql-line", "line", line)
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
