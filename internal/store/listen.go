package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// listenAgain is how long a lost connection of Listen is left alone.
const listenAgain = 2 * time.Second

// Listen calls wake whenever some process says that there may be work: a run was queued, claimed, or asked to be
// cancelled. It goes on until the context ends, through outages of the database; after each it calls wake, for what was
// said meanwhile was not heard. Notifications are a shortcut: whoever listens asks the ledger now and then all the same.
func (s *Store) Listen(ctx context.Context, wake func()) {
	for ctx.Err() == nil {
		s.listen(ctx, wake)
		if wait(ctx, listenAgain) != nil {
			return
		}
	}
}

// listen does so as long as one connection lasts.
func (s *Store) listen(ctx context.Context, wake func()) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left to do with it
	if _, err := conn.Exec(ctx, "LISTEN syncd"); err != nil {
		return
	}
	wake()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return
		}
		wake()
	}
}
