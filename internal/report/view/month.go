package view

import (
	"io"
	"slices"
	"strings"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/report/locale"
)

// Months is where payroll months of dossiers stand.
type Months struct {
	Now     time.Time
	Alive   bool          // a daemon is there that has a job that sends
	Periods []jobs.Period // the newest first
	Rows    []MonthRow    // who needs a person first
	Causes  []ledger.Cause
}

// MonthRow is a dossier. With one month, each dossier has its own: that of its job.
type MonthRow struct {
	Dossier    string
	Configured bool
	Months     []MonthEntry // the newest first
	Former     bool         // the second of them counts: see Stand
}

// Standing is the month of a dossier that counts.
func (row *MonthRow) Standing() *MonthEntry {
	if row.Former {
		return &row.Months[1]
	}
	return &row.Months[0]
}

// Stand lets that month count which does now: the newest, or the one before, where nothing is known yet of the newest and that one is
// not over, or is the one that its job has now. On the first of a month the former one is not done yet.
func (row *MonthRow) Stand() {
	newest := &row.Months[0]
	if len(row.Months) == 1 || newest.State != ledger.MonthNone || newest.Late {
		return
	}
	before := &row.Months[1]
	open := before.State != ledger.MonthNone && !before.State.Over()
	row.Former = open || before.Late || before.Implied
}

// MonthEntry is a month of a dossier. Its times are in the zones of its jobs.
type MonthEntry struct {
	*ledger.Month
	State      ledger.MonthState
	Configured bool
	Jobs       []string
	Implied    bool      // it is the month that its job has now: commands need not name it
	Due        time.Time // by when it is to be sent; zero = nobody says
	Late       bool
	Next       time.Time // the next fire of it; zero = none
	NextJob    string
	Paused     *ledger.Pause // nil = no job of it is
}

// Urgency orders months: what asks for a person, what is late, what goes by itself, what is over.
func (e *MonthEntry) Urgency() int {
	rank := 2 * e.State.Rank()
	if e.Late && !e.State.Asks() {
		return 2*ledger.MonthCancelled.Rank() + 1
	}
	return rank
}

// Month is a month of a dossier, as month prints it.
type Month struct {
	Dossier    string            `json:"dossier"`
	Label      string            `json:"label,omitempty"`
	Configured bool              `json:"configured"`
	Period     jobs.Period       `json:"period"`
	State      ledger.MonthState `json:"state"`
	Over       bool              `json:"over"` // nothing of it is left to be done
	Late       bool              `json:"late"`
	Text       string            `json:"text"`
	Balance    *ledger.Balance   `json:"balance"` // null: no plan of everyone
	Sentence   string            `json:"sentence,omitempty"`
	Jobs       []string          `json:"jobs"`
	Due        *string           `json:"due"`
	Next       *string           `json:"next"`
	NextJob    string            `json:"next_job,omitempty"`
	Paused     *Pause            `json:"paused"`
	SentAt     *string           `json:"sent_at"`
	Run        int64             `json:"run,omitempty"` // the one that the state is about
	Left       []Left            `json:"left"`
}

// Left is one thing that is left to be done of a month.
type Left struct {
	Kind      ledger.MissingKind `json:"kind"`
	N         int                `json:"n"` // employees; 0 = it is about the month or about runs
	Employees []string           `json:"employees,omitempty"`
	Runs      []int64            `json:"runs,omitempty"`
	Text      string             `json:"text"`
	Next      []Step             `json:"next"`
}

// MonthReport is a month of one dossier as people read it.
type MonthReport struct {
	Head
	Left []Left
	None string // instead of what is left
}

// MonthOf is a month as data: whether it has gone, and what is left.
func (t *Teller) MonthOf(e *MonthEntry) *Month {
	t = t.about(e.subject())
	m := &Month{Dossier: e.Target.Dossier, Label: t.options.Labels[e.Target.Dossier], Configured: e.Configured, Period: e.Period,
		State: e.State, Over: e.State.Over(), Late: e.Late, Text: t.monthState(e), Sentence: t.monthBalance(e), Jobs: append([]string{},
			e.Jobs...),
		NextJob: e.NextJob, Left: append([]Left{}, t.left(e)...), SentAt: nil}
	if e.Whole != 0 {
		m.Balance = &e.Balance
	}
	if !e.Due.IsZero() {
		m.Due = moment(&e.Due)
	}
	if !e.Next.IsZero() {
		m.Next = moment(&e.Next)
	}
	if e.Paused != nil {
		m.Paused = &Pause{moment(&e.Paused.Since), e.Paused.By, e.Paused.Why().In(t.Catalogue)}
	}
	if e.State.Over() {
		m.SentAt = moment(e.Delivered)
	}
	if run := e.Run(); run != nil {
		m.Run = run.ID
	} else {
		m.Run = e.Whole
	}
	return m
}

// Run is the one that the state is about; nil = none is to be told of.
func (e *MonthEntry) Run() *jobs.Run {
	if e.Active != nil {
		return e.Active
	}
	return e.Last
}

// monthState is where a month stands in a sentence, and why a run of it stopped or waits.
func (t *Teller) monthState(e *MonthEntry) string {
	words := &t.PayMonth
	text := words.States[string(e.State)]
	switch run := e.Run(); {
	case e.State == ledger.MonthClosed && len(e.Missing) > 0:
		text = words.ClosedIncomplete
	case e.State == ledger.MonthSent && run != nil && run.Nobody():
		text = words.Nobody
	case run != nil && run.Failure.Code != "" &&
		slices.Contains([]ledger.MonthState{ledger.MonthFailed, ledger.MonthHeld, ledger.MonthWaiting}, e.State):
		text += t.Colon + t.runReason(run)
	}
	if !e.Configured {
		text = joinNonEmpty([]string{text, words.Unconfigured})
	}
	return text
}

// monthBalance is "8 read = 5 sent + 1 to confirm + 1 to correct + 1 refused"; "" where there is no plan of everyone.
func (t *Teller) monthBalance(e *MonthEntry) string {
	words, b := &t.PayMonth, &e.Balance
	if e.Whole == 0 {
		return ""
	}
	var parts []string
	for _, part := range []struct {
		n    int
		text locale.Plural
	}{{b.Sent, words.Sent}, {b.Waiting, words.Waiting}, {b.Confirm, words.Confirm}, {b.Correct, words.Correct}, {b.Refused, words.Refused},
		{b.Uncertain, words.Uncertain}, {b.Aside, words.Aside}} {
		if part.n > 0 {
			parts = append(parts, t.Count(part.text, part.n))
		}
	}
	text := t.Count(words.Read, b.Read)
	if len(parts) > 0 {
		text += " = " + strings.Join(parts, " + ")
	}
	if b.Departed > 0 {
		text += t.Semicolon + t.Count(words.Departed, b.Departed)
	}
	return text
}

// MonthReport tells of a month of one dossier: whether it has gone, what is left, by when, and whether it goes by itself.
func (t *Teller) MonthReport(all *Months, e *MonthEntry) *MonthReport {
	t = t.about(e.subject())
	words := &t.PayMonth
	r := &MonthReport{Head: Head{Title: locale.Fill(words.Title, "period", t.ofPeriod(e.Period)), Target: t.target(e.Target),
		Production: inProduction(e.Target)}, Left: t.left(e)}
	r.Facts = [][2]string{{words.State, t.monthState(e)}, {words.Balance, t.monthBalance(e)}, {words.Due, t.dueText(all, e)},
		{words.Next, t.nextText(all, e)}}
	if e.State.Over() && e.Delivered != nil {
		r.Facts = append(r.Facts, [2]string{words.SentAt, t.time(e.Delivered, t.monthZone(e))})
	}
	if !all.Alive {
		r.Facts = append(r.Facts, [2]string{words.Service, words.Dead})
	}
	if len(r.Left) == 0 {
		r.None = words.NothingYet
		switch {
		case e.Closed:
			r.None = words.NothingClosed
		case e.State.Over():
			r.None = words.NothingLeft
		}
	}
	return r
}

func (t *Teller) monthZone(e *MonthEntry) *time.Location {
	if len(e.Jobs) > 0 {
		return t.zone(e.Jobs[0])
	}
	return t.options.Location
}

// dueText is by when the month is to be sent, and how long that is; "" = nobody says, or it is over.
func (t *Teller) dueText(all *Months, e *MonthEntry) string {
	words := &t.PayMonth
	if e.Due.IsZero() || e.State.Over() {
		return ""
	}
	at := t.Minute(e.Due)
	switch left := e.Due.Sub(all.Now); {
	case e.Late:
		return locale.Fill(words.DueOver, "time", at, "duration", t.span(-left))
	case left < 0:
		return at
	default:
		return locale.Fill(words.DueIn, "time", at, "duration", t.span(left))
	}
}

// nextText is when the month goes by itself; "" = it is over, or nothing is left that would.
func (t *Teller) nextText(all *Months, e *MonthEntry) string {
	words := &t.PayMonth
	switch {
	case e.State == ledger.MonthClosed || e.State == ledger.MonthSent && e.Next.IsZero():
		return ""
	case e.Paused != nil && e.Next.IsZero():
		return locale.Fill(words.Paused, "user", e.Paused.By, "reason", e.Paused.Why().In(t.Catalogue))
	case e.Next.IsZero():
		return words.ByHand
	}
	text := locale.Fill(words.NextAt, "time", t.Minute(e.Next), "in", t.Until(e.Next.Sub(all.Now)), "job", e.NextJob)
	if !all.Alive {
		text += t.Semicolon + words.NotDead
	}
	return text
}

// span is "3 days", "11 h 33 min".
func (t *Teller) span(d time.Duration) string {
	if days := int(d.Hours() / 24); days > 1 {
		return t.Count(t.Catalogue.Schedule.Days, days)
	}
	return locale.Duration(d)
}

// left is what is left to be done of a month, with the commands that do it. While a run goes on, or where the month is closed,
// nothing is.
func (t *Teller) left(e *MonthEntry) []Left {
	if !e.asks() {
		return nil
	}
	var all []Left
	t.learn(keysMissing(e.Missing)...)
	for i := range e.Missing {
		m := &e.Missing[i]
		next := t.leftSteps(e, m)
		if m.Kind == ledger.MissingRest && len(e.Missing) > 1 && e.Whole == 0 {
			continue // the runs say why
		}
		if m.Kind == ledger.MissingAll && len(e.Missing) > 1 {
			continue
		}
		if m.Kind == ledger.MissingKind(jobs.ItemPending) && e.Last != nil && e.Last.State == jobs.Held {
			continue // they wait with their run
		}
		left := Left{Kind: m.Kind, N: m.N, Runs: m.Runs, Text: t.undone(m), Next: next}
		left.Employees = slices.DeleteFunc(slices.Clone(m.Keys), func(key string) bool { return key == "" })
		all = append(all, left)
	}
	return all
}

// asks reports whether there is something to be done about what is left of a month.
func (e *MonthEntry) asks() bool { return !e.State.Over() && e.Active == nil }

func (e *MonthEntry) subject() Subject {
	of := Subject{Target: e.Target, Period: e.Period, PeriodImplied: e.Implied}
	if len(e.Jobs) > 0 {
		of.Job = e.Jobs[0]
	}
	return of
}

// leftSteps are what a person does next about one thing that is left.
func (t *Teller) leftSteps(e *MonthEntry, m *ledger.Missing) []Step {
	words, of := &t.PayMonth, e.subject()
	if of.Job == "" || !e.Configured {
		return []Step{says(words.Reconfigure)}
	}
	var newest *jobs.Run
	for _, id := range m.Runs {
		if run := e.Runs[id]; run != nil {
			newest = run
		}
	}
	switch {
	case newest == nil:
		return []Step{does(words.Look, planAgain(of)), does(words.Send, runAgain(of))}
	case m.Kind == ledger.MissingHeld:
		return t.heldSteps(newest)
	case m.Kind == ledger.MissingPlan, newest.State == jobs.Failed && newest == e.Last:
		return t.failedSteps(newest, &gathered{})
	}
	show := does(words.Show, ofRun("show", newest.ID))
	switch jobs.ItemState(m.Kind) {
	case jobs.ItemHeld:
		show = does(words.Show, showAgain(newest.ID, Show{Diff: true}))
		if len(m.Keys) > 0 {
			return []Step{show, does(words.Approve, approveEmployee(newest.ID, m.Keys[0]))}
		}
	case jobs.ItemBlocked, jobs.ItemRejected:
		return []Step{show, does(words.CorrectThem, runAgain(of))}
	case jobs.ItemPending:
		return []Step{does(words.Resume, ofRun("resume", newest.ID))}
	case jobs.ItemSuperseded:
		return []Step{does(words.Again, runAgain(of))}
	case jobs.ItemUncertain, jobs.ItemUnsettled, jobs.ItemDeparted, jobs.ItemSending, jobs.ItemAccepted, jobs.ItemWithdrawn, jobs.ItemLeft:
	}
	return []Step{show}
}

// FleetReport is months of several dossiers as people read them, a line each.
type FleetReport struct {
	Title  string
	Facts  [][2]string
	Table  Table
	Causes []CauseReport
	Note   string // how to see one of them; "" = all is well
}

// CauseReport is one thing that is wrong with several dossiers.
type CauseReport struct {
	Title string // what, and how many dossiers have it
	Lines []string
	Do    Step // how to keep what fixed it
}

// Fleet tells of months of several dossiers: one each in a line that says what is missing, several in a word each.
func (t *Teller) Fleet(all *Months) *FleetReport {
	words := &t.PayMonth
	r := &FleetReport{Title: locale.Fill(words.Fleet, "time", t.Minute(all.Now.In(t.options.Location)))}
	counts := map[ledger.MonthState]int{}
	for i := range all.Rows {
		counts[all.Rows[i].Standing().State]++
	}
	var parts []string
	for _, state := range ledger.MonthStates {
		if n := counts[state]; n > 0 {
			parts = append(parts, t.Number(n)+" "+words.Words[string(state)])
		}
	}
	r.Facts = [][2]string{{words.Dossiers, joinNonEmpty(parts)}, {words.Due, t.fleetDue(all)}, {words.Next, t.fleetNext(all)}}
	if !all.Alive {
		r.Facts = append(r.Facts, [2]string{words.Service, words.Dead})
	}
	if len(all.Periods) > 1 {
		r.Table = t.grid(all)
	} else {
		r.Table = t.lines(all)
	}
	for i := range all.Causes {
		r.Causes = append(r.Causes, t.causeReport(&all.Causes[i]))
	}
	if len(all.Rows) > 0 && !all.Rows[0].Standing().State.Over() {
		one := Action{Action: "month", Dossier: all.Rows[0].Dossier}
		if period := all.Rows[0].Standing().Period; period != all.Periods[0] {
			one.Period = period
		}
		r.Note = words.OneOf + t.Colon + one.Command()
	}
	return r
}

// fleetDue is the first moment by which something that is not over is to be sent.
func (t *Teller) fleetDue(all *Months) string {
	var first *MonthEntry
	for i := range all.Rows {
		e := all.Rows[i].Standing()
		if !e.Due.IsZero() && !e.State.Over() && (first == nil || e.Due.Before(first.Due)) {
			first = e
		}
	}
	if first == nil {
		return ""
	}
	return t.dueText(all, first)
}

// fleetNext is the next fire of any.
func (t *Teller) fleetNext(all *Months) string {
	var first *MonthEntry
	for i := range all.Rows {
		if e := all.Rows[i].Standing(); !e.Next.IsZero() && (first == nil || e.Next.Before(first.Next)) {
			first = e
		}
	}
	if first == nil {
		return ""
	}
	return t.nextText(all, first)
}

// lines are a table with what is missing of each dossier.
func (t *Teller) lines(all *Months) Table {
	words := &t.PayMonth
	table := Table{Head: words.Head, Numbers: len(words.Head)}
	for i := range all.Rows {
		e := all.Rows[i].Standing()
		state := words.Words[string(e.State)]
		if e.Late {
			state += ", " + words.Late
		}
		if !e.Configured {
			state += ", " + words.Unconfigured
		}
		table.Rows = append(table.Rows, []string{e.Target.Dossier, string(e.Period), state, t.monthBalance(e)})
	}
	return table
}

// grid is a table with a word for each month.
func (t *Teller) grid(all *Months) Table {
	words := &t.PayMonth
	table := Table{Head: []string{words.Head[0]}, Numbers: 1 + len(all.Periods)}
	for _, period := range all.Periods {
		table.Head = append(table.Head, string(period))
	}
	for i := range all.Rows {
		row := []string{all.Rows[i].Dossier}
		for j := range all.Rows[i].Months {
			e := &all.Rows[i].Months[j]
			word := words.Words[string(e.State)]
			switch {
			case e.Late:
				word += " !"
			case e.State == ledger.MonthNone:
				word = "–"
			}
			row = append(row, word)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// causeDossiers is how many dossiers of a cause are named.
const causeDossiers = 8

func (t *Teller) causeReport(c *ledger.Cause) CauseReport {
	words := &t.PayMonth
	r := CauseReport{Title: t.Count(words.CauseOf, len(c.Dossiers)) + t.Colon + t.causeText(c),
		Lines: []string{keys(t.dossiers(c.Dossiers), causeDossiers)}}
	if c.N > 0 {
		r.Lines[0] = t.Count(t.Plurals.Employees, c.N) + t.Colon + r.Lines[0]
	}
	if c.Note != nil {
		at := t.Minute(c.Note.At.In(t.options.Location))
		r.Lines = append(r.Lines, locale.Fill(words.Note, "user", c.Note.By, "time", at, "text", c.Note.Text))
	}
	r.Do = does(words.WriteNote, Action{Action: "month-note", Digest: c.Key[:shownDigest], Reasoned: true})
	return r
}

// causeText is what is wrong, of an example.
func (t *Teller) causeText(c *ledger.Cause) string {
	switch {
	case c.Of == ledger.CauseFailure && c.Run != nil:
		return t.runReason(c.Run)
	case c.Of == ledger.CauseFinding:
		return t.finding(&c.Finding, 0)
	case len(c.Item.Problems) > 0:
		return t.fact(c.Item.Problems[0])
	}
	return strings.Join(t.refusal(&c.Item), " ")
}

// CauseIn is one thing that is wrong with several dossiers, as month prints it.
type CauseIn struct {
	Key      string         `json:"key"` // for month note
	Of       ledger.CauseOf `json:"of"`
	Code     string         `json:"code"`
	Text     string         `json:"text"` // of an example
	N        int            `json:"n"`    // lines of employees; 0 = it is about runs
	Dossiers []string       `json:"dossiers"`
	Runs     []int64        `json:"runs"`
	Note     *ledger.Note   `json:"note"`
}

// CauseOf is a cause as data.
func (t *Teller) CauseOf(c *ledger.Cause) CauseIn {
	return CauseIn{Key: c.Key, Of: c.Of, Code: c.Code, Text: t.causeText(c), N: c.N, Dossiers: c.Dossiers, Runs: c.Runs, Note: c.Note}
}

// FleetOf is what month prints.
type FleetOf struct {
	Now   *string `json:"now"`
	Alive bool    `json:"daemon_alive"`
}

// WriteMonthsJSON writes one object: the months of each dossier, and what is wrong with several of them.
func (t *Teller) WriteMonthsJSON(w io.Writer, all *Months) error {
	out := newStream(w)
	out.open(FleetOf{moment(&all.Now), all.Alive}, "months")
	for i := range all.Rows {
		for j := range all.Rows[i].Months {
			out.element(t.MonthOf(&all.Rows[i].Months[j]))
		}
	}
	out.closeArray()
	out.array("causes")
	for i := range all.Causes {
		out.element(t.CauseOf(&all.Causes[i]))
	}
	out.closeArray()
	return out.end("}\n")
}
