package report

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// Pull writes the report of a pull: what is new, changed and withdrawn, by nomenclature. changes are in their order.
func (p *Printer) Pull(w io.Writer, run *jobs.Run, changes []jobs.DictionaryChange, show Show) error {
	g := p.page(w)
	g.header(run)
	withdrawn := tally(changes)[jobs.Departed]
	if run.State == jobs.Held && len(changes) > 0 {
		g.newline()
		g.line(0, p.catalogue.words.pullHeld)
	}
	if run.State == jobs.Succeeded && len(changes) == 0 {
		g.newline()
		g.line(0, p.catalogue.words.pullUnchanged)
	}
	// A first pull brings all there is: its codes would bury what matters.
	brief := !show.All && len(changes) > shownItems && tally(changes)[jobs.Created] == len(changes)
	if brief {
		g.newline()
	}
	for len(changes) > 0 {
		end := slices.IndexFunc(changes, func(c jobs.DictionaryChange) bool { return c.Name != changes[0].Name })
		if end < 0 {
			end = len(changes)
		}
		if brief {
			g.line(itemIndent, string(jobs.Created)+" "+g.changed(changes[:end]))
		} else {
			g.changes(run, changes[:end], show)
		}
		changes = changes[end:]
	}
	if withdrawn > 0 {
		g.newline()
		g.line(0, p.catalogue.words.pullEffect)
	}
	g.runFindings(run)
	g.steps(p.pullSteps(run))
	return g.end()
}

// pullSteps are what a person does next about a pull: whom it would block is corrected before the month is due.
func (p *Printer) pullSteps(run *jobs.Run) []step {
	if run.Aftermath != nil && run.Aftermath.Over() {
		return p.sinceSteps(run.Aftermath)
	}
	if run.State != jobs.Succeeded {
		return p.stateSteps(run, &gathered{}) // what was not applied blocks nobody yet
	}
	if slices.ContainsFunc(run.Findings, func(f jobs.Finding) bool { return f.Rule == jobs.RuleContract }) {
		return []step{{p.catalogue.steps.contractDiff, contractDiffCommand}}
	}
	forecast := func(f jobs.Finding) bool { return f.Rule == jobs.RuleImpact || f.Rule == jobs.RuleImpactUnknown }
	if slices.ContainsFunc(run.Findings, forecast) {
		return []step{{p.catalogue.steps.impact, "syncd dictionary impact --dossier " + argument(run.Target.Dossier)}}
	}
	return []step{{text: p.catalogue.steps.upToDate}}
}

func tally(changes []jobs.DictionaryChange) map[jobs.Difference]int {
	counts := map[jobs.Difference]int{}
	for _, change := range changes {
		counts[change.Difference]++
	}
	return counts
}

// changed is one nomenclature's differences in a line.
func (g *page) changed(changes []jobs.DictionaryChange) string {
	words, counts := &g.catalogue.words, tally(changes)
	var parts []string
	for _, noun := range []struct {
		difference jobs.Difference
		plural     plural
	}{{jobs.Created, words.added}, {jobs.Updated, words.relabelled}, {jobs.Departed, words.withdrew}} {
		if n := counts[noun.difference]; n > 0 {
			parts = append(parts, g.count(noun.plural, n))
		}
	}
	return changes[0].Name + g.catalogue.colon + joinNonEmpty(parts)
}

// changes writes what a pull found different in one nomenclature.
func (g *page) changes(run *jobs.Run, changes []jobs.DictionaryChange, show Show) {
	g.title(g.changed(changes))
	for _, change := range changes {
		g.keyWidth = max(g.keyWidth, min(length(change.Code), maxPathWidth))
	}
	for i := range changes {
		if i == shownItems && !show.All {
			g.more(len(changes)-i, showCommand(run, Show{})+" --all")
			return
		}
		g.code(&changes[i])
	}
}

func (g *page) code(c *jobs.DictionaryChange) {
	label := c.New.Label
	switch {
	case c.Difference == jobs.Updated:
		label = c.Old.Label + " → " + c.New.Label
	case c.Difference == jobs.Departed && c.Old.Label != "":
		label = c.Old.Label
	}
	g.item(&jobs.Item{Key: c.Code, Difference: c.Difference}, []string{label})
}

// Dictionary lists the nomenclatures of a target, or the codes of the one that name says. A name that is none of them
// is an error.
func (p *Printer) Dictionary(w io.Writer, target jobs.Target, dictionaries mapping.Dictionaries, name string) error {
	g := p.page(w)
	entries, known := dictionaries[name]
	switch {
	case name != "" && !known:
		return fmt.Errorf(p.catalogue.words.unknownDictionary, name)
	case name != "":
		g.text(bold, fmt.Sprintf(p.catalogue.words.nomenclature, name, p.target(target)))
		g.newline()
		g.newline()
		g.entries(entries)
	case len(dictionaries) == 0:
		g.line(0, p.catalogue.words.noDictionary)
		g.line(0, p.catalogue.steps.firstPull)
	default:
		g.text(bold, fmt.Sprintf(p.catalogue.words.nomenclatures, p.target(target)))
		g.newline()
		g.newline()
		g.nomenclatures(dictionaries)
	}
	return g.end()
}

func (g *page) entries(entries map[string]mapping.Entry) {
	rows := make([][]string, 0, len(entries))
	for _, code := range slices.Sorted(maps.Keys(entries)) {
		row := []string{code, entries[code].Label, ""}
		if !entries[code].Active {
			row[2] = g.catalogue.words.withdrawn
		}
		rows = append(rows, row)
	}
	g.table(g.catalogue.words.entriesHead, rows, 3)
}

func (g *page) nomenclatures(dictionaries mapping.Dictionaries) {
	rows := make([][]string, 0, len(dictionaries))
	for _, name := range slices.Sorted(maps.Keys(dictionaries)) {
		active := 0
		for _, entry := range dictionaries[name] {
			if entry.Active {
				active++
			}
		}
		rows = append(rows, []string{name, g.number(active), g.number(len(dictionaries[name]) - active)})
	}
	g.table(g.catalogue.words.dictionaryHead, rows, 1)
}
