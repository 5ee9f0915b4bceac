package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// impatient is for what must not wait for another process.
func (f *fixture) impatient() context.Context {
	limited, cancel := context.WithTimeout(f.Context(), impatient)
	f.Cleanup(cancel)
	return limited
}

// lock holds rows in a session of its own until release is called, as a process that froze would.
func (f *fixture) lock(sql string, args ...any) (release func()) {
	f.Helper()
	conn := f.db.Connect(f.T)
	return f.lockOn(conn, sql, args...)
}

func (f *fixture) lockOn(conn *pgx.Conn, sql string, args ...any) (release func()) {
	f.Helper()
	tx, err := conn.Begin(f.Context())
	f.must(err)
	tag, err := tx.Exec(f.Context(), sql, args...)
	f.must(err)
	if tag.RowsAffected() == 0 {
		f.Fatalf("nothing was locked by %s", sql)
	}
	return func() { f.Helper(); f.must(tx.Rollback(f.Context())) }
}

func (f *fixture) enqueued(s *Store, r jobs.NewRun) *jobs.Run {
	f.Helper()
	run, err := s.Enqueue(f.Context(), r)
	f.must(err)
	return run
}

func (f *fixture) claim(s *Store, id int64) *jobs.Run {
	f.Helper()
	run, err := s.Claim(f.impatient(), id, resumption)
	f.must(err)
	return run
}

// at is a request for a dossier of its own and a period.
func at(dossier string, period jobs.Period) jobs.NewRun {
	r := request()
	r.Target.Dossier, r.Period = dossier, period
	return r
}

func (f *fixture) startAt(s *Store, dossier string, period jobs.Period) *jobs.Run {
	f.Helper()
	run, err := s.Start(f.Context(), at(dossier, period))
	f.must(err)
	return run
}

func (f *fixture) wantState(id int64, want string) {
	f.Helper()
	f.want(want, `SELECT trim(state || ' ' || failure_code) FROM syncd.run WHERE id = $1`, id)
}

func pairOf(run *jobs.Run) ledger.Pair { return ledger.Pair{Job: run.Job, TargetID: run.Target.ID} }

// What a person hands to a daemon must not stand beside a run that does the same: the month would go twice.
func TestSecondOfAKindIsNotQueued(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	refused := func(want int64, err error) {
		t.Helper()
		var busy *jobs.BusyError
		if !errors.As(err, &busy) || busy.Run.ID != want {
			t.Errorf("got %v, want it to name run %d", err, want)
		}
	}
	queued := f.enqueued(s, request())
	if queued.State != jobs.Queued || queued.Owner != nil || queued.StartedAt != nil || !queued.AnyOrder {
		t.Errorf("%+v", queued)
	}
	_, err := s.Enqueue(t.Context(), request())
	refused(queued.ID, err)
	_, err = s.Start(t.Context(), request())
	refused(queued.ID, err)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("syncd resume %d", queued.ID)) ||
		!strings.Contains(err.Error(), "syncd cancel") {
		t.Errorf("no next step is named: %v", err)
	}
	other := request()
	other.Job = "primes"
	f.enqueued(s, other)
	running := f.claim(s, queued.ID)
	_, err = s.Enqueue(t.Context(), request())
	refused(running.ID, err)
	other.Period = "2026-12"
	_, err = s.Enqueue(t.Context(), other)
	refused(running.ID, err)
	ordered := at("sainte-anne", "2026-10")
	older := f.enqueued(s, ordered)
	ordered.Period, ordered.AnyOrder = "2026-11", false
	var order *jobs.OrderError
	if _, err := s.Enqueue(t.Context(), ordered); !errors.As(err, &order) || order.Other.ID != older.ID {
		t.Errorf("%v", err)
	}
}

// A run that stopped goes on in a daemon with the plan it has; one that is finished, or goes on already, does not.
func TestRequeue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	_, err := s.Requeue(t.Context(), run.ID, "marie")
	wantBusy(f, err)
	f.finish(s, run, jobs.ReasonUnreachable, jobs.Failed)
	f.db.Exec(t, `UPDATE syncd.run SET postponed = 7, deadline_at = clock_timestamp() WHERE id = $1`, run.ID)
	queued, err := s.Requeue(t.Context(), run.ID, "marie")
	f.must(err)
	if queued.State != jobs.Queued || queued.Trigger != jobs.TriggerResume || queued.FinishedAt != nil || queued.Postponed != 0 ||
		!queued.Planned {
		t.Errorf("%+v", queued)
	}
	f.want("NULL", `SELECT deadline_at FROM syncd.run`)
	if again, err := s.Requeue(t.Context(), run.ID, "marie"); err != nil || again.State != jobs.Queued {
		t.Errorf("%+v %v", again, err)
	}
	run = f.claim(s, run.ID)
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
	var finished *jobs.FinishedError
	if _, err := s.Requeue(t.Context(), run.ID, "marie"); !errors.As(err, &finished) {
		t.Errorf("%v", err)
	}
	if _, err := s.Requeue(t.Context(), 12345, "marie"); !errors.Is(err, jobs.ErrNoRun) {
		t.Errorf("%v", err)
	}
}

// Open runs of what is not configured any more: queued, held, or left by a process that died. Not what is executed, nor what is over.
func TestOutside(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, other, dead := f.open(), f.open(), f.open()
	left := f.startAt(dead, "left", "2026-11")
	f.kill(dead)
	queued := f.enqueued(s, at("queued", "2026-11"))
	held := f.enqueued(s, at("held", "2026-11"))
	f.db.Exec(t, `UPDATE syncd.run SET state = 'running', owner = 1 WHERE id = $1`, held.ID)
	f.db.Exec(t, `UPDATE syncd.run SET state = 'held', owner = NULL, finished_at = clock_timestamp() WHERE id = $1`, held.ID)
	over := f.enqueued(s, at("over", "2026-11"))
	_, err := s.Cancel(t.Context(), over.ID, "somebody", "a reason")
	f.must(err)
	executed := f.startAt(other, "executed", "2026-11")
	known := f.enqueued(s, at("configured", "2026-11"))
	for _, c := range []struct {
		pairs []ledger.Pair
		want  []int64
	}{
		{nil, []int64{left.ID, queued.ID, held.ID, known.ID}},
		{[]ledger.Pair{pairOf(known)}, []int64{left.ID, queued.ID, held.ID}},
		{[]ledger.Pair{pairOf(known), {Job: "renamed", TargetID: queued.Target.ID}}, []int64{left.ID, queued.ID, held.ID}},
		{[]ledger.Pair{pairOf(known), pairOf(queued), pairOf(held), pairOf(executed)}, []int64{left.ID}},
	} {
		outside, err := s.Outside(t.Context(), c.pairs)
		f.must(err)
		var got []int64
		for _, run := range outside {
			got = append(got, run.ID)
			if run.Interrupted != (run.ID == left.ID) {
				t.Errorf("run %d: interrupted is %v", run.ID, run.Interrupted)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("outside of %v: %v, want %v", c.pairs, got, c.want)
		}
	}
}

// What died half way comes first, the older month before the newer one; what waits for something that is away must not
// keep the others from their turn.
func TestActiveOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, other := f.open(), f.open()
	away := f.postpone(s, f.startAt(s, "a", "2026-08"), jobs.ReasonUnreachable)
	newer := f.enqueued(s, at("b", "2026-11"))
	older := f.enqueued(s, at("c", "2026-10"))
	running := f.startAt(s, "d", "2026-12")
	theirs := f.startAt(other, "e", "2026-12")
	elsewhere := f.enqueued(s, at("not configured here", "2026-01"))
	var pairs []ledger.Pair
	for _, run := range []*jobs.Run{away, newer, older, running, theirs} {
		pairs = append(pairs, pairOf(run))
	}
	ok, err := s.Pause(t.Context(), "paie", "somebody", "a reason")
	if f.must(err); !ok {
		t.Error("it is not paused")
	}
	f.db.Exec(t, `UPDATE syncd.run SET trigger = 'schedule' WHERE period <> '2026-11'`) // a pause does not concern what a person asked for
	active, err := s.Active(t.Context(), pairs)
	f.must(err)
	var ids []int64
	for _, a := range active {
		ids = append(ids, a.ID)
		if a.Paused != (a.State == jobs.Queued && a.ID != newer.ID) || a.Again != (a.ID == away.ID) || a.Ours != (a.ID == running.ID) {
			t.Errorf("%+v", a)
		}
		low, high := time.Duration(0), time.Duration(0)
		switch a.ID {
		case away.ID:
			low, high = 20*time.Second, 30*time.Second
		case running.ID, theirs.ID:
			low, high = 50*time.Second, time.Minute // the lease
		}
		if a.Wait < low || a.Wait > high {
			t.Errorf("run %d waits %s", a.ID, a.Wait)
		}
	}
	if want := []int64{running.ID, theirs.ID, older.ID, newer.ID, away.ID}; !slices.Equal(ids, want) || slices.Contains(ids, elsewhere.ID) {
		t.Errorf("the order is %v, not %v", ids, want)
	}
	f.freeze(other)
	active, err = s.Active(t.Context(), []ledger.Pair{pairOf(theirs)})
	f.must(err)
	if len(active) != 1 || active[0].Wait > 0 {
		t.Errorf("a frozen one's run: %+v", active)
	}
	if none, err := s.Active(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("%v %v", none, err)
	}
}

// A pause says who and why, and is one.
func TestPauses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for i, want := range []bool{true, false} {
		if ok, err := s.Pause(t.Context(), "paie", fmt.Sprint("person ", i), "a reason"); ok != want || err != nil {
			t.Errorf("%v %v", ok, err)
		}
	}
	pauses, err := s.Pauses(t.Context())
	f.must(err)
	if len(pauses) != 1 || pauses[0].Job != "paie" || pauses[0].By != "person 0" || pauses[0].Reason != "a reason" ||
		pauses[0].Since.IsZero() {
		t.Errorf("%+v", pauses)
	}
	for _, want := range []bool{true, false} {
		if ok, err := s.Unpause(t.Context(), "paie", "marie", ""); ok != want || err != nil {
			t.Errorf("%v %v", ok, err)
		}
	}
}
