package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Apart is what a run for some employees is judged by beside their own history: what waits for a person, and what other such
// runs of the month have sent already. Else what is held as a whole would go one by one.
type Apart struct {
	Runs []HeldRun           // of the month that are held as a whole and read one of them, newest first
	Held map[string]HeldItem // what is held of them, by matricule
	Sent []SentApart         // by runs for some employees that nobody approved, since the last run of everyone came to its end
}

// HeldRun is a run that waits for a person.
type HeldRun struct {
	ID       int64
	Findings []Finding
}

// concerns tells whether what holds the run is about one of these employees: a finding that names whom it is about is about
// nobody else, others are about everyone.
func (r *HeldRun) concerns(keys []string) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		about := func(key string) bool { return slices.Contains(f.Keys, key) }
		return f.Holds && (len(f.Keys) == 0 || f.N > len(f.Keys) || slices.ContainsFunc(keys, about))
	})
}

// HeldItem is an item of an earlier run that waits for a person.
type HeldItem struct {
	Fingerprint [32]byte
	Findings    []Finding
}

// SentApart is a document that a run for some employees sent.
type SentApart struct {
	Key              string
	Fingerprint      [32]byte
	Created, Updated bool
}

// apart gathers the elements of those whom a run for some employees sends, and of whom such runs sent before it.
type apart struct {
	Apart
	keys    map[string]bool // of those who are judged
	now     Figures
	earlier map[Period]*Figures
	same    *Figures // as acknowledged for this month, and judged, before; nil where that is not known of all
}

// sees notes the totals of one employee, the first of which are this month's, and those that a run of everyone delivered for
// this month before.
func (a *apart) sees(key string, totals []PeriodTotals, same *Totals) {
	if a.keys == nil {
		a.keys, a.earlier, a.same = map[string]bool{}, map[Period]*Figures{}, &Figures{Approved: true}
	}
	a.keys[key] = true
	a.now.add(totals[0].Totals)
	for _, p := range totals[1:] {
		if a.earlier[p.Period] == nil {
			a.earlier[p.Period] = &Figures{Period: p.Period}
		}
		a.earlier[p.Period].add(p.Totals)
	}
	if same == nil || a.same == nil {
		a.same = nil
		return
	}
	a.same.add(*same)
}

// add adds an employee's totals, which have the number of elements among them.
func (f *Figures) add(totals Totals) {
	for path, units := range totals {
		if isCount(path) {
			f.Elements += int(units / unitsPerOne)
			continue
		}
		if f.Totals == nil {
			f.Totals = Totals{}
		}
		f.Totals[path] = addUnits(f.Totals[path], units)
	}
}

// history is that of those who are judged, in the form in which everyone's is.
func (a *apart) history() *History {
	h := &History{Same: a.same}
	for _, period := range slices.Backward(slices.Sorted(maps.Keys(a.earlier))) {
		if len(h.Earlier) < HistoryPeriods {
			h.Earlier = append(h.Earlier, *a.earlier[period])
		}
	}
	return h
}

// readApart reads what the run is judged by, where it is for some employees.
func (p *planning) readApart(ctx context.Context) error {
	if p.keys == nil {
		return nil
	}
	beside, err := p.ledger.Apart(ctx, p.target.ID, p.period, p.keys)
	if err != nil {
		return fmt.Errorf("reading earlier runs: %w", err)
	}
	p.evidence.apart.Apart = beside
	return nil
}

// seenTogether are the rules that need everyone to be read: a run for some takes over what they found about this very document.
// Elements that lost their employee it looks for itself.
var seenTogether = []Rule{RuleUnique}

func (a *apart) carried(item *PlannedItem) []Finding {
	held, waits := a.Held[item.Key]
	if !waits || held.Fingerprint != item.Fingerprint {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(held.Findings), func(f Finding) bool { return !slices.Contains(seenTogether, f.Rule) })
}

// addSentBefore adds up what earlier runs for some employees of the month sent, where this run would send more of the kind.
func (p *planning) addSentBefore(ctx context.Context) error {
	e := &p.evidence
	created, updated := e.created.n > 0, e.updated.n > 0
	counted := map[string]bool{}
	var refs []DocumentRef
	for _, sent := range e.apart.Sent {
		if p.history.Tried[sent.Key] == sent.Fingerprint || counted[sent.Key] {
			continue
		}
		counted[sent.Key] = true
		again := e.apart.keys[sent.Key]
		if !again {
			refs = append(refs, DocumentRef{Key: sent.Key, Period: p.period})
		}
		switch {
		case sent.Created && created:
			e.created.add(sent.Key)
		case sent.Updated && updated && !again:
			e.updated.add(sent.Key)
		}
	}
	if len(e.apart.keys) == 0 {
		return nil
	}
	for chunk := range slices.Chunk(refs, batchItems) {
		known, err := p.ledger.Documents(ctx, p.target.ID, chunk)
		if err != nil {
			return fmt.Errorf("reading acknowledged documents: %w", err)
		}
		for i := range known {
			if totals := known[i].Totals; len(totals) > 0 && totals[0].Period == p.period {
				e.apart.sees(chunk[i].Key, totals, nil)
			}
		}
	}
	return nil
}

// apart judges a run for some employees: by what is held for them, and by their own past, as a run of everyone is judged by
// that of all. What may differ in any case is as much less as they are fewer than the staff, but one element.
func (g *Guards) apart(e *evidence, h *History) []Finding {
	var findings []Finding
	a := &e.apart
	if at := slices.IndexFunc(a.Runs, func(r HeldRun) bool { return r.concerns(e.keys) }); at >= 0 {
		findings = append(findings, Finding{Rule: RuleHeldRun, Holds: true, Run: a.Runs[at].ID})
	}
	if !e.children || len(a.keys) == 0 {
		return findings
	}
	scaled := *g
	if h.Last != nil && h.Last.Employees > len(a.keys) {
		scaled.Elements.Floor = max(1, g.Elements.Floor*len(a.keys)/h.Last.Employees)
	}
	return append(findings, scaled.unusual(a.now.Elements, a.now.Totals, a.history())...)
}
