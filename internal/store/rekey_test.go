package store

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
)

func quiet(int64) {}

// filled is a ledger with something of everything that is sealed: acknowledged, held, to be sent, and a proof.
func filled(t *testing.T) (*fixture, *Store, *jobs.Run) {
	t.Helper()
	f := newFixture(t)
	s := f.open()
	known := f.start(s)
	f.plan(s, known, toSend(s, "0", 0), toSend(s, "9", 0))
	f.deliver(s, known)
	f.finish(s, known, "", jobs.Succeeded)
	run := f.start(s)
	f.plan(s, run, held(toSend(s, "1", 0)), toSend(s, "2", 0), toSend(s, "3", 0))
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	return f, s, run
}

func (f *fixture) openWith(secret string) (*Store, error) {
	s, err := Open(f.Context(), Options{URL: f.db.URL, Keys: keysOf(f, secret), Version: "test"})
	if err == nil {
		f.Cleanup(s.Close)
	}
	return s, err
}

// wantWhole wants everything that the filled ledger holds to be as good with a key as it was with its first.
func (f *fixture) wantWhole(secret string, run *jobs.Run) {
	f.Helper()
	s, err := f.openWith(secret)
	f.must(err)
	documents, err := s.Documents(f.Context(), run.Target.ID, []jobs.DocumentRef{{Key: "0", Period: month}})
	if f.must(err); string(documents[0].Document) != string(document("0", 1)) {
		f.Errorf("%+v", documents)
	}
	rows, err := s.Baseline(f.Context(), run.Target.ID, []string{"0"})
	f.must(err)
	defer rows.Close()
	if sum := s.Fingerprinter().Sum(document("0", 1)); !rows.Next() || string(rows.Entry().Fingerprint) != string(sum[:]) {
		f.Error("what was sent would be sent again")
	}
	f.must(rows.Err())
	_, err = s.Approve(f.Context(), run.ID, Approval{Employees: []string{"1"}, By: "marie", Reason: "seen"})
	f.must(err)
	resumed, err := s.Resume(f.Context(), run.ID, resumption)
	if f.must(err); !resumed.Released {
		f.Error("what may be sent is held")
	}
	f.deliver(s, resumed)
	f.finish(s, resumed, "", jobs.Succeeded)
}

// With another key everything that is sealed is as before, and the former opens nothing.
func TestRekey(t *testing.T) {
	t.Parallel()
	f, s, run := filled(t)
	former, next := keysOf(f, "ledger key"), keysOf(f, "next key")
	done, err := s.Rekey(t.Context(), former, next, "marie", "she left", quiet)
	if f.must(err); done != (Rekeyed{Documents: 2, Items: 3, Runs: 2}) {
		t.Errorf("%+v", done)
	}
	f.want("rekey "+former.ID+" "+next.ID, `SELECT decision || ' ' || detail FROM syncd.audit ORDER BY id DESC LIMIT 1`)
	f.want("1", `SELECT count(*) FROM syncd.ledger_key`)
	var changed *KeyError
	if _, err := f.openWith("ledger key"); !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
	if _, err := s.Start(t.Context(), request()); !errors.As(err, &changed) {
		t.Errorf("a process of before starts a run: %v", err)
	}
	again, err := s.Rekey(t.Context(), former, next, "marie", "once more", quiet)
	if f.must(err); again != (Rekeyed{Done: true}) {
		t.Errorf("%+v", again)
	}
	f.wantWhole("next key", run)
}

// Wherever it breaks off nobody works with half of it, and it goes on when it is called again, with the same keys alone.
func TestRekeyThatBreaksOff(t *testing.T) {
	t.Parallel()
	for broken := range 6 {
		f, s, run := filled(t)
		former, next := keysOf(f, "ledger key"), keysOf(f, "next key")
		r := rekeying{store: s, from: former.clone(), to: next, progress: quiet}
		f.must(r.begin(t.Context(), "marie", "she left"))
		if broken == 5 { // in the middle of the items
			f.must(r.documents(t.Context()))
			f.db.Exec(t, `CREATE TABLE kept AS SELECT * FROM syncd.item WHERE key = '3'`)
			f.must(r.items(t.Context()))
			f.db.Exec(t, `UPDATE syncd.item i SET payload = k.payload, amounts = k.amounts, fingerprint = k.fingerprint FROM kept k WHERE
				i.run_id = k.run_id AND i.seq = k.seq`)
		} else {
			for _, work := range []func() error{func() error { return r.documents(t.Context()) }, func() error { return r.items(t.Context()) },
				func() error { return r.runs(t.Context()) }}[:min(broken, 3)] {
				f.must(work())
			}
		}
		var rekeying *RekeyingError
		for _, secret := range []string{"ledger key", "next key"} {
			if _, err := f.openWith(secret); !errors.As(err, &rekeying) {
				t.Errorf("%d: %v", broken, err)
			}
		}
		if _, err := s.Start(t.Context(), request()); !errors.As(err, &rekeying) {
			t.Errorf("%d: a run starts: %v", broken, err)
		}
		if _, err := s.Approve(t.Context(), run.ID, Approval{By: "marie", Reason: "r"}); !errors.As(err, &rekeying) {
			t.Errorf("%d: somebody decides: %v", broken, err)
		}
		if _, err := s.Rekey(t.Context(), former, keysOf(f, "a third"), "marie", "r", quiet); !errors.As(err, &rekeying) {
			t.Errorf("%d: another key: %v", broken, err)
		}
		_, err := s.Rekey(t.Context(), former, next, "marie", "once more", quiet)
		f.must(err)
		f.wantWhole("next key", run)
	}
}

// A wrong former key changes nothing, and while a run is executed, or its process is gone, nothing is begun.
func TestRekeyIsRefused(t *testing.T) {
	t.Parallel()
	f, s, run := filled(t)
	before := f.everything()
	var wrong *KeyError
	if _, err := s.Rekey(t.Context(), keysOf(f, "wrong"), keysOf(f, "next key"), "marie", "r", quiet); !errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
	_, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	_, err = s.Rekey(t.Context(), keysOf(f, "ledger key"), keysOf(f, "next key"), "marie", "r", quiet)
	wantBusy(f, err)
	f.want("1", `SELECT count(*) FROM syncd.ledger_key`)
	if before == "" {
		t.Fatal()
	}
}

// What somebody altered is left, and told; it keeps nothing else from being sealed anew.
func TestRekeyTellsWhatWasAltered(t *testing.T) {
	t.Parallel()
	f, s, _ := filled(t)
	f.db.Exec(t, `UPDATE syncd.baseline SET document = set_byte(document, 30, get_byte(document, 30) # 1) WHERE key = '9'`)
	done, err := s.Rekey(t.Context(), keysOf(f, "ledger key"), keysOf(f, "next key"), "marie", "r", quiet)
	if f.must(err); done != (Rekeyed{Documents: 1, Items: 3, Runs: 2, Altered: 1}) {
		t.Errorf("%+v", done)
	}
}
