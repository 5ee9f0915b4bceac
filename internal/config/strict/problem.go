package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
	"syncd/internal/report/locale"
)

// Say is a fact of the configuration, with words in [errors.config].
func Say(code string, namesAndValues ...any) hinted.Fact {
	return hinted.Say("config."+code, namesAndValues...)
}

// Problem is one mistake of the configuration, or one thing that its author should know. It never quotes a value of
// the file, which may be a secret that was pasted in the wrong place: the position says where to look.
type Problem struct {
	File        string
	Line        int    // from 1; 0 = the whole file
	Column      int    // from 1, in bytes
	Key         string // "job.paie.schedule"; "" = the whole file
	Secret      string // that is meant, such as "env NAME"; "" = none
	Path        string // where that is, where its name does not say it
	hinted.Fact        // what is wrong, or zero: the place alone
	Next        hinted.Fact
	More        []Problem // the same mistake with other dossiers, or in other jobs, in the order of the file
}

// String is "config.toml:12:3: job.paie.schedule: text" in English, then a line with the hint.
func (p Problem) String() string { return hinted.Text(p.toldIn(hinted.English())) }

// toldIn is the text of the problem, and its hint.
func (p Problem) toldIn(words *locale.Catalogue) (problem, hint string) {
	place := p.File
	if p.Line > 0 {
		place += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	what, hint := p.Apart(words, p.Next)
	if p.Path != "" {
		what = "(" + p.Path + ") " + what
	}
	parts := []string{place, p.Key, strings.TrimSpace(p.Secret + " " + what)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), words.Colon) + p.more(words), hint
}

// Barred reports whether somebody else may read what could not be read.
func (p Problem) Barred() bool {
	return p.Code == "config.unreadable" || p.Code == "config.no-credentials"
}

// shownMore is how many of the same mistakes are named.
const shownMore = 5

// more counts the same mistakes elsewhere, and names the first.
func (p Problem) more(words *locale.Catalogue) string {
	if len(p.More) == 0 {
		return ""
	}
	places := make([]string, 0, shownMore+1)
	for _, other := range p.More[:min(len(p.More), shownMore)] {
		places = append(places, Say("in-line", "key", other.Key, "line", other.Line).In(words))
	}
	if len(p.More) > shownMore {
		places = append(places, "…")
	}
	code := "once-more"
	if len(p.More) > 1 {
		code = "more-often"
	}
	return " " + Say(code, "n", len(p.More), "places", places).In(words)
}

// inList finds what of a key names one of the dossiers or jobs.
var inList = lazyregexp.New(`^(dossier|job)(?:\.[^.\[]+|\[[0-9]+\])|(\.dossiers)\[[0-9]+\]`)

// sectionOf is the section that a key stands in; of one of the dossiers or jobs it is the table itself.
func sectionOf(key string) string {
	if inList().MatchString(key) {
		return inList().ReplaceAllString(key, "$1")
	}
	section, _, _ := strings.Cut(key, ".")
	return section
}

// Grouped makes one of mistakes that are the same for several dossiers or jobs.
func Grouped(problems []Problem) []Problem {
	type mistake struct{ file, key, what string }
	var groups []Problem
	first := map[mistake]int{}
	for _, p := range problems {
		m := mistake{p.File, inList().ReplaceAllString(p.Key, "$1$2*"), fmt.Sprint(p.Path, p.Fact, p.Next)}
		if i, known := first[m]; known && p.Key != groups[i].Key {
			groups[i].More = append(groups[i].More, p)
			continue
		}
		first[m] = len(groups)
		groups = append(groups, p)
	}
	return groups
}

// Error is a configuration that cannot be used, with all the problems found, in the order of the file. A secret that
// cannot be read is one too.
type Error struct {
	Problems []Problem // at least one
}

func (e *Error) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *Error) Told() (problem, hint string) { return e.ToldIn(hinted.English()) }

// ToldIn implements hinted.Worded.
func (e *Error) ToldIn(words *locale.Catalogue) (problem, hint string) {
	all := make([]hinted.Told, len(e.Problems))
	for i, p := range e.Problems {
		all[i].Problem, all[i].Hint = p.toldIn(words)
	}
	return hinted.Fold(words, all)
}

// maxKnown is how many names a hint lists: a payroll bureau has hundreds of dossiers.
const maxKnown = 30

// Suggest is a hint: the nearest name, or all there are, or what to do when there are none.
func Suggest(nearest string, known []string, none hinted.Fact) hinted.Fact {
	switch {
	case nearest != "":
		return Say("meant", "nearest", nearest)
	case len(known) > maxKnown:
		return Say("known-some", "known", known[:maxKnown], "n", len(known)-maxKnown)
	case len(known) > 0:
		return Say("known", "known", known)
	default:
		return none
	}
}

// inFileOrder sorts problems by their place.
func inFileOrder(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
