package text_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"syncd/internal/jobs"
	"syncd/internal/report/locale"
	"syncd/internal/report/text"
	"syncd/internal/report/view"
)

// eur are units of so many hundredths.
func eur(cents int64) int64 { return cents * 100 }

// month are amounts beside those of six months, of a member and two codes.
func month() *jobs.Sums {
	return &jobs.Sums{Months: []jobs.Period{"2026-10", "2026-09", "2026-08", "2026-07", "2026-06", "2026-05"},
		Lines: []jobs.Sum{
			{Path: "Elements.Quantite", People: 40, Now: eur(35_050), Before: []int64{eur(35_000), eur(35_000), eur(34_000), 0, 0, 0}},
			{Path: "Elements.Montant", People: 40, Now: eur(1_475_012_50), Before: []int64{eur(1_250_000_00), eur(1_248_000_00), eur(1_200_000_00),
				eur(1_250_000_00), eur(1_251_000_00), eur(1_249_000_00)}},
			{Path: "Elements[HSUP25].Montant", Label: "Heures supplémentaires 25 %", People: 12, Now: eur(4_000_00),
				Before: []int64{eur(4_100_00), eur(3_900_00), eur(4_000_00), eur(4_050_00), eur(3_950_00), 0}},
			{Path: "Elements[PRIME_EXC].Montant", Label: "Prime exceptionnelle", People: 40, Now: eur(340_000_00),
				Before: []int64{eur(100_000_00), eur(100_000_00), eur(99_000_00), eur(101_000_00), 0, 0}, Who: []jobs.Whose{
					{Key: "00012", Now: eur(12_000_00), Usual: eur(1_000_00)}, {Key: "00013", Now: 0, Usual: eur(900_50)}, {Key: "00014", Now: 123_4567}}},
			{Path: "Elements[RETENUE].Montant", People: 3, Now: -eur(1_250_00), Before: []int64{-eur(1_200_00), 0, 0, 0, 0, 0}},
		},
		Hidden: []string{"Elements.Taux"}, Odd: []jobs.OddValues{{Path: "Elements.Montant", N: 2}}}
}

func heldFor(sums *jobs.Sums) *jobs.Run {
	r := run(jobs.Held, tally(5, 9))
	r.Failure, r.Findings, r.Sums = jobs.Reason{Code: jobs.ReasonGuard}, []jobs.Finding{farTotal}, sums
	return r
}

// Who decides sees what the month comes to beside the usual, of which element, and whose.
func TestRunWithAmounts(t *testing.T) {
	t.Parallel()
	again := month()
	again.Run, again.Months = 11, again.Months[:1]
	for i := range again.Lines {
		again.Lines[i].Same, again.Lines[i].Before = again.Lines[i].Now/2, again.Lines[i].Before[:1]
	}
	first := &jobs.Sums{Lines: []jobs.Sum{{Path: "Elements.Montant", People: 8, Now: eur(12_00), Before: []int64{}}}}
	many := month()
	for i := range int64(20) {
		path := "Elements[X" + string(rune('A'+i)) + "].Montant"
		many.Lines = append(many.Lines, jobs.Sum{Path: path, People: 1, Now: eur(i), Before: make([]int64, 6)})
	}
	many.More = 3
	for name, sums := range map[string]*jobs.Sums{"amounts": month(), "amounts-again": again, "amounts-first": first, "amounts-many": many,
		"amounts-unknown": {None: jobs.SumsUnknown}, "amounts-altered": {None: jobs.SumsAltered}, "amounts-partial": {None: jobs.SumsPartial},
	} {
		golden(t, name, func(w io.Writer, p *text.Printer) error { return p.Run(w, heldFor(sums), seq(), view.Show{}) })
	}
	golden(t, "amounts-plan", func(w io.Writer, p *text.Printer) error {
		subject := view.Subject{Job: "paie", Target: test, Period: "2026-11", PeriodImplied: true}
		return p.NewPlanSink(w, subject, view.Show{}).Finish(tally(5, 9), "91ab", []jobs.Finding{farTotal}, month())
	})
	amount := jobs.Finding{Rule: jobs.RuleAmount, Holds: true, Path: "Elements[PRIME_EXC].Montant", N: 4, Ratio: 12, Most: 3, Shown: true,
		Amount: &jobs.Amount{Now: eur(12_000_00), Usual: eur(1_000_00)}}
	one := run(jobs.Incomplete, tally(5, 9, held("00012", amount)))
	golden(t, "amounts-employee", func(w io.Writer, p *text.Printer) error {
		return p.Run(w, one, seq(held("00012", amount)), view.Show{})
	})
}

// A run that waits for nobody tells no amounts, unless all is asked for.
func TestAmountsAreToldWhereTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	sent := run(jobs.Succeeded, tally(5, 9, staff(3)...))
	sent.Sums = month()
	for all, want := range map[bool]bool{false: false, true: true} {
		var b bytes.Buffer
		if err := printer(locale.English).Run(&b, sent, seq(staff(3)...), view.Show{All: all}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "1,475,012.50"); got != want {
			t.Errorf("all %t tells them: %t", all, got)
		}
	}
}

// As JSON they are exact, and what a finding is about stands with it.
func TestAmountsAsJSON(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := printer(locale.English).WriteRunJSON(&b, heldFor(month()), seq(), view.Show{}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Findings []struct {
			Amount struct {
				Now, Usual json.Number
				Label      string
				Employees  int
				Who        []struct {
					Key        string
					Now, Usual json.Number
				}
			}
		}
		Sums struct {
			Months, Hidden []string
			Lines          []struct {
				Path       string
				Now, Usual json.Number
				Before     []json.Number
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	about := got.Findings[0].Amount
	if about.Now != "340000" || about.Usual != "100000" || about.Label != "Prime exceptionnelle" || about.Employees != 40 ||
		about.Who[1].Usual != "900.5" || about.Who[2].Now != "123.4567" {
		t.Errorf("%+v", about)
	}
	last := got.Sums.Lines[4]
	if len(got.Sums.Months) != 6 || last.Now != "-1250" || last.Usual != "-1200" ||
		!slices.Equal(got.Sums.Hidden, []string{"Elements.Taux"}) || !slices.Equal(last.Before, []json.Number{"-1200", "0", "0", "0", "0", "0"}) {
		t.Errorf("%+v", got.Sums)
	}
}
