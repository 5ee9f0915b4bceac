package store

import (
	"testing"
	"time"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
)

// old makes all that there is, or one run, older than any cutoff of the tests.
func (f *fixture) old(run int64) {
	f.Helper()
	f.db.Exec(f.T, `UPDATE syncd.run SET finished_at = finished_at - interval '10 years', created_at = created_at - interval '10 years'
		WHERE id = $1`, run)
}

func cutoff() time.Time { return time.Now().Add(-24 * time.Hour) }

func (f *fixture) purge(s *Store, c Cutoffs, want Purged) {
	f.Helper()
	for _, dry := range []bool{true, false} {
		before := f.everything()
		got, err := s.purge(f.Context(), c, "marie", dry)
		f.must(err)
		if got != want {
			f.Errorf("dry %t: %+v, want %+v", dry, got, want)
		}
		if dry && f.everything() != before {
			f.Error("a dry purge deleted something")
		}
	}
	if again, err := s.purge(f.Context(), c, "marie", false); err != nil || again != (Purged{}) {
		f.Errorf("a second time: %+v %v", again, err)
	}
}

// withDiffs is a run of two with diffs, one accepted and one refused.
func (f *fixture) withDiffs(s *Store, dossier string, second jobs.ItemState) *jobs.Run {
	f.Helper()
	run := f.startAt(s, dossier, month)
	items := []jobs.PlannedItem{toSend(s, "1", 0), toSend(s, "2", 0)}
	for i := range items {
		items[i].Diff = []diff.Change{{Path: "Nom"}}
	}
	f.plan(s, run, items...)
	f.step(s, run, jobs.Step{Take: 2})
	o := outcome(2, second, second != jobs.ItemUncertain)
	o.Reason.Detail, o.Deferred = "the API's words", second == jobs.ItemPending
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true), o}})
	return run
}

// Each kind goes by its own cutoff, a dry purge deletes nothing, and what the partner has is never forgotten: a baseline
// that was purged would send everybody again.
func TestPurgeByCutoff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.withDiffs(s, "old", jobs.ItemRejected)
	f.finish(s, run, "", jobs.Incomplete)
	f.old(run.ID)
	young := f.withDiffs(s, "young", jobs.ItemRejected)
	f.finish(s, young, "", jobs.Incomplete)
	baseline := f.text(`SELECT md5(string_agg(b::text, '|' ORDER BY b::text)) FROM syncd.baseline b`)
	kept := f.text(`SELECT md5(string_agg(i::text, '|' ORDER BY i::text)) FROM syncd.item i WHERE run_id = $1`, young.ID)

	f.purge(s, Cutoffs{}, Purged{})
	f.purge(s, Cutoffs{Runs: cutoff()}, Purged{}) // its items keep it
	f.purge(s, Cutoffs{Diffs: cutoff()}, Purged{Diffs: 2})
	f.want("2 t", `SELECT count(*) || ' ' || left(bool_and(diff IS NULL AND problems IS NULL AND reason_detail = '')::text, 1) FROM
		syncd.item WHERE run_id = $1`, run.ID)
	f.purge(s, Cutoffs{Items: cutoff()}, Purged{Items: 2})
	f.want("2 1 1", `SELECT employees_read || ' ' || accepted || ' ' || rejected FROM syncd.run WHERE id = $1`, run.ID)
	f.purge(s, Cutoffs{Runs: cutoff()}, Purged{Runs: 1})
	f.want("1", `SELECT count(*) FROM syncd.run`)
	f.want(baseline, `SELECT md5(string_agg(b::text, '|' ORDER BY b::text)) FROM syncd.baseline b`)
	f.want(kept, `SELECT md5(string_agg(i::text, '|' ORDER BY i::text)) FROM syncd.item i WHERE run_id = $1`, young.ID)
}

// Whatever may still be sent, or waits for a person, is kept however old it is.
func TestPurgeKeepsWhatIsNotOver(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	left := map[string]func(*jobs.Run){
		"running":       func(*jobs.Run) {},
		"queued":        func(run *jobs.Run) { f.postpone(s, run, jobs.ReasonUnreachable) },
		"held":          func(run *jobs.Run) { f.finish(s, run, jobs.ReasonPullEmpty, jobs.Held) },
		"not attempted": func(run *jobs.Run) { f.finish(s, run, jobs.ReasonFailures, jobs.Failed) },
		"in doubt":      func(run *jobs.Run) { f.finish(s, run, "", jobs.Incomplete) },
	}
	for name, end := range left {
		second := jobs.ItemPending
		if name == "in doubt" {
			second = jobs.ItemUncertain
		}
		run := f.withDiffs(s, name, second)
		end(run)
		f.old(run.ID)
	}
	all := Cutoffs{Diffs: cutoff(), Items: cutoff(), Runs: cutoff(), Fires: cutoff()}
	// Of those that ended, the diffs of who was accepted go.
	f.purge(s, all, Purged{Diffs: 2})
	f.want("5 10", `SELECT (SELECT count(*) FROM syncd.run) || ' ' || (SELECT count(*) FROM syncd.item)`)
	f.want("5", `SELECT count(*) FROM syncd.item WHERE seq = 2 AND diff IS NOT NULL`)
}

// A nomenclature in force keeps the run that read it.
func TestPurgeKeepsTheRunOfANomenclature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	pull := at("saint-martin", "")
	pull.Kind = jobs.PullDictionnaire
	var runs []int64
	for _, label := range []string{"old", "new"} {
		run, err := s.Start(t.Context(), pull)
		f.must(err)
		change := jobs.NomenclatureChange{Name: "N", Code: "C", Difference: jobs.Created,
			New: mapping.Entry{Code: "C", Label: label, Active: true}}
		f.must(s.Pull(t.Context(), run, jobs.Pulled{Apply: true, Changes: []jobs.NomenclatureChange{change}}))
		f.finish(s, run, "", jobs.Succeeded)
		f.old(run.ID)
		runs = append(runs, run.ID)
	}
	f.purge(s, Cutoffs{Runs: cutoff()}, Purged{Runs: 1})
	f.want("1 1", `SELECT count(*) || ' ' || count(*) FILTER (WHERE id = $1) FROM syncd.run`, runs[1])
	f.want("new", `SELECT label FROM syncd.dictionary_entry`)
}

// A fire that is remembered does not happen twice; it may outlive its run.
func TestPurgeOfFires(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	armed := f.arm(s, "paie", "saint-martin")
	recorded, armed := f.record(s, armed, payday, fireOf(armed, payday))
	f.cancel(s, recorded[0].RunID, jobs.Cancelled)
	f.old(recorded[0].RunID)
	f.purge(s, Cutoffs{Runs: cutoff(), Fires: cutoff()}, Purged{Runs: 1}) // it was recorded today
	f.want("1", `SELECT count(*) FROM syncd.fire`)
	if again, _ := f.record(s, armed, payday.Add(time.Hour), fireOf(armed, payday)); len(again) != 0 {
		t.Errorf("%+v", again)
	}
	f.db.Exec(t, `UPDATE syncd.fire SET recorded_at = recorded_at - interval '2 days'`)
	f.purge(s, Cutoffs{Fires: cutoff()}, Purged{Fires: 1})
}

// Monitoring must see that a month was not sent: the last success stays what it was, and the lag grows.
func TestStatistics(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	succeeded := f.sent(s, "saint-martin", earlierMonth)
	f.failed(s, "saint-martin", jobs.ReasonUnreachable)
	armed := f.arm(s, "paie", "sainte-anne")
	f.record(s, armed, payday, fireOf(armed, payday))
	elsewhere := at("elsewhere", month)
	elsewhere.Target.BaseURL = "http://127.0.0.2"
	f.enqueued(s, elsewhere)
	got, err := s.Statistics(t.Context(), []string{"paie"}, nil, target.Environment, target.BaseURL)
	f.must(err)
	want := []ledger.RunCount{{Job: "paie", State: jobs.Failed, Runs: 1}, {Job: "paie", State: jobs.Queued, Runs: 2},
		{Job: "paie", State: jobs.Succeeded, Runs: 1}}
	if len(got.Runs) != 3 || got.Runs[0] != want[0] || got.Runs[1] != want[1] || got.Runs[2] != want[2] {
		t.Errorf("%+v", got.Runs)
	}
	if len(got.Dossiers) != 2 {
		t.Fatalf("%+v", got.Dossiers)
	}
	martin, anne := got.Dossiers[0], got.Dossiers[1]
	if martin.Dossier != "saint-martin" || !martin.LastSuccess.Equal(*succeeded.FinishedAt) || martin.LastState != jobs.Failed ||
		!martin.LastEnd.After(martin.LastSuccess) || martin.Lag != 0 {
		t.Errorf("%+v", martin)
	}
	if anne.Dossier != "sainte-anne" || !anne.LastSuccess.IsZero() || !anne.LastEnd.IsZero() || anne.LastState != "" ||
		(anne.Lag-time.Since(payday)).Abs() > time.Minute {
		t.Errorf("%+v", anne)
	}
}

// Daemons see each other, and how each is configured; one that died is forgotten in the end.
func TestDaemonsSeeEachOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for id, digest := range []string{"one", "two", "two"} {
		_, err := s.See(t.Context(), int64(id+1), map[string]string{"paie": digest})
		f.must(err)
	}
	f.db.Exec(t, `UPDATE syncd.daemon SET seen_at = seen_at - interval '1 hour' WHERE id = 2; UPDATE syncd.daemon SET seen_at = seen_at -
		interval '8 days' WHERE id = 3`)
	daemons, err := s.See(t.Context(), 1, map[string]string{"paie": "new"})
	f.must(err)
	if len(daemons) != 3 || daemons[0].Jobs["paie"] != "new" || daemons[0].Silent > time.Minute || daemons[0].PID == 0 ||
		daemons[0].Version != "test" || daemons[1].Jobs["paie"] != "two" || daemons[1].Silent < time.Hour {
		t.Errorf("%+v", daemons)
	}
	f.must(s.Forget(t.Context(), 1))
	daemons, err = s.Daemons(t.Context())
	f.must(err)
	if len(daemons) != 1 || daemons[0].ID != 2 {
		t.Errorf("%+v", daemons)
	}
}
