package store

import (
	"testing"
	"time"

	"syncd/internal/jobs"
)

// pushed is a run with one item on its way, for a key that has been acknowledged so many times.
func pushed(t *testing.T, version int) (*fixture, *Store, *jobs.Run) {
	t.Helper()
	f := newFixture(t)
	s := f.open()
	for v := range version {
		run := f.start(s)
		f.plan(s, run, toSend(s, "1", int64(v)))
		f.deliver(s, run)
		f.finish(s, run, "", jobs.Succeeded)
	}
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", int64(version)))
	if taken := f.step(s, run, jobs.Step{Take: 8}); len(taken) != 1 || string(taken[0].Document) != string(document("1", version+1)) {
		t.Fatalf("%+v", taken)
	}
	return f, s, run
}

// Before a request leaves, the key is durably in doubt: whatever happens now, nobody calls it unchanged.
func TestTakingPutsTheKeyInDoubtFirst(t *testing.T) {
	t.Parallel()
	f, _, _ := pushed(t, 0)
	f.baseline("1", "0 in doubt")
	f.want("sending t", `SELECT state || ' ' || left((payload IS NOT NULL)::text, 1) FROM syncd.item`)
	f, _, _ = pushed(t, 1)
	f.baseline("1", "1 in doubt")
}

// The acknowledgement moves the baseline and drops the document to send in one transaction.
func TestAcceptedMovesTheBaseline(t *testing.T) {
	t.Parallel()
	for version := range 2 {
		f, s, run := pushed(t, version)
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
		f.want("accepted NULL", `SELECT state || ' ' || coalesce(payload::text, 'NULL') FROM syncd.item WHERE run_id = $1`, run.ID)
		f.baseline("1", []string{"1 known", "2 known"}[version])
		documents, err := s.Documents(t.Context(), run.Target.ID, []jobs.DocumentRef{{Key: "1", Period: month}, {Key: "absent", Period: month}})
		f.must(err)
		if string(documents[0].Document) != string(document("1", version+1)) || documents[1].Document != nil {
			t.Errorf("the baseline holds %+v", documents)
		}
		f.want("true", `SELECT b.fingerprint = i.fingerprint FROM syncd.baseline b, syncd.item i WHERE i.run_id = $1`, run.ID)
		f.finish(s, run, "", jobs.Succeeded)
	}
}

// A refusal with certainty leaves what was acknowledged before; for a new employee, nothing.
func TestRefusedLeavesTheBaseline(t *testing.T) {
	t.Parallel()
	for version, want := range []string{"NULL", "1 known"} {
		f, s, run := pushed(t, version)
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemRejected, true)}})
		f.baseline("1", want)
		f.want("rejected NULL", `SELECT state || ' ' || coalesce(payload::text, 'NULL') FROM syncd.item WHERE run_id = $1`, run.ID)
		f.finish(s, run, "", jobs.Incomplete)
	}
}

// Without certainty the doubt stays, whatever the item is called.
func TestUncertainStaysInDoubt(t *testing.T) {
	t.Parallel()
	for version, want := range []string{"0 in doubt", "1 in doubt"} {
		f, s, run := pushed(t, version)
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemUncertain, false)}})
		f.baseline("1", want)
		f.want("uncertain", `SELECT state FROM syncd.item WHERE run_id = $1`, run.ID)
		f.finish(s, run, "", jobs.Incomplete)
	}
}

// Someone whom the API was too busy for is not tried again and again by the same execution, but by a resume.
func TestDeferredWaitsForAResume(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 0)
	o := outcome(1, jobs.ItemPending, true)
	o.Deferred = true
	if taken := f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}, Take: 8}); len(taken) != 0 {
		t.Fatalf("taken again at once: %+v", taken)
	}
	if taken := f.step(s, run, jobs.Step{Take: 8}); len(taken) != 0 {
		t.Fatalf("taken again: %+v", taken)
	}
	if _, ok, err := s.NextPending(t.Context(), run); ok || err != nil {
		t.Errorf("something waits: %t %v", ok, err)
	}
	f.baseline("1", "NULL")
	finished := f.finish(s, run, "", jobs.Incomplete)
	if finished.Counts.NotAttempted != 1 || finished.Counts.Uncertain != 0 {
		t.Errorf("%+v", finished.Counts)
	}
	resumed, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	f.deliver(s, resumed)
	f.finish(s, resumed, "", jobs.Succeeded)
	f.baseline("1", "1 known")
}

// A sending that was broken off after an attempt of unknown effect stays in doubt: a resume sends it again, and a refusal
// then does not make it "rejected".
func TestBrokenOffStaysInDoubt(t *testing.T) {
	t.Parallel()
	for version, want := range []string{"0 in doubt", "1 in doubt"} {
		f, s, run := pushed(t, version)
		o := outcome(1, jobs.ItemPending, false)
		o.Deferred = true
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{o}})
		f.baseline("1", want)
		if c := f.finish(s, run, jobs.ReasonStopped, jobs.Failed).Counts; c.Uncertain != 1 || c.NotAttempted != 0 {
			t.Errorf("%+v", c)
		}
		resumed, err := s.Resume(t.Context(), run.ID, resumption)
		f.must(err)
		f.must(waitUntil(f, func() bool { wait, _, err := s.NextPending(t.Context(), resumed); return err == nil && wait == 0 }))
		if taken := f.take(s, resumed, 8); len(taken) != 1 || !taken[0].Ambiguous {
			t.Errorf("%+v", taken)
		}
	}
}

// A document planned against a baseline that has moved since is older than what the partner has: it does not go.
func TestMovedBaselineSupersedes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		planned int64
		move    string
	}{
		"acknowledged since": {1, `UPDATE syncd.baseline SET version = version + 1`},
		"new since":          {0, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, s, first := pushed(t, 0)
			f.step(s, first, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
			f.finish(s, first, "", jobs.Succeeded)
			run := f.start(s)
			f.plan(s, run, toSend(s, "1", c.planned), toSend(s, "2", 0))
			if c.move != "" {
				f.db.Exec(t, c.move)
			}
			taken := f.step(s, run, jobs.Step{Take: 8})
			if len(taken) != 2 || !taken[0].Superseded || taken[0].Document != nil || taken[1].Superseded {
				t.Fatalf("%+v", taken)
			}
			f.want("superseded moved NULL", `SELECT state || ' ' || reason_code || ' ' || coalesce(payload::text, 'NULL') FROM syncd.item WHERE
				run_id = $1 AND key = '1'`, run.ID)
			f.want("false", `SELECT in_doubt FROM syncd.baseline WHERE key = '1'`)
		})
	}
}

// A newer plan closes what an older one left open, and the older run's accounting says so.
func TestNewerPlanSupersedesAndRecounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	older := f.start(s)
	f.plan(s, older, toSend(s, "1", 0), toSend(s, "2", 0), toSend(s, "3", 0))
	f.step(s, older, jobs.Step{Take: 1})
	f.step(s, older, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemUncertain, false)}})
	f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
	partial := request()
	partial.Employees = []string{"2"}
	run, err := s.Start(t.Context(), partial)
	f.must(err)
	f.plan(s, run, toSend(s, "2", 0))
	f.want("1:uncertain 2:superseded 3:pending", `SELECT string_agg(key || ':' || state, ' ' ORDER BY seq) FROM syncd.item WHERE run_id = $1`,
		older.ID)
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	run = f.start(s)
	doubtful := toSend(s, "1", 0)
	doubtful.Ambiguous = true
	f.plan(s, run, doubtful, toSend(s, "2", 0), toSend(s, "3", 0))
	f.want("superseded", `SELECT string_agg(DISTINCT state, ' ') FROM syncd.item WHERE run_id <> $1`, run.ID)
	recounted, err := s.Run(t.Context(), older.ID)
	f.must(err)
	if c := recounted.Counts; c.Superseded != 3 || c.Uncertain+c.NotAttempted != 0 || recounted.State != jobs.Failed {
		t.Errorf("%s %+v", recounted.State, c)
	}
	f.baseline("1", "0 in doubt")
}

// An item in doubt waits until the request that may still be processed is certainly over.
func TestItemInDoubtWaitsForItsRequest(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 0)
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemUncertain, false)}})
	f.finish(s, run, "", jobs.Incomplete)
	next := f.start(s)
	w, err := s.BeginPlan(t.Context(), next, jobs.Resumption{RequestTimeout: time.Hour})
	f.must(err)
	defer w.Abandon()
	item := toSend(s, "1", 0)
	item.Seq, item.Ambiguous = 1, true
	f.must(w.Add(t.Context(), []jobs.PlannedItem{item}))
	f.must(w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{EmployeesRead: 1, ElementsRead: 2}, Digests: jobs.Digests{}}))
	if taken := f.step(s, next, jobs.Step{Take: 8}); len(taken) != 0 {
		t.Fatalf("%+v", taken)
	}
	wait, ok, err := s.NextPending(t.Context(), next)
	f.must(err)
	if !ok || wait < 55*time.Minute || wait > time.Hour {
		t.Errorf("it waits %s, %t", wait, ok)
	}
	if n, err := s.Remaining(t.Context(), next); n != 1 || err != nil {
		t.Errorf("%d remain, %v", n, err)
	}
}

// Items are taken in the order of the plan and never more than asked for, so that what may repeat stays bounded.
func TestItemsAreTakenInOrderAndNotBeyond(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "a", 0), toSend(s, "b", 0), toSend(s, "c", 0), toSend(s, "d", 0))
	first := f.step(s, run, jobs.Step{Take: 2})
	if len(first) != 2 || first[0].Key != "a" || first[1].Key != "b" {
		t.Fatalf("%+v", first)
	}
	second := f.step(s, run, jobs.Step{After: 2, Take: 1, Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
	if len(second) != 1 || second[0].Key != "c" {
		t.Fatalf("%+v", second)
	}
	if none := f.step(s, run, jobs.Step{After: 3}); len(none) != 0 {
		t.Fatalf("%+v", none)
	}
}
