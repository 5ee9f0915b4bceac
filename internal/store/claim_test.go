package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// However many daemons want a run, one executes it.
func TestOfFourClaimsOneWins(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var daemons []*Store
	for range 4 {
		daemons = append(daemons, f.open())
	}
	for round := range 5 {
		queued := f.enqueued(daemons[0], at(fmt.Sprint("dossier ", round), month))
		var wg sync.WaitGroup
		var won atomic.Int32
		for _, d := range daemons {
			wg.Go(func() {
				run, err := d.Claim(f.impatient(), queued.ID, resumption)
				var busy *jobs.BusyError
				switch {
				case err == nil:
					won.Add(1)
					if run.Epoch != 2 || *run.Owner != d.owner.identity() || run.StartedAt == nil {
						t.Errorf("%+v", run)
					}
				case !errors.Is(err, jobs.ErrTaken) && !errors.As(err, &busy):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d daemons have it", won.Load())
		}
	}
}

// A run of a dossier whose other run is executed waits: two at once would pay it twice.
func TestQueuedRunWaitsForItsDossier(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	queued := f.enqueued(a, request())
	other := request()
	other.Job = "primes"
	running, err := b.Start(t.Context(), other)
	f.must(err)
	for _, s := range []*Store{a, b} {
		_, err := s.Claim(f.impatient(), queued.ID, resumption)
		wantBusy(f, err)
	}
	f.finish(b, running, jobs.ReasonStopped, jobs.Failed)
	f.claim(a, queued.ID)
	for _, gone := range []int64{running.ID, 12345} {
		if _, err := a.Claim(f.impatient(), gone, resumption); !errors.Is(err, jobs.ErrTaken) {
			t.Errorf("run %d: %v", gone, err)
		}
	}
}

// A dead daemon's run goes on elsewhere, but not before its last requests are given up, which takes a living one 1.5 s.
func TestClaimOfADeadDaemonsRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.plan(a, run, toSend(a, "1", 0), toSend(a, "2", 0))
	f.step(a, run, jobs.Step{Take: 1})
	_, err := b.Claim(f.impatient(), run.ID, resumption)
	wantBusy(f, err)
	b.Rest()
	f.kill(a)
	f.db.Exec(t, `UPDATE syncd.owner SET heartbeat_at = clock_timestamp()`)
	if _, err := b.Claim(f.impatient(), run.ID, resumption); !errors.Is(err, jobs.ErrTaken) {
		t.Errorf("at once: %v", err)
	}
	f.age(3 * time.Second)
	taken := f.claim(b, run.ID)
	if taken.Epoch != 2 || taken.Takeovers != 1 || taken.Trigger != run.Trigger || !taken.Planned {
		t.Errorf("%+v", taken)
	}
	f.want("1:pending:true 2:pending:false", `SELECT string_agg(key || ':' || state || ':' || ambiguous, ' ' ORDER BY seq) FROM syncd.item`)
	wantLost(f, func() error { _, err := a.Finish(t.Context(), run, jobs.Reason{}, patience); return err })
}

// A frozen daemon loses its run when its lease is over, whatever its sessions hold at that moment.
func TestClaimOfAFrozenDaemonsRun(t *testing.T) {
	t.Parallel()
	for name, lock := range map[string]string{
		"idle":              `SELECT 1`,
		"while it finished": `SELECT 1 FROM syncd.run FOR NO KEY UPDATE`,
		"while it asked":    `SELECT 1 FROM syncd.target FOR NO KEY UPDATE`,
		"while it recorded": `SELECT 1 FROM syncd.run FOR SHARE`,
		"with its items":    `SELECT 1 FROM syncd.item FOR UPDATE`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			a, b := f.open(), f.open()
			run := f.start(a)
			f.plan(a, run, toSend(a, "1", 0))
			session := f.sessionOf(a)
			f.lockOn(session, lock)
			f.freeze(a)
			taken := f.claim(b, run.ID)
			if taken.Takeovers != 1 {
				t.Errorf("%+v", taken)
			}
			if session.Ping(f.impatient()) == nil || a.owner.current.conn.Ping(f.impatient()) == nil {
				t.Error("the frozen daemon's sessions live")
			}
			wantLost(f, func() error { _, err := a.Finish(t.Context(), run, jobs.Reason{}, patience); return err })
		})
	}
}

// The same for a person who starts a new run.
func TestStartBesideADaemonThatFrozeWhileItFinished(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.lockOn(f.sessionOf(a), `SELECT 1 FROM syncd.run FOR NO KEY UPDATE`)
	f.freeze(a)
	_, err := b.Start(f.impatient(), request())
	f.must(err)
	f.wantState(run.ID, "failed interrupted")
}

// sessionOf is a session as the pool of a process has them.
func (f *fixture) sessionOf(s *Store) *pgx.Conn {
	f.Helper()
	config, err := pgx.ParseConfig(f.db.URL)
	f.must(err)
	config.RuntimeParams["application_name"] = applicationName(s.owner.identity())
	conn, err := pgx.ConnectConfig(f.Context(), config)
	f.must(err)
	f.Cleanup(func() { _ = conn.Close(context.Background()) }) // the test may have ended it
	return conn
}

// A daemon that froze between two statements of a claim holds a dossier. The others must not wait for it.
func TestClaimDoesNotWaitForAFrozenDaemon(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	queued := f.enqueued(s, request())
	release := f.lock(`SELECT 1 FROM syncd.target FOR NO KEY UPDATE`)
	if _, err := s.Claim(f.impatient(), queued.ID, resumption); !errors.Is(err, jobs.ErrTaken) {
		t.Errorf("%v", err)
	}
	release()
	f.claim(s, queued.ID)
}

// A run whose end could not be recorded goes on at once, and what else the same process executes is not disturbed.
func TestOwnOrphanIsClaimedAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	other := f.startAt(s, "another", month)
	w, err := s.BeginPlan(t.Context(), other, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	orphan := f.start(s)
	f.plan(s, orphan, toSend(s, "1", 0))
	f.step(s, orphan, jobs.Step{Take: 1})
	run := f.claim(s, orphan.ID)
	if run.Epoch != 2 || run.Takeovers != 0 {
		t.Errorf("%+v", run)
	}
	f.must(w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{}, Digests: jobs.Digests{}}))
	f.must(s.Confirm(other))
	f.must(s.Confirm(run))
	wantLost(f, func() error { _, err := s.Finish(t.Context(), orphan, jobs.Reason{}, patience); return err })
	f.must(waitUntil(f, func() bool { wait, _, err := s.NextPending(t.Context(), run); return err == nil && wait == 0 }))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
}

// A claim that another process has taken over before this one read it back must not hand out the other's epoch: with it
// this process could write into the other's run.
func TestClaimThatWasTakenMeanwhile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	queued := f.enqueued(s, request())
	stopped := f.startAt(s, "stopped", month)
	f.finish(s, stopped, jobs.ReasonStopped, jobs.Failed)
	f.db.Exec(t, `CREATE FUNCTION rob() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			UPDATE syncd.run SET epoch = epoch + 1, owner = 1 WHERE id = NEW.id AND owner <> 1; RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER rob AFTER INSERT OR UPDATE ON syncd.run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION rob()`)
	if run, err := s.Claim(t.Context(), queued.ID, resumption); err == nil {
		t.Errorf("claimed: %+v", run)
	}
	if run, err := s.Resume(t.Context(), stopped.ID, resumption); err == nil {
		t.Errorf("resumed: %+v", run)
	}
	if run, err := s.Start(t.Context(), at("new", month)); err == nil {
		t.Errorf("started: %+v", run)
	}
}

// What was cancelled while nobody executed it is ended, not executed.
func TestClaimOfACancelledRunEndsIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.open(), f.open()
	run := f.start(a)
	f.plan(a, run, toSend(a, "1", 0), toSend(a, "2", 0))
	f.step(a, run, jobs.Step{Take: 1})
	_, err := b.Cancel(t.Context(), run.ID, "somebody", "a mistake")
	f.must(err)
	f.kill(a)
	f.age(3 * time.Second)
	if _, err := b.Claim(f.impatient(), run.ID, resumption); !errors.Is(err, jobs.ErrTaken) {
		t.Errorf("%v", err)
	}
	f.wantState(run.ID, "cancelled cancelled")
	f.want("uncertain superseded", `SELECT string_agg(state, ' ' ORDER BY seq) FROM syncd.item`)
}

// A run that kills whoever executes it is given up before it has killed every daemon for ever; its plan is kept.
func TestRunThatKillsIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	for range jobs.MostTakeovers {
		f.kill(s)
		f.age(3 * time.Second)
		s = f.open()
		f.claim(s, run.ID)
	}
	f.kill(s)
	f.age(3 * time.Second)
	s = f.open()
	if _, err := s.Claim(f.impatient(), run.ID, resumption); !errors.Is(err, jobs.ErrTaken) {
		t.Errorf("%v", err)
	}
	f.wantState(run.ID, "failed crashes")
	resumed, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	// A person has looked: the next death is the first again.
	f.kill(s)
	f.age(3 * time.Second)
	last := f.open()
	taken := f.claim(last, resumed.ID)
	f.deliver(last, taken)
	f.finish(last, taken, "", jobs.Succeeded)
}

// Where sending again may pay twice nothing in doubt is sent again, also when it was planned before the API was known to
// be so.
func TestClaimWithAppendLeavesDoubtToAPerson(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0), toSend(s, "2", 0), toSend(s, "3", 0))
	f.step(s, run, jobs.Step{Take: 2})
	broken := outcome(2, jobs.ItemPending, false)
	broken.Deferred = true
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{broken}})
	f.postpone(s, run, jobs.ReasonStopped)
	appending := resumption
	appending.Semantics = jobs.Append
	run, err := s.Claim(f.impatient(), run.ID, appending)
	f.must(err)
	f.want("1:uncertain:no-answer 2:uncertain:no-answer 3:pending:new",
		`SELECT string_agg(key || ':' || state || ':' || reason_code, ' ' ORDER BY seq) FROM syncd.item`)
	if claimed := f.step(s, run, jobs.Step{Take: 8}); len(claimed) != 1 || claimed[0].Key != "3" {
		t.Errorf("%+v", claimed)
	}
}
