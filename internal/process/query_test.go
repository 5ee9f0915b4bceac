package process

import (
	"syscall"
	"testing"

	"syncd/internal/sandbox"
)

// TestNoQueryOutlivesItsProcess: whoever stops a run that reads staging for too long, by Ctrl-C or by SIGKILL, has ended
// its queries at the server as well.
func TestNoQueryOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"interrupted": syscall.SIGINT, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 3, sandbox.Faults{})
			w.exec(`CREATE FUNCTION staging.slow() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_sleep(300); RETURN true; END $$;
				ALTER TABLE staging.employee RENAME TO e; CREATE VIEW staging.employee AS SELECT * FROM staging.e WHERE staging.slow() OR matricule = 'x'`)
			asleep := func() bool {
				return w.text(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'syncd staging' AND
					wait_event = 'PgSleep'`) != "0"
			}
			p := w.push()
			until(t, "staging is read", asleep)
			p.signal(signal)
			p.wait()
			until(t, "no query is left", func() bool { return !asleep() })
		})
	}
}
