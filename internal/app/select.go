package app

import (
	"slices"
	"time"

	"syncd/internal/config"
	"syncd/internal/jobs"
)

// Selection is for whom and for when something is done, as a door names it; what is empty is left to the configuration.
type Selection struct {
	Dossiers  []string
	Period    string // a payroll month, such as 2026-11
	Employees []string
}

// Of is the selection within a job: by default all its dossiers, and its period at that moment.
func (s Selection) Of(c *config.Config, job config.Job, now time.Time) ([]config.Dossier, jobs.Period, error) {
	dossiers, err := s.dossiersOf(c, job)
	if err != nil {
		return nil, "", err
	}
	period, err := s.PeriodOf(job, now)
	return dossiers, period, err
}

func (s Selection) dossiersOf(c *config.Config, job config.Job) ([]config.Dossier, error) {
	if len(s.Dossiers) == 0 {
		return c.Dossiers(job), nil
	}
	selected, err := s.All(c)
	if err != nil {
		return nil, err
	}
	for _, d := range selected {
		if !job.Covers(d.Name) {
			return nil, refuse(NotOfJob, Args{"job": job.Name, "dossier": d.Name})
		}
	}
	return selected, nil
}

// All are the selected dossiers of the configuration, by default all.
func (s Selection) All(c *config.Config) ([]config.Dossier, error) {
	if len(s.Dossiers) == 0 {
		return c.AllDossiers, nil
	}
	var selected []config.Dossier
	for _, name := range Unique(s.Dossiers) {
		d, err := c.Dossier(name)
		if err != nil {
			return nil, err
		}
		selected = append(selected, d)
	}
	return selected, nil
}

// One is the one selected dossier, or the only one that there is.
func (s Selection) One(c *config.Config) (config.Dossier, error) {
	switch {
	case len(s.Dossiers) == 1:
		return c.Dossier(s.Dossiers[0])
	case len(s.Dossiers) == 0 && len(c.AllDossiers) == 1:
		return c.AllDossiers[0], nil
	}
	return config.Dossier{}, refuse(OneDossier, Args{"example": c.AllDossiers[0].Name})
}

// PeriodOf is the selected period, else the job's at a moment.
func (s Selection) PeriodOf(job config.Job, now time.Time) (jobs.Period, error) {
	switch {
	case !job.Kind.HasPeriod() && s.Period != "":
		return "", refuse(NoPeriod, Args{"job": job.Name})
	case !job.Kind.HasPeriod():
		return "", nil
	case s.Period == "":
		return job.PeriodAt(now), nil
	}
	return ParsePeriod(s.Period)
}

// BadValue is what a door was given as a month, and is none.
const BadValue Code = "bad-value" // Err has the words

// ParsePeriod reads a payroll month that a door was given.
func ParsePeriod(text string) (jobs.Period, error) {
	period, err := jobs.ParsePeriod(text)
	if err != nil {
		return "", &Refused{Code: BadValue, Err: err}
	}
	return period, nil
}

// Unique keeps the first of equal words.
func Unique(words []string) []string {
	var kept []string
	for _, word := range words {
		if !slices.Contains(kept, word) {
			kept = append(kept, word)
		}
	}
	return kept
}
