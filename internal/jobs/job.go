package jobs

import (
	"slices"
	"time"

	"syncd/internal/canonjson"
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
