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
	Key       string
	Period    jobs.Period
	Version   int64
	InDoubt   bool
	Withdrawn bool
}

func (h *history) baseline() []known {
	h.Helper()
	rows, err := h.conn.Query(context.Background(), `SELECT b.key, b.period, b.version, b.in_doubt, b.withdrawn
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
	h.wantReleased()
	h.wantBaseline()
	h.wantAudit()
	if n := h.count(unaccounted, h.to.Dossier); n != 0 {
		h.Fatalf("the accounting of %d runs is not that of their items", n)
	}
}

// unaccounted counts ended runs whose accounting does not follow from their items.
const unaccounted = `
SELECT count(*) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id CROSS JOIN LATERAL (
	SELECT coalesce(sum(employees) FILTER (WHERE state = 'accepted'), 0) AS accepted,
		coalesce(sum(employees) FILTER (WHERE state = 'rejected'), 0) AS rejected,
		coalesce(sum(employees) FILTER (WHERE state = 'blocked'), 0) AS blocked,
		coalesce(sum(employees) FILTER (WHERE state = 'held'), 0) AS held,
		coalesce(sum(employees) FILTER (WHERE state = 'superseded'), 0) AS superseded,
		coalesce(sum(employees) FILTER (WHERE state IN ('uncertain', 'unsettled', 'sending') OR state = 'pending' AND ambiguous), 0) AS uncertain,
		coalesce(sum(employees) FILTER (WHERE state = 'pending' AND NOT ambiguous), 0) AS not_attempted,
		count(*) FILTER (WHERE state = 'departed') AS departed, count(*) FILTER (WHERE state = 'left') AS "left",
		coalesce(sum(elements) FILTER (WHERE state = 'blocked'), 0) AS elements_blocked,
		coalesce(sum(employees), 0) AS employees, coalesce(sum(elements), 0) AS elements
	FROM syncd.item WHERE run_id = r.id) AS i
WHERE t.dossier = $1 AND r.finished_at IS NOT NULL AND r.employees_read <> r.unchanged + i.employees
	OR t.dossier = $1 AND r.finished_at IS NOT NULL AND r.elements_read <> r.elements_unchanged + i.elements
	OR t.dossier = $1 AND r.finished_at IS NOT NULL
		AND (r.accepted, r.rejected, r.blocked, r.held, r.superseded, r.uncertain, r.not_attempted, r.departed, r."left", r.elements_blocked,
			r.elements_in_documents)
		<> (i.accepted, i.rejected, i.blocked, i.held, i.superseded, i.uncertain, i.not_attempted, i.departed, i."left", i.elements_blocked,
			r.elements_read - i.elements_blocked)`

// wantBaseline wants every document that the partner has to be known: in doubt, or exactly as acknowledged.
func (h *history) wantBaseline() {
	h.Helper()
	target, found, err := h.store.Target(context.Background(), h.to)
	h.must(err)
	if !found {
		return
	}
	latest := map[heldKey]known{}
	var refs []jobs.DocumentRef
	for _, row := range h.baseline() { // in order of period: with scope employee the latest counts
		latest[h.api.heldKey(row.Key, row.Period)] = row
	}
	rows := make([]known, 0, len(latest))
	for _, row := range latest {
		rows, refs = append(rows, row), append(refs, jobs.DocumentRef{Key: row.Key, Period: row.Period})
	}
	documents, err := h.store.Documents(context.Background(), target.ID, refs)
	h.must(err)
	for i, row := range rows {
		h.wantAcknowledged(row, documents[i].Document)
	}
	for at := range h.api.holds {
		if _, ok := latest[at]; !ok && !h.api.lost[at] {
			h.Fatalf("%v: the partner has a document that the ledger knows nothing of", at)
		}
	}
}

func (h *history) wantAcknowledged(row known, acknowledged []byte) {
	h.Helper()
	at := h.api.heldKey(row.Key, row.Period)
	if row.InDoubt || h.api.edited[at] || h.api.lost[at] {
		return
	}
	if row.Withdrawn {
		acknowledged = nil
	}
	if !bytes.Equal(acknowledged, h.api.holds[at]) {
		h.Fatalf("%s %s: the partner has %s, acknowledged was %s", row.Key, row.Period, h.api.holds[at], acknowledged)
	}
}

// wantAudit wants one line in the audit for each decision, and no other.
func (h *history) wantAudit() {
	h.Helper()
	rows, err := h.conn.Query(context.Background(), `SELECT a.decision, coalesce(a.run_id, 0), a.period, a.employees, a.reason
		FROM syncd.audit a JOIN syncd.target t ON t.id = a.target_id WHERE t.dossier = $1`, h.to.Dossier)
	h.must(err)
	audit, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var decision, month, reason string
		var run int64
		var employees []string
		err := row.Scan(&decision, &run, &month, &employees, &reason)
		return auditLine(decision, run, month, employees, reason), err
	})
	h.must(err)
	slices.Sort(audit)
	if want := slices.Sorted(slices.Values(h.audit)); !slices.Equal(audit, want) {
		h.Fatalf("the audit is\n%q\nbut what was decided is\n%q", audit, want)
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

// wantDriftHeld wants a run that compares with what the partner has to hold everyone whom somebody edited there.
func (h *history) wantDriftHeld(run *jobs.Run, err error, request jobs.NewRun, before []known) {
	h.Helper()
	if run == nil || errors.Is(err, jobs.ErrLost) || !run.Planned || !h.job.Guards.Verify || h.overwrite {
		return
	}
	for _, row := range before {
		p := h.staff[row.Key]
		asked := request.Employees == nil || slices.Contains(request.Employees, row.Key)
		if p == nil || p.blocked() || !asked || row.Period != request.Period || row.InDoubt || row.Withdrawn ||
			!h.api.edited[heldKey{row.Key, row.Period}] {
			continue
		}
		if item := h.plans.of[run.ID].items[row.Key]; item == nil || item.State != jobs.ItemHeld {
			h.Fatalf("%s %s was edited at the API, and is not held: %+v", row.Key, row.Period, item)
		}
	}
}

// wantHeld wants the API to hold what staging says of an employee, and no doubt about it. Where documents are added, and the
// ledger was put back, nobody can tell what became of those that it lost: what it knows is not sent again.
func (h *history) wantHeld(matricule string, p *person, period jobs.Period, because string) {
	h.Helper()
	var held paper
	at := h.api.heldKey(matricule, period)
	if h.api.append && h.api.lost[at] {
		return
	}
	if document := h.api.holds[at]; document != nil {
		h.must(json.Unmarshal(document, &held))
	}
	want := paper{Matricule: matricule, Nom: p.name, Periode: at.period, Rev: p.rev, Iban: p.iban, Nir: p.nir,
		Elements: sorted(p.elements[period])}
	held.Elements = sorted(held.Elements)
	if !reflect.DeepEqual(held, want) {
		h.Fatalf("%s %s is %s, but the partner has %+v, staging %+v", matricule, period, because, held, want)
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
