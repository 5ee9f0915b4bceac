package view

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// shownCodes is how many codes a report sums unless all are asked for.
const shownCodes = 8

// Amounts is what the elements of a plan come to, beside what is usual.
type Amounts struct {
	Title string
	Table Table // no rows = there is nothing to sum
	Notes []string
	More  bool // there are codes that are not told
}

// amounts are told where a person decides, or asks for all; nil = they are not told, or nobody has opened them.
func (t *Teller) amounts(sums *jobs.Sums, period jobs.Period, findings []jobs.Finding, decides, all bool, again Action) *Amounts {
	if sums == nil || !decides && !all {
		return nil
	}
	words := &t.Amounts
	a := &Amounts{Title: locale.Fill(words.Title, "period", t.ofPeriod(period))}
	if sums.None != "" {
		a.Notes = []string{words.None[string(sums.None)]}
		return a
	}
	lines, left := shownSums(sums, findings, all)
	a.Table = Table{Head: t.amountsHead(sums, period), Numbers: 1}
	for i := range lines {
		a.Table.Rows = append(a.Table.Rows, t.amountsRow(&lines[i], sums))
	}
	a.Notes = t.amountNotes(sums, len(lines) > 0)
	if left > 0 {
		more := t.Count(words.More, left)
		a.More = !all
		if again.All = true; !all && !t.options.Page {
			more += t.Colon + again.Command()
		}
		a.Notes = append(a.Notes, more)
	}
	if len(a.Table.Rows)+len(a.Notes) == 0 {
		return nil
	}
	return a
}

// shownSums are the members, and of the codes those that something was found about, and that are furthest from the usual.
func shownSums(sums *jobs.Sums, findings []jobs.Finding, all bool) (lines []jobs.Sum, left int) {
	lines = slices.DeleteFunc(slices.Clone(sums.Lines), func(s jobs.Sum) bool { return s.Now == 0 && s.Same == 0 && !occurred(&s) })
	if all {
		return lines, sums.More
	}
	codes := slices.DeleteFunc(slices.Clone(lines), func(s jobs.Sum) bool { return !ofCode(s.Path) })
	about := func(s *jobs.Sum) bool {
		return slices.ContainsFunc(findings, func(f jobs.Finding) bool { return f.Path == s.Path })
	}
	slices.SortStableFunc(codes, func(a, b jobs.Sum) int { return cmp.Compare(unusual(&b), unusual(&a)) })
	dropped := map[string]bool{}
	for i := shownCodes; i < len(codes); i++ {
		if !about(&codes[i]) {
			dropped[codes[i].Path] = true
		}
	}
	lines = slices.DeleteFunc(lines, func(s jobs.Sum) bool { return dropped[s.Path] })
	return lines, sums.More + len(dropped)
}

func occurred(s *jobs.Sum) bool {
	return slices.ContainsFunc(s.Before, func(units int64) bool { return units != 0 })
}

// ofCode tells the path of one code from that of a member as a whole.
func ofCode(path string) bool { return strings.Contains(path, "[") }

// unusual is how far a sum is from what it usually is.
func unusual(s *jobs.Sum) int64 {
	usual, _ := s.Usual()
	return max(s.Now-usual, usual-s.Now)
}

// amountsHead names the columns: this month, its earlier run, the newest month before, what is usual.
func (t *Teller) amountsHead(sums *jobs.Sums, period jobs.Period) []string {
	words := &t.Amounts
	head := []string{words.Element, words.People, t.period(period)}
	if sums.Run != 0 {
		head = append(head, locale.Fill(words.Run, "run", sums.Run))
	}
	if len(sums.Months) > 0 {
		head = append(head, t.period(sums.Months[0]))
	}
	if sums.Run != 0 || len(sums.Months) > 0 {
		head = append(head, words.Usual)
	}
	return head
}

func (t *Teller) amountsRow(s *jobs.Sum, sums *jobs.Sums) []string {
	known := func(units int64, known bool) string {
		if !known {
			return "–"
		}
		return t.amount(units)
	}
	row := []string{t.summed(s, onlyList(sums)), t.Number(s.People), t.amount(s.Now)}
	if sums.Run != 0 {
		row = append(row, known(s.Same, s.Same != 0))
	}
	if len(sums.Months) > 0 {
		row = append(row, known(s.Before[0], s.Before[0] != 0))
	}
	if sums.Run != 0 || len(sums.Months) > 0 {
		row = append(row, known(s.Usual()))
	}
	return row
}

// summed names a sum: "Montant, in all", "PRIME_EXC.Montant (exceptional bonus)".
func (t *Teller) summed(s *jobs.Sum, list string) string {
	if !ofCode(s.Path) {
		return locale.Fill(t.Amounts.Whole, "path", t.within(list, s.Path))
	}
	return t.labelled(s.Path, s.Label)
}

// onlyList is the one list that all codes are of; "" = there are several, or none is known.
func onlyList(sums *jobs.Sums) (list string) {
	for i := range sums.Lines {
		of, _, code := strings.Cut(sums.Lines[i].Path, "[")
		switch {
		case !code:
		case list != "" && list != of:
			return ""
		default:
			list = of
		}
	}
	return list
}

// within is the path of a member as it is called where there is one list.
func (t *Teller) within(list, path string) string {
	if label := t.label(path); label != "" {
		return label
	}
	if list == "" {
		return path
	}
	return strings.TrimPrefix(path, list+".")
}

// labelled is the name of a field, with what people call its code.
func (t *Teller) labelled(path, label string) string {
	if label == "" {
		return t.member(path)
	}
	return t.member(path) + " (" + Cut(label) + ")"
}

// amountNotes say what the usual is, and what is in no sum.
func (t *Teller) amountNotes(sums *jobs.Sums, summed bool) []string {
	words, list := &t.Amounts, onlyList(sums)
	var notes []string
	switch n := len(sums.Months); {
	case !summed:
	case n == 0 && sums.Run == 0:
		notes = append(notes, words.First)
	case n < jobs.LeastPeriods && sums.Run != 0:
		notes = append(notes, words.Rerun)
	default:
		notes = append(notes, locale.Fill(t.Noun(words.Median, n), "n", t.Number(n), "first", t.period(sums.Months[n-1]), "last",
			t.period(sums.Months[0])))
	}
	for _, odd := range sums.Odd {
		notes = append(notes, locale.Fill(t.Count(words.Odd, int(odd.N)), "path", t.within(list, odd.Path)))
	}
	var hidden []string
	for _, path := range sums.Hidden {
		hidden = append(hidden, t.within(list, path))
	}
	if len(hidden) > 0 {
		notes = append(notes, locale.Fill(t.Noun(words.Hidden, len(hidden)), "paths", strings.Join(hidden, ", ")))
	}
	return notes
}

// amount is an exact number of 1/10000 as people write amounts: with two digits behind the sign, or as many more as it has.
func (t *Teller) amount(units int64) string {
	whole, fraction := parts(units)
	const least = 2
	fraction = strings.TrimRight(fraction, "0")
	fraction += strings.Repeat("0", max(0, least-len(fraction)))
	sign := ""
	if units < 0 {
		sign = "-"
	}
	return sign + t.Number(int(whole)) + t.Decimal + fraction
}

// decimalOf is the same number as JSON has it.
func decimalOf(units int64) json.Number {
	whole, fraction := parts(units)
	text := strconv.FormatInt(whole, 10)
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		text += "." + fraction
	}
	if units < 0 {
		text = "-" + text
	}
	return json.Number(text)
}

// parts are the digits of a number of 1/10000 without its sign, before and behind the point.
func parts(units int64) (whole int64, fraction string) {
	const perOne, places = 10_000, 4
	units = max(units, -units)
	fraction = strconv.FormatInt(units%perOne, 10)
	return units / perOne, strings.Repeat("0", places-len(fraction)) + fraction
}

// opened are findings with the amounts that they are about, as far as those are at hand.
func opened(findings []jobs.Finding, sums *jobs.Sums) []jobs.Finding {
	if sums == nil || len(findings) == 0 {
		return findings
	}
	findings = slices.Clone(findings)
	for i := range findings {
		f := &findings[i]
		at := slices.IndexFunc(sums.Lines, func(s jobs.Sum) bool { return s.Path == f.Path })
		switch {
		case at < 0:
		case f.Rule == jobs.RuleCodeTotal:
			s := &sums.Lines[at]
			usual, _ := s.Usual()
			f.Amount = &jobs.Amount{Now: s.Now, Usual: usual, Label: s.Label, People: s.People, Who: s.Who}
		case f.Amount != nil:
			about := *f.Amount
			about.Label = sums.Lines[at].Label
			f.Amount = &about
		}
	}
	return findings
}

// amountsOf is ": 12 000,00 instead of 3 500,00, of 40 employees; furthest from what is usual for them: 00012 (…), …".
func (t *Teller) amountsOf(a *jobs.Amount, names int) string {
	if a == nil {
		return ""
	}
	words := &t.Amounts
	instead := func(now, usual int64) string {
		return locale.Fill(words.Instead, "now", t.amount(now), "usual", t.amount(usual))
	}
	text := t.Colon + instead(a.Now, a.Usual)
	if a.People > 0 {
		text += t.Count(words.Of, a.People)
	}
	var who []string
	for _, w := range a.Who[:min(len(a.Who), names)] {
		who = append(who, strings.TrimSpace(w.Key+" "+t.called(w.Key))+" ("+instead(w.Now, w.Usual)+")")
	}
	if len(who) > 0 {
		text += t.Semicolon + locale.Fill(words.Who, "who", strings.Join(who, ", "))
	}
	return text
}

// Sums are the amounts of a plan as JSON has them.
type Sums struct {
	Months []jobs.Period    `json:"months"`
	Run    int64            `json:"run,omitempty"`
	Lines  []Sum            `json:"lines"`
	More   int              `json:"more,omitempty"`
	Hidden []string         `json:"hidden,omitempty"`
	Odd    []jobs.OddValues `json:"odd,omitempty"`
	None   jobs.NoSums      `json:"none,omitempty"`
}

// Sum is one of them.
type Sum struct {
	Path        string        `json:"path"`
	Label       string        `json:"label,omitempty"` // of the code
	MemberLabel string        `json:"member_label,omitempty"`
	Employees   int           `json:"employees"`
	Now         json.Number   `json:"now"`
	Usual       *json.Number  `json:"usual"`
	Same        *json.Number  `json:"same,omitempty"`
	Before      []json.Number `json:"before"`
	Who         []Whose       `json:"who,omitempty"`
}

// Whose is what one employee has of it.
type Whose struct {
	Key   string      `json:"key"`
	Now   json.Number `json:"now"`
	Usual json.Number `json:"usual"`
}

// Amount is what a finding is about.
type Amount struct {
	Now       json.Number `json:"now"`
	Usual     json.Number `json:"usual"`
	Label     string      `json:"label,omitempty"`
	Employees int         `json:"employees,omitempty"`
	Who       []Whose     `json:"who,omitempty"`
}

func whoseOf(who []jobs.Whose) (out []Whose) {
	for _, w := range who {
		out = append(out, Whose{w.Key, decimalOf(w.Now), decimalOf(w.Usual)})
	}
	return out
}

func amountOf(a *jobs.Amount) *Amount {
	if a == nil {
		return nil
	}
	return &Amount{decimalOf(a.Now), decimalOf(a.Usual), a.Label, a.People, whoseOf(a.Who)}
}

// sumsOf are the amounts of a plan, exact; nil = nobody has opened them.
func (t *Teller) sumsOf(sums *jobs.Sums) *Sums {
	if sums == nil {
		return nil
	}
	out := &Sums{Months: append([]jobs.Period{}, sums.Months...), Run: sums.Run, Lines: []Sum{}, More: sums.More, Hidden: sums.Hidden,
		Odd: sums.Odd, None: sums.None}
	for i := range sums.Lines {
		s := &sums.Lines[i]
		line := Sum{Path: s.Path, Label: s.Label, MemberLabel: t.label(s.Path), Employees: s.People, Now: decimalOf(s.Now),
			Before: []json.Number{}, Who: whoseOf(s.Who)}
		if usual, known := s.Usual(); known {
			line.Usual = new(decimalOf(usual))
		}
		if sums.Run != 0 {
			line.Same = new(decimalOf(s.Same))
		}
		for _, units := range s.Before {
			line.Before = append(line.Before, decimalOf(units))
		}
		out.Lines = append(out.Lines, line)
	}
	return out
}
