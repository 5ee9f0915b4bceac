package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"syncd/internal/daemon/ledgertest"
	"syncd/internal/jobs"
)

// What a daemon counts on holds here as it does of the ledger in memory that its own tests work with.
func TestLedgerOfADaemon(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, func(t *testing.T) ledgertest.World {
		f := newFixture(t)
		return &ledgerWorld{f, f.open()}
	})
}

type ledgerWorld struct {
	f *fixture
	s *Store
}

func (w *ledgerWorld) Now() (now time.Time) {
	w.f.must(w.f.conn.QueryRow(context.Background(), `SELECT clock_timestamp()`).Scan(&now))
	return now
}

func (w *ledgerWorld) Pass(d time.Duration) {
	for _, column := range []string{"owner heartbeat_at", "run not_before", "run created_at", "ping claimed_at", "daemon seen_at"} {
		var table, name string
		_, err := fmt.Sscan(column, &table, &name)
		w.f.must(err)
		w.f.db.Exec(w.f.T, `UPDATE syncd.`+table+` SET `+name+` = `+name+` - make_interval(secs => $1)`, d.Seconds())
	}
}

func (w *ledgerWorld) Find(id int64) *jobs.Run {
	run, err := w.s.Run(context.Background(), id)
	w.f.must(err)
	return run
}

func (w *ledgerWorld) Pause(job, by string) {
	_, err := w.s.Pause(context.Background(), job, by, "a reason")
	w.f.must(err)
}

func (w *ledgerWorld) Unpause(job string) {
	_, err := w.s.Unpause(context.Background(), job, "somebody", "")
	w.f.must(err)
}

func (w *ledgerWorld) Open() ledgertest.Process { return &ledgerProcess{w.f.open(), w.f} }

type ledgerProcess struct {
	*Store
	f *fixture
}

func (p *ledgerProcess) Succeed(run *jobs.Run) (*jobs.Run, error) {
	if now, err := p.Run(context.Background(), run.ID); err != nil || now.Epoch != run.Epoch {
		return p.Finish(context.Background(), run, jobs.Reason{}, nil)
	}
	p.f.plan(p.Store, run, toSend(p.Store, fmt.Sprint(run.ID), 0))
	p.f.deliver(p.Store, run)
	return p.Finish(context.Background(), run, jobs.Reason{}, nil)
}

func (p *ledgerProcess) Fail(run *jobs.Run, why jobs.ReasonCode) (*jobs.Run, error) {
	return p.Finish(context.Background(), run, jobs.Reason{Code: why}, nil)
}

func (p *ledgerProcess) PutBack(run *jobs.Run, pause time.Duration) (*jobs.Run, error) {
	why := jobs.ReasonUnreachable
	if pause == 0 {
		why = jobs.ReasonStopped
	}
	return p.Finish(context.Background(), run, jobs.Reason{Code: why}, &jobs.Patience{Deadline: 6 * time.Hour, Pause: max(pause, 1),
		MaxPause: max(pause, 1)})
}

func (p *ledgerProcess) Die() { p.f.kill(p.Store) }
