package plan

import (
	"maps"
	"math"
	"slices"

	"syncd/internal/jobs"
)

// evidence is what a plan gave the guards to judge by.
type evidence struct {
	partial    bool // of some employees: departures and totals say nothing
	adds       bool // the API adds what it is sent to what it has
	production bool
	period     jobs.Period
	children   bool // the job sends payroll elements
	sends      int  // items that would be sent, held ones included
	known      int  // employees of staging whom the target knows

	employees, elements                    int // read
	created, updated, departed, duplicates jobs.Named
	totals                                 jobs.Totals

	keys  []string // of a partial run
	apart apart    // likewise
}

// judge evaluates all rules about a plan as a whole. It is pure. Rules about what is sent are silent when nothing is: a
// run that finds all delivered must not wait for a person each day.
func (e *evidence) judge(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	if h.Restored || e.adds && h.LostMonth {
		// It explains what else is found. Where a document states the whole truth, sending it again does no harm, once
		// somebody knows of it; what is added is added twice.
		findings = append(findings, jobs.Finding{Rule: jobs.RuleRestored, Holds: e.adds || !h.Looked})
	}
	for _, run := range h.Altered {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleAlteredFigures, Holds: e.sends > 0, Run: run})
	}
	if !e.partial {
		findings = append(findings, e.sanity(g, h)...)
	}
	if e.sends == 0 {
		return findings
	}
	findings = append(findings, e.sending(g, h)...)
	if e.partial {
		return append(findings, e.judgeApart(g, h)...)
	}
	return append(findings, e.usual(g, h)...)
}

// sanity asks whether staging looks like a whole export.
func (e *evidence) sanity(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	if e.employees == 0 {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleNoRows, Holds: true})
	}
	if h.Last != nil {
		findings = appendTripped(findings, jobs.RuleFall, g.Fall, jobs.Named{N: h.Last.Employees - e.employees}, h.Last.Employees)
		if last := len(findings) - 1; last >= 0 && findings[last].Rule == jobs.RuleFall {
			findings[last].Run = h.Last.Run
		}
	}
	findings = appendTripped(findings, jobs.RuleDeparted, g.Departed, e.departed, e.known+e.departed.N)
	return appendTripped(findings, jobs.RuleDuplicates, g.Duplicates, e.duplicates, e.employees)
}

// sending asks about who would be sent.
func (e *evidence) sending(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	if g.Approval {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleApproval, Holds: true, N: e.sends})
	}
	if g.SecondPerson == jobs.SecondAlways {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleSecondPerson, Holds: true, N: e.sends})
	}
	if first := h.Last == nil && !e.partial || !h.Known; first && e.production {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleFirst, Holds: true, N: e.sends})
	}
	if h.Last != nil && h.Known { // until a first run has come to its end, and has delivered somebody, everyone may be new
		base := e.known
		if e.partial || base == 0 {
			base = h.Last.Employees
		}
		findings = appendTripped(findings, jobs.RuleCreated, g.Created, e.created, base)
		findings = appendTripped(findings, jobs.RuleUpdated, g.Updated, e.updated, base)
	}
	return append(findings, e.month(g, h)...)
}

// month asks whether the period is the one that was meant. That it was sent once says nothing: an old month is typed as
// easily as one that never was.
func (e *evidence) month(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	told := jobs.Period("")
	if back := h.Newest.MonthsTo(e.period); e.period < h.Newest && g.MaxBack > 0 && back > g.MaxBack {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleBack, Holds: true, N: back, Limit: g.MaxBack, Period: h.Newest})
		told = h.Newest
	}
	if gap := h.Nearest.MonthsTo(e.period); g.MaxGap > 0 && gap > g.MaxGap && h.Nearest != told {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleGap, Holds: true, N: gap, Limit: g.MaxGap, Period: h.Nearest})
	}
	return findings
}

// appendTripped adds a finding when there are more than the limit lets pass.
func appendTripped(findings []jobs.Finding, rule jobs.Rule, limit jobs.Limit, found jobs.Named, base int) []jobs.Finding {
	if !limit.Trips(found.N, base) {
		return findings
	}
	return append(findings, jobs.Finding{Rule: rule, Holds: true, N: found.N, Of: base, Limit: limit.Of(base), Keys: found.Keys})
}

// usual compares the elements with what is usual: the median of the sent periods before. What an earlier run of this
// period read is as good: it was judged itself, and whoever approved it need not approve each correction.
func (e *evidence) usual(g *jobs.Guards, h *jobs.History) []jobs.Finding {
	if !e.children {
		return nil
	}
	var findings []jobs.Finding
	if g.RequireElements && e.elements == 0 && (h.Same == nil || h.Same.Elements > 0) {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleNoElements, Holds: true, N: e.employees})
	}
	return append(findings, unusual(g, e.elements, e.totals, h)...)
}

// unusual are a number of elements and totals that are far from what they usually are.
func unusual(g *jobs.Guards, elements int, totals jobs.Totals, h *jobs.History) []jobs.Finding {
	var findings []jobs.Finding
	count := func(f *jobs.Figures) (float64, bool) { return float64(f.Elements), f.Elements > 0 }
	if usual, far := far(h, g.Elements, float64(elements), 1, count); far {
		findings = append(findings, jobs.Finding{Rule: jobs.RuleElements, Holds: true, N: elements, Of: int(usual),
			Limit: int(min(float64(g.Elements.Count), within(g.Elements, float64(elements), usual)))})
	}
	for _, path := range paths(h, totals) {
		total := func(f *jobs.Figures) (float64, bool) {
			units, occurs := f.Totals[path]
			return float64(units) / unitsPerOne, occurs && units != 0
		}
		now := float64(totals[path]) / unitsPerOne
		if usual, far := far(h, g.CodeTotals, now, jobs.LeastPeriods, total); far {
			findings = append(findings, jobs.Finding{Rule: jobs.RuleCodeTotal, Holds: true, Path: path,
				Ratio: roundFrom(now/usual, times(g.CodeTotals, now/usual)), Most: round(times(g.CodeTotals, now/usual))})
		}
	}
	return findings
}

// unitsPerOne is how many units of Totals make one hour, euro, or whatever the element counts.
const unitsPerOne = 10_000

// far reports whether a figure is further than the limit from what it usually is, and what that is. A median is taken over
// at least so many periods.
func far(h *jobs.History, limit jobs.Limit, now float64, least int, figure func(*jobs.Figures) (float64, bool)) (usual float64, far bool) {
	var before []float64
	for i := range h.Earlier {
		if n, occurs := figure(&h.Earlier[i]); occurs {
			before = append(before, n)
		}
	}
	tooFar := func(usual float64) bool { return beyond(limit, now, usual) }
	if len(before) >= least {
		usual, far = jobs.Median(before), tooFar(jobs.Median(before))
	}
	if h.Same == nil {
		return usual, far
	}
	same, occurs := figure(h.Same) // 0 where it does not occur: whoever approved that need not do so again
	if len(before) < least {
		return same, occurs && tooFar(same)
	}
	return usual, far && (tooFar(same) || !h.Same.Approved)
}

// paths are those of all totals, sorted.
func paths(h *jobs.History, now jobs.Totals) []string {
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

// beyond reports whether a figure is too far from what it usually is: by more than Count, or, beyond Floor, by more than Share
// above it, or as many times below it. What is zero tells nothing.
func beyond(l jobs.Limit, now, usual float64) bool {
	if l.Off || usual == 0 {
		return false
	}
	off := math.Abs(now - usual)
	return off > float64(l.Count) || l.Share != jobs.NoShare && off > within(l, now, usual)
}

// within is how far from the usual a figure on that side of it may be, Count left aside. It is no whole number: 100 % of
// 250.50 hours are not 250.
func within(l jobs.Limit, now, usual float64) float64 {
	const rounding = 1e-6 // less than Totals tell apart
	share := l.Share
	if now/usual < 1 {
		share /= 1 + share // as many times less
	}
	return max(float64(l.Floor), share*math.Abs(usual)+rounding)
}

// times is how many times the usual a figure on that side of it may be.
func times(l jobs.Limit, ratio float64) float64 {
	switch {
	case l.Share == jobs.NoShare:
		return 0 // only a difference is limited
	case ratio < 1:
		return 1 / (1 + l.Share)
	}
	return 1 + l.Share
}
