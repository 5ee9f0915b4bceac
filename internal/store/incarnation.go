package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
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
				n, err := q.PauseJob(ctx, dbsqlc.PauseJobParams{Job: name, PausedBy: self, Reason: restoredReason})
				if err == nil && n == 1 {
					err = s.audit(ctx, q, 0, jobs.AuditEntry{Decision: jobs.DecisionPause, Job: name, Reason: restoredReason})
				}
				if err != nil {
					return err
				}
			}
		}
		return q.SetIncarnation(ctx, dbsqlc.SetIncarnationParams(now))
	})
	if err != nil {
		return false, redact("telling which ledger this is", err)
	}
	return restored, redact("telling which ledger this is", s.guard(ctx))
}

// incarnationName is how a run remembers the ledger that it was planned in.
func incarnationName(i dbsqlc.IncarnationRow) string {
	return fmt.Sprintf("%d/%d/%d", i.Server, i.Timeline, i.Tables)
}

// RestoredError says that the ledger was changed under a process that has been working with it.
type RestoredError struct{ Problem string }

func (e *RestoredError) Error() string {
	return e.Problem + "\nhint: restart this process: systemctl restart syncd; after a restore its jobs are paused then, until 'syncd unpause'"
}

// Is makes it a jobs.ErrUnreachable: this ledger cannot be worked with, and another process may find it well.
func (e *RestoredError) Is(target error) bool { return target == jobs.ErrUnreachable }

// identified is what must stay as it is while a process works with a ledger.
type identified struct {
	incarnation dbsqlc.IncarnationRow
	version     int64
}

// guard makes every new connection of the pool look whether the ledger still is the one that it was. Whoever restores or
// migrates a ledger breaks the connections to it.
func (s *Store) guard(ctx context.Context) error {
	now, err := identify(ctx, s.queries)
	if err == nil {
		s.identified.Store(&now)
	}
	return err
}

func identify(ctx context.Context, q *dbsqlc.Queries) (i identified, err error) {
	if i.incarnation, err = q.Incarnation(ctx); err != nil {
		return i, err
	}
	i.version, err = q.LedgerVersion(ctx)
	return i, err
}

// sameLedger is asked for each new connection of the pool.
func (s *Store) sameLedger(ctx context.Context, conn *pgx.Conn) error {
	want := s.identified.Load()
	if want == nil {
		return nil
	}
	now, err := identify(ctx, dbsqlc.New(conn))
	switch {
	case err != nil:
		return err
	case now.incarnation != want.incarnation:
		return &RestoredError{Problem: "the ledger was restored, promoted or replaced while this process worked with it"}
	case now.version != want.version:
		return &RestoredError{Problem: "the ledger was migrated by another version of syncd while this process worked with it"}
	}
	return nil
}
