// Package report puts runs, plans and nomenclatures into what people and scripts read: text in French or English, and
// JSON. It decides nothing and reads nothing but its arguments.
//
// All text goes out through page, which makes control characters visible: neither a name in staging nor a message of
// the API can drive the terminal. A masked value is never written, even if one were given.
package report

import (
	"time"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Options say how a report looks.
type Options struct {
	Partner  string                    // whom texts are about that belong to no target, by its name in targets
	Color    bool                      // for a terminal
	Location *time.Location            // of times in texts that belong to no job; nil = local
	Zones    map[string]*time.Location // of those that do, by the job's name; may lack some
	Labels   map[string]string         // what people call a dossier, by its name; may lack some
}

// Printer writes reports in one language. It is safe for concurrent use.
type Printer struct {
	*locale.Catalogue
	language locale.Language
	options  Options
}

// New makes a Printer. A language without a catalogue of its own is English.
func New(language locale.Language, o Options) *Printer {
	if o.Location == nil {
		o.Location = time.Local
	}
	return &Printer{Catalogue: locale.Of(language, o.Partner), language: language, options: o}
}

// of is the same printer about the partner of a target.
func (p *Printer) of(t jobs.Target) *Printer {
	if t.Partner == "" || t.Partner == p.options.Partner {
		return p
	}
	o := p.options
	o.Partner = t.Partner
	return New(p.language, o)
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
