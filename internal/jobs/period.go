package jobs

import (
	"time"

	"syncd/internal/hinted"
	"syncd/internal/mapping"
)

// Period is a payroll month, written "2026-11". Periods compare as strings. The empty Period belongs to runs that have
// none (pulls).
type Period string

const periodLayout = "2006-01"

// ParsePeriod reads "YYYY-MM", from 2000-01 to 2099-12.
func ParsePeriod(s string) (Period, error) {
	t, err := time.Parse(periodLayout, s)
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return "", hinted.New("write November 2026 as 2026-11", "period %q is not a month from 2000 to 2099", s)
	}
	return Period(s), nil
}

// PeriodOf is the period that contains t, on t's own wall clock.
func PeriodOf(t time.Time) Period { return Period(t.Format(periodLayout)) }

// Previous is the month before.
func (p Period) Previous() Period { return PeriodOf(p.Start().AddDate(0, -1, 0)) }

// MonthsTo is how many months lie between two periods, whichever is the earlier; 0 for the empty one.
func (p Period) MonthsTo(other Period) int {
	if p == "" || other == "" {
		return 0
	}
	from, to := p.Start(), other.Start()
	months := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
	return max(months, -months)
}

// Start is the first day of the period, at midnight UTC.
func (p Period) Start() time.Time {
	t, err := time.Parse(periodLayout, string(p))
	if err != nil {
		panic("jobs: period " + string(p) + " was not parsed by ParsePeriod")
	}
	return t
}

// End is the last day of the period, at midnight UTC.
func (p Period) End() time.Time { return p.Start().AddDate(0, 1, -1) }

// QueryParams are what queries and constants of the mapping can name with an @.
func QueryParams(target Target, period Period) mapping.Params {
	return mapping.Params{
		"dossier":      target.Dossier,
		"siret":        target.Identity,
		"period":       string(period),
		"period_start": period.Start().Format("2006-01-02"),
		"period_end":   period.End().Format("2006-01-02"),
	}
}

// Elapsed is how long ago something was, by whichever clock says more: a machine that slept shows in the wall clock, not in the
// monotonic one.
func Elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}
