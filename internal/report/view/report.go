package view

import (
	"iter"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Head is what a report begins with.
type Head struct {
	Title      string
	Target     string
	Production bool
	Facts      [][2]string // names and values; those without a value are left out
	// TechnicalTitle stands above Technical, the text of an error in English.
	TechnicalTitle string
	Technical      []string
}

// Report is a run as people read it: what it was, the accounting, who needs a person, and what to do next.
type Report struct {
	Head
	Findings []Findings // of the guards
	Amounts  *Amounts   // that they judged; nil = none are told
	Read     []string   // what was read
	Balance  []Entry    // what became of everyone who was read
	Groups   []Group    // empty ones are left out
	Next     []Step
}

// Group is the items of one outcome. What needs nobody is told by kind, unless details are asked for.
type Group struct {
	Title string
	Kinds []Kind // instead of lines
	Lines iter.Seq2[Line, error]
	More  string // how many are not listed, and how to see them; "" = all are
}

// Kind is what items of a group have in common, where they are told together.
type Kind struct {
	Sign jobs.Difference
	N    int
	Text string
	Keys string // the first matricules
}

// Line is one item as people read it: what there is to say, and what differs.
type Line struct {
	Sign    jobs.Difference
	Key     string
	Name    string // what the employee is called; "" = nobody says
	Text    []string
	Diff    []Field
	Seq     int      // of an item of a run
	Actions []Action // what a person can decide about this item alone
}

// Field is one difference: old and new value, in words where they may not be shown.
type Field struct {
	Sign     jobs.Difference
	Path     string // or what people call it
	Text     string // both, in one line
	Old, New string // likewise, each by itself; "" = there is none
}

// Report tells of a run of a transfer. items are those of the run in their order; they are read once, and again for each long
// group when all of it is to be shown. With show.Employees they are expected to be limited to these: see Employees.
func (t *Teller) Report(run *jobs.Run, items iter.Seq2[jobs.Item, error], show Show) (*Report, error) {
	t = t.about(subjectOf(run))
	found, err := t.gather(items, ended(run))
	if err != nil {
		return nil, hinted.At("reading the items of the run", run.ID, err)
	}
	t.learnRun(run, found)
	counts := countsOf(run, found)
	r := &Report{Head: t.head(run), Findings: t.runFindings(run), Next: t.runSteps(run, counts, found, show),
		Amounts: t.amounts(run.Sums, run.Period, run.Findings, run.State == jobs.Held, show.All, showAgain(run.ID, show))}
	r.Read, r.Balance = t.accounting(run, counts, found.groups[groupTurnedAway].employees, found.groups[groupGivenUp].employees)
	for which := range groupsEnd {
		if found.groups[which].items > 0 {
			r.Groups = append(r.Groups, t.group(run, items, which, found, show))
		}
	}
	return r, nil
}

// Progress tells of a run that goes on, by what its items have come to so far; nobody is named.
func (t *Teller) Progress(run *jobs.Run, counts jobs.Counts) (head Head, read []string, balance []Entry) {
	t = t.Of(run.Target)
	if run.Kind.Sends() {
		read, balance = t.accounting(run, counts, 0, 0)
	}
	return t.head(run), read, balance
}

// Employees tells of some employees of a run in full, and who has nothing in it.
func (t *Teller) Employees(run *jobs.Run, items iter.Seq2[jobs.Item, error], of Show) (head Head,
	lines []Line, none []string, err error) {
	t = t.about(subjectOf(run))
	show := Show{Diff: true, All: true}
	seen := map[string]bool{}
	t.learn(of.Employees...)
	for item, err := range t.learning(items) {
		if err != nil {
			return Head{}, nil, nil, hinted.At("reading the items of the run", run.ID, err)
		}
		seen[item.Key] = true
		which := groupOf(&item, ended(run))
		text := t.outcome(&item, which, show)
		if which != groupSent {
			text = t.marked(which, text)
		}
		if which != groupHeld {
			text = append(text, t.wasHeld(&item)...)
		}
		lines = append(lines, t.line(&item, text, show))
	}
	for _, key := range of.Employees {
		switch alike := of.Alike[key]; {
		case seen[key]:
		case len(alike) > 0:
			none = append(none, locale.Fill(t.Words.NotInRunAlike, "key", t.person(key), "alike", strings.Join(alike, ", ")))
		default:
			none = append(none, locale.Fill(t.Words.NotInRun, "key", t.person(key)))
		}
	}
	return t.head(run), lines, none, nil
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

// accounting says what became of everyone who was read. Of those not attempted so many were turned away, of those that are superseded so
// many given up.
func (t *Teller) accounting(run *jobs.Run, c jobs.Counts, turnedAway, givenUp int) (read []string, balance []Entry) {
	if c.EmployeesRead+c.ElementsRead == 0 && !run.Nobody() {
		return []string{t.Plurals.NothingRead}, nil
	}
	read = []string{t.read(c)}
	if c.ElementsRead == 0 && c.EmployeesRead > 0 {
		read = append(read, t.Words.NoElements)
	}
	turnedAway = min(turnedAway, c.NotAttempted)
	rest, of := c.NotAttempted-turnedAway, groupPending
	if !ended(run) {
		of = groupWaiting
	}
	unsent := []Entry{t.entry(int64(turnedAway), t.groupWords(groupTurnedAway).Count), t.entry(int64(rest), t.groupWords(of).Count)}
	givenUp = min(givenUp, c.Superseded)
	if run.State == jobs.Cancelled {
		unsent = append(unsent, t.entry(int64(c.Superseded), t.Words.GivenUp))
		givenUp = c.Superseded
	} else {
		unsent = append(unsent, t.entry(int64(givenUp), t.groupWords(groupGivenUp).Count))
	}
	c.Superseded -= givenUp
	return read, t.balance(c, unsent...)
}

// read is "Staging: 121 employees, 267 payroll elements."
func (t *Teller) read(c jobs.Counts) string {
	return locale.Fill(t.Plurals.Read, "employees", t.Count(t.Plurals.Employees, c.EmployeesRead), "elements",
		t.Count(t.Plurals.Elements, c.ElementsRead))
}

// balance lists all parts of an accounting; unsent are those of what is yet to be sent.
func (t *Teller) balance(c jobs.Counts, unsent ...Entry) []Entry {
	part := func(sign jobs.Difference, n int, text locale.Plural) Entry { return Entry{sign, n, t.Noun(text, n)} }
	of := func(g group) locale.Plural { return t.groupWords(g).Count }
	return slices.Concat([]Entry{
		part(jobs.Departed, c.Departed, of(groupDeparted)),
		part(jobs.Undeliverable, c.Blocked, of(groupBlocked)),
		part(jobs.Undeliverable, c.ElementsBlocked, t.Plurals.BlockedElements),
		part("", c.Rejected, of(groupRejected)),
		part("", c.Uncertain, of(groupUncertain)),
		part("", c.Held, of(groupHeld)),
		part("", c.Superseded, of(groupSuperseded)),
	}, unsent, []Entry{
		part("", c.Accepted, of(groupSent)),
		part(jobs.Unchanged, c.Unchanged, t.Words.Unchanged),
		part(jobs.Departed, c.Left, of(groupLeft)),
	})
}

// group tells of the items of one outcome.
func (t *Teller) group(run *jobs.Run, items iter.Seq2[jobs.Item, error], which group, found *gathered, show Show) Group {
	members := &found.groups[which]
	g := Group{Title: t.groupWords(which).Title + " (" + t.size(which, members) + ")"}
	brief := which == groupSent || which == groupGivenUp || which == groupPending || which == groupWaiting || which == groupWithdrawn
	if brief && !show.Diff && !show.All {
		for i := range members.kinds {
			k := &members.kinds[i]
			g.Kinds = append(g.Kinds, Kind{k.sign, k.n, Clean(t.kindWords(k, which)), keys(t.persons(k.keys), shownKeys)})
		}
		return g
	}
	g.Lines = func(yield func(Line, error) bool) {
		for item, err := range t.learning(membersOf(items, which, found, ended(run), show)) {
			if err != nil {
				yield(Line{}, hinted.At("reading the items of the run", run.ID, err))
				return
			}
			line := t.line(&item, t.outcome(&item, which, show), show)
			line.Seq, line.Actions = item.Seq, itemActions(run, &item)
			if !yield(line, nil) {
				return
			}
		}
	}
	if rest := members.items - len(members.first); rest > 0 && !show.All {
		all := showAgain(run.ID, show)
		all.All = true
		g.More = t.more(rest, all)
	}
	return g
}

// membersOf are the first items of a group, or all: of one that is too long to be kept they are read again.
func membersOf(items iter.Seq2[jobs.Item, error], which group, found *gathered, over bool, show Show) iter.Seq2[jobs.Item, error] {
	members := &found.groups[which]
	return func(yield func(jobs.Item, error) bool) {
		if !show.All || members.items == len(members.first) {
			for _, item := range members.first {
				if !yield(item, nil) {
					return
				}
			}
			return
		}
		for item, err := range items {
			if (err != nil || groupOf(&item, over) == which) && (!yield(item, err) || err != nil) {
				return
			}
		}
	}
}

// more says how many are not listed, and the command that lists them.
func (t *Teller) more(n int, all Action) string {
	return t.Count(t.Plurals.More, n) + t.Colon + all.Command()
}

// size counts the employees of a group, and the payroll elements where some have no employee in it.
func (t *Teller) size(which group, members *gatheredGroup) string {
	plurals := &t.Plurals
	if which == groupDeparted || which == groupLeft || which == groupWithdrawn {
		return t.Count(plurals.Employees, members.items)
	}
	var parts []string
	if members.employees > 0 {
		parts = append(parts, t.Count(plurals.Employees, members.employees))
	}
	if members.elements > 0 {
		parts = append(parts, t.Count(plurals.Elements, members.elements))
	}
	return strings.Join(parts, ", ")
}

// marked puts the name of a group before what is said of an item of it.
func (t *Teller) marked(which group, text []string) []string {
	one := t.groupWords(which).One
	if len(text) == 0 {
		return []string{one}
	}
	text[0] = one + t.Colon + text[0]
	return text
}
