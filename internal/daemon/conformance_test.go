package daemon

import (
	"context"
	"testing"
	"time"

	"syncd/internal/daemon/ledgertest"
	"syncd/internal/jobs"
)

// What a daemon counts on holds of the ledger in memory as it does of Postgres.
func TestLedgerInMemory(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledgertest.World {
		w := newWorld(t, "2026-11-30 10:00")
		return &ledgerWorld{w.ledger}
	})
}

type ledgerWorld struct{ l *memoryLedger }

func (w *ledgerWorld) Now() time.Time           { return w.l.now() }
func (w *ledgerWorld) Pass(d time.Duration)     { w.l.clock.set(d) }
func (w *ledgerWorld) Open() ledgertest.Process { return &ledgerProcess{&member{memoryLedger: w.l}} }
func (w *ledgerWorld) Pause(job, by string)     { w.l.pauseBy(job, by) }
func (w *ledgerWorld) Unpause(job string)       { w.l.pauseBy(job, "") }
func (w *ledgerWorld) Find(id int64) *jobs.Run {
	w.l.mu.Lock()
	defer w.l.mu.Unlock()
	return copied(w.l.runs[id-1])
}

type ledgerProcess struct{ *member }

func (p *ledgerProcess) Enqueue(ctx context.Context, request jobs.NewRun) (*jobs.Run, error) {
	target, err := p.EnsureTarget(ctx, request.Target)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.leave(true)
	return copied(p.queue(target.ID, request, nil)), nil
}

func (p *ledgerProcess) Succeed(run *jobs.Run) (*jobs.Run, error) {
	return p.finish(run, jobs.Succeeded, "")
}

func (p *ledgerProcess) Fail(run *jobs.Run, why jobs.ReasonCode) (*jobs.Run, error) {
	return p.finish(run, jobs.Failed, why)
}

func (p *ledgerProcess) PutBack(run *jobs.Run, pause time.Duration) (*jobs.Run, error) {
	return p.putBack(run, pause)
}

// Die loses the lock of a session, and beats no more.
func (p *ledgerProcess) Die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owners[p.identity] = p.now()
}
