package report

import (
	"io"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// Impact writes whom codes that are unknown or withdrawn would block at the next run of a job, and what to correct.
func (p *Printer) Impact(w io.Writer, target jobs.Target, impact jobs.Impact) error {
	g, words := p.of(target).page(w), &p.Catalogue.Contract
	g.text(bold, locale.Fill(words.Impact, "job", impact.Job, "period", g.ofPeriod(impact.Period)))
	g.newline()
	g.text(targetStyle(target), g.target(target))
	g.newline()
	g.newline()
	read := g.Count(g.Catalogue.Plurals.Employees, impact.Read)
	n := max(impact.N, len(impact.Employees))
	if n == 0 {
		g.line(0, locale.Fill(words.ImpactNobody, "employees", read))
		return g.end()
	}
	g.line(0, locale.Fill(g.Noun(words.ImpactCount, n), "n", g.Number(n), "employees", read))
	for i := range impact.Employees {
		item := &jobs.Item{Key: impact.Employees[i].Key, Difference: jobs.Undeliverable, Problems: impact.Employees[i].Problems}
		g.item(item, g.problemLines(item, true))
	}
	if rest := n - len(impact.Employees); rest > 0 {
		g.line(itemIndent+2, g.Count(g.Catalogue.Plurals.More, rest))
	}
	g.steps([]step{{g.Catalogue.Steps.CorrectCodes, planCommand(Subject{Job: impact.Job, Target: target})}})
	return g.end()
}

type impactJSON struct {
	Job         string               `json:"job"`
	Partner     string               `json:"partner"`
	Environment string               `json:"environment"`
	Dossier     string               `json:"dossier"`
	Label       string               `json:"label,omitempty"`
	Period      jobs.Period          `json:"period"`
	Read        int                  `json:"employees_read"`
	Blocked     int                  `json:"blocked"`
	Employees   []impactEmployeeJSON `json:"employees"`
}

type impactEmployeeJSON struct {
	Key      string        `json:"key"`
	Problems []problemJSON `json:"problems"`
}

// ImpactJSON is the same as JSON shows it.
func (p *Printer) ImpactJSON(target jobs.Target, impact jobs.Impact) any {
	out := impactJSON{Job: impact.Job, Partner: target.Partner, Environment: target.Environment, Dossier: target.Dossier,
		Label: p.options.Labels[target.Dossier], Period: impact.Period, Read: impact.Read, Blocked: impact.N, Employees: []impactEmployeeJSON{}}
	for _, employee := range impact.Employees {
		out.Employees = append(out.Employees, impactEmployeeJSON{employee.Key, p.problemsJSON(employee.Problems)})
	}
	return out
}

// WriteImpactJSON writes one object.
func (p *Printer) WriteImpactJSON(w io.Writer, target jobs.Target, impact jobs.Impact) error {
	out := newStream(w)
	out.value(p.ImpactJSON(target, impact))
	return out.end("\n")
}
