package report

import (
	"errors"
	"io"
	"maps"
	"slices"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// Pull writes the report of a pull: what is new, changed and withdrawn, by nomenclature. changes are in their order.
func (p *Printer) Pull(w io.Writer, run *jobs.Run, changes []jobs.DictionaryChange, show Show) error {
	p = p.of(run.Target)
	g := p.page(w)
	g.header(run)
	withdrawn := tally(changes)[jobs.Departed]
	if run.State == jobs.Held && len(changes) > 0 {
		g.newline()
		g.line(0, p.Catalogue.Words.PullHeld)
	}
	if run.State == jobs.Succeeded && len(changes) == 0 {
		g.newline()
		g.line(0, p.Catalogue.Words.PullUnchanged)
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
		g.line(0, p.Catalogue.Words.PullEffect)
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
		return []step{{p.Catalogue.Steps.ContractDiff, contractDiffCommand}}
	}
	forecast := func(f jobs.Finding) bool { return f.Rule == jobs.RuleImpact || f.Rule == jobs.RuleImpactUnknown }
	if slices.ContainsFunc(run.Findings, forecast) {
		return []step{{p.Catalogue.Steps.Impact, "syncd dictionary impact --dossier " + argument(run.Target.Dossier)}}
	}
	return []step{{text: p.Catalogue.Steps.UpToDate}}
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
	words, counts := &g.Catalogue.Words, tally(changes)
	var parts []string
	for _, noun := range []struct {
		difference jobs.Difference
		plural     locale.Plural
	}{{jobs.Created, words.Added}, {jobs.Updated, words.Relabelled}, {jobs.Departed, words.Withdrew}} {
		if n := counts[noun.difference]; n > 0 {
			parts = append(parts, g.Count(noun.plural, n))
		}
	}
	return changes[0].Name + g.Catalogue.Colon + joinNonEmpty(parts)
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
	p = p.of(target)
	g := p.page(w)
	entries, known := dictionaries[name]
	switch {
	case name != "" && !known:
		return errors.New(locale.Fill(p.Catalogue.Words.UnknownDictionary, "name", name))
	case name != "":
		g.text(bold, locale.Fill(p.Catalogue.Words.Nomenclature, "name", name, "target", p.target(target)))
		g.newline()
		g.newline()
		g.entries(entries)
	case len(dictionaries) == 0:
		g.line(0, p.Catalogue.Words.NoDictionary)
		g.line(0, p.Catalogue.Steps.FirstPull)
	default:
		g.text(bold, locale.Fill(p.Catalogue.Words.Nomenclatures, "target", p.target(target)))
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
			row[2] = g.Catalogue.Words.Withdrawn
		}
		rows = append(rows, row)
	}
	g.table(g.Catalogue.Words.EntriesHead, rows, 3)
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
		rows = append(rows, []string{name, g.Number(active), g.Number(len(dictionaries[name]) - active)})
	}
	g.table(g.Catalogue.Words.DictionaryHead, rows, 1)
}
