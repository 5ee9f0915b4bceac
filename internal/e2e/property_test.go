package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Random histories of corrections, runs, resumes of old ones, decisions of people, closings, stops, aborts and kills, over
// random faults of the API, imports that replace staging under a plan, a ledger that is put back by copy, and guards that trip
// often: nobody is lost, nobody is paid by an older document or by one that waits for a person, and what the ledger says is
// what the partner has.
func TestHistories(t *testing.T) {
	t.Parallel()
	for _, kind := range []kind{
		{"replace", jobs.Replace, jobs.ScopeEmployeePeriod, false},
		{"replace-verify", jobs.Replace, jobs.ScopeEmployeePeriod, true},
		{"one-document", jobs.Replace, jobs.ScopeEmployee, false},
		{"append", jobs.Append, jobs.ScopeEmployeePeriod, false},
		{"append-read-back", jobs.Append, jobs.ScopeEmployeePeriod, true},
	} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.exec(`CREATE TABLE staff (matricule text, name text, rev int, iban text, nir text);
				CREATE TABLE pay (matricule text, period text, code text, amount int)`)
			n, process, replaces := 0, &ledgerProcess{w: w, marks: t.TempDir()}, &importer{conn: w.db.Connect(t)}
			w.staging.Waits = func(string, time.Duration) { replaces.noticed.Store(true) }
			process.open()
			defer process.close()
			rapid.Check(t, func(rt *rapid.T) {
				n++
				h := &history{T: rt, kind: kind, conn: w.conn, importer: replaces, ledgerProcess: process, staff: map[string]*person{},
					past: map[string][]*person{}, ghosts: map[string]*person{}}
				h.begin(fmt.Sprintf("h%d", n))
				defer h.tell()
				h.live()
			})
		})
	}
}

// kind is what the histories of one test have in common: how the API takes documents, and whether it can be asked.
type kind struct {
	name      string
	semantics jobs.Semantics
	scope     jobs.Scope
	reads     bool
}

// history is one random history of one dossier.
type history struct {
	*rapid.T
	kind     kind
	conn     *pgx.Conn
	importer *importer
	job      jobs.PushJob
	to       jobs.Target
	api      *fakeAPI
	*ledgerProcess
	plans *frozenPlans
	kept  keptLedger

	overwrite bool // runs send over what the other side edited

	edits   int
	staff   map[string]*person
	past    map[string][]*person // what staging held of each employee before
	ghosts  map[string]*person   // who is gone, but for their elements
	runs    []int64
	reasons int
	audit   []string // what the audit must say, in any order
}

var (
	matricules = []string{"1", "2", "3", "4", "5", "6"}
	months     = lastMonths(4)
	papers     = mapping.Spec{
		Fields: []mapping.Field{
			{Path: "Matricule", Column: "matricule"}, {Path: "Nom", Column: "name", Null: mapping.NullRefuse},
			{Path: "Rev", Column: "rev"}, {Path: "Iban", Column: "iban"}, {Path: "Nir", Column: "nir"},
		},
		Children: []mapping.Children{{Path: "Elements", Key: "Code", Fields: []mapping.Field{
			{Path: "Code", Column: "code"}, {Path: "Montant", Column: "amount"},
		}}},
	}
)

// lastMonths are the current month and the ones before: of a later one a ledger that was put back has lost nothing.
func lastMonths(n int) []jobs.Period {
	now, list := time.Now().UTC(), make([]jobs.Period, n)
	for i := range list {
		list[i] = jobs.Period(time.Date(now.Year(), now.Month()+time.Month(1+i-n), 1, 0, 0, 0, 0, time.UTC).Format("2006-01"))
	}
	return list
}

// papers are the documents. With one an employee they name no month: then a new month may bring nothing new.
func (k kind) papers() mapping.Spec {
	spec := papers
	if k.scope == jobs.ScopeEmployeePeriod {
		spec.Fields = append(slices.Clone(papers.Fields), mapping.Field{Path: "Periode", Value: "@period"})
	}
	return spec
}

func (h *history) begin(name string) {
	h.api = newFakeAPI(h.kind, h.closed, h.cancelled)
	h.plans = &frozenPlans{of: map[int64]*frozenPlan{}, api: h.api, staff: h.staff}
	environment := one(h, "environment", []string{"test", "test", "test", "production"})
	h.to = jobs.Target{Partner: "isidoor", Environment: environment, BaseURL: "http://127.0.0.1", Dossier: name}
	h.job = jobs.PushJob{Name: "paie-" + name, Mapping: h.kind.papers(), Semantics: h.kind.semantics, Scope: h.kind.scope,
		Send: jobs.SendChanged, MaxInFlight: 2, StopAfter: 3, RequestTimeout: time.Millisecond, Guards: h.guards(),
		Source: jobs.Source{Employees: "SELECT * FROM staff", Key: "matricule",
			Children: []jobs.ChildSource{{Rows: "SELECT * FROM pay WHERE period = @period", Employee: "matricule"}}}}
	if h.kind.reads {
		h.job.ReadBack = &jobs.ReadBack{}
	}
}

// guards trip often: the staff is small, and the limits are, too.
func (h *history) guards() jobs.Guards {
	limit := func(rule string, least, most int) jobs.Limit {
		n := least - 1 + h.below(most-least+2, rule)
		return jobs.Limit{Off: n < least, Count: n, Share: jobs.NoShare}
	}
	return jobs.Guards{
		Created: limit("created", 1, 4), Updated: limit("updated", 1, 5), Departed: limit("departed", 0, 2), Fall: limit("fall", 0, 2),
		Duplicates: limit("duplicates", 0, 2), Elements: limit("elements", 2, 8),
		CodeTotals: jobs.Limit{Count: jobs.NoCount, Share: 0.5, Floor: 2, Off: h.oneIn(2, "any totals")}, MaxAmount: 2,
		RequireElements: h.oneIn(4, "elements required"), MaxGap: 2 * h.below(2, "gap"), MaxBack: h.below(2, "back"),
		Approval: h.oneIn(6, "approval"),
		Verify:   h.kind.reads && h.kind.semantics == jobs.Replace, HoldFields: []string{"Iban"}, UniqueFields: []string{"Nir"},
	}
}

func (h *history) live() {
	for _, m := range matricules {
		h.edit(m)
	}
	steps := rapid.IntRange(2, 8).Draw(h.T, "steps")
	h.planPutBack(steps)
	for step := range steps {
		for range rapid.IntRange(0, 4).Draw(h.T, "edits") {
			h.edit(one(h, "matricule", matricules))
		}
		h.save()
		h.act(0)
		h.wantTruth()
		for range rapid.IntRange(0, 3).Draw(h.T, "decisions") {
			h.decide()
			h.wantTruth()
		}
		h.keepOrPutBack(step)
	}
	h.wantNoticed()
	h.end()
}

// evenly draws numbers up to 63 that are all as likely: rapid itself prefers small ones, and the beginnings of lists.
var evenly = rapid.Custom(func(t *rapid.T) (n int) {
	for range 6 {
		if n *= 2; rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
})

func (h *history) below(n int, what string) int { return evenly.Draw(h.T, what) % n }

func (h *history) oneIn(n int, what string) bool { return h.below(n, what) == n-1 }

func one[E any](h *history, what string, list []E) E { return list[h.below(len(list), what)] }

func (h *history) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatalf("%v", err)
	}
}

func (h *history) count(sql string, args ...any) (n int) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}
