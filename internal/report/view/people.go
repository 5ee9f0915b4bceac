package view

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"syncd/internal/canonjson"
	"syncd/internal/jobs"
	"syncd/internal/ledger"
	"syncd/internal/mapping"
	"syncd/internal/report/locale"
)

// Question asks what some employees of a job and a target are called.
type Question struct {
	Of   Subject
	Keys []string
}

// Naming tells what employees are called at this moment, of each question by their matricules; of whom it does not know it says nothing.
// It is asked for those alone who are shown, as few times as can be.
type Naming func(asked []Question) []map[string]string

// people is what employees are called, as long as one report is made. It is in no data: --json never has a name.
type people struct {
	ask   Naming
	mu    sync.Mutex
	known map[whose]string // "" = nobody knows
}

type whose struct{ job, dossier, key string }

// Named is the same teller for one report that shows people by name, beside their matricule. Titles never have one.
func (t *Teller) Named(ask Naming) *Teller {
	if ask == nil {
		return t
	}
	other := *t
	other.people = &people{ask: ask, known: map[whose]string{}}
	return &other
}

// about is the same teller about a job and a target: what their members and their employees are called.
func (t *Teller) about(of Subject) *Teller {
	other := *t.Of(of.Target)
	other.subject, other.labels = of, t.options.Members[of.Job]
	return &other
}

func (s *Subject) whose(key string) whose { return whose{s.Job, s.Target.Dossier, key} }

// learn asks what some employees are called who are about to be shown.
func (t *Teller) learn(keys ...string) {
	if t.people != nil {
		t.people.learn([]Question{{t.subject, keys}})
	}
}

// learn asks, at once, about those of whom it was not asked yet.
func (p *people) learn(asked []Question) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var unknown []Question
	for _, q := range asked {
		var keys []string
		for _, key := range q.Keys {
			if _, known := p.known[q.Of.whose(key)]; !known && key != "" && q.Of.Job != "" {
				p.known[q.Of.whose(key)] = ""
				keys = append(keys, key)
			}
		}
		if len(keys) > 0 {
			unknown = append(unknown, Question{q.Of, keys})
		}
	}
	if len(unknown) == 0 {
		return
	}
	for i, names := range p.ask(unknown) {
		for key, name := range names {
			p.known[unknown[i].Of.whose(key)] = Clean(name)
		}
	}
}

// called is what an employee is called who was learnt; "" = that is not known, or not shown.
func (t *Teller) called(key string) string {
	if t.people == nil {
		return ""
	}
	t.people.mu.Lock()
	defer t.people.mu.Unlock()
	return t.people.known[t.subject.whose(key)]
}

// person is "00012 (Dupont Marie)" in a sentence, or the matricule alone.
func (t *Teller) person(key string) string {
	if name := t.called(key); name != "" {
		return key + " (" + name + ")"
	}
	return key
}

// persons are some in a list.
func (t *Teller) persons(keys []string) []string {
	if t.people == nil {
		return keys
	}
	named := make([]string, len(keys))
	for i, key := range keys {
		named[i] = t.person(key)
	}
	return named
}

// learnFindings asks about those whom findings name, at most so many of each.
func (t *Teller) learnFindings(keys []string, findings []jobs.Finding, atMost int) []string {
	for i := range findings {
		f := &findings[i]
		keys = append(keys, f.Keys[:min(len(f.Keys), atMost)]...)
		if f.Amount != nil {
			for _, w := range f.Amount.Who[:min(len(f.Amount.Who), atMost)] {
				keys = append(keys, w.Key)
			}
		}
	}
	return keys
}

// keysOf are the matricules that a line about an item names.
func (t *Teller) keysOf(keys []string, item *jobs.Item) []string {
	return t.learnFindings(append(keys, item.Key), item.Findings, shownKeys)
}

// learnRun asks about those whom a report of a run names, but for what is listed in full.
func (t *Teller) learnRun(run *jobs.Run, found *gathered) {
	if t.people == nil {
		return
	}
	keys := slices.Clone(run.Employees[:min(len(run.Employees), 2*shownKeys)])
	for i := range found.groups {
		g := &found.groups[i]
		for j := range g.kinds {
			keys = append(keys, g.kinds[j].keys...)
		}
		for j := range g.first {
			keys = t.keysOf(keys, &g.first[j])
		}
	}
	t.learn(t.learnFindings(keys, opened(run.Findings, run.Sums), jobs.FindingKeys)...)
}

// learnStory asks about an employee, and those who are named beside.
func (t *Teller) learnStory(story *ledger.Story, now *Now) {
	keys := t.learnFindings([]string{story.Key}, now.Findings, shownKeys)
	for i := range now.Items {
		keys = t.keysOf(keys, &now.Items[i].Item)
	}
	for i := range story.Lines {
		keys = t.keysOf(keys, &story.Lines[i].Item)
		keys = t.learnFindings(keys, story.Lines[i].Run.Findings, shownKeys)
	}
	t.learn(keys...)
}

func (t *Teller) learnBlocked(impact jobs.Impact) {
	var keys []string
	for i := range impact.Employees {
		keys = append(keys, impact.Employees[i].Key)
	}
	t.learn(keys...)
}

// LearnMonths asks about those whom reports of several months are about to name, so that not each of them does.
func (t *Teller) LearnMonths(entries []*MonthEntry) {
	if t.people == nil {
		return
	}
	var asked []Question
	for _, e := range entries {
		if e.asks() {
			asked = append(asked, Question{e.subject(), keysMissing(e.Missing)})
		}
	}
	t.people.learn(asked)
}

// keysMissing are those whom what is left of a month names.
func keysMissing(missing []ledger.Missing) (keys []string) {
	for i := range missing {
		keys = append(keys, missing[i].Keys[:min(len(missing[i].Keys), ledger.NamedKeys)]...)
	}
	return keys
}

// undone is one thing that is left of a month, and of whom.
func (t *Teller) undone(m *ledger.Missing) string {
	of := *m
	of.Keys = slices.Clone(m.Keys)
	for i, key := range m.Keys { // they stand in brackets
		of.Keys[i] = strings.TrimSpace(key + " " + t.called(key))
	}
	return ledger.Undone([]ledger.Missing{of}).In(t.Catalogue)
}

// learnAtOnce is how many items are looked at before it is asked what those employees are called.
const learnAtOnce = 200

// learning are the same items: whom they are about is asked for in portions, before each is told of.
func (t *Teller) learning(items iter.Seq2[jobs.Item, error]) iter.Seq2[jobs.Item, error] {
	if t.people == nil {
		return items
	}
	return func(yield func(jobs.Item, error) bool) {
		for portion, err := range portions(items, learnAtOnce) {
			var keys []string
			for i := range portion {
				keys = t.keysOf(keys, &portion[i])
			}
			t.learn(keys...)
			for i := range portion {
				if !yield(portion[i], nil) {
					return
				}
			}
			if err != nil && !yield(jobs.Item{}, err) {
				return
			}
		}
	}
}

// portions are items, so many at once. The last comes with the error that ended them.
func portions(items iter.Seq2[jobs.Item, error], n int) iter.Seq2[[]jobs.Item, error] {
	return func(yield func([]jobs.Item, error) bool) {
		portion := make([]jobs.Item, 0, n)
		for item, err := range items {
			if err != nil {
				yield(portion, err)
				return
			}
			if portion = append(portion, item); len(portion) == n {
				if !yield(portion, nil) {
					return
				}
				portion = portion[:0]
			}
		}
		yield(portion, nil)
	}
}

// label is what people call a member, by its path in a document, a difference or a finding; "" = it has no other name.
func (t *Teller) label(path string) string {
	if len(t.labels) == 0 {
		return ""
	}
	if label := t.labels[path]; label != "" {
		return label
	}
	if list, code, member, ok := mapping.ElementOf(path); ok {
		if label := t.labels[list+"[]."+member]; label != "" {
			return code + ", " + label
		}
		return ""
	}
	return t.labelOfRow(path)
}

// labelOfRow is that of "Elements[PRIME_EXC]", a whole row, and of "Elements.Montant", a member of all rows.
func (t *Teller) labelOfRow(path string) string {
	if row, whole := strings.CutSuffix(path, "]"); whole {
		if list, code, _ := strings.Cut(row, "["); t.labels[list] != "" {
			return t.labels[list] + ", " + code
		}
	}
	for at := len(path) - 1; at > 0; at-- {
		if path[at] == '.' {
			if label := t.labels[path[:at]+"[]"+path[at:]]; label != "" {
				return label
			}
		}
	}
	return ""
}

// labelAt is what people call the place of a problem, "Éléments, élément 3, Montant"; "" = nothing of it has another name. Elements are
// counted from 0 in paths, and from 1 by people.
func (t *Teller) labelAt(path string) string {
	if len(t.labels) == 0 {
		return ""
	}
	if pointer, ok := strings.CutPrefix(path, "/"); ok {
		path = pathOf(pointer)
	}
	list, row, member, ok := mapping.ElementOf(path)
	n, err := strconv.ParseUint(row, 10, 31)
	if !ok || err != nil {
		return t.label(path)
	}
	listLabel, label := t.labels[list], t.labels[list+"[]."+member]
	if listLabel == "" && label == "" {
		return ""
	}
	return locale.Fill(t.Words.Element, "array", cmp.Or(listLabel, list), "n", t.Number(int(n)+1), "member", cmp.Or(label, member))
}

// pathOf is "Elements[2].Code" of the JSON pointer "Elements/2/Code".
func pathOf(pointer string) string {
	path := ""
	for token := range strings.SplitSeq(pointer, "/") {
		switch {
		case path == "":
			path = canonjson.PointerName(token)
		case index().MatchString(token):
			path += "[" + token + "]"
		default:
			path += "." + canonjson.PointerName(token)
		}
	}
	return path
}

// member is what people call a member, else its name in the documents.
func (t *Teller) member(path string) string {
	if label := t.label(path); label != "" {
		return label
	}
	return fieldName(path)
}

// memberAt is member, of a difference: what has no label has its whole path.
func (t *Teller) memberAt(path string) string {
	if label := t.label(path); label != "" {
		return label
	}
	return path
}
