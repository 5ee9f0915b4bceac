package e2e

import (
	"context"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
)

// An answer that is lost after processing does not leave anyone without a definite answer: with replace, the document
// goes again within the run.
func TestLostAnswerIsSettledWithinTheRun(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 20)
	w.front.play(func(_ string, n int) fate {
		if n == 1 {
			return lost
		}
		return served
	})
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 20 {
		t.Fatalf("%+v", run.Counts)
	}
	w.wantDelivered(period)
	for matricule, received := range w.received() {
		if received.Deliveries != 2 || received.Repeats != 1 {
			t.Errorf("%s was delivered %d times", matricule, received.Deliveries)
		}
		w.wantDoubt(matricule, false)
	}
}

// A correction whose answer was lost, then taken back in staging, must be sent: the document equals the one that was
// last acknowledged, yet the partner has the other, and would pay it.
func TestDoubtIsNeverUnchangedAlthoughStagingIsAsAcknowledged(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.run(r, jobs.Succeeded, nil)
	before := w.held("00002")
	w.rename("00002", "CORRIGE")
	r.API = w.connect(once)
	w.front.play(always(lost))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00002", jobs.ItemPending, jobs.ReasonNoAnswer)
	w.wantDoubt("00002", true)
	if w.held("00002") != "CORRIGE" {
		t.Fatal("the API does not hold the lost correction")
	}
	w.rename("00002", before)
	w.front.play(nil)
	run = w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, run, "00002", jobs.ItemAccepted, jobs.ReasonAccepted)
	if run.Counts.Unchanged != 2 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDelivered(period)
	w.wantDoubt("00002", false)
}

// Someone whose answer was lost and who is corrected before the next run is paid by the correction.
func TestCorrectionWinsOverADocumentInDoubt(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	w.rename("00001", "CORRIGE")
	w.front.play(nil)
	w.run(r, jobs.Succeeded, nil)
	if w.held("00001") != "CORRIGE" {
		t.Fatalf("the partner has %s", w.held("00001"))
	}
	w.wantDelivered(period)
}

// A refusal after a lost answer proves nothing: the first document may be paid, so the employee is not "rejected".
func TestRefusalAfterALostAnswerIsUncertain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	w.front.play(only("00001", refused))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUncertain, jobs.ReasonStillUnsure)
	w.wantDoubt("00001", true)
	if run.Counts.Rejected != 0 || run.Counts.Uncertain != 1 {
		t.Errorf("%+v", run.Counts)
	}
	w.front.play(nil)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// The same within one run: lost, then refused.
func TestRefusalAfterALostAttemptIsUncertain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.front.play(func(matricule string, n int) fate {
		switch {
		case matricule != "00001":
			return served
		case n == 1:
			return lost
		}
		return refused
	})
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUncertain, jobs.ReasonStillUnsure)
	w.wantDoubt("00001", true)
}

// A failure of the API (500) may come after processing: the employee is uncertain, and goes again next time.
func TestFailureOfTheAPIIsUncertain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", broken))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemPending, jobs.ReasonTechnical)
	if run.Counts.Uncertain != 1 || run.Counts.NotAttempted != 0 {
		t.Errorf("%+v", run.Counts)
	}
	w.wantDoubt("00001", true)
	w.front.play(nil)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// Elements that staging drops while they are in doubt are taken back at the API, not forgotten there and paid.
func TestElementsRemovedWhileInDoubtAreTakenBack(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00001'`)
	w.front.play(nil)
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// An employee who is in doubt and leaves staging is shown to a person: the API may pay them.
func TestEmployeeRemovedWhileInDoubtIsTold(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", lost))
	w.run(r, jobs.Incomplete, nil)
	w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00001'`)
	w.exec(`DELETE FROM staging.employee WHERE matricule = '00001'`)
	w.front.play(nil)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemDeparted, jobs.ReasonDepartedInDoubt)
	w.wantDoubt("00001", true)
}

// Whatever answer may have come after processing leaves the same doubt: with replace, whoever then leaves staging is shown
// to a person; whoever stays is sent again.
func TestAnswersAfterProcessingLeaveADoubt(t *testing.T) {
	t.Parallel()
	for name, met := range unclear {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 3)
			r.API = w.connect(once)
			w.front.play(func(matricule string, _ int) fate {
				if matricule == "00003" {
					return served
				}
				return met
			})
			w.job.MaxInFlight = 1
			run, err := w.push(r, nil)
			w.must(err)
			if run.State == jobs.Succeeded || run.Counts.Uncertain == 0 || run.Counts.Rejected > 0 {
				t.Fatalf("%s: %+v", run.State, run.Counts)
			}
			w.wantDoubt("00001", true)
			w.exec(`DELETE FROM staging.payroll_element WHERE matricule = '00001'`)
			w.exec(`DELETE FROM staging.employee WHERE matricule = '00001'`)
			w.front.play(nil)
			run = w.run(r, jobs.Incomplete, nil)
			w.wantItem(r, run, "00001", jobs.ItemDeparted, jobs.ReasonDepartedInDoubt)
			w.wantDoubt("00001", true)
			w.wantDoubt("00002", false)
			if run.Counts.Accepted+run.Counts.Unchanged != 2 || run.Counts.Departed != 1 {
				t.Errorf("%+v", run.Counts)
			}
		})
	}
}

// With append the same answers are never followed by the same document.
func TestAppendTakesNoAnswerAfterProcessingForARefusal(t *testing.T) {
	t.Parallel()
	for name, met := range unclear {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := appending(t)
			w.front.play(only("00001", met))
			run, err := w.push(r, nil)
			w.must(err)
			if run.State == jobs.Succeeded || run.Counts.Uncertain != 1 {
				t.Fatalf("%s: %+v", run.State, run.Counts)
			}
			if item := w.item(r, run, "00001"); item.State != jobs.ItemUncertain {
				t.Fatalf("%+v", item)
			}
			for range 2 {
				run, err := w.push(r, nil)
				w.must(err)
				w.wantItem(r, run, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
			}
			if n := w.front.sent("00001"); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// An answer that only promises to process a document is one, and the run says so.
func TestAcceptedForProcessingIsTold(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.front.play(only("00002", taken))
	run := w.run(r, jobs.Succeeded, nil)
	w.wantItem(r, run, "00002", jobs.ItemAccepted, jobs.ReasonTaken)
	w.wantItem(r, run, "00001", jobs.ItemAccepted, jobs.ReasonAccepted)
	if len(run.Findings) != 1 || run.Findings[0].Rule != jobs.RuleTaken || run.Findings[0].Holds || run.Findings[0].N != 1 ||
		!slices.Equal(run.Findings[0].Keys, []string{"00002"}) {
		t.Errorf("findings %+v", run.Findings)
	}
}

// An API that was away without having processed anything leaves nobody in doubt, and nobody "rejected".
func TestNotAttemptedIsNotDoubt(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.API = w.connect(once)
	w.front.play(only("00001", away))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemPending, jobs.ReasonTemporary)
	w.wantDoubt("00001", false)
	if run.Counts.NotAttempted != 1 || run.Counts.Accepted != 2 {
		t.Errorf("%+v", run.Counts)
	}
	w.front.play(nil)
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// appending is a world whose API adds what it gets: to send twice is to pay twice.
func appending(t *testing.T) (*world, *jobs.Runner) {
	t.Helper()
	w, r := ready(t, 3)
	w.job.Semantics = jobs.Append
	r.API = w.connect(func(o *isidoor.Options) { o.ResendAmbiguous = false })
	return w, r
}

// With append, a document whose answer was lost is never sent again, in this run or in a later one.
func TestAppendNeverRepeatsADocumentInDoubt(t *testing.T) {
	t.Parallel()
	w, r := appending(t)
	w.front.play(only("00001", lost))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUncertain, jobs.ReasonNoAnswer)
	run = w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
	w.rename("00001", "CORRIGE")
	run = w.run(r, jobs.Incomplete, nil)
	w.wantItem(r, run, "00001", jobs.ItemUnsettled, jobs.ReasonUnsettled)
	w.run(r, jobs.Incomplete, employees("00001"))
	if n := w.front.sent("00001"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	w.wantDoubt("00001", true)
}

// With append, what was on its way when a run was broken off is not sent again by a resume: it may be paid already.
func TestAppendResumeNeverRepeatsWhatWasOnItsWay(t *testing.T) {
	t.Parallel()
	w, r := appending(t)
	run := w.aborted(r, "00001")
	w.wantDoubt("00001", true)
	doubtful := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE in_doubt`)
	resumed, err := r.ResumePush(context.Background(), &w.job, run.ID)
	w.must(err)
	w.wantState(resumed, jobs.Incomplete)
	if n := w.front.sent("00001"); n != 0 {
		t.Errorf("sent %d times more", n)
	}
	if resumed.Counts.Uncertain != doubtful || resumed.Counts.Accepted != 3-doubtful {
		t.Errorf("%d were in doubt: %+v", doubtful, resumed.Counts)
	}
	w.wantDoubt("00001", true)
}
