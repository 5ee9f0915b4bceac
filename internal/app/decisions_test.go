package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/app/apptest"
	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/schedule"
	"syncd/internal/store"
)

func auditOf(run int64) ledger.AuditFilter { return ledger.AuditFilter{Run: run, Max: 100} }

var approval = Decision{By: "marie", Reason: "14 people moved"}

// Whoever looks at one plan does not approve another.
func TestWhatWasDisplayedIsWhatIsApproved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.held()
	state, decisions := w.state(t.Context(), run.ID)
	_, err := w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Displayed: strings.Repeat("0", 64), Decision: approval})
	if !is[*store.DisplayedError](err) || Of(err) != Mistaken {
		t.Errorf("%v", err)
	}
	if now, n := w.state(t.Context(), run.ID); now != state || n != decisions {
		t.Errorf("%s with %d decisions, and was %s with %d", now, n, state, decisions)
	}
	approved, err := w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Displayed: run.HeldDigest(), Decision: approval})
	w.must(err)
	if now, n := w.state(t.Context(), run.ID); approved.Run.State != jobs.Held || now != jobs.Queued || n != decisions+1 {
		t.Errorf("was %s, is %s with %d decisions", approved.Run.State, now, n)
	}
}

// Whoever saw a run held does not stop what somebody let go meanwhile, nor decide about anything else that moved on.
func TestWhatWasSeenIsWhatIsDecidedAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.held()
	seen := run.Seen()
	if parsed, ok := jobs.ParseSeen(seen.String()); !ok || parsed != seen {
		t.Errorf("%q is read as %v", seen, parsed)
	}
	w.exec(`UPDATE syncd.run SET epoch = epoch + 1 WHERE state = 'held'`) // a process had it since
	state, decisions := w.state(t.Context(), run.ID)
	stale := Decision{By: "marie", Reason: "it is right", Seen: &seen}
	_, approved := w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Decision: stale})
	_, cancelled := w.Decisions().Cancel(t.Context(), run.ID, stale)
	_, settled := w.Decisions().Settle(t.Context(), Settling{Run: run.ID, Employees: []string{"00001"}, As: ledger.SettleAccepted,
		Decision: stale})
	_, requeued := w.Runs().Requeue(t.Context(), run.ID, stale)
	for what, err := range map[string]error{"approve": approved, "cancel": cancelled, "settle": settled, "requeue": requeued} {
		if !is[*store.DisplayedError](err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if now, n := w.state(t.Context(), run.ID); now != state || n != decisions {
		t.Errorf("%s with %d decisions, and was %s with %d", now, n, state, decisions)
	}
	seen.Epoch++
	_, err := w.Decisions().Cancel(t.Context(), run.ID, stale)
	w.must(err)
}

// What somebody saw in a preview goes by itself; anything else waits for them.
func TestAnotherPlanThanThePreviewIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].Guards = jobs.Guards{}
		}
	})
	w.run(Order{Job: "dictionnaire"})
	selection := Selection{Dossiers: []string{apptest.Dossiers[0].Name}, Period: apptest.Period}
	send := func(digest string) *jobs.Run {
		t.Helper()
		ordered, err := w.Runs().Order(t.Context(), Order{Job: "paie", Selection: selection, Previewed: digest, Decision: Decision{By: "marie"}})
		w.must(err)
		queued, err := ordered.Queue(t.Context(), ordered.Dossiers[0])
		w.must(err)
		run, err := w.Runs().Resume(t.Context(), queued.ID, "marie", goOn)
		w.must(err)
		return run
	}
	preview := func() string {
		t.Helper()
		planner, err := w.Runs().Planner(t.Context(), Planning{Job: "paie", Selection: selection})
		w.must(err)
		plan, err := planner.Plan(t.Context(), planner.Dossiers[0], func(jobs.Target) jobs.PlanSink { return &collector{} }, jobs.Silent{})
		w.must(err)
		return plan.Digests.Plan
	}
	if run := send(preview()); run.State != jobs.Succeeded || run.Counts.Accepted != 8 {
		t.Errorf("what was previewed is %s, accepted %d: %v", run.State, run.Counts.Accepted, run.Findings)
	}
	w.exec(`UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	seen := preview()
	w.exec(`UPDATE staging.employee SET ville = 'BREST' WHERE dossier = 'saint-martin' AND matricule = '00001'`)
	run := send(seen)
	holds := func(f jobs.Finding) bool { return f.Rule == jobs.RulePreview && f.Holds }
	if run.State != jobs.Held || !slices.ContainsFunc(run.Findings, holds) {
		t.Errorf("another plan is %s: %v", run.State, run.Findings)
	}
}

// Of a pull the nomenclatures are what is displayed.
func TestDisplayedNomenclatures(t *testing.T) {
	t.Parallel()
	run := &jobs.Run{Kind: jobs.PullDictionnaire, Digests: jobs.Digests{Plan: "plan", Nomenclatures: "codes"}}
	if run.HeldDigest() != "codes" {
		t.Error(run.HeldDigest())
	}
}

// A hold that waited for longer than its job allows is given up, whoever approves it.
func TestLateApprovalIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].HoldExpires = time.Nanosecond
		}
	})
	run := w.held()
	_, err := w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Decision: approval})
	if !is[*jobs.ExpiredError](err) {
		t.Errorf("%v", err)
	}
}

// Each decision names who takes it, and has a reason, in plain text, that tells nobody's number; else nothing is even opened.
func TestEachDecisionNeedsAFitReason(t *testing.T) {
	t.Parallel()
	a := New(&config.Config{}, Door{})
	ctx := t.Context()
	decide := map[ledger.Decision]func(Decision) error{
		ledger.DecisionApprove: func(d Decision) error {
			_, err := a.Decisions().Approve(ctx, Approval{Run: 1, Decision: d})
			return err
		},
		ledger.DecisionCancel: func(d Decision) error { _, err := a.Decisions().Cancel(ctx, 1, d); return err },
		ledger.DecisionSettle: func(d Decision) error {
			_, err := a.Decisions().Settle(ctx, Settling{Run: 1, Employees: []string{"1"}, Decision: d})
			return err
		},
		ledger.DecisionPause: func(d Decision) error { return a.Decisions().Pause(ctx, "paie", d) },
		ledger.DecisionClose: func(d Decision) error {
			_, err := a.Decisions().ClosePeriod(ctx, Month{}, true, d)
			return err
		},
		ledger.DecisionReopen: func(d Decision) error {
			return a.Decisions().ReopenPeriod(ctx, Month{}, time.Now(), d)
		},
		ledger.DecisionPurge: func(d Decision) error {
			_, _, err := a.Upkeep().Purge(ctx, Purging{Apply: true, Force: true, Decision: d})
			return err
		},
		ledger.DecisionForget: func(d Decision) error {
			_, err := a.Upkeep().Forget(ctx, Forgetting{Key: "1", Decision: d})
			return err
		},
		ledger.DecisionRekey: func(d Decision) error { _, err := a.Upkeep().Rekey(ctx, d, nil); return err },
		ledger.DecisionContractAccept: func(d Decision) error {
			_, _, err := a.Contracts().Accept(ctx, "", d)
			return err
		},
		ledger.DecisionRun: func(d Decision) error {
			_, err := a.Runs().Order(ctx, Order{Resend: true, Decision: d})
			return err
		},
	}
	for what, ask := range decide {
		if err := ask(Decision{Reason: "14 people moved"}); !errors.Is(err, errNobody) || Of(err) != Unexpected {
			t.Errorf("%s of nobody: %v", what, err)
		}
		for _, none := range []string{"", " \n"} {
			refusedWith(t, ask(Decision{By: "marie", Reason: none}), NoReason, Args{"decision": what})
		}
		for _, unfit := range []string{"her NIR is 1 85 05 78 006 084 91", "FR76 3000 6000 0112 3456 7890 189", "two\nlines",
			strings.Repeat("x", 1001)} {
			if err := ask(Decision{By: "marie", Reason: unfit}); !is[*ledger.ReasonError](err) || Of(err) != Mistaken {
				t.Errorf("%s for %q: %v", what, unfit, err)
			}
		}
	}
}

// What was made for another environment is not decided about, or gone on with, by this configuration.
func TestAnotherTargetIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.held()
	state, decisions := w.state(t.Context(), run.ID)
	w.Config.Documents().Environment = "production"
	about := Args{"run": run.ID, "environment": "test"}
	_, err := w.Decisions().Approve(t.Context(), Approval{Run: run.ID, Decision: approval})
	refusedWith(t, err, OtherTarget, about)
	_, err = w.Decisions().Settle(t.Context(), Settling{Run: run.ID, Employees: []string{"00001"}, As: ledger.SettleAccepted,
		Decision: approval})
	refusedWith(t, err, OtherTarget, about)
	_, err = w.Runs().Resume(t.Context(), run.ID, "marie", goOn)
	refusedWith(t, err, OtherTarget, about)
	w.Config.Documents().Environment = "test"
	if now, n := w.state(t.Context(), run.ID); now != state || n != decisions {
		t.Errorf("%s with %d decisions, and was %s with %d", now, n, state, decisions)
	}
}

// Who decides is told by the door, and stays in the audit, with two that decide at once.
func TestTheAuditNamesWhoDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	run := w.held()
	results := make(chan error)
	for _, who := range []string{"marie", "paul"} {
		go func() {
			_, err := w.Decisions().Approve(context.Background(), Approval{Run: run.ID, Decision: Decision{By: who, Reason: "seen by " + who}})
			results <- err
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) {
		t.Errorf("%v, %v: one of the two", first, second)
	}
	entries, err := w.Records().Audit(t.Context(), ledger.AuditFilter{Run: run.ID, Decision: ledger.DecisionApprove, Max: 9})
	w.must(err)
	if len(entries) != 1 || entries[0].Reason != "seen by "+entries[0].Actor {
		t.Errorf("%+v", entries)
	}
}

func TestPauseAndItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	refusedWith(t, w.Decisions().Pause(t.Context(), "paie", approval), NoSchedule, Args{"job": "paie"})
	daily, err := schedule.Parse("0 5 * * *", "Europe/Paris", nil)
	w.must(err)
	for i := range w.Config.Jobs {
		w.Config.Jobs[i].Schedule = daily
	}
	refusedWith(t, w.Decisions().Unpause(t.Context(), "paie", Decision{By: "marie"}), NotPaused, Args{"job": "paie"})
	w.must(w.Decisions().Pause(t.Context(), "paie", approval))
	refusedWith(t, w.Decisions().Pause(t.Context(), "paie", approval), PausedAlready, Args{"job": "paie"})
	w.must(w.Decisions().Unpause(t.Context(), "paie", Decision{By: "marie"}))
}

// What needs no reason needs somebody all the same: the audit would name syncd.
func TestNobodyDecides(t *testing.T) {
	t.Parallel()
	a := New(&config.Config{}, Door{})
	_, ordered := a.Runs().Order(t.Context(), Order{Job: "paie"})
	_, resumed := a.Runs().Resume(t.Context(), 1, "", goOn)
	_, requeued := a.Runs().Requeue(t.Context(), 1, Decision{})
	for what, err := range map[string]error{"an order": ordered, "a resume": resumed, "a requeue": requeued,
		"the end of a pause": a.Decisions().Unpause(t.Context(), "paie", Decision{})} {
		if !errors.Is(err, errNobody) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNobodySettled(t *testing.T) {
	t.Parallel()
	_, err := New(&config.Config{}, Door{}).Decisions().Settle(t.Context(), Settling{Run: 1, Decision: approval})
	refusedWith(t, err, NobodySettled, nil)
}

// The reason of an erasure stays for ever: it does not say who it was.
func TestAnErasureDoesNotNameWhoWasErased(t *testing.T) {
	t.Parallel()
	a := New(&config.Config{}, Door{})
	for reason, refused := range map[string]bool{"00042 asked for it": true, "asked for it (00042)": true,
		"he asked: 100042 was wrong": false} {
		_, err := a.Upkeep().Forget(t.Context(), Forgetting{Dossier: apptest.Dossiers[0].Name, Key: "00042",
			Decision: Decision{By: "marie", Reason: reason}})
		if refused {
			refusedWith(t, err, ReasonNames, nil)
		} else if is[*Refused](err) {
			t.Errorf("%q: %v", reason, err)
		}
	}
}
