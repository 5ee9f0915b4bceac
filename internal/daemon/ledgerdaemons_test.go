package daemon

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"syncd/internal/ledger"
)

func (l *memoryLedger) See(ctx context.Context, id int64, digests map[string]string) (all []ledger.Daemon, err error) {
	if err := l.enter(ctx, "See"); err != nil {
		return nil, err
	}
	defer l.leave(false)
	d, known := l.daemons[id]
	if !known {
		d = ledger.Daemon{ID: id, Host: "server", Started: l.now()}
	}
	d.Jobs = maps.Clone(digests)
	l.daemons[id], l.seen[id] = d, l.now()
	for _, d := range l.daemons {
		d.Silent = l.now().Sub(l.seen[d.ID])
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b ledger.Daemon) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

func (l *memoryLedger) Forget(ctx context.Context, id int64) error {
	if err := l.enter(ctx, "Forget"); err != nil {
		return err
	}
	defer l.leave(false)
	delete(l.daemons, id)
	return nil
}

func (l *memoryLedger) Listen(ctx context.Context, wake func()) {
	l.mu.Lock()
	l.listeners[&wake] = true
	l.mu.Unlock()
	wake()
	<-ctx.Done()
	l.mu.Lock()
	delete(l.listeners, &wake)
	l.mu.Unlock()
}
