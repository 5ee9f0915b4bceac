package e2e

import (
	"context"
	"errors"
	"testing"

	"syncd/internal/jobs"
)

// killedAtTheEnd is the ledger of a process that is killed when it has planned and is about to record that it is held.
type killedAtTheEnd struct{ jobs.Ledger }

func (killedAtTheEnd) Finish(context.Context, *jobs.Run, jobs.Reason, *jobs.Patience) (*jobs.Run, error) {
	return nil, jobs.ErrLost
}

// A plan that a guard holds is committed before the run is recorded as held. Whoever takes the run over in between, by a
// resume, a takeover, or in the name of the same process, sends nothing of it.
func TestKillBeforeTheHoldIsRecordedSendsNothing(t *testing.T) {
	t.Parallel()
	for name, takeUp := range map[string]func(w *world, killed *jobs.Runner, id int64) (*jobs.Runner, *jobs.Run, error){
		"claimed by the same process": func(w *world, killed *jobs.Runner, id int64) (*jobs.Runner, *jobs.Run, error) {
			run, err := storeOf(killed).Claim(w.t.Context(), id, w.job.Resumption())
			w.must(err)
			run, err = killed.ExecutePush(w.t.Context(), &w.job, run)
			return killed, run, err
		},
		"claimed by a daemon": func(w *world, killed *jobs.Runner, id int64) (*jobs.Runner, *jobs.Run, error) {
			other := w.afterDeath(killed)
			run, err := storeOf(other).Claim(w.t.Context(), id, w.job.Resumption())
			w.must(err)
			run, err = other.ExecutePush(w.t.Context(), &w.job, run)
			return other, run, err
		},
		"resumed by a person": func(w *world, killed *jobs.Runner, id int64) (*jobs.Runner, *jobs.Run, error) {
			other := w.afterDeath(killed)
			run, err := other.ResumePush(w.t.Context(), &w.job, id)
			return other, run, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 6)
			w.run(r, jobs.Succeeded, nil)
			w.hire(6)
			killed := *r
			killed.Ledger = killedAtTheEnd{r.Ledger}
			run, err := killed.Push(t.Context(), &w.job, w.request())
			if !errors.Is(err, jobs.ErrLost) || !run.Planned {
				t.Fatalf("%+v, %v", run, err)
			}
			other, held, err := takeUp(w, r, run.ID)
			w.wantRun(held, err, jobs.Held)
			w.wantSent(8)
			w.release(other, held, jobs.Succeeded)
			w.wantSent(14)
		})
	}
}

// afterDeath is another process, after this one was killed and has been silent long enough.
func (w *world) afterDeath(killed *jobs.Runner) *jobs.Runner {
	w.t.Helper()
	storeOf(killed).Close()
	w.fallSilent()
	return w.runner()
}

// A run that was approved, and whose process is killed before it sent, goes on with what was approved; planned afresh, it
// asks again only if it is another plan that trips a guard.
func TestKillAfterTheApprovalKeepsIt(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	w.approve(r, held.ID, "hired in September")
	run, err := storeOf(r).Claim(t.Context(), held.ID, w.job.Resumption())
	w.must(err)
	if run.State != jobs.Running {
		t.Fatalf("%+v", run)
	}
	other := w.afterDeath(r)
	w.resume(other, held.ID, jobs.Succeeded)
	w.wantSent(14)
	w.wantDelivered(period)
}

// An API that is away when the approval comes costs no second one: a resume goes on with what was approved, and with that
// alone.
func TestApprovalOutlivesAFailure(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 6)
	w.run(r, jobs.Succeeded, nil)
	w.hire(6)
	plan, _ := w.look(r, period)
	held := w.wantHeldRun(r, nil, jobs.RuleCreated)
	api := r.API
	r.API, w.job.StopAfter = w.connect(once), 1
	w.front.play(always(away))
	w.release(r, held, jobs.Failed)
	w.wantSent(8)
	w.front.play(nil)
	r.API = api
	w.rename("00009", "PLUS TARD")
	w.resume(r, held.ID, jobs.Succeeded)
	w.wantBytes(plan, "00009", "00010", "00011", "00012", "00013", "00014")
}
