package process

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"syncd/internal/sandbox"
)

// TestTwoPeopleApproveAtOnce lets two processes approve the same run at the same moment: one does, and the other hears who
// has.
func TestTwoPeopleApproveAtOnce(t *testing.T) {
	t.Parallel()
	const employees, rounds = 5, 3
	w := newWorld(t, employees, sandbox.Faults{})
	w.guard("approval = true")
	for round := range rounds {
		w.move(fmt.Sprint(round, " rue du Plan"))
		w.want(5, w.push().wait())
		run := w.latest()
		var both [2]*running
		for i := range both {
			both[i] = w.start("approve", run, "--reason", fmt.Sprint("person ", i))
		}
		first, second := both[0].wait(), both[1].wait()
		if first.code != 0 {
			first, second = second, first
		}
		w.want(0, first)
		w.want(2, second)
		w.wantSaid(second, w.me()+" has approved it", w.of(run, "approved_reason"), "hint: ")
		w.wantDeliveries(round * employees)
		w.want(0, w.run("resume", run))
		w.wantDelivered()
		w.wantDeliveries((round + 1) * employees)
	}
	if n := len(w.audit("approve")); n != rounds {
		t.Errorf("the audit has %d approvals, want %d", n, rounds)
	}
}

// TestAPeriodIsClosedBesideARun closes a month while a run of it starts: one of the two is refused, or the run had ended
// before. Whatever happens, nothing leaves once the closing is made.
func TestAPeriodIsClosedBesideARun(t *testing.T) {
	t.Parallel()
	const rounds = 6
	seed := nextSeed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWorld(t, 10, sandbox.Faults{Latency: sandbox.Duration(20 * time.Millisecond)})
	seen := map[string]int{}
	for round := range rounds {
		w.move(fmt.Sprint(round, " rue du Plan"))
		push := w.push()
		select {
		case <-time.After(time.Duration(random.IntN(150)) * time.Millisecond):
		case <-push.ended:
		}
		closing := w.run("period", "close", period, "--force", "--reason", "payslips are out")
		sent := w.sandbox.Stats().Deliveries
		ran := push.wait()
		outcome := fmt.Sprintf("close %d, run %d", closing.code, ran.code)
		seen[outcome]++
		switch outcome {
		case "close 0, run 2":
			w.wantSaid(ran, "period "+period+" is closed", "hint: ")
		case "close 6, run 0":
			w.wantSaid(closing, "busy", "hint: ")
		case "close 0, run 0":
		default:
			t.Fatalf("%s\n%s%s", outcome, closing.stderr, ran.stderr)
		}
		if now := w.sandbox.Stats().Deliveries; closing.code == 0 && now != sent {
			t.Fatalf("%d documents left after the month was closed", now-sent)
		}
		if closing.code == 0 {
			w.want(0, w.run("period", "reopen", period, "--for", "1h", "--reason", "a bonus was forgotten"))
		}
	}
	t.Logf("seed %d: %v", seed, seen)
	w.want(0, w.push().wait())
	w.wantDelivered()
	w.wantOnceEach(rounds + 1)
}

// wantOnceEach wants nobody's document delivered more often than it changed.
func (w *world) wantOnceEach(most int) {
	w.t.Helper()
	for _, r := range w.sandbox.Received(dossier) {
		if r.Deliveries > most || r.Repeats > 0 {
			w.t.Errorf("%s was delivered %d times, %d of them again", r.Matricule, r.Deliveries, r.Repeats)
		}
	}
}
