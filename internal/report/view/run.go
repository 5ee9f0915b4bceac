package view

import (
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// head says what run it is, how it stands and who started it.
func (t *Teller) head(run *jobs.Run) Head {
	words := &t.Words
	title, met := t.failure(run.Failure, run.Kind.Fetches())
	return Head{Title: t.runTitle(run), Target: t.target(run.Target), Production: inProduction(run.Target), TechnicalTitle: title,
		Technical: met, Facts: slices.Concat([][2]string{{words.State, t.state(run).Sentence}}, t.why(run), [][2]string{
			{words.Scheduled, t.time(run.Nominal, t.zone(run.Job))},
			{words.Started, t.time(run.StartedAt, t.zone(run.Job))},
			{words.Ended, t.endTime(run)},
			{words.By, t.startedBy(run)},
			{words.Since, t.since(run.Aftermath)},
			{words.TakenOver, t.takeovers(run)},
			{words.Cancellation, t.cancellation(run)},
			{words.Approved, t.approval(run)},
			{words.Resend, run.Resend},
			{words.Limited, keys(t.persons(run.Employees), 2*shownKeys)},
		})}
}

func inProduction(target jobs.Target) bool { return target.Environment == "production" }

func (t *Teller) runTitle(run *jobs.Run) string {
	if run.Period == "" {
		return locale.Fill(t.Words.Run, "run", run.ID, "job", run.Job)
	}
	return locale.Fill(t.Words.RunPeriod, "run", run.ID, "job", run.Job, "period", t.ofPeriod(run.Period))
}

func (t *Teller) state(run *jobs.Run) locale.StateWords {
	if run.Interrupted {
		return t.Interrupted
	}
	words, known := t.States[string(run.State)]
	if !known { // of a newer program
		return locale.StateWords{Sentence: string(run.State), Word: string(run.State)}
	}
	switch {
	case run.State == jobs.Held && run.Counts.Accepted+run.Counts.Uncertain > 0:
		words.Sentence = t.HeldMidway
	case run.State == jobs.Running && run.Cancelling:
		words = t.Cancelling
	case run.Kind.Fetches() && t.Reading.States[string(run.State)] != "":
		words.Sentence = t.Reading.States[string(run.State)]
	case run.State == jobs.Succeeded && !run.Kind.Sends():
		words.Sentence = words.Word
	case run.State == jobs.Succeeded && run.Nobody():
		words.Sentence = t.Nobody
	case run.State == jobs.Incomplete && run.Nobody() && run.Counts.Departed > 0:
		words.Sentence = t.NobodyLeft
	case run.State == jobs.Succeeded && run.Stale():
		words.Sentence = t.Stale
	case run.State == jobs.Succeeded && run.Partial():
		words.Sentence = t.Partly
	}
	return words
}

func (t *Teller) endTime(run *jobs.Run) string {
	end := t.time(run.FinishedAt, t.zone(run.Job))
	if run.StartedAt == nil || run.FinishedAt == nil {
		return end
	}
	return locale.Fill(t.Words.After, "end", end, "duration", locale.Duration(run.FinishedAt.Sub(*run.StartedAt)))
}

// approval is "marie: the partner announced it", "" for a run that nobody had to approve.
func (t *Teller) approval(run *jobs.Run) string {
	if run.ApprovedBy == "" {
		return ""
	}
	return run.ApprovedBy + t.Colon + run.ApprovedFor
}

// startedBy is "marie on srv-paie, by hand, syncd 0.1.0".
func (t *Teller) startedBy(run *jobs.Run) string {
	text := run.RequestedBy
	if text == "" && run.Nominal != nil {
		text = t.Words.Daemon
	}
	switch {
	case text == "":
		text = run.Host
	case run.Host != "":
		text = locale.Fill(t.Words.On, "user", text, "host", run.Host)
	}
	trigger, known := t.Triggers[string(run.Trigger)]
	if !known {
		trigger = string(run.Trigger)
	}
	parts := []string{text, trigger}
	if run.Version != "" {
		parts = append(parts, "syncd "+run.Version)
	}
	return joinNonEmpty(parts)
}

// why are the lines of a header that explain a state: what a queued run waits for, or why one failed or is held.
func (t *Teller) why(run *jobs.Run) [][2]string {
	words := &t.Words
	reason := ""
	if run.Failure.Code != "" {
		reason = t.runReason(run)
	}
	switch {
	case run.State == jobs.Queued && run.NotBefore != nil:
		return [][2]string{t.queuedSince(run), {words.Waits,
			locale.Fill(words.WaitsUntil, "time", t.time(run.NotBefore, t.zone(run.Job)), "reason", reason)}}
	case run.State == jobs.Queued:
		return [][2]string{t.queuedSince(run), {words.Waits, locale.Fill(words.WaitsForDaemon, "run", run.ID)}, {words.LastTime, reason}}
	case run.State == jobs.Cancelled && run.CancelledBy != "" && !byItself(run):
		return nil // the cancellation has a line of its own
	}
	return [][2]string{{words.Reason, reason}}
}

// runReason is why a run failed or is held. One that the contract alone holds says so: no guard has found anything.
func (t *Teller) runReason(run *jobs.Run) string {
	if text, known := t.gatheredBy(run); known {
		return text
	}
	holding, _ := parted(run.Findings)
	if run.Failure.Code != jobs.ReasonGuard || len(holding) == 0 ||
		heldBesides(holding, jobs.RuleContract, jobs.RuleUnknownMember, jobs.RuleNoJSON) {
		return t.Reason(run.Failure)
	}
	words := &t.Contract
	switch {
	case !holdsBy(holding, jobs.RuleUnknownMember) && !holdsBy(holding, jobs.RuleNoJSON):
		return words.HeldChanged
	case !holdsBy(holding, jobs.RuleContract):
		return words.HeldUnknown
	}
	return words.HeldBoth
}

// queuedSince is when a run was made that was never executed; of others, the start tells more.
func (t *Teller) queuedSince(run *jobs.Run) [2]string {
	if run.StartedAt != nil || run.CreatedAt.IsZero() {
		return [2]string{}
	}
	return [2]string{t.Words.Queued, t.time(&run.CreatedAt, t.zone(run.Job))}
}

// byItself tells that no person cancelled the run, but a rule: its reason says which.
func byItself(run *jobs.Run) bool {
	return run.Failure.Code == jobs.ReasonExpired || run.Failure.Code == jobs.ReasonReplanned
}

// cancellation is "asked for by marie: wrong month". A run that had nothing left to give up was not cancelled by it.
func (t *Teller) cancellation(run *jobs.Run) string {
	if run.CancelledBy == "" || byItself(run) {
		return ""
	}
	return locale.Fill(t.Words.CancelledBy, "user", run.CancelledBy, "reason", run.CancelledFor)
}

func (t *Teller) takeovers(run *jobs.Run) string {
	if run.Takeovers == 0 {
		return ""
	}
	return t.Count(t.Words.Takeovers, run.Takeovers)
}

// shownRuns is how many runs are named that delivered what another one had left.
const shownRuns = 3

// since tells what has become of what a run left: an old report asks for nothing that was done long ago.
func (t *Teller) since(a *jobs.Aftermath) string {
	if a == nil {
		return ""
	}
	words := &t.Words
	var parts []string
	switch {
	case a.Delivered > 0 && a.Left == 0:
		parts = append(parts, locale.Fill(words.SinceDelivered, "runs", t.runNumbers(a.DeliveredBy)))
	case a.Delivered > 0:
		parts = append(parts, locale.Fill(words.SincePartly, "employees", t.Count(t.Plurals.Employees, a.Delivered), "runs",
			t.runNumbers(a.DeliveredBy), "left", t.Number(a.Left)))
	}
	if a.Whole != 0 && (a.Left > 0 || a.Delivered == 0) {
		parts = append(parts, locale.Fill(words.SinceWhole, "run", a.Whole))
	}
	if a.Closed {
		parts = append(parts, words.SinceClosed)
	}
	return strings.Join(parts, t.Semicolon)
}

// runNumbers is "11", "11, 12": the newest ones, in their order.
func (t *Teller) runNumbers(runs []int64) string {
	var names []string
	for _, run := range runs[max(0, len(runs)-shownRuns):] {
		names = append(names, strconv.FormatInt(run, 10))
	}
	if len(runs) > shownRuns {
		names = slices.Insert(names, 0, "…")
	}
	return strings.Join(names, ", ")
}

// sinceSteps are those of a run about which nobody has anything to do any more.
func (t *Teller) sinceSteps(a *jobs.Aftermath) []Step {
	text := &t.Steps
	if successor := a.Successor(); successor != 0 {
		return []Step{does(text.Overtaken, ofRun("show", successor))}
	}
	return []Step{says(text.MonthClosed)}
}

// Runs is a table of runs, in the order given: newest first.
func (t *Teller) Runs(runs []*jobs.Run) Table {
	table := Table{Head: t.Words.RunsHead, Numbers: 7} // sent, unchanged, problems
	for _, run := range runs {
		table.Rows = append(table.Rows, t.runRow(run))
	}
	return table
}

func (t *Teller) runRow(run *jobs.Run) []string {
	started := "–"
	if run.StartedAt != nil {
		started = t.Brief(*run.StartedAt, t.zone(run.Job))
	}
	t = t.Of(run.Target)
	row := []string{strconv.FormatInt(run.ID, 10), run.Job, run.Target.Dossier, environment(run.Target), string(run.Period), t.state(run).Word,
		started}
	if run.Kind.Fetches() {
		return append(row, t.readRow(run)...)
	}
	if !run.Kind.Sends() || !run.Planned { // of one that stopped before its plan nobody knows whom it was for
		return append(row, "–", "–", "–")
	}
	trouble := "–" // of a run that goes on, nobody knows yet
	if run.FinishedAt != nil {
		trouble = t.trouble(run.Counts)
	}
	return append(row, t.Number(run.Counts.Accepted), t.Number(run.Counts.Unchanged), trouble)
}

// trouble counts those who were not delivered and whom no newer run took over; when these are elements alone, it says so.
func (t *Teller) trouble(c jobs.Counts) string {
	n := c.Rejected + c.Blocked + c.Held + c.Uncertain + c.NotAttempted + c.Departed
	if n == 0 && c.ElementsBlocked > 0 {
		return t.Count(t.Words.ElementsOnly, c.ElementsBlocked)
	}
	return t.Number(n)
}
