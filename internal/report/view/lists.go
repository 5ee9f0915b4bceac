package view

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// CodeChange is what a pull found different of one code.
type CodeChange struct {
	Name       string          `json:"name"`
	Code       string          `json:"code"`
	Difference jobs.Difference `json:"difference"`
	OldLabel   string          `json:"old_label,omitempty"`
	NewLabel   string          `json:"new_label,omitempty"`
}

// Nomenclature is a list of codes.
type Nomenclature struct {
	Name  string `json:"name"`
	Codes []Code `json:"codes"`
}

// Code is an entry of a nomenclature.
type Code struct {
	Code   string `json:"code"`
	Label  string `json:"label"`
	Active bool   `json:"active"`
}

// PullReport is a pull as people read it: what is new, changed and withdrawn, by nomenclature.
type PullReport struct {
	Head
	Note     string // what there is to say of all changes; "" = nothing
	Lists    []List
	Effect   string // what withdrawn codes mean for the next run; "" = there are none
	Findings []Findings
	Next     []Step
}

// List is what changed in one nomenclature.
type List struct {
	Title string
	Brief bool // its title says it all
	Lines []Line
	More  string // how many are not listed, and how to see them; "" = all are
}

// Pull tells of a pull. changes are in their order.
func (t *Teller) Pull(run *jobs.Run, changes []jobs.NomenclatureChange, show Show) *PullReport {
	t = t.Of(run.Target)
	r := &PullReport{Head: t.head(run), Findings: t.runFindings(run), Next: t.pullSteps(run)}
	switch {
	case run.State == jobs.Held && len(changes) > 0:
		r.Note = t.Words.PullHeld
	case run.State == jobs.Succeeded && len(changes) == 0:
		r.Note = t.Words.PullUnchanged
	}
	all := tally(changes)
	if all[jobs.Departed] > 0 {
		r.Effect = t.Words.PullEffect
	}
	// A first pull brings all there is: its codes would bury what matters.
	brief := !show.All && len(changes) > shownItems && all[jobs.Created] == len(changes)
	for len(changes) > 0 {
		end := slices.IndexFunc(changes, func(c jobs.NomenclatureChange) bool { return c.Name != changes[0].Name })
		if end < 0 {
			end = len(changes)
		}
		r.Lists = append(r.Lists, t.list(run, changes[:end], show, brief))
		changes = changes[end:]
	}
	return r
}

// list is what a pull found different in one nomenclature.
func (t *Teller) list(run *jobs.Run, changes []jobs.NomenclatureChange, show Show, brief bool) List {
	list := List{Title: t.changed(changes), Brief: brief}
	if brief {
		return list
	}
	for i := range changes {
		if i == shownItems && !show.All {
			all := showAgain(run.ID, Show{})
			all.All = true
			list.More = t.more(len(changes)-i, all)
			break
		}
		list.Lines = append(list.Lines, codeLine(&changes[i]))
	}
	return list
}

func codeLine(c *jobs.NomenclatureChange) Line {
	label := c.New.Label
	switch {
	case c.Difference == jobs.Updated:
		label = c.Old.Label + " → " + c.New.Label
	case c.Difference == jobs.Departed && c.Old.Label != "":
		label = c.Old.Label
	}
	return Line{Sign: c.Difference, Key: c.Code, Text: []string{label}}
}

// pullSteps are what a person does next about a pull: whom it would block is corrected before the month is due.
func (t *Teller) pullSteps(run *jobs.Run) []Step {
	if run.Aftermath != nil && run.Aftermath.Over() {
		return t.sinceSteps(run.Aftermath)
	}
	if run.State != jobs.Succeeded {
		return t.stateSteps(run, &gathered{}) // what was not applied blocks nobody yet
	}
	if slices.ContainsFunc(run.Findings, func(f jobs.Finding) bool { return f.Rule == jobs.RuleContract }) {
		return []Step{does(t.Steps.ContractDiff, contractDiff)}
	}
	forecast := func(f jobs.Finding) bool { return f.Rule == jobs.RuleImpact || f.Rule == jobs.RuleImpactUnknown }
	if slices.ContainsFunc(run.Findings, forecast) {
		return []Step{does(t.Steps.Impact, ofDossier("dictionary-impact", run.Target.Dossier))}
	}
	return []Step{says(t.Steps.UpToDate)}
}

func tally(changes []jobs.NomenclatureChange) map[jobs.Difference]int {
	counts := map[jobs.Difference]int{}
	for _, change := range changes {
		counts[change.Difference]++
	}
	return counts
}

// changed is one nomenclature's differences in a line.
func (t *Teller) changed(changes []jobs.NomenclatureChange) string {
	words, counts := &t.Words, tally(changes)
	var parts []string
	for _, noun := range []struct {
		difference jobs.Difference
		plural     locale.Plural
	}{{jobs.Created, words.Added}, {jobs.Updated, words.Relabelled}, {jobs.Departed, words.Withdrew}} {
		if n := counts[noun.difference]; n > 0 {
			parts = append(parts, t.Count(noun.plural, n))
		}
	}
	return changes[0].Name + t.Colon + joinNonEmpty(parts)
}

// WritePullJSON writes one object: the run of a pull, what it found changed, and what to do next.
func (t *Teller) WritePullJSON(w io.Writer, run *jobs.Run, changes []jobs.NomenclatureChange) error {
	t = t.Of(run.Target)
	out := newStream(w)
	out.open(t.RunOf(run), "changes")
	for _, c := range changes {
		out.element(CodeChange{c.Name, c.Code, c.Difference, c.Old.Label, c.New.Label})
	}
	out.closeArray()
	out.next(t.pullSteps(run))
	return out.end("}\n")
}

// Nomenclatures is those of a target, or the codes of the one that name says, below a title. A name that is none of them
// is an error.
func (t *Teller) Nomenclatures(target jobs.Target, nomenclatures mapping.Nomenclatures, name string) (title string, table Table,
	err error) {
	t = t.Of(target)
	if name == "" {
		return locale.Fill(t.Words.Nomenclatures, "target", t.target(target)), t.nomenclatures(nomenclatures), nil
	}
	entries, known := nomenclatures[name]
	if !known {
		return "", Table{}, t.unknownNomenclature(name)
	}
	return locale.Fill(t.Words.Nomenclature, "name", name, "target", t.target(target)), t.entries(entries), nil
}

func (t *Teller) unknownNomenclature(name string) error {
	return errors.New(locale.Fill(t.Words.UnknownNomenclature, "name", strconv.Quote(name)))
}

func (t *Teller) entries(entries map[string]mapping.Entry) Table {
	table := Table{Head: t.Words.EntriesHead, Numbers: 3}
	for _, code := range slices.Sorted(maps.Keys(entries)) {
		row := []string{code, entries[code].Label, ""}
		if !entries[code].Active {
			row[2] = t.Words.Withdrawn
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (t *Teller) nomenclatures(nomenclatures mapping.Nomenclatures) Table {
	table := Table{Head: t.Words.NomenclatureHead, Numbers: 1}
	for _, name := range slices.Sorted(maps.Keys(nomenclatures)) {
		active := 0
		for _, entry := range nomenclatures[name] {
			if entry.Active {
				active++
			}
		}
		table.Rows = append(table.Rows, []string{name, t.Number(active), t.Number(len(nomenclatures[name]) - active)})
	}
	return table
}

// WriteNomenclaturesJSON writes an array of them with their codes, or of the one that name says.
func (t *Teller) WriteNomenclaturesJSON(w io.Writer, nomenclatures mapping.Nomenclatures, name string) error {
	names := slices.Sorted(maps.Keys(nomenclatures))
	if name != "" {
		if _, known := nomenclatures[name]; !known {
			return t.unknownNomenclature(name)
		}
		names = []string{name}
	}
	out := newStream(w)
	out.raw("[")
	for _, name := range names {
		out.element(nomenclatureOf(name, nomenclatures[name]))
	}
	out.closeArray()
	return out.end("\n")
}

func nomenclatureOf(name string, entries map[string]mapping.Entry) Nomenclature {
	out := Nomenclature{Name: name, Codes: []Code{}}
	for _, code := range slices.Sorted(maps.Keys(entries)) {
		out.Codes = append(out.Codes, Code{code, entries[code].Label, entries[code].Active})
	}
	return out
}

// ImpactReport is whom codes that are unknown or withdrawn would block at the next run of a job.
type ImpactReport struct {
	Head
	Count string // how many, of how many that were read
	Lines []Line
	More  string // how many are not listed; "" = all are
	Next  []Step
}

// Impact tells whom codes would block, and what to correct.
func (t *Teller) Impact(target jobs.Target, impact jobs.Impact) *ImpactReport {
	t = t.about(Subject{Job: impact.Job, Target: target, Period: impact.Period})
	words := &t.Contract
	r := &ImpactReport{Head: Head{Title: locale.Fill(words.Impact, "job", impact.Job, "period", t.ofPeriod(impact.Period)),
		Target: t.target(target), Production: inProduction(target)}}
	read := t.Count(t.Plurals.Employees, impact.Read)
	n := max(impact.N, len(impact.Employees))
	if n == 0 {
		r.Count = locale.Fill(words.ImpactNobody, "employees", read)
		return r
	}
	r.Count = locale.Fill(t.Noun(words.ImpactCount, n), "n", t.Number(n), "employees", read)
	t.learnBlocked(impact)
	for i := range impact.Employees {
		item := &jobs.Item{Key: impact.Employees[i].Key, Difference: jobs.Undeliverable, Problems: impact.Employees[i].Problems}
		r.Lines = append(r.Lines, t.line(item, t.problemLines(item, true), Show{}))
	}
	if rest := n - len(impact.Employees); rest > 0 {
		r.More = t.Count(t.Plurals.More, rest)
	}
	r.Next = t.impactSteps(target, impact)
	return r
}

func (t *Teller) impactSteps(target jobs.Target, impact jobs.Impact) []Step {
	if max(impact.N, len(impact.Employees)) == 0 {
		return nil
	}
	return []Step{does(t.Steps.CorrectCodes, planAgain(Subject{Job: impact.Job, Target: target}))}
}

// Impact is whom codes would block at the next run of a job.
type Impact struct {
	Job         string      `json:"job"`
	Partner     string      `json:"partner"`
	Environment string      `json:"environment"`
	Dossier     string      `json:"dossier"`
	Label       string      `json:"label,omitempty"`
	Period      jobs.Period `json:"period"`
	Read        int         `json:"employees_read"`
	Blocked     int         `json:"blocked"`
	Employees   []Blocked   `json:"employees"`
	Next        []Step      `json:"next"`
}

// Blocked is an employee whose codes are wrong.
type Blocked struct {
	Key      string    `json:"key"`
	Problems []Problem `json:"problems"`
}

// ImpactOf is the same as data.
func (t *Teller) ImpactOf(target jobs.Target, impact jobs.Impact) *Impact {
	t = t.about(Subject{Job: impact.Job, Target: target, Period: impact.Period})
	out := &Impact{Job: impact.Job, Partner: target.Partner, Environment: target.Environment, Dossier: target.Dossier,
		Label: t.options.Labels[target.Dossier], Period: impact.Period, Read: impact.Read, Blocked: impact.N, Employees: []Blocked{},
		Next: append([]Step{}, t.impactSteps(target, impact)...)}
	for _, employee := range impact.Employees {
		out.Employees = append(out.Employees, Blocked{employee.Key, t.problems(employee.Problems)})
	}
	return out
}

// WriteImpactJSON writes one object.
func (t *Teller) WriteImpactJSON(w io.Writer, target jobs.Target, impact jobs.Impact) error {
	out := newStream(w)
	out.value(t.ImpactOf(target, impact))
	return out.end("\n")
}
