package e2e

import (
	"errors"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

const otherSiret = "99999999800019"

func (w *world) wantSwapped(r *jobs.Runner) {
	w.t.Helper()
	deliveries := w.sandbox.Stats().Deliveries
	run, err := w.push(r, nil)
	var identity *jobs.IdentityError
	if !errors.As(err, &identity) {
		w.t.Fatalf("%v", err)
	}
	w.wantRun(run, err, jobs.Failed)
	if run.Failure.Code != jobs.ReasonIdentity || run.Planned || w.sandbox.Stats().Deliveries != deliveries {
		w.t.Fatalf("%+v, %d documents were sent", run.Failure, w.sandbox.Stats().Deliveries-deliveries)
	}
}

// Two swapped keys would pay one association's staff from another's account: nothing is sent.
func TestSwappedKeysSendNothing(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Identity: otherSiret}))
	w.wantSwapped(r)
}

// Without a configured SIRET, the identity that was recorded at first keeps the dossier.
func TestRecordedIdentityKeepsTheDossier(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	r.Siret = ""
	w.run(r, jobs.Succeeded, nil)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Identity: otherSiret}))
	w.wantSwapped(r)
}

// A resume asks again whom it is talking to: keys may have been swapped in between.
func TestResumeAsksForTheIdentityAgain(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	run := w.stuck(r, nil)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Identity: otherSiret}))
	resumed := w.resume(r, run.ID, jobs.Failed)
	if resumed.Failure.Code != jobs.ReasonIdentity || len(w.received()) != 0 {
		t.Fatalf("%+v, the partner has %d", resumed.Failure, len(w.received()))
	}
	w.must(w.sandbox.SetFaults(sandbox.Faults{}))
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}

// A pull from another association's key would bring its codes.
func TestPullAsksForTheIdentity(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 1)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Identity: otherSiret}))
	request := w.pullRequest()
	run, err := r.Pull(t.Context(), &w.pull, request)
	var identity *jobs.IdentityError
	if !errors.As(err, &identity) || run.State != jobs.Failed {
		t.Fatalf("%+v, %v", run, err)
	}
}
