package report

import (
	"context"
	"fmt"
	"io"

	"syncd/internal/jobs"
)

// shownSends is how many items to send a plan shows in detail unless all are asked for.
const shownSends = 50

// PlanSink writes a plan as its items come; it keeps none of them. Whoever cannot be sent, or has gone, is always shown.
type PlanSink struct {
	page    *page
	subject Subject
	show    Show
	begun   bool
	sends   map[jobs.Difference]int // items to send so far
	shown   int                     // of them
}

// NewPlanSink makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (p *Printer) NewPlanSink(w io.Writer, subject Subject, show Show) *PlanSink {
	return &PlanSink{page: p.page(w), subject: subject, show: show, sends: map[jobs.Difference]int{}}
}

// Add implements jobs.PlanSink.
func (s *PlanSink) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	for i := range items {
		s.item(&items[i].Item)
	}
	return s.page.end()
}

func (s *PlanSink) begin() {
	if s.begun {
		return
	}
	s.begun = true
	g, words := s.page, &s.page.catalogue.words
	g.text(bold, fmt.Sprintf(words.plan, s.subject.Job, g.ofPeriod(s.subject.Period)))
	g.newline()
	g.text(targetStyle(s.subject.Target), g.target(s.subject.Target))
	g.newline()
	if len(s.subject.Employees) > 0 {
		g.pairs([][2]string{{words.limited, keys(s.subject.Employees, 2*shownKeys)}})
	}
	g.newline()
}

func (s *PlanSink) item(item *jobs.Item) {
	g := s.page
	if item.State == jobs.ItemBlocked {
		g.item(item, g.problemLines(item, s.show.All))
		return
	}
	if item.State == jobs.ItemPending {
		s.sends[item.Difference]++
		if s.shown == shownSends && !s.show.All {
			return
		}
		s.shown++
	}
	g.itemWithDiff(item, []string{g.Reason(item.Reason)}, s.show)
}

// Finish writes the summary of a plan that came to its end.
func (s *PlanSink) Finish(c jobs.Counts, digest string) error {
	s.begin()
	g := s.page
	total := s.sends[jobs.Created] + s.sends[jobs.Updated] + s.sends[jobs.Unchanged]
	if rest := total - s.shown; rest > 0 {
		g.more(rest, planCommand(s.subject)+" --all")
	}
	if total > 0 || c.Blocked+c.ElementsBlocked+c.Departed+c.Left+c.Uncertain > 0 {
		g.newline()
	}
	plurals := &g.catalogue.plurals
	g.line(0, fmt.Sprintf(plurals.read, g.count(plurals.employees, c.EmployeesRead), g.count(plurals.elements, c.ElementsRead)))
	g.newline()
	g.balance(g.balanceOf(c, s.toSend()...))
	g.newline()
	g.line(0, fmt.Sprintf(g.catalogue.words.digest, digest))
	g.steps(g.planSteps(s.subject, c, total))
	return g.end()
}

// toSend is what would be sent, by kind of difference.
func (s *PlanSink) toSend() []entry {
	var entries []entry
	for _, sign := range []jobs.Difference{jobs.Created, jobs.Updated, jobs.Unchanged} {
		n := s.sends[sign]
		entries = append(entries, entry{sign, n, s.page.catalogue.words.toSend + s.page.catalogue.colon + s.page.difference(sign, n)})
	}
	return entries
}

func (p *Printer) planSteps(subject Subject, c jobs.Counts, sends int) []step {
	text := &p.catalogue.steps
	var steps []step
	if c.Departed > 0 {
		steps = append(steps, step{text: text.departed})
	}
	if c.Uncertain > 0 {
		steps = append(steps, step{text: text.unsure})
	}
	switch blocked := c.Blocked+c.ElementsBlocked > 0; {
	case blocked && sends > 0:
		return append(steps, step{text.sendRest, runCommand(subject)})
	case blocked:
		return append(steps, step{text.correct, planCommand(subject)})
	case sends > 0:
		return append(steps, step{text.send, runCommand(subject)})
	}
	return append(steps, step{text: text.nothingToSend})
}
