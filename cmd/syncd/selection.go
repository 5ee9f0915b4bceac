package main

import (
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
)

// selection is what the command line asks a job to be done for.
func (a *app) selection(job config.Job) ([]config.Dossier, jobs.Period, error) {
	dossiers, err := a.dossiers(job)
	if err != nil {
		return nil, "", err
	}
	period, err := a.period(job)
	return dossiers, period, err
}

// dossiers are those of the job that the command line selects, by default all.
func (a *app) dossiers(job config.Job) ([]config.Dossier, error) {
	if len(a.flags.dossiers) == 0 {
		return a.config.Dossiers(job), nil
	}
	var selected []config.Dossier
	for _, name := range unique(a.flags.dossiers) {
		d, err := a.config.Dossier(name)
		if err != nil {
			return nil, err
		}
		if !job.Covers(name) {
			return nil, usagef("job %s does not concern dossier %s\nhint: its dossiers are listed in job.dossiers", job.Name, name)
		}
		selected = append(selected, d)
	}
	return selected, nil
}

// unique keeps the first of equal words.
func unique(words []string) []string {
	var kept []string
	for _, word := range words {
		if !slices.Contains(kept, word) {
			kept = append(kept, word)
		}
	}
	return kept
}

// period is the one that the command line names, else the job's at this moment.
func (a *app) period(job config.Job) (jobs.Period, error) {
	switch {
	case !job.Kind.HasPeriod() && a.flags.period != "":
		return "", usagef("job %s has no period\nhint: leave out --period", job.Name)
	case !job.Kind.HasPeriod():
		return "", nil
	case a.flags.period == "":
		return job.PeriodAt(time.Now()), nil
	}
	period, err := jobs.ParsePeriod(a.flags.period)
	if err != nil {
		return "", usageError{err}
	}
	return period, nil
}
