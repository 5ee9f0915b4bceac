package contract_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/contract"
	"syncd/internal/jobs"
)

// inBubble runs a test with a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T, k *keeping)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(t, newKeeping(t)) })
}

func TestTheAPIIsAskedOnceAnHour(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		for range 5 {
			k.wantInForce("A", 0)
			time.Sleep(11 * time.Minute)
		}
		k.wantAsked(1)
		if _, err := k.another().InForce(t.Context(), sending(), 1, ""); err != nil { // another process' run
			t.Fatal(err)
		}
		k.wantAsked(1)
		time.Sleep(5 * time.Minute)
		k.wantInForce("A", 0)
		k.wantAsked(2)
	})
}

func TestRunsAtOnceAskOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.api.block = make(chan struct{})
		const runs = 8
		done := make(chan *jobs.Contract, runs)
		for range runs {
			go func() {
				c, err := k.InForce(t.Context(), sending(), 1, "")
				if err != nil {
					t.Error(err)
				}
				done <- c
			}()
		}
		synctest.Wait()
		k.wantAsked(1)
		close(k.api.block)
		for range runs {
			if c := <-done; c == nil || named(c.Digest) != "A" {
				t.Errorf("a run was told of %+v", c)
			}
		}
		k.wantAsked(1)
		k.wantAccepted("A")
	})
}

// Where nothing is found it is looked for again soon, but not by each of a hundred dossiers' runs: that could take 30 s each.
func TestFailuresAreAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		for _, class := range []jobs.Class{jobs.ClassTemporary, jobs.ClassConfiguration} {
			k.api.fails(class)
			before := k.api.times()
			for range 10 {
				k.wantInForce("", 0)
				time.Sleep(time.Second)
			}
			k.wantAsked(before + 1)
			time.Sleep(5 * time.Minute)
		}
		if k.shelf.known.Problem == nil {
			t.Error("nobody is told why there is none")
		}
		k.api.shows(contractA)
		k.wantInForce("A", 0)
		if k.shelf.known.Problem != nil {
			t.Errorf("it still tells: %s", k.shelf.known.Problem)
		}
	})
}

// A corrected file, or another source, counts at the next run and not an hour later.
func TestAnotherSourceIsAskedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.wantInForce("A", 0)
		k.api.place = contract.FilePlace("/etc/syncd/api.json")
		k.Source = "/etc/syncd/api.json"
		k.api.shows(contractD)
		k.wantInForce("D", 0)
		k.api.shows(contractA) // the file was edited
		k.wantInForce("A", 1)
		k.Source, k.api.place = "https://api.example.org/swagger.json?v=2", "https://api.example.org/swagger.json"
		k.api.shows(contractD)
		k.wantInForce("D", 0)
		k.wantInForce("D", 0)
		k.wantAsked(4)
		k.Source, k.api.place = contract.Auto, "/Api2/swagger/docs/V2"
		k.wantInForce("D", 0)
		k.wantInForce("D", 0)
		k.wantAsked(5)
	})
}

// Whatever the API shows instead of its contract, the known one stays in force.
func TestWhatCannotBeReadLeavesTheKnownOneInForce(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.wantInForce("A", 0)
		for _, text := range []string{"<!DOCTYPE html><html><body>Connexion</body></html>", `{"swagger":"2.0","paths":{}}`, "not json {",
			`{"swagger": "1.2"}`} {
			time.Sleep(time.Hour)
			k.api.shows(text)
			k.wantInForce("A", 0)
			if k.shelf.known.Problem == nil {
				t.Errorf("nobody is told that %q is no contract", text)
			}
		}
		time.Sleep(time.Hour)
		k.api.fails(jobs.ClassConfiguration)
		k.wantInForce("A", 0)
		k.wantAccepted("A")
	})
}

func TestACallerWhoGivesUpEndsTheWait(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.api.block = make(chan struct{})
		first := make(chan error, 1)
		go func() { _, err := k.InForce(t.Context(), sending(), 1, ""); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.InForce(ctx, sending(), 1, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the turn: %v", err)
		}
		if _, _, err := k.Fetch(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting to fetch: %v", err)
		}
		close(k.api.block)
		k.must(<-first)
		k.wantInForce("A", 0)
		k.wantAsked(1)
	})
}

// A caller who gives up while the API is asked leaves nothing behind, and the turn to the next.
func TestACallerWhoGivesUpWhileTheAPIIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.api.block = make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.InForce(ctx, sending(), 1, ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("asking: %v", err)
		}
		if k.shelf.noted != nil {
			t.Errorf("noted: %+v", k.shelf.noted)
		}
		close(k.api.block)
		k.wantInForce("A", 0)
		k.wantAsked(2)
	})
}

// A run of a job whose contract the configuration names must not check less than was asked for; a pull checks nothing.
func TestWithoutAnyContract(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.Source = "https://api.example.org/swagger.json"
		_, err := k.InForce(t.Context(), sending(), 1, "")
		wantConfiguration(t, err, "nothing here")
		k.api.fails(jobs.ClassTemporary)
		for range 3 { // in the time in which nobody asks again it is no other trouble
			time.Sleep(4 * time.Minute)
			_, err = k.InForce(t.Context(), sending(), 1, "")
		}
		if !passes(err) || !strings.Contains(err.Error(), "nothing here") {
			t.Errorf("of a server that is away: %v", err)
		}
		other, before := k.another(), k.api.times()
		other.Source = k.Source
		for range 2 { // a command that is typed again asks, once
			if _, err = other.InForce(t.Context(), sending(), 1, ""); !passes(err) {
				t.Errorf("of another process: %v", err)
			}
		}
		k.wantAsked(before + 1)
		if c, err := k.InForce(t.Context(), nil, 1, ""); err != nil || c != nil {
			t.Errorf("a pull: %+v, %v", c, err)
		}
		k.Source = contract.Auto
		k.wantInForce("", 0)
		k.Source, k.API = "https://api.example.org/swagger.json", nil // a plan, which asks nobody
		k.wantInForce("", 0)
	})
}

func passes(err error) bool {
	call, ok := errors.AsType[*jobs.CallError](err)
	return ok && call.Class == jobs.ClassTemporary
}

func TestALedgerThatIsAwayIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(contractA)
		k.shelf.broken = jobs.ErrUnreachable
		if _, err := k.InForce(t.Context(), sending(), 1, ""); !errors.Is(err, jobs.ErrUnreachable) {
			t.Errorf("%v", err)
		}
		k.wantAsked(0)
		k.shelf.broken = nil
		k.wantInForce("A", 0)
	})
}

// What cannot be read is told with its place, and what was not found in the words of whoever looked.
func TestProblemsNameWhatTheyAreAbout(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.wantProblem("contract: nothing here")
		k.api.shows("<!DOCTYPE html><html><body>Connexion</body></html>")
		k.wantProblem("/Api2/swagger/docs/V2: the document is an HTML page")
	})
}

func (k *keeping) wantProblem(beginning string) {
	k.t.Helper()
	_, problem, err := k.Fetch(k.t.Context())
	k.must(err)
	if problem == nil || !strings.HasPrefix(problem.Error(), beginning) {
		k.t.Errorf("the problem is %v, want %q", problem, beginning)
	}
}

// A broken reference of another call is nobody's trouble. One of the configured call leaves the known contract in force.
func TestABrokenCallCountsWhereItIsConfigured(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		broken := func(path string) string {
			return strings.Replace(contractA, `"paths":{`, `"paths":{"`+path+`":{"$ref":"elsewhere.json"},`, 1)
		}
		k.api.shows(broken("/V2/Autre"))
		if c := k.run(); c.Digest == "" || c.Checker == nil {
			t.Errorf("the call that is configured is whole: %+v", c)
		}
		known := k.run().Digest
		k.next(strings.Replace(broken("/V2/Salarie"), `"/V2/Salarie":{"post"`, `"/V2/Autre":{"post"`, 1))
		if c := k.run(); c.Digest != known {
			t.Errorf("%+v", c)
		}
		k.wantProblem("/Api2/swagger/docs/V2: /V2/Salarie: the contract refers to another file or host")
	})
}

// Documents for a call that takes a form hold the run, and are not checked.
func TestACallThatTakesNoJSON(t *testing.T) {
	inBubble(t, func(t *testing.T, k *keeping) {
		k.api.shows(`{"swagger":"2.0","paths":{"/V2/Salarie":{"post":{"parameters":[{"in":"formData","name":"f","type":"file"}],"responses":{}}}}}`)
		if c := k.run(); !c.NoJSON || len(c.Takes) != 1 || c.Takes[0] != "multipart/form-data" || c.Checker != nil {
			t.Errorf("%+v", c)
		}
	})
}
