package main

import (
	"fmt"
	"slices"
	"strings"
)

// sayings are what was found while dossiers are gone through: what is the same of hundreds of them is told once, with a count.
type sayings struct {
	said   map[finding]string // of which dossier first, by what is said of which job
	first  []finding
	others map[finding][]string // dossiers of which it was said again
}

// eachDossier begins to count what is said of several dossiers. The function that it returns ends that, and tells the counts.
func (c *checker) eachDossier() (end func()) {
	c.told = &sayings{said: map[finding]string{}, others: map[finding][]string{}}
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

// again tells whether the same was said before.
func (s *sayings) again(f finding) bool {
	job, dossier, ofDossier := strings.Cut(f.Subject, "/")
	if s == nil || !ofDossier {
		return false
	}
	f.Subject = job
	first, known := s.said[f]
	switch {
	case !known:
		s.said[f] = dossier
		s.first = append(s.first, f)
	case first != dossier: // one step of the check may meet what another one met
		s.others[f] = append(s.others[f], dossier)
	}
	return known
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
