package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/testpg"
	"syncd/migrations"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testpg.Tests{M: m}) }

const (
	month     = jobs.Period("2026-11")
	impatient = 10 * time.Second // for what must not wait for another process
)

var template = testpg.Template{Name: "store", Sources: migrations.All, Prepare: func(ctx context.Context, url string) error {
	_, _, err := Migrate(ctx, url)
	return err
}}

// fixture is a ledger and what a test says about it.
type fixture struct {
	*testing.T
	db   *testpg.DB
	conn *pgx.Conn
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db := testpg.New(t, template)
	return &fixture{T: t, db: db, conn: db.Connect(t)}
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func keysOf(f *fixture, secret string) *Keys {
	f.Helper()
	sum := sha256.Sum256([]byte(secret))
	keys, err := NewKeys(sum[:])
	f.must(err)
	return keys
}

// open is the ledger as a process of its own has it.
func (f *fixture) open() *Store {
	f.Helper()
	s, err := Open(f.Context(), Options{URL: f.db.URL, Keys: keysOf(f, "ledger key"), Version: "test", Lease: time.Minute})
	f.must(err)
	f.Cleanup(s.Close)
	return s
}

var target = jobs.Target{Partner: "partner", Environment: "test", BaseURL: "http://127.0.0.1", Dossier: "saint-martin"}

func request() jobs.NewRun {
	return jobs.NewRun{Job: "paie", Kind: jobs.PushSalaries, Target: target, Period: month, AnyOrder: true, Scope: jobs.ScopeEmployeePeriod,
		Trigger: jobs.TriggerManual, Digests: jobs.Digests{Config: "test"}}
}

func (f *fixture) start(s *Store) *jobs.Run {
	f.Helper()
	run, err := s.Start(f.Context(), request())
	f.must(err)
	return run
}

var resumption = jobs.Resumption{Semantics: jobs.Replace, Scope: jobs.ScopeEmployeePeriod, RequestTimeout: time.Millisecond}

// document is what is sent for a key.
func document(key string, revision int) []byte {
	return fmt.Appendf(nil, `{"Matricule":%q,"Rev":%d}`, key, revision)
}

// toSend is an item of a plan that was made against a version of the baseline.
func toSend(s *Store, key string, version int64) jobs.PlannedItem {
	d := document(key, int(version)+1)
	return jobs.PlannedItem{Document: d, Fingerprint: s.Fingerprinter().Sum(d), Item: jobs.Item{Key: key, State: jobs.ItemPending,
		Difference: jobs.Created, Employees: 1, Elements: 2, BaselineVersion: version, Reason: jobs.Reason{Code: jobs.ReasonNew}}}
}

// plan freezes the items.
func (f *fixture) plan(s *Store, run *jobs.Run, items ...jobs.PlannedItem) {
	f.Helper()
	f.must(f.tryPlan(s, run, items...))
	run.Planned = true
}

func (f *fixture) tryPlan(s *Store, run *jobs.Run, items ...jobs.PlannedItem) error {
	f.Helper()
	w, err := s.BeginPlan(f.Context(), run, jobs.Resumption{RequestTimeout: time.Millisecond})
	f.must(err)
	defer w.Abandon()
	var counts jobs.Counts
	for i := range items {
		items[i].Seq = i + 1
		counts.EmployeesRead += items[i].Employees
		counts.ElementsRead += items[i].Elements
	}
	f.must(w.Add(f.Context(), items))
	return w.Commit(f.Context(), jobs.Frozen{Counts: counts, Digests: jobs.Digests{Plan: "plan"}})
}

func (f *fixture) step(s *Store, run *jobs.Run, step jobs.Step) []jobs.TakenItem {
	f.Helper()
	taken, err := s.Step(f.Context(), run, step)
	f.must(err)
	return taken.Items
}

func outcome(seq int, state jobs.ItemState, certain bool) jobs.ItemOutcome {
	return jobs.ItemOutcome{Seq: seq, State: state, Certain: certain, Reason: jobs.Reason{Code: "test"}, Attempts: 1, HTTPStatus: 200,
		AnsweredAt: time.Now()}
}

// deliver takes all and records them as accepted.
func (f *fixture) deliver(s *Store, run *jobs.Run) {
	f.Helper()
	var outcomes []jobs.ItemOutcome
	for _, c := range f.take(s, run, 100) {
		outcomes = append(outcomes, outcome(c.Seq, jobs.ItemAccepted, true))
	}
	f.step(s, run, jobs.Step{Outcomes: outcomes})
}

// take gives items that it took, those that were tried before last.
func (f *fixture) take(s *Store, run *jobs.Run, most int) []jobs.TakenItem {
	f.Helper()
	taken := f.step(s, run, jobs.Step{Take: most})
	return append(taken, f.step(s, run, jobs.Step{Take: most - len(taken), Tried: true})...)
}

func (f *fixture) finish(s *Store, run *jobs.Run, failure jobs.ReasonCode, want jobs.State) *jobs.Run {
	f.Helper()
	finished, err := s.Finish(f.Context(), run, jobs.Reason{Code: failure}, nil)
	f.must(err)
	if finished.State != want {
		f.Fatalf("run is %s, want %s: %+v", finished.State, want, finished.Counts)
	}
	return finished
}

// text is one value of the database as text, "NULL" where there is none or no row.
func (f *fixture) text(sql string, args ...any) string {
	f.Helper()
	var value *string
	err := f.conn.QueryRow(f.Context(), "SELECT ("+sql+")::text", args...).Scan(&value)
	f.must(err)
	if value == nil {
		return "NULL"
	}
	return *value
}

func (f *fixture) want(want, sql string, args ...any) {
	f.Helper()
	if got := f.text(sql, args...); got != want {
		f.Errorf("%s\nis  %s\nnot %s", sql, got, want)
	}
}

// baseline tells of a key: "version doubt", or NULL.
func (f *fixture) baseline(key, want string) {
	f.Helper()
	f.want(want, `SELECT version || CASE WHEN in_doubt THEN ' in doubt' ELSE ' known' END FROM syncd.baseline WHERE key = $1`, key)
}

// everything is all that a run could have written, to see that nothing of it changed.
func (f *fixture) everything() string {
	f.Helper()
	var parts []string
	for _, table := range []string{"target", "run", "item", "baseline", "dictionary_entry", "dictionary_change"} {
		parts = append(parts, f.text(`SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM syncd.`+table+` AS t`))
	}
	return strings.Join(parts, " ")
}

func wantBusy(f *fixture, err error) {
	f.Helper()
	var busy *jobs.BusyError
	if !errors.As(err, &busy) {
		f.Fatalf("got %v, want busy", err)
	}
}

// age makes an owner look silent for longer.
func (f *fixture) age(by time.Duration) {
	f.db.Exec(f.T, `UPDATE syncd.owner SET heartbeat_at = heartbeat_at - make_interval(secs => $1)`, by.Seconds())
}

// textOf is what a finding says in English.
func textOf(f Finding) string {
	return f.What.In(hinted.English())
}
