package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// keeper is the session that keeps staging's tables as they are while a plan is made: in a transaction that was open
// before the snapshot was taken, it has the locks of all that the queries reach. It reads no row.
type keeper struct {
	conn *pgx.Conn
	pid  int32
}

// keeper opens that session and its transaction, in which each statement sees what has been committed by then.
func (s *Staging) keeper(ctx context.Context, source jobs.Source) (*keeper, error) {
	conn, pid, err := s.connect(ctx, source)
	if err != nil {
		return nil, err
	}
	k := &keeper{conn: conn, pid: pid}
	if _, err := conn.Exec(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"); err != nil {
		end(conn)
		return nil, redactStaging("opening a snapshot of staging", err)
	}
	return k, nil
}

// lock has Postgres plan each query, which locks the tables, views and partitions that it reaches, and checks the rights
// to read them. Whoever replaces one of them is waited for. other is an idle session that can look on.
func (k *keeper) lock(ctx context.Context, other *pgx.Conn, source jobs.Source, params mapping.Params, keys []string) error {
	return watch(ctx, other, []int32{k.pid}, func() error {
		if source.Ready != "" {
			if err := k.explain(ctx, readyQuery(source.Ready),
				func(s *stream) (string, [][]byte, error) { return bind(s.query, params, nil) }); err != nil {
				return err
			}
		}
		for _, query := range stagingQueries(source) {
			if err := k.explain(ctx, query, func(s *stream) (string, [][]byte, error) { return s.wrap(params, keys) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *keeper) explain(ctx context.Context, query stagingQuery, write func(*stream) (string, [][]byte, error)) error {
	planned := &stream{conn: k.conn, query: query}
	sql, args, err := write(planned)
	if err != nil {
		return err
	}
	planned.sql, planned.sent = sql, "EXPLAIN "+sql
	answer := k.conn.PgConn().ExecParams(ctx, planned.sent, args, nil, nil, nil).Read()
	return planned.explain(answer.Err)
}

// export takes the snapshot that the readers share.
func (k *keeper) export(ctx context.Context) (id string, err error) {
	err = k.conn.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&id)
	return id, redactStaging("opening a snapshot of staging", err)
}

// locks lists the tables, views and partitions that sessions have locked, but those of one other, which has locked them since
// before the snapshot was taken; 0 = of none.
func (k *keeper) locks(ctx context.Context, pids []int32, but int32) ([]uint32, error) {
	const firstOfUsers = 16384 // what initdb makes has lower numbers
	rows, err := k.conn.Query(ctx, `SELECT l.relation FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
		WHERE l.locktype = 'relation' AND l.granted AND l.pid = ANY ($1::integer[] || $2::integer) AND l.relation >= $3
		AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		GROUP BY l.relation HAVING bool_and(l.pid <> $2)`, pids, but, firstOfUsers)
	if err != nil {
		return nil, redactStaging("looking at staging's locks", err)
	}
	relations, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	return relations, redactStaging("looking at staging's locks", err)
}

// prove fails with a *jobs.ReplacedError when the readers reached a table that was made, replaced, renamed, attached or
// redefined after the snapshot was taken: the keeper's locks prevent that for what a query names, not for what only shows
// while functions are executed. The readers' own locks, which they keep to the end, tell what they reached; the catalogue
// as of the snapshot, and as of now, whether it is still the same. reader must have read everything.
func (k *keeper) prove(ctx context.Context, reader *pgx.Conn, pids []int32) error {
	reached, err := k.locks(ctx, pids, k.pid)
	if err != nil || len(reached) == 0 {
		return err
	}
	then, err := definitions(ctx, reader, reached)
	if err != nil {
		return err
	}
	now, err := definitions(ctx, k.conn, reached)
	if err != nil {
		return err
	}
	for _, relation := range reached {
		if then[relation].Version != now[relation].Version {
			return &jobs.ReplacedError{Table: now[relation].Name}
		}
	}
	return nil
}

type definition struct {
	Relation      uint32
	Name, Version string
}

// definitions are the catalogue's rows about relations, as the session's snapshot has them. TRUNCATE, REFRESH and ALTER
// TABLE give a table other files, and so a new row; a partition or child that comes or goes has a row of its own. Schemas
// that change names lock none of their tables.
func definitions(ctx context.Context, conn *pgx.Conn, relations []uint32) (map[uint32]definition, error) {
	rows, err := conn.Query(ctx, `SELECT c.oid, c.oid::regclass::text, concat_ws(' ', c.xmin, c.relfilenode,
			(SELECT n.nspname FROM pg_namespace n WHERE n.oid = c.relnamespace),
			(SELECT string_agg(concat(i.inhrelid, '<', i.inhparent, '@', i.xmin), ' ' ORDER BY i.inhrelid, i.inhparent)
			 FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)),
			(SELECT string_agg(concat(r.oid, '@', r.xmin), ' ' ORDER BY r.oid) FROM pg_rewrite r WHERE r.ev_class = c.oid))
		FROM pg_class c WHERE c.oid = ANY ($1)`, relations)
	if err != nil {
		return nil, redactStaging("looking at staging's tables", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[definition])
	found := map[uint32]definition{}
	for _, d := range list {
		found[d.Relation] = d
	}
	return found, redactStaging("looking at staging's tables", err)
}

// inform completes columns by what the catalogue says of types that are not built in.
func (k *keeper) inform(ctx context.Context, lists [][]mapping.Column) error {
	var unknown []uint32
	for _, columns := range lists {
		for _, column := range columns {
			if !mapping.IsBuiltIn(column.Type) {
				unknown = append(unknown, column.Type)
			}
		}
	}
	if unknown == nil {
		return nil
	}
	rows, err := k.conn.Query(ctx, `SELECT oid, format_type(oid, NULL), typtype::text, typcategory::text FROM pg_type WHERE oid = ANY ($1)`,
		unknown)
	if err != nil {
		return redactStaging("looking up the types of staging's columns", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		OID                  uint32
		Name, Kind, Category string
	}])
	types := map[uint32]mapping.TypeInfo{}
	for _, t := range list {
		types[t.OID] = mapping.TypeInfo{Name: t.Name, Kind: t.Kind[0], Category: t.Category[0]}
	}
	for _, columns := range lists {
		for i := range columns {
			columns[i].Info = types[columns[i].Type]
		}
	}
	return redactStaging("looking up the types of staging's columns", err)
}

// blockedError says that a lock was not to be had at once.
type blockedError struct {
	*jobs.LockedError
	relation uint32 // 0 = it was gone before it was seen
	table    string
}

// glance is how often somebody looks what is waited for.
const glance = grab / 8

// watch does what takes locks in the sessions of pids, and sees from another session what they wait for: Postgres itself
// does not tell whoever gives up.
func watch(ctx context.Context, other *pgx.Conn, pids []int32, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	look := time.NewTicker(glance)
	defer look.Stop()
	seen := blockedError{}
	for {
		select {
		case err := <-done:
			if errors.As(err, &seen.LockedError) {
				return &seen
			}
			return err
		case <-look.C:
			const awaited = `SELECT relation, relation::regclass::text FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND pid = ANY ($1)`
			_ = other.QueryRow(ctx, awaited, pids).Scan(&seen.relation, &seen.table) // most often there is none
		}
	}
}

func (k *keeper) watch(ctx context.Context, pids []int32, work func() error) error {
	return watch(ctx, k.conn, pids, work)
}
