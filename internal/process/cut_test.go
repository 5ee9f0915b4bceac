package process

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// outage is how long a connection stays broken.
const outage = time.Second

// TestPostgresEndsAllSessions ends every session of the program while all lanes wait for an answer.
func TestPostgresEndsAllSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "3s"`)
	p := w.halfway(20)
	w.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'syncd%'`)
	w.front.release()
	w.endsCleanly(p)
}

// TestPostgresIsCutOff breaks the way to Postgres for a second.
func TestPostgresIsCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100, sandbox.Faults{}, `request_timeout = "3s"`)
	direct, err := url.Parse(w.db.URL)
	w.must(err)
	wire := w.wire(direct.Host)
	detour := *direct
	detour.Host = wire.address()
	w.database = detour.String()
	p := w.halfway(20)
	wire.set(reset)
	w.front.release()
	<-time.After(outage)
	wire.set(fine)
	w.endsCleanly(p)
}

// endsCleanly wants a process that lost the ledger to say so, and the next run to deliver everything, with no more
// repeats than after a death.
func (w *world) endsCleanly(p *running) {
	w.t.Helper()
	r := p.wait()
	w.want(7, r)
	// a report, where Postgres is back in time to record it
	if said := r.stdout + r.stderr; !strings.Contains(said, "hint: ") && !strings.Contains(said, "syncd resume") {
		w.t.Errorf("%s does not say what to do next:\n%s", r.args, said)
	}
	w.quiet()
	w.want(0, w.push().wait())
	w.wantDelivered()
	if repeats := w.sandbox.Stats().Repeats; repeats > repeatable {
		w.t.Errorf("%d documents were repeated, at most %d may be", repeats, repeatable)
	}
}

// TestTheAPIIsCutOff breaks the way to the API for a second in the middle of a run, in several ways: the run goes on.
func TestTheAPIIsCutOff(t *testing.T) {
	t.Parallel()
	for _, wrong := range []trouble{reset, slow, silent} {
		t.Run(string(wrong), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 100, sandbox.Faults{})
			wire := w.wire(strings.TrimPrefix(w.server.URL, "http://"))
			w.configure("http://"+wire.address(), `request_timeout = "2s"`, `retry_for = "30s"`, `stop_after = 1000`)
			w.want(0, w.run("run", "dictionnaire"))
			p := w.halfway(20)
			wire.set(wrong)
			w.front.release()
			<-time.After(outage)
			wire.set(fine)
			w.want(0, p.wait())
			w.wantDelivered()
		})
	}
}

// TestAFailoverInTheMiddleOfAPush ends all sessions, and lets new ones only read, as a primary that became a standby does: the run
// stops, says how it goes on, and nobody is lost when it does.
func TestAFailoverInTheMiddleOfAPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 60, sandbox.Faults{}, `request_timeout = "2s"`)
	database := w.text(`SELECT current_database()::text`)
	p := w.halfway(20)
	w.exec(`ALTER DATABASE ` + database + ` SET default_transaction_read_only = on`)
	w.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'syncd%'
		AND pid <> pg_backend_pid()`)
	w.front.release()
	r := p.wait()
	w.want(7, r)
	// By its number where a write was refused; where the lost claim is found first, by that of runs.
	said := strings.ReplaceAll(r.stderr, "'syncd resume RUN' goes on with it", "then 'syncd resume 2' goes on with it")
	if !strings.Contains(said, "then 'syncd resume 2' goes on with it") {
		t.Errorf("it does not say how the run goes on: %s", r.stderr)
	}
	w.exec(`SET default_transaction_read_only = off; ALTER DATABASE ` + database + ` RESET default_transaction_read_only`)
	w.want(0, w.run("resume", "2"))
	w.wantDelivered()
	w.wantFewRepeats()
}
