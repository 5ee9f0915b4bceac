package e2e

import (
	"strconv"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/partner/isidoor/standin"
	"syncd/internal/sandbox"
)

const readPath = "/V2/Salarie/{key}?periode={period}"

// readable is a world of a partner that adds what it gets, and can be asked what it has.
func readable(t *testing.T, employees int) (*world, *jobs.Runner) {
	t.Helper()
	w, r := adding(t, employees)
	w.job.ReadBack = &jobs.ReadBack{}
	r.API = w.connect(reads(readPath))
	return w, r
}

// deaf lets the API answer no question, and hears it again.
func (w *world) deaf(on bool) {
	faults := sandbox.Faults{On: []sandbox.Endpoint{standin.EndpointRead}}
	if on {
		faults.Unavailable = 1
	}
	w.must(w.sandbox.SetFaults(faults))
}

// A lost answer is settled by looking, within the run: whom it reached is accepted, whom it did not is sent, once.
func TestReadBackSettlesWithinTheRun(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	w.front.play(func(matricule string, n int) fate {
		switch {
		case matricule == "00001":
			return lost
		case matricule == "00002" && n == 1:
			return dropped
		}
		return served
	})
	run := w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, run, "00001", jobs.ItemAccepted, jobs.ReasonReadBack)
	w.wantItem(r, run, "00002", jobs.ItemAccepted, jobs.ReasonAccepted)
	if w.front.sent("00001") != 1 || w.front.sent("00002") != 2 {
		t.Errorf("sent %d and %d times", w.front.sent("00001"), w.front.sent("00002"))
	}
	w.wantPaidOnce(8)
	w.wantDelivered(period)
	w.run(r, jobs.Succeeded, nil)
	w.wantSent(8)
}

// What was on its way when the process was killed is settled by whoever takes the run up.
func TestReadBackSettlesInAResume(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	run := w.aborted(r, "00003")
	if run.Counts.Uncertain == 0 {
		t.Fatalf("%+v", run.Counts)
	}
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantPaidOnce(8)
	w.wantDelivered(period)
	w.wantSent(8)
}

// Where the API could not be asked, the next run asks: both runs know then, and nothing is sent twice.
func TestReadBackSettlesInANewerRun(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	w.deaf(true)
	w.front.play(func(matricule string, _ int) fate {
		switch matricule {
		case "00001":
			return lost
		case "00002":
			return dropped
		}
		return served
	})
	first := w.run(r, jobs.Incomplete, nil)
	if first.Counts.Uncertain != 2 {
		t.Fatalf("%+v", first.Counts)
	}
	w.front.play(nil)
	second := w.run(r, jobs.Incomplete, nil) // still deaf
	w.wantItem(r, second, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
	w.deaf(false)
	third := w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, first, "00001", jobs.ItemAccepted, jobs.ReasonReadBack)
	w.wantItem(r, first, "00002", jobs.ItemSuperseded, jobs.ReasonReadBack)
	w.wantItem(r, third, "00002", jobs.ItemAccepted, jobs.ReasonAccepted)
	if third.Counts.Unchanged != 7 {
		t.Errorf("%+v", third.Counts)
	}
	w.again(r, first)
	w.again(r, second)
	w.wantPaidOnce(8)
	w.wantDelivered(period)
}

// A correction made before anybody could ask: where the older document arrived it is held, where not it goes alone.
func TestReadBackWithACorrectionInBetween(t *testing.T) {
	t.Parallel()
	for name, meets := range map[string]fate{"received": lost, "not received": dropped} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := readable(t, 8)
			w.job.Guards.CodeTotals = off
			w.deaf(true)
			w.front.play(only("00001", meets))
			w.run(r, jobs.Incomplete, nil)
			w.front.play(nil)
			w.deaf(false)
			w.exec(`UPDATE staging.payroll_element SET quantity = 2 WHERE matricule = '00001'`)
			if meets == dropped {
				w.run(r, jobs.Succeeded, nil)
				w.wantDelivered(period)
			} else {
				run := w.run(r, jobs.Incomplete, nil)
				w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": {jobs.RuleAppendChange}})
			}
			w.wantPaidOnce(8)
			w.wantSent(8)
		})
	}
}

// That the API shows nothing is believed only while it shows what it certainly has: behind a wrong path everybody is
// absent, and whoever was paid would be paid again.
func TestReadBackIsNotBelievedWithoutAWitness(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"another person's path": "/V2/Salarie/X{key}?periode={period}",
		"another month":         "/V2/Salarie/{key}?periode=2020-01",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := readable(t, 8)
			r.API = w.connect(reads(path))
			w.front.play(only("00001", lost))
			first := w.run(r, jobs.Incomplete, nil)
			w.front.play(nil)
			w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, first, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
			w.wantPaidOnce(8)
			w.wantSent(8)
		})
	}
}

// An address that the API does not know says nothing of anybody: what was sent is recorded, and who is in doubt stays so
// until the address is right.
func TestReadBackAtAnUnknownAddress(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	r.API = w.connect(reads("/V2/Employe/{key}"))
	w.front.play(only("00001", lost))
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Accepted != 7 || run.Counts.Uncertain != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.front.play(nil)
	w.run(r, jobs.Incomplete, nil)
	r.API = w.connect(reads(readPath))
	w.run(r, jobs.Succeeded, nil)
	w.wantPaidOnce(8)
	w.wantSent(8)
}

// Without anybody who was certainly received, one alone stays uncertain.
func TestReadBackOfTheOnlyEmployee(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 1)
	w.front.play(always(dropped))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
	w.front.play(nil)
	w.run(r, jobs.Incomplete, nil)
	w.wantSent(0)
	w.settleAny(r, run, ledger.SettlePending, "00001")
	w.run(r, jobs.Succeeded, nil)
	w.wantPaidOnce(1)
}

// What was edited at the other side is neither the document that was sent nor none: a person must look.
func TestReadBackOfAnEditedDocumentStaysUncertain(t *testing.T) {
	t.Parallel()
	w, r := readable(t, 8)
	w.deaf(true)
	w.front.play(only("00001", lost))
	first := w.run(r, jobs.Incomplete, nil)
	w.front.play(nil)
	w.deaf(false)
	w.edit("00001", "NomNaissance", `"AILLEURS"`)
	w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, first, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
	w.wantPaidOnce(8)
}

// Whom the API cannot be asked about leaves nobody else in doubt.
func TestReadBackGoesOnBesideWhoIsNotShown(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 451, 500, 503, 200} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			w, r := readable(t, 8)
			w.front.play(func(matricule string, n int) fate {
				if n == 1 && matricule < "00007" {
					return lost
				}
				return served
			})
			w.front.hide(status, "00001", "00002", "00005")
			run := w.run(r, jobs.Incomplete, nil)
			if run.Counts.Uncertain != 3 {
				t.Errorf("%+v", run.Counts)
			}
			w.wantItem(r, run, "00006", jobs.ItemAccepted, jobs.ReasonReadBack)
			w.front.hide(0)
			w.run(r, jobs.Succeeded, nil)
			w.wantPaidOnce(8)
		})
	}
}
