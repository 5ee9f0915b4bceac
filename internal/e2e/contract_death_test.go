package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"syncd/internal/contract"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
)

// dyingShelf is what a process that is killed knows of contracts: after some calls it answers no more, and whether the last
// one was still carried out is not known to the caller.
type dyingShelf struct {
	contract.Ledger
	calls    int
	executed bool
}

func (d *dyingShelf) dies() bool { d.calls--; return d.calls < 0 }

func (d *dyingShelf) NoteContract(ctx context.Context, api jobs.APIName, found ledger.FoundContract) error {
	dies := d.dies()
	if dies && !d.executed {
		return jobs.ErrLost
	}
	if err := d.Ledger.NoteContract(ctx, api, found); err != nil || !dies {
		return err
	}
	return jobs.ErrLost
}

func (d *dyingShelf) AcceptContract(ctx context.Context, api jobs.APIName, a ledger.Acceptance) (ledger.Accepted, error) {
	dies := d.dies()
	if dies && !d.executed {
		return ledger.Accepted{}, jobs.ErrLost
	}
	if done, err := d.Ledger.AcceptContract(ctx, api, a); err != nil || !dies {
		return done, err
	}
	return ledger.Accepted{}, jobs.ErrLost
}

// A process that dies while it records or accepts a contract, before or after, leaves nothing that the next cannot do; what
// breaks waits all the same.
func TestDeathWhileAContractIsRecorded(t *testing.T) {
	t.Parallel()
	for calls := range 2 {
		for _, executed := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, carried out: %t", calls, executed), func(t *testing.T) {
				t.Parallel()
				w, r := newDescribed(t, 4)
				w.dieRecording(r, calls, executed)
				r = w.taker(r)
				w.run(r, jobs.Succeeded, nil)
				w.wantSent(4)
				w.moveAll("1 rue du Plan")
				w.shows(nil, "Salarie.Surnom") // accepted by itself: two calls again
				w.dieRecording(r, calls, executed)
				r = w.taker(r)
				w.run(r, jobs.Succeeded, nil)
				w.wantSent(8)
				w.shows(map[string]int{"Salarie.Email": 200})
				w.moveAll("2 rue du Plan")
				if calls == 0 { // what breaks is recorded, not accepted
					w.dieRecording(r, calls, executed)
					r = w.taker(r)
				}
				held := w.wantHeldRun(r, nil, jobs.RuleContract)
				w.wantReleased(w.accept(r), held.ID)
				w.resume(r, held.ID, jobs.Succeeded)
				w.wantDelivered(period)
				w.wantSent(12)
			})
		}
	}
}

// dieRecording runs the job in a process that dies at one of its calls about contracts.
func (d *described) dieRecording(r *jobs.Runner, calls int, executed bool) {
	d.t.Helper()
	k := d.keeper(r, d.connection(once))
	k.Ledger = &dyingShelf{Ledger: storeOf(r), calls: calls, executed: executed}
	dying := *r
	dying.Contracts = k
	before := d.sandbox.Stats().Deliveries
	if run, err := d.push(&dying, nil); !errors.Is(err, jobs.ErrLost) {
		d.t.Fatalf("%+v, %v: it did not die", run, err)
	}
	d.wantSent(before)
}

// taker is another process, after this one was killed.
func (d *described) taker(killed *jobs.Runner) *jobs.Runner {
	d.t.Helper()
	storeOf(killed).Close()
	d.fallSilent()
	return d.process(once)
}

// A process that dies at any call of its ledger, with a contract in force, loses nobody and sends nobody twice beyond those
// whose answers it had not recorded.
func TestDeathWithAContractInForce(t *testing.T) {
	t.Parallel()
	for _, call := range []int{0, 2, 3, 5, 6} {
		t.Run(fmt.Sprintf("call %d", call), func(t *testing.T) {
			t.Parallel()
			w, r := newDescribed(t, 6)
			w.exec(`UPDATE staging.employee SET nom_usage = repeat('Y', 93) WHERE matricule = '00002'`)
			dying := *r
			dying.Ledger = &dyingLedger{Ledger: r.Ledger, calls: call, executed: call%2 == 1}
			if _, err := w.push(&dying, nil); err != nil && !errors.Is(err, jobs.ErrLost) {
				t.Fatal(err)
			}
			r = w.taker(r)
			run := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, run, "00002", jobs.ItemBlocked, jobs.ReasonProblems)
			w.wantDelivered(period, "00002")
			for m, received := range w.received() {
				if received.Deliveries > 2 || received.Deliveries != received.Repeats+1 {
					t.Errorf("%s was delivered %d times", m, received.Deliveries)
				}
			}
		})
	}
}

// The same when the contract breaks while nobody is there: nothing of the old plan goes, and nobody is lost.
func TestDeathBeforeTheContractBreaks(t *testing.T) {
	t.Parallel()
	for _, call := range []int{1, 4, 5} {
		t.Run(fmt.Sprintf("call %d", call), func(t *testing.T) {
			t.Parallel()
			w, r := newDescribed(t, 6)
			w.look(r, period) // the contract is known, and accepted
			dying := *r
			dying.Ledger = &dyingLedger{Ledger: r.Ledger, calls: call, executed: call%2 == 0}
			run, err := w.push(&dying, nil)
			if err != nil && !errors.Is(err, jobs.ErrLost) {
				t.Fatal(err)
			}
			w.shows(map[string]int{"Salarie.Email": 200})
			r = w.taker(r)
			before := w.sandbox.Stats().Deliveries
			if now := w.again(r, run); now.State == jobs.Running {
				resumed, err := r.ResumePush(t.Context(), &w.job, run.ID)
				w.must(err)
				if resumed.State != jobs.Held && resumed.State != jobs.Succeeded {
					t.Errorf("taken up again it is %s (%v)", resumed.State, resumed.Failure)
				}
				w.wantSent(before)
			}
			next, err := w.push(r, nil)
			w.must(err)
			if next.State == jobs.Held {
				w.wantReleased(w.accept(r), next.ID)
				w.resume(r, next.ID, jobs.Succeeded)
			}
			w.run(r, jobs.Succeeded, nil)
			w.wantDelivered(period)
		})
	}
}
