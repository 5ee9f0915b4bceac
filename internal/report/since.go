package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
)

// shownRuns is how many runs are named that delivered what another one had left.
const shownRuns = 3

// since tells what has become of what a run left: an old report asks for nothing that was done long ago.
func (p *Printer) since(a *jobs.Aftermath) string {
	if a == nil {
		return ""
	}
	words := &p.catalogue.words
	var parts []string
	switch {
	case a.Delivered > 0 && a.Left == 0:
		parts = append(parts, fmt.Sprintf(words.sinceDelivered, p.runNumbers(a.DeliveredBy)))
	case a.Delivered > 0:
		parts = append(parts, fmt.Sprintf(words.sincePartly, p.count(p.catalogue.plurals.employees, a.Delivered), p.runNumbers(a.DeliveredBy), p.number(a.Left)))
	}
	if a.Whole != 0 && (a.Left > 0 || a.Delivered == 0) {
		parts = append(parts, fmt.Sprintf(words.sinceWhole, a.Whole))
	}
	if a.Closed {
		parts = append(parts, words.sinceClosed)
	}
	return strings.Join(parts, p.catalogue.semicolon)
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
	text := &p.catalogue.steps
	if successor := a.Successor(); successor != 0 {
		return []step{{text.overtaken, command("show", successor)}}
	}
	return []step{{text: text.monthClosed}}
}
