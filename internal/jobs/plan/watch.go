package plan

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// watch gathers, while the rows of staging go by, what the guards judge by: sums of the payroll elements, and the values
// that two matricules must not share. A nil watch hears nothing.
type watch struct {
	groups []watchedGroup
	own    []codeSums // of the employee at hand,
	counts []int64    // and its elements, by group
	values *uniqueValues
}

// watchedGroup is what is summed of one query of elements.
type watchedGroup struct {
	path    string
	key     int                // column of the business key; -1 = it has none of its own
	members []mapping.Quantity // what is summed
	secret  []bool             // of those, what may not be shown
	numbers []int64            // values of each that were numbers,
	others  []int64            // and that were none
	guess   bool               // texts that look like codes are left alone: nobody has said what is an amount
	totals  map[string]*codeTotal
	people  int // who have elements
}

// codeTotal is what everyone has of one code.
type codeTotal struct {
	sums   []int64
	people int
}

// codeSums are the sums of the members of one code.
type codeSums struct {
	group int
	code  []byte
	sums  []int64
}

func newWatch(guards *jobs.Guards, spec *mapping.Spec, mapped *mapping.Mapping, values *uniqueValues) *watch {
	w := &watch{values: values}
	for i, children := range spec.Children {
		g := watchedGroup{path: children.Path, key: -1, totals: map[string]*codeTotal{}}
		if column, ok := mapped.ChildColumn(i, children.Key); ok && !isSensitive(children) {
			g.key = column
		}
		for _, member := range mapped.Quantities(i) {
			if watches(guards, children.Path+"."+member.Path) {
				g.members = append(g.members, member)
				g.secret = append(g.secret, mapping.FindField(children.Fields, member.Path).Secret())
			}
		}
		g.numbers, g.others = make([]int64, len(g.members)), make([]int64, len(g.members))
		g.guess = guards.AmountFields == nil
		w.groups = append(w.groups, g)
	}
	w.counts = make([]int64, len(w.groups))
	return w
}

// watches reports whether a number of elements is one that is looked at.
func watches(g *jobs.Guards, path string) bool {
	return g.AmountFields == nil || slices.Contains(g.AmountFields, path)
}

// isSensitive reports whether the business key may not be shown: then the codes are not told apart.
func isSensitive(children mapping.Children) bool {
	return slices.ContainsFunc(children.Fields, func(f mapping.Field) bool {
		return f.Path == children.Key && f.Secret()
	})
}

// employee hears of an employee's row, before that employee's elements.
func (w *watch) employee(key []byte, row [][]byte) {
	if w == nil {
		return
	}
	w.finish()
	if len(key) > 0 && len(key) <= mapping.MaxKey { // else it is blocked
		w.values.add(key, row)
	}
}

// element hears of an element of the employee at hand.
func (w *watch) element(group int, row [][]byte) {
	if w == nil {
		return
	}
	g := &w.groups[group]
	w.counts[group]++
	if len(g.members) == 0 {
		return
	}
	var code []byte
	if g.key >= 0 {
		code = row[g.key]
	}
	sums := w.sums(group, code, len(g.members))
	for i := range g.members {
		member := &g.members[i]
		value := row[member.Column]
		if member.Text && g.guess && mapping.LooksLikeCode(value) {
			continue
		}
		switch units, ok := member.Scaled(value); {
		case ok:
			sums[i] = addUnits(sums[i], units)
			g.numbers[i]++
		case len(value) > 0:
			g.others[i]++
		}
	}
}

// sums finds those of a code; an employee has few of them.
func (w *watch) sums(group int, code []byte, members int) []int64 {
	for i := range w.own {
		if w.own[i].group == group && bytes.Equal(w.own[i].code, code) {
			return w.own[i].sums
		}
	}
	n := len(w.own)
	w.own = slices.Grow(w.own, 1)[:n+1]
	own := &w.own[n] // whose memory is used again
	own.group, own.code = group, append(own.code[:0], code...)
	own.sums = slices.Grow(own.sums[:0], members)[:members]
	clear(own.sums)
	return own.sums
}

// finish adds the sums of the employee at hand to those of everyone.
func (w *watch) finish() {
	for i := range w.own {
		own := &w.own[i]
		totals := w.groups[own.group].totals
		all, known := totals[string(own.code)]
		if !known {
			all = &codeTotal{sums: make([]int64, len(own.sums))}
			totals[string(own.code)] = all
		}
		all.people++
		for j, units := range own.sums {
			all.sums[j] = addUnits(all.sums[j], units)
		}
	}
	w.own = w.own[:0]
	for i, n := range w.counts {
		if n > 0 {
			w.groups[i].people++
		}
	}
	clear(w.counts)
}

// ownTotals are those of the employee at hand, with the number of elements; nil = there is none.
func (w *watch) ownTotals() jobs.Totals {
	if w == nil {
		return nil
	}
	var totals jobs.Totals
	for i, n := range w.counts {
		if n > 0 {
			if totals == nil {
				totals = jobs.Totals{}
			}
			totals[w.groups[i].path+countMark] = n * unitsPerOne
		}
	}
	for i := range w.own {
		w.groups[w.own[i].group].put(totals, string(w.own[i].code), w.own[i].sums)
	}
	return totals
}

// countMark ends the path of the number of an employee's elements: "Elements[]".
const countMark = "[]"

// isCount tells the path of a number of elements.
func isCount(path string) bool { return strings.HasSuffix(path, countMark) }

// totals are those of everyone.
func (w *watch) totals() jobs.Totals {
	w.finish()
	totals := jobs.Totals{}
	for i := range w.groups {
		for code, all := range w.groups[i].totals {
			w.groups[i].put(totals, code, all.sums)
		}
	}
	return totals
}

func (g *watchedGroup) put(totals jobs.Totals, code string, sums []int64) {
	code = harmlessCode(code)
	for i, units := range sums {
		if units != 0 {
			path := mapping.ElementPath(g.path, code, 1, g.members[i].Path)
			totals[path] = addUnits(totals[path], units)
		}
	}
}

// harmlessCode is a code as paths have it.
func harmlessCode(code string) string {
	const leastIdentifier = 13 // of a NIR without its key; an IBAN is longer
	if len(code) >= leastIdentifier {
		return privacy.MaskIdentifiers(code)
	}
	return code
}

// mostUnits bounds sums: what is larger is as suspicious.
const mostUnits = 1 << 61

func addUnits(a, b int64) int64 { return min(max(a+b, -mostUnits), mostUnits) }

// roll puts the totals of a period in front of those of the sent periods before it.
func roll(period jobs.Period, now jobs.Totals, before []jobs.PeriodTotals) []jobs.PeriodTotals {
	rolled := []jobs.PeriodTotals{{Period: period, Totals: now}}
	for _, p := range before {
		if p.Period < period && len(rolled) <= jobs.HistoryPeriods {
			rolled = append(rolled, p)
		}
	}
	return rolled
}

// amountFindings are the amounts of an employee, the first of history, that are far above what they usually are.
func amountFindings(history []jobs.PeriodTotals, most float64) []jobs.Finding {
	if most == 0 {
		return nil
	}
	var findings []jobs.Finding
	for path, units := range history[0].Totals {
		if isCount(path) {
			continue
		}
		usual, n := jobs.MedianAmount(path, history[1:])
		if n < jobs.LeastPeriods {
			continue
		}
		if ratio := math.Abs(float64(units)) / usual; ratio > most {
			findings = append(findings, jobs.Finding{Rule: jobs.RuleAmount, Holds: true, Path: path, N: n,
				Ratio: roundFrom(ratio, most), Most: most})
		}
	}
	slices.SortFunc(findings, func(a, b jobs.Finding) int { return strings.Compare(a.Path, b.Path) })
	return findings
}

// round is for people: a ratio says nothing more precisely than that, and no amount.
func round(ratio float64) float64 { return math.Round(ratio*100) / 100 }

// roundFrom rounds a ratio that is beyond a limit so that it stays so.
func roundFrom(ratio, limit float64) float64 {
	const tenths = 10
	if ratio > limit {
		return math.Ceil(ratio*tenths) / tenths
	}
	return math.Floor(ratio*tenths) / tenths
}
