package e2e

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// importing is staging whose tables are replaced under a plan, by others with the same rows: whoever read the new ones as of
// before would find them empty.
type importing struct {
	jobs.Staging
	h *history
}

const (
	replacing = `CREATE TEMP TABLE kept_staff ON COMMIT DROP AS SELECT * FROM staff; CREATE TEMP TABLE kept_pay ON COMMIT DROP AS SELECT * FROM pay;
		TRUNCATE staff, pay; INSERT INTO staff SELECT * FROM kept_staff; INSERT INTO pay SELECT * FROM kept_pay`
	// In the locks, which are always those of now: a transaction keeps what it first saw of the sessions.
	someoneWaits = `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation IN ('staff'::regclass, 'pay'::regclass))`
)

// Snapshot implements jobs.Staging.
func (s importing) Snapshot(ctx context.Context, source jobs.Source, params mapping.Params, keys []string) (jobs.Snapshot, error) {
	switch s.h.importer.when {
	case "before":
		return s.duringImport(ctx, source, params, keys)
	case "after":
		snapshot, err := s.Staging.Snapshot(ctx, source, params, keys)
		if err != nil {
			return nil, err
		}
		return &replacedLater{snapshot, s.h.importer.start("BEGIN; " + replacing + "; COMMIT")}, nil
	}
	return s.Staging.Snapshot(ctx, source, params, keys)
}

// duringImport reads while an import is on its way, which ends once somebody waits for it.
func (s importing) duringImport(ctx context.Context, source jobs.Source, params mapping.Params, keys []string) (jobs.Snapshot, error) {
	i := s.h.importer
	i.noticed.Store(false)
	<-i.start("BEGIN; " + replacing)
	read, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i.until(read) {
		}
		<-i.start("COMMIT")
	}()
	snapshot, err := s.Staging.Snapshot(ctx, source, params, keys)
	close(read)
	<-ended
	return snapshot, err
}

// importer replaces staging.
type importer struct {
	conn *pgx.Conn
	when string // "" = not at all, "before" the snapshot, or "after" it
	err  error

	noticed atomic.Bool // a run has waited for it so long that it let all go
}

// start does it beside what goes on; the channel is closed when it is done.
func (i *importer) start(sql string) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := i.conn.Exec(context.Background(), sql); err != nil {
			i.err = err
		}
	}()
	return done
}

// until tells, while nobody has read, that nobody has waited yet either.
func (i *importer) until(read <-chan struct{}) bool {
	select {
	case <-read:
		return false
	case <-time.After(time.Millisecond):
	}
	var waits bool
	if err := i.conn.QueryRow(context.Background(), someoneWaits).Scan(&waits); err != nil {
		i.err = err
	}
	return !waits && !i.noticed.Load() && i.err == nil
}

// replacedLater is a snapshot that an import waits for.
type replacedLater struct {
	jobs.Snapshot
	imported <-chan struct{}
}

func (r *replacedLater) Close() {
	r.Snapshot.Close()
	<-r.imported
}
