package store

import "testing"

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
