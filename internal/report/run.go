package report

import (
	"fmt"
	"io"
	"iter"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Run writes the report of a transfer: what it was, the accounting, who needs a person, and what to do next. items are
// those of the run in their order; they are read once, and again for each long group when all of it is to be shown.
// With show.Employees they are expected to be limited to these, and the report is about them alone.
func (p *Printer) Run(w io.Writer, run *jobs.Run, items iter.Seq2[jobs.Item, error], show Show) error {
	p = p.of(run.Target)
	g := p.page(w)
	g.header(run)
	if len(show.Employees) > 0 {
		show.Diff, show.All = true, true
		if err := g.employees(run, items, show); err != nil {
			return err
		}
		return g.end()
	}
	found, err := p.gather(items, ended(run))
	if err != nil {
		return fmt.Errorf("reading the items of run %d: %w", run.ID, err)
	}
	counts := countsOf(run, found)
	g.runFindings(run)
	g.accounting(run, counts, found.groups[groupTurnedAway].employees)
	for group := range groupsEnd {
		if err := g.group(run, items, group, found, show); err != nil {
			return fmt.Errorf("reading the items of run %d: %w", run.ID, err)
		}
	}
	g.steps(p.runSteps(run, counts, found, show))
	return g.end()
}

// countsOf is the accounting that the ledger recorded, or of a run that has not ended, what its items tell so far.
func countsOf(run *jobs.Run, found *gathered) jobs.Counts {
	if run.FinishedAt != nil {
		return run.Counts
	}
	counts := found.counts
	counts.EmployeesRead, counts.ElementsRead = run.Counts.EmployeesRead, run.Counts.ElementsRead
	counts.Unchanged = run.Counts.Unchanged
	return counts
}

// header says what run it is, how it stands and who started it.
func (g *page) header(run *jobs.Run) {
	words := &g.Catalogue.Words
	g.text(bold, g.runTitle(run))
	g.newline()
	g.text(targetStyle(run.Target), g.target(run.Target))
	g.newline()
	g.newline()
	state := g.state(run)
	g.pairs(slices.Concat([][2]string{{words.State, state.Sentence}}, g.why(run), [][2]string{
		{words.Scheduled, g.time(run.Nominal, g.zone(run.Job))},
		{words.Started, g.time(run.StartedAt, g.zone(run.Job))},
		{words.Ended, g.endTime(run)},
		{words.By, g.startedBy(run)},
		{words.Since, g.since(run.Aftermath)},
		{words.TakenOver, g.takeovers(run)},
		{words.Cancellation, g.cancellation(run)},
		{words.Approved, approval(run)},
		{words.Resend, run.Resend},
		{words.Limited, keys(run.Employees, 2*shownKeys)},
	}))
	if detail := g.failure(run.Failure); len(detail) > 0 {
		g.newline()
		g.line(itemIndent, words.Technical)
		for _, line := range detail {
			g.line(2*itemIndent, cut(line))
		}
	}
}

func targetStyle(t jobs.Target) style {
	if t.Environment == "production" {
		return bold
	}
	return plain
}

func (p *Printer) runTitle(run *jobs.Run) string {
	if run.Period == "" {
		return locale.Fill(p.Catalogue.Words.Run, "run", run.ID, "job", run.Job)
	}
	return locale.Fill(p.Catalogue.Words.RunPeriod, "run", run.ID, "job", run.Job, "period", p.ofPeriod(run.Period))
}

func (p *Printer) state(run *jobs.Run) locale.StateWords {
	if run.Interrupted {
		return p.Catalogue.Interrupted
	}
	words, known := p.Catalogue.States[string(run.State)]
	if !known { // of a newer program
		return locale.StateWords{Sentence: string(run.State), Word: string(run.State)}
	}
	switch {
	case run.State == jobs.Held && run.Counts.Accepted+run.Counts.Uncertain > 0:
		words.Sentence = p.Catalogue.HeldMidway
	case run.State == jobs.Running && run.Cancelling:
		words = p.Catalogue.Cancelling
	case run.State == jobs.Succeeded && !run.Kind.Sends():
		words.Sentence = words.Word
	case run.State == jobs.Succeeded && run.Nobody():
		words.Sentence = p.Catalogue.Nobody
	case run.State == jobs.Incomplete && run.Nobody() && run.Counts.Departed > 0:
		words.Sentence = p.Catalogue.NobodyLeft
	case run.State == jobs.Succeeded && run.Stale():
		words.Sentence = p.Catalogue.Stale
	case run.State == jobs.Succeeded && run.Partial():
		words.Sentence = p.Catalogue.Partly
	}
	return words
}

func (p *Printer) endTime(run *jobs.Run) string {
	end := p.time(run.FinishedAt, p.zone(run.Job))
	if run.StartedAt == nil || run.FinishedAt == nil {
		return end
	}
	return locale.Fill(p.Catalogue.Words.After, "end", end, "duration", locale.Duration(run.FinishedAt.Sub(*run.StartedAt)))
}

// approval is "marie: Isidoor announced it", "" for a run that nobody had to approve.
func approval(run *jobs.Run) string {
	if run.ApprovedBy == "" {
		return ""
	}
	return run.ApprovedBy + ": " + run.ApprovedFor
}

// startedBy is "marie on srv-paie, by hand, syncd 0.1.0".
func (p *Printer) startedBy(run *jobs.Run) string {
	text := run.RequestedBy
	if text == "" && run.Nominal != nil {
		text = p.Catalogue.Words.Daemon
	}
	switch {
	case text == "":
		text = run.Host
	case run.Host != "":
		text = locale.Fill(p.Catalogue.Words.On, "user", text, "host", run.Host)
	}
	trigger, known := p.Catalogue.Triggers[string(run.Trigger)]
	if !known {
		trigger = string(run.Trigger)
	}
	parts := []string{text, trigger}
	if run.Version != "" {
		parts = append(parts, "syncd "+run.Version)
	}
	return joinNonEmpty(parts)
}

// accounting says what became of everyone who was read. Each line has its number; lines of none are left out. Of those not
// attempted so many were turned away.
func (g *page) accounting(run *jobs.Run, c jobs.Counts, turnedAway int) {
	plurals := &g.Catalogue.Plurals
	if c.EmployeesRead+c.ElementsRead == 0 && !run.Nobody() {
		g.newline()
		g.line(0, plurals.NothingRead)
		return
	}
	g.newline()
	g.line(0, locale.Fill(plurals.Read, "employees", g.Count(plurals.Employees, c.EmployeesRead), "elements", g.Count(plurals.Elements, c.ElementsRead)))
	if c.ElementsRead == 0 && c.EmployeesRead > 0 {
		g.line(0, g.Catalogue.Words.NoElements)
	}
	g.newline()
	turnedAway = min(turnedAway, c.NotAttempted)
	rest, of := c.NotAttempted-turnedAway, groupPending
	if !ended(run) {
		of = groupWaiting
	}
	unsent := []entry{{"", turnedAway, g.Noun(g.Catalogue.Groups[groupTurnedAway.String()].Count, turnedAway)},
		{"", rest, g.Noun(g.Catalogue.Groups[of.String()].Count, rest)}}
	if run.State == jobs.Cancelled {
		unsent = append(unsent, entry{"", c.Superseded, g.Noun(g.Catalogue.Words.GivenUp, c.Superseded)})
		c.Superseded = 0
	}
	g.balance(g.balanceOf(c, unsent...))
}

// entry is a line of the accounting.
type entry struct {
	sign jobs.Difference
	n    int
	text string
}

// balanceOf lists all parts of an accounting; unsent are those of what is yet to be sent.
func (p *Printer) balanceOf(c jobs.Counts, unsent ...entry) []entry {
	part := func(sign jobs.Difference, n int, text locale.Plural) entry { return entry{sign, n, p.Noun(text, n)} }
	of := func(g group) locale.Plural { return p.Catalogue.Groups[g.String()].Count }
	return slices.Concat([]entry{
		part(jobs.Departed, c.Departed, of(groupDeparted)),
		part(jobs.Undeliverable, c.Blocked, of(groupBlocked)),
		part(jobs.Undeliverable, c.ElementsBlocked, p.Catalogue.Plurals.BlockedElements),
		part("", c.Rejected, of(groupRejected)),
		part("", c.Uncertain, of(groupUncertain)),
		part("", c.Held, of(groupHeld)),
		part("", c.Superseded, of(groupSuperseded)),
	}, unsent, []entry{
		part("", c.Accepted, of(groupSent)),
		part(jobs.Unchanged, c.Unchanged, p.Catalogue.Words.Unchanged),
		part(jobs.Departed, c.Left, of(groupLeft)),
	})
}

func (g *page) balance(entries []entry) {
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.n == 0 })
	width := 0
	for _, e := range entries {
		width = max(width, length(g.Number(e.n)))
	}
	for _, e := range entries {
		g.spaces(itemIndent)
		g.sign(e.sign)
		g.text(plain, " "+padLeft(g.Number(e.n), width)+"  "+e.text)
		g.newline()
	}
}
