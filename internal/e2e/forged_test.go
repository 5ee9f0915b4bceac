package e2e

import (
	"context"
	"errors"
	"testing"

	"syncd/internal/jobs"
)

// What a guard holds goes by an approval alone. Whoever writes into the tables instead, as an approval would or otherwise,
// sends nothing: the run is held again and says so, and a person can still decide.
func TestForgedApprovalsSendNothing(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]string{
		"approved in SQL": `UPDATE syncd.run SET state = 'queued', finished_at = NULL, approved_digest = plan_digest, approved_by = 'marie',
			approved_reason = 'r' WHERE state = 'held'`,
		"findings removed": `UPDATE syncd.run SET state = 'queued', finished_at = NULL, findings = NULL WHERE state = 'held'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 6)
			w.run(r, jobs.Succeeded, nil)
			w.hire(6)
			held := w.wantHeldRun(r, nil, jobs.RuleCreated)
			w.exec(forge)
			again := w.resume(r, held.ID, jobs.Held)
			if again.Failure.Code != jobs.ReasonUnapproved {
				t.Errorf("held for %+v", again.Failure)
			}
			w.wantSent(8)
			w.release(r, again, jobs.Succeeded)
			w.wantSent(14)
		})
	}
}

// Nor does an employee go whom somebody set to be sent; the others do.
func TestForgedReleaseOfAnEmployeeSendsNothing(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 4, 6)
	w.run(r, jobs.Succeeded, nil)
	was := w.bank("00002", period)
	w.rebank("00002")
	w.rename("00003", "NOUVEAU")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00002", jobs.ItemHeld, jobs.ReasonChanged)
	w.exec(`UPDATE syncd.item SET state = 'pending' WHERE state = 'held'`)
	run = w.resume(r, run.ID, jobs.Incomplete)
	w.wantItem(r, run, "00002", jobs.ItemHeld, jobs.ReasonUnapproved)
	if w.bank("00002", period) != was {
		t.Error("it was sent")
	}
	w.wantDoubt("00002", false)
	w.release(r, run, jobs.Succeeded, "00002")
	if w.bank("00002", period) == was {
		t.Error("it was not sent after its approval")
	}
}

// killedBeforeThePush is the ledger of a process that is killed once its plan is frozen.
type killedBeforeThePush struct{ jobs.Ledger }

func (killedBeforeThePush) Remaining(context.Context, *jobs.Run) (int, error) {
	return 0, jobs.ErrLost
}

// A document that was exchanged in the ledger is not sent; the run says whose, the others go, and a new plan delivers it.
func TestAlteredDocumentIsNotSent(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 4, 6)
	w.run(r, jobs.Succeeded, nil)
	w.rename("00002", "NOUVEAU")
	w.rename("00003", "NOUVEAU")
	was := w.held("00002")
	killed := *r
	killed.Ledger = killedBeforeThePush{r.Ledger}
	run, err := killed.Push(t.Context(), &w.job, w.request())
	if !errors.Is(err, jobs.ErrLost) || !run.Planned {
		t.Fatalf("%+v, %v", run, err)
	}
	w.exec(`UPDATE syncd.item SET payload = (SELECT document FROM syncd.baseline WHERE key = '00004') WHERE run_id = $1 AND key = '00002'`,
		run.ID)
	r = w.afterDeath(r)
	run = w.resume(r, run.ID, jobs.Incomplete)
	w.wantItem(r, run, "00002", jobs.ItemBlocked, jobs.ReasonAltered)
	if w.held("00002") != was {
		t.Error("it was sent")
	}
	w.wantDoubt("00002", false)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// What was sent before and does not open any more holds whoever changed since: nobody can tell what changes. It stops nobody
// else. What guards remember and does not open holds the run.
func TestAlteredMemoryHolds(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE syncd.baseline SET document = set_byte(document, 30, get_byte(document, 30) # 1) WHERE key IN ('00002', '00004')`)
	w.rename("00002", "NOUVEAU")
	w.rename("00003", "NOUVEAU")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": {jobs.RuleAltered}})
	w.wantItem(r, run, "00003", jobs.ItemAccepted, jobs.ReasonAccepted)
	w.release(r, run, jobs.Succeeded, "00002")
	w.rename("00005", "NOUVEAU")
	w.exec(`UPDATE syncd.run SET figures = set_byte(figures, 30, get_byte(figures, 30) # 1)`)
	held := w.run(r, jobs.Held, nil)
	finding(t, held.Findings, jobs.RuleAlteredFigures)
	w.release(r, held, jobs.Succeeded)
	w.wantDelivered(period)
}
