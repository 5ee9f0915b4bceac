package store

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

var ofSettling = []ledger.Decision{ledger.DecisionSettle}

func (f *fixture) settle(s *Store, run *jobs.Run, as ledger.Settlement, want jobs.State, keys ...string) *jobs.Run {
	f.Helper()
	settled, err := s.Settle(f.impatient(), run.ID, keys, as, "marie", "looked there", 0)
	f.must(err)
	if settled.State != want {
		f.Errorf("run is %s, want %s: %+v", settled.State, want, settled.Counts)
	}
	return settled
}

// unsettled tries to settle, and wants a text in the error, and nothing written.
func (f *fixture) unsettled(s *Store, run *jobs.Run, as ledger.Settlement, timeout time.Duration, want string, keys ...string) {
	f.Helper()
	before := f.everything()
	_, err := s.Settle(f.impatient(), run.ID, keys, as, "paul", "so I think", timeout)
	var refused *jobs.UnsettledError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "\nhint: ") {
		f.Errorf("got %v, want %q", err, want)
	}
	if f.everything() != before {
		f.Error("something was written")
	}
}

// append freezes a plan for an API that adds: what older runs left in doubt stays so.
func (f *fixture) append(s *Store, items ...jobs.PlannedItem) *jobs.Run {
	f.Helper()
	return f.appendIn(s, f.start(s), items...)
}

func (f *fixture) appendIn(s *Store, run *jobs.Run, items ...jobs.PlannedItem) *jobs.Run {
	f.Helper()
	w, err := s.BeginPlan(f.Context(), run, jobs.Resumption{Semantics: jobs.Append})
	f.must(err)
	defer w.Abandon()
	var counts jobs.Counts
	for i := range items {
		items[i].Seq = i + 1
		counts.EmployeesRead += items[i].Employees
		counts.ElementsRead += items[i].Elements
	}
	f.must(w.Add(f.Context(), items))
	f.must(w.Commit(f.Context(), jobs.Frozen{Counts: counts}))
	return f.finish(s, run, "", jobs.Incomplete)
}

// toWait is a line about somebody of whom an older run's document must be settled first.
func toWait(s *Store, key string, version int64) jobs.PlannedItem {
	item := toSend(s, key, version)
	item.State = jobs.ItemUnsettled
	return item
}

// unsure is a run that ended with these employees uncertain; one more is accepted.
func (f *fixture) unsure(s *Store, items ...jobs.PlannedItem) *jobs.Run {
	f.Helper()
	run := f.start(s)
	version, err := strconv.ParseInt(f.text(`SELECT coalesce(max(version), 0) FROM syncd.baseline WHERE key = 'sure'`), 10, 64)
	f.must(err)
	f.plan(s, run, append(items, toSend(s, "sure", version))...)
	var outcomes []jobs.ItemOutcome
	for _, c := range f.step(s, run, jobs.Step{Take: 100}) {
		outcomes = append(outcomes, outcome(c.Seq, jobs.ItemUncertain, false))
	}
	outcomes[len(outcomes)-1] = outcome(len(items)+1, jobs.ItemAccepted, true)
	f.step(s, run, jobs.Step{Outcomes: outcomes})
	return f.finish(s, run, "", jobs.Incomplete)
}

// gone is a line about somebody who is no longer in staging.
func gone(key string, version int64) jobs.PlannedItem {
	return jobs.PlannedItem{Item: jobs.Item{Key: key, State: jobs.ItemDeparted, Difference: jobs.Departed, BaselineVersion: version,
		Reason: jobs.Reason{Code: jobs.ReasonDeparted}}}
}

func (f *fixture) items(run *jobs.Run, want string) {
	f.Helper()
	f.want(want, `SELECT string_agg(key || ' ' || state, ', ' ORDER BY key) FROM syncd.item WHERE run_id = $1 AND key <> 'sure'`, run.ID)
}

// What a person found at the other side is acknowledged: the document that was sent is what the next plan compares with.
func TestSettleAsAccepted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.unsure(s, toSend(s, "1", 0), toSend(s, "2", 0))
	first := f.settle(s, run, ledger.SettleAccepted, jobs.Incomplete, "2")
	if c := first.Counts; c.Accepted != 2 || c.Uncertain != 1 || !first.FinishedAt.Equal(*run.FinishedAt) {
		t.Errorf("%+v", first)
	}
	f.baseline("2", "1 known")
	f.baseline("1", "0 in doubt")
	f.items(run, "1 uncertain, 2 accepted")
	acknowledged, err := s.Documents(t.Context(), run.Target.ID, []jobs.DocumentRef{{Key: "2", Period: month}})
	f.must(err)
	if got := string(acknowledged[0].Document); got != string(document("2", 1)) {
		t.Errorf("%s", got)
	}
	sum := s.Fingerprinter().Sum(document("2", 1))
	f.want("true", `SELECT fingerprint = $1 AND run_id = $2 AND key_id = $3 AND acknowledged_at IS NOT NULL FROM syncd.baseline WHERE key =
		'2'`,
		sum[:], run.ID, s.keys.ID)
	f.want("settled NULL", `SELECT reason_code || ' ' || coalesce(payload::text, 'NULL') FROM syncd.item WHERE key = '2'`)
	f.settle(s, run, ledger.SettleAccepted, jobs.Succeeded, "1", "1")
	f.wantAudit(s, ofSettling, "marie settle accepted 2: looked there", "marie settle accepted 1: looked there")
}

// A newer plan that waits for the answer has it: who was to get the same document is delivered, who was to get another one
// is not.
func TestSettleAsAcceptedWhatANewerPlanWaitsFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.unsure(s, toSend(s, "1", 0), toSend(s, "2", 0))
	newer := f.append(s, toWait(s, "1", 0), toWait(s, "2", 1))
	f.settle(s, older, ledger.SettleAccepted, jobs.Succeeded, "1", "2")
	f.items(newer, "1 accepted, 2 unsettled")
	f.want("1 1", `SELECT accepted || ' ' || uncertain FROM syncd.run WHERE id = $1`, newer.ID)
}

// What did not arrive is sent again, by the same run and byte for byte; what had been acknowledged before stays known.
func TestSettleAsPending(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	earlier := f.start(s)
	f.plan(s, earlier, toSend(s, "2", 0))
	f.deliver(s, earlier)
	f.finish(s, earlier, "", jobs.Succeeded)
	run := f.unsure(s, toSend(s, "1", 0), toSend(s, "2", 1), toSend(s, "3", 0))
	queued := f.settle(s, run, ledger.SettlePending, jobs.Queued, "1", "2")
	if queued.FinishedAt != nil || queued.Failure.Code != "" || queued.Counts.NotAttempted != 2 || queued.Counts.Uncertain != 1 {
		t.Errorf("%+v", queued)
	}
	f.baseline("1", "NULL")
	f.baseline("2", "1 known")
	f.baseline("3", "0 in doubt")
	taken := f.claim(s, run.ID)
	claimed := f.take(s, taken, 100)
	if len(claimed) != 2 || claimed[0].Ambiguous || string(claimed[1].Document) != string(document("2", 2)) {
		t.Errorf("%+v", claimed)
	}
	f.step(s, taken, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true), outcome(2, jobs.ItemAccepted, true)}})
	f.finish(s, taken, "", jobs.Incomplete)
	f.settle(s, run, ledger.SettleAccepted, jobs.Succeeded, "3")
	f.wantAudit(s, ofSettling, "marie settle pending 1,2: looked there", "marie settle accepted 3: looked there")
}

// What a cancelled run sent, or one whose employee a later plan knows more of, is not sent again by it: staging may have
// been corrected since. The next plan sends what staging says then.
func TestSettleAsPendingWhatIsOutOfDate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	cancelled := f.unsure(s, toSend(s, "1", 0))
	f.cancel(s, cancelled.ID, jobs.Cancelled)
	if c := f.settle(s, cancelled, ledger.SettlePending, jobs.Cancelled, "1").Counts; c.Superseded != 1 || c.Uncertain != 0 {
		t.Errorf("%+v", c)
	}
	older := f.unsure(s, toSend(s, "2", 0), toSend(s, "3", 0))
	newer := f.append(s, toWait(s, "2", 1))
	f.items(older, "2 uncertain, 3 uncertain")
	if c := f.settle(s, older, ledger.SettlePending, jobs.Incomplete, "2").Counts; c.Superseded != 1 || c.Uncertain != 1 {
		t.Errorf("%+v", c)
	}
	f.baseline("2", "NULL")
	f.settle(s, older, ledger.SettlePending, jobs.Queued, "3")
	f.items(older, "2 superseded, 3 pending")
	f.items(newer, "2 unsettled")
}

// Which plan is newer is told by when it was made: a run that stopped before its plan, and was resumed after another one,
// has a smaller number and knows more.
func TestSettleAsPendingWhatAResumedRunPlannedLater(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	resumed := f.start(s)
	f.finish(s, resumed, jobs.ReasonUnreachable, jobs.Failed)
	uncertain := f.unsure(s, toSend(s, "1", 0))
	again, err := s.Resume(t.Context(), resumed.ID, jobs.Resumption{Semantics: jobs.Append})
	f.must(err)
	f.appendIn(s, again, toWait(s, "1", 1))
	if c := f.settle(s, uncertain, ledger.SettlePending, jobs.Incomplete, "1").Counts; c.Superseded != 1 || c.NotAttempted != 0 {
		t.Errorf("the older document would be sent again: %+v", c)
	}
}

// Only an approval lets a held run go.
func TestSettleDoesNotReleaseAHeldRun(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.unsure(s, toSend(s, "1", 0))
	run := f.start(s)
	doubtful := toSend(s, "1", 0)
	doubtful.Ambiguous = true
	f.plan(s, run, doubtful)
	f.finish(s, run, jobs.ReasonGuard, jobs.Held)
	f.unsettled(s, run, ledger.SettleAccepted, 0, "has not sent employee 1", "1")
	if c := f.settle(s, run, ledger.SettlePending, jobs.Held, "1").Counts; c.NotAttempted != 1 || c.Uncertain != 0 {
		t.Errorf("%+v", c)
	}
	f.baseline("1", "NULL")
}

// Whoever was taken back at the other side is missing no more, in no run that told so. They can come back.
func TestSettleAsWithdrawn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	sent := f.start(s)
	f.plan(s, sent, toSend(s, "1", 0), toSend(s, "2", 0))
	f.deliver(s, sent)
	f.finish(s, sent, "", jobs.Succeeded)
	var told []*jobs.Run
	for range 2 {
		run := f.start(s)
		f.plan(s, run, gone("1", 1), gone("2", 1))
		told = append(told, f.finish(s, run, "", jobs.Incomplete))
	}
	if c := f.settle(s, told[0], ledger.SettleWithdrawn, jobs.Incomplete, "1").Counts; c.Departed != 1 {
		t.Errorf("%+v", c)
	}
	f.unsettled(s, told[1], ledger.SettleWithdrawn, 0, "settled already, by marie on ", "2", "1")
	f.settle(s, told[1], ledger.SettleWithdrawn, jobs.Succeeded, "2")
	f.wantState(told[0].ID, "succeeded")
	f.items(told[0], "1 withdrawn, 2 withdrawn")
	f.want("1 2", `SELECT string_agg(key, ' ' ORDER BY key) FROM syncd.baseline WHERE withdrawn AND NOT in_doubt AND version = 1`)

	back := f.start(s)
	f.plan(s, back, toSend(s, "1", 1))
	f.deliver(s, back)
	f.finish(s, back, "", jobs.Succeeded)
	f.baseline("1", "2 known")
	f.want("2", `SELECT string_agg(key, ' ') FROM syncd.baseline WHERE withdrawn`)
	f.wantAudit(s, ofSettling, "marie settle withdrawn 1: looked there", "marie settle withdrawn 2: looked there")
}

// Somebody who was perhaps never received is taken back like anybody else; the run that waits for the answer has it.
func TestSettleAsWithdrawnWhatIsInDoubt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.unsure(s, toSend(s, "1", 0))
	run := f.append(s, gone("1", 0))
	f.unsettled(s, run, ledger.SettleWithdrawn, time.Hour, "may still be on its way", "1")
	f.unsettled(s, run, ledger.SettleAccepted, 0, "is departed in run", "1")
	f.settle(s, run, ledger.SettleWithdrawn, jobs.Succeeded, "1")
	f.want("0 t f", `SELECT concat_ws(' ', version, withdrawn, in_doubt) FROM syncd.baseline WHERE key = '1'`)
	f.items(older, "1 superseded")
	f.want("0 1", `SELECT uncertain || ' ' || superseded FROM syncd.run WHERE id = $1`, older.ID)
}
