package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
)

// Random histories of corrections, runs, partial runs, resumes, stops, aborts and kills, over random faults of the API:
// nobody is lost, nobody is paid by an older document, and what the ledger says is what the API holds.
func TestHistories(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		name      string
		semantics jobs.Semantics
		scope     jobs.Scope
	}{
		{"replace", jobs.Replace, jobs.ScopeEmployeePeriod},
		{"replace-2", jobs.Replace, jobs.ScopeEmployeePeriod},
		{"one-document", jobs.Replace, jobs.ScopeEmployee},
		{"append", jobs.Append, jobs.ScopeEmployeePeriod},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.exec(`CREATE TABLE staff (matricule text, name text, rev int); CREATE TABLE pay (matricule text, period text, code text, amount int)`)
			n := 0
			rapid.Check(t, func(rt *rapid.T) {
				n++
				h := &history{T: rt, w: w, conn: w.conn,
					staff: map[string]*person{}, past: map[string][]*person{}, api: newFakeAPI(kind.scope, kind.semantics)}
				h.begin(fmt.Sprintf("h%d", n), kind.semantics, kind.scope)
				defer func() { h.store.Close() }()
				h.live()
			})
		})
	}
}

// history is one random history of one dossier.
type history struct {
	*rapid.T
	w     *world
	conn  *pgx.Conn
	job   jobs.PushJob
	to    jobs.Target
	api   *fakeAPI
	store *store.Store

	edits int
	staff map[string]*person
	past  map[string][]*person // what staging held of each employee before
	runs  []int64
}

var (
	matricules = []string{"1", "2", "3", "4", "5", "6"}
	months     = []jobs.Period{"2026-10", "2026-11"}
	papers     = mapping.Spec{
		Fields: []mapping.Field{
			{Path: "Matricule", Column: "matricule"}, {Path: "Nom", Column: "name", Null: mapping.NullRefuse},
			{Path: "Rev", Column: "rev"}, {Path: "Periode", Value: "@period"},
		},
		Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: []mapping.Field{
			{Path: "Code", Column: "code"}, {Path: "Montant", Column: "amount"},
		}}},
	}
)

func (h *history) begin(name string, semantics jobs.Semantics, scope jobs.Scope) {
	h.to = jobs.Target{Partner: "isidoor", Environment: "test", BaseURL: "http://127.0.0.1", Dossier: name}
	h.job = jobs.PushJob{Name: "paie", Mapping: papers, Semantics: semantics, Scope: scope, Send: jobs.SendChanged,
		MaxInFlight: 2, StopAfter: 3, RequestTimeout: time.Millisecond, Guards: unguarded,
		Source: jobs.Source{Employees: "SELECT * FROM staff", Key: "matricule",
			Children: []jobs.ChildSource{{Rows: "SELECT * FROM pay WHERE period = @period", Employee: "matricule"}}}}
	h.open()
}

// open is the start of a process.
func (h *history) open() {
	s, err := store.Open(context.Background(), store.Options{URL: h.w.db.URL, Keys: h.w.keys, Version: "test", Lease: time.Minute})
	h.must(err)
	h.store = s
}

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("%v", err)
	}
}

func (h *history) live() {
	for _, m := range matricules {
		h.edit(m)
	}
	for range rapid.IntRange(2, 7).Draw(h.T, "steps") {
		for range rapid.IntRange(0, 6).Draw(h.T, "edits") {
			h.edit(rapid.SampledFrom(matricules).Draw(h.T, "matricule"))
		}
		h.save()
		h.act()
		h.wantTruth()
	}
	h.end()
}

// act runs or resumes, with faults, and perhaps stopped, aborted or killed on the way.
func (h *history) act() {
	ctx, abort := context.WithCancel(context.Background())
	defer abort()
	stop := make(chan struct{})
	mortal := &dyingLedger{Ledger: h.store, calls: -1}
	strike := func() {}
	switch rapid.SampledFrom([]string{"", "", "", "stop", "abort", "kill", "kill"}).Draw(h.T, "end") {
	case "stop":
		strike = func() { close(stop) }
	case "abort":
		strike = abort
	case "kill":
		mortal.calls, mortal.executed = rapid.IntRange(0, 6).Draw(h.T, "life"), rapid.Bool().Draw(h.T, "executed")
	}
	h.api.arm(rapid.Uint64().Draw(h.T, "seed"), true, rapid.IntRange(1, 6).Draw(h.T, "after"), strike)
	runner := h.runner(mortal, stop)
	if len(h.runs) > 0 && rapid.IntRange(0, 2).Draw(h.T, "resume") == 0 {
		run, err := runner.ResumePush(ctx, &h.job, rapid.SampledFrom(h.runs).Draw(h.T, "run"))
		h.ended(run, err)
		return
	}
	request := h.request(rapid.SampledFrom(months).Draw(h.T, "period"))
	if rapid.IntRange(0, 3).Draw(h.T, "partial") == 0 {
		request.Employees = slices.Compact(slices.Sorted(slices.Values(rapid.SliceOfN(rapid.SampledFrom(matricules), 1, 2).Draw(h.T, "employees"))))
	}
	run, err := runner.Push(ctx, &h.job, request)
	h.ended(run, err)
	h.wantPlan(run, err, request)
}

func (h *history) runner(ledger jobs.Ledger, stop chan struct{}) *jobs.Runner {
	return &jobs.Runner{Ledger: ledger, Staging: &store.Staging{URL: h.w.db.URL}, API: h.api, Progress: silent{}, Log: zerolog.Nop(), Stop: stop}
}

func (h *history) request(p jobs.Period) jobs.NewRun {
	return jobs.NewRun{Job: h.job.Name, Kind: jobs.PushSalaries, Target: h.to, Period: p, AnyOrder: true, Scope: h.job.Scope,
		Trigger: jobs.TriggerManual, Digests: jobs.Digests{Config: "test"}}
}

// ended remembers a run, and after a kill starts another process.
func (h *history) ended(run *jobs.Run, err error) {
	h.Helper()
	if run != nil && !slices.Contains(h.runs, run.ID) {
		h.runs = append(h.runs, run.ID)
	}
	if errors.Is(err, jobs.ErrLost) {
		if n := h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND state = 'sending'`, run.ID); n > 2*h.job.MaxInFlight {
			h.Fatalf("%d items were on their way", n)
		}
		h.store.Close()
		_, err := h.conn.Exec(context.Background(), `UPDATE syncd.owner SET heartbeat_at = heartbeat_at - interval '3 seconds'`)
		h.must(err) // its silence of 2 s is tested elsewhere
		h.open()
		return
	}
	var order *jobs.OrderError
	var finished *jobs.FinishedError
	if run == nil && !errors.As(err, &order) && !errors.As(err, &finished) {
		h.Fatalf("%v", err)
	}
	if run != nil && run.Failure.Code == jobs.ReasonInternal {
		h.Fatalf("%+v: %v", run.Failure, err)
	}
}

func (h *history) count(sql string, args ...any) (n int) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}
