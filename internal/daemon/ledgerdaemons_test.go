package daemon

import (
	"context"
	"maps"

	"syncd/internal/ledger"
)

func (l *memoryLedger) See(ctx context.Context, id int64, digests map[string]string) (all []ledger.Daemon, err error) {
	if err := l.enter(ctx, "See"); err != nil {
		return nil, err
	}
	defer l.leave(false)
	l.daemons[id] = ledger.Daemon{ID: id, Host: "server", Jobs: maps.Clone(digests), Started: l.clock.Now()}
	for _, d := range l.daemons {
		d.Silent = l.clock.Now().Sub(d.Started)
		all = append(all, d)
	}
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
