package e2e

import (
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/partner/isidoor"
	"syncd/internal/sandbox"
)

// A broken API stops the run after some failures in a row, instead of putting the whole staff in doubt.
func TestFailuresInARowStopTheRun(t *testing.T) {
	t.Parallel()
	const staff = 100
	w, r := ready(t, staff)
	w.job.StopAfter = 5
	api := r.API
	r.API = w.connect(once)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Error: 1}))
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonFailures {
		t.Fatalf("%+v", run.Failure)
	}
	// Who is still on their way parts a streak: each lane that a busy machine lets wait allows for one more that is not long enough.
	// To them come those who were taken by then.
	most := (w.job.StopAfter-1)*(w.job.MaxInFlight+1) + 2*w.job.MaxInFlight
	if n := run.Counts.Uncertain; n < w.job.StopAfter || n > most {
		t.Errorf("%d employees are in doubt, want %d to %d", n, w.job.StopAfter, most)
	}
	if run.Counts.Uncertain+run.Counts.NotAttempted != staff {
		t.Errorf("%+v", run.Counts)
	}
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	r.API = api
	w.resume(r, run.ID, jobs.Succeeded) // those in doubt are sent again, for a document states the whole truth
	w.wantDelivered(period)
}

// A success in between begins the count anew: a few bad answers do not stop the month.
func TestScatteredFailuresDoNotStopTheRun(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 30)
	w.job.StopAfter, w.job.MaxInFlight = 2, 1
	r.API = w.connect(once)
	w.front.play(func(matricule string, _ int) fate {
		if strings.HasSuffix(matricule, "5") {
			return broken
		}
		return served
	})
	run := w.run(r, jobs.Incomplete, nil)
	if run.Counts.Accepted != 27 || run.Counts.Uncertain != 3 {
		t.Errorf("%+v", run.Counts)
	}
}

// A configuration that the API refuses stops the run at the first answer, with nobody in doubt.
func TestRefusedConfigurationStopsAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*isidoor.Options){
		"invalid client":    func(o *isidoor.Options) { o.ClientSecret = "another" },
		"wrong dossier key": func(o *isidoor.Options) { o.KeyName = "X-Another" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := ready(t, 20)
			r.API = w.connect(change)
			run := w.run(r, jobs.Failed, nil)
			if run.Failure.Code != jobs.ReasonConfiguration || !strings.Contains(run.Failure.Text(), "\nhint: ") {
				t.Fatalf("%+v", run.Failure)
			}
			if strings.Contains(run.Failure.Detail, "another") || len(w.received()) != 0 {
				t.Errorf("%+v, the partner has %d", run.Failure, len(w.received()))
			}
		})
	}
}

// A key that is withdrawn in the middle of a run stops it; what was accepted stays so, and a resume sends the rest.
func TestRefusalMidRunKeepsWhatWasAccepted(t *testing.T) {
	t.Parallel()
	const staff = 60
	w, r := ready(t, staff)
	w.front.play(func(matricule string, _ int) fate {
		if matricule >= "00030" {
			return forbidden
		}
		return served
	})
	run := w.run(r, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonUnusual || run.Counts.Uncertain != 0 {
		t.Fatalf("%+v %+v", run.Failure, run.Counts)
	}
	if run.Counts.Accepted != len(w.received()) || run.Counts.Accepted+run.Counts.NotAttempted != staff {
		t.Errorf("%+v, the partner has %d", run.Counts, len(w.received()))
	}
	w.front.play(nil)
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
	if n := w.sandbox.Stats().Deliveries; n != staff {
		t.Errorf("%d deliveries", n)
	}
}

// Tokens that end in the middle of a run are renewed, and everything is delivered once.
func TestTokensRevokedMidRun(t *testing.T) {
	t.Parallel()
	const staff = 80
	w, r := ready(t, staff)
	w.must(w.sandbox.SetFaults(sandbox.Faults{RevokeEvery: 40}))
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	if n := w.sandbox.Stats().Deliveries; n != staff {
		t.Errorf("%d deliveries for %d employees", n, staff)
	}
}

// A mixture of all that a bad day brings: the month is delivered nevertheless, and nobody is left in doubt.
func TestBadDay(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 60)
	r.API = w.connect(func(o *isidoor.Options) { o.RetryFor = time.Minute })
	w.must(w.sandbox.SetFaults(sandbox.Faults{RevokeEvery: 40}))
	day := []fate{served, lost, away, served, broken, dropped}
	w.front.play(func(matricule string, n int) fate {
		if n > 2 {
			return served
		}
		return day[(int(matricule[4])+3*n)%len(day)]
	})
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE in_doubt`); n != 0 {
		t.Errorf("%d employees are in doubt", n)
	}
}
