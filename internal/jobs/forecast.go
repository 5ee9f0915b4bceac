package jobs

import (
	"context"
	"slices"

	"syncd/internal/mapping"
)

// Forecast names the next run of a push job of the same dossier: what nomenclatures would do to it is told when they are
// pulled, and not when the month is due.
type Forecast struct {
	Job    *PushJob
	Period Period
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
func (r *Runner) forecast(ctx context.Context, target Target, known, answered mapping.Nomenclatures) ([]Finding, error) {
	var findings []Finding
	nomenclatures := merged(known, answered)
	for _, f := range r.Forecasts {
		impact, err := r.Impact(ctx, f, target, nomenclatures)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			findings = append(findings, Finding{Rule: RuleImpactUnknown, Job: f.Job.Name, Period: f.Period})
			r.Log.Warn().Str("job", f.Job.Name).Str("dossier", target.Dossier).Str("reason", string(FailureReason(err).Code)).
				Msg("whom the nomenclatures would block could not be worked out")
		case impact.N > 0:
			findings = append(findings, impact.finding())
		}
	}
	return findings, nil
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
