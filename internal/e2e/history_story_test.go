package e2e

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// story is what the ledger has of a dossier: its runs and their lines, and what is known at the API.
const story = `
SELECT format('run %s of %s: %s %s %s%s; %s', r.id, r.period, r.state, r.failure_code, r.failure_detail,
	CASE WHEN r.employees = '{}' THEN '' ELSE ' for ' || r.employees::text END,
	(SELECT string_agg(format('%s %s (%s %s) v%s%s', i.key, i.state, i.reason_code, i.reason_detail, i.baseline_version,
		CASE WHEN i.ambiguous THEN ' ambiguous' ELSE '' END), ', ' ORDER BY i.seq) FROM syncd.item i WHERE i.run_id = r.id))
FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id WHERE t.dossier = $1
UNION ALL
SELECT format('known of %s in %s: v%s by run %s%s%s', b.key, b.period, b.version, b.run_id,
	CASE WHEN b.in_doubt THEN ' in doubt' ELSE '' END, CASE WHEN b.withdrawn THEN ' withdrawn' ELSE '' END)
FROM syncd.baseline b JOIN syncd.target t ON t.id = b.target_id WHERE t.dossier = $1
ORDER BY 1`

// tell logs the story of a history that failed.
func (h *history) tell() {
	if !h.Failed() {
		return
	}
	rows, err := h.conn.Query(context.Background(), story, h.to.Dossier)
	if err != nil {
		h.Log(err)
		return
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, line := range lines {
		h.Log(line)
	}
	h.Logf("audit: %q, error: %v", h.audit, err)
}
