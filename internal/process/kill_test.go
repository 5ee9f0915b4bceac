package process

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

const killsPerWorld = 5

// TestKilledAtAnyInstant kills the program with SIGKILL at random instants of runs, runs again, and compares every
// document that the partner has with staging: none missing, none wrong, and no more repeated than a death may cost.
func TestKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	seed := nextSeed(t)
	t.Logf("seed %d", seed)
	var seen tally
	t.Run("worlds", func(t *testing.T) {
		for n := range asMany(4, 10) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				v := &victim{random: rand.New(rand.NewPCG(seed, uint64(n))), seen: &seen}
				v.world = newWorld(t, 60+10*n, sandbox.Faults{Latency: sandbox.Duration(15 * time.Millisecond),
					Jitter: sandbox.Duration(15 * time.Millisecond)},
					`request_timeout = "2s"`)
				v.live()
			})
		}
	})
	t.Logf("the kills found the run %v", seen.phases)
	if !t.Failed() && (seen.phases["sending"] < 4 || seen.phases["not planned"] < 1) {
		t.Errorf("the kills missed whole phases: %v", seen.phases)
	}
}

// tally counts in which phase the kills found the run.
type tally struct {
	mu     sync.Mutex
	phases map[string]int
}

func (c *tally) add(phase string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phases == nil {
		c.phases = map[string]int{}
	}
	c.phases[phase]++
}

// victim is a world whose processes are killed.
type victim struct {
	*world
	random *rand.Rand
	seen   *tally
	length time.Duration // of a whole run, as measured last: other tests load the machine now more, now less
	kills  int
}

func (v *victim) live() {
	began := time.Now()
	v.want(0, v.push().wait())
	v.length = time.Since(began)
	v.wantDelivered()
	for tries := 0; v.kills < killsPerWorld; tries++ {
		if tries == 5*killsPerWorld {
			v.t.Fatalf("only %d of %d kills found a living process", v.kills, tries)
		}
		v.round()
	}
}

// round changes everyone, kills one or two processes on the way to the API, and lets the last one finish.
func (v *victim) round() {
	v.change()
	before, kills := v.sandbox.Stats().Repeats, v.kills
	v.kill(v.push(), 0)
	if v.kills > kills && v.kills < killsPerWorld && v.random.IntN(3) == 0 {
		v.kill(v.again(), time.Duration(v.random.IntN(2))*takeover) // while it waits for the dead one's silence, or after
	}
	r := v.again().wait()
	v.want(0, r)
	v.wantDelivered()
	repeats := v.sandbox.Stats().Repeats - before
	if most := int64(repeatable * (v.kills - kills)); repeats > most {
		v.t.Fatalf("%d documents were repeated after %d kills, at most %d may be", repeats, v.kills-kills, most)
	}
}

// takeover is how long a dead process' run waits for its silence.
const takeover = 2 * time.Second

// change gives each employee another street, and some another payroll element.
func (v *victim) change() {
	v.exec(`UPDATE staging.employee SET voie = $1 || ' rue de l''École'`, fmt.Sprint(v.random.IntN(1_000_000)))
	v.exec(`UPDATE staging.payroll_element SET quantity = coalesce(quantity, 0) + 1 WHERE matricule LIKE $1`,
		fmt.Sprintf("%%%d", v.random.IntN(10)))
}

// kill ends a process at a random instant, and notes what that instant was: by turns one of its whole length, most of
// which a busy machine spends before anything is sent, and one of those in which it sends.
func (v *victim) kill(p *running, waiting time.Duration) {
	v.t.Helper()
	began := time.Now()
	if v.kills%2 == 1 {
		v.untilSending(p)
		waiting = time.Duration(v.random.Int64N(int64(80 * time.Millisecond)))
	} else {
		waiting += time.Duration(v.random.Int64N(int64(v.length)))
	}
	select {
	case <-time.After(waiting):
	case <-p.ended:
	}
	p.signal(syscall.SIGKILL)
	if r := p.wait(); r.code != -1 {
		v.want(0, r) // it had finished before
		v.length = time.Since(began)
		return
	}
	v.kills++
	v.quiet()
	v.wantSums()
	v.seen.add(v.phase())
}

// untilSending waits for the first document, or the end of a process that sends none.
func (v *victim) untilSending(p *running) {
	for before := v.sandbox.Stats().Deliveries; v.sandbox.Stats().Deliveries == before; {
		select {
		case <-time.After(time.Millisecond):
		case <-p.ended:
			return
		}
	}
}

// phase is where the last run stands.
func (v *victim) phase() string {
	return v.text(`SELECT CASE WHEN state <> 'running' THEN 'not there, or finished' WHEN planned_at IS NULL THEN 'not planned'
		WHEN (SELECT count(*) FROM syncd.item WHERE run_id = r.id AND state NOT IN ('pending', 'sending')) = 0 THEN 'about to send'
		WHEN (SELECT count(*) FROM syncd.item WHERE run_id = r.id AND open) = 0 THEN 'all sent' ELSE 'sending' END
		FROM syncd.run r WHERE kind = 'push-salaries' ORDER BY id DESC LIMIT 1`)
}

// again takes up the work: by turns with a new plan, and with the frozen one where there is one.
func (v *victim) again() *running {
	v.t.Helper()
	last := v.text(`SELECT format('%s %s', id, state = 'running' AND planned_at IS NOT NULL) FROM syncd.run
		WHERE kind = 'push-salaries' ORDER BY id DESC LIMIT 1`)
	if id, frozen := strings.CutSuffix(last, " t"); frozen && v.kills%2 == 0 {
		return v.start("resume", id)
	}
	return v.push()
}
