package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
)

// Import replaces months of the default tables of staging, in one transaction: whoever reads meanwhile, and whatever ends it before
// its end, the old months are there as a whole. Close it.
type Import struct {
	Role string // as whom it is connected

	conn *pgx.Conn
	tx   pgx.Tx
}

// ImportError is an import that cannot be: as this role, into these tables, or not now.
type ImportError struct {
	What   hinted.Fact
	Locked bool // somebody else replaces the tables
}

func (e *ImportError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *ImportError) Fact() hinted.Fact { return e.What }

func noImport(code string, namesAndValues ...any) error {
	return &ImportError{What: hinted.Say(code, namesAndValues...)}
}

// inImport are the settings of an import: those of staging, but that it writes, and that no policy may hide rows of it.
func inImport(s setting) string {
	switch s.name {
	case "default_transaction_read_only", "lock_timeout":
		return ""
	case "search_path", "row_security", "idle_in_transaction_session_timeout", "session_replication_role":
		return s.ledger
	}
	return s.staging
}

// The default tables, and where an import gathers what they are to hold.
const (
	ImportEmployees = "employee"
	ImportElements  = "payroll_element"
)

// BeginImport connects, and refuses a role that may do more than fill staging: who owns or writes the ledger, and a superuser
// unless superuser lets one. columns are those of each default table, of which none may be missing and none more.
func BeginImport(ctx context.Context, url string, superuser bool, columns map[string][]string) (*Import, error) {
	config, err := sessionConfig(url, inImport)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = "syncd staging load"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, redactStaging("connecting to staging", err)
	}
	i := &Import{conn: conn}
	if err := i.begin(ctx, superuser, columns); err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

func (i *Import) begin(ctx context.Context, superuser bool, columns map[string][]string) error {
	if err := i.checkRole(ctx, superuser); err != nil {
		return err
	}
	var err error
	if i.tx, err = i.conn.Begin(ctx); err != nil {
		return redactStaging("beginning the import", err)
	}
	for _, table := range []string{ImportEmployees, ImportElements} {
		if err := i.checkTable(ctx, table, columns[table]); err != nil {
			return err
		}
		gather := "CREATE TEMP TABLE loaded_" + table + " (LIKE staging." + table + ", loaded_line integer NOT NULL) ON COMMIT DROP"
		if _, err := i.tx.Exec(ctx, gather); err != nil {
			return redactStaging("preparing the import", err)
		}
	}
	return nil
}

// Close ends the connection; what was not committed is gone.
func (i *Import) Close() { end(i.conn) }

const rolesQuery = `
SELECT current_user::text, r.rolsuper OR c.rolsuper,
    EXISTS (SELECT FROM pg_namespace n WHERE n.nspname IN ('syncd', 'inbox')
        AND (pg_has_role(c.oid, n.nspowner, 'MEMBER') OR pg_has_role(r.oid, n.nspowner, 'MEMBER')))
    OR EXISTS (SELECT FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE n.nspname IN ('syncd', 'inbox') AND t.relkind IN ('r', 'p')
        AND (pg_has_role(c.oid, t.relowner, 'MEMBER') OR has_table_privilege(c.oid, t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
             OR has_table_privilege(r.oid, t.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')))
FROM pg_roles c, pg_roles r WHERE c.rolname = current_user AND r.rolname = session_user`

// checkRole refuses a role that could harm more than staging.
func (i *Import) checkRole(ctx context.Context, superuser bool) error {
	var super, ledger bool
	if err := i.conn.QueryRow(ctx, rolesQuery).Scan(&i.Role, &super, &ledger); err != nil {
		return redactStaging("looking at the role of the import", err)
	}
	switch {
	case super && !superuser:
		return noImport("load.superuser", "role", i.Role)
	case ledger && !super:
		return noImport("load.service", "role", i.Role)
	}
	return nil
}

const tableQuery = `
SELECT array_agg(a.attname::text ORDER BY a.attname),
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
    AND has_table_privilege(c.oid, 'DELETE') AND has_database_privilege(current_database(), 'TEMPORARY')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'staging' AND c.relname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.oid, n.oid`

// checkTable refuses another table than the default one, and one that the role may not fill.
func (i *Import) checkTable(ctx context.Context, table string, columns []string) error {
	var names []string
	var may bool
	err := i.tx.QueryRow(ctx, tableQuery, table).Scan(&names, &may)
	switch name := "staging." + table; {
	case isNoRows(err):
		return noImport("load.no-table", "table", name)
	case err != nil:
		return redactStaging("looking at the tables of staging", err)
	case len(differ(columns, names)) > 0:
		return noImport("load.other-table", "table", name, "columns", strings.Join(differ(columns, names), ", "))
	case !may:
		return noImport("load.no-right", "role", i.Role, "table", name)
	}
	return nil
}

// differ are the names that only one of two lists has.
func differ(a, b []string) (names []string) {
	count := map[string]int{}
	for _, name := range append(a[:len(a):len(a)], b...) {
		count[name]++
	}
	for _, name := range append(a[:len(a):len(a)], b...) {
		if count[name] == 1 {
			names = append(names, name)
		}
	}
	return names
}

// Copy gathers rows that write writes in the text format of Postgres: the columns, and the line of the file.
func (i *Import) Copy(ctx context.Context, table string, columns []string, write func(io.Writer) error) error {
	from, to := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := write(to)
		_ = to.CloseWithError(err) // it never fails
		written <- err
	}()
	statement := fmt.Sprintf("COPY pg_temp.loaded_%s (%s, loaded_line) FROM STDIN", table, strings.Join(columns, ", "))
	_, err := i.conn.PgConn().CopyFrom(ctx, from, statement)
	_ = from.CloseWithError(errCopyEnded) // whoever still writes is not left waiting
	if failed := <-written; failed != nil && !errors.Is(failed, errCopyEnded) {
		return failed
	}
	return redactStaging("gathering the rows of the import", err)
}

var errCopyEnded = errors.New("the database takes no more rows")

// ImportFault is a row that does not fit the others, or what staging holds.
type ImportFault struct {
	Code    string // of the words
	Table   string // whose file has it
	Line    int    // 0 = of no line
	Key     string // its matricule, or the dossier where it is of no line
	Other   string // another matricule or line, by Code
	Further int    // how many more there are of its kind
}

// importChecks answer line, key, other and how many there are.
var importChecks = []struct{ code, table, sql string }{
	{"load.twice-there", ImportEmployees, `
		SELECT loaded_line, matricule, first::text, count(*) OVER () FROM (
			SELECT loaded_line, matricule, min(loaded_line) OVER (PARTITION BY dossier, matricule) AS first FROM pg_temp.loaded_employee) AS e
		WHERE loaded_line > first ORDER BY loaded_line LIMIT 20`},
	{"load.lost-zeros", ImportEmployees, `
		SELECT n.loaded_line, n.matricule, min(o.matricule), count(*) OVER () FROM pg_temp.loaded_employee AS n
		JOIN staging.employee AS o ON o.dossier = n.dossier AND ltrim(o.matricule, '0') = n.matricule AND o.matricule <> n.matricule
		WHERE n.matricule ~ '^[1-9][0-9]*$'
		  AND NOT EXISTS (SELECT FROM staging.employee AS s WHERE s.dossier = n.dossier AND s.matricule = n.matricule)
		GROUP BY n.loaded_line, n.matricule ORDER BY n.loaded_line LIMIT 20`},
	{"load.nobody", ImportElements, `
		SELECT e.loaded_line, e.matricule, '', count(*) OVER () FROM pg_temp.loaded_payroll_element AS e
		WHERE NOT EXISTS (SELECT FROM pg_temp.loaded_employee AS n WHERE n.dossier = e.dossier AND n.matricule = e.matricule)
		ORDER BY e.loaded_line LIMIT 20`},
}

const idleDossiers = `
	SELECT 0, n.dossier, '', count(*) OVER () FROM (SELECT DISTINCT dossier FROM pg_temp.loaded_employee) AS n
	WHERE NOT EXISTS (SELECT FROM pg_temp.loaded_payroll_element AS e WHERE e.dossier = n.dossier) ORDER BY n.dossier LIMIT 20`

// Faults compares what was gathered with itself and with staging. withoutElements = dossiers may have none.
func (i *Import) Faults(ctx context.Context, withoutElements bool) (all []ImportFault, err error) {
	if _, err := i.tx.Exec(ctx, "ANALYZE pg_temp.loaded_employee, pg_temp.loaded_payroll_element"); err != nil {
		return nil, redactStaging("checking the rows of the import", err)
	}
	checks := importChecks
	if !withoutElements {
		checks = append(checks[:len(checks):len(checks)], struct{ code, table, sql string }{"load.no-element", ImportElements, idleDossiers})
	}
	for _, check := range checks {
		rows, err := i.tx.Query(ctx, check.sql)
		if err != nil {
			return nil, redactStaging("checking the rows of the import", err)
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ImportFault, error) {
			f := ImportFault{Code: check.code, Table: check.table}
			err := row.Scan(&f.Line, &f.Key, &f.Other, &f.Further)
			return f, err
		})
		if err != nil {
			return nil, redactStaging("checking the rows of the import", err)
		}
		for n := range found { // the last one tells of those behind it
			found[n].Further = max(0, found[n].Further-len(found)) * ((n + 1) / len(found))
		}
		all = append(all, found...)
	}
	return all, nil
}

// Lock lets one import at a time replace the tables, and everybody read them. It waits so long for another one; waits hears that it
// does. An error is then an *ImportError.
func (i *Import) Lock(ctx context.Context, wait time.Duration, waits func()) error {
	for _, patience := range []time.Duration{min(grab, wait), wait} {
		err := pgx.BeginFunc(ctx, i.tx, func(attempt pgx.Tx) error {
			if _, err := attempt.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", patience.Milliseconds())); err != nil {
				return err
			}
			_, err := attempt.Exec(ctx, "LOCK TABLE staging.employee, staging.payroll_element IN SHARE ROW EXCLUSIVE MODE")
			return err
		})
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "55P03" { // lock_not_available
			return redactStaging("locking the tables of staging", err)
		}
		if patience < wait {
			waits()
		}
	}
	return &ImportError{What: hinted.Say("load.locked", "waited", wait), Locked: true}
}

// ImportedMonth is what an import makes of the elements of a dossier and month.
type ImportedMonth struct {
	Period string `json:"period"`
	Before int    `json:"before"` // elements that staging has
	Now    int    `json:"now"`    // that the file has
	New    int    `json:"new"`    // of them, those that staging does not have
	Gone   int    `json:"gone"`   // of staging's, those that the file does not have
}

// ImportedDossier is what an import makes of a dossier.
type ImportedDossier struct {
	Dossier string          `json:"dossier"`
	Before  int             `json:"before"` // employees that staging has
	Now     int             `json:"now"`
	New     int             `json:"new"`
	Gone    int             `json:"gone"`
	Changed int             `json:"changed"`
	Months  []ImportedMonth `json:"months"`
}

// Same reports whether staging has all of it already.
func (d *ImportedDossier) Same() bool {
	for _, m := range d.Months {
		if m.New+m.Gone > 0 {
			return false
		}
	}
	return d.New+d.Gone+d.Changed == 0
}

const employeesCompared = `
SELECT dossier, count(o.matricule), count(n.matricule),
       count(*) FILTER (WHERE o.matricule IS NULL), count(*) FILTER (WHERE n.matricule IS NULL),
       count(*) FILTER (WHERE o.matricule IS NOT NULL AND n.matricule IS NOT NULL AND o.person IS DISTINCT FROM n.person)
FROM (SELECT dossier, matricule, ROW(%[1]s) AS person FROM pg_temp.loaded_employee) AS n
FULL JOIN (SELECT dossier, matricule, ROW(%[1]s) AS person FROM staging.employee
           WHERE dossier IN (SELECT dossier FROM pg_temp.loaded_employee)) AS o USING (dossier, matricule)
GROUP BY dossier ORDER BY dossier`

const elementsCompared = `
SELECT dossier, period, sum(before), sum(now), sum(greatest(now - before, 0)), sum(greatest(before - now, 0)) FROM (
    SELECT dossier, period, count(*) FILTER (WHERE old) AS before, count(*) FILTER (WHERE NOT old) AS now FROM (
        SELECT dossier, period, matricule, code, quantity, amount, true AS old
        FROM staging.payroll_element JOIN pg_temp.loaded_month USING (dossier, period)
        UNION ALL
        SELECT dossier, period, matricule, code, quantity, amount, false FROM pg_temp.loaded_payroll_element) AS e
    GROUP BY dossier, period, matricule, code, quantity, amount) AS g
GROUP BY dossier, period ORDER BY dossier, period`

// Changes compares what was gathered with staging: the dossiers of the employees, and the months of the elements; where some may
// have none, of each dossier also the month of this period; "" = none.
func (i *Import) Changes(ctx context.Context, columns []string, period string) ([]ImportedDossier, error) {
	const months = `CREATE TEMP TABLE loaded_month ON COMMIT DROP AS SELECT DISTINCT dossier, period FROM pg_temp.loaded_payroll_element`
	const others = `INSERT INTO pg_temp.loaded_month SELECT DISTINCT dossier, $1::text FROM pg_temp.loaded_employee
		EXCEPT SELECT dossier, period FROM pg_temp.loaded_month`
	_, err := i.tx.Exec(ctx, months)
	if err == nil && period != "" {
		_, err = i.tx.Exec(ctx, others, period)
	}
	if err != nil {
		return nil, redactStaging("comparing the import with staging", err)
	}
	rows, err := i.tx.Query(ctx, fmt.Sprintf(employeesCompared, strings.Join(columns, ", ")))
	if err != nil {
		return nil, redactStaging("comparing the import with staging", err)
	}
	dossiers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d ImportedDossier, err error) {
		d.Months = []ImportedMonth{}
		err = row.Scan(&d.Dossier, &d.Before, &d.Now, &d.New, &d.Gone, &d.Changed)
		return d, err
	})
	if err != nil {
		return nil, redactStaging("comparing the import with staging", err)
	}
	return dossiers, i.compareElements(ctx, dossiers)
}

func (i *Import) compareElements(ctx context.Context, dossiers []ImportedDossier) error {
	rows, err := i.tx.Query(ctx, elementsCompared) //nolint:rowserrcheck // ForEachRow does
	if err != nil {
		return redactStaging("comparing the import with staging", err)
	}
	var dossier string
	var m ImportedMonth
	_, err = pgx.ForEachRow(rows, []any{&dossier, &m.Period, &m.Before, &m.Now, &m.New, &m.Gone}, func() error {
		for n := range dossiers {
			if dossiers[n].Dossier == dossier {
				dossiers[n].Months = append(dossiers[n].Months, m)
			}
		}
		return nil
	})
	return redactStaging("comparing the import with staging", err)
}

const commitTime = 30 * time.Second

// Replace puts what was gathered in the place of what staging holds of these dossiers and months, and commits. Call Lock and Changes
// before.
func (i *Import) Replace(ctx context.Context, employees, elements []string) error {
	for _, statement := range []string{
		"DELETE FROM staging.employee WHERE dossier IN (SELECT dossier FROM pg_temp.loaded_employee)",
		fmt.Sprintf("INSERT INTO staging.employee (%[1]s) SELECT %[1]s FROM pg_temp.loaded_employee", strings.Join(employees, ", ")),
		"DELETE FROM staging.payroll_element WHERE (dossier, period) IN (SELECT dossier, period FROM pg_temp.loaded_month)",
		fmt.Sprintf("INSERT INTO staging.payroll_element (%[1]s) SELECT %[1]s FROM pg_temp.loaded_payroll_element", strings.Join(elements, ", ")),
	} {
		if _, err := i.tx.Exec(ctx, statement); err != nil {
			return redactStaging("replacing the months in staging", err)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime) // who stops it now is told how it ended
	defer cancel()
	err := i.tx.Commit(ctx)
	var pg *pgconn.PgError
	if err != nil && !errors.As(err, &pg) && !errors.Is(err, pgx.ErrTxCommitRollback) { // the answer was lost, and perhaps that alone
		return &ImportError{What: hinted.Say("load.unknown-end"), Locked: true}
	}
	return redactStaging("replacing the months in staging", err)
}
