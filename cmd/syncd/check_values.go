package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/jobs/plan"
	"syncd/internal/mapping"
	"syncd/internal/report"
	"syncd/internal/report/locale"
)

// checkedStaff is how many employees of a dossier the check reads: who has more learns from a plan what the rest holds.
const checkedStaff = 1000

// values looks at the first employees of staging, and warns of what a run would tell as a notice once it is sent.
func (c *checker) values(ctx context.Context, subject string, push *jobs.PushJob, d config.Dossier, job config.Job) {
	staging, err := c.staging()
	if err != nil {
		return // told before
	}
	period, err := c.period(job)
	if err != nil {
		return // told before
	}
	params := jobs.QueryParams(c.target(d), period)
	params["siret"] = d.Siret
	look, err := plan.LookAt(ctx, staging, push, params, checkedStaff)
	if err != nil {
		for _, one := range leaves(err) {
			c.fail(subject, one)
		}
		return
	}
	if look.All && look.Employees > 0 && look.Elements == 0 && len(push.Mapping.Children) > 0 {
		c.add(finding{Level: "warning", Subject: subject, Text: fmt.Sprintf("staging holds no element of anybody for period %s: a run would be held", period),
			Hint: "let the import into staging finish; see how staging writes the period, and the queries of [[job.children]]"})
	}
	words := report.New(locale.English, report.Options{Partner: partnerName})
	for _, f := range look.Findings {
		text := words.Finding(f)
		if !look.All {
			text += fmt.Sprintf(" (of the first %d employees)", look.Employees)
		}
		c.add(finding{Level: "warning", Subject: subject, Text: text, Hint: "mend it in staging, or in the query of the job; a run sends it as it is"})
	}
	for _, path := range look.Postal {
		c.add(finding{Level: "warning", Subject: subject, Text: path + " is a postal code and comes from a column of numbers, which has no 0 in front",
			Hint: "convert it in the query: lpad(code::text, 5, '0')"})
	}
	for _, found := range look.Recognised {
		c.recognised(subject, found)
	}
}

// recognised tells of a member that holds an IBAN or a NIR under another name.
func (c *checker) recognised(subject string, found plan.Recognised) {
	f := finding{Level: "note", Subject: subject, Text: fmt.Sprintf("%s is taken for %s by its values: the guards see it where they are valid", found.Path, an(found.Kind)),
		Hint: "name it in [job.guard], hold_fields and unique_fields, and give it sensitive = true, so that invalid ones are seen and masked as well"}
	if !found.Guarded {
		f.Level, f.Text = "warning", fmt.Sprintf("%s holds %s, and neither hold_fields nor unique_fields have both of it", found.Path, an(found.Kind))
	}
	c.add(f)
}

func an(kind mapping.Kind) string {
	if kind == mapping.KindIBAN {
		return "an IBAN"
	}
	return "a NIR"
}

// idleGuards warns of guards that have nothing to look at, unless somebody wants it so.
func (c *checker) idleGuards(subject string, push *jobs.PushJob, mapped *mapping.Mapping) {
	g := &push.Guards
	if g.UniqueFields == nil {
		text := "two matricules that are one person are seen only where a value is a valid IBAN or NIR: no member is called, or comes from a column called, iban or nir"
		if !g.Recognise {
			text = "two matricules that are one person are not seen: no member is called, or comes from a column called, iban or nir"
		}
		c.add(finding{Level: "warning", Subject: subject, Text: text,
			Hint: `name the members that tell people apart in [job.guard], such as unique_fields = ["Nir"]; [] = none on purpose`})
	}
	c.idleAmounts(subject, push, mapped)
}

// idleAmounts warns where no amount can be weighed, or only texts that look like some.
func (c *checker) idleAmounts(subject string, push *jobs.PushJob, mapped *mapping.Mapping) {
	g := &push.Guards
	onPurpose := g.AmountFields != nil && len(g.AmountFields) == 0 || g.MaxAmount == 0 && g.CodeTotals.Off
	if onPurpose || len(push.Mapping.Children) == 0 {
		return
	}
	var numbers, texts []string
	for i := range push.Mapping.Children {
		for _, q := range mapped.Quantities(i) {
			path := push.Mapping.Children[i].Path + "." + q.Path
			if q.Text {
				texts = append(texts, path)
			} else {
				numbers = append(numbers, path)
			}
		}
	}
	for _, path := range g.AmountFields {
		if !slices.Contains(numbers, path) && !slices.Contains(texts, path) {
			c.add(finding{Level: "warning", Subject: subject, Text: "job.guard.amount_fields names " + path + ", whose column holds nothing that can be weighed",
				Hint: "name a member that comes from a column of numbers"})
		}
	}
	switch {
	case g.AmountFields != nil || len(numbers) > 0:
	case len(texts) > 0:
		c.add(finding{Level: "warning", Subject: subject,
			Text: "max_amount and max_code_total have no number to look at: texts are weighed where they read like one: " + strings.Join(texts, ", "),
			Hint: `convert amounts to numeric in the query, or name them in [job.guard]: amount_fields = ["` + texts[0] + `"]; [] = none on purpose`})
	default:
		c.add(finding{Level: "warning", Subject: subject, Text: "max_amount and max_code_total have nothing to look at: the elements have no number",
			Hint: "map the amounts from columns of numbers, or write amount_fields = [] in [job.guard]: none on purpose"})
	}
}
