package e2e

import (
	"context"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/sandbox"
)

// aborted is a run that was broken off while the document of one employee was processed, its answer lost.
func (w *world) aborted(r *jobs.Runner, matricule string) *jobs.Run {
	w.t.Helper()
	ctx, abort := context.WithCancel(context.Background())
	defer abort()
	w.front.play(func(m string, _ int) fate {
		if m != matricule {
			return served
		}
		abort() // the second Ctrl-C
		return lost
	})
	run, err := r.Push(ctx, &w.job, w.request())
	w.wantRun(run, err, jobs.Failed)
	if run.Failure.Code != jobs.ReasonStopped {
		w.t.Fatalf("%+v", run.Failure)
	}
	w.front.play(nil)
	return run
}

// Ctrl-C finishes what is on its way and loses nothing: the accounting adds up, nothing is in doubt, and a resume
// sends exactly the rest.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	const staff = 120
	w, r := ready(t, staff)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Latency: sandbox.Duration(60 * time.Millisecond)}))
	stop := make(chan struct{})
	stopping := *r
	stopping.Stop = stop
	go func() {
		for range 20 {
			<-w.front.began
		}
		close(stop)
	}()
	run := w.run(&stopping, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonStopped || run.Counts.Accepted == 0 || run.Counts.Accepted+run.Counts.NotAttempted != staff {
		t.Fatalf("%+v %+v", run.Failure, run.Counts)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.item WHERE state = 'sending'`); n != 0 {
		t.Errorf("%d items are left in sending", n)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE in_doubt`); n != 0 {
		t.Errorf("%d employees are in doubt", n)
	}
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
	if n := w.sandbox.Stats().Deliveries; n != staff {
		t.Errorf("%d deliveries for %d employees", n, staff)
	}
}

// A second Ctrl-C leaves what was on its way in doubt, never "accepted" or "not attempted"; a resume settles it.
func TestAbortLeavesDoubtAndResumeDeliversTheRest(t *testing.T) {
	t.Parallel()
	const staff = 60
	w, r := ready(t, staff)
	run := w.aborted(r, "00010")
	w.wantDoubt("00010", true)
	if run.Counts.Uncertain == 0 || run.Counts.Uncertain > 2*w.job.MaxInFlight {
		t.Fatalf("%+v", run.Counts)
	}
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
	stats := w.sandbox.Stats()
	if repeats := stats.Deliveries - staff; repeats > int64(2*w.job.MaxInFlight) {
		t.Errorf("%d documents were sent twice", repeats)
	}
	if n := count(t, w, `SELECT count(*) FROM syncd.baseline WHERE in_doubt`); n != 0 {
		t.Errorf("%d employees are still in doubt", n)
	}
}

// What may be paid twice after a crash is what is on its way: never more than 2 × max_in_flight, and never more
// requests at once than the partner was promised.
func TestNeverMoreOnTheirWayThanPromised(t *testing.T) {
	t.Parallel()
	const staff = 150
	w, r := ready(t, staff)
	w.must(w.sandbox.SetFaults(sandbox.Faults{Latency: sandbox.Duration(10 * time.Millisecond)}))
	conn := w.db.Connect(t)
	most, ended := 0, make(chan *jobs.Run)
	go func() {
		run, err := w.push(r, nil)
		if err != nil {
			t.Error(err)
		}
		ended <- run
	}()
	for {
		select {
		case run := <-ended:
			w.wantRun(run, nil, jobs.Succeeded)
			if most == 0 || most > 2*w.job.MaxInFlight {
				t.Errorf("%d items were sending at once, the promise is %d", most, 2*w.job.MaxInFlight)
			}
			if n := w.sandbox.Stats().MaxConcurrent; n > int64(w.job.MaxInFlight) {
				t.Errorf("%d requests at once", n)
			}
			return
		default:
		}
		var n int
		w.must(conn.QueryRow(t.Context(), `SELECT count(*) FROM syncd.item WHERE state = 'sending'`).Scan(&n))
		most = max(most, n)
	}
}

// Ctrl-C before anything was sent leaves a run without a plan, and a resume plans it.
func TestStopBeforeThePlan(t *testing.T) {
	t.Parallel()
	w, r := ready(t, 3)
	stopped := make(chan struct{})
	close(stopped)
	stopping := *r
	stopping.Stop = stopped
	run := w.run(&stopping, jobs.Failed, nil)
	if run.Failure.Code != jobs.ReasonStopped || len(w.received()) != 0 {
		t.Fatalf("%+v, the partner has %d", run.Failure, len(w.received()))
	}
	w.resume(r, run.ID, jobs.Succeeded)
	w.wantDelivered(period)
}
