package jobs

import (
	"cmp"
	"context"
	"slices"
	"time"

	"syncd/internal/mapping"
)

// Forecast names the next run of a push job of the same dossier: what nomenclatures would do to it is told when they are
// pulled, and not when the month is due.
type Forecast struct {
	Job    *PushJob
	Digest string // of how the job is configured
	Period Period
}

// StoredImpact is an Impact as the pull found it that stored the nomenclatures: numbers and codes, no people.
type StoredImpact struct {
	Job     string
	Period  Period
	Digest  string    // of how the job was configured then
	At      time.Time // when it was found; of a pull, set by the ledger
	Known   bool      // false = it could not be worked out
	Read    int       // employees
	Blocked int       // of them, or of matricules that only elements have
	Codes   []UsedCode
}

// UsedCode is a withdrawn code, with how many employees use it.
type UsedCode struct {
	Nomenclature string `json:"name"`
	Code         string `json:"code"`
	Employees    int    `json:"employees"`
}

// Impact is whom nomenclatures would block at the next run of a job.
type Impact struct {
	Job       string
	Period    Period
	Read      int                // employees
	N         int                // of them, or of matricules that only elements have, those who would be blocked
	Employees []ImpactedEmployee // in order of matricule
}

// ImpactedEmployee is one of them, with the codes that are unknown or withdrawn.
type ImpactedEmployee struct {
	Key      string            `json:"key"`
	Problems []mapping.Problem `json:"problems"`
}

// Impact tells whom the nomenclatures would block at the next run of a job. Nothing is recorded, and no guard is asked.
func (r *Runner) Impact(ctx context.Context, f Forecast, target Target, nomenclatures mapping.Nomenclatures) (Impact, error) {
	var blocked []ImpactedEmployee
	look := Looking(func(_ context.Context, items []PlannedItem) error {
		for i := range items {
			codes := slices.DeleteFunc(slices.Clone(items[i].Problems), func(p mapping.Problem) bool {
				return p.Code != mapping.ProblemUnknownCode && p.Code != mapping.ProblemWithdrawnCode
			})
			if len(codes) > 0 {
				blocked = append(blocked, ImpactedEmployee{Key: items[i].Key, Problems: codes})
			}
		}
		return nil
	})
	target.Identity = r.Siret
	plan, err := r.Plan(ctx, &Pass{Job: f.Job, Target: target, Period: f.Period, Nomenclatures: nomenclatures,
		Staging: r.Staging, Ledger: r.Ledger, Progress: Silent{}, Sink: look})
	if err != nil {
		return Impact{}, err
	}
	return Impact{Job: f.Job.Name, Period: f.Period, Read: plan.Counts.EmployeesRead, N: len(blocked), Employees: blocked}, nil
}

// forecast looks at what an answer of nomenclatures, once applied, would do to the next runs. It is never a reason not to
// pull: a forecast that cannot be made says so.
func (r *Runner) forecast(ctx context.Context, target Target, known, answered mapping.Nomenclatures) ([]Finding, []StoredImpact, error) {
	var findings []Finding
	var all []StoredImpact
	nomenclatures := merged(known, answered)
	for _, f := range r.Forecasts {
		impact, err := r.Impact(ctx, f, target, nomenclatures)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			findings = append(findings, Finding{Rule: RuleImpactUnknown, Job: f.Job.Name, Period: f.Period})
			r.Log.Warn().Str("job", f.Job.Name).Str("dossier", target.Dossier).Str("reason", string(FailureReason(err).Code)).
				Msg("whom the nomenclatures would block could not be worked out")
		case impact.N > 0:
			findings = append(findings, impact.finding())
		}
		all = append(all, StoredImpact{Job: f.Job.Name, Period: f.Period, Digest: f.Digest, Known: err == nil,
			Read: impact.Read, Blocked: impact.N, Codes: impact.withdrawn()})
	}
	return findings, all, nil
}

// withdrawn are the withdrawn codes that somebody uses, in their order.
func (i Impact) withdrawn() []UsedCode {
	used := map[UsedCode]int{}
	for _, employee := range i.Employees {
		theirs := map[UsedCode]bool{}
		for j := range employee.Problems {
			if p := &employee.Problems[j]; p.Code == mapping.ProblemWithdrawnCode {
				theirs[UsedCode{Nomenclature: p.Nomenclature, Code: p.Value}] = true
			}
		}
		for code := range theirs {
			used[code]++
		}
	}
	codes := make([]UsedCode, 0, len(used))
	for code, n := range used {
		code.Employees = n
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b UsedCode) int {
		return cmp.Or(cmp.Compare(a.Nomenclature, b.Nomenclature), cmp.Compare(a.Code, b.Code))
	})
	return codes
}

func (i Impact) finding() Finding {
	f := Finding{Rule: RuleImpact, N: i.N, Of: i.Read, Job: i.Job, Period: i.Period}
	for _, employee := range i.Employees[:min(i.N, FindingKeys)] {
		f.Keys = append(f.Keys, employee.Key)
	}
	return f
}

// merged is what is stored once an answer has been applied: what it does not have stays, inactive.
func merged(known, answered mapping.Nomenclatures) mapping.Nomenclatures {
	all := mapping.Nomenclatures{}
	for _, name := range union(known, answered) {
		all[name] = map[string]mapping.Entry{}
		for _, code := range union(known[name], answered[name]) {
			entry, there := answered[name][code]
			if !there {
				entry = known[name][code]
				entry.Active = false
			}
			all[name][code] = entry
		}
	}
	return all
}
