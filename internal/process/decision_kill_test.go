package process

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestDecisionsKilledAtAnyInstant kills the program with SIGKILL at random instants of runs that a guard holds, approvals,
// settlements and closings, and does each again until it comes to its end. A decision must be there as a whole or not at
// all, nothing may leave without one, and in the end all is as if nobody had died.
func TestDecisionsKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	seed, worlds := nextSeed(t), asMany(10, 30)
	t.Logf("seed %d", seed)
	stories := []struct {
		name string
		tell func(*decider)
	}{
		{"approve a run", (*decider).approvesARun}, {"approve employees", (*decider).approvesEmployees},
		{"settle a departure", (*decider).settlesADeparture}, {"settle doubts", (*decider).settlesDoubts},
		{"close", (*decider).closes},
	}
	var seen tally
	lengths := &lengths{known: map[string]time.Duration{}}
	t.Run("worlds", func(t *testing.T) {
		for n := range worlds {
			story := stories[n%len(stories)]
			t.Run(fmt.Sprintf("%s %d", story.name, n), func(t *testing.T) {
				t.Parallel()
				d := &decider{random: rand.New(rand.NewPCG(seed, uint64(n))), seen: &seen, lengths: lengths}
				d.world = pulledWorld(t)
				story.tell(d)
				d.wantSums()
			})
		}
	})
	t.Logf("the kills found %v", seen.phases)
	kills := 0
	for _, n := range seen.phases {
		kills += n
	}
	if !t.Failed() && kills < worlds {
		t.Errorf("only %d processes were killed: %v", kills, seen.phases)
	}
}

// decider is a world in which a person decides, and processes die.
type decider struct {
	*world
	random  *rand.Rand
	seen    *tally
	kills   int
	lengths *lengths
	check   func() // what must hold after each death
}

// lengths are how long commands take, as measured last in any of the worlds: the machine is busy now more, now less.
type lengths struct {
	mu    sync.Mutex
	known map[string]time.Duration
}

func (l *lengths) of(command string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.known[command], 300*time.Millisecond)
}

func (l *lengths) set(command string, length time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[command] = length
}

const staff = 6 // of each of these worlds

// deathsOf are how many processes die of one command: the run of a dead one is only taken over after its silence.
var deathsOf = map[string]int{"run": 1, "resume": 1, "approve": 2, "settle": 2, "period": 2}

// prepare furnishes the world.
func (d *decider) prepare(check func()) {
	d.t.Helper()
	d.check = check
	d.moveIn(staff, sandbox.Faults{Latency: sandbox.Duration(5 * time.Millisecond), Jitter: sandbox.Duration(20 * time.Millisecond)},
		`request_timeout = "1s"`)
}

// insist executes a command until it comes to its end by itself; the first times it may be killed on the way.
func (d *decider) insist(args ...string) result {
	d.t.Helper()
	before := len(d.audit(decisionOf(args)))
	for deaths := 0; ; deaths++ {
		began, p := time.Now(), d.start(args...)
		if deaths < deathsOf[args[0]] {
			d.killWithin(p, d.lengths.of(args[0]))
		}
		r := p.wait()
		if r.code != -1 {
			d.lengths.set(args[0], time.Since(began))
			return r
		}
		d.kills++
		d.quiet()
		d.wantSums()
		d.check()
		if len(d.audit(decisionOf(args))) > before {
			d.seen.add(decisionOf(args) + ", decided")
		} else {
			d.seen.add(decisionOf(args))
		}
	}
}

// decisionOf is what the audit calls the decision of a command.
func decisionOf(args []string) string {
	if args[0] == "period" {
		return args[1]
	}
	return args[0]
}

func (d *decider) killWithin(p *running, length time.Duration) {
	select {
	case <-time.After(time.Duration(d.random.Int64N(int64(length)))):
		p.signal(syscall.SIGKILL)
	case <-p.ended:
	}
}

// transfer runs, now with a new plan and now with the frozen one, until no process dies on the way. It returns the run.
func (d *decider) transfer(code int, args ...string) (run string) {
	d.t.Helper()
	if len(args) == 0 {
		args = []string{"run", "paie", "--period", period}
		if left := d.texts(`SELECT id::text FROM syncd.run WHERE state = 'running' AND planned_at IS NOT NULL`); len(left) == 1 &&
			d.random.IntN(2) == 0 {
			args = []string{"resume", left[0]}
		}
	}
	d.want(code, d.insist(args...))
	return d.latest()
}

// decide makes a decision. Of a process that died after it, the next one hears that it is made.
func (d *decider) decide(args ...string) {
	d.t.Helper()
	before := len(d.audit(decisionOf(args)))
	if r := d.insist(args...); r.code != 0 {
		d.want(2, r)
		d.wantSaid(r, "hint: ")
	}
	if made := len(d.audit(decisionOf(args))) - before; made != 1 {
		d.t.Fatalf("syncd %s: the audit has %d decisions, want 1", strings.Join(args, " "), made)
	}
}

// wantRepeats wants no more documents sent twice than the deaths may cost.
func (d *decider) wantRepeats() {
	d.t.Helper()
	if repeats := int(d.sandbox.Stats().Repeats); repeats > staff*d.kills {
		d.t.Fatalf("%d documents were repeated after %d kills", repeats, d.kills)
	}
}
