package view

import (
	"context"
	"io"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// shownSends is how many items to send a plan shows in detail unless all are asked for.
const shownSends = 50

// Plan is a plan as its items come; of them it keeps one byte each. Whoever cannot be sent, is held or has gone is always shown.
type Plan struct {
	teller  *Teller
	subject Subject
	show    Show
	sends   map[jobs.Difference]int // items to send so far
	shown   int                     // of them
	total   int                     // of them, held later or not
	kinds   []byte                  // of the items so far, by their Seq from 1: the sign of one to send, 0 of others
	holds   []jobs.Hold             // items that are held after all
	doubt   doubt                   // the first that a person must settle
	refused int                     // employees, by the contract
}

// PlanEnd is what there is to say of a plan that came to its end.
type PlanEnd struct {
	More     string // how many items are not listed, and how to see them; "" = all are
	Compared *List  // items that were told as to be sent, and are held after all; nil = none
	Empty    bool   // nothing was told of anybody
	Read     string
	Balance  []Entry
	Digest   string // "" = there is none
	Holding  []Findings
	Held     string // how many employees a run would hold; "" = none
	Amounts  *Amounts
	Notices  []Findings
	Next     []Step
}

// NewPlan tells of a plan that sends nothing.
func (t *Teller) NewPlan(subject Subject, show Show) *Plan {
	return &Plan{teller: t.about(subject), subject: subject, show: show, sends: map[jobs.Difference]int{}}
}

// Head is what a plan begins with.
func (p *Plan) Head() Head {
	t := p.teller
	t.learn(p.subject.Employees[:min(len(p.subject.Employees), 2*shownKeys)]...)
	return Head{Title: locale.Fill(t.Words.Plan, "job", p.subject.Job, "period", t.ofPeriod(p.subject.Period)),
		Target: t.target(p.subject.Target), Production: inProduction(p.subject.Target),
		Facts: [][2]string{{t.Words.Limited, keys(t.persons(p.subject.Employees), 2*shownKeys)}}}
}

// count keeps what is needed of the next item, and reports whether it is shown.
func (p *Plan) count(item *jobs.Item) bool {
	sign := byte(0)
	if item.State == jobs.ItemPending && item.Difference != "" {
		sign = item.Difference[0]
	}
	p.kinds = append(p.kinds, sign)
	if refusedByContract(item) {
		p.refused += item.Employees
	}
	switch item.State {
	case jobs.ItemUnsettled:
		if p.doubt.key == "" {
			p.doubt = doubtOf(item)
		}
	case jobs.ItemPending:
		p.total++
		p.sends[item.Difference]++
		if p.shown == shownSends && !p.show.All {
			return false
		}
		p.shown++
	case jobs.ItemSending, jobs.ItemAccepted, jobs.ItemRejected, jobs.ItemBlocked, jobs.ItemHeld, jobs.ItemUncertain, jobs.ItemSuperseded,
		jobs.ItemDeparted, jobs.ItemWithdrawn, jobs.ItemLeft: // told elsewhere
	}
	return true
}

// Learn asks what those of the next items are called who will be shown.
func (p *Plan) Learn(items []jobs.PlannedItem) {
	if p.teller.people == nil {
		return
	}
	var keys []string
	room := shownSends - p.shown
	for i := range items {
		item := &items[i].Item
		if item.State == jobs.ItemPending && !p.show.All {
			if room--; room < 0 {
				continue
			}
		}
		keys = p.teller.keysOf(keys, item)
	}
	p.teller.learn(keys...)
}

// learnHeld asks about those whom the end of a plan names.
func (p *Plan) learnHeld(findings []jobs.Finding) {
	keys := p.teller.learnFindings(nil, findings, jobs.FindingKeys)
	for i := range p.holds {
		keys = append(keys, p.holds[i].Key)
		keys = p.teller.learnFindings(keys, []jobs.Finding{p.holds[i].Finding}, shownKeys)
	}
	p.teller.learn(keys...)
}

// Line is the next item, and whether it is shown.
func (p *Plan) Line(item *jobs.Item) (line Line, shown bool) {
	t := p.teller
	switch {
	case !p.count(item):
		return Line{}, false
	case item.State == jobs.ItemBlocked:
		return t.line(item, t.problemLines(item, p.show.All), Show{}), true
	}
	findings := t.findingLines(item, p.show.All)
	if item.State == jobs.ItemHeld && len(findings) > 0 {
		findings = t.marked(groupHeld, findings)
	}
	return t.line(item, append([]string{t.Reason(item.Reason)}, findings...), p.show), true
}

// Hold takes items that are held after all.
func (p *Plan) Hold(holds []jobs.Hold) {
	p.holds = append(p.holds, holds...)
	for _, hold := range holds {
		if hold.Seq < 1 || hold.Seq > len(p.kinds) || p.kinds[hold.Seq-1] == 0 {
			continue // held before
		}
		p.sends[jobs.Difference(p.kinds[hold.Seq-1])]--
		p.kinds[hold.Seq-1] = 0
	}
}

// End sums a plan up.
func (p *Plan) End(c jobs.Counts, digest string, findings []jobs.Finding, sums *jobs.Sums) *PlanEnd {
	t := p.teller
	findings = opened(findings, sums)
	p.learnHeld(findings)
	holding, notices := parted(findings)
	end := &PlanEnd{Compared: p.heldLater(), Empty: p.total+c.Blocked+c.ElementsBlocked+c.Departed+c.Left+c.Held+c.Uncertain == 0,
		Read: t.read(c), Balance: t.balance(c, p.toSend()...), Holding: t.findings(t.Guard.WouldHold, holding, jobs.FindingKeys),
		Notices: t.findings(t.Guard.Notices, notices, jobs.FindingKeys), Next: p.next(c, findings)}
	end.Amounts = t.amounts(sums, p.subject.Period, findings, len(holding) > 0, p.show.All, planAgain(p.subject))
	if rest := p.total - p.shown; rest > 0 {
		all := planAgain(p.subject)
		all.All = true
		end.More = t.more(rest, all)
	}
	if digest != "" {
		end.Digest = locale.Fill(t.Words.Digest, "digest", digest)
	}
	if c.Held > 0 {
		end.Held = t.Count(t.Guard.Holds, c.Held)
	}
	return end
}

func (p *Plan) heldLater() *List {
	if len(p.holds) == 0 {
		return nil
	}
	list := &List{Title: p.teller.Guard.Compared}
	for i := range p.holds {
		hold := &p.holds[i]
		list.Lines = append(list.Lines, Line{Key: p.teller.key(hold.Key), Name: p.teller.called(hold.Key),
			Text: []string{p.teller.finding(&hold.Finding, shownKeys)}})
	}
	return list
}

// toSend is what would be sent, by kind of difference.
func (p *Plan) toSend() []Entry {
	t := p.teller
	var entries []Entry
	for _, sign := range []jobs.Difference{jobs.Created, jobs.Updated, jobs.Unchanged} {
		n := p.sends[sign]
		entries = append(entries, Entry{sign, n, t.Words.ToSend + t.Colon + t.difference(sign, n)})
	}
	return entries
}

// next is what a person does next about a plan.
func (p *Plan) next(c jobs.Counts, findings []jobs.Finding) []Step {
	t := p.teller
	return slices.Concat(t.contractSteps(findings, "", planAgain(p.subject)), t.blockedSteps(findings, c, ""), t.planSteps(p, c, findings))
}

func (t *Teller) planSteps(p *Plan, c jobs.Counts, findings []jobs.Finding) []Step {
	text := &t.Steps
	held := heldOtherwise(findings)
	if holdsBy(findings, jobs.RuleNoRows) {
		return []Step{t.findNobody(p.subject), does(text.SendNobody, runAgain(p.subject))}
	}
	var steps []Step
	if c.Departed > 0 {
		steps = append(steps, says(text.DepartedPlan))
	}
	if c.Uncertain > 0 {
		steps = append(steps, t.planDoubt(p.doubt)...)
	}
	sends := p.sends[jobs.Created]+p.sends[jobs.Updated]+p.sends[jobs.Unchanged]+c.Held > 0
	switch blocked := c.Blocked+c.ElementsBlocked > 0; {
	case held && sends:
		return append(steps, does(text.SendHeld, runAgain(p.subject)))
	case blocked && sends:
		return append(append(steps, does(text.SendRest, runAgain(p.subject))), t.wrongContract(p.refused, c)...)
	case blocked:
		return append(append(steps, does(text.Correct, planAgain(p.subject))), t.wrongContract(p.refused, c)...)
	case sends && p.sends[jobs.Created]+p.sends[jobs.Updated]+p.sends[jobs.Unchanged] == 0:
		return append(steps, does(text.SendHeld, runAgain(p.subject)))
	case sends:
		return append(steps, does(text.Send, runAgain(p.subject)))
	}
	return append(steps, says(text.NothingToSend))
}

// planDoubt settles what an older run left in doubt: a plan has no run of its own.
func (t *Teller) planDoubt(of doubt) []Step {
	if of.run == 0 {
		of.key = ""
	}
	return t.settleSteps(&jobs.Run{}, of, t.Steps.Unsure)
}

// PlanJSON writes a plan as one JSON object whose items are streamed. Unless Finish is called the object stays open:
// a plan that failed on its way is not valid JSON.
type PlanJSON struct {
	*Plan
	out   *stream
	begun bool
}

// NewPlanJSON makes a sink for a plan that sends nothing. Nothing is written before the first item or Finish.
func (t *Teller) NewPlanJSON(w io.Writer, subject Subject) *PlanJSON {
	return &PlanJSON{Plan: t.NewPlan(subject, Show{}), out: newStream(w)}
}

// PlanOf is what a plan is for: what plan prints, before its items.
type PlanOf struct {
	Job         string      `json:"job"`
	Partner     string      `json:"partner"`
	Environment string      `json:"environment"`
	Dossier     string      `json:"dossier"`
	Label       string      `json:"label,omitempty"`
	Period      jobs.Period `json:"period"`
	Employees   []string    `json:"employees,omitempty"`
}

// Hold is an item that is held after all were read.
type Hold struct {
	Seq     int     `json:"seq"`
	Key     string  `json:"key"`
	Finding Finding `json:"finding"`
}

// Add implements jobs.PlanSink.
func (s *PlanJSON) Add(_ context.Context, items []jobs.PlannedItem) error {
	s.begin()
	for i := range items {
		s.count(&items[i].Item)
		s.out.element(s.teller.ItemOf(items[i].Item))
	}
	return s.out.flush()
}

// Hold implements jobs.PlanSink.
func (s *PlanJSON) Hold(_ context.Context, holds []jobs.Hold) error {
	s.Plan.Hold(holds)
	return nil
}

func (s *PlanJSON) begin() {
	if s.begun {
		return
	}
	s.begun = true
	of := s.subject.Target
	s.out.open(PlanOf{s.subject.Job, of.Partner, of.Environment, of.Dossier, s.teller.options.Labels[of.Dossier],
		s.subject.Period, s.subject.Employees}, "items")
}

// Finish closes the object with what is held after all, what the guards found, the accounting, the digest, and what to do next.
func (s *PlanJSON) Finish(c jobs.Counts, digest string, findings []jobs.Finding, sums *jobs.Sums) error {
	s.begin()
	findings = opened(findings, sums)
	s.out.closeArray()
	s.out.array("holds")
	for i := range s.holds {
		hold := &s.holds[i]
		s.out.element(Hold{hold.Seq, hold.Key, s.teller.findingOf(hold.Finding)})
	}
	s.out.closeArray()
	s.out.array("findings")
	for _, f := range findings {
		s.out.element(s.teller.findingOf(f))
	}
	s.out.closeArray()
	s.out.member("counts", c)
	s.out.member("digest", digest)
	if sums != nil {
		s.out.member("sums", s.teller.sumsOf(sums))
	}
	s.out.next(s.next(c, findings))
	return s.out.end("}\n")
}
