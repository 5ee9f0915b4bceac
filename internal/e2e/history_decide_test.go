package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/store"
)

// decide draws what a person, or time, does between two runs.
func (h *history) decide() {
	switch one(h, "decision", []string{"approve", "approve", "approve", "some", "some", "cancel", "settle", "settle", "settle",
		"close", "reopen", "close in the middle", "expire", "too late", "edit there", "edit there", "overlap", "overlap"}) {
	case "approve":
		if run, ok := h.waiting(); ok && h.approve(run, nil, 0) {
			h.goOn(run)
		}
	case "some":
		if run, ok := h.waiting(); ok && h.approve(run, h.some(h.heldKeys(run)), time.Hour) {
			h.goOn(run)
		}
	case "cancel":
		if len(h.runs) > 0 {
			h.cancel(one(h, "run", h.runs))
		}
	case "settle":
		h.settleOne()
	case "close":
		h.close(one(h, "month", months))
	case "reopen":
		h.reopen(one(h, "month", months), time.Hour)
	case "close in the middle":
		h.closeInTheMiddle(one(h, "month", months))
	case "expire":
		h.expire()
	case "too late":
		if run, ok := h.waiting(); ok {
			h.approve(run, nil, time.Microsecond)
		}
	case "edit there":
		h.editThere()
	case "overlap":
		h.overlap()
	}
}

// waiting is a run that waits for a decision, or now and then any.
func (h *history) waiting() (int64, bool) {
	runs := h.runs
	if !h.oneIn(6, "any run") {
		runs = h.numbers(`SELECT r.id FROM syncd.run r JOIN syncd.target t ON t.id = r.target_id
			WHERE t.dossier = $1 AND (r.state = 'held' OR r.held > 0) ORDER BY r.id`, h.to.Dossier)
	}
	if len(runs) == 0 {
		return 0, false
	}
	return one(h, "which", runs), true
}

// some are one or two of those whom a run holds, or now and then anybody.
func (h *history) some(held []string) []string {
	if len(held) == 0 || h.oneIn(6, "anybody") {
		held = matricules
	}
	return []string{one(h, "employee", held), one(h, "employee", held)}
}

// goOn executes, perhaps, what was approved a moment ago.
func (h *history) goOn(run int64) {
	if h.oneIn(2, "at once") {
		h.act(run)
	}
}

// approve reports whether it was possible.
func (h *history) approve(run int64, employees []string, expires time.Duration) bool {
	h.Helper()
	late := h.heldKeys(run)
	reason := h.because()
	released, err := h.store.Approve(context.Background(), run, store.Approval{Employees: employees, By: "marie", Reason: reason,
		Expires: expires})
	var expired *jobs.ExpiredError
	switch {
	case err == nil && employees != nil && !slices.Equal(released, slices.Compact(slices.Sorted(slices.Values(employees)))):
		h.Fatalf("%q were approved, and %q let go", employees, released)
	case err == nil:
		h.decided(ledger.DecisionApprove, run, h.periodOf(run), released, reason)
	case errors.As(err, &expired):
		h.decided(ledger.DecisionExpire, run, h.periodOf(run), late, "")
	default:
		h.refused(err)
	}
	return err == nil
}

// heldKeys are those whom the expiry of a run names: the held ones of a run that is not held as a whole.
func (h *history) heldKeys(run int64) (keys []string) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), `SELECT coalesce(array_agg(i.key), '{}') FROM syncd.item i JOIN syncd.run r ON r.id = i.run_id
		WHERE r.id = $1 AND r.state <> 'held' AND i.state = 'held'`, run).Scan(&keys))
	return keys
}

func (h *history) cancel(run int64) {
	h.Helper()
	reason := h.because()
	cancelled, err := h.store.Cancel(context.Background(), run, "marie", reason)
	if err != nil {
		h.refused(err)
		return
	}
	h.decided(ledger.DecisionCancel, run, cancelled.Period, nil, reason)
}

// cancelled reports whether a run was given up.
func (h *history) cancelled(run int64) bool {
	h.Helper()
	return h.count(`SELECT count(*) FROM syncd.run WHERE id = $1 AND state = 'cancelled'`, run) == 1
}

// close closes a month, at first only if nothing of it is missing: then nothing is open or in doubt.
func (h *history) close(month jobs.Period) {
	h.Helper()
	closure := ledger.Closure{By: "marie", Reason: h.because()}
	left, err := h.store.ClosePeriod(context.Background(), h.to, month, closure)
	var missing *ledger.MissingError
	if errors.As(err, &missing) {
		closure.Force = true
		left, err = h.store.ClosePeriod(context.Background(), h.to, month, closure)
	} else if err == nil && h.count(`SELECT count(*) FROM syncd.item i JOIN syncd.target t ON t.id = i.target_id WHERE t.dossier = $1 AND
		i.period = $2 AND i.open`,
		h.to.Dossier, string(month)) > 0 {
		h.Fatalf("%s was closed without force while something of it is open", month)
	}
	if err != nil {
		h.refused(err)
		return
	}
	h.decided(ledger.DecisionClose, 0, month, ledger.KeysOf(left), closure.Reason)
}

func (h *history) reopen(month jobs.Period, within time.Duration) {
	h.Helper()
	reason := h.because()
	if err := h.store.ReopenPeriod(context.Background(), h.to, month, "marie", reason, time.Now().Add(within)); err != nil {
		h.refused(err)
		return
	}
	h.decided(ledger.DecisionReopen, 0, month, nil, reason)
}

// closed reports whether a period takes no writes at this instant, by the database.
func (h *history) closed(month jobs.Period) (closed bool) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), `SELECT coalesce(bool_or(syncd.is_closed(id, $2)), false) FROM syncd.target WHERE dossier
		= $1`,
		h.to.Dossier, string(month)).Scan(&closed))
	return closed
}

// closeInTheMiddle opens a closed period for a moment, which ends while a run of it sends.
func (h *history) closeInTheMiddle(month jobs.Period) {
	if !h.closed(month) {
		h.close(month)
	}
	h.reopen(month, 100*time.Millisecond)
	p := h.process()
	defer p.abort()
	h.api.arm(rapid.Uint64().Draw(h.T, "seed"), false, rapid.IntRange(1, 3).Draw(h.T, "after"), h.letClose)
	h.fresh(p.ctx, h.runner(p.mortal, p.stop), h.request(month))
	h.letClose()
}

// letClose waits until all openings for a moment are over.
func (h *history) letClose() {
	_, err := h.conn.Exec(context.Background(), `SELECT pg_sleep(extract(epoch FROM max(c.open_until) - clock_timestamp()) + 0.001)
		FROM syncd.closed_period c JOIN syncd.target t ON t.id = c.target_id
		WHERE t.dossier = $1 AND c.open_until BETWEEN clock_timestamp() AND clock_timestamp() + interval '1 minute'`, h.to.Dossier)
	h.must(err)
}

// expire is what a daemon does once holds have waited for too long.
func (h *history) expire() {
	h.Helper()
	late := map[int64][]string{}
	for _, run := range h.runs {
		late[run] = h.heldKeys(run)
	}
	expired, err := h.store.ExpireHolds(context.Background(), h.pairs(), map[string]time.Duration{h.job.Name: time.Microsecond})
	h.must(err)
	for _, run := range expired {
		h.decided(ledger.DecisionExpire, run, h.periodOf(run), late[run], "")
	}
}

func (h *history) because() string {
	h.reasons++
	return fmt.Sprintf("reason %d", h.reasons)
}

// decided remembers a decision as the audit must have it.
func (h *history) decided(what ledger.Decision, run int64, month jobs.Period, employees []string, reason string) {
	h.audit = append(h.audit, auditLine(string(what), run, string(month), employees, reason))
}

func auditLine(decision string, run int64, month string, employees []string, reason string) string {
	return fmt.Sprintf("%s run %d of %s: %s; %s", decision, run, month, strings.Join(slices.Sorted(slices.Values(employees)), " "), reason)
}

func (h *history) periodOf(run int64) (month jobs.Period) {
	h.Helper()
	h.must(h.conn.QueryRow(context.Background(), `SELECT period FROM syncd.run WHERE id = $1`, run).Scan(&month))
	return month
}

// pairs are the job of the history, for its target.
func (h *history) pairs() []ledger.Pair {
	h.Helper()
	target, _, err := h.store.Target(context.Background(), h.to)
	h.must(err)
	return []ledger.Pair{{Job: h.job.Name, TargetID: target.ID}}
}
