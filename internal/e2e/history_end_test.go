package e2e

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// end reopens the periods that were asked for and runs each without faults, while a person decides whatever waits for one:
// then the partner has exactly staging, and a second run has nothing to say.
func (h *history) end() {
	h.Helper()
	if len(h.staff) == 0 {
		return
	}
	for _, month := range months {
		if h.count(`SELECT count(*) FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id WHERE t.dossier = $1 AND r.period = $2`,
			h.to.Dossier, string(month)) == 0 {
			continue
		}
		if h.closed(month) {
			h.reopen(month, time.Hour)
		}
		if run, ok := h.deliver(month); ok {
			h.wantAll(run, month)
			h.wantSilence(month)
		}
		h.wantTruth()
	}
}

// deliver runs until nothing waits for a person, or for what only the end of a run found out.
func (h *history) deliver(month jobs.Period) (*jobs.Run, bool) {
	h.Helper()
	for range 10 {
		run, ok := h.clean(month)
		if !ok {
			return nil, false
		}
		h.wantTruth()
		if decided := h.decideAll(run); !decided && run.Counts.Uncertain+run.Counts.Departed == 0 {
			return run, true
		}
		h.wantTruth()
	}
	h.Fatalf("%s: somebody waits for a decision again and again", month)
	return nil, false
}

// clean is a run without faults, approved where a guard holds it as a whole. ok = false: the partner keeps one document per
// employee, and has that of a later period.
func (h *history) clean(month jobs.Period) (*jobs.Run, bool) {
	h.Helper()
	p := h.process()
	defer p.abort()
	h.api.arm(0, false, 0, nil)
	runner, request := h.runner(p.mortal, p.stop), h.request(month)
	for {
		run, err := runner.Push(p.ctx, &h.job, request)
		var order *jobs.OrderError
		var busy *jobs.BusyError
		switch {
		case errors.As(err, &order) && order.Newer:
			return nil, false
		case errors.As(err, &busy) && busy.Run.State == jobs.Queued:
			if h.resume(p.ctx, runner, busy.Run.ID) == nil { // of a period whose turn is over
				h.cancel(busy.Run.ID)
			}
			continue
		}
		h.must(err)
		h.runs = append(h.runs, run.ID)
		h.decided(ledger.DecisionRun, run.ID, month, nil, "")
		if run.State == jobs.Held {
			h.approve(run.ID, nil, time.Hour)
			run = h.resume(p.ctx, runner, run.ID)
		}
		if run == nil || run.State != jobs.Succeeded && run.State != jobs.Incomplete {
			h.Fatalf("a run without faults is %+v", run)
		}
		return run, true
	}
}

// decideAll lets go whom the run holds, and settles what is in doubt in its month. It reports whether there was anybody.
func (h *history) decideAll(run *jobs.Run) (decided bool) {
	h.Helper()
	p := h.process()
	defer p.abort()
	runner := h.runner(p.mortal, p.stop)
	if keys := h.releasable(run.ID); len(keys) > 0 {
		h.approve(run.ID, keys, time.Hour)
		h.resume(p.ctx, runner, run.ID)
		decided = true
	}
	for _, line := range h.doubtful() {
		if line.Period != run.Period {
			continue
		}
		as, settled := h.settle(line)
		if settled && as == ledger.SettlePending && h.count(`SELECT count(*) FROM syncd.run WHERE id = $1 AND state = 'queued'`, line.Run) > 0 {
			h.resume(p.ctx, runner, line.Run)
		}
		decided = decided || settled
	}
	return decided
}

// releasable are those whom a run holds, but for what an API that adds would pay twice.
func (h *history) releasable(run int64) (keys []string) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), `SELECT coalesce(array_agg(key), '{}') FROM syncd.item
		WHERE run_id = $1 AND state = 'held' AND findings::text NOT LIKE '%append-change%'`, run).Scan(&keys))
	return keys
}

// wantAll wants everyone of staging to be delivered, but for those who are blocked, and those of whom the API would pay a
// correction on top.
func (h *history) wantAll(run *jobs.Run, month jobs.Period) {
	h.Helper()
	blocked, held, all := 0, 0, 0
	for matricule, p := range h.staff {
		all += p.rows()
		switch {
		case p.blocked():
			blocked += p.rows()
		case h.api.append && h.count(`SELECT count(*) FROM syncd.item WHERE run_id = $1 AND key = $2 AND state = 'held'`, run.ID, matricule) > 0:
			held++
		default:
			h.wantHeld(matricule, p, month, "delivered")
		}
	}
	if c := run.Counts; c.Blocked != blocked || c.Held != held || c.Accepted+c.Unchanged+c.Blocked+c.Held != all || c.Departed != 0 {
		h.Fatalf("%s: %d blocked and %d held of %d; %+v", month, blocked, held, all, c)
	}
}

// wantSilence wants a run to find all delivered, and to hold nothing for it but duplicates.
func (h *history) wantSilence(month jobs.Period) {
	h.Helper()
	again, ok := h.clean(month)
	if c := again.Counts; !ok || c.Accepted+c.Departed+c.Left+c.Uncertain+c.Superseded+c.NotAttempted+c.Rejected != 0 || c.Held > 0 &&
		!h.api.append {
		h.Fatalf("%s: a second run says %+v", month, c)
	}
	held := slices.ContainsFunc(again.Findings, func(f jobs.Finding) bool { return f.Holds && f.Rule != jobs.RuleDuplicates })
	if held && again.Counts.Held == 0 {
		h.Fatalf("%s: a second run, with nothing to send, is held: %+v", month, again.Findings)
	}
}
