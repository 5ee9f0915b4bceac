package store

import (
	"errors"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/testpg"
)

// Four processes that start at once on a new database all find a ledger.
func TestConcurrentFirstMigrations(t *testing.T) {
	t.Parallel()
	db := testpg.New(t, testpg.Template{})
	type result struct {
		to  int64
		err error
	}
	results := make(chan result)
	for range 4 {
		go func() {
			_, to, err := Migrate(t.Context(), db.URL)
			results <- result{to, err}
		}()
	}
	for range 4 {
		if r := <-results; r.err != nil || r.to != programVersion() {
			t.Errorf("%+v", r)
		}
	}
	if from, to, err := Migrate(t.Context(), db.URL); from != programVersion() || to != from || err != nil {
		t.Errorf("again: %d to %d, %v", from, to, err)
	}
}

// A program must not write to a ledger that it does not understand.
func TestLedgerOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, hint string }{
		"none":   {`DROP SCHEMA syncd CASCADE`, "syncd migrate"},
		"behind": {`DELETE FROM syncd.goose_db_version WHERE version_id = (SELECT max(version_id) FROM syncd.goose_db_version)`, "syncd migrate"},
		"ahead":  {`INSERT INTO syncd.goose_db_version (version_id, is_applied) VALUES (9999, true)`, "newer syncd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.db.Exec(t, c.sql)
			_, err := Open(t.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "ledger key")})
			var migration *MigrationError
			if !errors.As(err, &migration) || !strings.Contains(err.Error(), "hint:") || !strings.Contains(err.Error(), c.hint) {
				t.Errorf("%v", err)
			}
			if name == "ahead" {
				if _, _, err := Migrate(t.Context(), f.db.URL); !errors.As(err, &migration) {
					t.Errorf("an older program migrated a newer ledger: %v", err)
				}
			}
		})
	}
}

// A ledger that named the kinds of jobs keeps its runs, and lets the program name others from then on. A run of employees
// still needs its month.
func TestKindsOfAFilledLedgerBecomeThePrograms(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.plan(s, run, toSend(s, "1", 0))
	f.deliver(s, run)
	f.finish(s, run, "", jobs.Succeeded)
	pull := request()
	pull.Kind, pull.Period = jobs.PullDictionnaire, ""
	pulled, err := s.Start(t.Context(), pull)
	f.must(err)
	f.finish(s, pulled, jobs.ReasonStopped, jobs.Failed)
	before := f.everything()
	f.must(down(t.Context(), f.db.URL, 15))
	if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
		t.Fatal(err)
	}
	if after := f.everything(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	f.db.Exec(t, `UPDATE syncd.run SET kind = 'pull' WHERE id = $1`, pulled.ID)
	for name, period := range map[string]jobs.Period{"no month": "", "no such month": "2026-13"} {
		wrong := request()
		wrong.Period = period
		if _, err := s.Start(t.Context(), wrong); err == nil {
			t.Errorf("%s: a run that sends began", name)
		}
		if _, err := s.Enqueue(t.Context(), wrong); err == nil {
			t.Errorf("%s: a run that sends was queued", name)
		}
	}
}
