package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
)

// watched is a ledger as a process has it that keeps a watermark in a folder.
type watched struct {
	*Store
	back    *[]PutBack
	trouble *[]error
}

func (f *fixture) watch(folder string) watched {
	f.Helper()
	w := watched{back: new([]PutBack), trouble: new([]error)}
	s, err := Open(f.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "ledger key"), Version: "test", Lease: time.Minute,
		Watermark: Watermark{
			Folder: folder, Pushes: []string{"paie", "primes"},
			PutBack: func(p PutBack) { *w.back = append(*w.back, p) },
			Trouble: func(err error) { *w.trouble = append(*w.trouble, err) },
		}})
	f.must(err)
	f.Cleanup(s.Close)
	w.Store = s
	return w
}

// noticed tells how often a new process on a machine finds that the ledger was put back.
func (f *fixture) noticed(folder string) int {
	f.Helper()
	w := f.watch(folder)
	f.must(w.Notice(f.Context()))
	return len(*w.back)
}

// sendOne is a run of one employee, from its start to its end.
func (f *fixture) sendOne(s *Store, key string, version int64) *jobs.Run {
	f.Helper()
	run := f.start(s)
	f.plan(s, run, toSend(s, key, version))
	f.deliver(s, run)
	return f.finish(s, run, "", jobs.Succeeded)
}

// A ledger that was restored knows nothing of what was sent since the backup. Nothing may be caught up in it before a
// person has compared. No file is needed to see that its tables were made anew.
func TestRestoredLedgerPausesEverything(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 2 {
		if f.noticed("") != 0 {
			t.Fatal("a process takes its own ledger for restored")
		}
	}
	for name, change := range map[string]string{
		"a dump":                  `UPDATE syncd.incarnation SET tables = 1`,
		"a copy of the database":  `UPDATE syncd.incarnation SET database = 1`,
		"a standby, promoted":     `UPDATE syncd.incarnation SET timeline = timeline - 1`,
		"another server, by dump": `UPDATE syncd.incarnation SET server = 1`,
	} {
		f.db.Exec(t, `DELETE FROM syncd.pause`)
		f.db.Exec(t, change)
		if f.noticed("") != 1 || f.noticed("") != 0 {
			t.Fatalf("%s: a restored ledger is not told once", name)
		}
		pauses, err := f.open().Pauses(t.Context())
		f.must(err)
		if len(pauses) != 2 || pauses[0].By != "syncd" || pauses[0].Reason == "" {
			t.Errorf("%s: %+v", name, pauses)
		}
	}
}

// Rows that were put back leave everything as it was, and even the server's log goes on: only the audit is another one. That
// is seen also when new runs have taken the numbers of those that were lost.
func TestRowsThatWerePutBackAreSeenByTheAudit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	here, folder := f.watch(t.TempDir()), t.TempDir()
	f.sendOne(here.Store, "1", 0)
	f.noticed(folder) // another machine, which looks and does nothing
	putBack := f.db.Rewind(t, "syncd")
	f.sendOne(here.Store, "1", 1)
	if f.noticed(folder) != 0 {
		t.Fatal("a ledger that went on is taken for one that was put back")
	}
	putBack()
	unwatched := f.open()
	f.must(unwatched.Notice(t.Context())) // it sees nothing,
	f.sendOne(unwatched, "1", 1)          // and goes on where the ledger is
	f.sendOne(unwatched, "1", 2)
	if f.noticed(folder) != 1 || f.noticed(folder) != 0 {
		t.Fatal("another history is not told once")
	}
	if f.noticed(here.marks.Folder) != 0 {
		t.Error("what one machine has told, and a person may have settled, is told by the next one again")
	}
	f.want("2", `SELECT count(*) FROM syncd.pause WHERE paused_by = 'syncd'`)
	f.want("1", `SELECT count(*) FROM syncd.audit WHERE decision = 'put-back'`)
}

// To have let one month go says nothing of another one, which may be among what the ledger lost. What is not a month away yet
// cannot be.
func TestEachMonthMayBeLostInALedgerThatWasPutBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	var target int64
	wantLost := func(restored bool, lost ...jobs.Period) {
		t.Helper()
		for _, month := range []jobs.Period{"2026-09", "2026-10", "2026-11", "2026-12", "2027-01"} {
			h, err := s.History(t.Context(), target, month)
			f.must(err)
			if h.Restored != restored || h.LostMonth != slices.Contains(lost, month) {
				t.Errorf("%s: restored %v, lost %v", month, h.Restored, h.LostMonth)
			}
		}
	}
	send := func(month jobs.Period) {
		t.Helper()
		run := f.startAt(s, "a", month)
		target = run.Target.ID
		f.plan(s, run)
		f.finish(s, run, "", jobs.Succeeded)
		f.db.Exec(t, `UPDATE syncd.run SET figures = '\x00' WHERE figures IS NULL`)
	}
	send("2026-10")
	wantLost(false)
	f.db.Exec(t, `UPDATE syncd.incarnation SET noticed = 1, noticed_at = '2026-11-20'`)
	wantLost(true, "2026-09", "2026-10", "2026-11", "2026-12")
	send("2026-11")
	wantLost(false, "2026-09", "2026-10", "2026-12")
	send("2026-10")
	wantLost(false, "2026-09", "2026-12")
}

// A ledger that is put back twice is told twice, though it does not remember the first time.
func TestLedgerThatWasPutBackTwiceIsToldTwice(t *testing.T) {
	t.Parallel()
	f, folder := newFixture(t), t.TempDir()
	f.noticed(folder)
	putBack := f.db.Rewind(t, "syncd")
	f.sendOne(f.watch(folder).Store, "1", 0)
	for n := range 2 {
		putBack()
		if f.noticed(folder) != 1 {
			t.Fatalf("not told the %d. time", n+1)
		}
	}
}

// The server's log of before is that of a copy of its files: the audit of a run that went on may be the same.
func TestLogThatWentBackIsSeen(t *testing.T) {
	t.Parallel()
	f, folder := newFixture(t), t.TempDir()
	w := f.watch(folder)
	f.must(w.Notice(t.Context()))
	ahead := *w.known.Load()
	ahead.WAL += 1 << 40
	w.marks.keep(&ahead.mark)
	if look, err := f.watch(folder).Watch(t.Context()); err != nil || look.PutBack == nil {
		t.Errorf("whoever only looks does not see it: %v", err)
	}
	if f.noticed(folder) != 1 {
		t.Error("not told")
	}
}

// A process does not go on in a ledger whose rows were put back under it, whether or not its connections broke.
func TestLedgerPutBackUnderARunningProcessIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.watch(t.TempDir())
	f.must(w.Notice(t.Context()))
	putBack := f.db.Rewind(t, "syncd")
	f.sendOne(w.Store, "1", 0)
	w.Rest()
	putBack()
	var restored *RestoredError
	if _, err := w.See(t.Context(), 1, nil); !errors.As(err, &restored) || !errors.Is(err, jobs.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	if _, err := w.Start(t.Context(), request()); !errors.As(err, &restored) {
		t.Errorf("%v", err)
	}
	w.pool.Reset()
	if _, err := w.Pauses(t.Context()); !errors.As(err, &restored) {
		t.Errorf("%v", err)
	}
}

// A ledger that was migrated under a running daemon breaks its connections. What it finds then is not what it knew: it must
// not go on.
func TestLedgerMigratedUnderARunningProcessIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.must(s.Notice(t.Context()))
	f.db.Exec(t, `INSERT INTO syncd.goose_db_version (version_id, is_applied) VALUES (99, true)`)
	s.pool.Reset()
	var restored *RestoredError
	if _, err := s.Pauses(t.Context()); !errors.As(err, &restored) || !errors.Is(err, jobs.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	f.db.Exec(t, `DELETE FROM syncd.goose_db_version WHERE version_id = 99`)
	_, err := s.Pauses(t.Context())
	f.must(err)
}

// Before anything of a run leaves, and after its end, the watermark knows the run, and never more than the ledger has.
func TestWatermarkIsNeverAheadAndNeverBehindWhatLeaves(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.watch(t.TempDir())
	run := f.start(w.Store)
	f.plan(w.Store, run, toSend(w.Store, "1", 0))
	planned := *w.known.Load()
	if kept, err := w.marks.read(planned.Ledger); err != nil || kept.Run != run.ID || kept.WAL != planned.WAL {
		t.Fatalf("%+v: %v", kept, err)
	}
	f.deliver(w.Store, run)
	f.finish(w.Store, run, "", jobs.Succeeded)
	ended := *w.known.Load()
	f.want("true", `SELECT pg_current_wal_flush_lsn() - '0/0' >= $1`, ended.WAL)
	if ended.WAL <= planned.WAL {
		t.Error("the end of the run is not in the watermark")
	}
}

// A folder that cannot be written is told once and stops nothing; when it can be again, that is told, too.
func TestWatermarkThatCannotBeKeptIsToldOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	folder := filepath.Join(t.TempDir(), "later")
	w := f.watch(folder)
	f.sendOne(w.Store, "1", 0)
	if len(*w.trouble) != 1 || !strings.Contains((*w.trouble)[0].Error(), "no such file") {
		t.Fatalf("%v", *w.trouble)
	}
	f.must(os.Mkdir(folder, 0o700))
	f.sendOne(w.Store, "1", 1)
	if len(*w.trouble) != 2 || (*w.trouble)[1] != nil {
		t.Errorf("%v", *w.trouble)
	}
}

// Nor does it go on when somebody else has told of that before it looked: what it knows, and sends, is of before.
func TestWhatAnotherProcessToldOfIsRefusedAsWell(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.watch(t.TempDir())
	f.must(w.Notice(t.Context()))
	putBack := f.db.Rewind(t, "syncd")
	f.sendOne(w.Store, "1", 0)
	w.Rest()
	putBack()
	if f.noticed(w.marks.Folder) != 1 {
		t.Fatal("not told")
	}
	var restored *RestoredError
	if _, err := w.See(t.Context(), 1, nil); !errors.As(err, &restored) {
		t.Errorf("%v", err)
	}
	if _, err := w.Start(t.Context(), request()); !errors.As(err, &restored) {
		t.Errorf("%v", err)
	}
	w.pool.Reset()
	if _, err := w.Pauses(t.Context()); !errors.As(err, &restored) {
		t.Errorf("%v", err)
	}
}
