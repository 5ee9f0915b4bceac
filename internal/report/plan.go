package report

import (
	"context"
	"io"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// shownSends is how many items to send a plan shows in detail unless all are asked for.
const shownSends = 50

// PlanSink writes a plan as its items come; of them it keeps one byte each. Whoever cannot be sent, is held or has gone
// is always shown.
type PlanSink struct {
	page    *page
	subject Subject
	show    Show
	begun   bool
	sends   map[jobs.Difference]int // items to send so far
	shown   int                     // of them
	total   int                     // of them, held later or not
	kinds   []byte                  // of the items so far, by their Seq from 1: the sign of one to send, 0 of others
	holds   []jobs.Hold             // items that are held after all
	doubt   doubt                   // the first that a person must settle
	refused int                     // employees, by the contract
}

// NewPlanSink makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (p *Printer) NewPlanSink(w io.Writer, subject Subject, show Show) *PlanSink {
	return &PlanSink{page: p.of(subject.Target).page(w), subject: subject, show: show, sends: map[jobs.Difference]int{}}
}

// Add implements jobs.PlanSink.
func (s *PlanSink) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	for i := range items {
		s.item(&items[i].Item)
	}
	return s.page.end()
}

// Hold implements jobs.PlanSink.
func (s *PlanSink) Hold(_ context.Context, holds []jobs.Hold) error {
	s.holds = append(s.holds, holds...)
	for _, hold := range holds {
		if hold.Seq < 1 || hold.Seq > len(s.kinds) || s.kinds[hold.Seq-1] == 0 {
			continue // held before
		}
		s.sends[jobs.Difference(s.kinds[hold.Seq-1])]--
		s.kinds[hold.Seq-1] = 0
	}
	return nil
}

func (s *PlanSink) begin() {
	if s.begun {
		return
	}
	s.begun = true
	g, words := s.page, &s.page.Catalogue.Words
	g.text(bold, locale.Fill(words.Plan, "job", s.subject.Job, "period", g.ofPeriod(s.subject.Period)))
	g.newline()
	g.text(targetStyle(s.subject.Target), g.target(s.subject.Target))
	g.newline()
	if len(s.subject.Employees) > 0 {
		g.pairs([][2]string{{words.Limited, keys(s.subject.Employees, 2*shownKeys)}})
	}
	g.newline()
}

func (s *PlanSink) item(item *jobs.Item) {
	g := s.page
	sign := byte(0)
	if item.State == jobs.ItemPending && item.Difference != "" {
		sign = item.Difference[0]
	}
	s.kinds = append(s.kinds, sign)
	if refusedByContract(item) {
		s.refused += item.Employees
	}
	switch item.State {
	case jobs.ItemBlocked:
		g.item(item, g.problemLines(item, s.show.All))
		return
	case jobs.ItemUnsettled:
		if s.doubt.key == "" {
			s.doubt = doubtOf(item)
		}
	case jobs.ItemPending:
		s.total++
		s.sends[item.Difference]++
		if s.shown == shownSends && !s.show.All {
			return
		}
		s.shown++
	}
	text := []string{g.Reason(item.Reason)}
	for i, line := range g.findingLines(item, s.show.All) {
		if i == 0 && item.State == jobs.ItemHeld {
			line = g.Catalogue.Groups[groupHeld.String()].One + g.Catalogue.Colon + line
		}
		text = append(text, line)
	}
	g.itemWithDiff(item, text, s.show)
}

// Finish writes the summary of a plan that came to its end.
func (s *PlanSink) Finish(c jobs.Counts, digest string, findings []jobs.Finding) error {
	s.begin()
	g := s.page
	if rest := s.total - s.shown; rest > 0 {
		g.more(rest, planCommand(s.subject)+" --all")
	}
	s.heldLater()
	if s.total > 0 || c.Blocked+c.ElementsBlocked+c.Departed+c.Left+c.Held+c.Uncertain > 0 {
		g.newline()
	}
	plurals := &g.Catalogue.Plurals
	g.line(0, locale.Fill(plurals.Read, "employees", g.Count(plurals.Employees, c.EmployeesRead), "elements", g.Count(plurals.Elements, c.ElementsRead)))
	g.newline()
	g.balance(g.balanceOf(c, s.toSend()...))
	if digest != "" {
		g.newline()
		g.line(0, locale.Fill(g.Catalogue.Words.Digest, "digest", digest))
	}
	holding, notices := parted(findings)
	g.findings(g.Catalogue.Guard.WouldHold, holding, jobs.FindingKeys)
	if c.Held > 0 {
		g.newline()
		g.line(0, g.Count(g.Catalogue.Guard.Holds, c.Held))
	}
	g.findings(g.Catalogue.Guard.Notices, notices, jobs.FindingKeys)
	g.steps(slices.Concat(g.contractSteps(findings, "", planCommand(s.subject)), g.blockedSteps(findings, c, ""),
		g.planSteps(s, c, findings)))
	return g.end()
}

// heldLater lists items that were told above as to be sent, and are held after all.
func (s *PlanSink) heldLater() {
	if len(s.holds) == 0 {
		return
	}
	g := s.page
	g.title(g.Catalogue.Guard.Compared)
	for i := range s.holds {
		hold := &s.holds[i]
		g.item(&jobs.Item{Key: hold.Key}, []string{g.finding(&hold.Finding, shownKeys)})
	}
}

// toSend is what would be sent, by kind of difference.
func (s *PlanSink) toSend() []entry {
	var entries []entry
	for _, sign := range []jobs.Difference{jobs.Created, jobs.Updated, jobs.Unchanged} {
		n := s.sends[sign]
		entries = append(entries, entry{sign, n, s.page.Catalogue.Words.ToSend + s.page.Catalogue.Colon + s.page.difference(sign, n)})
	}
	return entries
}

func (p *Printer) planSteps(s *PlanSink, c jobs.Counts, findings []jobs.Finding) []step {
	text := &p.Catalogue.Steps
	held := heldOtherwise(findings)
	if holdsBy(findings, jobs.RuleNoRows) {
		return []step{p.findNobody(s.subject), {text.SendNobody, runCommand(s.subject)}}
	}
	var steps []step
	if c.Departed > 0 {
		steps = append(steps, step{text: text.DepartedPlan})
	}
	if c.Uncertain > 0 {
		steps = append(steps, p.planDoubt(s.doubt)...)
	}
	sends := s.sends[jobs.Created]+s.sends[jobs.Updated]+s.sends[jobs.Unchanged]+c.Held > 0
	switch blocked := c.Blocked+c.ElementsBlocked > 0; {
	case held && sends:
		return append(steps, step{text.SendHeld, runCommand(s.subject)})
	case blocked && sends:
		return append(append(steps, step{text.SendRest, runCommand(s.subject)}), p.wrongContract(s.refused, c)...)
	case blocked:
		return append(append(steps, step{text.Correct, planCommand(s.subject)}), p.wrongContract(s.refused, c)...)
	case sends && s.sends[jobs.Created]+s.sends[jobs.Updated]+s.sends[jobs.Unchanged] == 0:
		return append(steps, step{text.SendHeld, runCommand(s.subject)})
	case sends:
		return append(steps, step{text.Send, runCommand(s.subject)})
	}
	return append(steps, step{text: text.NothingToSend})
}

// planDoubt settles what an older run left in doubt: a plan has no run of its own.
func (p *Printer) planDoubt(of doubt) []step {
	if of.run == 0 {
		of.key = ""
	}
	return p.settleSteps(&jobs.Run{}, of, p.Catalogue.Steps.Unsure)
}
