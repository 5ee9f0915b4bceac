// Package view puts what the ledger tells into data that any door can show: facts, sentences in one language, and the actions
// that come next. --json is this data; package text lays it out for a terminal. It decides nothing about runs, and reads
// nothing but its arguments.
//
// A masked value is never in it, even if one were given. Texts are cleaned where data goes into them: neither a name in staging
// nor a message of an API can drive a terminal.
package view

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Options say what a Teller knows besides its language.
type Options struct {
	Partner  string                       // whom texts are about that belong to no target, by its name in targets
	Location *time.Location               // of times in texts that belong to no job; nil = local
	Zones    map[string]*time.Location    // of those that do, by the job's name; may lack some
	Labels   map[string]string            // what people call a dossier, by its name; may lack some
	Members  map[string]map[string]string // likewise members, by the job's name and their path: mapping.Spec.Labels
	Page     bool                         // who reads it clicks, and types no commands
	Instead  hinted.Fact                  // the next step of who is not let in where the service would be; none = that of what bars them
}

// Teller tells facts in one language. It is safe for concurrent use.
type Teller struct {
	*locale.Catalogue
	language locale.Language
	options  Options
	subject  Subject           // what the report is about that is made; see about
	labels   map[string]string // of its job
	people   *people           // nil = employees are called by their matricule alone
}

// New makes a Teller. A language without a catalogue of its own is English.
func New(language locale.Language, o Options) *Teller {
	if o.Location == nil {
		o.Location = time.Local
	}
	words := locale.Of
	if o.Page {
		words = locale.OfPage
	}
	return &Teller{Catalogue: words(language, o.Partner).By(o.Location), language: language, options: o}
}

// With is a teller of the words of a catalogue, and of what to type instead; see Options.
func With(words *locale.Catalogue, instead hinted.Fact) *Teller {
	return &Teller{Catalogue: words, options: Options{Instead: instead}}
}

// Instead is the next step of who is not let in where the service would be, in words; "" = that of what bars them.
func (t *Teller) Instead() string {
	if t.options.Instead.Code == "" {
		return ""
	}
	return t.options.Instead.In(t.Catalogue)
}

// Of is the same teller about the partner of a target.
func (t *Teller) Of(target jobs.Target) *Teller {
	if target.Partner == "" || target.Partner == t.options.Partner {
		return t
	}
	o := t.options
	o.Partner = target.Partner
	other := New(t.language, o)
	other.subject, other.labels, other.people = t.subject, t.labels, t.people
	return other
}

// Show says how much of a run or plan is shown.
type Show struct {
	Diff      bool                // old and new value of each field
	All       bool                // every item, and every field of new employees
	Employees []string            // only their items, in full; empty = everyone
	Alike     map[string][]string // of these, matricules with other zeros in front
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
	Verify        bool     // with a look at what the partner has
	Overwrite     bool     // and what was edited there is sent over
}

func subjectOf(run *jobs.Run) Subject {
	return Subject{Job: run.Job, Target: run.Target, Period: run.Period, Employees: run.Employees,
		Resend: run.Resend != "", Verify: run.Verify, Overwrite: run.Overwrite}
}

// Table is rows below a head. The columns from Numbers on are numbers.
type Table struct {
	Head    []string
	Rows    [][]string
	Numbers int
}

// Entry is a line of an accounting; one of none is left out.
type Entry struct {
	Sign jobs.Difference
	N    int
	Text string
}

// entry is one without a sign, whose text agrees with its number.
func (t *Teller) entry(n int64, noun locale.Plural) Entry {
	return Entry{N: int(n), Text: t.Noun(noun, int(n))}
}

// period is "November 2026"; "" for runs without one.
func (t *Teller) period(period jobs.Period) string {
	if _, err := jobs.ParsePeriod(string(period)); err != nil {
		return string(period)
	}
	return t.Month(period.Start())
}

// ofPeriod is the period behind the word "period".
func (t *Teller) ofPeriod(period jobs.Period) string { return t.BehindOf(t.period(period)) }

// zone is that of a job's schedule: people know its times by that clock, whatever the machine's is. Of what belongs to no
// job, or to one that is no longer configured, it is that of the rest.
func (t *Teller) zone(job string) *time.Location {
	if zone := t.options.Zones[job]; zone != nil {
		return zone
	}
	return t.options.Location
}

// time is a moment to the second; "" for nil.
func (t *Teller) time(at *time.Time, zone *time.Location) string {
	if at == nil {
		return ""
	}
	return t.Moment(at.In(zone))
}

// second is a moment in a list.
func (t *Teller) second(at time.Time, zone *time.Location) string { return t.Second(at.In(zone)) }

// Brief is a moment in a table that has no room for more.
func (t *Teller) Brief(at time.Time, zone *time.Location) string {
	return at.In(zone).Format(t.ListDay + " 15:04")
}

// dossier is its label with its name, or its name alone.
func (t *Teller) dossier(name string) string {
	if label := t.options.Labels[name]; label != "" && label != name {
		return label + " (" + name + ")"
	}
	return name
}

// dossiers are likewise several.
func (t *Teller) dossiers(names []string) []string {
	called := make([]string, len(names))
	for i, name := range names {
		called[i] = t.dossier(name)
	}
	return called
}

// sandboxHost is the host and port of a target on this machine, which is a rehearsal; "" for all others.
func sandboxHost(target jobs.Target) string {
	u, err := url.Parse(target.BaseURL)
	if err != nil || u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return ""
	}
	return u.Host
}

// target is whom a run talks to, and for which dossier. The environment cannot be overlooked.
func (t *Teller) target(target jobs.Target) string {
	if host := sandboxHost(target); host != "" {
		return t.dossier(target.Dossier) + ", " + locale.Fill(t.Sandbox, "host", host)
	}
	partner, known := t.Partners[target.Partner]
	if !known {
		partner = target.Partner
	}
	environment := target.Environment
	if name, known := t.Environments[environment]; known {
		environment = name
	}
	return t.dossier(target.Dossier) + ", " + partner + ", " + environment
}

// environment is a word for a column.
func environment(target jobs.Target) string {
	if sandboxHost(target) != "" {
		return "sandbox"
	}
	return target.Environment
}

// keys lists the first of some matricules.
func keys(all []string, atMost int) string {
	text := strings.Join(all[:min(len(all), atMost)], ", ")
	if len(all) > atMost {
		text += ", …"
	}
	return text
}

func joinNonEmpty(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}
