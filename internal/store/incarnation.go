package store

import (
	"context"

	"syncd/internal/store/dbsqlc"
)

// restoredReason is why jobs are paused after a restore.
const restoredReason = "the ledger was restored from a backup, or moved: compare with Isidoor what was sent since, then unpause"

// PauseIfRestored pauses these jobs when the ledger is another one than the last daemon worked with: restored from a
// dump or a backup, promoted, or moved. What it does not know of would be caught up, and sent to people who were paid.
// Restored tells that it is so, once.
func (s *Store) PauseIfRestored(ctx context.Context, names []string) (restored bool, err error) {
	err = s.transact(ctx, func(q *dbsqlc.Queries) error {
		now, err := q.Incarnation(ctx)
		if err != nil {
			return err
		}
		last, err := q.LastIncarnation(ctx)
		switch {
		case err == nil && last == dbsqlc.LastIncarnationRow(now):
			return nil
		case err == nil:
			restored = true
		case !isNoRows(err):
			return err
		}
		if restored {
			for _, name := range names {
				if _, err := q.PauseJob(ctx, dbsqlc.PauseJobParams{Job: name, PausedBy: "syncd", Reason: restoredReason}); err != nil {
					return err
				}
			}
		}
		return q.SetIncarnation(ctx, dbsqlc.SetIncarnationParams(now))
	})
	return restored && err == nil, redact("telling which ledger this is", err)
}
