package report

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// group writes the items of one outcome. What needs nobody is told by kind, unless details are asked for.
func (g *page) group(run *jobs.Run, items iter.Seq2[jobs.Item, error], which group, found *gathered, show Show) error {
	members := &found.groups[which]
	if members.items == 0 {
		return nil
	}
	g.title(g.Catalogue.Groups[which.String()].Title + " (" + g.size(which, members) + ")")
	brief := which == groupSent || which == groupGivenUp || which == groupPending || which == groupWaiting || which == groupWithdrawn
	if brief && !show.Diff && !show.All {
		g.kinds(which, members.kinds)
		return nil
	}
	write := func(item *jobs.Item) {
		g.itemWithDiff(item, g.outcome(item, which, show), show)
	}
	if show.All && members.items > len(members.first) {
		return eachOf(items, which, ended(run), write)
	}
	for i := range members.first {
		write(&members.first[i])
	}
	if rest := members.items - len(members.first); rest > 0 {
		g.more(rest, showCommand(run, show)+" --all")
	}
	return nil
}

// eachOf visits the items of a group that is too long to be kept.
func eachOf(items iter.Seq2[jobs.Item, error], which group, over bool, visit func(*jobs.Item)) error {
	for item, err := range items {
		if err != nil {
			return err
		}
		if groupOf(&item, over) == which {
			visit(&item)
		}
	}
	return nil
}

// more says how many are not listed, and the command that lists them.
func (g *page) more(n int, command string) {
	g.line(itemIndent+2, g.Count(g.Catalogue.Plurals.More, n)+g.Catalogue.Colon+command)
}

// size counts the employees of a group, and the payroll elements where some have no employee in it.
func (p *Printer) size(which group, members *gatheredGroup) string {
	plurals := &p.Catalogue.Plurals
	if which == groupDeparted || which == groupLeft || which == groupWithdrawn {
		return p.Count(plurals.Employees, members.items)
	}
	var parts []string
	if members.employees > 0 {
		parts = append(parts, p.Count(plurals.Employees, members.employees))
	}
	if members.elements > 0 {
		parts = append(parts, p.Count(plurals.Elements, members.elements))
	}
	return strings.Join(parts, ", ")
}

// kinds tells of many items in few lines: sign, number, what they have in common, the first matricules.
func (g *page) kinds(which group, kinds []kind) {
	kinds = slices.Clone(kinds)
	for i := range kinds {
		kinds[i].text = g.kindWords(&kinds[i], which)
	}
	width, textWidth := 0, 0
	for _, k := range kinds {
		width, textWidth = max(width, length(g.Number(k.n))), max(textWidth, length(clean(k.text)))
	}
	for _, k := range kinds {
		g.spaces(itemIndent)
		g.sign(k.sign)
		g.text(plain, fmt.Sprintf(" %s  %s  %s", padLeft(g.Number(k.n), width), padRight(clean(k.text), textWidth), keys(k.keys, shownKeys)))
		g.newline()
	}
}

// employees writes the items of some employees in full, and says who has none.
func (g *page) employees(run *jobs.Run, items iter.Seq2[jobs.Item, error], show Show) error {
	seen := map[string]bool{}
	g.newline()
	for item, err := range items {
		if err != nil {
			return fmt.Errorf("reading the items of run %d: %w", run.ID, err)
		}
		seen[item.Key] = true
		which := groupOf(&item, ended(run))
		text := g.outcome(&item, which, show)
		if which != groupSent {
			text[0] = g.Catalogue.Groups[which.String()].One + g.Catalogue.Colon + text[0]
		}
		if which != groupHeld {
			text = append(text, g.wasHeld(&item)...)
		}
		g.itemWithDiff(&item, text, show)
	}
	for _, key := range show.Employees {
		if !seen[key] {
			g.line(itemIndent, locale.Fill(g.Catalogue.Words.NotInRun, "key", key))
		}
	}
	return nil
}
