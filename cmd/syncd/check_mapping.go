package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// mapping checks the queries of a job and its mapping for each dossier.
func (c *checker) mapping(ctx context.Context, job config.Job) {
	if _, err := c.staging(); err != nil { // once, and not for each dossier
		c.fail(job.Name, err)
		return
	}
	push, err := c.config.PushJob(job.Name)
	if err != nil {
		c.fail(job.Name, err)
		return
	}
	dossiers, err := c.dossiers(job)
	if err != nil {
		c.fail(job.Name, err)
		return
	}
	for _, d := range dossiers {
		subject := job.Name + "/" + d.Name
		if err := c.compile(ctx, &push, d, job); err != nil {
			c.mappingProblems(subject, err)
		} else {
			c.ok(subject, "staging's queries return what the mapping needs")
		}
		if err := c.limits(ctx, job, &push.Guards, d); err != nil {
			c.fail(subject, err)
		}
	}
}

// mappingProblems tells all that is wrong with a mapping. Nomenclatures that are yet to be pulled are a warning: a first
// check comes before the first pull.
func (c *checker) mappingProblems(subject string, err error) {
	var missing []string
	for _, one := range leaves(err) {
		var dictionary *mapping.DictionaryError
		if errors.As(one, &dictionary) {
			missing = append(missing, dictionary.Names...)
			continue
		}
		c.fail(subject, one)
	}
	if missing == nil {
		return
	}
	slices.Sort(missing)
	f := finding{Level: "warning", Subject: subject, Text: "nomenclatures not pulled yet: ", Hint: "run the job of kind pull-dictionnaire, then check again"}
	if c.ledger == nil {
		f.Text, f.Hint = "nomenclatures that could not be looked up, for the ledger cannot be used: ", "mend what is said of the ledger, then check again"
	}
	f.Text += strings.Join(slices.Compact(missing), ", ")
	c.add(f)
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // errors.Join's own form
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, leaves(one)...)
	}
	return all
}

func (c *checker) compile(ctx context.Context, push *jobs.PushJob, d config.Dossier, job config.Job) error {
	period, err := c.period(job)
	if err != nil {
		return err
	}
	shape, dictionaries, err := c.lookAt(ctx, c.ledger, push, d, period)
	if err != nil {
		return err
	}
	_, err = mapping.Compile(push.Mapping, shape, dictionaries, jobs.QueryParams(c.target(d), period))
	return err
}
