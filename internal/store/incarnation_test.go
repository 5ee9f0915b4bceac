package store

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
)

// A ledger that was restored knows nothing of what was sent since the backup. Nothing may be caught up in it before a
// person has compared.
func TestRestoredLedgerPausesEverything(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	note := func() bool {
		t.Helper()
		restored, err := s.PauseIfRestored(t.Context(), []string{"paie", "primes"})
		f.must(err)
		return restored
	}
	for range 2 {
		if note() {
			t.Fatal("a daemon takes its own ledger for restored")
		}
	}
	f.db.Exec(t, `UPDATE syncd.incarnation SET tables = '1'`) // as a dump that was restored: its tables are made anew
	if !note() || note() {
		t.Fatal("a restored ledger is not told once")
	}
	pauses, err := s.Pauses(t.Context())
	f.must(err)
	if len(pauses) != 2 || pauses[0].By != "syncd" || pauses[0].Reason == "" {
		t.Errorf("%+v", pauses)
	}
}

// A ledger that was restored or migrated under a running daemon breaks its connections. What it finds then is not what
// it knew: it must not go on.
func TestLedgerReplacedUnderARunningProcessIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	_, err := s.PauseIfRestored(t.Context(), nil)
	f.must(err)
	f.db.Exec(t, `INSERT INTO syncd.goose_db_version (version_id, is_applied) VALUES (99, true)`)
	s.pool.Reset()
	var restored *RestoredError
	if _, err := s.Pauses(t.Context()); !errors.As(err, &restored) || !errors.Is(err, jobs.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	f.db.Exec(t, `DELETE FROM syncd.goose_db_version WHERE version_id = 99`)
	_, err = s.Pauses(t.Context())
	f.must(err)
}
