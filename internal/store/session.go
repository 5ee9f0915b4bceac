package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/jobs"
)

// grab is how long a session of staging waits for a lock: less than the second after which Postgres looks for deadlocks,
// so that an import which waits for us while we wait for it is never the one that is ended. Who waited in vain lets all
// go, and waits without holding anything.
const grab = 500 * time.Millisecond

// ofStaging makes a session one of staging, after role and database have had their say: what their settings, the URL or the
// environment ask for must not change what is sent, nor what a query makes of a text. So the order of days and months
// (DateStyle's second part) and the lc_ settings, by which text is read as well as written, stay as they are; 'ISO' alone
// changes the form of what is written.
const ofStaging = `SELECT set_config('TimeZone', $1, false), set_config('row_security', $2, false), set_config('lock_timeout', $3, false),
	set_config('DateStyle', 'ISO', false), set_config('IntervalStyle', 'postgres', false), set_config('bytea_output', 'hex', false),
	set_config('extra_float_digits', '1', false)`

// connect opens a session of staging, in the job's time zone. pid is that of its backend, whatever a pooler says.
func (s *Staging) connect(ctx context.Context, source jobs.Source) (_ *pgx.Conn, pid int32, err error) {
	config, err := pgx.ParseConfig(s.URL)
	if err != nil {
		return nil, 0, &URLError{}
	}
	setLimits(config)
	config.RuntimeParams["application_name"] = "syncd staging"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0" // one query may wait for another's first row
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, 0, redact("connecting to staging", err)
	}
	if pid, err = prepareSession(ctx, conn, source); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx)) // nothing is left to do with it
		return nil, 0, err
	}
	return conn, pid, nil
}

func prepareSession(ctx context.Context, conn *pgx.Conn, source jobs.Source) (pid int32, err error) {
	policies := "off" // Postgres then fails where a policy would hide rows
	if source.RowSecurity {
		policies = "on"
	}
	zone := cmp.Or(source.Zone, "UTC")
	_, err = conn.Exec(ctx, ofStaging, zone, policies, fmt.Sprint(grab.Milliseconds()))
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "22023" {
		return 0, &jobs.StagingError{Query: "job.timezone", Problem: fmt.Sprintf("Postgres does not know the time zone %q", zone),
			Hint: "write a name of SELECT name FROM pg_timezone_names, or update the time zones of the database server"}
	}
	if err == nil {
		err = conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid)
	}
	return pid, redact("connecting to staging", err)
}
