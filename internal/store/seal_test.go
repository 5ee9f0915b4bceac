package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"syncd/internal/jobs"
	"syncd/migrations"
)

// A sealed document opens for the employee, period, target, run, item and version that it was made for, with the same key,
// unaltered; and nowhere else: a row that was moved would pay somebody by another's document, or by an older one.
func TestSealedDocumentOpensNowhereElse(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t}
	keys, secret := keysOf(f, "ledger key"), []byte(`{"Nir":"285057899900116"}`)
	home := place{target: 7, period: month, key: "00042", run: 3, seq: 5, version: 1}
	sealed := keys.seal(aDocument, secret, home)
	if opened, err := keys.open(aDocument, sealed, home); err != nil || !bytes.Equal(opened, secret) {
		t.Fatalf("%q, %v", opened, err)
	}
	if bytes.Contains(sealed, []byte("285057899900116")) || bytes.Equal(sealed, keys.seal(aDocument, secret, home)) {
		t.Error("it is not sealed, or not with a fresh nonce")
	}
	elsewhere := func(change func(*place)) func() ([]byte, error) {
		other := home
		change(&other)
		return func() ([]byte, error) { return keys.openKept(aDocument, sealed, other) }
	}
	wrong := map[string]func() ([]byte, error){
		"another key":      func() ([]byte, error) { return keysOf(f, "another").open(aDocument, sealed, home) },
		"another target":   elsewhere(func(p *place) { p.target = 8 }),
		"another period":   elsewhere(func(p *place) { p.period = "2026-12" }),
		"another employee": elsewhere(func(p *place) { p.key = "00043" }),
		"another run":      elsewhere(func(p *place) { p.run = 4 }),
		"another item":     elsewhere(func(p *place) { p.seq = 6 }),
		"another version":  elsewhere(func(p *place) { p.version = 2 }),
		"as held":          func() ([]byte, error) { return keys.open(aHeld, sealed, home) },
		"as an amount":     func() ([]byte, error) { return keys.openKept(amounts, sealed, home) },
		"truncated":        func() ([]byte, error) { return keys.open(aDocument, sealed[:5], home) },
		"empty":            func() ([]byte, error) { return keys.open(aDocument, nil, home) },
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := keys.open(aDocument, altered, home); err == nil {
			t.Errorf("altered at byte %d, it opens", i)
		}
	}
	for name, open := range wrong {
		opened, err := open()
		if err == nil || opened != nil || !strings.Contains(err.Error(), "a sealed document cannot be opened: the ledger key is not the one") {
			t.Errorf("%s: %q, %v", name, opened, err)
		}
	}
}

// What somebody puts in the place of a document never leaves: a payload of another employee, an older one of the same, one
// with its own fingerprint, or one whose version was moved so that it overtakes what was sent since. The others go.
func TestExchangedPayloadsAreNotSent(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]string{
		"of another employee": `UPDATE syncd.item i SET payload = (SELECT payload FROM syncd.item o WHERE o.run_id = i.run_id AND o.seq =
			2) WHERE i.run_id = $1 AND i.seq = 1`,
		"of an older run": `UPDATE syncd.item i SET payload = o.payload, amounts = o.amounts, fingerprint = o.fingerprint FROM kept o
			WHERE i.run_id = $1 AND i.key = o.key`,
		"planned against another": `UPDATE syncd.item SET baseline_version = 0 WHERE run_id = $1 AND seq = 1`,
		"another fingerprint":     `UPDATE syncd.item SET fingerprint = sha256('') WHERE run_id = $1 AND seq = 1`,
		"damaged": `UPDATE syncd.item SET payload = set_byte(payload, 40, get_byte(payload, 40) # 1) WHERE run_id = $1 AND seq
			= 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			older := f.start(s)
			f.plan(s, older, toSend(s, "1", 0))
			f.db.Exec(t, `CREATE TABLE kept AS SELECT key, payload, amounts, fingerprint FROM syncd.item`)
			f.finish(s, older, jobs.ReasonStopped, jobs.Failed)
			run := f.start(s)
			version := int64(0)
			if name == "planned against another" {
				version = 3
			}
			f.plan(s, run, toSend(s, "1", version), toSend(s, "2", 0))
			f.db.Exec(t, tamper, run.ID)
			taken := f.step(s, run, jobs.Step{Take: 2})
			if len(taken) != 2 || taken[0].Barred != jobs.ReasonAltered || taken[0].Document != nil || taken[1].Barred != "" ||
				taken[1].Document == nil {
				t.Errorf("%+v", taken)
			}
		})
	}
}

// What is kept of an employee, and what was remembered of amounts, cannot be moved either.
func TestMovedBaselineDoesNotOpen(t *testing.T) {
	t.Parallel()
	f, s, run := pushed(t, 1)
	f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{outcome(1, jobs.ItemAccepted, true)}})
	opens := func() bool {
		documents, err := s.Documents(t.Context(), run.Target.ID, []jobs.DocumentRef{{Key: "1", Period: month}})
		f.must(err)
		if documents[0].Altered == (documents[0].Document != nil) {
			t.Fatalf("%+v", documents)
		}
		return !documents[0].Altered
	}
	if !opens() {
		t.Fatal("it does not open where it is")
	}
	for _, moved := range []string{"version = version + 1", "run_id = run_id - 1", "seq = seq + 1", "seq = NULL"} {
		f.db.Exec(t, `BEGIN; CREATE TABLE kept AS TABLE syncd.baseline; UPDATE syncd.baseline SET `+moved+`; COMMIT`)
		if opens() {
			t.Errorf("with %s it opens", moved)
		}
		f.db.Exec(t, `BEGIN; UPDATE syncd.baseline b SET version = k.version, run_id = k.run_id, seq = k.seq FROM kept k; DROP TABLE kept; COMMIT`)
	}
}

// Only an approval makes one: an UPDATE of the tables sends nothing, neither of a run that a guard holds nor of an employee.
func TestAnUpdateIsNoApproval(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]string{
		"state alone": `UPDATE syncd.run SET state = 'queued', finished_at = NULL WHERE state = 'held'`,
		"as approve writes it": `UPDATE syncd.run SET state = 'queued', finished_at = NULL, approved_digest = plan_digest, approved_by =
			'marie', approved_reason = 'r', approval = 1 WHERE state = 'held'`,
		"its findings removed": `UPDATE syncd.run SET findings = NULL, state = 'queued', finished_at = NULL WHERE state = 'held'`,
		"the proof of another": `UPDATE syncd.run r SET state = 'queued', finished_at = NULL, approved_digest = plan_digest, findings = NULL,
			release = (SELECT release FROM syncd.run o WHERE o.id < r.id AND release IS NOT NULL) WHERE state = 'held'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			s := f.open()
			free := f.start(s)
			f.plan(s, free)
			f.finish(s, free, "", jobs.Succeeded)
			if now, err := s.Run(t.Context(), free.ID); err != nil || !now.Released {
				t.Fatalf("a plan that nothing holds may not go: %v", err)
			}
			run := f.guarded(s, toSend(s, "1", 0))
			f.db.Exec(t, `UPDATE syncd.run SET state = 'running', owner = 1, finished_at = NULL WHERE state = 'failed'`)
			f.db.Exec(t, `UPDATE syncd.run SET state = 'held', owner = NULL, finished_at = clock_timestamp() WHERE state = 'running'`)
			f.db.Exec(t, forge)
			if now, err := s.Run(t.Context(), run.ID); err != nil || now.Released {
				t.Errorf("it may go: %v", err)
			}
		})
	}
	t.Run("of an employee", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		s := f.open()
		run := f.start(s)
		f.plan(s, run, held(toSend(s, "1", 0)), toSend(s, "2", 0))
		f.db.Exec(t, `UPDATE syncd.item SET state = 'pending'`)
		taken := f.step(s, run, jobs.Step{Take: 2})
		if taken[0].Barred != jobs.ReasonUnapproved || taken[0].Document != nil || taken[1].Document == nil {
			t.Fatalf("%+v", taken)
		}
		again := jobs.ItemOutcome{Seq: 1, State: jobs.ItemHeld, Certain: true, Reason: jobs.Reason{Code: jobs.ReasonUnapproved},
			AnsweredAt: time.Now()}
		f.step(s, run, jobs.Step{Outcomes: []jobs.ItemOutcome{again, outcome(2, jobs.ItemAccepted, true)}})
		f.baseline("1", "NULL")
		f.finish(s, run, "", jobs.Incomplete)
		f.items(run, "1 held, 2 accepted")

		_, err := s.Approve(t.Context(), run.ID, Approval{Employees: []string{"1"}, By: "marie", Reason: "seen"})
		f.must(err)
		resumed, err := s.Resume(t.Context(), run.ID, resumption)
		f.must(err)
		if !resumed.Released {
			t.Error("the run is held")
		}
		f.deliver(s, resumed)
		f.finish(s, resumed, "", jobs.Succeeded)
	})
}

// Who is held once everyone was read is held as well as others are.
func TestHeldInTheEndIsHeld(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	w, err := s.BeginPlan(t.Context(), run, jobs.Resumption{})
	f.must(err)
	defer w.Abandon()
	item := toSend(s, "1", 0)
	item.Seq = 1
	f.must(w.Add(t.Context(), []jobs.PlannedItem{item}))
	f.must(w.Hold(t.Context(), []jobs.Hold{{Seq: 1, Key: "1", Finding: jobs.Finding{Rule: jobs.RuleUnique, Holds: true}}}))
	f.must(w.Commit(t.Context(), jobs.Frozen{Counts: jobs.Counts{EmployeesRead: 1, ElementsRead: 2}, Digests: jobs.Digests{Plan: "plan"}}))
	f.db.Exec(t, `UPDATE syncd.item SET state = 'pending'`)
	if taken := f.step(s, run, jobs.Step{Take: 1}); taken[0].Barred != jobs.ReasonUnapproved {
		t.Errorf("%+v", taken)
	}
}

// A filled ledger of a program that bound documents to no item: what it holds open goes on, held employees stay so
// whatever an UPDATE says, and what it acknowledged can still be compared.
func TestLedgerFilledBeforeSealsWereBound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	known := f.start(s)
	f.plan(s, known, toSend(s, "0", 0))
	f.deliver(s, known)
	f.finish(s, known, "", jobs.Succeeded)
	run := f.start(s)
	f.plan(s, run, held(toSend(s, "1", 0)), toSend(s, "2", 0))
	f.finish(s, run, jobs.ReasonStopped, jobs.Failed)
	f.formerly(s)
	s.Close()

	s = f.open()
	documents, err := s.Documents(t.Context(), run.Target.ID, []jobs.DocumentRef{{Key: "0", Period: month}})
	if f.must(err); string(documents[0].Document) != string(document("0", 1)) {
		t.Errorf("%q", documents[0].Document)
	}
	f.want("kept", `SELECT unbound FROM syncd.ledger_key`)
	f.db.Exec(t, `UPDATE syncd.item SET state = 'pending' WHERE state = 'held'`)
	resumed, err := s.Resume(t.Context(), run.ID, resumption)
	f.must(err)
	if resumed.Released {
		t.Error("an old plan goes without anybody having said so by this program")
	}
	taken := f.step(s, resumed, jobs.Step{Take: 2})
	if len(taken) != 2 || taken[0].Barred != jobs.ReasonUnapproved || string(taken[1].Document) != string(document("2", 1)) {
		t.Errorf("%+v", taken)
	}
}

// formerly makes a ledger what one was before migration 6, and migrates it.
func (f *fixture) formerly(s *Store) {
	f.Helper()
	reseal := func(table, column string, what content) {
		rows, err := f.conn.Query(f.Context(), `SELECT ctid::text, target_id, period, key, run_id, `+column+`, coalesce(seq, 0),
			`+map[string]string{"item": "baseline_version", "baseline": "version - 1"}[table]+` FROM syncd.`+table+` WHERE `+column+` IS NOT NULL`)
		f.must(err)
		type row struct {
			at     string
			place  place
			sealed []byte
		}
		all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o row, err error) {
			return o, r.Scan(&o.at, &o.place.target, &o.place.period, &o.place.key, &o.place.run, &o.sealed, &o.place.seq, &o.place.version)
		})
		f.must(err)
		for _, r := range all {
			plain, err := s.keys.openKept(what, r.sealed, r.place)
			f.must(err)
			nonce := make([]byte, s.keys.sealing.NonceSize())
			f.db.Exec(f.T, `UPDATE syncd.`+table+` SET `+column+` = $2 WHERE ctid = $1::tid`, r.at,
				s.keys.sealing.Seal(nonce, nonce, plain, r.place.unbound(what)))
		}
	}
	reseal("item", "payload", aDocument)
	reseal("item", "amounts", amounts)
	reseal("baseline", "document", aDocument)
	reseal("baseline", "amounts", amounts)
	f.must(down(f.Context(), f.db.URL, 5))
	_, _, err := Migrate(f.Context(), f.db.URL)
	f.must(err)
}

// down takes migrations back.
func down(ctx context.Context, url string, to int64) error {
	config, err := connConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close() //nolint:errcheck // a test
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Ledger, goose.WithTableName("syncd.goose_db_version"),
		goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = provider.DownTo(ctx, to)
	}
	return err
}

// What is recorded as sent survives a power cut, whatever the database or the role says.
func TestCommitsWaitForTheDisk(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.db.Exec(t, `DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
		EXECUTE format('ALTER ROLE %I IN DATABASE %I SET synchronous_commit = local', current_user, current_database());
	END $$`)
	s := f.open()
	f.start(s)
	var setting string
	f.must(s.pool.QueryRow(t.Context(), `SHOW synchronous_commit`).Scan(&setting))
	if setting != "on" {
		t.Errorf("of the pool it is %s", setting)
	}
}

// Fingerprints are keyed: without the ledger key nobody can try out NIRs against them.
func TestFingerprintsAreKeyed(t *testing.T) {
	t.Parallel()
	f := &fixture{T: t}
	a, b := keysOf(f, "ledger key"), keysOf(f, "another")
	d := []byte("{}")
	if a.ID == b.ID || a.fingerprinter().Sum(d) == b.fingerprinter().Sum(d) {
		t.Error("two keys make the same")
	}
	again := a.fingerprinter()
	if first := again.Sum(d); first != again.Sum(d) || first == again.Sum([]byte("[]")) {
		t.Error("a fingerprint does not tell documents apart")
	}
}

// With a ledger key that changed nothing could be compared and everyone would be paid again: syncd refuses to start.
func TestChangedLedgerKeyIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.open()
	s, err := Open(t.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "another")})
	var changed *KeyError
	if !errors.As(err, &changed) || s != nil || !strings.Contains(err.Error(), "hint:") {
		t.Fatalf("%v", err)
	}
	if strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte("another"))) {
		t.Error("the error shows the key")
	}
	reader, err := Open(t.Context(), Options{URL: f.db.URL})
	f.must(err) // commands that only read headers need no key
	reader.Close()
	for _, n := range []int{0, 31, 33} {
		if _, err := NewKeys(make([]byte, n)); err == nil || !strings.HasPrefix(err.Error(), "a ledger key has 32 bytes, not ") {
			t.Errorf("a key of %d bytes: %v", n, err)
		}
	}
}
