package store

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// grab is how long a session of staging waits for a lock: less than the second after which Postgres looks for deadlocks,
// so that an import which waits for us while we wait for it is never the one that is ended. Who waited in vain lets all
// go, and waits without holding anything.
const grab = 500 * time.Millisecond

// connect opens a session of staging, in the job's time zone. pid is that of its backend, whatever a pooler says.
func (s *Staging) connect(ctx context.Context, source jobs.Source) (_ *pgx.Conn, pid int32, err error) {
	if idle := s.idle.take(ctx, sessionKindOf(source)); idle != nil {
		return idle.Conn, idle.pid, nil
	}
	config, err := sessionConfig(s.URL, bounded(inStaging, s.Longest))
	if err != nil {
		return nil, 0, err
	}
	config.RuntimeParams["application_name"] = "syncd staging"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, 0, redactStaging("connecting to staging", err)
	}
	if pid, err = prepareSession(ctx, conn, source); err != nil {
		end(conn)
		return nil, 0, err
	}
	return conn, pid, nil
}

// prepareSession sets what the job says, after role and database have had their say.
func prepareSession(ctx context.Context, conn *pgx.Conn, source jobs.Source) (pid int32, err error) {
	policies := "off" // Postgres then fails where a policy would hide rows
	if source.RowSecurity {
		policies = "on"
	}
	zone := cmp.Or(source.Zone, "UTC")
	const jobsOwn = `SELECT set_config('TimeZone', $1, false), set_config('row_security', $2, false), pg_backend_pid()`
	err = conn.QueryRow(ctx, jobsOwn, zone, policies).Scan(nil, nil, &pid)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "22023" {
		return 0, &jobs.StagingError{Query: "job.timezone", What: hinted.Say("staging.query-zone", "zone", strconv.Quote(zone))}
	}
	return pid, redactStaging("connecting to staging", err)
}

// endTime bounds what is done to end a session.
const endTime = 3 * time.Second

// end closes a session, and ends what it still executes: Postgres itself would see only when it has something to say that
// nobody listens any more.
func end(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if conn.PgConn().IsBusy() {
		_ = conn.PgConn().CancelRequest(ctx) // it may have ended just now
	}
	_ = conn.Close(ctx) // there is nothing to keep of it
	select {            // a session whose context ended is cancelled by the driver, which must not die with the process
	case <-conn.PgConn().CleanupDone():
	case <-ctx.Done():
	}
}
