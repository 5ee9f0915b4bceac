package jobs

import (
	"maps"
	"slices"
)

// tripped counts employees for a finding, and keeps the first names.
type tripped struct {
	n    int
	keys []string
}

func (t *tripped) add(key string) {
	if t.n++; len(t.keys) < FindingKeys {
		t.keys = append(t.keys, key)
	}
}

// evidence is what a plan gave the guards to judge by.
type evidence struct {
	partial    bool // of some employees: departures and totals say nothing
	adds       bool // the API adds what it is sent to what it has
	production bool
	period     Period
	children   bool // the job sends payroll elements
	sends      int  // items that would be sent, held ones included
	known      int  // employees of staging whom the target knows

	employees, elements                    int // read
	created, updated, departed, duplicates tripped
	totals                                 Totals

	keys  []string // of a partial run
	apart apart    // likewise
}

// judge evaluates all rules about a plan as a whole. It is pure. Rules about what is sent are silent when nothing is: a
// run that finds all delivered must not wait for a person each day.
func (g *Guards) judge(e *evidence, h *History) []Finding {
	var findings []Finding
	if h.Restored || e.adds && h.LostMonth {
		// It explains what else is found. Where a document states the whole truth, sending it again does no harm, once
		// somebody knows of it; what is added is added twice.
		findings = append(findings, Finding{Rule: RuleRestored, Holds: e.adds || !h.Looked})
	}
	for _, run := range h.Altered {
		findings = append(findings, Finding{Rule: RuleAlteredFigures, Holds: e.sends > 0, Run: run})
	}
	if !e.partial {
		findings = append(findings, g.sanity(e, h)...)
	}
	if e.sends == 0 {
		return findings
	}
	findings = append(findings, g.sending(e, h)...)
	if e.partial {
		return append(findings, g.apart(e, h)...)
	}
	return append(findings, g.usual(e, h)...)
}

// sanity asks whether staging looks like a whole export.
func (g *Guards) sanity(e *evidence, h *History) []Finding {
	var findings []Finding
	if e.employees == 0 {
		findings = append(findings, Finding{Rule: RuleNoRows, Holds: true})
	}
	if h.Last != nil {
		findings = appendTripped(findings, RuleFall, g.Fall, tripped{n: h.Last.Employees - e.employees}, h.Last.Employees)
		if last := len(findings) - 1; last >= 0 && findings[last].Rule == RuleFall {
			findings[last].Run = h.Last.Run
		}
	}
	findings = appendTripped(findings, RuleDeparted, g.Departed, e.departed, e.known+e.departed.n)
	return appendTripped(findings, RuleDuplicates, g.Duplicates, e.duplicates, e.employees)
}

// sending asks about who would be sent.
func (g *Guards) sending(e *evidence, h *History) []Finding {
	var findings []Finding
	if g.Approval {
		findings = append(findings, Finding{Rule: RuleApproval, Holds: true, N: e.sends})
	}
	if first := h.Last == nil && !e.partial || !h.Known; first && e.production {
		findings = append(findings, Finding{Rule: RuleFirst, Holds: true, N: e.sends})
	}
	if h.Last != nil && h.Known { // until a first run has come to its end, and has delivered somebody, everyone may be new
		base := e.known
		if e.partial || base == 0 {
			base = h.Last.Employees
		}
		findings = appendTripped(findings, RuleCreated, g.Created, e.created, base)
		findings = appendTripped(findings, RuleUpdated, g.Updated, e.updated, base)
	}
	return append(findings, g.month(e, h)...)
}

// month asks whether the period is the one that was meant. That it was sent once says nothing: an old month is typed as
// easily as one that never was.
func (g *Guards) month(e *evidence, h *History) []Finding {
	var findings []Finding
	told := Period("")
	if back := h.Newest.MonthsTo(e.period); e.period < h.Newest && g.MaxBack > 0 && back > g.MaxBack {
		findings = append(findings, Finding{Rule: RuleBack, Holds: true, N: back, Limit: g.MaxBack, Period: h.Newest})
		told = h.Newest
	}
	if gap := h.Nearest.MonthsTo(e.period); g.MaxGap > 0 && gap > g.MaxGap && h.Nearest != told {
		findings = append(findings, Finding{Rule: RuleGap, Holds: true, N: gap, Limit: g.MaxGap, Period: h.Nearest})
	}
	return findings
}

// appendTripped adds a finding when there are more than the limit lets pass.
func appendTripped(findings []Finding, rule Rule, limit Limit, found tripped, base int) []Finding {
	if !limit.Trips(found.n, base) {
		return findings
	}
	return append(findings, Finding{Rule: rule, Holds: true, N: found.n, Of: base, Limit: limit.Of(base), Keys: found.keys})
}

// usual compares the elements with what is usual: the median of the sent periods before. What an earlier run of this
// period read is as good: it was judged itself, and whoever approved it need not approve each correction.
func (g *Guards) usual(e *evidence, h *History) []Finding {
	if !e.children {
		return nil
	}
	var findings []Finding
	if g.RequireElements && e.elements == 0 && (h.Same == nil || h.Same.Elements > 0) {
		findings = append(findings, Finding{Rule: RuleNoElements, Holds: true, N: e.employees})
	}
	return append(findings, g.unusual(e.elements, e.totals, h)...)
}

// unusual are a number of elements and totals that are far from what they usually are.
func (g *Guards) unusual(elements int, totals Totals, h *History) []Finding {
	var findings []Finding
	count := func(f *Figures) (float64, bool) { return float64(f.Elements), f.Elements > 0 }
	if usual, far := h.far(g.Elements, float64(elements), 1, count); far {
		findings = append(findings, Finding{Rule: RuleElements, Holds: true, N: elements, Of: int(usual), Limit: int(min(float64(g.Elements.Count), g.Elements.within(float64(elements), usual)))})
	}
	for _, path := range h.paths(totals) {
		total := func(f *Figures) (float64, bool) {
			units, occurs := f.Totals[path]
			return float64(units) / unitsPerOne, occurs && units != 0
		}
		now := float64(totals[path]) / unitsPerOne
		if usual, far := h.far(g.CodeTotals, now, leastPeriods, total); far {
			findings = append(findings, Finding{Rule: RuleCodeTotal, Holds: true, Path: path, Ratio: roundFrom(now/usual, g.CodeTotals.times(now/usual)), Most: round(g.CodeTotals.times(now / usual))})
		}
	}
	return findings
}

// unitsPerOne is how many units of Totals make one hour, euro, or whatever the element counts.
const unitsPerOne = 10_000

// far tells whether a figure is further than the limit from what it usually is, and what that is. A median is taken over
// at least so many periods.
func (h *History) far(limit Limit, now float64, least int, figure func(*Figures) (float64, bool)) (usual float64, far bool) {
	var before []float64
	for i := range h.Earlier {
		if n, occurs := figure(&h.Earlier[i]); occurs {
			before = append(before, n)
		}
	}
	beyond := func(usual float64) bool { return limit.far(now, usual) }
	if len(before) >= least {
		usual, far = median(before), beyond(median(before))
	}
	if h.Same == nil {
		return usual, far
	}
	same, occurs := figure(h.Same) // 0 where it does not occur: whoever approved that need not do so again
	if len(before) < least {
		return same, occurs && beyond(same)
	}
	return usual, far && (beyond(same) || !h.Same.Approved)
}

// paths are those of all totals, sorted.
func (h *History) paths(now Totals) []string {
	paths := slices.Collect(maps.Keys(now))
	if h.Same != nil {
		paths = slices.AppendSeq(paths, maps.Keys(h.Same.Totals))
	}
	for _, f := range h.Earlier {
		paths = slices.AppendSeq(paths, maps.Keys(f.Totals))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
