package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// usualGuards are narrow, so that each case of the test below trips one rule alone.
var usualGuards = jobs.Guards{
	Created: jobs.Limit{Count: 1, Share: jobs.NoShare}, Updated: jobs.Limit{Count: 1, Share: jobs.NoShare},
	Departed:   jobs.Limit{Count: 1, Share: jobs.NoShare},
	Duplicates: jobs.Limit{Count: 1, Share: jobs.NoShare}, Fall: jobs.Limit{Count: jobs.NoCount, Share: 0.2},
	Elements:   jobs.Limit{Count: jobs.NoCount, Share: 0.5},
	CodeTotals: jobs.Limit{Count: jobs.NoCount, Share: 1, Floor: 10}, RequireElements: true, MaxGap: 2, MaxBack: 1,
}

func some(n int) jobs.Named {
	var t jobs.Named
	for i := range n {
		t.Add(fmt.Sprint(i))
	}
	return t
}

func ordinary() evidence {
	return evidence{period: "2026-11", children: true, sends: 10, known: 10, employees: 10, elements: 20,
		totals: jobs.Totals{"E[A].M": 100 * unitsPerOne}}
}

func past() jobs.History {
	month := func(p jobs.Period) jobs.Figures {
		return jobs.Figures{Period: p, Employees: 10, Elements: 20, Totals: jobs.Totals{"E[A].M": 100 * unitsPerOne}}
	}
	last := month("2026-10")
	return jobs.History{Known: true, Last: &last, Nearest: "2026-10", Earlier: []jobs.Figures{last, month("2026-09"), month("2026-08")}}
}

// Each rule trips for what it is about, and for nothing else.
func TestGuards(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*evidence, *jobs.History)
		want   string
	}{
		"an ordinary month":     {func(*evidence, *jobs.History) {}, ""},
		"two who are new":       {func(e *evidence, _ *jobs.History) { e.created = some(2) }, "created 2/10>1"},
		"two who changed":       {func(e *evidence, _ *jobs.History) { e.updated = some(2) }, "updated 2/10>1"},
		"two who have gone":     {func(e *evidence, _ *jobs.History) { e.departed = some(2) }, "departed 2/12>1"},
		"two with several rows": {func(e *evidence, _ *jobs.History) { e.duplicates = some(2) }, "duplicates 2/10>1"},
		"three fewer":           {func(e *evidence, _ *jobs.History) { e.employees = 7 }, "fall 3/10>2"},
		"nobody":                {func(e *evidence, _ *jobs.History) { e.employees, e.sends = 0, 0 }, "no-rows 0/0>0, fall 10/10>2"},
		"no elements": {func(e *evidence, _ *jobs.History) { e.elements, e.totals = 0, nil },
			"no-elements 10/0>0, elements 0/20>6, code-total 0/0>0 ×0"},
		"many elements":            {func(e *evidence, _ *jobs.History) { e.elements = 31 }, "elements 31/20>10"},
		"a total far above":        {func(e *evidence, _ *jobs.History) { e.totals["E[A].M"] = 201 * unitsPerOne }, "code-total 0/0>0 ×2.1"},
		"a month of the year 2030": {func(e *evidence, _ *jobs.History) { e.period = "2030-01" }, "gap 39/0>2"},
		"a month sent long ago": {func(e *evidence, h *jobs.History) { e.period, h.Nearest, h.Newest = "2026-01", "2026-01", "2026-12" },
			"back 11/0>1"},
		"last month, corrected": {func(e *evidence, h *jobs.History) { h.Nearest, h.Newest = "2026-11", "2026-12" }, ""},
		"two months ago":        {func(e *evidence, h *jobs.History) { h.Nearest, h.Newest = "2026-11", "2027-01" }, "back 2/0>1"},
		"an old one, never sent": {func(e *evidence, h *jobs.History) { e.period, h.Nearest, h.Newest = "2026-01", "2026-06", "2026-12" },
			"back 11/0>1, gap 5/0>2"},
		"before the first, of one": {func(e *evidence, h *jobs.History) { e.period, h.Newest = "2026-01", "2026-10" }, "back 9/0>1"},
		"a first run in a test":    {func(e *evidence, h *jobs.History) { *h = jobs.History{}; e.created = some(10) }, ""},
		"a first run in production": {func(e *evidence, h *jobs.History) { *h = jobs.History{}; e.production, e.created = true, some(10) },
			"first 10/0>0"},
		"the first did not end": {func(e *evidence, h *jobs.History) {
			h.Last, h.Earlier = nil, nil
			e.production, e.created = true, some(9)
		}, "first 10/0>0"},
		"one was sent, as a try": {func(e *evidence, h *jobs.History) { h.Last, h.Earlier = nil, nil; e.production, e.partial = true, true },
			""},
		"a code that has gone":    {func(e *evidence, _ *jobs.History) { e.totals = nil }, "code-total 0/0>0 ×0"},
		"half of the usual total": {func(e *evidence, _ *jobs.History) { e.totals["E[A].M"] = 49 * unitsPerOne }, "code-total 0/0>0 ×0.4"},
		"advances and recoveries": {func(e *evidence, h *jobs.History) {
			for i, units := range []int64{500, -500, 500, -500} {
				h.Earlier = append(h.Earlier[:i:i], jobs.Figures{Elements: 20, Totals: jobs.Totals{"E[A].M": units * unitsPerOne}})
			}
		}, ""},
		"near a run that nobody approved": {func(e *evidence, h *jobs.History) {
			e.elements, h.Same = 40, &jobs.Figures{Elements: 29, Totals: e.totals}
		}, "elements 40/20>10"},
		"restored": {func(e *evidence, h *jobs.History) { h.Restored, e.updated = true, some(2) },
			"restored 0/0>0, updated 2/10>1"},
		"restored, and nothing to send": {func(e *evidence, h *jobs.History) { h.Restored, e.sends = true, 0 }, "restored 0/0>0"},
		"restored, and somebody looked": {func(_ *evidence, h *jobs.History) { h.Restored, h.Looked = true, true }, "(restored 0/0>0)"},
		"restored, and the API adds": {func(e *evidence, h *jobs.History) { h.Restored, h.Looked, e.adds = true, true, true },
			"restored 0/0>0"},
		"restored, and another month went":   {func(_ *evidence, h *jobs.History) { h.LostMonth = true }, ""},
		"the same, and the API adds":         {func(e *evidence, h *jobs.History) { h.LostMonth, e.adds = true, true }, "restored 0/0>0"},
		"restored, and some employees alone": {func(e *evidence, h *jobs.History) { h.Restored, e.partial = true, true }, "restored 0/0>0"},
		"nothing to send": {func(e *evidence, _ *jobs.History) {
			e.sends, e.elements, e.totals, e.period = 0, 0, nil, "2030-01"
		}, ""},
		"some employees alone": {func(e *evidence, h *jobs.History) {
			e.partial, e.employees, e.elements, e.totals, e.created = true, 3, 0, nil, some(3)
		}, "created 3/10>1"},
		"a month that an earlier run of it has shown": {func(e *evidence, h *jobs.History) {
			e.elements, e.totals["E[A].M"] = 60, 900*unitsPerOne
			h.Same = &jobs.Figures{Approved: true, Elements: 60, Totals: jobs.Totals{"E[A].M": 900 * unitsPerOne}}
		}, ""},
		"without elements, which an earlier run of it has shown": {func(e *evidence, h *jobs.History) {
			e.elements, e.totals, h.Same, h.Earlier = 0, nil, &jobs.Figures{}, nil
		}, ""},
	} {
		g, e, h := usualGuards, ordinary(), past()
		c.change(&e, &h)
		var got []string
		for _, f := range e.judge(&g, &h) {
			text := fmt.Sprintf("%s %d/%d>%d", f.Rule, f.N, f.Of, f.Limit)
			if f.Rule == jobs.RuleCodeTotal {
				text += fmt.Sprintf(" ×%v", f.Ratio)
			}
			if !f.Holds {
				text = "(" + text + ")"
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), c.want)
		}
	}
}

// All rules are asked, whatever others have found.
func TestGuardsAreAllAsked(t *testing.T) {
	t.Parallel()
	g, e, h := usualGuards, ordinary(), past()
	g.Approval = true
	e.created, e.updated, e.departed, e.duplicates = some(30), some(2), some(2), some(2)
	e.employees, e.elements, e.period, h.Restored = 5, 100, "2030-01", true
	e.totals["E[A].M"] = 1000 * unitsPerOne
	var got []string
	for _, f := range e.judge(&g, &h) {
		got = append(got, string(f.Rule))
		if len(f.Keys) > jobs.FindingKeys {
			t.Errorf("%s names %d", f.Rule, len(f.Keys))
		}
	}
	want := []string{"restored", "fall", "departed", "duplicates", "approval", "created", "updated", "gap", "elements", "code-total"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// An amount is compared with what this employee usually has, from three periods on.
func TestAmountFindings(t *testing.T) {
	t.Parallel()
	month := func(units ...int64) []jobs.PeriodTotals {
		var history []jobs.PeriodTotals
		for i, u := range units {
			p := jobs.PeriodTotals{Period: jobs.Period(fmt.Sprintf("2026-%02d", 11-i))}
			if u != 0 {
				p.Totals = jobs.Totals{"E[A].M": u}
			}
			history = append(history, p)
		}
		return history
	}
	for name, c := range map[string]struct {
		history []jobs.PeriodTotals
		want    string
	}{
		"too young to tell":        {month(9000, 100, 100), ""},
		"as usual":                 {month(300, 100, 100, 100), ""},
		"far above":                {month(301, 100, 100, 100), "E[A].M ×3.1 of 3"},
		"a deduction far above":    {month(-1000, 100, 100, 100), "E[A].M ×10 of 3"},
		"an outlier does not tell": {month(1000, 100, 9000, 100, 100), "E[A].M ×10 of 4"},
		"months without are none":  {month(1000, 0, 100, 0, 100, 0), ""},
		"an even number":           {month(1000, 100, 300, 100, 300), "E[A].M ×5 of 4"},
	} {
		got := ""
		for _, f := range amountFindings(c.history, 3) {
			got += fmt.Sprintf("%s ×%v of %d", f.Path, f.Ratio, f.N)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if amountFindings(month(9000, 1, 1, 1), 0) != nil {
		t.Error("a guard that is off trips")
	}
}

// The totals of a period take the place of its own and stand before those of six earlier ones.
func TestRoll(t *testing.T) {
	t.Parallel()
	var before []jobs.PeriodTotals
	for _, p := range []jobs.Period{"2026-12", "2026-11", "2026-10", "2026-09", "2026-08", "2026-07", "2026-06", "2026-05", "2026-04"} {
		before = append(before, jobs.PeriodTotals{Period: p})
	}
	var got []jobs.Period
	for _, p := range roll("2026-11", jobs.Totals{}, before) {
		got = append(got, p.Period)
	}
	want := []jobs.Period{"2026-11", "2026-10", "2026-09", "2026-08", "2026-07", "2026-06", "2026-05"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
