package daemon

import (
	"context"
	"errors"

	"syncd/internal/jobs"
)

// errHeldUp means that only one thing of many does not go on.
var errHeldUp = errors.New("the ledger does not answer in time for this dossier: another session may hold a lock")

// isAway tells an error that all that is asked of the ledger now would meet.
func isAway(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, jobs.ErrUnreachable))
}

// brief does one thing of many for one target. That somebody holds a lock of it in the ledger must not keep others from
// their turn.
func brief(ctx context.Context, do func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, briefTimeout)
	defer cancel()
	err := do(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return errHeldUp
	}
	return err
}
