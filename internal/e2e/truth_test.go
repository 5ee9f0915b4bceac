package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// known is a row of the baseline.
type known struct {
	Key     string
	Period  jobs.Period
	Version int64
	InDoubt bool
}

func (h *history) baseline() []known {
	h.Helper()
	rows, err := h.conn.Query(context.Background(), `SELECT b.key, b.period, b.version, b.in_doubt
		FROM syncd.baseline b JOIN syncd.target t ON t.id = b.target_id WHERE t.dossier = $1 ORDER BY b.key, b.period`, h.to.Dossier)
	h.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[known])
	h.must(err)
	return list
}

// wantTruth wants what must hold at any time between two actions.
func (h *history) wantTruth() {
	h.Helper()
	if h.api.wrongs != nil {
		h.Fatalf("%q", h.api.wrongs)
	}
	h.wantBaseline()
	if n := h.count(unaccounted, h.to.Dossier); n != 0 {
		h.Fatalf("the accounting of %d runs is not that of their items", n)
	}
}

// unaccounted counts ended runs whose accounting does not follow from their items.
const unaccounted = `
SELECT count(*) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id CROSS JOIN LATERAL (
	SELECT coalesce(sum(employees) FILTER (WHERE state = 'accepted'), 0) AS accepted,
		coalesce(sum(employees) FILTER (WHERE state = 'superseded'), 0) AS superseded,
		coalesce(sum(employees) FILTER (WHERE state IN ('uncertain', 'unsettled', 'sending') OR state = 'pending' AND ambiguous), 0) AS uncertain,
		coalesce(sum(employees), 0) AS employees, coalesce(sum(elements), 0) AS elements
	FROM syncd.item WHERE run_id = r.id) AS i
WHERE t.dossier = $1 AND r.finished_at IS NOT NULL AND (r.accepted <> i.accepted OR r.superseded <> i.superseded
	OR r.uncertain <> i.uncertain OR r.employees_read <> r.unchanged + i.employees
	OR r.elements_read <> r.elements_unchanged + i.elements)`

// wantBaseline wants every document that the API holds to be known: in doubt, or exactly as acknowledged.
func (h *history) wantBaseline() {
	h.Helper()
	target, found, err := h.store.Target(context.Background(), h.to)
	h.must(err)
	if !found {
		return
	}
	rows := h.baseline()
	latest := map[heldKey]known{}
	for _, row := range rows { // in order of period: with scope employee the latest counts
		latest[h.api.heldKey(row.Key, row.Period)] = row
	}
	for at, row := range latest {
		if row.InDoubt {
			continue
		}
		documents, err := h.store.Documents(context.Background(), target.ID, []jobs.DocumentRef{{Key: row.Key, Period: row.Period}})
		h.must(err)
		if !bytes.Equal(documents[0].Document, h.api.holds[at]) {
			h.Fatalf("%s %s: the API holds %s, acknowledged was %s", row.Key, row.Period, h.api.holds[at], documents[0].Document)
		}
	}
	for at := range h.api.holds {
		if _, ok := latest[at]; !ok {
			h.Fatalf("%v: the API holds a document that the ledger knows nothing of", at)
		}
	}
}

// wantPlan wants those whom a run called unchanged to be so at the API, and a success to be whole.
func (h *history) wantPlan(run *jobs.Run, err error, request jobs.NewRun) {
	h.Helper()
	if run == nil || errors.Is(err, jobs.ErrLost) || !run.Planned {
		return
	}
	unchanged := 0
	for matricule, p := range h.staff {
		if request.Employees != nil && !slices.Contains(request.Employees, matricule) {
			continue
		}
		if h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND key = $2`, run.ID, matricule) == 0 {
			unchanged++
			h.wantHeld(matricule, p, request.Period, "unchanged")
		} else if run.State == jobs.Succeeded {
			h.wantHeld(matricule, p, request.Period, "accepted")
		}
	}
	if unchanged != run.Counts.Unchanged {
		h.Fatalf("%d have no item, but %d are unchanged", unchanged, run.Counts.Unchanged)
	}
}

// wantHeld wants the API to hold what staging says of an employee, and no doubt about it.
func (h *history) wantHeld(matricule string, p *person, period jobs.Period, because string) {
	h.Helper()
	var held paper
	at := h.api.heldKey(matricule, period)
	if document := h.api.holds[at]; document != nil {
		h.must(json.Unmarshal(document, &held))
	}
	want := paper{Matricule: matricule, Nom: p.name, Periode: period, Rev: p.rev, Elements: sorted(p.elements[period])}
	held.Elements = sorted(held.Elements)
	if !reflect.DeepEqual(held, want) {
		h.Fatalf("%s %s is %s, but the API holds %+v, staging %+v", matricule, period, because, held, want)
	}
	if slices.ContainsFunc(h.baseline(), func(k known) bool { return k.Key == matricule && k.Period == period && k.InDoubt }) {
		h.Fatalf("%s %s is in doubt, and called %s", matricule, period, because)
	}
}

func sorted(lines []line) []line {
	return slices.SortedFunc(slices.Values(lines), func(a, b line) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Montant, b.Montant))
	})
}

// end runs each period without faults: then the API holds exactly staging, and a second run has nothing to say.
func (h *history) end() {
	h.Helper()
	if len(h.staff) == 0 {
		return
	}
	for _, month := range months {
		if first, ok := h.clean(month); ok {
			h.wantAll(first, month)
			if again, _ := h.clean(month); again.Counts.Accepted != 0 {
				h.Fatalf("%s: a second run sent %d again", month, again.Counts.Accepted)
			}
		}
		h.wantTruth()
	}
}

// clean is a run without faults. ok = false: the API keeps one document per employee, and has that of a later period.
func (h *history) clean(month jobs.Period) (*jobs.Run, bool) {
	h.Helper()
	h.api.arm(0, false, 0, nil)
	run, err := h.runner(h.store, make(chan struct{})).Push(context.Background(), &h.job, h.request(month))
	var order *jobs.OrderError
	if errors.As(err, &order) && order.Newer {
		return nil, false
	}
	h.must(err)
	if run.State != jobs.Succeeded && run.State != jobs.Incomplete {
		h.Fatalf("a run without faults is %s: %+v", run.State, run.Failure)
	}
	return run, true
}

func (h *history) wantAll(run *jobs.Run, month jobs.Period) {
	h.Helper()
	blocked, uncertain := 0, run.Counts.Uncertain+run.Counts.Held
	for matricule, p := range h.staff {
		unsure := h.api.append && h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND key = $2 AND state IN ('uncertain', 'unsettled', 'held')`, run.ID, matricule) > 0
		switch {
		case p.name == "":
			blocked++
		case unsure:
			uncertain--
		default:
			h.wantHeld(matricule, p, month, "delivered")
		}
	}
	if c := run.Counts; c.Blocked != blocked || uncertain != 0 || c.Accepted+c.Unchanged+c.Blocked+c.Uncertain+c.Held != len(h.staff) {
		h.Fatalf("%s: %d blocked; %+v", month, blocked, c)
	}
}
