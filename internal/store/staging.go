package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Staging reads the association's tables. It implements jobs.Staging.
type Staging struct {
	URL string
	// Waits hears, once for each plan or description, that it waits for a table; "" = one whose name is not known. nil =
	// nobody wants to know.
	Waits   func(table string, limit time.Duration)
	Longest time.Duration // that a statement may take; 0 = as its context says
	Page    string        // the role of the operators' page, whose rights a description tells of; "" = there is no page

	idle idleSessions
}

var _ jobs.Staging = (*Staging)(nil)

// snapshot is one exported snapshot, read through one connection per query. Values come in Postgres's text format, as
// bytes of the connection's buffer: measured, this is what lets planning keep pace with the server.
type snapshot struct {
	staging *Staging
	kind    sessionKind
	keeper  *keeper
	streams []*stream // employees first, then the children
	whole   bool      // all rows were read
}

// Snapshot implements jobs.Staging.
func (s *Staging) Snapshot(ctx context.Context, source jobs.Source, params mapping.Params, keys []string) (jobs.Snapshot, error) {
	var snap *snapshot
	err := s.whenFree(ctx, source, func() error {
		snap = &snapshot{staging: s, kind: sessionKindOf(source)}
		err := snap.open(ctx, s, source, params, keys)
		if err != nil {
			snap.Close()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return snap, nil
}

// open locks first and takes the snapshot second: who replaces a table that is read has committed by then, or waits until
// the plan is made.
func (s *snapshot) open(ctx context.Context, staging *Staging, source jobs.Source, params mapping.Params, keys []string) error {
	var err error
	if s.keeper, err = staging.keeper(ctx, source); err != nil {
		return err
	}
	for _, query := range stagingQueries(source) {
		conn, pid, err := staging.connect(ctx, source)
		if err != nil {
			return err
		}
		s.streams = append(s.streams, &stream{conn: conn, pid: pid, query: query})
	}
	if err := s.keeper.lock(ctx, s.streams[0].conn, source, params, keys); err != nil {
		return err
	}
	id, err := s.keeper.export(ctx)
	if err != nil {
		return err
	}
	for _, reader := range s.streams {
		// The id is Postgres's own: hexadecimal digits and dashes.
		const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '"
		if _, err := reader.conn.Exec(ctx, begin+id+"'", pgx.QueryExecModeSimpleProtocol); err != nil {
			return redactStaging("opening a snapshot of staging", err)
		}
	}
	if err := s.keeper.watch(ctx, s.pids(), func() error { return s.begin(ctx, source, params, keys) }); err != nil {
		return err
	}
	return s.keeper.inform(ctx, s.columns())
}

// begin asks whether staging is ready and, if it is, sends all queries.
func (s *snapshot) begin(ctx context.Context, source jobs.Source, params mapping.Params, keys []string) error {
	if source.Ready != "" {
		if err := askReady(ctx, s.streams[0].conn, source.Ready, params); err != nil {
			return err
		}
	}
	return s.start(ctx, params, keys)
}

// start sends all queries at once, so that the server sorts for one while it sorts for another.
func (s *snapshot) start(ctx context.Context, params mapping.Params, keys []string) error {
	errs := make([]error, len(s.streams))
	var starting sync.WaitGroup
	for i, stream := range s.streams {
		starting.Go(func() { errs[i] = stream.start(ctx, params, keys) })
	}
	starting.Wait()
	for _, err := range errs {
		if err != nil {
			return err // the first query's, so that the same mistake always reads the same
		}
	}
	return nil
}

func (s *snapshot) columns() [][]mapping.Column {
	lists := make([][]mapping.Column, len(s.streams))
	for i, stream := range s.streams {
		lists[i] = stream.columns
	}
	return lists
}

func (s *snapshot) pids() []int32 {
	pids := make([]int32, len(s.streams))
	for i, stream := range s.streams {
		pids[i] = stream.pid
	}
	return pids
}

func (s *snapshot) Shape() mapping.Shape { return shapeOf(s.columns()) }

// shapeOf takes the columns of the employees first, then those of the children.
func shapeOf(lists [][]mapping.Column) mapping.Shape {
	return mapping.Shape{Employee: lists[0], Children: lists[1:]}
}

func (s *snapshot) Employees() jobs.Rows         { return s.streams[0] }
func (s *snapshot) Children(group int) jobs.Rows { return s.streams[group+1] }

// Unmoved implements jobs.Snapshot.
func (s *snapshot) Unmoved(ctx context.Context) error {
	for _, stream := range s.streams {
		if err := stream.Err(); err != nil {
			return err
		}
	}
	err := s.keeper.prove(ctx, s.streams[0].conn, s.pids())
	s.whole = err == nil
	return err
}

// Close ends the transactions, of which there is nothing to keep. Where rows may be unread the connections end with them, and
// a query that is still executed ends at the server as well.
func (s *snapshot) Close() {
	var ending sync.WaitGroup
	for _, stream := range s.streams {
		ending.Go(func() { s.give(stream.conn, stream.pid) })
	}
	if s.keeper != nil {
		s.give(s.keeper.conn, s.keeper.pid)
	}
	ending.Wait()
	s.streams, s.keeper = nil, nil
}

func (s *snapshot) give(conn *pgx.Conn, pid int32) {
	if s.whole {
		s.staging.putBack(&session{Conn: conn, pid: pid, kind: s.kind})
		return
	}
	end(conn)
}

// whenFree does what needs staging's tables, again and again while somebody is about to replace one of them, until
// source.LockWait has passed. An error is then a *jobs.LockedError.
func (s *Staging) whenFree(ctx context.Context, source jobs.Source, work func() error) error {
	limit := source.LockWait
	if limit == 0 {
		limit = jobs.LockWait
	}
	var deadline time.Time
	for {
		err := work()
		var blocked *blockedError
		if !errors.As(err, &blocked) {
			return err
		}
		if deadline.IsZero() {
			deadline = time.Now().Add(limit)
			if s.Waits != nil {
				s.Waits(blocked.table, limit)
			}
		}
		if err := s.awaitFree(ctx, source, blocked.relation, deadline); err != nil {
			return err
		}
		if !time.Now().Before(deadline) {
			return &jobs.LockedError{Table: blocked.table, Query: blocked.Query, Waited: limit}
		}
	}
}

const (
	firstLook = 20 * time.Millisecond
	mostLook  = time.Second
)

// awaitFree looks, until the deadline, whether anybody still keeps or wants the relation for themselves. It takes no lock
// on it, so that no import can ever come to a deadlock with a run.
func (s *Staging) awaitFree(ctx context.Context, source jobs.Source, relation uint32, deadline time.Time) error {
	conn, _, err := s.connect(ctx, source)
	if err != nil {
		return err
	}
	defer end(conn)
	const wanted = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'relation' AND relation = $1 AND mode = 'AccessExclusiveLock'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`
	for pause := firstLook; ; pause = min(2*pause, mostLook) {
		select {
		case <-ctx.Done():
			return redactStaging("waiting for staging", ctx.Err())
		case <-time.After(min(pause, max(0, time.Until(deadline)))):
		}
		var busy bool
		if err := conn.QueryRow(ctx, wanted, relation).Scan(&busy); err != nil {
			return redactStaging("waiting for staging", err)
		}
		if !busy || !time.Now().Before(deadline) {
			return nil
		}
	}
}
