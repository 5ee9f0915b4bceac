package plan

import (
	"cmp"
	"slices"
	"strings"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

const (
	mostWhose = 6    // employees named of one sum
	mostSums  = 200  // codes told of
	mostPaths = 1000 // codes of which employees are remembered: there may be as many codes as people
	// leastIdentifying is a number of 13 digits, as a NIR has without its key: no sum of pay is as large.
	leastIdentifying = 1e12 * unitsPerOne
)

// deviants are those who would be sent, and differ most from what is usual for them: at most mostWhose of each path, the furthest
// first.
type deviants map[string][]jobs.Whose

// see looks at the amounts of an employee, the first of history.
func (d deviants) see(key string, history []jobs.PeriodTotals) {
	now, before := history[0].Totals, history[1:]
	for path, units := range now {
		if !isCount(path) {
			d.offer(path, jobs.Whose{Key: key, Now: units, Usual: jobs.UsualAmount(path, before)})
		}
	}
	if len(before) == 0 {
		return
	}
	for path := range before[0].Totals {
		if _, occurs := now[path]; !occurs && !isCount(path) {
			d.offer(path, jobs.Whose{Key: key, Usual: jobs.UsualAmount(path, before)})
		}
	}
}

func (d deviants) offer(path string, w jobs.Whose) {
	far := distance(w.Now, w.Usual)
	furthest, known := d[path]
	switch {
	case far == 0,
		!known && len(d) == mostPaths,
		len(furthest) == mostWhose && far <= distance(furthest[mostWhose-1].Now, furthest[mostWhose-1].Usual):
		return
	case len(furthest) == mostWhose:
		furthest = furthest[:mostWhose-1]
	}
	at := slices.IndexFunc(furthest, func(o jobs.Whose) bool { return distance(o.Now, o.Usual) < far })
	if at < 0 {
		at = len(furthest)
	}
	d[path] = slices.Insert(furthest, at, w)
}

// distance is no more than twice mostUnits.
func distance(a, b int64) int64 { return max(a-b, b-a) }

// shows reports whether amounts of a path may be shown: the mapping knows its member, and none of it is sensitive.
func (w *watch) shows(path string, amounts ...int64) bool {
	list, _, member := split(path)
	return slices.ContainsFunc(w.groups, func(g watchedGroup) bool {
		at := slices.IndexFunc(g.members, func(m mapping.Quantity) bool { return m.Path == member })
		return g.path == list && at >= 0 && !g.secret[at]
	}) && !slices.ContainsFunc(amounts, identifying)
}

func identifying(units int64) bool { return distance(units, 0) >= leastIdentifying }

// split takes the path of a total apart: "Elements", "HSUP25", "Montant".
func split(path string) (list, code, member string) {
	list, rest, _ := strings.Cut(path, "[")
	if closes := strings.LastIndex(rest, "]."); closes >= 0 {
		code, member = rest[:closes], rest[closes+len("]."):]
	}
	return list, code, member
}

// showAmounts adds to what was found about an employee the amounts that it is about, where they may be shown.
func (g *guards) showAmounts(findings []jobs.Finding, history []jobs.PeriodTotals) []jobs.Finding {
	for i := range findings {
		f := &findings[i]
		now, usual := history[0].Totals[f.Path], jobs.UsualAmount(f.Path, history[1:])
		if f.Shown = g.watch.shows(f.Path, now, usual); f.Shown {
			f.Amount = &jobs.Amount{Now: now, Usual: usual, Label: g.label(f.Path)}
		}
	}
	return findings
}

// label is that of the code in a path, by the nomenclature that it is of.
func (g *guards) label(path string) string {
	list, code, _ := split(path)
	for _, children := range g.Job.Mapping.Children {
		if key := mapping.FindField(children.Fields, children.Key); children.Path == list && key != nil && !isSensitive(children) {
			return g.Nomenclatures[key.Nomenclature][code].Label
		}
	}
	return ""
}

// sums are what is told of everyone's amounts. findings are those of the plan: what they are about is told in any case.
func (g *guards) sums(findings []jobs.Finding) *jobs.Sums {
	h, s := &g.Before.History, &jobs.Sums{}
	for i := range h.Earlier {
		s.Months = append(s.Months, h.Earlier[i].Period)
	}
	if h.Same != nil {
		s.Run = h.Same.Run
	}
	about := map[string]bool{}
	for i := range findings {
		about[findings[i].Path] = true
	}
	var codes []jobs.Sum
	all := paths(h, g.evidence.totals)
	for i := range g.watch.groups {
		for member := range g.watch.groups[i].members {
			codes = append(codes, g.memberSums(&g.watch.groups[i], member, all, about, s)...)
		}
	}
	slices.SortStableFunc(codes, func(a, b jobs.Sum) int { return cmp.Compare(unusualBy(&b), unusualBy(&a)) })
	slices.SortStableFunc(codes, func(a, b jobs.Sum) int { // what something was found about is first
		switch {
		case about[a.Path] == about[b.Path]:
			return 0
		case about[a.Path]:
			return -1
		}
		return 1
	})
	if beyond := len(codes) - mostSums; beyond > 0 {
		s.More += beyond
		codes = codes[:mostSums]
	}
	slices.SortFunc(codes, func(a, b jobs.Sum) int { return strings.Compare(a.Path, b.Path) })
	s.Lines = append(s.Lines, codes...)
	return s
}

// unusualBy is how far a sum is from what it usually is.
func unusualBy(s *jobs.Sum) int64 {
	usual, _ := s.Usual()
	return distance(s.Now, usual)
}

// memberSums adds what a member of a list comes to, and returns what each code does. Where there are as many codes as people only
// those are told of that something was found about.
func (g *guards) memberSums(group *watchedGroup, at int, all []string, about map[string]bool, s *jobs.Sums) (codes []jobs.Sum) {
	member := group.members[at].Path
	whole := jobs.Sum{Path: group.path + "." + member, People: group.people, Before: make([]int64, len(s.Months))}
	if group.secret[at] {
		s.Hidden = append(s.Hidden, whole.Path)
		return nil
	}
	if group.members[at].Text && group.guess && group.others[at] > group.numbers[at] {
		return nil // words, of which some are numbers
	}
	occurs, left := false, 0
	for _, path := range all {
		list, code, its := split(path)
		if list != group.path || its != member {
			continue
		}
		occurs = true
		sum := g.sum(path, &whole)
		switch {
		case slices.ContainsFunc(append(sum.Before, sum.Now, sum.Same), identifying):
			s.Hidden = append(s.Hidden, whole.Path)
			return nil
		case group.key < 0: // codes are not told apart
		case len(all) > mostPaths && !about[path]:
			left++
		default:
			if total := group.totals[code]; total != nil {
				sum.People = total.people
			}
			sum.Label, sum.Who = g.label(path), g.deviants[path]
			codes = append(codes, sum)
		}
	}
	if n := group.others[at]; n > 0 {
		s.Odd = append(s.Odd, jobs.OddValues{Path: whole.Path, N: n})
	}
	if occurs {
		s.Lines, s.More = append(s.Lines, whole), s.More+left
	}
	return codes
}

// sum is that of a path, which is added to the whole of its member.
func (g *guards) sum(path string, whole *jobs.Sum) jobs.Sum {
	h := &g.Before.History
	sum := jobs.Sum{Path: path, Now: g.evidence.totals[path], Before: make([]int64, len(h.Earlier), len(h.Earlier)+2)}
	for i := range h.Earlier {
		sum.Before[i] = h.Earlier[i].Totals[path]
		whole.Before[i] = addUnits(whole.Before[i], sum.Before[i])
	}
	if h.Same != nil {
		sum.Same = h.Same.Totals[path]
	}
	whole.Now, whole.Same = addUnits(whole.Now, sum.Now), addUnits(whole.Same, sum.Same)
	return sum
}
