package store

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

var (
	ofExpiring = []ledger.Decision{ledger.DecisionExpire}
	week       = map[string]time.Duration{"paie": 7 * 24 * time.Hour}
)

// pairs are these jobs, for every target that there is.
func (f *fixture) pairs(expires map[string]time.Duration) (pairs []ledger.Pair) {
	f.Helper()
	rows, err := f.conn.Query(f.Context(), "SELECT id FROM syncd.target")
	f.must(err)
	targets, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	f.must(err)
	for job := range expires {
		for _, target := range targets {
			pairs = append(pairs, ledger.Pair{Job: job, TargetID: target})
		}
	}
	return pairs
}

func (f *fixture) expire(s *Store, expires map[string]time.Duration, want ...int64) {
	f.Helper()
	runs, err := s.ExpireHolds(f.impatient(), f.pairs(expires), expires)
	f.must(err)
	if slices.Sort(runs); !slices.Equal(runs, want) {
		f.Errorf("%v, want %v", runs, want)
	}
}

// ended makes a run have ended some days ago.
func (f *fixture) ended(run *jobs.Run, days int) {
	f.db.Exec(f.T, `UPDATE syncd.run SET finished_at = finished_at - make_interval(days => $2) WHERE id = $1`, run.ID, days)
}

// toHold is somebody for whom a person must decide.
func toHold(s *Store, key string) jobs.PlannedItem {
	item := toSend(s, key, 0)
	item.State = jobs.ItemHeld
	return item
}

// heldRun waits as a whole: two to send, one of them held, and one in doubt.
func (f *fixture) heldRun(s *Store, dossier string) *jobs.Run {
	f.Helper()
	run := f.startAt(s, dossier, month)
	doubtful := toSend(s, "3", 0)
	doubtful.Ambiguous = true
	f.plan(s, run, toSend(s, "1", 0), toHold(s, "2"), doubtful)
	return f.finish(s, run, jobs.ReasonGuard, jobs.Held)
}

// heldItems is a run that was sent but for two.
func (f *fixture) heldItems(s *Store, dossier string, failure jobs.ReasonCode, want jobs.State) *jobs.Run {
	f.Helper()
	run := f.startAt(s, dossier, month)
	f.plan(s, run, toSend(s, "1", 0), toHold(s, "2"), toHold(s, "3"))
	f.deliver(s, run)
	return f.finish(s, run, failure, want)
}

// What nobody decides about is given up once its time is over, and says so; what is younger waits on.
func TestHoldsExpire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	held, younger := f.heldRun(s, "held"), f.heldRun(s, "younger")
	partly := f.heldItems(s, "partly", "", jobs.Incomplete)
	failed := f.heldItems(s, "failed", jobs.ReasonFailures, jobs.Failed)
	for _, run := range []*jobs.Run{held, partly, failed} {
		f.ended(run, 8)
	}
	f.ended(younger, 6)
	f.expire(s, map[string]time.Duration{"paie": 0, "another": time.Nanosecond})
	f.expire(s, week, held.ID, partly.ID, failed.ID)
	f.expire(s, week)

	f.wantState(held.ID, "cancelled cancelled")
	f.items(held, "1 superseded, 2 superseded, 3 uncertain")
	f.want("expired expired no-answer", `SELECT string_agg(reason_code, ' ' ORDER BY key) FROM syncd.item WHERE run_id = $1`, held.ID)
	cancelled, err := s.Run(t.Context(), held.ID)
	f.must(err)
	if cancelled.CancelledBy != "syncd" || cancelled.CancelledFor != expiredReason || cancelled.Counts.Superseded != 2 ||
		cancelled.Counts.Uncertain != 1 {
		t.Errorf("%+v", cancelled)
	}
	f.wantState(partly.ID, "incomplete")
	f.wantState(failed.ID, "failed failures")
	f.items(partly, "1 accepted, 2 superseded, 3 superseded")
	f.want("0 2 1", `SELECT held || ' ' || superseded || ' ' || accepted FROM syncd.run WHERE id = $1`, partly.ID)
	f.wantState(younger.ID, "held guard")
	f.wantAudit(s, ofExpiring, "syncd expire 168h0m0s:", "syncd expire 168h0m0s 2,3:", "syncd expire 168h0m0s 2,3:")
}

// A run that somebody is at is left alone, and keeps nobody waiting.
func TestExpiringWaitsForNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	locked, planned, free := f.heldRun(s, "locked"), f.heldRun(s, "planned"), f.heldRun(s, "free")
	for _, run := range []*jobs.Run{locked, planned, free} {
		f.ended(run, 8)
	}
	f.startAt(s, "planned", month) // which is about to take its place
	release := f.lock(`SELECT 1 FROM syncd.target WHERE id = $1 FOR UPDATE`, locked.Target.ID)
	f.expire(s, week, free.ID)
	release()
	f.wantState(planned.ID, "held guard")
	f.expire(s, week, locked.ID)
}
