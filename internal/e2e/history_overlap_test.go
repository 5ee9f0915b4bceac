package e2e

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"syncd/internal/jobs"
)

// unsent is a line of an older plan whose document has not left yet.
type unsent struct {
	Run     int64
	Key     string
	Period  jobs.Period
	Version int64
	Payload []byte
	Amounts []byte
	Reason  jobs.ReasonCode
}

// overlap makes the plans of two runs of one month meet: one is interrupted, another one delivers something newer of one of
// its employees, and then the older one goes on. The newer plan closes the older one's line; here the line comes back to
// life, as if somebody had sent past the plans of this ledger, so that nothing but its version tells that it is old.
func (h *history) overlap() {
	if h.kind.scope == jobs.ScopeEmployee && h.oneIn(2, "other months") {
		h.overtake()
		return
	}
	h.interrupt(one(h, "month", months))
	lines := h.unsent()
	if len(lines) == 0 {
		return
	}
	line := one(h, "line", lines)
	h.edit(line.Key)
	h.save()
	h.calmly(line.Period, line.Key)
	if h.revive(line) {
		p := h.process()
		defer p.abort()
		h.resume(p.ctx, h.runner(p.mortal, p.stop), line.Run)
	}
}

// overtake makes the plans of two months meet, where the partner keeps one document an employee: that of the later one dies
// before anything leaves, what it would send is taken back, the earlier month is planned, and then the later one goes on.
func (h *history) overtake() {
	key := one(h, "matricule", matricules)
	before, n := h.staff[key], slices.Index(months, h.latest())+1
	if before == nil || before.blocked() || n == 0 || n == len(months) {
		return
	}
	h.calmly(months[n-1], key)
	h.edits++
	h.put(key, h.changed(key, before))
	h.save()
	p := h.process()
	defer p.abort()
	p.mortal.calls = 3 // nomenclatures, history and plan
	request := h.request(months[n])
	request.Employees = []string{key}
	h.fresh(p.ctx, h.runner(p.mortal, p.stop), request)
	h.edits++
	h.put(key, before)
	h.save()
	h.calmly(months[n-1], key)
	if runs := h.numbers(`SELECT r.id FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
		WHERE t.dossier = $1 AND r.period = $2`, h.to.Dossier, string(months[n])); len(runs) > 0 {
		again := h.process() // the other one is dead
		defer again.abort()
		h.resume(again.ctx, h.runner(again.mortal, again.stop), runs[0])
	}
}

// latest is the latest month that was run.
func (h *history) latest() (month jobs.Period) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), `SELECT coalesce(max(r.period), '') FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
		WHERE t.dossier = $1`, h.to.Dossier).Scan(&month))
	return month
}

// calmly runs a month for one employee without any fault.
func (h *history) calmly(month jobs.Period, key string) {
	h.Helper()
	p := h.process()
	defer p.abort()
	h.api.arm(0, false, 0, nil)
	request := h.request(month)
	request.Employees = []string{key}
	h.fresh(p.ctx, h.runner(p.mortal, p.stop), request)
	h.wantTruth()
}

// interrupt is a run that is stopped once something has left.
func (h *history) interrupt(month jobs.Period) {
	for range 3 {
		h.edit(one(h, "matricule", matricules))
	}
	h.save()
	p := h.process()
	defer p.abort()
	h.api.arm(rapid.Uint64().Draw(h.T, "seed"), h.oneIn(2, "faulty"), 1, func() { close(p.stop) })
	h.fresh(p.ctx, h.runner(p.mortal, p.stop), h.request(month))
}

func (h *history) unsent() []unsent {
	h.Helper()
	rows, err := h.conn.Query(context.Background(), `SELECT i.run_id, i.key, i.period, i.baseline_version, i.payload, i.amounts, i.reason_code
		FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id JOIN syncd.target t ON t.id = r.target_id
		WHERE t.dossier = $1 AND i.state = 'pending' AND NOT i.ambiguous AND r.state IN ('failed', 'incomplete') ORDER BY i.run_id, i.seq`, h.to.Dossier)
	h.must(err)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByPos[unsent])
	h.must(err)
	return lines
}

// revive makes a line as it was before a newer plan closed it. false: nothing newer was acknowledged.
func (h *history) revive(line unsent) bool {
	h.Helper()
	n := h.count(`WITH revived AS (
			UPDATE syncd.item i SET state = 'pending', payload = $3, amounts = $4, reason_code = $5, reason_detail = ''
			FROM syncd.baseline b
			WHERE i.run_id = $1 AND i.key = $2 AND i.state = 'superseded' AND b.target_id = i.target_id AND b.key = i.key AND b.period = i.period
			  AND b.version > i.baseline_version AND NOT b.in_doubt
			RETURNING i.run_id
		), recounted AS (
			UPDATE syncd.run r SET superseded = superseded - 1, not_attempted = not_attempted + 1 FROM revived v WHERE r.id = v.run_id RETURNING 1
		)
		SELECT count(*) FROM recounted`, line.Run, line.Key, line.Payload, line.Amounts, line.Reason)
	return n == 1
}
