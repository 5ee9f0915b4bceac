package plan

import (
	"context"
	"maps"
	"slices"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// apart gathers the elements of those whom a run for some employees sends, and of whom such runs sent before it.
type apart struct {
	jobs.Apart
	keys    map[string]bool // of those who are judged
	now     jobs.Figures
	earlier map[jobs.Period]*jobs.Figures
	same    *jobs.Figures // as acknowledged for this month, and judged, before; nil where that is not known of all
}

// sees notes the totals of one employee, the first of which are this month's, and those that a run of everyone delivered for
// this month before.
func (a *apart) sees(key string, totals []jobs.PeriodTotals, same *jobs.Totals) {
	if a.keys == nil {
		a.keys, a.earlier, a.same = map[string]bool{}, map[jobs.Period]*jobs.Figures{}, &jobs.Figures{Approved: true}
	}
	a.keys[key] = true
	addTotals(&a.now, totals[0].Totals)
	for _, p := range totals[1:] {
		if a.earlier[p.Period] == nil {
			a.earlier[p.Period] = &jobs.Figures{Period: p.Period}
		}
		addTotals(a.earlier[p.Period], p.Totals)
	}
	if same == nil || a.same == nil {
		a.same = nil
		return
	}
	addTotals(a.same, *same)
}

// addTotals adds an employee's totals, which have the number of elements among them.
func addTotals(f *jobs.Figures, totals jobs.Totals) {
	for path, units := range totals {
		if isCount(path) {
			f.Elements += int(units / unitsPerOne)
			continue
		}
		if f.Totals == nil {
			f.Totals = jobs.Totals{}
		}
		f.Totals[path] = addUnits(f.Totals[path], units)
	}
}

// history is that of those who are judged, in the form in which everyone's is.
func (a *apart) history() *jobs.History {
	h := &jobs.History{Same: a.same}
	for _, period := range slices.Backward(slices.Sorted(maps.Keys(a.earlier))) {
		if len(h.Earlier) < jobs.HistoryPeriods {
			h.Earlier = append(h.Earlier, *a.earlier[period])
		}
	}
	return h
}

// seenTogether are the rules that need everyone to be read: a run for some takes over what they found about this very document.
// Elements that lost their employee it looks for itself.
var seenTogether = []jobs.Rule{jobs.RuleUnique}

func (a *apart) carried(item *jobs.PlannedItem) []jobs.Finding {
	held, waits := a.Held[item.Key]
	if !waits || held.Fingerprint != item.Fingerprint {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(held.Findings), func(f jobs.Finding) bool { return !slices.Contains(seenTogether, f.Rule) })
}

// sent reports whether a run like this one sent something of an employee.
func (a *apart) sent(key string) bool {
	return slices.ContainsFunc(a.Sent, func(s jobs.SentApart) bool { return s.Key == key })
}

// addSentBefore adds up what earlier runs for some employees of the month sent, where this run would send more of the kind.
func (g *guards) addSentBefore(ctx context.Context) error {
	e := &g.evidence
	created, updated := e.created.N > 0, e.updated.N > 0
	counted := map[string]bool{}
	var refs []jobs.DocumentRef
	for _, sent := range e.apart.Sent {
		if g.Before.History.Tried[sent.Key] == sent.Fingerprint || counted[sent.Key] {
			continue
		}
		counted[sent.Key] = true
		again := e.apart.keys[sent.Key]
		if !again {
			refs = append(refs, jobs.DocumentRef{Key: sent.Key, Period: g.Period})
		}
		switch {
		case sent.Created && created:
			e.created.Add(sent.Key)
		case sent.Updated && updated && !again:
			e.updated.Add(sent.Key)
		}
	}
	if len(e.apart.keys) == 0 {
		return nil
	}
	for chunk := range slices.Chunk(refs, batchItems) {
		known, err := g.Ledger.Documents(ctx, g.Target.ID, chunk)
		if err != nil {
			return hinted.While("reading acknowledged documents", err)
		}
		for i := range known {
			if totals := known[i].Totals; len(totals) > 0 && totals[0].Period == g.Period {
				e.apart.sees(chunk[i].Key, totals, nil)
			}
		}
	}
	return nil
}

// judgeApart judges a run for some employees: by what is held for them, and by their own past, as a run of everyone is judged by
// that of all. What may differ in any case is as much less as they are fewer than the staff, but one element.
func (e *evidence) judgeApart(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	a := &e.apart
	if at := slices.IndexFunc(a.Runs, func(r jobs.HeldRun) bool { return concerns(&r, e.keys) }); at >= 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleHeldRun, Holds: true, Run: a.Runs[at].ID})
	}
	if !e.children || len(a.keys) == 0 {
		return findings
	}
	scaled := *g
	if h.Last != nil && h.Last.Employees > len(a.keys) {
		scaled.Elements.Floor = max(1, g.Elements.Floor*len(a.keys)/h.Last.Employees)
	}
	return append(findings, unusual(&scaled, a.now.Elements, a.now.Totals, a.history())...)
}

// concerns reports whether what holds the run is about one of these employees: a finding that names whom it is about is about
// nobody else, others are about everyone.
func concerns(r *jobs.HeldRun, keys []string) bool {
	return slices.ContainsFunc(r.Findings, func(f jobs.Finding) bool {
		about := func(key string) bool { return slices.Contains(f.Keys, key) }
		return f.Holds && (len(f.Keys) == 0 || f.N > len(f.Keys) || slices.ContainsFunc(keys, about))
	})
}
