package report

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Now is the dry run of one employee: how staging compares with what was acknowledged.
type Now struct {
	Job      string // "" = that of the newest run
	Items    []jobs.PlannedItem
	Counts   jobs.Counts
	Findings []jobs.Finding
	Period   jobs.Period
	Err      error // why it could not be made; an *jobs.EmployeeError says that the employee is not in staging
}

// absent tells that staging does not have the employee.
func (n *Now) absent() bool {
	var missing *jobs.EmployeeError
	if n.Err != nil {
		return errors.As(n.Err, &missing)
	}
	return n.Counts.EmployeesRead == 0 && len(n.Items) == 0
}

// Why writes the whole story of one employee: how staging compares now, what was acknowledged, what happened in its
// order, and what to do next.
func (p *Printer) Why(w io.Writer, story *ledger.Story, now Now) error {
	p = p.of(story.Target)
	g, words := p.page(w), &p.Catalogue.Trail
	g.text(bold, locale.Fill(words.Employee, "key", story.Key))
	g.newline()
	g.text(targetStyle(story.Target), g.target(story.Target))
	g.newline()
	g.now(story, &now)
	g.known(story)
	g.title(words.History)
	if len(story.Lines)+len(story.Decisions) == 0 {
		g.line(itemIndent, words.Nothing)
	}
	for _, e := range g.events(story) {
		e.write()
	}
	g.steps(g.whySteps(story, &now))
	return g.end()
}

// now tells how staging compares.
func (g *page) now(story *ledger.Story, now *Now) {
	words := &g.Catalogue.Trail
	g.title(locale.Fill(words.Now, "period", g.ofPeriod(now.Period)))
	switch {
	case now.absent():
		g.line(itemIndent, words.Absent)
		g.line(itemIndent, g.lastSent(story))
	case now.Err != nil:
		g.line(itemIndent, words.Failed)
		for _, line := range lines(now.Err.Error()) {
			g.line(2*itemIndent, cut(line))
		}
	case len(now.Items) == 0:
		g.line(itemIndent, words.Delivered)
	}
	for i := range now.Items {
		g.nowItem(&now.Items[i].Item)
	}
	holding, notices := parted(now.Findings)
	g.findings(g.Catalogue.Guard.WouldHold, holding, shownKeys)
	g.findings(g.Catalogue.Guard.Notices, notices, shownKeys)
}

// nowItem is what a run would do with the employee.
func (g *page) nowItem(item *jobs.Item) {
	text := []string{g.Reason(item.Reason)}
	switch item.State {
	case jobs.ItemBlocked:
		text = g.problemLines(item, true)
	case jobs.ItemHeld:
		text = append(text, g.marked(groupHeld, g.findingLines(item, true))...)
	}
	g.itemWithDiff(item, text, Show{Diff: true, All: true})
}

// lastSent tells of someone who is not in staging when that was otherwise.
func (p *Printer) lastSent(story *ledger.Story) string {
	for _, k := range story.Known { // the newest first
		if k.AcknowledgedAt != nil {
			return locale.Fill(p.Catalogue.Trail.LastSent, "period", p.ofPeriod(k.Period), "time", p.time(k.AcknowledgedAt, p.storyZone(story)), "run", k.Run)
		}
	}
	if len(story.Known)+len(story.Lines) == 0 {
		return p.Catalogue.Trail.Unknown
	}
	return p.Catalogue.Trail.NeverSent
}

// known lists what was acknowledged, by period.
func (g *page) known(story *ledger.Story) {
	if len(story.Known) == 0 {
		return
	}
	words := &g.Catalogue.Trail
	g.title(words.Known)
	var pairs [][2]string
	for _, k := range story.Known {
		parts := []string{words.NeverKnown}
		if k.Version > 0 && k.AcknowledgedAt != nil {
			parts[0] = locale.Fill(words.SentBy, "time", g.time(k.AcknowledgedAt, g.storyZone(story)), "run", k.Run)
		}
		if k.InDoubt {
			parts = append(parts, words.InDoubt)
		}
		if k.Withdrawn {
			parts = append(parts, words.Withdrawn)
		}
		pairs = append(pairs, [2]string{g.markedPeriod(story, k.Period), joinNonEmpty(parts)})
	}
	g.pairs(pairs)
}

// markedPeriod is a period that says whether it is closed.
func (p *Printer) markedPeriod(story *ledger.Story, period jobs.Period) string {
	text := p.period(period)
	if slices.Contains(story.Closed, period) {
		text += p.Catalogue.Trail.ClosedMark
	}
	return text
}

// event is something in its place in time.
type event struct {
	at    time.Time
	write func()
}

// storyZone is that of the job which sends the employee: all times of a story are by one clock.
func (p *Printer) storyZone(story *ledger.Story) *time.Location {
	if n := len(story.Lines); n > 0 {
		return p.zone(story.Lines[n-1].Run.Job)
	}
	return p.options.Location
}

// events are plans and decisions, the oldest first. A decision that started a run stands before what the run did.
func (g *page) events(story *ledger.Story) []event {
	var all []event
	began := map[int64]time.Time{}
	for i := range story.Lines {
		run := &story.Lines[i].Run
		began[run.ID] = run.CreatedAt
		if run.StartedAt != nil {
			began[run.ID] = *run.StartedAt
		}
	}
	for i := range story.Decisions {
		e := &story.Decisions[i]
		at := e.At
		if start, known := began[e.Run]; known && e.Decision == ledger.DecisionRun && start.Before(at) {
			at = start // a run at once begins before the trail has it
		}
		all = append(all, event{at, func() { g.decisionLine(e, at, g.storyZone(story)) }})
	}
	for i := range story.Lines {
		line := &story.Lines[i]
		at := began[line.Run.ID]
		all = append(all, event{at, func() { g.storyLine(story, line, at) }})
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return all
}

func (g *page) decisionLine(e *ledger.AuditEntry, at time.Time, zone *time.Location) {
	about := joinNonEmpty([]string{g.ofRun(e.Run), g.period(e.Period), g.detail(e)})
	g.line(itemIndent, g.second(at, zone)+"  "+g.decided(e.Decision, about))
	g.line(3*itemIndent, g.decidedBy(e))
}

// storyLine is a plan of the employee, and what became of it.
func (g *page) storyLine(story *ledger.Story, line *ledger.StoryLine, at time.Time) {
	run, item := &line.Run, &line.Item
	g.line(itemIndent, g.second(at, g.storyZone(story))+"  "+joinNonEmpty([]string{g.ofRun(run.ID), g.markedPeriod(story, run.Period), g.state(run).Word}))
	which := groupOf(item, ended(run))
	text := g.marked(which, g.outcome(item, which, Show{All: true}))
	if item.AnsweredAt != nil {
		text[0] += ", " + g.time(item.AnsweredAt, g.storyZone(story))
	}
	if which != groupHeld {
		text = append(text, g.wasHeld(item)...)
	}
	if holding, _ := parted(run.Findings); run.State == jobs.Held {
		for i := range holding {
			text = append(text, locale.Fill(g.Catalogue.Guard.RunHeld, "finding", g.finding(&holding[i], shownKeys)))
		}
	}
	if item.Difference == jobs.Created && len(item.Diff) > 0 {
		text[0] += " (" + g.newDocument(item) + ")"
	}
	for i, part := range text {
		g.spaces(2 * itemIndent)
		sign := item.Difference
		if i > 0 {
			sign = ""
		}
		g.sign(sign)
		g.line(1, cut(part))
	}
	if item.Difference != jobs.Created {
		g.diff(4*itemIndent, item.Diff)
	}
}

// marked puts the name of a group before what is said of an item of it.
func (p *Printer) marked(which group, text []string) []string {
	if len(text) == 0 {
		return []string{p.Catalogue.Groups[which.String()].One}
	}
	text[0] = p.Catalogue.Groups[which.String()].One + p.Catalogue.Colon + text[0]
	return text
}
