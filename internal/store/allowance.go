package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncd/internal/jobs"
	"syncd/internal/store/dbsqlc"
)

const (
	// allowanceLease is how long a process may be silent before its share goes to others. A process that cannot show itself
	// uses its own for less (httpcall).
	allowanceLease = 15 * time.Second
	// allowanceTurn is how long a process has its share where there are more of them than requests.
	allowanceTurn = 30 * time.Second
)

// Allowance is this process's share of the requests in flight that an API is to bear from all processes of one ledger. It
// has a connection of its own, opened when it is first asked.
type Allowance struct {
	pool    *pgxpool.Pool
	api     string
	holder  int64
	most    int
	queries *dbsqlc.Queries
}

// OpenAllowance prepares a share of at most so many requests to the API at an address. Close it.
func OpenAllowance(url, api string, most int) (*Allowance, error) {
	config, err := poolConfig(url, 0)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MaxConnIdleTime = 1, maxIdleTime
	pool, err := pgxpool.NewWithConfig(context.Background(), config) // which connects later
	if err != nil {
		return nil, redact("connecting to the ledger", err)
	}
	return &Allowance{pool: pool, api: jobs.NormalAddress(api), holder: RandomID(), most: most, queries: dbsqlc.New(pool)}, nil
}

// Share shows that this process is alive and uses so many. fair is how many it may use when the others have given back what
// is beyond theirs, held how many it has now, and uses at least.
func (a *Allowance) Share(ctx context.Context, uses int) (held, fair int, err error) {
	row, err := a.queries.ShareAllowance(ctx, shareParams(a, uses, allowanceTurn.Seconds()))
	return int(row.Held), int(row.Fair), redact("sharing the requests in flight", err)
}

func shareParams(a *Allowance, uses int, turn float64) dbsqlc.ShareAllowanceParams {
	return dbsqlc.ShareAllowanceParams{Api: a.api, Holder: a.holder, Uses: int32(uses), Most: int32(a.most), //nolint:gosec // a few
		LeaseSeconds: allowanceLease.Seconds(), TurnSeconds: turn}
}

// Leave gives all back.
func (a *Allowance) Leave(ctx context.Context) error {
	return redact("giving back requests in flight", a.queries.LeaveAllowance(ctx, dbsqlc.LeaveAllowanceParams{Api: a.api, Holder: a.holder}))
}

// Close ends the connection. What was not given back is free after the lease.
func (a *Allowance) Close() { a.pool.Close() }
