package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// doubtful is a line about which a person can find out something at the other side.
type doubtful struct {
	Run     int64
	Key     string
	Period  jobs.Period
	Gone    bool
	Version int64
}

func (h *history) doubtful() []doubtful {
	h.Helper()
	rows, err := h.conn.Query(context.Background(), `SELECT i.run_id, i.key, i.period, i.state = 'departed', i.baseline_version
		FROM syncd.item i JOIN syncd.target t ON t.id = i.target_id
		WHERE t.dossier = $1 AND (i.state IN ('departed', 'uncertain') OR i.state = 'pending' AND i.ambiguous) ORDER BY i.run_id, i.seq`, h.to.Dossier)
	h.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[doubtful])
	h.must(err)
	return list
}

func (h *history) settleOne() {
	if lines := h.doubtful(); len(lines) > 0 {
		h.settle(one(h, "which", lines))
	}
}

// settle looks at the other side, and says what is there, if that is certain. It reports whether it was settled.
func (h *history) settle(line doubtful) (ledger.Settlement, bool) {
	h.Helper()
	as, certain := h.look(line)
	if !certain {
		return "", false
	}
	reason := h.because()
	if _, err := h.store.Settle(context.Background(), line.Run, []string{line.Key}, as, "marie", reason, 0); err != nil {
		h.refused(err)
		return as, false
	}
	h.decided(ledger.DecisionSettle, line.Run, line.Period, []string{line.Key}, reason)
	if as == ledger.SettleWithdrawn {
		h.api.takeBack(line.Key, line.Period)
	}
	return as, true
}

// look compares what the partner has with what was sent, and with what it had acknowledged before.
func (h *history) look(line doubtful) (as ledger.Settlement, certain bool) {
	h.Helper()
	if line.Gone {
		return ledger.SettleWithdrawn, true
	}
	sent := h.plans.document(line.Run, line.Key)
	before, known := h.before(line)
	held := h.api.holds[h.api.heldKey(line.Key, line.Period)]
	switch arrived := bytes.Equal(held, sent); {
	case !known, arrived == bytes.Equal(held, before):
		return "", false
	case arrived:
		return ledger.SettleAccepted, true
	}
	return ledger.SettlePending, true
}

// before is what the API held before the document of a line was sent; known = false: that is not certain either.
func (h *history) before(line doubtful) (document []byte, known bool) {
	h.Helper()
	for _, row := range h.baseline() {
		switch {
		case row.Key != line.Key || row.Period > line.Period || h.api.heldKey(row.Key, row.Period) != h.api.heldKey(line.Key, line.Period):
		case row.Period == line.Period && row.Version != line.Version:
			return nil, false
		// nothing of this month; with one document an employee, that of an earlier one
		case row.Period == line.Period && row.Version == 0 && !row.Withdrawn:
			return document, true
		case row.Period < line.Period && row.InDoubt:
			known = false
		case row.Withdrawn:
			document, known = nil, true
		default:
			document, known = h.acknowledged(row), true
		}
	}
	return document, known
}

func (h *history) acknowledged(row known) []byte {
	h.Helper()
	target, _, err := h.store.Target(context.Background(), h.to)
	h.must(err)
	documents, err := h.store.Documents(context.Background(), target.ID, []jobs.DocumentRef{{Key: row.Key, Period: row.Period}})
	h.must(err)
	return documents[0].Document
}

// editThere is what somebody does at the other side, where the job looks for such edits.
func (h *history) editThere() {
	if !h.job.Guards.Verify {
		return
	}
	at := heldKey{one(h, "matricule", matricules), one(h, "month", months)}
	var p paper
	switch document := h.api.holds[at]; {
	case document == nil:
		return
	case h.oneIn(3, "delete"):
		delete(h.api.holds, at)
	default:
		h.must(json.Unmarshal(document, &p))
		h.edits++
		p.Nom = fmt.Sprintf("E%d", h.edits)
		edited, err := json.Marshal(p)
		h.must(err)
		h.api.holds[at] = edited
	}
	h.api.edited[at] = true
}
