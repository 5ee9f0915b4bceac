package plan

import (
	"fmt"
	"slices"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// watched is a watch over elements of a code, an amount, a text in which amounts may stand, a rate that nobody may see, and words.
func watched(t *testing.T) (*guards, func(code, amount, text, rate, words string)) {
	t.Helper()
	const varchar, numeric = 25, 1700
	column := func(name string, kind uint32) mapping.Column { return mapping.Column{Name: name, Type: kind} }
	shape := mapping.Shape{Employee: []mapping.Column{column("key", varchar)}, Children: [][]mapping.Column{{column("c", varchar),
		column("m", numeric), column("t", varchar), column("r", numeric), column("l", varchar)}}}
	fields := []mapping.Field{{Path: "Code", Column: "c"}, {Path: "Montant", Column: "m"}, {Path: "Texte", Column: "t"},
		{Path: "Taux", Column: "r", Sensitive: true}, {Path: "Libelle", Column: "l"}}
	spec := mapping.Spec{Fields: []mapping.Field{{Path: "Matricule", Column: "key"}},
		Children: []mapping.Children{{Path: "E", Key: "Code", Fields: fields}}}
	mapped, err := mapping.Compile(spec, shape, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	job := &jobs.PushJob{Mapping: spec}
	g := &guards{Pass: &jobs.Pass{Job: job, Before: &jobs.Before{}}, deviants: deviants{}, watch: newWatch(&job.Guards, &spec, mapped, nil)}
	return g, func(code, amount, text, rate, words string) {
		g.watch.finish()
		g.watch.element(0, [][]byte{[]byte(code), []byte(amount), []byte(text), []byte(rate), []byte(words)})
	}
}

func told(s *jobs.Sums) (lines []string) {
	for _, l := range s.Lines {
		lines = append(lines, fmt.Sprintf("%s %d of %d", l.Path, l.Now, l.People))
	}
	return lines
}

// Members are told first, as a whole, then their codes. Deductions count as such; what is no number is counted, words are no
// amounts, and what is sensitive, or could be a number that tells who somebody is, is not told.
func TestSumsOfMembers(t *testing.T) {
	t.Parallel()
	g, element := watched(t)
	element("B", "10.5", "1 250,00", "9", "Prime 2026")
	element("A", "-3", "n/a", "9", "7")
	element("B", "0.0001", "2", "9", "Congés")
	g.evidence.totals = g.watch.totals()
	s := g.sums(nil)
	want := []string{"E.Montant 75001 of 3", "E.Texte 12520000 of 3", "E[A].Montant -30000 of 1", "E[B].Montant 105001 of 2",
		"E[B].Texte 12520000 of 2"}
	if got := told(s); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if !slices.Equal(s.Hidden, []string{"E.Taux"}) || !slices.Equal(s.Odd, []jobs.OddValues{{Path: "E.Texte", N: 1}}) {
		t.Errorf("%+v", s)
	}
	element("C", "2850578999001", "", "", "")
	g.evidence.totals = g.watch.totals()
	if s := g.sums(nil); !slices.Equal(s.Hidden, []string{"E.Montant", "E.Taux"}) || len(s.Lines) != 2 {
		t.Errorf("a column of numbers of people: %+v", s)
	}
	if g.watch.shows("E[A].Taux") || g.watch.shows("E[A].Salaire") || g.watch.shows("E[A].Montant", leastIdentifying) ||
		!g.watch.shows("E[A].Montant", 1) {
		t.Error("what may be shown")
	}
}

// Of very many codes those are told that something was found about, and that differ most.
func TestSumsOfManyCodes(t *testing.T) {
	t.Parallel()
	g, element := watched(t)
	for i := range mostSums + 50 {
		element(fmt.Sprintf("X%03d", i), fmt.Sprint(i+1), "", "", "")
	}
	g.evidence.totals = g.watch.totals()
	found := []jobs.Finding{{Rule: jobs.RuleCodeTotal, Path: "E[X007].Montant"}}
	s := g.sums(found)
	if len(s.Lines) != mostSums+1 || s.More != 50 || s.Lines[1].Path != "E[X007].Montant" || s.Lines[2].Path != "E[X051].Montant" {
		t.Errorf("%d and %d more: %+v", len(s.Lines), s.More, s.Lines[:3])
	}
	for i := range mostPaths {
		element(fmt.Sprintf("Y%04d", i), "1", "", "", "")
	}
	g.evidence.totals = g.watch.totals()
	if s := g.sums(found); len(s.Lines) != 2 || s.More != mostSums+50+mostPaths-1 {
		t.Errorf("as many as people: %d and %d more", len(s.Lines), s.More)
	}
}

// Who differs most from what is usual for them is told first, and no more than a few.
func TestDeviants(t *testing.T) {
	t.Parallel()
	month := func(period jobs.Period, totals jobs.Totals) jobs.PeriodTotals {
		return jobs.PeriodTotals{Period: period, Totals: totals}
	}
	d := deviants{}
	for i := range int64(20) {
		d.see(fmt.Sprintf("%05d", i), []jobs.PeriodTotals{month("2026-11", jobs.Totals{"E[A].M": 100 + i*i, "E[]": 1}),
			month("2026-10", jobs.Totals{"E[A].M": 100, "E[B].M": -i})})
	}
	var got []string
	for _, path := range []string{"E[A].M", "E[B].M", "E[]"} {
		for _, w := range d[path] {
			got = append(got, fmt.Sprintf("%s %d/%d", w.Key, w.Now, w.Usual))
		}
	}
	want := []string{"00019 461/100", "00018 424/100", "00017 389/100", "00016 356/100", "00015 325/100", "00014 296/100",
		"00019 0/-19", "00018 0/-18", "00017 0/-17", "00016 0/-16", "00015 0/-15", "00014 0/-14"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// What is usual is what guards compare with.
func TestUsualSum(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sum   jobs.Sum
		usual int64
		known bool
	}{
		"nothing before":           {jobs.Sum{}, 0, false},
		"one month":                {jobs.Sum{Before: []int64{7}}, 7, true},
		"a run of this month":      {jobs.Sum{Before: []int64{7, 9}, Same: 20}, 20, true},
		"three months":             {jobs.Sum{Before: []int64{7, 100, 9}, Same: 20}, 9, true},
		"months without are none":  {jobs.Sum{Before: []int64{7, 0, 0, 9, 0, 0}}, 8, true},
		"deductions, even numbers": {jobs.Sum{Before: []int64{-7, -9, -1, -3}}, -5, true},
	} {
		if usual, known := c.sum.Usual(); usual != c.usual || known != c.known {
			t.Errorf("%s: %d, %t", name, usual, known)
		}
	}
}
