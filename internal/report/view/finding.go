package view

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// Finding is one sentence: what tripped, the figures, the limit, and whom it is about.
func (t *Teller) Finding(f jobs.Finding) string {
	return t.finding(&f, max(len(f.Keys), len(f.Members)))
}

// finding names at most so many matricules or members. Its sentence may have these placeholders: {n}, {of} and {max} numbers,
// {limit} and {within} how much passes, {ratio}, {most} how many times passes, {path}, {column}, {marks} and {status}
// in brackets, {period}, {run}, {job}, {keys} and {members} behind a colon, {others} without one, {form} what changed
// of a form, {targets} others of the same establishment, {amounts} behind a colon.
func (t *Teller) finding(f *jobs.Finding, names int) string {
	words, known := t.Findings[string(f.Rule)]
	if !known { // of a newer program
		return Clean(string(f.Rule))
	}
	guard := &t.Guard
	n := max(f.N, len(f.Keys), len(f.Members))
	text := t.Noun(words, n)
	if f.Rule == jobs.RuleDrift && f.Path == "" {
		text = guard.Gone
	}
	if f.Rule == jobs.RuleForm && n == 0 {
		text = guard.FormOnly
	}
	if f.Rule == jobs.RuleNoJSON && n == 0 {
		text = guard.NoBody
	}
	others := t.names(f, names)
	keys := ""
	if others != "" {
		keys = t.Colon + others
	} else {
		others = guard.Someone
	}
	return Clean(strings.NewReplacer("{n}", t.Number(n), "{of}", t.Number(f.Of), "{max}", t.Number(f.Limit),
		"{limit}", t.limit(f, guard.Limit, guard.NoLimit), "{within}", t.limit(f, guard.Within, guard.NoneWithin),
		"{ratio}", t.decimal(f.Ratio), "{most}", t.most(f), "{path}", t.fieldOf(f), "{column}", f.Column, "{marks}", t.marks(f), "{status}",
		status(f), "{period}", t.ofPeriod(f.Period),
		"{run}", strconv.FormatInt(f.Run, 10), "{job}", f.Job, "{members}", t.members(f, names), "{keys}", keys, "{others}", others, "{form}",
		t.form(f), "{targets}", otherTargets(f), "{amounts}", t.amountsOf(f.Amount, names)).Replace(text))
}

// fieldOf names what a finding is about, with what people call its code where that is known.
func (t *Teller) fieldOf(f *jobs.Finding) string {
	if f.Amount == nil {
		return t.member(f.Path)
	}
	return t.labelled(f.Path, f.Amount.Label)
}

// otherTargets are "saint-martin (https://api.example.org/v2)".
func otherTargets(f *jobs.Finding) string {
	names := make([]string, 0, len(f.Others))
	for _, o := range f.Others {
		names = append(names, Cut(o.Dossier+" ("+o.BaseURL+")"))
	}
	return strings.Join(names, ", ")
}

// form tells how the call and its meaning changed: "path /V2/Salarie/Simulation, now /V2/Salarie".
func (t *Teller) form(f *jobs.Finding) string {
	parts := make([]string, 0, len(f.Form))
	for _, c := range f.Form {
		parts = append(parts, locale.Fill(t.Guard.FormChange, "member", t.Guard.Form[string(c.Member)], "old", Cut(c.Old), "new", Cut(c.New)))
	}
	return strings.Join(parts, t.Semicolon)
}

// names lists matricules, and counts those that are not named.
func (t *Teller) names(f *jobs.Finding, atMost int) string {
	return t.listed(t.persons(f.Keys), f.N, atMost)
}

// members lists the paths that a finding names, and counts those that are not named.
func (t *Teller) members(f *jobs.Finding, atMost int) string {
	text := t.listed(f.Members, f.N, atMost)
	if text == "" {
		return ""
	}
	return t.Colon + text
}

// listed names the first of what are n in all, and counts the others.
func (t *Teller) listed(all []string, n, atMost int) string {
	shown := all[:min(len(all), atMost)]
	if len(shown) == 0 {
		return ""
	}
	text := strings.Join(shown, ", ")
	if rest := max(n, len(all)) - len(shown); rest > 0 {
		text += t.Count(t.Guard.More, rest)
	}
	return text
}

// limit is "at most 12 (30%) pass without a person".
func (t *Teller) limit(f *jobs.Finding, some locale.Plural, none string) string {
	if f.Limit == 0 {
		return none
	}
	text := t.Number(f.Limit)
	if f.Of > 0 {
		text = locale.Fill(t.Guard.Share, "n", text, "share", t.Number(int(math.Round(100*float64(f.Limit)/float64(f.Of)))))
	}
	return locale.Fill(t.Noun(some, f.Limit), "n", text)
}

// marks are " (U+FFFD, mojibake)", "" where a finding has none.
func (t *Teller) marks(f *jobs.Finding) string {
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
func (t *Teller) most(f *jobs.Finding) string {
	if f.Most <= 0 || f.Most > math.MaxInt32 {
		return ""
	}
	return locale.Fill(t.Guard.Most, "times", t.decimal(f.Most))
}

// decimal is a ratio, with at most two digits behind the sign that the language puts there.
func (t *Teller) decimal(ratio float64) string {
	if math.Abs(ratio) >= 1000 && math.Abs(ratio) < math.MaxInt32 {
		return t.Number(int(math.Round(ratio)))
	}
	text := strconv.FormatFloat(math.Round(ratio*100)/100, 'f', -1, 64)
	return strings.Replace(text, ".", t.Decimal, 1)
}

// fieldName is "PRIME_EXC.Montant" for "Elements[PRIME_EXC].Montant".
func fieldName(path string) string {
	if _, code, member, ok := mapping.ElementOf(path); ok {
		return code + "." + member
	}
	return path
}

// Findings is a paragraph of what guards found.
type Findings struct {
	Title string
	Lines []Sentence
}

// Sentence is one finding, and the changes of the contract that it names.
type Sentence struct {
	Text    string
	Changes []ChangeLine
	More    string // how many changes are not listed; "" = all are
}

// findings are sentences below a title, each with at most so many matricules; none where there are none.
func (t *Teller) findings(title string, findings []jobs.Finding, names int) []Findings {
	if len(findings) == 0 {
		return nil
	}
	part := Findings{Title: title}
	for i := range findings {
		f := &findings[i]
		sentence := Sentence{Text: t.finding(f, names)}
		shown := f.Contract[:min(len(f.Contract), names)]
		for i := range shown {
			sentence.Changes = append(sentence.Changes, t.changeLine(&shown[i]))
		}
		if rest := max(f.N, len(f.Contract)) - len(shown); rest > 0 && len(shown) > 0 {
			sentence.More = t.Count(t.Plurals.More, rest)
		}
		part.Lines = append(part.Lines, sentence)
	}
	return []Findings{part}
}

// runFindings are what the guards found about a run. What holds it is told in full; what a person has decided about is told in
// short.
func (t *Teller) runFindings(run *jobs.Run) []Findings {
	guard := &t.Guard
	holding, notices := parted(opened(run.Findings, run.Sums))
	title, names := guard.Was, shownKeys
	switch {
	case run.State == jobs.Held:
		title, names = guard.Held, jobs.FindingKeys
	case run.ApprovedBy != "":
		title = guard.Approved
	}
	return slices.Concat(t.findings(title, holding, names), t.findings(guard.Notices, notices, jobs.FindingKeys))
}

// parted are the findings that wait for a person, and the others.
func parted(findings []jobs.Finding) (holding, notices []jobs.Finding) {
	holding = slices.DeleteFunc(slices.Clone(findings), func(f jobs.Finding) bool { return !f.Holds })
	notices = slices.DeleteFunc(slices.Clone(findings), func(f jobs.Finding) bool { return f.Holds })
	return holding, notices
}

// findingLines are a line a finding of an employee, and what the other side edited.
func (t *Teller) findingLines(item *jobs.Item, all bool) []string {
	var text []string
	for i := range item.Findings {
		f := &item.Findings[i]
		text = append(text, t.finding(f, shownKeys))
		for j := range f.Changes {
			if !all && j == maxProblems {
				text = append(text, "  "+t.Count(t.Plurals.More, len(f.Changes)-maxProblems))
				break
			}
			if change := &f.Changes[j]; change.Path != "" {
				text = append(text, fmt.Sprintf("  %s %s  %s", change.Op, t.memberAt(change.Path), t.change(change)))
			}
		}
	}
	return text
}

// wasHeld tells of an employee who is no longer held why that was so.
func (t *Teller) wasHeld(item *jobs.Item) []string {
	var text []string
	for i := range item.Findings {
		if f := &item.Findings[i]; f.Holds {
			text = append(text, locale.Fill(t.Guard.WasHeld, "finding", t.finding(f, shownKeys)))
		}
	}
	return text
}
