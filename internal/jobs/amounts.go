package jobs

import (
	"maps"
	"math"
	"slices"
)

// leastPeriods is from how many periods on a median tells what is usual.
const leastPeriods = 3

// roll puts the totals of a period in front of those of the sent periods before it.
func roll(period Period, now Totals, before []PeriodTotals) []PeriodTotals {
	rolled := []PeriodTotals{{period, now}}
	for _, p := range before {
		if p.Period < period && len(rolled) <= HistoryPeriods {
			rolled = append(rolled, p)
		}
	}
	return rolled
}

// amountFindings are the amounts of an employee, the first of history, that are far above what they usually are.
func amountFindings(history []PeriodTotals, most float64) []Finding {
	if most == 0 {
		return nil
	}
	var findings []Finding
	now := history[0].Totals
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if isCount(path) {
			continue
		}
		var usual []float64
		for _, p := range history[1:] {
			if units, occurs := p.Totals[path]; occurs {
				usual = append(usual, math.Abs(float64(units)))
			}
		}
		if len(usual) < leastPeriods {
			continue
		}
		if ratio := math.Abs(float64(now[path])) / median(usual); ratio > most {
			findings = append(findings, Finding{Rule: RuleAmount, Holds: true, Path: path, N: len(usual), Ratio: roundFrom(ratio, most), Most: most})
		}
	}
	return findings
}

// median of at least one; of an even number the mean of the middle two.
func median(numbers []float64) float64 {
	slices.Sort(numbers)
	middle := len(numbers) / 2
	if len(numbers)%2 == 1 {
		return numbers[middle]
	}
	return (numbers[middle-1] + numbers[middle]) / 2
}

// round is for people: a ratio says nothing more precisely than that, and no amount.
func round(ratio float64) float64 { return math.Round(ratio*100) / 100 }

// roundFrom rounds a ratio that is beyond a limit so that it stays so.
func roundFrom(ratio, limit float64) float64 {
	const tenths = 10
	if ratio > limit {
		return math.Ceil(ratio*tenths) / tenths
	}
	return math.Floor(ratio*tenths) / tenths
}
