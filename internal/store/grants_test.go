package store

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var generated = regexp.MustCompile("(?s)const (\\w+) = `-- name: [^\n]*\n(.*?)`")

// statements are those of the queries, by their names.
func statements(f *fixture) map[string]string {
	f.Helper()
	files, err := filepath.Glob("dbsqlc/*.sql.go")
	f.must(err)
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		f.must(err)
		for _, one := range generated.FindAllStringSubmatch(string(text), -1) {
			all[one[1]] = one[2]
		}
	}
	return all
}

// right is what a role may do with a table, or with one column of it.
type right struct{ what, table, column string }

func (r right) String() string {
	if r.column != "" {
		return r.what + ` ("` + r.column + `") ON syncd.` + r.table
	}
	return r.what + " ON syncd." + r.table
}

// The page has no right that none of its statements needs: its statements are those that its role may execute wholly, and each right,
// taken from it, must forbid one of them. What is read may be named by a function of the ledger or by a text of this package instead.
func TestThePageHasNoRightThatNothingNeeds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	role, _ := f.db.Login(t)
	ctx := t.Context()
	f.must(GrantPage(ctx, f.conn, role))
	exec := func(sql string) error { _, err := f.conn.Exec(ctx, sql); return err }
	f.must(exec(`SET plan_cache_mode = force_generic_plan`))
	explain := explained(ctx, f)
	f.must(exec(`SET ROLE ` + role))
	var mine []string
	for name, sql := range explain {
		if exec(sql) == nil {
			mine = append(mine, name)
		}
	}
	f.must(exec(`RESET ROLE`))
	slices.Sort(mine)
	all := statements(f)
	if len(mine) < 100 || len(mine) == len(all) {
		t.Fatalf("%d statements of %d are the page's", len(mine), len(all))
	}
	elsewhere := functions(ctx, f)
	for _, r := range rightsOf(ctx, f, role) {
		if r.what == "SELECT" && strings.Contains(elsewhere, "."+r.table+" ") {
			continue
		}
		f.must(exec(`BEGIN`))
		f.must(exec(`REVOKE ` + r.String() + ` FROM ` + role))
		f.must(exec(`SET LOCAL ROLE ` + role))
		needed := slices.ContainsFunc(mine, func(name string) bool {
			if !strings.Contains(all[name], "syncd."+r.table) {
				return false
			}
			f.must(exec(`SAVEPOINT one`))
			denied := exec(explain[name]) != nil
			f.must(exec(`ROLLBACK TO one`))
			return denied
		})
		f.must(exec(`ROLLBACK`))
		if !needed {
			t.Errorf("no statement of the page needs %s", r)
		}
	}
}

// functions are the texts in which tables are named beside the queries.
func functions(ctx context.Context, f *fixture) string {
	f.Helper()
	var all string
	f.must(f.conn.QueryRow(ctx, `SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE pronamespace = 'syncd'::regnamespace`).Scan(&all))
	files, err := filepath.Glob("*.go")
	f.must(err)
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			f.must(err)
			all += string(text)
		}
	}
	return all
}

// explained prepares all statements, and returns what asks by which plan they would be executed: who may not execute one is refused.
func explained(ctx context.Context, f *fixture) map[string]string {
	f.Helper()
	all := statements(f)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		_, err := f.conn.Exec(ctx, `PREPARE "`+name+`" AS `+all[name], pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
	}
	rows, err := f.conn.Query(ctx, `SELECT name, coalesce(cardinality(parameter_types), 0) FROM pg_prepared_statements WHERE from_sql`)
	f.must(err)
	explain := map[string]string{}
	var name string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
		given := ""
		if n > 0 {
			given = "(NULL" + strings.Repeat(", NULL", n-1) + ")"
		}
		explain[name] = fmt.Sprintf("EXPLAIN EXECUTE %q%s", name, given)
		return nil
	})
	f.must(err)
	f.must(rows.Err())
	return explain
}

// rightsOf are those that a role has in the ledger, as the database keeps them.
func rightsOf(ctx context.Context, f *fixture, role string) []right {
	f.Helper()
	rows, err := f.conn.Query(ctx, `SELECT x.privilege_type, c.relname, '' FROM pg_class c, aclexplode(c.relacl) x
		WHERE c.relnamespace = 'syncd'::regnamespace AND c.relkind = 'r' AND x.grantee = $1::regrole
		UNION ALL SELECT x.privilege_type, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) x
		WHERE c.relnamespace = 'syncd'::regnamespace AND x.grantee = $1::regrole ORDER BY 2, 1, 3`, role)
	f.must(err)
	var rights []right
	var r right
	_, err = pgx.ForEachRow(rows, []any{&r.what, &r.table, &r.column}, func() error { rights = append(rights, r); return nil })
	f.must(err)
	f.must(rows.Err())
	return rights
}
