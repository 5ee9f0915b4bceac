package report

import (
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// shownRuns is how many runs are named that delivered what another one had left.
const shownRuns = 3

// since tells what has become of what a run left: an old report asks for nothing that was done long ago.
func (p *Printer) since(a *jobs.Aftermath) string {
	if a == nil {
		return ""
	}
	words := &p.Catalogue.Words
	var parts []string
	switch {
	case a.Delivered > 0 && a.Left == 0:
		parts = append(parts, locale.Fill(words.SinceDelivered, "runs", p.runNumbers(a.DeliveredBy)))
	case a.Delivered > 0:
		parts = append(parts, locale.Fill(words.SincePartly, "employees", p.Count(p.Catalogue.Plurals.Employees, a.Delivered), "runs", p.runNumbers(a.DeliveredBy), "left", p.Number(a.Left)))
	}
	if a.Whole != 0 && (a.Left > 0 || a.Delivered == 0) {
		parts = append(parts, locale.Fill(words.SinceWhole, "run", a.Whole))
	}
	if a.Closed {
		parts = append(parts, words.SinceClosed)
	}
	return strings.Join(parts, p.Catalogue.Semicolon)
}

// runNumbers is "11", "11, 12": the newest ones, in their order.
func (p *Printer) runNumbers(runs []int64) string {
	var names []string
	for _, run := range runs[max(0, len(runs)-shownRuns):] {
		names = append(names, strconv.FormatInt(run, 10))
	}
	if len(runs) > shownRuns {
		names = slices.Insert(names, 0, "…")
	}
	return strings.Join(names, ", ")
}

// sinceSteps are those of a run about which nobody has anything to do any more.
func (p *Printer) sinceSteps(a *jobs.Aftermath) []step {
	text := &p.Catalogue.Steps
	if successor := a.Successor(); successor != 0 {
		return []step{{text.Overtaken, command("show", successor)}}
	}
	return []step{{text: text.MonthClosed}}
}
