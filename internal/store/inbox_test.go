package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/pull/pulltest"
)

// What a run that reads records counts on holds here as it does of the inbox in memory.
func TestInbox(t *testing.T) {
	t.Parallel()
	pulltest.Run(t, func(t *testing.T) pulltest.World {
		f := newFixture(t)
		return inboxWorld{f, f.open()}
	})
}

type inboxWorld struct {
	f *fixture
	s *Store
}

func (w inboxWorld) Ledger() jobs.Ledger           { return w.s }
func (w inboxWorld) Inbox() jobs.Inbox             { return w.s.Inbox() }
func (w inboxWorld) Credentials() jobs.Credentials { return w.s.Credentials() }

func (w inboxWorld) Find(id int64) *jobs.Run {
	run, err := w.s.Run(context.Background(), id)
	w.f.must(err)
	return run
}

func (w inboxWorld) Approve(id int64) {
	_, err := w.s.Approve(context.Background(), id, Approval{By: "marie", Reason: "a reason"})
	w.f.must(err)
}

func (w inboxWorld) Take(id int64) *jobs.Run {
	w.f.db.Exec(w.f.T, `UPDATE syncd.run SET epoch = epoch + 1 WHERE id = $1`, id)
	return w.Find(id)
}

func (w inboxWorld) PutBack() { w.f.db.Exec(w.f.T, `UPDATE inbox.cursor SET incarnation = 'former'`) }

func (w inboxWorld) Rows(target int64) []pulltest.Row {
	rows, err := w.f.conn.Query(context.Background(), `
		SELECT 'record ' || collection || ' ' || key || ' ' || version || ' %s' || CASE WHEN gone_since IS NULL THEN '' ELSE ' gone' END
		       || CASE WHEN files_at IS NULL THEN '' ELSE ' filed' END || CASE WHEN acknowledged_at IS NULL THEN '' ELSE ' acknowledged' END,
		       ARRAY[coalesce(document::text, '')]
		FROM inbox.record WHERE $1::bigint IN (0, target_id)
		UNION ALL
		SELECT 'change ' || collection || ' ' || key || ' ' || version || ' "' || path || '" ' || difference || ' %s %s',
		       ARRAY[coalesce(old::text, ''), coalesce(new::text, '')]
		FROM inbox.change WHERE $1::bigint IN (0, target_id)
		UNION ALL
		SELECT 'file ' || collection || ' ' || key || ' ' || file || CASE WHEN missing <> '' THEN ' missing ' || missing ELSE ' ' || size || ' '
		       || encode(sha256(coalesce((SELECT string_agg(content, '' ORDER BY n) FROM inbox.part WHERE file_id = f.id), '')), 'hex') END, '{}'
		FROM inbox.file f WHERE $1::bigint IN (0, target_id)
		UNION ALL
		SELECT concat_ws(' ', 'refused', collection || '/' || name, key, reason_code), '{}'
		FROM inbox.refused WHERE $1::bigint IN (0, target_id)`, target)
	w.f.must(err)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r pulltest.Row, err error) {
		var texts []string
		err = row.Scan(&r.Words, &texts)
		for _, text := range texts {
			r.JSON = append(r.JSON, text)
		}
		return r, err
	})
	w.f.must(err)
	return all
}

func (w inboxWorld) Lines(id int64) string {
	return w.f.text(`SELECT coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), '') FROM (
		SELECT concat_ws(' ', collection, key, difference, nullif(ack, ''), nullif(reason_code, ''))
		FROM syncd.run_record WHERE run_id = $1) AS lines (line)`, id)
}

// aRecord is a target with one record of the inbox: it changed once, and has a file.
func (f *fixture) aRecord(s *Store) *jobs.Run {
	f.Helper()
	request := jobs.NewRun{Job: "factures", Kind: jobs.PullRecords, Target: target, Trigger: jobs.TriggerManual,
		Digests: jobs.Digests{Config: "test"}}
	run, err := s.Start(f.Context(), request)
	f.must(err)
	in, c := s.Inbox(), &jobs.Collection{Name: "factures", Files: true}
	_, err = in.Begin(f.Context(), run)
	f.must(err)
	for _, text := range []string{`{"id":1}`, `{"id":2}`} {
		_, err = in.Store(f.Context(), run, c, []jobs.Record{{Key: "1", Document: []byte(text), Fingerprint: sha256.Sum256([]byte(text))}})
		f.must(err)
	}
	f.must(in.StoreFile(f.Context(), run, c.Name, "1", jobs.File{ID: "a", Size: 3 * partSize / 2},
		strings.NewReader(strings.Repeat("x", 3*partSize/2))))
	f.must(in.Filed(f.Context(), run, c.Name, "1"))
	f.must(in.Conclude(f.Context(), run, jobs.Concluded{Whole: true, Counts: jobs.Gathered{Read: 1, New: 1, Files: 1},
		Collections: map[string]jobs.Gathered{c.Name: {Read: 1, New: 1, Files: 1}}}))
	return f.finish(s, run, "", jobs.Succeeded)
}

// What a person erased does not come back: of the record its key alone stays, and each run finds it as it was.
func TestForgottenRecordStaysSo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.aRecord(s)
	f.want("1", `SELECT count(*) FROM inbox.change`)
	f.want("2", `SELECT count(*) FROM inbox.part`)
	forget := RecordForgetting{Partner: target.Partner, Dossier: target.Dossier, Collection: "factures", Key: "1",
		By: "marie", Reason: "asked"}
	f.must(s.ForgetRecord(t.Context(), forget))
	f.want("0", `SELECT (SELECT count(*) FROM inbox.change) + (SELECT count(*) FROM inbox.file) + (SELECT count(*) FROM inbox.part)`)
	f.want("factures 1", `SELECT detail FROM syncd.audit WHERE decision = 'forget'`)
	known, err := s.Inbox().Known(t.Context(), run.Target.ID, "factures", []string{"1"})
	if f.must(err); !known["1"].Forgotten {
		t.Errorf("%+v", known)
	}
	again, err := s.Start(t.Context(), jobs.NewRun{Job: "factures", Kind: jobs.PullRecords, Target: target, Trigger: jobs.TriggerManual})
	f.must(err)
	stored, err := s.Inbox().Store(t.Context(), again, &jobs.Collection{Name: "factures"},
		[]jobs.Record{{Key: "1", Document: []byte(`{"id":3}`)}})
	if f.must(err); stored[0].Difference != jobs.Unchanged {
		t.Errorf("%+v", stored)
	}
	f.want("NULL", `SELECT document FROM inbox.record`)
	var busy *jobs.BusyError
	if err := s.ForgetRecord(t.Context(), forget); !errors.As(err, &busy) {
		t.Errorf("%v", err)
	}
	f.finish(s, again, jobs.ReasonStopped, jobs.Failed)
	var unknown *ForgetError
	if err := s.ForgetRecord(t.Context(), forget); !errors.As(err, &unknown) || unknown.Why != ForgetNoRecord {
		t.Errorf("%v", err)
	}
}

// Changes go with the diffs of items, files by an age of their own, and a file that is past it is not fetched again. Records stay.
func TestPurgeOfTheInbox(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.aRecord(s)
	f.db.Exec(t, `UPDATE inbox.change SET at = at - interval '10 years'`)
	f.db.Exec(t, `UPDATE inbox.file SET at = at - interval '10 years'`)
	f.purge(s, Cutoffs{Diffs: cutoff()}, Purged{Changes: 1})
	f.purge(s, Cutoffs{Files: cutoff()}, Purged{Files: 1})
	f.want("0", `SELECT count(*) FROM inbox.part`)
	known, err := s.Inbox().KnownFiles(t.Context(), run.Target.ID, "factures", "1")
	if f.must(err); known["a"].Missing != jobs.FileExpired {
		t.Errorf("%+v", known)
	}
	f.old(run.ID)
	f.purge(s, Cutoffs{Items: cutoff(), Runs: cutoff()}, Purged{Items: 1, Runs: 1})
	f.want("1", `SELECT count(*) FROM inbox.record`)
}

// Without the schema, or with that of another ledger, nothing is read; the ledger works all the same.
func TestInboxThatIsNotOurs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.aRecord(s)
	start := func() (*jobs.Run, error) {
		run, err := s.Start(t.Context(), jobs.NewRun{Job: "factures", Kind: jobs.PullRecords, Target: target, Trigger: jobs.TriggerManual})
		f.must(err)
		_, err = s.Inbox().Begin(t.Context(), run)
		return run, err
	}
	f.db.Exec(t, `UPDATE inbox.dossier SET dossier = 'sainte-anne'`)
	other, err := start()
	var foreign *OtherInboxError
	if !errors.As(err, &foreign) || foreign.Known != "sainte-anne" {
		t.Errorf("%v", err)
	}
	f.finish(s, other, jobs.ReasonInternal, jobs.Failed)
	f.db.Exec(t, `INSERT INTO inbox.goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	newer, err := start()
	if !errors.Is(err, errNewerInbox) || !strings.Contains(err.Error(), "the schema inbox is of a newer syncd") { // which none makes older
		t.Errorf("%v", err)
	}
	f.finish(s, newer, jobs.ReasonInternal, jobs.Failed)
	f.db.Exec(t, `DROP SCHEMA inbox CASCADE`)
	missing, err := start()
	if !errors.Is(err, jobs.ErrNoInbox) || jobs.FailureReason(err).Code != jobs.ReasonInboxMissing {
		t.Errorf("%v", err)
	}
	f.finish(s, missing, jobs.ReasonInboxMissing, jobs.Failed)
	f.purge(s, Cutoffs{Diffs: cutoff(), Files: cutoff()}, Purged{})
	if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
		t.Fatal(err)
	}
	again, err := start()
	f.must(err)
	if again.Target.ID != run.Target.ID {
		t.Errorf("%+v", again.Target)
	}
}

// Texts become days, moments and amounts, or nothing.
func TestTypedViewsOfTheInbox(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct{ function, text, want string }{
		{"date", "2026-11-30", "2026-11-30"}, {"date", "2026-11-30T23:30:00+01:00", "2026-11-30"}, {"date", "30/11/2026", "2026-11-30"},
		{"date", "29/02/2024", "2024-02-29"}, {"date", "2026-02-29", "NULL"}, {"date", "2100-02-29", "NULL"}, {"date", "2026-04-31", "NULL"},
		{"date", "2026-13-01", "NULL"}, {"date", "hier", "NULL"}, {"date", "", "NULL"}, {"date", "2026-11-300", "NULL"},
		{"date", "٢٠٢٦-١١-٣٠", "NULL"}, {"date", "2026-١١-30", "NULL"}, {"date", "٣٠/١١/2026", "NULL"},
		{"moment", "2026-11-30T١٠:00:00Z", "NULL"}, {"moment", "2026-11-30T10:00:00+٠١:00", "NULL"},
		{"moment", "2026-11-30T23:30:00+01:00", "2026-11-30 22:30:00+00"}, {"moment", "2026-11-30T23:30:00.123Z", "2026-11-30 23:30:00.123+00"},
		{"moment", "2026-11-30T23:30:00-0330", "2026-12-01 03:00:00+00"}, {"moment", "2026-11-30 23:30:00", "NULL"},
		{"moment", "2026-11-30T24:30:00Z", "NULL"}, {"moment", "2026-02-30T10:00:00Z", "NULL"}, {"moment", "2026-11-30", "NULL"},
		{"amount", "1250.00", "1250.00"}, {"amount", "-0.5", "-0.5"}, {"amount", "1e3", "NULL"}, {"amount", "1 250,00", "NULL"},
		{"amount", "", "NULL"}, {"amount", "١٢٣", "NULL"}, {"amount", "1.٥", "NULL"},
	} {
		f.want(c.want, `SELECT inbox.`+c.function+`($1) `+map[string]string{"moment": "AT TIME ZONE 'UTC' || '+00'"}[c.function], c.text)
	}
	s := f.open()
	run := f.aRecord(s)
	f.db.Exec(t, `UPDATE inbox.dossier SET partner = 'chorus-pro' WHERE target_id = $1`, run.Target.ID)
	f.db.Exec(t, `UPDATE inbox.record SET document = '{"numeroFacture": "F1", "montantTTC": 1250.00, "dateDepot": "30/11/2026", "statut": 7}'`)
	f.want("(saint-martin,F1,1250.00,2026-11-30,7)", `SELECT (dossier, numero, montant_ttc, date_depot, statut) FROM inbox.chorus_factures`)
	f.want("1 1 1", `SELECT (SELECT count(*) FROM inbox.records) || ' ' || (SELECT count(*) FROM inbox.changes) || ' ' ||
		(SELECT count(*) FROM inbox.files)`)
}

// The accounting of records is the database's, too.
func TestDatabaseRefusesFalseStatementsAboutRecords(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.aRecord(f.open())
	for set, constraint := range map[string]string{
		"records_read = records_read + 1":      "run_records_add_up",
		"records_new = 0, records_refused = 1": "run_success_is_whole",
		"unacknowledged = 1":                   "run_success_is_whole",
		"files_missing = 1":                    "run_success_is_whole",
		"unsettled = 1":                        "run_success_is_whole",
	} {
		_, err := f.conn.Exec(t.Context(), `UPDATE syncd.run SET `+set)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.ConstraintName != constraint {
			t.Errorf("%s: %v, want %s to refuse it", set, err, constraint)
		}
	}
	before := f.text(`SELECT md5(string_agg(r::text, '|')) FROM inbox.record r`)
	f.must(down(t.Context(), f.db.URL, 20)) // a filled ledger of an earlier program
	if _, _, err := Migrate(t.Context(), f.db.URL); err != nil {
		t.Fatal(err)
	}
	f.want(before, `SELECT md5(string_agg(r::text, '|')) FROM inbox.record r`)
}

// A file that went between two looks is told of, with what to do.
func TestAFileThatWent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	f.aRecord(s)
	records, err := s.Inbox().Records(t.Context(), ledger.RecordFilter{Key: "1"}, false)
	f.must(err)
	f.must(s.Inbox().ReadFile(t.Context(), &records[0], "a", io.Discard))
	f.db.Exec(t, `UPDATE inbox.file SET missing = 'file-expired'`)
	err = s.Inbox().ReadFile(t.Context(), &records[0], "a", io.Discard)
	if told := hinted.What(err); told.Code != "inbox.file-gone" || !strings.Contains(err.Error(), "hint: look again: syncd inbox show") {
		t.Errorf("%v", err)
	}
}

// What Excel would make something else of is written so that it does not.
func TestCellsForExcel(t *testing.T) {
	t.Parallel()
	for cell, want := range map[Cell]string{
		{Text: "-1250.00", Number: true}:                      "-1250,00",
		{Text: "42", Number: true}:                            "42",
		{Text: "2026-11-30 08:00:00.123456+01", Moment: true}: "2026-11-30 08:00:00",
		{Moment: true}:           "",
		{Text: "2026-11-30"}:     "2026-11-30",
		{Text: "12345678200010"}: `="12345678200010"`,
		{Text: "00042"}:          `="00042"`,
		{Text: "42"}:             "42",
		{Text: "=HYPERLINK(1)"}:  "'=HYPERLINK(1)",
		{Text: "a;b"}:            "a;b",
		{Text: ""}:               "",
	} {
		if got := cell.ForExcel(); got != want {
			t.Errorf("%+v is written %s, want %s", cell, got, want)
		}
	}
}
