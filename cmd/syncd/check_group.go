package main

import (
	"fmt"
	"slices"
	"strings"
)

// sayings are what was found while dossiers are gone through: what is the same of hundreds of them is told once, with a count.
type sayings struct {
	counts map[finding]int // by what is said of which job
	first  []finding
	others map[finding][]string // dossiers of which it was said again
}

// eachDossier begins to count what is said of several dossiers. The function that it returns ends that, and tells the counts.
func (c *checker) eachDossier() (end func()) {
	c.told = &sayings{counts: map[finding]int{}, others: map[finding][]string{}}
	return func() {
		told := c.told
		c.told = nil
		for _, f := range told.first {
			if others := told.others[f]; len(others) > 0 && !c.flags.json {
				f.Text, f.Hint = moreDossiers(others)+f.Text, "" // the first one has it
				c.print(f)
			}
		}
	}
}

// again tells whether the same was said of another dossier before.
func (s *sayings) again(f finding) bool {
	job, dossier, ofDossier := strings.Cut(f.Subject, "/")
	if s == nil || !ofDossier {
		return false
	}
	f.Subject = job
	if s.counts[f]++; s.counts[f] == 1 {
		s.first = append(s.first, f)
		return false
	}
	s.others[f] = append(s.others[f], dossier)
	return true
}

// moreDossiers names the first of several dossiers.
func moreDossiers(names []string) string {
	const most = 5
	names = slices.Compact(names)
	noun := "dossiers"
	if len(names) == 1 {
		noun = "dossier"
	}
	shown := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		shown += ", …"
	}
	return fmt.Sprintf("the same of %d more %s (%s): ", len(names), noun, shown)
}
