package store

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store/dbsqlc"
)

// Options say how the ledger is opened.
type Options struct {
	URL     string
	Keys    *Keys // nil for commands that only read headers
	Version string
	Lease   time.Duration // 0 = DefaultLease
	Runs    int           // executed at once; 0 = 1
	Longest time.Duration // that a statement may take; 0 = as its context says
	Watermark
}

// Store is the ledger, as somebody uses it.
type Store struct {
	*connected
	person ledger.Person // in whose name; zero = who decides is known by name alone
}

// As is the same ledger in somebody's name: what is decided under it names their account, door and proof as well.
func (s *Store) As(person ledger.Person) *Store { return &Store{s.connected, person} }

// connected is the ledger, however many use it.
type connected struct {
	pool    *pgxpool.Pool
	queries *dbsqlc.Queries
	keys    *Keys
	version string
	host    string
	lease   time.Duration // how long an owner may be silent while its lock is taken
	owner   *owner

	now           func() time.Time // this machine's clock
	marks         markFiles
	known         atomic.Pointer[known]  // set by a process that has looked which ledger this is
	configuration atomic.Pointer[string] // its digest, for the audit
}

var _ jobs.Ledger = (*Store)(nil)

// A plan takes three connections (baseline, documents, items), of which it has two while it waits for the third; whoever
// does anything else takes one, for a statement or a transaction, and waits for none with one in hand. Nobody keeps an idle
// one for long.
const (
	connsPerPlan = 3
	connsBeside  = 4 // for the runs that send, begin or end, and those who look on
	maxIdleTime  = 30 * time.Second
)

// connections is how many are opened at most, whatever number of runs there is: a small server has a hundred for all.
func connections(runs int) int32 {
	runs = max(runs, 1)
	planning := min(runs, jobs.PlanningAtOnce)
	return int32(connsPerPlan*planning + min(runs-planning, connsBeside) + 1) //nolint:gosec // a few
}

// Open connects to the ledger and checks that its migrations are those of this program. Close it.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := poolConfig(o.URL, o.Longest)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections(o.Runs)
	config.MaxConnIdleTime = maxIdleTime
	owner := newOwner()
	config.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error {
		c.RuntimeParams["application_name"] = applicationName(owner.identity())
		return nil
	}
	s := &Store{connected: &connected{keys: o.Keys.clone(), version: o.Version, lease: o.Lease, owner: owner, now: time.Now,
		marks: markFiles{Watermark: o.Watermark}}}
	config.AfterConnect = s.sameLedger
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, redact("connecting to the ledger", err)
	}
	s.queries = dbsqlc.New(s.pool)
	if s.lease == 0 {
		s.lease = DefaultLease
	}
	if s.host, err = os.Hostname(); err != nil {
		s.host = "unknown"
	}
	if err := s.ready(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

// ready checks what every use of the ledger needs.
func (s *Store) ready(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return redact("connecting to the ledger", err)
	}
	if err := checkMigrations(ctx, s.pool); err != nil {
		return err
	}
	if s.keys == nil {
		return nil
	}
	return s.checkKey(ctx)
}

// checkKey registers the ledger key at first use and refuses any other one later.
func (s *Store) checkKey(ctx context.Context) error {
	registered, err := s.queries.RegisteredKey(ctx)
	if isNoRows(err) {
		if err := s.queries.RegisterKey(ctx, s.keys.ID); err != nil {
			return unstarted("registering the ledger key", err)
		}
		registered, err = s.queries.RegisteredKey(ctx)
	}
	if err != nil {
		return redact("reading the ledger key's name", err)
	}
	if registered.Becoming != nil {
		return &RekeyingError{To: *registered.Becoming}
	}
	if registered.KeyID != s.keys.ID {
		return &KeyError{Registered: registered.KeyID, Given: s.keys.ID}
	}
	s.keys.unbound = registered.Unbound != nil
	if err := s.readLasting(ctx, registered.Lasting); err != nil {
		return err
	}
	if value(registered.Unbound) == "all" {
		return redactUnlessOurs("binding what is sealed to its items", s.bind(ctx))
	}
	return nil
}

// unstarted says of who may not make the first use of a ledger that the service has to.
func unstarted(doing hinted.Doing, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && verdictOf(pg.Code) == denied {
		return &UnstartedError{}
	}
	return redact(doing, err)
}

// readLasting opens the key of what outlives the ledger key, and makes it where there is none yet.
func (s *Store) readLasting(ctx context.Context, sealed []byte) (err error) {
	if sealed == nil {
		key := make([]byte, ledgerKeyBytes)
		rand.Read(key) // never fails: crypto/rand aborts the program instead
		made := dbsqlc.SetLastingParams{KeyID: s.keys.ID, Lasting: s.keys.seal(lastingKey, key, place{})}
		if sealed, err = s.queries.SetLasting(ctx, made); err != nil {
			return unstarted("making the lasting key", err)
		}
	}
	if s.keys.lasting, err = s.keys.open(lastingKey, sealed, place{}); err != nil {
		return hinted.While("opening the lasting key of the ledger", err)
	}
	return nil
}

// closeTimeout is how long Close waits for Postgres to answer.
const closeTimeout = 3 * time.Second

// Close gives up ownership and closes all connections. Connections to a server that does not answer are left to end by
// themselves, within 15 s or with the process: systemd does not wait for ever for a service to stop.
func (s *Store) Close() {
	s.owner.close()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(closeTimeout):
	}
}

// transact runs work in one transaction of the ledger.
func (s *Store) transact(ctx context.Context, work func(q *dbsqlc.Queries) error) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return work(s.queries.WithTx(tx)) })
}

// poolConfig is connConfig for the ledger's pool, with how long a statement may take.
func poolConfig(url string, longest time.Duration) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, &URLError{}
	}
	prepare(config.ConnConfig, bounded(inLedger, longest))
	return config, nil
}

// Keep implements jobs.Ledger.
func (s *Store) Keep(ctx context.Context, run *jobs.Run) (kept context.Context, cancelled <-chan struct{}, release context.CancelFunc) {
	kept, cancelled, let := s.owner.tenureOf(run).keep(ctx, run.ID)
	marking := make(chan struct{})
	go func() {
		defer close(marking)
		s.keepMarks(kept)
	}()
	return kept, cancelled, func() { let(); <-marking }
}

// Confirm implements jobs.Ledger.
func (s *Store) Confirm(run *jobs.Run) error { return s.owner.tenureOf(run).confirm() }

// Rest gives up the connection and the heartbeat of an owner while nothing is executed. The next claim takes them up
// again, under another id.
func (s *Store) Rest() { s.owner.rest() }

// Fingerprinter implements jobs.BaselineReader.
func (s *Store) Fingerprinter() jobs.Fingerprinter { return s.keys.fingerprinter() }

// Lasting implements jobs.BaselineReader.
func (s *Store) Lasting() jobs.Fingerprinter { return s.keys.lastingFingerprinter() }
