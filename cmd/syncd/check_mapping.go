package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"syncd/internal/config"
	"syncd/internal/jobs"
	"syncd/internal/mapping"
	"syncd/internal/store"
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
	defer c.eachDossier()()
	for _, d := range dossiers {
		c.mappingOf(ctx, &push, d, job)
	}
}

func (c *checker) mappingOf(ctx context.Context, push *jobs.PushJob, d config.Dossier, job config.Job) {
	subject := job.Name + "/" + d.Name
	mapped, findings, err := c.compile(ctx, push, d, job)
	readable := !slices.ContainsFunc(findings, func(f store.Finding) bool { return f.Error }) // else it would fail for what is told below
	if err != nil {
		readable = c.mappingProblems(subject, err) && readable
	} else if readable {
		nobody, err := c.nobody(ctx, push, d, job)
		switch {
		case err != nil:
			c.fail(subject, err)
		case !nobody:
			c.ok(subject, "staging's queries return what the mapping needs")
		}
		c.idleGuards(subject, push, mapped)
	}
	c.findingsOf(subject, findings)
	if readable {
		c.values(ctx, subject, push, d, job)
	}
	if err := c.limits(ctx, job, &push.Guards, d); err != nil {
		c.fail(subject, err)
	}
}

// mappingProblems tells all that is wrong with a mapping. Nomenclatures that are yet to be pulled are a warning: a first
// check comes before the first pull. It reports whether that is all: rows can be read all the same.
func (c *checker) mappingProblems(subject string, err error) (readable bool) {
	var missing []string
	readable = true
	for _, one := range leaves(err) {
		var dictionary *mapping.DictionaryError
		if errors.As(one, &dictionary) {
			missing = append(missing, dictionary.Names...)
			continue
		}
		c.fail(subject, one)
		readable = false
	}
	if missing == nil {
		return readable
	}
	slices.Sort(missing)
	f := finding{Level: "warning", Subject: subject, Text: "nomenclatures not pulled yet: ", Hint: "run the job of kind pull-dictionnaire, then check again"}
	if c.ledger == nil {
		f.Text, f.Hint = "nomenclatures that could not be looked up, for the ledger cannot be used: ", "mend what is said of the ledger, then check again"
	}
	f.Text += strings.Join(slices.Compact(missing), ", ")
	c.add(f)
	return readable
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

// compile binds the mapping to what staging returns. findings are about the tables that are read.
func (c *checker) compile(ctx context.Context, push *jobs.PushJob, d config.Dossier, job config.Job) (mapped *mapping.Mapping, findings []store.Finding, err error) {
	period, err := c.period(job)
	if err != nil {
		return nil, nil, err
	}
	push.Source.LockWait = min(push.Source.LockWait, checkRetryFor)
	staging, dictionaries, err := c.lookAt(ctx, c.ledger, push, d, period)
	if err != nil {
		return nil, nil, err
	}
	mapped, err = mapping.Compile(push.Mapping, staging.Shape, dictionaries, jobs.QueryParams(c.target(d), period))
	return mapped, staging.Findings, err
}

// nobody warns of a dossier of which staging holds no employee now, and tells how else staging may spell its name.
func (c *checker) nobody(ctx context.Context, push *jobs.PushJob, d config.Dossier, job config.Job) (bool, error) {
	period, err := c.period(job)
	if err != nil {
		return false, err
	}
	staging, err := c.staging()
	if err != nil {
		return false, err
	}
	params := jobs.QueryParams(c.target(d), period)
	params["siret"] = d.Siret
	found, err := staging.Spellings(ctx, push.Source, params, []string{d.Name})
	if err != nil || len(found) > 0 {
		return false, err
	}
	f := finding{Level: "warning", Subject: job.Name + "/" + d.Name,
		Text: fmt.Sprintf("staging holds no employee for this dossier, period %s: a run would be held", period),
		Hint: "let the import into staging finish; see that staging spells the dossier so, and the query job.source.employees"}
	spelled, err := staging.Spellings(ctx, push.Source, params, otherSpellings(d))
	if err == nil && len(spelled) > 0 {
		f.Hint = fmt.Sprintf("staging spells this dossier %q: correct that in staging, or in the query job.source.employees", spelled[0])
	}
	c.add(f)
	return true, err
}

// otherSpellings are names under which somebody may have loaded a dossier into staging.
func otherSpellings(d config.Dossier) []string {
	words := strings.FieldsFunc(d.Name, func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	capitals := make([]string, len(words))
	for i, word := range words {
		first, size := utf8.DecodeRuneInString(word)
		capitals[i] = strings.ToUpper(string(first)) + word[size:]
	}
	const siren = 9
	names := []string{d.Label, d.Siret, d.Siret[:min(siren, len(d.Siret))], d.Name + " ", " " + d.Name}
	for _, separator := range []string{"-", " ", "_", "", "."} {
		joined := strings.Join(words, separator)
		names = append(names, joined, strings.ToLower(joined), strings.ToUpper(joined), strings.Join(capitals, separator))
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == d.Name || name == "" })
}
