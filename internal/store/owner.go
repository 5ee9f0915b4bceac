package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

const (
	heartbeatEvery = 500 * time.Millisecond
	// confirmedFor is how long a confirmed heartbeat proves that our runs are ours. It is less than takeoverSilence, so
	// that an owner stops before another one starts.
	confirmedFor = 1500 * time.Millisecond
	// takeoverSilence is how long an owner whose lock is gone must have been silent before its run is taken.
	takeoverSilence = 2 * time.Second
	// DefaultLease is how long an owner may be silent while its lock is still held: it is frozen or cut off.
	DefaultLease = 15 * time.Second
)

// owner is this process as an executor of runs: a random id, a session advisory lock of that id on a connection of its
// own, and a heartbeat by Postgres's clock.
type owner struct {
	id    int64
	host  string
	lease time.Duration

	mu        sync.Mutex // guards the connection
	conn      *pgx.Conn
	beating   sync.WaitGroup
	stop      context.CancelFunc
	confirmed atomic.Pointer[time.Time] // when the last confirmed heartbeat was asked for
	lost      chan struct{}             // closed when ownership can no longer be proven
}

func newOwner(lease time.Duration) *owner {
	var random [8]byte
	rand.Read(random[:]) // never fails: crypto/rand aborts the program instead
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if lease == 0 {
		lease = DefaultLease
	}
	id := int64(binary.BigEndian.Uint64(random[:]) >> 1)
	return &owner{id: id, host: host, lease: lease, lost: make(chan struct{})}
}

// applicationName is what the sessions of an owner are called, so that a frozen owner's can be ended.
func applicationName(id int64) string { return fmt.Sprintf("syncd %016x", uint64(id)) }

// acquire takes the lock and starts the heartbeat, once.
func (o *owner) acquire(ctx context.Context, config *pgx.ConnConfig) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn != nil {
		return o.confirm()
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return redact("connecting to the ledger", err)
	}
	asked := time.Now()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, o.id); err != nil {
		return redact("taking this process's lock", err)
	}
	if err := dbsqlc.New(conn).RegisterOwner(ctx, o.id); err != nil {
		return redact("registering this process", err)
	}
	if err := dbsqlc.New(conn).ForgetOwners(ctx); err != nil {
		return redact("registering this process", err)
	}
	o.conn = conn
	o.confirmed.Store(&asked)
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	o.stop = stop
	o.beating.Go(func() { o.beat(beat) })
	return nil
}

// beat confirms the heartbeat until it fails or the owner closes.
func (o *owner) beat(ctx context.Context) {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	queries := dbsqlc.New(o.conn)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked := time.Now()
		limited, cancel := context.WithTimeout(ctx, confirmedFor)
		n, err := queries.Heartbeat(limited, o.id)
		cancel()
		if ctx.Err() != nil {
			return
		}
		if err != nil || n != 1 || o.confirm() != nil {
			close(o.lost)
			return
		}
		o.confirmed.Store(&asked)
	}
}

// confirm fails when ownership can no longer be proven. A machine that slept shows in the wall clock, not in the
// monotonic one, so both are asked.
func (o *owner) confirm() error {
	last := o.confirmed.Load()
	now := time.Now()
	if last == nil || now.Sub(*last) > confirmedFor || now.Round(0).Sub(last.Round(0)) > confirmedFor {
		return jobs.ErrLost
	}
	return nil
}

// hold derives a context that ends with the cause ErrLost when ownership can no longer be proven.
func (o *owner) hold(ctx context.Context) (context.Context, context.CancelFunc) {
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(heartbeatEvery / 5)
		defer ticker.Stop()
		for o.confirm() == nil {
			select {
			case <-held.Done():
				return
			case <-o.lost:
				cancel(jobs.ErrLost)
				return
			case <-ticker.C:
			}
		}
		cancel(jobs.ErrLost)
	}()
	return held, func() { cancel(nil); <-done }
}

// close gives the lock back.
func (o *owner) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conn == nil {
		return
	}
	o.stop()
	o.beating.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), confirmedFor)
	defer cancel()
	// Whatever fails here, the server sees the connection end, and others see our silence.
	_ = dbsqlc.New(o.conn).RemoveOwner(ctx, o.id)
	_ = o.conn.Close(ctx)
	o.conn = nil
}
