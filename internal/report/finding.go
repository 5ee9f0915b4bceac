package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Finding is one sentence: what tripped, the figures, the limit, and whom it is about.
func (p *Printer) Finding(f jobs.Finding) string {
	return p.finding(&f, max(len(f.Keys), len(f.Members)))
}

// finding names at most so many matricules or members. Its sentence may have these placeholders: {n}, {of} and {max} numbers,
// {limit} and {within} how much passes, {ratio}, {most} how many times passes, {path}, {column}, {marks} and {status} in brackets, {period},
// {run}, {job}, {keys} and {members} behind a colon, {others} without one, {form} what changed of a form, {targets} others of the same
// establishment.
func (p *Printer) finding(f *jobs.Finding, names int) string {
	words, known := p.Catalogue.Findings[string(f.Rule)]
	if !known { // of a newer program
		return clean(string(f.Rule))
	}
	guard := &p.Catalogue.Guard
	n := max(f.N, len(f.Keys), len(f.Members))
	text := p.Noun(words, n)
	if f.Rule == jobs.RuleDrift && f.Path == "" {
		text = guard.Gone
	}
	if f.Rule == jobs.RuleForm && n == 0 {
		text = guard.FormOnly
	}
	if f.Rule == jobs.RuleNoJSON && n == 0 {
		text = guard.NoBody
	}
	others := p.names(f, names)
	keys := ""
	if others != "" {
		keys = p.Catalogue.Colon + others
	} else {
		others = guard.Someone
	}
	return clean(strings.NewReplacer("{n}", p.Number(n), "{of}", p.Number(f.Of), "{max}", p.Number(f.Limit),
		"{limit}", p.limit(f, guard.Limit, guard.NoLimit), "{within}", p.limit(f, guard.Within, guard.NoneWithin),
		"{ratio}", p.decimal(f.Ratio), "{most}", p.most(f), "{path}", fieldName(f.Path), "{column}", f.Column, "{marks}", p.marks(f), "{status}", status(f), "{period}", p.ofPeriod(f.Period),
		"{run}", strconv.FormatInt(f.Run, 10), "{job}", f.Job, "{members}", p.members(f, names), "{keys}", keys, "{others}", others, "{form}", p.form(f), "{targets}", otherTargets(f)).Replace(text))
}

// otherTargets are "saint-martin (https://www.isidoor.org/api2)".
func otherTargets(f *jobs.Finding) string {
	names := make([]string, 0, len(f.Others))
	for _, o := range f.Others {
		address, _, _ := strings.Cut(o.BaseURL, "#") // which tells spellings of an earlier version apart
		names = append(names, cut(o.Dossier+" ("+address+")"))
	}
	return strings.Join(names, ", ")
}

// form tells how the call and its meaning changed: "path /V2/Salarie/Simulation, now /V2/Salarie".
func (p *Printer) form(f *jobs.Finding) string {
	parts := make([]string, 0, len(f.Form))
	for _, c := range f.Form {
		parts = append(parts, locale.Fill(p.Catalogue.Guard.FormChange, "member", p.Catalogue.Guard.Form[string(c.Member)], "old", cut(c.Old), "new", cut(c.New)))
	}
	return strings.Join(parts, p.Catalogue.Semicolon)
}

// names lists matricules, and counts those that are not named.
func (p *Printer) names(f *jobs.Finding, atMost int) string {
	return p.listed(f.Keys, f.N, atMost)
}

// members lists the paths that a finding names, and counts those that are not named.
func (p *Printer) members(f *jobs.Finding, atMost int) string {
	text := p.listed(f.Members, f.N, atMost)
	if text == "" {
		return ""
	}
	return p.Catalogue.Colon + text
}

// listed names the first of what are n in all, and counts the others.
func (p *Printer) listed(all []string, n, atMost int) string {
	shown := all[:min(len(all), atMost)]
	if len(shown) == 0 {
		return ""
	}
	text := strings.Join(shown, ", ")
	if rest := max(n, len(all)) - len(shown); rest > 0 {
		text += p.Count(p.Catalogue.Guard.More, rest)
	}
	return text
}

// limit is "at most 12 (30%) pass without a person".
func (p *Printer) limit(f *jobs.Finding, some locale.Plural, none string) string {
	if f.Limit == 0 {
		return none
	}
	text := p.Number(f.Limit)
	if f.Of > 0 {
		text = locale.Fill(p.Catalogue.Guard.Share, "n", text, "share", p.Number(int(math.Round(100*float64(f.Limit)/float64(f.Of)))))
	}
	return locale.Fill(p.Noun(some, f.Limit), "n", text)
}

// marks are " (U+FFFD, mojibake)", "" where a finding has none.
func (p *Printer) marks(f *jobs.Finding) string {
	if len(f.Marks) == 0 {
		return ""
	}
	return " (" + strings.Join(f.Marks, ", ") + ")"
}

// status is " (HTTP 403)", "" where nothing was answered.
func status(f *jobs.Finding) string {
	if f.Status == 0 {
		return ""
	}
	return fmt.Sprintf(" (HTTP %d)", f.Status)
}

// most is " (limit: 2 times)", "" where only a difference is limited.
func (p *Printer) most(f *jobs.Finding) string {
	if f.Most <= 0 || f.Most > math.MaxInt32 {
		return ""
	}
	return locale.Fill(p.Catalogue.Guard.Most, "times", p.decimal(f.Most))
}

// decimal is a ratio, with at most two digits behind the sign that the language puts there.
func (p *Printer) decimal(ratio float64) string {
	if math.Abs(ratio) >= 1000 && math.Abs(ratio) < math.MaxInt32 {
		return p.Number(int(math.Round(ratio)))
	}
	text := strconv.FormatFloat(math.Round(ratio*100)/100, 'f', -1, 64)
	return strings.Replace(text, ".", p.Catalogue.Decimal, 1)
}

// elementField is the path of a member of payroll elements with one code.
var elementField = regexp.MustCompile(`^[^\[\]]+\[(.+)\]\.([^\[\]]+)$`)

// fieldName is "PRIME_EXC.Montant" for "Elements[PRIME_EXC].Montant".
func fieldName(path string) string { return elementField.ReplaceAllString(path, "$1.$2") }

// findings writes a paragraph of sentences, each with at most so many matricules.
func (g *page) findings(title string, findings []jobs.Finding, names int) {
	if len(findings) == 0 {
		return
	}
	g.title(title)
	for i := range findings {
		g.hanging(g.finding(&findings[i], names))
		g.contractLines(&findings[i], names)
	}
}

// hanging writes a sentence whose lines but the first are indented further.
func (g *page) hanging(sentence string) {
	for i, line := range wrap(sentence, textWidth) {
		g.line(itemIndent+min(i, 1)*itemIndent, line)
	}
}

// runFindings writes what the guards found about a run. What holds it is told in full; what a person has decided about is
// told in short.
func (g *page) runFindings(run *jobs.Run) {
	guard := &g.Catalogue.Guard
	holding, notices := parted(run.Findings)
	switch {
	case run.State == jobs.Held:
		g.findings(guard.Held, holding, jobs.FindingKeys)
	case run.ApprovedBy != "":
		g.findings(guard.Approved, holding, shownKeys)
	default:
		g.findings(guard.Was, holding, shownKeys)
	}
	g.findings(guard.Notices, notices, jobs.FindingKeys)
}

// parted are the findings that wait for a person, and the others.
func parted(findings []jobs.Finding) (holding, notices []jobs.Finding) {
	holding = slices.DeleteFunc(slices.Clone(findings), func(f jobs.Finding) bool { return !f.Holds })
	notices = slices.DeleteFunc(slices.Clone(findings), func(f jobs.Finding) bool { return f.Holds })
	return holding, notices
}

// findingLines are a line a finding of an employee, and what the other side edited.
func (p *Printer) findingLines(item *jobs.Item, all bool) []string {
	var text []string
	for i := range item.Findings {
		f := &item.Findings[i]
		text = append(text, p.finding(f, shownKeys))
		for j := range f.Changes {
			if !all && j == maxProblems {
				text = append(text, "  "+p.Count(p.Catalogue.Plurals.More, len(f.Changes)-maxProblems))
				break
			}
			if change := &f.Changes[j]; change.Path != "" {
				text = append(text, fmt.Sprintf("  %s %s  %s", change.Op, change.Path, p.change(change)))
			}
		}
	}
	return text
}

// wasHeld tells of an employee who is no longer held why that was so.
func (p *Printer) wasHeld(item *jobs.Item) []string {
	var text []string
	for i := range item.Findings {
		if f := &item.Findings[i]; f.Holds {
			text = append(text, locale.Fill(p.Catalogue.Guard.WasHeld, "finding", p.finding(f, shownKeys)))
		}
	}
	return text
}
