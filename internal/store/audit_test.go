package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
	"syncd/internal/store/dbsqlc"
	"syncd/internal/testpg"
	"syncd/migrations"
)

// decide appends a line to the audit in a transaction of its own.
func (f *fixture) decide(s *Store, target int64, e ledger.AuditEntry) {
	f.Helper()
	f.must(s.transact(f.Context(), func(q *dbsqlc.Queries) error { return s.audit(f.Context(), q, target, e) }))
}

// wantAudit compares what the audit has of some kinds of decisions, the oldest first: "actor decision detail employees:
// reason".
func (f *fixture) wantAudit(s *Store, kinds []ledger.Decision, want ...string) {
	f.Helper()
	entries, err := s.Audit(f.Context(), ledger.AuditFilter{})
	f.must(err)
	var lines []string
	for _, e := range slices.Backward(entries) {
		if !slices.Contains(kinds, e.Decision) {
			continue
		}
		if e.Version != "test" || e.Host == "" || time.Since(e.At) > time.Minute {
			f.Errorf("%+v", e)
		}
		line := fmt.Sprintf("%s %s %s %s", e.Actor, e.Decision, e.Detail, strings.Join(e.Employees, ","))
		lines = append(lines, strings.Join(strings.Fields(strings.TrimSpace(line)+": "+e.Reason), " "))
	}
	if got, want := strings.Join(lines, "\n"), strings.Join(want, "\n"); got != want {
		f.Errorf("the audit is\n%s\nnot\n%s", got, want)
	}
}

// A line tells all that was given, and where, with which program and configuration it was decided; each filter selects by
// its own column.
func TestAuditTellsAndFilters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.must(s.SetConfiguration(t.Context(), "digest 1"))
	host, err := os.Hostname()
	f.must(err)
	f.decide(s, run.Target.ID, ledger.AuditEntry{Actor: "marie", Decision: ledger.DecisionApprove, Job: "paie", Period: month, Run: run.ID,
		Employees: []string{"1", "2"}, Reason: "checked", Detail: "all of it"})
	f.decide(s, 0, ledger.AuditEntry{Decision: ledger.DecisionPause, Job: "paie"})
	since := time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		filter ledger.AuditFilter
		want   int
	}{
		"the dossier":     {ledger.AuditFilter{Dossier: "saint-martin", Decision: ledger.DecisionApprove}, 1},
		"another dossier": {ledger.AuditFilter{Dossier: "sainte-anne"}, 0},
		"the job":         {ledger.AuditFilter{Job: "paie", Since: since, Decision: ledger.DecisionPause}, 1},
		"the period":      {ledger.AuditFilter{Period: month, Actor: "marie"}, 1},
		"another period":  {ledger.AuditFilter{Period: earlierMonth}, 0},
		"the run":         {ledger.AuditFilter{Run: run.ID, Actor: "marie"}, 1},
		"another run":     {ledger.AuditFilter{Run: run.ID + 1}, 0},
		"an employee":     {ledger.AuditFilter{Employee: "2"}, 1},
		"another one":     {ledger.AuditFilter{Employee: "3"}, 0},
		"nobody":          {ledger.AuditFilter{Actor: "paul"}, 0},
		"to come":         {ledger.AuditFilter{Since: time.Now().Add(time.Hour)}, 0},
		"the last one":    {ledger.AuditFilter{Max: 1}, 1},
		"the last two":    {ledger.AuditFilter{Max: 2, Since: since}, 2},
	} {
		entries, err := s.Audit(t.Context(), c.filter)
		f.must(err)
		if len(entries) != c.want {
			t.Errorf("%s: %+v", name, entries)
		}
	}
	entries, err := s.Audit(t.Context(), ledger.AuditFilter{Max: 2})
	f.must(err)
	if e := entries[0]; e.Actor != "syncd" || e.Dossier != "" || e.Run != 0 || e.Decision != ledger.DecisionPause {
		t.Errorf("%+v", e)
	}
	e := entries[1]
	if e.ID >= entries[0].ID || time.Since(e.At).Abs() > time.Minute {
		t.Errorf("%+v", e)
	}
	e.ID, e.At = 0, time.Time{}
	if got, want := fmt.Sprintf("%+v", e), fmt.Sprintf("%+v", ledger.AuditEntry{Actor: "marie", Decision: ledger.DecisionApprove,
		Dossier: "saint-martin", Environment: "test", Partner: "partner", BaseURL: "http://127.0.0.1", Job: "paie",
		Period: month, Run: run.ID, Employees: []string{"1", "2"}, Reason: "checked",
		Detail: "all of it",
		Host:   host, Version: "test", ConfigDigest: "digest 1"}); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

// What was rolled back was not decided.
func TestAuditBelongsToTheDecisionsTransaction(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	failure := errors.New("broken off")
	err := s.transact(t.Context(), func(q *dbsqlc.Queries) error {
		f.must(s.audit(t.Context(), q, 0, ledger.AuditEntry{Decision: ledger.DecisionPurge}))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	f.want("0", `SELECT count(*) FROM syncd.audit`)
}

// A reason that nobody should find for years is refused below whoever asks, with what was decided.
func TestAReasonHoldsNoPersonalNumberAndNoControlCharacter(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for _, reason := range []string{"of FR7630006000011234567890189", "of 1 85 05 78 006 084 91", "red \x1b[31m", "two\nlines",
		"\u202eesrever", strings.Repeat("é", 1001)} {
		_, err := s.Pause(t.Context(), "paie", "marie", reason)
		var refused *ledger.ReasonError
		if !errors.As(err, &refused) || strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v", reason, err)
		}
	}
	f.want("0", `SELECT (SELECT count(*) FROM syncd.audit) + (SELECT count(*) FROM syncd.pause)`)
	if ok, err := s.Pause(t.Context(), "paie", "marie", strings.Repeat("é", 1000)); err != nil || !ok {
		t.Errorf("%v %v", ok, err)
	}
}

// Each change of the configuration is told once, by however many processes start with it at the same time.
func TestConfigurationIsRecordedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	for _, digest := range []string{"a", "a", "b", "b", "a"} {
		var starting sync.WaitGroup
		for range 4 {
			starting.Go(func() {
				if err := s.SetConfiguration(t.Context(), digest); err != nil {
					t.Error(err)
				}
			})
		}
		starting.Wait()
	}
	f.want("a b a", `SELECT string_agg(config_digest, ' ' ORDER BY id) FROM syncd.audit WHERE decision = 'configuration' AND actor =
		'syncd' AND detail = host`)
	s.host = "another"
	f.must(s.SetConfiguration(t.Context(), "a"))
	f.must(s.SetConfiguration(t.Context(), "a"))
	f.want("4", `SELECT count(*) FROM syncd.audit`)
}

var changes = []string{`UPDATE syncd.audit SET reason = 'another'`, `DELETE FROM syncd.audit`, `TRUNCATE syncd.audit`}

// wantRefused tries to change the audit.
func wantRefused(t *testing.T, conn *pgx.Conn, sqlState string) {
	t.Helper()
	for _, sql := range changes {
		_, err := conn.Exec(t.Context(), sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != sqlState {
			t.Errorf("%s: %v, want SQLSTATE %s", sql, err, sqlState)
		}
	}
}

// The audit of a ledger cannot be changed: not by the role that syncd works as, whichever role made it, for want of the
// right, and not by a superuser, for the trigger. Roles belong to all databases of a server, so this one has its own.
func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	empty := testpg.Template{Name: "empty", Prepare: func(context.Context, string) error { return nil }}
	for name, admin := range map[string]bool{"made by the role": false, "handed over": true} {
		db := server.New(t, empty)
		if admin {
			migrate(t, db.URL)
		}
		db.Exec(t, migrations.Roles)
		password := rand.Text()
		db.Exec(t, `ALTER ROLE syncd PASSWORD '`+password+`'`)
		address, err := url.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword("syncd", password)
		if got := findings(t, address.String()); strings.Contains(got, "audit") {
			t.Errorf("%s: %s", name, got)
		}
		migrate(t, address.String())
		conn, err := pgx.Connect(t.Context(), address.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `INSERT INTO syncd.audit (actor, decision, version) VALUES ('syncd', 'purge', 'test')`); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantRefused(t, conn, "42501")
		wantRefused(t, db.Connect(t), "SY002")
		if got := findings(t, address.String()); strings.Contains(got, "audit") {
			t.Errorf("%s: %s", name, got)
		}
		for _, right := range []string{"UPDATE", "DELETE", "TRUNCATE"} {
			db.Exec(t, `GRANT `+right+` ON syncd.audit TO syncd`)
			if got := findings(t, address.String()); !strings.Contains(got, "the role syncd has the right to change the audit") {
				t.Errorf("%s: %s is not seen: %s", name, right, got)
			}
			db.Exec(t, migrations.Roles) // which mends it
			if got := findings(t, address.String()); strings.Contains(got, "audit") {
				t.Errorf("%s: %s", name, got)
			}
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func migrate(t *testing.T, url string) {
	t.Helper()
	if _, _, err := Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
}

// What was decided is told as facts, also where an earlier program wrote them as a text.
func TestAuditTellsFacts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	until := time.Date(2026, 12, 5, 18, 0, 0, 0, time.UTC)
	digest := strings.Repeat("0a", 32)
	former := []ledger.AuditEntry{{Decision: ledger.DecisionRun, Detail: "undelivered of run 7"},
		{Decision: ledger.DecisionReopen, Detail: "until 2026-12-05T18:00:00Z"}, {Decision: ledger.DecisionApprove, Detail: digest}}
	facts := []ledger.AuditFacts{{FailedOf: 7}, {Until: &until}, {Digest: digest}}
	for i := range former {
		f.decide(s, 0, former[i])
		f.decide(s, 0, ledger.AuditEntry{Decision: former[i].Decision, Facts: facts[i]})
	}
	entries, err := s.Audit(t.Context(), ledger.AuditFilter{Max: 6})
	f.must(err)
	for i, e := range entries { // newest first
		want := facts[2-i/2]
		if e.Detail != former[2-i/2].Detail || e.Facts.Digest != want.Digest || e.Facts.FailedOf != want.FailedOf ||
			(e.Facts.Until == nil) != (want.Until == nil) ||
			want.Until != nil && !e.Facts.Until.Equal(*want.Until) {
			t.Errorf("%+v, want %+v", e, want)
		}
	}
}

// What syncd decides by a rule, and what a purge deletes, is kept as facts; detail and reason have the English of it.
func TestAuditTellsRulesAsFacts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	day := time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC)
	cutoffs := Cutoffs{Diffs: day, Items: day, Runs: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), Fires: day, Documents: day, Files: day}
	what := cutoffs.Fact()
	back := PutBack{Seen: 9, Known: 7}.Fact()
	f.decide(s, 0, ledger.AuditEntry{Decision: ledger.DecisionPurge, Facts: ledger.AuditFacts{What: &what}})
	f.decide(s, 0, ledger.AuditEntry{Decision: ledger.DecisionPutBack, Facts: ledger.AuditFacts{Why: &back}})
	entries, err := s.Audit(t.Context(), ledger.AuditFilter{Max: 2})
	f.must(err)
	french := locale.Of(locale.French, "")
	if e := entries[1]; e.Detail != "diffs before 2025-11-22, items before 2025-11-22, runs before 2020-01-02, fires before 2025-11-22, "+
		"documents before 2025-11-22, files before 2025-11-22" || e.Facts.What.In(french) != "différences d'avant le 22/11/2025, lignes d'avant "+
		"le 22/11/2025, exécutions d'avant le 02/01/2020, exécutions prévues d'avant le 22/11/2025, fiches d'avant le 22/11/2025, fichiers "+
		"d'avant le 22/11/2025" {
		t.Errorf("%+v", e)
	}
	if e := entries[0]; e.Reason != "the ledger was put back: it knows runs up to 7, and this machine has seen run 9" || e.Actor != "syncd" ||
		!strings.Contains(e.Facts.Why.In(french), "jusqu'à la 7") {
		t.Errorf("%+v", e)
	}
	held := &PurgeHeldError{LeaptFrom: &day, LeaptTo: &day, Excess: []Excess{{"runs", 1, 2}}, Share: 0.2}
	for suffix, held := range map[string]*PurgeHeldError{" to 2025": {LeaptFrom: &day, LeaptTo: &day},
		"; 1 of 2 runs would go (limit: 20 %)": held} {
		f.must(s.confirmPurge(t.Context(), Cutoffs{Runs: day}, held, PurgeOrder{By: "marie", Reason: "seen"}))
		entries, err = s.Audit(t.Context(), ledger.AuditFilter{Max: 1})
		f.must(err)
		if e := entries[0]; !strings.HasPrefix(e.Detail, "runs before 2025-11-22; confirmed although the clock leapt from ") ||
			!strings.Contains(e.Detail, suffix) || !strings.Contains(e.Facts.What.In(french), "\u00a0; confirmé alors que\u00a0: l'horloge") {
			t.Errorf("%+v %s", e, e.Facts.What.In(french))
		}
	}
}

// What names an employee is found without the rest of the audit being read, whatever the dossier, by whoever asks for the tenth time.
func TestAuditOfAnEmployeeReadsNothingElse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	run := f.start(s)
	f.decide(s, run.Target.ID, ledger.AuditEntry{
		Actor: "marie", Decision: ledger.DecisionApprove, Employees: []string{"00042", "7"}, Reason: "seen",
	})
	f.db.Exec(t, `INSERT INTO syncd.audit (actor, decision, version, employees)
		SELECT 'paul', 'approve', 'test', ARRAY[(10000 + n)::text] FROM generate_series(1, 5000) n; ANALYZE syncd.audit`)
	for range 10 {
		entries, err := s.Audit(t.Context(), ledger.AuditFilter{Employee: "00042", Max: 100})
		if err != nil || len(entries) != 1 || entries[0].Reason != "seen" {
			t.Fatalf("%+v, %v", entries, err)
		}
		alike, err := s.AuditedAlike(t.Context(), "", "42")
		if err != nil || !slices.Equal(alike, []string{"00042"}) {
			t.Fatalf("%v, %v", alike, err)
		}
	}
	all := statements(f)
	f.exec(`BEGIN; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = on`)
	for name, given := range map[string]string{"listAuditNaming": "('', '', '', 0, '', '', '-infinity', 9, '00042')",
		"auditedAlike": "(ARRAY['42', '042', '00042'], '')"} {
		f.exec(`PREPARE "` + name + `" AS ` + all[name])
		rows, err := f.conn.Query(t.Context(), `EXPLAIN (ANALYZE, TIMING off, FORMAT text) EXECUTE "`+name+`"`+given, pgx.QueryExecModeSimpleProtocol)
		f.must(err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		f.must(err)
		plan := strings.Join(lines, "\n")
		if !strings.Contains(plan, "audit_by_employee") || strings.Contains(plan, "Seq Scan on audit") ||
			strings.Contains(plan, "Rows Removed by Filter: 5") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
