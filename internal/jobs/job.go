package jobs

import (
	"slices"
	"strconv"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/mapping"
	"syncd/internal/privacy"
)

// Semantics says what sending a document again does at the API.
type Semantics string

const (
	Replace Semantics = "replace" // a document states the whole truth: sending it again is harmless
	Append  Semantics = "append"  // sending it again may pay twice: never done blindly
)

// Scope says what the partner keeps.
type Scope string

const (
	ScopeEmployeePeriod Scope = "employee-period" // one document per employee and period
	ScopeEmployee       Scope = "employee"        // one per employee: older periods can no longer be sent
)

// Send says which documents go.
type Send string

const (
	SendChanged Send = "changed"
	SendAll     Send = "all" // each employee once per period even when nothing is new
)

// PushJob is a configured job that sends.
type PushJob struct {
	Name      string
	Source    Source
	Mapping   mapping.Spec
	Semantics Semantics
	Scope     Scope
	Send      Send

	Call Call // as configured; what the API's contract settles comes first

	MaxInFlight    int           // documents on their way at once
	StopAfter      int           // answers in a row that say nothing of the data: they stop the run
	RequestTimeout time.Duration // of one attempt: how long a request that left may still be processed

	Guards   Guards
	ReadBack *ReadBack // nil = the partner is not asked what it has

	ConfigDigest string
}

// Resumption says how a run of this job is taken up again.
func (j *PushJob) Resumption() Resumption {
	return Resumption{ConfigDigest: j.ConfigDigest, Semantics: j.Semantics, Scope: j.Scope, RequestTimeout: j.RequestTimeout}
}

// Source says how staging is read. The queries may name the run's parameters (mapping.Params) with an @.
type Source struct {
	Employees string // SELECT of the employees
	Key       string // its column that holds the matricule
	Children  []ChildSource
	Ready     string // SELECT that must answer true before the others are read; "" = none
	// Display are the columns of employees that people are called by, for who reads a report: nothing is stored or sent of them.
	Display []string `json:"-"`

	Zone        string        // time zone in which the queries are executed; "" = UTC
	LockWait    time.Duration // for tables that somebody is replacing; 0 = LockWait
	RowSecurity bool          // rows that policies hide from the role do not exist; else such a query fails
}

// LockWait is how long a plan usually waits for tables that somebody is replacing.
const LockWait = time.Minute

// ChildSource is one query of payroll elements, in the order of the mapping's Children.
type ChildSource struct {
	Rows     string // SELECT of the elements
	Employee string // its column that holds the employee's matricule
}

// PullJob is a configured job that pulls nomenclatures.
type PullJob struct {
	Name         string
	MaxWithdrawn float64 // share of the active codes whose withdrawal holds the run: 0.2
	ConfigDigest string
}

// Resumption says how a run of this job is taken up again.
func (j *PullJob) Resumption() Resumption { return Resumption{ConfigDigest: j.ConfigDigest} }

// Trace is a value that two employees must not share, in its normal form, with the member that it stands in.
type Trace struct {
	Path string
	Text []byte
}

// Traces are those values of a document. What is kept of them once the document is removed tells them again, and nothing
// else.
func (j *PushJob) Traces(document []byte) []Trace {
	var traces []Trace
	for i := range j.Mapping.Fields {
		path := j.Mapping.Fields[i].Path
		text, ok := canonjson.Text(document, path)
		if !ok || !slices.Contains(j.Guards.UniqueFields, path) && privacy.Identify(text) == privacy.KindNone {
			continue
		}
		if text := privacy.AppendNormal(nil, j.Mapping.Fields[i].Kind, []byte(text)); len(text) > 0 {
			traces = append(traces, Trace{path, text})
		}
	}
	return traces
}

// Kind is what a job does. What follows from it is asked of the kind: nobody compares kinds.
type Kind string

const (
	PushSalaries     Kind = "push-salaries"     // employees' documents go to the partner, month by month
	PullDictionnaire Kind = "pull-dictionnaire" // the partner's nomenclatures are fetched, all or nothing
	PullRecords      Kind = "pull"              // the partner's records are read into the inbox
)

type kind struct {
	name       Kind
	hasPeriod  bool
	sends      bool
	pullsCodes bool
	fetches    bool
}

// kinds is the table of them, in the order in which people read them.
var kinds = []kind{
	{name: PushSalaries, hasPeriod: true, sends: true},
	{name: PullDictionnaire, pullsCodes: true},
	{name: PullRecords, fetches: true},
}

// KindsThat are the kinds of which something holds, such as Kind.Sends.
func KindsThat(holds func(Kind) bool) (some []Kind) {
	for _, k := range kinds {
		if holds(k.name) {
			some = append(some, k.name)
		}
	}
	return some
}

// HasPeriod reports whether each run is of a payroll month.
func (k Kind) HasPeriod() bool { return k.row().hasPeriod }

// Sends reports whether runs plan documents of employees from staging and send them. Others fetch, and have no items.
func (k Kind) Sends() bool { return k.row().sends }

// PullsCodes reports whether runs fetch the nomenclatures in which mappings look up codes.
func (k Kind) PullsCodes() bool { return k.row().pullsCodes }

// Fetches reports whether runs read records of a partner into the inbox.
func (k Kind) Fetches() bool { return k.row().fetches }

// row is the kind's; of a kind that this program does not know nothing holds.
func (k Kind) row() kind {
	for _, row := range kinds {
		if row.name == k {
			return row
		}
	}
	return kind{}
}

// Period is a payroll month, written "2026-11". Periods compare as strings. The empty Period belongs to runs that have
// none (pulls).
type Period string

const periodLayout = "2006-01"

// ParsePeriod reads "YYYY-MM", from 2000-01 to 2099-12.
func ParsePeriod(s string) (Period, error) {
	t, err := time.Parse(periodLayout, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return "", hinted.Because(nil, "run.no-period", "period", strconv.Quote(s))
	}
	return Period(s), nil
}

// PeriodOf is the period that contains t, on t's own wall clock.
func PeriodOf(t time.Time) Period { return Period(t.Format(periodLayout)) }

// Previous is the month before.
func (p Period) Previous() Period { return PeriodOf(p.Start().AddDate(0, -1, 0)) }

// MonthsTo is how many months lie between two periods, whichever is the earlier; 0 for the empty one.
func (p Period) MonthsTo(other Period) int {
	if p == "" || other == "" {
		return 0
	}
	from, to := p.Start(), other.Start()
	months := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
	return max(months, -months)
}

// Start is the first day of the period, at midnight UTC.
func (p Period) Start() time.Time {
	t, err := time.Parse(periodLayout, string(p))
	if err != nil {
		panic("jobs: period " + string(p) + " was not parsed by ParsePeriod")
	}
	return t
}

// End is the last day of the period, at midnight UTC.
func (p Period) End() time.Time { return p.Start().AddDate(0, 1, -1) }

// QueryParams are what queries and constants of the mapping can name with an @.
func QueryParams(target Target, period Period) mapping.Params {
	return mapping.Params{
		"dossier":      target.Dossier,
		"siret":        target.Identity,
		"period":       string(period),
		"period_start": period.Start().Format("2006-01-02"),
		"period_end":   period.End().Format("2006-01-02"),
	}
}

// Elapsed is how long ago something was, by whichever clock says more: a machine that slept shows in the wall clock, not in the
// monotonic one.
func Elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}
