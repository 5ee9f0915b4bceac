// Package text lays out what package view tells, for a terminal or a file: where lines break, what stands below what, colours.
// It knows what view has, and nothing of runs.
//
// All text goes out through page, which makes control characters visible: neither a name in staging nor a message of
// the API can drive the terminal.
package text

import (
	"io"
	"iter"
	"strconv"

	"syncd/internal/accounts"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/view"
)

// Printer writes what a Teller tells, as text; what it tells as JSON, the Teller itself writes. It is safe for concurrent use.
type Printer struct {
	*view.Teller
	look Look
}

// New makes a Printer.
func New(teller *view.Teller, look Look) *Printer { return &Printer{teller, look} }

// Named is the same printer for one report that calls employees by their names.
func (p *Printer) Named(ask view.Naming) *Printer { return &Printer{p.Teller.Named(ask), p.look} }

// Run writes the report of a transfer. items are those of the run in their order; they are read once, and again for each long
// group when all of it is to be shown. With show.Employees they are expected to be limited to these, and the report is about
// them alone.
func (p *Printer) Run(w io.Writer, run *jobs.Run, items iter.Seq2[jobs.Item, error], show view.Show) error {
	if len(show.Employees) > 0 {
		return p.employees(w, run, items, show)
	}
	r, err := p.Report(run, items, show)
	if err != nil {
		return err
	}
	g := p.page(w)
	g.head(&r.Head)
	g.findings(r.Findings)
	g.amounts(r.Amounts)
	g.newline()
	for _, line := range r.Read {
		g.line(0, line)
	}
	if len(r.Balance) > 0 {
		g.newline()
		p.balance(g, r.Balance)
	}
	for i := range r.Groups {
		if err := p.group(g, &r.Groups[i]); err != nil {
			return err
		}
	}
	p.steps(g, r.Next)
	return g.end()
}

// employees writes what became of some employees in full.
func (p *Printer) employees(w io.Writer, run *jobs.Run, items iter.Seq2[jobs.Item, error], show view.Show) error {
	head, lines, none, err := p.Employees(run, items, show)
	if err != nil {
		return err
	}
	g := p.page(w)
	g.head(&head)
	g.newline()
	for i := range lines {
		g.item(&lines[i])
	}
	for _, text := range none {
		g.line(itemIndent, text)
	}
	return g.end()
}

// group writes the items of one outcome.
func (p *Printer) group(g *page, group *view.Group) error {
	g.title(group.Title)
	if len(group.Kinds) > 0 {
		p.kinds(g, group.Kinds)
		return nil
	}
	for line, err := range group.Lines {
		if err != nil {
			return err
		}
		g.item(&line)
	}
	g.more(group.More)
	return nil
}

// kinds tells of many items in few lines: sign, number, what they have in common, the first matricules.
func (p *Printer) kinds(g *page, kinds []view.Kind) {
	width, wide := 0, 0
	for i := range kinds {
		width, wide = max(width, length(p.Number(kinds[i].N))), max(wide, length(kinds[i].Text))
	}
	for _, k := range kinds {
		g.hang = itemIndent + 2 + width + 2
		g.spaces(itemIndent)
		g.sign(k.Sign)
		g.text(plain, " "+padLeft(p.Number(k.N), width)+"  "+padRight(k.Text, wide)+"  "+k.Keys)
		g.newline()
	}
}

// balance writes an accounting. Each line has its number; lines of none are left out.
func (p *Printer) balance(g *page, entries []view.Entry) {
	width := 0
	for _, e := range entries {
		if e.N != 0 {
			width = max(width, length(p.Number(e.N)))
		}
	}
	for _, e := range entries {
		if e.N != 0 {
			g.hang = itemIndent + 2 + width + 2
			g.spaces(itemIndent)
			g.sign(e.Sign)
			g.text(plain, " "+padLeft(p.Number(e.N), width)+"  "+e.Text)
			g.newline()
		}
	}
}

// steps writes what to do next: what and why, and below it the command.
func (p *Printer) steps(g *page, steps []view.Step) {
	g.title(p.Steps.Title)
	for _, s := range steps {
		if s.Text != "" {
			g.sentence(itemIndent, itemIndent, s.Text)
		}
		if s.Command != "" {
			g.line(2*itemIndent, s.Command)
		}
	}
}

// Runs writes a table of runs, in the order given: newest first.
func (p *Printer) Runs(w io.Writer, runs []*jobs.Run) error {
	g := p.page(w)
	if len(runs) == 0 {
		g.line(0, p.Words.NoRuns)
		g.line(0, p.Steps.FirstRun)
		return g.end()
	}
	g.table(p.Teller.Runs(runs))
	return g.end()
}

// rows writes a table, or that there is nothing in it.
func (p *Printer) rows(w io.Writer, t view.Table, none string) error {
	if len(t.Rows) > 0 {
		return p.Table(w, t)
	}
	g := p.page(w)
	g.line(0, none)
	return g.end()
}

// Table writes rows below a head.
func (p *Printer) Table(w io.Writer, t view.Table) error {
	g := p.page(w)
	g.table(t)
	return g.end()
}

// Pull writes the report of a pull: what is new, changed and withdrawn, by nomenclature. changes are in their order.
func (p *Printer) Pull(w io.Writer, run *jobs.Run, changes []jobs.NomenclatureChange, show view.Show) error {
	r := p.Teller.Pull(run, changes, show)
	g := p.page(w)
	g.head(&r.Head)
	if r.Note != "" {
		g.newline()
		g.line(0, r.Note)
	}
	for i := range r.Lists {
		list := &r.Lists[i]
		if list.Brief {
			if i == 0 {
				g.newline()
			}
			g.line(itemIndent, string(jobs.Created)+" "+list.Title)
			continue
		}
		g.title(list.Title)
		g.list(list)
	}
	if r.Effect != "" {
		g.newline()
		g.line(0, r.Effect)
	}
	g.findings(r.Findings)
	p.steps(g, r.Next)
	return g.end()
}

// Received writes the report of a run that reads records. show.Diff: with what is new, and what changed.
func (p *Printer) Received(w io.Writer, run *jobs.Run, records iter.Seq2[ledger.ReadRecord, error], show view.Show) error {
	r, err := p.Teller.Received(run, records, show)
	if err != nil {
		return err
	}
	g := p.page(w)
	g.head(&r.Head)
	g.findings(r.Findings)
	if r.Note != "" {
		g.newline()
		g.line(0, r.Note)
	}
	for _, c := range r.Collections {
		g.title(c.Name)
		g.line(itemIndent, c.Sum)
		for _, line := range c.Other {
			g.line(itemIndent, line)
		}
	}
	for i := range r.Groups {
		g.title(r.Groups[i].Title)
		g.keyWidth = 0
		g.list(&r.Groups[i])
	}
	p.steps(g, r.Next)
	return g.end()
}

// Inbox writes a table of records, in the order given; full: there are more than that.
func (p *Printer) Inbox(w io.Writer, records []ledger.InboxRecord, full bool) error {
	g := p.page(w)
	if len(records) == 0 {
		g.line(0, p.Teller.Inbox.None)
		return g.end()
	}
	g.table(p.InboxList(records))
	if full {
		g.line(0, p.Teller.Inbox.Full)
	}
	return g.end()
}

// InboxRecord writes one record: what is known of it, what it says, its files, and how it changed.
func (p *Printer) InboxRecord(w io.Writer, record *ledger.InboxRecord) error {
	r := p.Teller.InboxRecord(record)
	g := p.page(w)
	g.head(&r.Head)
	if len(r.Document) > 0 {
		g.title(p.Teller.Inbox.Document)
		for _, line := range r.Document {
			g.line(itemIndent, line)
		}
	}
	if r.Files != nil {
		g.title(p.Teller.Inbox.Files)
		g.table(*r.Files)
	}
	g.title(p.Teller.Inbox.History)
	if len(r.Versions) == 0 {
		g.line(itemIndent, p.Teller.Inbox.NoChange)
	}
	for _, v := range r.Versions {
		g.line(itemIndent, v.Title)
		g.diff(2*itemIndent, v.Fields)
	}
	if len(r.Next) > 0 {
		p.steps(g, r.Next)
	}
	return g.end()
}

// Nomenclatures lists those of a target, or the codes of the one that name says. A name that is none of them
// is an error.
func (p *Printer) Nomenclatures(w io.Writer, target jobs.Target, nomenclatures mapping.Nomenclatures, name string) error {
	g := p.page(w)
	if name == "" && len(nomenclatures) == 0 {
		g.line(0, p.Words.NoNomenclatures)
		g.line(0, p.Steps.FirstPull)
		return g.end()
	}
	title, table, err := p.Teller.Nomenclatures(target, nomenclatures, name)
	if err != nil {
		return err
	}
	g.text(bold, title)
	g.newline()
	g.newline()
	g.table(table)
	return g.end()
}

// Impact writes whom codes that are unknown or withdrawn would block at the next run of a job, and what to correct.
func (p *Printer) Impact(w io.Writer, target jobs.Target, impact jobs.Impact) error {
	r := p.Teller.Impact(target, impact)
	g := p.page(w)
	g.head(&r.Head)
	g.newline()
	g.line(0, r.Count)
	for i := range r.Lines {
		g.item(&r.Lines[i])
	}
	g.more(r.More)
	if len(r.Next) > 0 {
		p.steps(g, r.Next)
	}
	return g.end()
}

// Why writes the whole story of one employee: how staging compares now, what was acknowledged, what happened in its
// order, and what to do next.
func (p *Printer) Why(w io.Writer, story *ledger.Story, now view.Now) error {
	r := p.Teller.Why(story, now)
	g := p.page(w)
	g.head(&r.Head)
	g.title(r.Now)
	for _, line := range r.Absent {
		g.line(itemIndent, line)
	}
	if len(r.Failed) > 0 {
		g.line(itemIndent, p.Records.Failed)
		for _, line := range r.Failed {
			g.line(2*itemIndent, view.Cut(line))
		}
	}
	for i := range r.Lines {
		g.item(&r.Lines[i])
	}
	g.findings(r.Findings)
	if len(r.Known) > 0 {
		g.title(p.Records.Known)
		g.pairs(r.Known)
	}
	g.title(p.Records.History)
	if len(r.Events) == 0 {
		g.line(itemIndent, p.Records.Nothing)
	}
	for i := range r.Events {
		g.event(&r.Events[i])
	}
	p.steps(g, r.Next)
	return g.end()
}

// Audit writes the audit, in the order given: newest first.
func (p *Printer) Audit(w io.Writer, entries []ledger.AuditEntry) error {
	g := p.page(w)
	if len(entries) == 0 {
		g.line(0, p.Records.NoEntries)
	}
	for _, d := range p.Teller.Audit(entries) {
		g.line(0, d.What)
		g.line(2*itemIndent, d.By)
		g.text(dim, "    "+d.With)
		g.newline()
	}
	return g.end()
}

// Readings writes a table of who was shown what, in the order given: newest first.
func (p *Printer) Readings(w io.Writer, readings []ledger.Reading) error {
	return p.rows(w, p.Teller.Readings(readings), p.Records.NoReadings)
}

// Periods writes a table of the periods that were closed, in the order given. One that was reopened has a second line.
func (p *Printer) Periods(w io.Writer, closings []ledger.Closing) error {
	return p.rows(w, p.Teller.Periods(closings), p.Records.NoPeriods)
}

// Accounts writes who may use the page, in the order given.
func (p *Printer) Accounts(w io.Writer, all []accounts.Account) error {
	return p.rows(w, p.AccountTable(all), p.Catalogue.Accounts.None)
}

// ContractChanges writes what differs between two contracts: first what breaks, then the rest, each in the order given.
func (p *Printer) ContractChanges(w io.Writer, changes []jobs.ContractChange) error {
	g := p.page(w)
	if len(changes) == 0 {
		g.line(0, p.Contract.None)
	}
	for i, part := range p.Teller.ContractChanges(changes) {
		if i > 0 {
			g.newline()
		}
		g.text(bold, part.Title)
		g.newline()
		for _, call := range part.Calls {
			if call.Operation != "" {
				g.line(itemIndent, call.Operation)
			}
			for _, line := range call.Lines {
				g.changeLine(line)
			}
		}
	}
	return g.end()
}

// Schedule writes when jobs fire next, what became of their last fires, and which daemons there are.
func (p *Printer) Schedule(w io.Writer, s view.Schedules) error {
	r := p.Teller.Schedule(s)
	g := p.page(w)
	g.text(bold, r.Title)
	g.newline()
	if r.None != "" {
		g.line(0, r.None)
	}
	for i := range r.Jobs {
		g.scheduled(&r.Jobs[i])
	}
	if r.Outside != nil {
		g.commands(r.Outside)
	}
	g.commands(&r.Daemons)
	return g.end()
}

// Months writes where payroll months stand: of one dossier what is left to be done, of several a line each.
func (p *Printer) Months(w io.Writer, all *view.Months) error {
	g := p.page(w)
	if len(all.Rows) == 1 && len(all.Rows[0].Months) == 1 {
		p.month(g, p.MonthReport(all, all.Rows[0].Standing()))
		return g.end()
	}
	r := p.Fleet(all)
	g.text(bold, r.Title)
	g.newline()
	g.newline()
	g.pairs(r.Facts)
	g.newline()
	g.table(r.Table)
	if len(r.Causes) > 0 {
		g.title(p.PayMonth.Causes)
	}
	for i := range r.Causes {
		c := &r.Causes[i]
		g.sentence(itemIndent, 2*itemIndent, c.Title)
		for _, line := range c.Lines {
			g.sentence(2*itemIndent, 2*itemIndent, line)
		}
		g.line(3*itemIndent, c.Do.Command)
	}
	if r.Note != "" {
		g.newline()
		g.line(0, r.Note)
	}
	return g.end()
}

func (p *Printer) month(g *page, r *view.MonthReport) {
	g.head(&r.Head)
	g.title(p.PayMonth.Left)
	if r.None != "" {
		g.line(itemIndent, r.None)
	}
	for i := range r.Left {
		g.sentence(itemIndent, itemIndent+3, strconv.Itoa(i+1)+". "+r.Left[i].Text)
		for _, s := range r.Left[i].Next {
			if s.Text != "" {
				g.sentence(itemIndent+3, itemIndent+3, s.Text)
			}
			if s.Command != "" {
				g.line(itemIndent+5, s.Command)
			}
		}
	}
}

// Alerts writes what is open, how messages fare, and what is silenced.
func (p *Printer) Alerts(w io.Writer, all *view.Alerts) error {
	g := p.page(w)
	r := p.AlertReport(all)
	if r.None != "" {
		g.line(0, r.None)
	}
	for _, part := range []*view.Commands{&r.Open, &r.Events, &r.Messages, &r.Silences} {
		if len(part.Lines) > 0 {
			g.commands(part)
		}
	}
	if r.Warning != "" {
		g.line(0, r.Warning)
	}
	return g.end()
}

// Purged writes what a purge deleted, or with dry what it would delete.
func (p *Printer) Purged(w io.Writer, r view.PurgeReport, dry bool) error {
	return p.upkeep(w, p.Teller.Purged(r, dry))
}

// Rekeyed writes what a change of the ledger key did.
func (p *Printer) Rekeyed(w io.Writer, r view.RekeyReport) error {
	return p.upkeep(w, p.Teller.Rekeyed(r))
}

// Forgotten writes what was erased of somebody, and what could not be.
func (p *Printer) Forgotten(w io.Writer, r view.ForgetReport) error {
	return p.upkeep(w, p.Teller.Forgotten(r))
}

func (p *Printer) upkeep(w io.Writer, u *view.Upkeep) error {
	g := p.page(w)
	g.line(0, u.Title)
	p.balance(g, u.Balance)
	for i, line := range u.Held {
		if i == 0 {
			g.newline()
		}
		g.line(itemIndent*min(i, 1), line)
	}
	for _, line := range u.Note {
		g.newline()
		g.line(0, line)
	}
	if len(u.Next) > 0 {
		p.steps(g, u.Next)
	}
	return g.end()
}
