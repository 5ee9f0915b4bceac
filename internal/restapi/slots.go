package restapi

import "context"

// Requests in flight are bounded by slots. Each dossier has one of its own; the MaxInFlight - Runs others are shared by
// all. So a dossier whose calls hang, whatever it holds, never keeps another from going on. As long as at most Runs
// dossiers are in use at once, there are never more than MaxInFlight requests under way; with Runs = 1, the default,
// the one dossier can use them all.
//
// The search for the contract belongs to no dossier and has a slot of its own as well, so that it never waits for one that
// hangs, or for shared slots where there are none. A run that asks for the contract has no other call under way meanwhile,
// so the total stays the same.

// takeSlot waits for a slot, the caller's own first, and returns the one to give back; nil when ctx ended before.
func takeSlot(ctx context.Context, own, shared chan struct{}) chan struct{} {
	select {
	case own <- struct{}{}:
		return own
	default:
	}
	select {
	case own <- struct{}{}:
		return own
	case shared <- struct{}{}:
		return shared
	case <-ctx.Done():
		return nil
	}
}
