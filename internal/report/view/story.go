package view

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"time"

	"syncd/internal/hinted"
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

// StoryReport is the whole story of one employee as people read it: how staging compares now, what was acknowledged, what
// happened in its order, and what to do next.
type StoryReport struct {
	Head
	Now      string   // a title
	Absent   []string // instead of a comparison
	Failed   []string // likewise: the text of an error, in English
	Lines    []Line
	Findings []Findings
	Known    [][2]string // what was acknowledged, by period
	Events   []Event
	Next     []Step
}

// Event is something in its place in time: a decision, or a plan of the employee and what became of it.
type Event struct {
	What string
	By   string // of a decision, who; "" = it is a plan
	Line Line   // of a plan
	at   time.Time
}

// Why tells the story of an employee.
func (t *Teller) Why(story *ledger.Story, now Now) *StoryReport {
	t = t.about(t.whySubject(story, &now))
	t.learnStory(story, &now)
	words := &t.Records
	r := &StoryReport{Head: Head{Title: locale.Fill(words.Employee, "key", story.Key), Target: t.target(story.Target),
		Production: inProduction(story.Target)},
		Now: locale.Fill(words.Now, "period", t.ofPeriod(now.Period)), Known: t.known(story), Events: t.events(story),
		Next: t.whySteps(story, &now)}
	if name := t.called(story.Key); name != "" {
		r.Facts = [][2]string{{words.Name, name}}
	}
	switch {
	case now.absent():
		r.Absent = []string{words.Absent, t.lastSent(story)}
	case now.Err != nil:
		r.Failed = lines(hinted.TextIn(t.Catalogue, now.Err))
	case len(now.Items) == 0:
		r.Absent = []string{words.Delivered}
	}
	for i := range now.Items {
		r.Lines = append(r.Lines, t.nowLine(&now.Items[i].Item))
	}
	holding, notices := parted(now.Findings)
	r.Findings = slices.Concat(t.findings(t.Guard.WouldHold, holding, shownKeys), t.findings(t.Guard.Notices, notices, shownKeys))
	return r
}

// nowLine is what a run would do with the employee.
func (t *Teller) nowLine(item *jobs.Item) Line {
	text := []string{t.Reason(item.Reason)}
	switch item.State {
	case jobs.ItemBlocked:
		text = t.problemLines(item, true)
	case jobs.ItemHeld:
		text = append(text, t.marked(groupHeld, t.findingLines(item, true))...)
	case jobs.ItemPending, jobs.ItemSending, jobs.ItemAccepted, jobs.ItemRejected, jobs.ItemUncertain, jobs.ItemSuperseded,
		jobs.ItemUnsettled, jobs.ItemDeparted, jobs.ItemWithdrawn, jobs.ItemLeft: // the reason says it
	}
	return t.line(item, text, Show{Diff: true, All: true})
}

// lastSent tells of someone who is not in staging when that was otherwise.
func (t *Teller) lastSent(story *ledger.Story) string {
	for _, k := range story.Known { // the newest first
		if k.AcknowledgedAt != nil {
			return locale.Fill(t.Records.LastSent, "period", t.ofPeriod(k.Period), "time", t.time(k.AcknowledgedAt, t.storyZone(story)), "run",
				k.Run)
		}
	}
	if len(story.Known)+len(story.Lines) == 0 {
		return t.Records.Unknown
	}
	return t.Records.NeverSent
}

// known is what was acknowledged, by period.
func (t *Teller) known(story *ledger.Story) [][2]string {
	words := &t.Records
	var pairs [][2]string
	for _, k := range story.Known {
		parts := []string{words.NeverKnown}
		if k.Version > 0 && k.AcknowledgedAt != nil {
			parts[0] = locale.Fill(words.SentBy, "time", t.time(k.AcknowledgedAt, t.storyZone(story)), "run", k.Run)
		}
		if k.InDoubt {
			parts = append(parts, words.InDoubt)
		}
		if k.Withdrawn {
			parts = append(parts, words.Withdrawn)
		}
		pairs = append(pairs, [2]string{t.markedPeriod(story, k.Period), joinNonEmpty(parts)})
	}
	return pairs
}

// markedPeriod is a period that says whether it is closed.
func (t *Teller) markedPeriod(story *ledger.Story, period jobs.Period) string {
	text := t.period(period)
	if slices.Contains(story.Closed, period) {
		text += t.Records.ClosedMark
	}
	return text
}

// storyZone is that of the job which sends the employee: all times of a story are by one clock.
func (t *Teller) storyZone(story *ledger.Story) *time.Location {
	if n := len(story.Lines); n > 0 {
		return t.zone(story.Lines[n-1].Run.Job)
	}
	return t.options.Location
}

// events are plans and decisions, the oldest first. A decision that started a run stands before what the run did.
func (t *Teller) events(story *ledger.Story) []Event {
	var all []Event
	zone := t.storyZone(story)
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
			at = start // a run at once begins before the audit has it
		}
		about := joinNonEmpty([]string{t.ofRun(e.Run), t.period(e.Period), t.detail(e)})
		all = append(all, Event{What: t.second(at, zone) + "  " + t.decided(e.Decision, about), By: t.decidedBy(e), at: at})
	}
	for i := range story.Lines {
		line := &story.Lines[i]
		run, at := &line.Run, began[line.Run.ID]
		about := joinNonEmpty([]string{t.ofRun(run.ID), t.markedPeriod(story, run.Period), t.state(run).Word})
		all = append(all, Event{What: t.second(at, zone) + "  " + about, Line: t.storyLine(line, zone), at: at})
	}
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return all
}

// storyLine is a plan of the employee, and what became of it.
func (t *Teller) storyLine(line *ledger.StoryLine, zone *time.Location) Line {
	run, item := &line.Run, &line.Item
	which := groupOf(item, ended(run))
	text := t.marked(which, t.outcome(item, which, Show{All: true}))
	if item.AnsweredAt != nil {
		text[0] += ", " + t.time(item.AnsweredAt, zone)
	}
	if which != groupHeld {
		text = append(text, t.wasHeld(item)...)
	}
	if holding, _ := parted(run.Findings); run.State == jobs.Held {
		for i := range holding {
			text = append(text, locale.Fill(t.Guard.RunHeld, "finding", t.finding(&holding[i], shownKeys)))
		}
	}
	return t.line(item, text, Show{Diff: true})
}

// whyStep is the one thing to do next about an employee. What an earlier run left open comes before a new run, which
// would only find it again.
func (t *Teller) whyStep(story *ledger.Story, now *Now) Step {
	words := &t.Records
	subject := t.whySubject(story, now)
	switch {
	case now.absent():
		return t.absentStep(story, now.Period)
	case now.Err != nil:
		return does(words.Again, Action{Action: whyOne, Employees: []string{story.Key}, Dossier: story.Target.Dossier})
	case len(now.Items) == 0:
		if s, open := t.heldElsewhere(story); open {
			return s
		}
		return says(words.NothingLeft)
	}
	item := &now.Items[0].Item
	if item.State == jobs.ItemBlocked {
		return does(words.Mend, planAgain(subject))
	}
	if slices.Contains(story.Closed, now.Period) {
		return does(words.Reopen, reopen(subject))
	}
	if of := doubtOf(item); item.State == jobs.ItemUnsettled && of.run != 0 {
		return does(words.Settle, settle(of.run, story.Key, ledger.SettleAccepted))
	}
	if s, open := t.openStep(story, now.Period); open {
		return s
	}
	if s, open := t.heldElsewhere(story); open {
		return s
	}
	if steps := t.contractSteps(now.Findings, "", planAgain(subject)); len(steps) > 0 {
		return steps[0]
	}
	if item.State == jobs.ItemHeld || jobs.Holds(now.Findings) {
		return does(t.Steps.SendHeld, runAgain(subject))
	}
	return does(words.Send, runAgain(subject))
}

// whySteps are the one thing to do next; of a run that waits for the contract also how to accept the one that it was
// planned under.
func (t *Teller) whySteps(story *ledger.Story, now *Now) []Step {
	next := t.whyStep(story, now)
	if line := newestLine(story, now.Period); next.Action != nil && next.Action.Action == contractDiff.Action && line != nil &&
		line.Run.State == jobs.Held {
		return t.acceptSteps(line.Run.Digests.Contract)
	}
	return []Step{next}
}

// openStep decides about what the newest run of a period holds.
func (t *Teller) openStep(story *ledger.Story, period jobs.Period) (Step, bool) {
	words := &t.Records
	line := newestLine(story, period)
	switch {
	case line == nil:
	case line.Item.State == jobs.ItemHeld && line.Run.State != jobs.Held:
		return does(words.ApproveHeld, approveEmployee(line.Run.ID, story.Key)), true
	case line.Run.State == jobs.Held && line.Run.Failure.Code.OutdatesPlan():
		return does(t.Steps.PlanAfresh, runAgain(subjectOf(&line.Run))), true
	case line.Run.State == jobs.Held && holdsBy(line.Run.Findings, jobs.RuleContract):
		return does(t.Steps.ContractDiff, contractDiff), true
	case line.Run.State == jobs.Held:
		return does(words.ApproveRun, approve(line.Run.ID)), true
	}
	return Step{}, false
}

// heldElsewhere decides about what a run of any open period holds, the newest first.
func (t *Teller) heldElsewhere(story *ledger.Story) (Step, bool) {
	for i := len(story.Lines) - 1; i >= 0; i-- {
		line := &story.Lines[i]
		if line.Item.State == jobs.ItemHeld && line.Run.State != jobs.Held && !slices.Contains(story.Closed, line.Run.Period) {
			return does(t.Records.ApproveHeld, approveEmployee(line.Run.ID, story.Key)), true
		}
	}
	return Step{}, false
}

// absentStep is for someone who is not in staging.
func (t *Teller) absentStep(story *ledger.Story, period jobs.Period) Step {
	words := &t.Records
	if len(story.Known)+len(story.Lines) == 0 {
		return says(words.Look)
	}
	line := newestLine(story, period)
	if line != nil && line.Item.State == jobs.ItemDeparted && !slices.Contains(story.Closed, period) {
		return does(words.Withdraw, settle(line.Run.ID, story.Key, ledger.SettleWithdrawn))
	}
	if line != nil && line.Item.State == jobs.ItemUncertain {
		return does(words.Settle, settle(line.Run.ID, story.Key, ledger.SettleAccepted))
	}
	return says(words.NothingLeft)
}

// newestLine is what the newest run of a period had for the employee; nil = none had anything.
func newestLine(story *ledger.Story, period jobs.Period) *ledger.StoryLine {
	for i := len(story.Lines) - 1; i >= 0; i-- {
		if story.Lines[i].Run.Period == period {
			return &story.Lines[i]
		}
	}
	return nil
}

// whySubject is what commands about an employee name.
func (t *Teller) whySubject(story *ledger.Story, now *Now) Subject {
	job := now.Job
	if n := len(story.Lines); job == "" && n > 0 {
		job = story.Lines[n-1].Run.Job
	}
	if job == "" {
		job = t.Records.Job
	}
	return Subject{Job: job, Target: story.Target, Period: now.Period, Employees: []string{story.Key}}
}

// Story is an employee's story: what why prints.
type Story struct {
	Key         string        `json:"key"`
	Partner     string        `json:"partner"`
	Environment string        `json:"environment"`
	Dossier     string        `json:"dossier"`
	Label       string        `json:"label,omitempty"`
	Now         Comparison    `json:"now"`
	Known       []Known       `json:"known"`
	Closed      []jobs.Period `json:"closed"`
	Next        Step          `json:"next"`
}

// Comparison is how staging compares with what was acknowledged.
type Comparison struct {
	Period   jobs.Period `json:"period"`
	Absent   bool        `json:"absent"`
	Counts   jobs.Counts `json:"counts"`
	Items    []*Item     `json:"items"`
	Findings []Finding   `json:"findings,omitempty"`
	Error    string      `json:"error,omitempty"`
}

// Known is what was acknowledged for a period.
type Known struct {
	Period         jobs.Period `json:"period"`
	Version        int64       `json:"version"`
	InDoubt        bool        `json:"in_doubt"`
	Withdrawn      bool        `json:"withdrawn"`
	Run            int64       `json:"run,omitempty"`
	AcknowledgedAt *string     `json:"acknowledged_at"`
}

// StoryLine is a run, and what it had for the employee.
type StoryLine struct {
	Run  any `json:"run"`
	Item any `json:"item"`
}

// WriteWhyJSON writes one object: the story of one employee.
func (t *Teller) WriteWhyJSON(w io.Writer, story *ledger.Story, now Now) error {
	t = t.about(t.whySubject(story, &now))
	of := story.Target
	object := Story{Key: story.Key, Partner: of.Partner, Environment: of.Environment, Dossier: of.Dossier, Label: t.options.Labels[of.Dossier],
		Now: t.comparison(&now), Known: []Known{}, Closed: append([]jobs.Period{}, story.Closed...), Next: t.whyStep(story, &now)}
	for _, k := range story.Known {
		object.Known = append(object.Known, Known{k.Period, k.Version, k.InDoubt, k.Withdrawn, k.Run, moment(k.AcknowledgedAt)})
	}
	out := newStream(w)
	out.open(object, "lines")
	for i := range story.Lines {
		line := &story.Lines[i]
		out.element(StoryLine{t.RunOf(&line.Run), t.ItemOf(line.Item)})
	}
	out.closeArray()
	out.array("decisions")
	for i := range story.Decisions {
		out.element(auditEntryOf(&story.Decisions[i]))
	}
	out.closeArray()
	return out.end("}\n")
}

func (t *Teller) comparison(now *Now) Comparison {
	out := Comparison{Period: now.Period, Absent: now.absent(), Counts: now.Counts, Items: []*Item{}, Findings: t.findingsOf(now.Findings)}
	for i := range now.Items {
		out.Items = append(out.Items, t.ItemOf(now.Items[i].Item))
	}
	if now.Err != nil {
		out.Error = now.Err.Error()
	}
	return out
}

// Revealed is one value that reports mask, shown to somebody who asked for it, which is recorded.
type Revealed struct {
	Dossier string
	Key     string
	Member  string
	Label   string // what people call the member; "" = nothing else
	Value   string // "" = there is none
	Run     int64  // whose document it is of; 0 = not known
	At      time.Time
}

// RevealedText is the value, and that it is recorded who saw it.
func (t *Teller) RevealedText(r *Revealed) (value, recorded string) {
	value = r.Value
	if value == "" {
		value = t.Words.Empty
	}
	return Clean(cmp.Or(r.Label, r.Member) + t.Colon + value), locale.Fill(t.Records.Revealed, "key", r.Key, "run", t.ofRun(r.Run))
}

// WriteRevealedJSON writes one object.
func (t *Teller) WriteRevealedJSON(w io.Writer, r *Revealed) error {
	out := newStream(w)
	out.value(struct {
		Dossier    string  `json:"dossier"`
		Key        string  `json:"key"`
		Member     string  `json:"member"`
		Value      string  `json:"value"`
		Run        int64   `json:"run,omitempty"`
		RecordedAt *string `json:"recorded_at"`
	}{r.Dossier, r.Key, r.Member, r.Value, r.Run, moment(&r.At)})
	return out.end("\n")
}

// Readings are who was shown what of whom, the newest first: who and when, of whom, what.
func (t *Teller) Readings(readings []ledger.Reading) Table {
	table := Table{Head: t.Records.ReadingsHead, Numbers: len(t.Records.ReadingsHead)}
	for i := range readings {
		r := &readings[i]
		what := r.Field
		if what == "" {
			what = t.Records.Sheet
		}
		table.Rows = append(table.Rows, []string{t.second(r.At, t.options.Location), r.By.Name, r.Target.Dossier, r.Key, what, t.ofRun(r.Run)})
	}
	return table
}

// WriteReadingsJSON writes an array of them.
func (t *Teller) WriteReadingsJSON(w io.Writer, readings []ledger.Reading) error {
	out := newStream(w)
	out.raw("[")
	for i := range readings {
		r := &readings[i]
		out.element(struct {
			At      *string        `json:"at"`
			By      string         `json:"by"`
			Account string         `json:"account,omitempty"`
			Channel ledger.Channel `json:"channel"`
			Host    string         `json:"host"`
			Dossier string         `json:"dossier"`
			Key     string         `json:"key"`
			Member  string         `json:"member,omitempty"`
			Run     int64          `json:"run,omitempty"`
		}{moment(&r.At), r.By.Name, r.By.Account, r.By.Channel, r.Host, r.Target.Dossier, r.Key, r.Field, r.Run})
	}
	out.closeArray()
	return out.end("\n")
}
