package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
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
	// stalledFor is how long the proof may be missing while our connection stands: a server that was busy or paused. It is
	// less than DefaultLease, so that a heartbeat which is confirmed within it proves that nobody has taken a run of ours.
	stalledFor = 10 * time.Second
	// takeoverSilence is how long an owner whose lock is gone must have been silent before its run is taken.
	takeoverSilence = 2 * time.Second
	// DefaultLease is how long an owner may be silent while its lock is still taken: it is frozen or cut off.
	DefaultLease = 15 * time.Second
)

// owner is this process as an executor of runs. Who it is lasts as long as its connection: once that is lost, its runs
// are lost, and what it executes next it executes as somebody else.
type owner struct {
	mu      sync.Mutex
	current *tenure
	renewed bool // somebody else than the sessions of the pool say
	former  map[int64]bool
}

// tenure is one continuous ownership: a random id, a session advisory lock of that id on a connection of its own, and a
// heartbeat by Postgres's clock.
type tenure struct {
	id        int64
	conn      *pgx.Conn // nil until acquired
	beating   sync.WaitGroup
	stop      context.CancelFunc
	patience  time.Duration             // stalledFor
	confirmed atomic.Pointer[time.Time] // when the last confirmed heartbeat was asked for
	lost      chan struct{}             // closed when the runs are no longer ours
	cancelled atomic.Pointer[[]int64]   // runs of ours that somebody asked to cancel
}

func newOwner() *owner { return &owner{current: newTenure(), former: map[int64]bool{}} }

func newTenure() *tenure {
	return &tenure{id: RandomID(), patience: stalledFor, lost: make(chan struct{})}
}

// RandomID names a process in the ledger: at least 0, and never used before.
func RandomID() int64 {
	var random [8]byte
	rand.Read(random[:]) // never fails: crypto/rand aborts the program instead
	return int64(binary.BigEndian.Uint64(random[:]) >> 1)
}

// applicationName is what the sessions of an owner are called, so that a frozen owner's can be ended.
func applicationName(id int64) string { return fmt.Sprintf("syncd %016x", uint64(id)) }

func (o *owner) tenure() *tenure {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.current
}

func (o *owner) identity() int64 { return o.tenure().id }

// acquire makes sure that this process can own runs. renewed: it is somebody else than before.
func (o *owner) acquire(ctx context.Context, config *pgx.ConnConfig) (renewed bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current.conn != nil && o.current.confirm() == nil { // in a stall, others' runs of this process are not given up
		return false, nil
	}
	o.leave()
	if err := o.current.begin(ctx, config); err != nil {
		return false, err
	}
	renewed, o.renewed = o.renewed, false
	return renewed, nil
}

// idle tells that the next claim begins a new tenure.
func (o *owner) idle() bool {
	t := o.tenure()
	return t.conn == nil || t.isLost()
}

// leave ends the tenure, if one has begun.
func (o *owner) leave() {
	if o.current.conn != nil {
		o.current.end()
		o.former[o.current.id] = true
		o.current, o.renewed = newTenure(), true
	}
}

// was reports whether this process is or was that owner.
func (o *owner) was(id int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return id == o.current.id || o.former[id]
}

// tenureOf is the tenure that a run was claimed in, or one that has ended.
func (o *owner) tenureOf(run *jobs.Run) *tenure {
	if t := o.tenure(); run.Owner != nil && *run.Owner == t.id {
		return t
	}
	return &tenure{} // which nothing confirms
}

// rest gives up ownership until it is needed again.
func (o *owner) rest() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leave()
}

func (o *owner) close() { o.rest() }

func (t *tenure) begin(ctx context.Context, config *pgx.ConnConfig) error {
	config = config.Copy()
	config.RuntimeParams["application_name"] = applicationName(t.id)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return redact("connecting to the ledger", err)
	}
	asked := time.Now()
	if err := register(ctx, conn, t.id); err != nil {
		_ = conn.Close(ctx) // the server gives the lock back either way
		return redact("registering this process", err)
	}
	t.conn = conn
	t.confirmed.Store(&asked)
	beat, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	t.beating.Go(func() { t.beat(beat) })
	return nil
}

func register(ctx context.Context, conn *pgx.Conn, id int64) error {
	// A heartbeat need not outlive the server, and a stalled disk must not look like a dead process.
	if _, err := conn.Exec(ctx, `SET synchronous_commit = off`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, id); err != nil {
		return err
	}
	queries := dbsqlc.New(conn)
	if err := queries.RegisterOwner(ctx, id); err != nil {
		return err
	}
	return queries.ForgetOwners(ctx)
}

// beat confirms the heartbeat until it fails or the tenure ends. A heartbeat fails with the connection, and with it goes
// the lock; without a row somebody took us for dead.
func (t *tenure) beat(ctx context.Context) {
	defer close(t.lost)
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	queries := dbsqlc.New(t.conn)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked, last := time.Now(), *t.confirmed.Load()
		limited, cancel := context.WithTimeout(ctx, t.patience-jobs.Elapsed(last))
		cancelled, err := queries.Heartbeat(limited, t.id)
		cancel()
		if err != nil || jobs.Elapsed(last) > t.patience {
			return
		}
		t.confirmed.Store(&asked)
		t.cancelled.Store(&cancelled)
	}
}

// confirm returns once ownership is proven, which it nearly always is, or fails with ErrLost. In a stall it waits for what
// the next heartbeat says, its patience at most.
func (t *tenure) confirm() error {
	for !t.isLost() {
		if jobs.Elapsed(*t.confirmed.Load()) <= confirmedFor {
			return nil
		}
		select {
		case <-t.lost:
		case <-time.After(heartbeatEvery / 50):
		}
	}
	return jobs.ErrLost
}

// isLost reports whether the runs of the tenure are no longer ours.
func (t *tenure) isLost() bool {
	select {
	case <-t.lost:
		return true
	default:
		return t.confirmed.Load() == nil
	}
}

// keep derives a context that ends with the cause ErrLost when the run is no longer ours. cancelled is closed when
// somebody asked to cancel the run.
func (t *tenure) keep(ctx context.Context, run int64) (context.Context, <-chan struct{}, context.CancelFunc) {
	kept, cancel := context.WithCancelCause(ctx)
	asked, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(heartbeatEvery / 5)
		defer ticker.Stop()
		told := false
		for !t.isLost() {
			if !told && t.isCancelled(run) {
				close(asked)
				told = true
			}
			select {
			case <-kept.Done():
				return
			case <-t.lost:
			case <-ticker.C:
			}
		}
		cancel(jobs.ErrLost)
	}()
	return kept, asked, func() { cancel(nil); <-done }
}

func (t *tenure) isCancelled(run int64) bool {
	cancelled := t.cancelled.Load()
	return cancelled != nil && slices.Contains(*cancelled, run)
}

// end gives the lock back. Whatever fails, the server sees the connection end, and others see our silence.
func (t *tenure) end() {
	t.stop()
	t.beating.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), confirmedFor)
	defer cancel()
	_ = dbsqlc.New(t.conn).RemoveOwner(ctx, t.id)
	_ = t.conn.Close(ctx)
}
