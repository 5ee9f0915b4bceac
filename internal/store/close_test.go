package store

import (
	"errors"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// wantMissing wants a closing refused for exactly that, and nothing written.
func (f *fixture) wantMissing(s *Store, want string) {
	f.Helper()
	before := f.everything()
	_, err := s.ClosePeriod(f.impatient(), target, month, declared)
	var missing *ledger.MissingError
	if !errors.As(err, &missing) {
		f.Fatalf("got %v, want %s", err, want)
	}
	if got := ledger.Undone(missing.Missing).In(hinted.English()); got != want {
		f.Errorf("missing is\n%s\nnot\n%s", got, want)
	}
	if f.everything() != before {
		f.Error("something was written")
	}
	f.want("0", `SELECT count(*) FROM syncd.closed_period`)
}

// closes wants a closing to be granted, and undoes it.
func (f *fixture) closes(s *Store) {
	f.Helper()
	left, err := s.ClosePeriod(f.impatient(), target, month, declared)
	if err != nil || left != nil {
		f.Fatalf("%v %v", left, err)
	}
	f.db.Exec(f.T, `DELETE FROM syncd.closed_period`)
}

// inState is an item that is in no document.
func inState(key string, state jobs.ItemState) jobs.PlannedItem {
	return jobs.PlannedItem{Item: jobs.Item{Key: key, State: state, Difference: jobs.Undeliverable, Employees: 1,
		Reason: jobs.Reason{Code: jobs.ReasonProblems}}}
}

// only is a request for some employees.
func only(keys ...string) jobs.NewRun {
	request := request()
	request.Employees = keys
	return request
}

// A month is closed when everybody of it is delivered, and not before: whatever is missing is named, kind by kind.
func TestCloseIsRefusedWhileSomethingIsMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.wantMissing(s, "nothing was ever sent for it")

	staging := f.start(s)
	f.finish(s, staging, jobs.ReasonStaging, jobs.Failed)
	f.wantMissing(s, "nothing was ever sent for it; run 1 failed, and sent nothing")

	one, err := s.Start(t.Context(), only("1"))
	f.must(err)
	f.plan(s, one, toSend(s, "1", 0))
	f.deliver(s, one)
	f.finish(s, one, "", jobs.Succeeded)
	f.wantMissing(s, "no run of everyone has come to its end; run 1 failed, and sent nothing")

	held := toSend(s, "5", 0)
	held.State = jobs.ItemHeld
	whole := f.start(s)
	f.plan(s, whole, toSend(s, "2", 0), toSend(s, "3", 0), toSend(s, "4", 0), held, toSend(s, "6", 0), inState("7", jobs.ItemBlocked),
		inState("", jobs.ItemBlocked))
	f.step(s, whole, jobs.Step{Take: 3})
	f.step(s, whole, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true), outcome(2, jobs.ItemRejected, true),
		outcome(3, jobs.ItemUncertain, false)}})
	f.finish(s, whole, jobs.ReasonStopped, jobs.Failed)
	f.wantMissing(s, "no run of everyone has come to its end; 1 uncertain (4), by run 3; 1 held (5), by run 3; 1 not attempted (6), by run "+
		"3; 1 rejected (3), by run 3; 2 blocked (7 and 1 more), by run 3")

	f.cancel(s, whole.ID, jobs.Cancelled)
	f.wantMissing(s, "no run of everyone has come to its end; 1 uncertain (4), by run 3; 1 rejected (3), by run 3; 2 blocked (7 and 1 "+
		"more), by run 3; 2 given up (5, 6), by run 3")

	gone := inState("8", jobs.ItemDeparted)
	gone.Employees, gone.Difference = 0, jobs.Departed
	last := f.start(s)
	f.plan(s, last, toSend(s, "3", 0), toSend(s, "4", 0), gone)
	f.deliver(s, last)
	f.finish(s, last, "", jobs.Incomplete)
	f.wantMissing(s, "1 gone from staging, and not settled (8), by run 4")

	// Once everybody is delivered, by a run for everyone or for those who were missing, it is closed.
	blocked := f.start(s)
	f.plan(s, blocked, inState("9", jobs.ItemBlocked))
	f.finish(s, blocked, "", jobs.Incomplete)
	f.wantMissing(s, "1 blocked (9), by run 5")
	mended, err := s.Start(t.Context(), only("9"))
	f.must(err)
	f.plan(s, mended, toSend(s, "9", 0))
	f.deliver(s, mended)
	f.finish(s, mended, "", jobs.Succeeded)
	f.closes(s)

	// What fails afterwards may have had something to send; so may what waits.
	f.finish(s, f.start(s), jobs.ReasonUnreachable, jobs.Failed)
	f.wantMissing(s, "run 7 failed, and sent nothing")
	unlike := f.start(s)
	f.plan(s, unlike)
	f.finish(s, unlike, jobs.ReasonGuard, jobs.Held)
	f.wantMissing(s, "run 8 held")
	f.cancel(s, unlike.ID, jobs.Cancelled)
	f.closes(s)
}

// Whoever closes a month all the same is on record with it, and with those who were left behind.
func TestForcedCloseIsOnRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.partly(s, run)
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	left := f.closePeriod(s, "saint-martin", month)
	if got := ledger.Undone(left).In(hinted.English()); got != "no run of everyone has come to its end; 1 uncertain (3), "+
		"by run 1; 1 not attempted (4), by run "+
		"1; 1 rejected (2), by run 1" {
		t.Error(got)
	}
	f.wantAudit(s, ofPeriods, "marie close forced 2,3,4: declared")
}

// A month is closed for an establishment, whatever its dossier is called: what waits under its former name is missing, too.
func TestCloseIsRefusedWhileSomethingWaitsUnderAnotherName(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.partly(s, run)
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	f.db.Exec(t, `UPDATE syncd.target SET siret = '12345678200010'`)

	renamed, request := target, request()
	renamed.Dossier, renamed.Siret = "st-martin", "12345678200010"
	request.Target = renamed
	again, err := s.Start(t.Context(), request)
	f.must(err)
	f.plan(s, again, toSend(s, "1", 0), toSend(s, "2", 0))
	f.deliver(s, again)
	f.finish(s, again, "", jobs.Succeeded)
	_, err = s.ClosePeriod(f.impatient(), renamed, month, declared)
	var missing *ledger.MissingError
	if !errors.As(err, &missing) || ledger.Undone(missing.Missing).In(hinted.English()) != "1 uncertain (3), by run 1; "+
		"1 not attempted (4), by run 1" {
		t.Fatalf("%v", err)
	}
	f.db.Exec(t, `UPDATE syncd.target SET siret = '99999999800019' WHERE dossier <> 'st-martin'`) // another one's are its own
	if _, err = s.ClosePeriod(f.impatient(), renamed, month, declared); err != nil {
		t.Fatal(err)
	}
}

// renamed is a month that one dossier delivered, and the same dossier as it is called afterwards.
func (f *fixture) renamed(s *Store) (sent *jobs.Run, now jobs.Target, closure ledger.Closure) {
	f.Helper()
	sent = f.start(s)
	f.plan(s, sent, toSend(s, "1", 0), toSend(s, "2", 0))
	f.deliver(s, sent)
	f.finish(s, sent, "", jobs.Succeeded)
	f.db.Exec(f.T, `UPDATE syncd.target SET siret = '12345678200010'`)
	now, closure = target, declared
	now.Dossier, now.Siret, closure.Former = "st-martin", "12345678200010", []jobs.Target{sent.Target}
	return sent, now, closure
}

// runAs is a run of everyone that delivers nobody.
func (f *fixture) runAs(s *Store, t jobs.Target, keys ...string) *jobs.Run {
	f.Helper()
	request := request()
	request.Target, request.Employees = t, keys
	run, err := s.Start(f.Context(), request)
	f.must(err)
	return run
}

func (f *fixture) wantOpen(s *Store, now jobs.Target, closure ledger.Closure, want string) {
	f.Helper()
	_, err := s.ClosePeriod(f.impatient(), now, month, closure)
	var missing *ledger.MissingError
	if !errors.As(err, &missing) || ledger.Undone(missing.Missing).In(hinted.English()) != want {
		f.Fatalf("got %v, want %s", err, want)
	}
}

// What was delivered before a dossier was renamed is delivered, and what is sent under the new name goes on from there.
func TestCloseCountsWhatWentUnderTheFormerName(t *testing.T) {
	t.Parallel()
	t.Run("nothing went since", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		s := f.open()
		_, now, closure := f.renamed(s)
		f.wantOpen(s, now, declared, "nothing was ever sent for it") // nobody says what it was called
		if left, err := s.ClosePeriod(f.impatient(), now, month, closure); err != nil || left != nil {
			t.Fatalf("%v %v", left, err)
		}
	})
	t.Run("one employee went since", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		s := f.open()
		_, now, closure := f.renamed(s)
		one := f.runAs(s, now, "2")
		f.plan(s, one, toSend(s, "2", 0))
		f.step(s, one, jobs.Step{Take: 1})
		f.step(s, one, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemRejected, true)}})
		f.finish(s, one, "", jobs.Incomplete)
		f.wantOpen(s, now, closure, "1 rejected (2), by run 2")
		again := f.runAs(s, now, "2")
		f.plan(s, again, toSend(s, "2", 0))
		f.deliver(s, again)
		f.finish(s, again, "", jobs.Succeeded)
		if left, err := s.ClosePeriod(f.impatient(), now, month, closure); err != nil || left != nil {
			t.Fatalf("%v %v", left, err)
		}
	})
	t.Run("what it left is corrected since", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		s := f.open()
		run := f.start(s)
		f.plan(s, run, toSend(s, "1", 0), inState("7", jobs.ItemBlocked))
		f.deliver(s, run)
		f.finish(s, run, "", jobs.Incomplete)
		f.db.Exec(t, `UPDATE syncd.target SET siret = '12345678200010'`)
		now, closure := target, declared
		now.Dossier, now.Siret, closure.Former = "st-martin", "12345678200010", []jobs.Target{run.Target}
		f.wantOpen(s, now, closure, "1 blocked (7), by run 1")
		mended := f.runAs(s, now, "7")
		f.plan(s, mended, toSend(s, "7", 0))
		f.deliver(s, mended)
		f.finish(s, mended, "", jobs.Succeeded)
		if left, err := s.ClosePeriod(f.impatient(), now, month, closure); err != nil || left != nil {
			t.Fatalf("%v %v", left, err)
		}
	})
}

// Whatever is said to be its former name: what another dossier delivered does not count.
func TestCloseCountsNothingOfAnotherDossier(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"another establishment":                      `UPDATE syncd.target SET siret = '99999999800019' WHERE dossier = 'saint-martin'`,
		"another establishment, as the partner says": `UPDATE syncd.target SET identity = '99999999800019' WHERE dossier = 'saint-martin'`,
		"no establishment is known":                  `UPDATE syncd.target SET siret = NULL WHERE dossier = 'saint-martin'`,
		"another environment":                        `UPDATE syncd.target SET environment = 'production' WHERE dossier = 'saint-martin'`,
		"another address":                            `UPDATE syncd.target SET base_url = 'https://elsewhere.example' WHERE dossier = 'saint-martin'`,
		"another partner":                            `UPDATE syncd.target SET partner = 'other' WHERE dossier = 'saint-martin'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			_, now, closure := f.renamed(s)
			f.db.Exec(t, change)
			f.wantOpen(s, now, closure, "nothing was ever sent for it")
		})
	}
	t.Run("two at work side by side", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		s := f.open()
		now := target
		now.Dossier, now.Siret = "st-martin", "12345678200010"
		early := f.runAs(s, now)
		f.finish(s, early, jobs.ReasonStaging, jobs.Failed)
		_, now, closure := f.renamed(s)
		f.wantOpen(s, now, closure, "nothing was ever sent for it; run 1 failed, and sent nothing")
	})
}
