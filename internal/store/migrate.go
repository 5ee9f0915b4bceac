package store

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"syncd/migrations"
)

// goose makes its version table before the first migration, so the schema must exist before both. CREATE SCHEMA IF NOT
// EXISTS asks for a right that the role of roles.sql, which owns the schema already, does not have.
const ensureSchema = `DO $$ BEGIN
	IF to_regnamespace('syncd') IS NULL THEN CREATE SCHEMA syncd; END IF;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN NULL;
END $$`

// Migrate brings the ledger to this program's version, under a session lock: any number of processes may call it at
// once. It returns the versions before and after; 0 = there was no ledger.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	config, err := connConfig(url)
	if err != nil {
		return 0, 0, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, 0, redact("connecting to the ledger", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to do with it
	if from, err = ledgerVersion(ctx, conn); err != nil {
		return 0, 0, err
	}
	if want := programVersion(); from > want {
		return from, from, &MigrationError{Have: from, Want: want}
	}
	if _, err := conn.Exec(ctx, ensureSchema); err != nil {
		return from, from, redact("creating the schema syncd", err)
	}
	if err := up(ctx, config, "syncd", migrations.Ledger); err != nil {
		return from, from, redact("migrating the ledger", err)
	}
	if err := migrateInbox(ctx, conn); err != nil {
		return from, from, redact("migrating the inbox", err)
	}
	if err := GrantPage(ctx, conn, PageRole); err != nil {
		return from, from, err
	}
	to, err = ledgerVersion(ctx, conn)
	return from, to, err
}

// PageRole is the role as which the operators' page comes. Where there is none there is no page, or it comes as another one.
const PageRole = "syncd_web"

// GrantPage gives a role, where it exists, the rights that the operators' page needs in the ledger, and takes all others from it.
func GrantPage(ctx context.Context, conn *pgx.Conn, role string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('syncd.page_role', $1, true)`, role); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, migrations.Page)
		return err
	})
	return redact("granting the page its rights", err)
}

// migrateInbox brings the schema inbox to this program's version, where it is ours or may be made. Where it is not, runs that
// read records tell: nothing else needs it.
func migrateInbox(ctx context.Context, conn *pgx.Conn) error {
	const mine = `SELECT CASE WHEN to_regnamespace('inbox') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
		ELSE has_schema_privilege('inbox', 'CREATE') END`
	var may bool
	if err := conn.QueryRow(ctx, mine).Scan(&may); err != nil || !may {
		return err
	}
	if have, err := versionOf(ctx, conn, "inbox"); err != nil || have >= newest(inboxMigrations()) {
		return err
	}
	if _, err := conn.Exec(ctx, strings.ReplaceAll(ensureSchema, "syncd", "inbox")); err != nil {
		return err
	}
	return up(ctx, conn.Config(), "inbox", inboxMigrations())
}

// inboxMigrations are those of the schema inbox.
func inboxMigrations() fs.FS {
	folder, err := fs.Sub(migrations.Inbox, "inbox")
	if err != nil {
		panic("store: no migrations of the inbox are embedded")
	}
	return folder
}

// up brings one of the schemas to its newest version.
func up(ctx context.Context, config *pgx.ConnConfig, schema string, of fs.FS) error {
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // nothing is left to do with it
	const trySeconds, tries = 1, 120
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(trySeconds, tries))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, of,
		goose.WithTableName(schema+".goose_db_version"), goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// querier is a connection or a pool.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ledgerVersion is the newest migration that the database has; 0 = none.
func ledgerVersion(ctx context.Context, db querier) (int64, error) {
	return versionOf(ctx, db, "syncd")
}

// versionOf is the newest migration that one of the schemas has; 0 = none.
func versionOf(ctx context.Context, db querier, schema string) (version int64, err error) {
	var exists bool
	if err := db.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, schema+".goose_db_version").Scan(&exists); err != nil {
		return 0, redact("reading the ledger's version", err)
	}
	if !exists {
		return 0, nil
	}
	applied := `SELECT coalesce(max(version_id), 0) FROM ` + schema + `.goose_db_version WHERE is_applied`
	if err := db.QueryRow(ctx, applied).Scan(&version); err != nil {
		return 0, redact("reading the ledger's version", err)
	}
	return version, nil
}

// programVersion is the newest migration that this program has.
func programVersion() int64 { return newest(migrations.Ledger) }

func newest(of fs.FS) (version int64) {
	names, err := fs.Glob(of, "*.sql")
	if err != nil || len(names) == 0 {
		panic("store: no migrations are embedded")
	}
	if _, err := fmt.Sscanf(names[len(names)-1], "%d_", &version); err != nil {
		panic("store: a migration's name does not begin with its number")
	}
	return version
}

// checkMigrations fails with a *MigrationError when the ledger's version is not this program's.
func checkMigrations(ctx context.Context, db querier) error {
	have, err := ledgerVersion(ctx, db)
	if err != nil {
		return err
	}
	if want := programVersion(); have != want {
		return &MigrationError{Have: have, Want: want}
	}
	return nil
}
