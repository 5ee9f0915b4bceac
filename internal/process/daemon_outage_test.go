package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"syncd/internal/sandbox"
	"syncd/internal/testpg"
)

// TestDaemonOutlivesPostgresAwayAt stops Postgres for a while, as seen from the daemon, at each stage of its work. It
// must stay, say so, and finish by itself what it had begun.
func TestDaemonOutlivesPostgresAwayAt(t *testing.T) {
	t.Parallel()
	// Each stage returns the run that is under way, and what ends the stage once Postgres is gone.
	for stage, reach := range map[string]func(w *world) (run string, pass func()){
		"idle": func(w *world) (string, func()) { return "", func() {} },
		"plan": func(w *world) (string, func()) {
			b := w.brake(brakePlan)
			run := w.enqueue()
			b.untilHeld()
			return run, b.release
		},
		"push": func(w *world) (string, func()) { return w.halfwayInDaemon(20), w.front.release },
		"record": func(w *world) (string, func()) {
			b := w.brake(brakeEnd)
			run := w.enqueue()
			b.untilHeld()
			return run, b.release
		},
	} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "2s"`)
			n := w.poisonable()
			d := w.daemon()
			run, pass := reach(w)
			n.Stop()
			pass()
			d.untilNotReady()
			n.heal()
			w.finishesAfterOutage(d, run)
		})
	}
}

// finishesAfterOutage wants a daemon to be well again, and the run that was under way, or else a new one, to deliver all.
func (w *world) finishesAfterOutage(d *daemon, run string) {
	w.t.Helper()
	d.untilReady()
	if run == "" {
		run = w.enqueue()
	}
	d.until("run "+run+" has succeeded", func() bool { w.hurry(); return w.state(run) == "succeeded" })
	w.wantDelivered()
	w.wantFewRepeats()
	if !d.logged("not ready: trying again") || !d.logged("ready again") {
		w.t.Errorf("the log does not tell of the outage:\n%s", tail(d.stderr.String()))
	}
	if !d.status("not ready: ") {
		w.t.Error("systemd was not told of the outage")
	}
	if ready := d.metric("syncd_ready"); ready != "1" {
		w.t.Errorf("the metric says %q of a daemon that is ready", ready)
	}
	d.stop()
}

// TestDaemonSeesThroughASilentNetwork gets no answers from Postgres any more, and no error either, while it sends.
func TestDaemonSeesThroughASilentNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "2s"`)
	n := w.poisonable()
	d := w.daemon()
	run := w.halfwayInDaemon(20)
	n.silence()
	w.front.release()
	d.untilNotReady()
	n.heal()
	w.finishesAfterOutage(d, run)
}

// TestDaemonPlansAgainAfterACutCopy cuts each connection to Postgres after some kilobytes: in the middle of the COPY that
// freezes a plan. Half a plan must never be sent.
func TestDaemonPlansAgainAfterACutCopy(t *testing.T) {
	t.Parallel()
	for direction, cut := range map[string]struct {
		bytes int
		doing string
	}{"upstream": {60_000, "writing the plan"}, "downstream": {40_000, "reading staging"}} {
		t.Run(direction, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 300, sandbox.Faults{}, `request_timeout = "2s"`)
			n := w.poisonable()
			d := w.daemon()
			n.poison(fmt.Sprintf(`{"type": "limit_data", "stream": %q, "attributes": {"bytes": %d}}`, direction, cut.bytes))
			run := w.enqueue()
			d.until("the plan is given up", func() bool { return w.of(run, "epoch") > "1" && w.state(run) == "queued" })
			if planned := w.text(`SELECT format('%s %s', (SELECT planned_at FROM syncd.run WHERE id = $1::text::bigint),
				(SELECT count(*) FROM syncd.item WHERE run_id = $1::text::bigint))`, run); planned != " 0" {
				t.Errorf("half a plan is left: %s", planned)
			}
			if code, detail := w.of(run, "failure_code"), w.of(run, "failure_detail"); code != "unreachable" ||
				!strings.HasPrefix(detail, cut.doing) {
				t.Errorf("it waits for %q: %s", code, detail)
			}
			n.heal()
			d.until("run "+run+" has succeeded", func() bool { w.hurry(); return w.state(run) == "succeeded" })
			w.wantDelivered()
			w.wantOnce()
			d.stop()
		})
	}
}

// TestDaemonOutlivesACrashOfPostgres kills a process of the server's, after which it ends all others and recovers.
func TestDaemonOutlivesACrashOfPostgres(t *testing.T) {
	t.Parallel()
	server := testpg.Alone(t, testpg.Options{})
	w := populate(t, server.New(t, template), 100, sandbox.Faults{}, `request_timeout = "2s"`)
	a, b := w.daemon(), w.daemon()
	run := w.halfwayInDaemon(20)
	epoch := w.of(run, "epoch")
	pid, err := strconv.Atoi(w.text(`SELECT min(pid)::text FROM pg_stat_activity WHERE application_name LIKE 'syncd %'`))
	w.must(err)
	w.must(syscall.Kill(pid, syscall.SIGKILL))
	w.waitFor("Postgres has recovered", func() bool {
		log, err := os.ReadFile(server.Log)
		return err == nil && strings.Count(string(log), "database system is ready to accept connections") > 1
	})
	w.front.release()
	w.untilState(run, "succeeded")
	if w.of(run, "epoch") == epoch {
		t.Error("the run was never claimed again: nothing was tested")
	}
	w.wantDelivered()
	w.wantFewRepeats()
	for _, d := range []*daemon{a, b} {
		d.untilReady()
		d.stop()
	}
}

// TestDaemonWaitsForRoomOnDisk lets Postgres refuse to write outcomes, in the words of a full disk.
func TestDaemonWaitsForRoomOnDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "2s"`)
	d := w.daemon()
	run := w.halfwayInDaemon(20)
	w.exec(`CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER full_disk BEFORE UPDATE ON syncd.item FOR EACH ROW EXECUTE FUNCTION public.full()`)
	w.front.release()
	d.until("the run waits", func() bool { return w.state(run) == "queued" })
	w.hurry()
	d.untilNotReady() // not even a claim can be written
	if _, body := d.get("/readyz"); !strings.Contains(body, "out of disk") || !strings.Contains(body, "53100") {
		t.Errorf("it does not say what is missing: %s", body)
	}
	w.exec(`DROP TRIGGER full_disk ON syncd.item`)
	w.finishesAfterOutage(d, run)
}

// TestDaemonStartsBeforePostgres starts while nobody answers: it waits, tells systemd that it is there, and can be stopped.
func TestDaemonStartsBeforePostgres(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, sandbox.Faults{})
	n := w.poisonable()
	n.Stop()
	stopped, d := w.startDaemon(), w.startDaemon()
	for _, d := range []*daemon{stopped, d} {
		d.untilNotReady()
		d.until("systemd was told", func() bool { return strings.Contains(d.told.String(), "READY=1") && d.status("not ready: ") })
	}
	stopped.signal(syscall.SIGTERM)
	w.want(0, stopped.wait())
	n.heal()
	d.untilReady()
	w.untilState(w.enqueue(), "succeeded")
	w.wantDelivered()
	d.stop()
}
