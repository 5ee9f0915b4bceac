package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Closure asks for a period to be closed.
type Closure struct {
	By     string // the person who asks
	Reason string
	Force  bool // although something of it is missing
}

// Missing is one kind of what a period would leave undone if it were closed now.
type Missing struct {
	Kind MissingKind
	N    int      // how many employees; 0 = it is about the period or about runs
	Keys []string // the first of them, at most FindingKeys
	Runs []int64  // that left it so, the oldest first
}

// MissingKind is an ItemState of somebody who is not delivered, or one of these.
type MissingKind string

const (
	MissingAll   MissingKind = "never-sent" // nothing was ever sent for the period, or found in place
	MissingRest  MissingKind = "partial"    // no run of everyone has come to its end: who else there is, nobody knows
	MissingHeld  MissingKind = "run-held"   // a run waits for a person
	MissingPlan  MissingKind = "run-failed" // a run ended before it had a plan, and none came after it
	maxNamedKeys             = 5
)

// MissingError says that a period cannot be closed yet, and why.
type MissingError struct {
	Target  jobs.Target
	Period  jobs.Period
	Job     string // of the last run that left something so; "" = there is none
	Missing []Missing
}

func (e *MissingError) Error() string { return hinted.Text(e.Told()) }

// Told implements hinted.Error.
func (e *MissingError) Told() (problem, hint string) {
	return fmt.Sprintf("period %s of dossier %s is not delivered: %s", e.Period, e.Target.Dossier, Summary(e.Missing)),
		fmt.Sprintf("%s; or close it all the same with --force", e.next())
}

// next is the step that gets a month delivered.
func (e *MissingError) next() string {
	send := fmt.Sprintf("syncd run %s --dossier %s --period %s", cmp.Or(e.Job, "JOB"), e.Target.Dossier, e.Period)
	switch last := e.Last(); {
	case e.Missing[0].Kind == MissingAll && last == 0:
		return "check the month; if it is right, send it first: '" + send + "'"
	case last == 0:
		return "send everyone first: '" + send + "'"
	default:
		return fmt.Sprintf("look at it with 'syncd show %d', decide or correct, then send the rest: '%s'", last, send)
	}
}

// Last is the last run that left something undone; 0 = none.
func (e *MissingError) Last() int64 {
	var last int64
	for _, m := range e.Missing {
		last = max(last, slices.Max(append(m.Runs, 0)))
	}
	return last
}

// KeysOf are the matricules that are named as missing.
func KeysOf(missing []Missing) []string {
	var keys []string
	for _, m := range missing {
		keys = append(keys, slices.DeleteFunc(slices.Clone(m.Keys), func(key string) bool { return key == "" })...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Summary tells in a line what is missing.
func Summary(missing []Missing) string {
	lines := make([]string, len(missing))
	for i := range missing {
		lines[i] = missing[i].String()
	}
	return strings.Join(lines, "; ")
}

func (m *Missing) String() string {
	switch m.Kind {
	case MissingAll:
		return "nothing was ever sent for it"
	case MissingRest:
		return "no run of everyone has come to its end"
	case MissingHeld:
		return m.runs() + " held"
	case MissingPlan:
		return m.runs() + " failed, and sent nothing"
	}
	what := map[MissingKind]string{MissingKind(jobs.ItemPending): "not attempted", MissingKind(jobs.ItemSuperseded): "given up",
		MissingKind(jobs.ItemDeparted):  "gone from staging, and not settled",
		MissingKind(jobs.ItemUnsettled): "waiting for a doubt to be settled"}[m.Kind]
	if what == "" {
		what = string(m.Kind)
	}
	return fmt.Sprintf("%d %s%s, by %s", m.N, what, m.names(), m.runs())
}

// names is " (00001, 00002 and 3 more)"; rows without a matricule have none.
func (m *Missing) names() string {
	keys := slices.DeleteFunc(slices.Clone(m.Keys), func(key string) bool { return key == "" })
	if len(keys) == 0 {
		return ""
	}
	shown := keys[:min(len(keys), maxNamedKeys)]
	more := ""
	if rest := m.N - len(shown); rest > 0 {
		more = fmt.Sprintf(" and %d more", rest)
	}
	return " (" + strings.Join(shown, ", ") + more + ")"
}

func (m *Missing) runs() string {
	names := make([]string, len(m.Runs))
	for i, run := range m.Runs {
		names[i] = fmt.Sprint(run)
	}
	if len(names) == 1 {
		return "run " + names[0]
	}
	return "runs " + strings.Join(names, ", ")
}
