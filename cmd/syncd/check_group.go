package main

import "strings"

// eachDossier begins to count what is said of several dossiers. The function that it returns ends that, and tells the counts.
func (c *checker) eachDossier() (end func()) {
	c.told = &repeats[finding]{}
	return func() {
		told := c.told
		c.told = nil
		if c.flags.json {
			return
		}
		told.end(func(f finding, more string) {
			f.Text, f.Hint = more+f.Text, "" // the first one has it
			c.print(f)
		})
	}
}

// again tells whether the same was said before, of the same job.
func (c *checker) again(f finding) bool {
	job, dossier, ofDossier := strings.Cut(f.Subject, "/")
	if c.told == nil || !ofDossier {
		return false
	}
	f.Subject = job
	return c.told.again(f, dossier)
}
