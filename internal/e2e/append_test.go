package e2e

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

// adding is a world of a partner that adds the elements that it gets to those that it has: to send twice is to pay twice.
func adding(t *testing.T, employees int) (*world, *jobs.Runner) {
	t.Helper()
	w := newWorld(t)
	s, err := standin.New(standin.Config{ClientID: "our-editor", ClientSecret: secret, Seed: 1, Append: true,
		Dossiers: []sandbox.Dossier{{Name: dossier, Key: key, Siret: siret}}})
	w.must(err)
	w.sandbox, w.front.inner = s, s
	w.fill(employees)
	w.job.Semantics, w.job.Guards = jobs.Append, sampleGuards(t)
	r := w.runner()
	r.API = w.connect(once)
	w.wantState(w.pullNomenclatures(r), jobs.Succeeded)
	return w, r
}

// paid is how many elements the partner has for an employee: each has three in staging.
func (w *world) paid(matricule string) int {
	w.t.Helper()
	var document struct{ Elements []json.RawMessage }
	if r, ok := w.received()[matricule]; ok {
		w.must(json.Unmarshal(r.Document, &document))
	}
	return len(document.Elements)
}

// wantPaidOnce wants each element of everyone at the API, once.
func (w *world) wantPaidOnce(employees int) {
	w.t.Helper()
	for i := range employees {
		if n := w.paid(matricule(i + 1)); n != 3 {
			w.t.Errorf("%s has %d elements at the API, want 3", matricule(i+1), n)
		}
	}
}

// Nobody can tell a lost answer from a lost request: it stays open, whatever is run, until a person has looked.
func TestAppendWaitsForAPerson(t *testing.T) {
	t.Parallel()
	for name, meets := range map[string]fate{"processed": lost, "not processed": dropped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := adding(t, 8)
			w.front.play(only("00001", meets))
			first := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, first, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
			w.front.play(nil)
			second := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, second, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
			if w.front.sent("00001") != 0 {
				t.Error("it was sent a second time")
			}
			if meets == lost {
				w.settle(r, first, ledger.SettleAccepted, jobs.Succeeded, "00001")
				w.wantItem(r, second, "00001", jobs.ItemAccepted, jobs.ReasonSettled) // the same document
			} else {
				w.settle(r, first, ledger.SettlePending, jobs.Incomplete, "00001")
				w.wantItem(r, first, "00001", jobs.ItemSuperseded, jobs.ReasonSettled) // the newer plan knows more
			}
			w.run(r, jobs.Succeeded, nil)
			w.wantPaidOnce(8)
			w.wantDelivered(period)
		})
	}
}

// Settled before anything else was planned, what did not arrive goes with its own run.
func TestAppendSettledAsPendingIsSentByItsRun(t *testing.T) {
	t.Parallel()
	w, r := adding(t, 8)
	w.front.play(only("00001", dropped))
	run := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.settle(r, run, ledger.SettlePending, jobs.Queued, "00001")
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantPaidOnce(8)
	w.run(r, jobs.Succeeded, nil)
	w.wantSent(8)
}

// A correction made while nobody knows is not added to what may be there; once it is known to be there it waits for a
// person, for the API would add it, and once it is known not to be, it goes alone.
func TestAppendCorrectionInBetweenIsNeverAdded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meets fate
		as    ledger.Settlement
		ends  jobs.State // of the run that plans the correction
	}{
		"it is there":     {lost, ledger.SettleAccepted, jobs.Incomplete},
		"it is not there": {dropped, ledger.SettlePending, jobs.Succeeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := adding(t, 8)
			w.front.play(only("00001", c.meets))
			first := w.run(r, jobs.Incomplete, nil)
			w.front.play(nil)
			w.rename("00001", "CORRIGE")
			w.exec(`UPDATE staging.payroll_element SET quantity = 2 WHERE matricule = '00001'`)
			second := w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, second, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
			if _, err := storeOf(r).Settle(t.Context(), first.ID, []string{"00001"}, c.as, "marie", "too early", time.Hour); err == nil {
				t.Error("settled while the request may be on its way")
			}
			settled := w.settleAny(r, first, c.as, "00001")
			if second = w.again(r, second); second.State != jobs.Incomplete {
				t.Errorf("after the settlement run %d is %s, run %d is %s: the correction was not sent", first.ID, settled.State, second.ID,
					second.State)
			}
			w.job.Guards.CodeTotals = off
			third := w.run(r, c.ends, nil)
			w.wantPaidOnce(8)
			if c.ends == jobs.Succeeded {
				w.wantDelivered(period)
				return
			}
			w.wantHeldItems(r, third, map[string][]jobs.Rule{"00001": {jobs.RuleAppendChange}})
			w.wantDelivered(period, "00001")
		})
	}
}

func (w *world) settleAny(r *jobs.Runner, run *jobs.Run, as ledger.Settlement, matricules ...string) *jobs.Run {
	w.t.Helper()
	settled, err := storeOf(r).Settle(w.t.Context(), run.ID, matricules, as, "marie", "looked there", 0)
	w.must(err)
	return settled
}

// again reads a run anew.
func (w *world) again(r *jobs.Runner, run *jobs.Run) *jobs.Run {
	w.t.Helper()
	now, err := storeOf(r).Run(w.t.Context(), run.ID)
	w.must(err)
	wantSum(w.t, now.Counts)
	return now
}

// A correction of what the partner has acknowledged would be added to it: it is held, also when it may be sent over.
func TestAppendNeverAddsACorrectionByItself(t *testing.T) {
	t.Parallel()
	w, r := adding(t, 8)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.payroll_element SET quantity = 2 WHERE matricule = '00001'`)
	w.overwrite, w.job.Guards.CodeTotals = true, off
	for range 2 {
		run := w.run(r, jobs.Incomplete, nil)
		w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": {jobs.RuleAppendChange}})
	}
	w.wantPaidOnce(8)
	w.nextMonth(december) // a new month is no correction
	run := w.run(r, jobs.Succeeded, named(december))
	if run.Counts.Accepted != 8 {
		t.Errorf("%+v", run.Counts)
	}
}

// What is not uncertain cannot be settled as if it were.
func TestSettlingWhatIsNotUncertain(t *testing.T) {
	t.Parallel()
	w, r := adding(t, 8)
	run := w.run(r, jobs.Succeeded, nil)
	before := w.ledgerText()
	for _, as := range []ledger.Settlement{ledger.SettleAccepted, ledger.SettlePending, ledger.SettleWithdrawn} {
		var refused *jobs.UnsettledError
		if err := w.settleError(r, run, as, "00001"); !errors.As(err, &refused) {
			t.Errorf("%s: %v", as, err)
		}
	}
	if w.ledgerText() != before {
		t.Error("something was written")
	}
}

// reads lets the API be asked for a document.
func reads(path string) func(*isidoor.Options) {
	return func(o *isidoor.Options) {
		once(o)
		o.ResendAmbiguous = false
		o.Read = &isidoor.ReadEndpoint{Method: "GET", Path: path}
	}
}
