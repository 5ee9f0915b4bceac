package config

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/config/strict"
)

// A query of elements that names no month sends those of all months each month: that is told. What only looks like a
// parameter, in text or in a comment, names none; Postgres's own rules say what is text.
func TestElementsOfNoMonthAreAWarning(t *testing.T) {
	t.Parallel()
	for where, warned := range map[string]bool{
		"period = @period":                               false,
		"day BETWEEN @period_start AND @period_end":      false,
		"day >= @period_start":                           false,
		"note = '@' AND period = @period":                false,
		`note = E'it\'s' AND period = @period`:           false,
		"a$b = 1 AND period = @period AND c$b = 1":       false,
		"/* /* nested */ */ period = @period":            false,
		"\"@period\" = 1 -- month\nAND period = @period": false,
		"note <> 'l''été' AND period = @period":          false,

		"true":                            true,
		"period = '2026-11'":              true,
		"siret = @siret":                  true,
		"true -- AND period = @period":    true,
		"true /* AND period = @period */": true,
		"true /* a /* b */ @period */":    true,
		"note = '@period'":                true,
		"note = 'l''an' || ' @period'":    true,
		`note = E'\' @period'`:            true,
		`"@period" = 1`:                   true,
		"note = $$ @period $$":            true,
		"note = $été$ @period $$ $été$":   true,
		"note = $a$ @period":              true,
		"true /* @period":                 true,
		"period = date_trunc('month', now()) -- @period_start": true,
	} {
		const rows = `"SELECT * FROM staging.payroll_element WHERE dossier = @dossier AND period = @period"`
		document := valid(t, rows, "'''\nSELECT * FROM staging.payroll_element WHERE dossier = @dossier AND "+where+"'''")
		got := slices.ContainsFunc(parsed(t, document).Warnings, func(w strict.Problem) bool { return strings.HasSuffix(w.Key, ".rows") })
		if got != warned {
			t.Errorf("%s: warned %t", where, got)
		}
	}
}
