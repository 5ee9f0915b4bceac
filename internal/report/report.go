// Package report puts runs, plans and nomenclatures into what people and scripts read: text in French or English, and
// JSON. It decides nothing and reads nothing but its arguments.
//
// All text goes out through page, which makes control characters visible: neither a name in staging nor a message of
// the API can drive the terminal. A masked value is never written, even if one were given.
package report

import (
	"time"

	"syncd/internal/jobs"
)

// Language is a language that reports exist in.
type Language string

const (
	French  Language = "fr"
	English Language = "en"
)

// Options say how a report looks.
type Options struct {
	Color    bool                      // for a terminal
	Location *time.Location            // of times in texts that belong to no job; nil = local
	Zones    map[string]*time.Location // of those that do, by the job's name; may lack some
	Labels   map[string]string         // what people call a dossier, by its name; may lack some
}

// Printer writes reports in one language. It is safe for concurrent use.
type Printer struct {
	catalogue *catalogue
	options   Options
}

// New makes a Printer. A language without a catalogue of its own is English.
func New(language Language, o Options) *Printer {
	if o.Location == nil {
		o.Location = time.Local
	}
	if language == French {
		return &Printer{catalogue: &french, options: o}
	}
	return &Printer{catalogue: &english, options: o}
}

// Show says how much of a run or plan is shown.
type Show struct {
	Diff      bool     // old and new value of each field
	All       bool     // every item, and every field of new employees
	Employees []string // only their items, in full; empty = everyone
}

// Subject is what a plan is for.
type Subject struct {
	Job    string
	Target jobs.Target
	Period jobs.Period
	// PeriodImplied: it is the job's own at this moment, and commands leave it out. Naming a period overrides the order of
	// periods, which nobody should do by copying a line.
	PeriodImplied bool
	Employees     []string // of a partial plan; empty = everyone
	Resend        bool     // of everyone, changed or not
	Verify        bool     // with a look at what the API holds
	Overwrite     bool     // and what was edited there is sent over
}

func subjectOf(run *jobs.Run) Subject {
	return Subject{Job: run.Job, Target: run.Target, Period: run.Period, Employees: run.Employees,
		Resend: run.Resend != "", Verify: run.Verify, Overwrite: run.Overwrite}
}
