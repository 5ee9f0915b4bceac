package restapi

import "context"

// Requests in flight are bounded by slots, of which there are MaxInFlight. At most Runs dossiers have requests under way at
// once, and each of those has one slot of its own; the others are for whoever needs more. So any number of dossiers can be
// in use; one whose calls hang, whatever it holds, never keeps another from going on, as long as fewer than Runs do. With
// Runs = 1, the default, the one dossier can use them all.
//
// The search for the contract belongs to no dossier and counts as one.

// takeSlot waits for a slot of a holder. release gives it back; nil when ctx ended before.
func (c *Connection) takeSlot(ctx context.Context, holder any) (release func()) {
	taken := false
	if c.allowance != nil {
		taken = c.allowance.take(ctx, holder)
	} else {
		taken = c.slots.Wait(ctx, nil, holder)
	}
	if !taken {
		return nil
	}
	return func() { c.slots.Give(holder, 1) }
}
