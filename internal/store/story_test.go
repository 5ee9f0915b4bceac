package store

import (
	"fmt"
	"strings"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
)

// tell puts a story into a line each.
func (f *fixture) tell(s *Store, target int64, key string, period jobs.Period) string {
	f.Helper()
	story, err := s.Story(f.Context(), target, key, period)
	f.must(err)
	if story.Key != key || story.Target.ID != target || story.Target.Dossier != "saint-martin" {
		f.Errorf("%+v", story)
	}
	var lines []string
	for _, k := range story.Known {
		lines = append(lines, fmt.Sprintf("%s: version %d of run %d", k.Period, k.Version, k.Run))
	}
	for _, l := range story.Lines {
		lines = append(lines, fmt.Sprintf("run %d %s %s: %s %s, %d changes, %d problems", l.Run.ID, l.Run.Period, l.Run.State, l.Item.Difference,
			l.Item.State, len(l.Item.Diff), len(l.Item.Problems)))
	}
	for _, d := range story.Decisions {
		if d.Decision == ledger.DecisionSettle || d.Decision == ledger.DecisionPurge {
			lines = append(lines, fmt.Sprintf("%s %s run %d", d.Actor, d.Decision, d.Run))
		}
	}
	return strings.Join(append(lines, fmt.Sprint("closed ", story.Closed)), "\n")
}

// One person's story has every month, every plan, every decision and nothing of anybody else's; also for people who left.
func TestStory(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := f.open()
	october := f.sent(s, "saint-martin", earlierMonth)
	f.closePeriod(s, "saint-martin", earlierMonth)
	changed := toSend(s, "1", 0)
	changed.Difference, changed.Diff = jobs.Updated, []diff.Change{{Path: "Nom"}}
	november := f.unsure(s, changed, toSend(s, "2", 0))
	f.settle(s, november, ledger.SettleAccepted, jobs.Incomplete, "1")
	f.settle(s, november, ledger.SettleAccepted, jobs.Succeeded, "2")
	left := f.start(s)
	f.plan(s, left, gone("1", 1), jobs.PlannedItem{Item: jobs.Item{Key: "3", State: jobs.ItemBlocked, Difference: jobs.Undeliverable,
		Employees: 1, Problems: []mapping.Problem{{}}, Reason: jobs.Reason{Code: jobs.ReasonProblems}}})
	f.finish(s, left, "", jobs.Incomplete)
	f.decide(s, left.Target.ID, ledger.AuditEntry{Decision: ledger.DecisionPurge, Run: left.ID, Period: month}) // about everyone of it
	other := f.sent(s, "sainte-anne", month)

	f.tellsOf(s, left, "1", "", fmt.Sprintf(`2026-11: version 1 of run %[2]d
2026-10: version 1 of run %[1]d
run %[1]d 2026-10 succeeded: + accepted, 0 changes, 0 problems
run %[2]d 2026-11 succeeded: * accepted, 1 changes, 0 problems
run %[3]d 2026-11 incomplete: - departed, 0 changes, 0 problems
marie settle run %[2]d
syncd purge run %[3]d
closed [2026-10]`, october.ID, november.ID, left.ID))
	f.tellsOf(s, left, "1", earlierMonth, fmt.Sprintf(`2026-10: version 1 of run %[1]d
run %[1]d 2026-10 succeeded: + accepted, 0 changes, 0 problems
closed [2026-10]`, october.ID))
	f.tellsOf(s, left, "3", month, fmt.Sprintf(`run %[1]d 2026-11 incomplete: ! blocked, 0 changes, 1 problems
syncd purge run %[1]d
closed []`, left.ID))
	f.tellsOf(s, left, "nobody", "", "closed []")
	if story, err := s.Story(t.Context(), other.Target.ID, "1", ""); err != nil || len(story.Lines) != 1 || len(story.Decisions) > 1 {
		t.Errorf("%+v %v", story, err)
	}
	if _, err := s.Story(t.Context(), 12345, "1", ""); err == nil {
		t.Error("a target that does not exist has a story")
	}
}

func (f *fixture) tellsOf(s *Store, run *jobs.Run, key string, period jobs.Period, want string) {
	f.Helper()
	if got := f.tell(s, run.Target.ID, key, period); got != want {
		f.Errorf("%s\nnot\n%s", got, want)
	}
}
