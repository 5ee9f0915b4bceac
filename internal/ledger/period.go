package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"syncd/internal/hinted"
	"syncd/internal/jobs"
)

// Closure asks for a period to be closed.
type Closure struct {
	By     string // the person who asks
	Reason string
	Force  bool          // although something of it is missing
	Shown  string        // MissingTag of what the person was shown to be missing; "" = whatever is
	Former []jobs.Target // Lineage.Former of the dossier
}

// Missing is one kind of what a period would leave undone if it were closed now.
type Missing struct {
	Kind MissingKind
	N    int      // how many employees; 0 = it is about the period or about runs
	Keys []string // the first of them, at most FindingKeys
	Runs []int64  // that left it so, the oldest first
}

// MissingTag names what is missing of a month, so that nobody closes it over something else than they were shown.
func MissingTag(missing []Missing) string {
	h := sha256.New()
	for i := range missing {
		fmt.Fprintln(h, missing[i].Kind, missing[i].N, missing[i].Keys, missing[i].Runs)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// MissingKind is an ItemState of somebody who is not delivered, or one of these.
type MissingKind string

const (
	MissingAll  MissingKind = "never-sent" // nothing was ever sent for the period, or found in place
	MissingRest MissingKind = "partial"    // no run of everyone has come to its end: who else there is, nobody knows
	MissingHeld MissingKind = "run-held"   // a run waits for a person
	MissingPlan MissingKind = "run-failed" // a run ended before it had a plan, and none came after it
)

// NamedKeys is how many matricules are named of what is missing.
const NamedKeys = 5

// MissingError says that a period cannot be closed yet, and why.
type MissingError struct {
	Target  jobs.Target
	Period  jobs.Period
	Job     string // of the last run that left something so; "" = there is none
	Missing []Missing
}

func (e *MissingError) Error() string { return hinted.TextOf(e) }

// Fact implements hinted.Telling.
func (e *MissingError) Fact() hinted.Fact {
	code, job := "audit.undelivered", any(e.Job)
	switch last := e.Last(); {
	case e.Missing[0].Kind == MissingAll && last == 0:
		code = "audit.undelivered-unsent"
	case last == 0:
		code = "audit.undelivered-partly"
	}
	if e.Job == "" {
		job = hinted.Say("audit.some-job")
	}
	return hinted.Say(code, "period", e.Period, "dossier", e.Target.Dossier, "missing", Undone(e.Missing), "run", e.Last(), "job", job)
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

// Undone is what is missing, one after the other.
func Undone(missing []Missing) hinted.Several {
	all := make(hinted.Several, len(missing))
	for i, m := range missing {
		all[i] = m.fact()
	}
	return all
}

func (m *Missing) fact() hinted.Fact {
	return hinted.Say("undone."+string(m.Kind), "n", m.N, "names", m.names(), "runs", m.runs())
}

// names are the first matricules, in brackets; rows without a matricule have none.
func (m *Missing) names() any {
	keys := slices.DeleteFunc(slices.Clone(m.Keys), func(key string) bool { return key == "" })
	shown := keys[:min(len(keys), NamedKeys)]
	switch rest := m.N - len(shown); {
	case len(keys) == 0:
		return ""
	case rest > 0:
		return hinted.Say("audit.names-more", "names", shown, "n", rest)
	}
	return hinted.Say("audit.names", "names", shown)
}

func (m *Missing) runs() hinted.Fact {
	names := make([]string, len(m.Runs))
	for i, run := range m.Runs {
		names[i] = fmt.Sprint(run)
	}
	code := "audit.runs"
	if len(names) == 1 {
		code = "audit.one-run"
	}
	return hinted.Say(code, "runs", names)
}
