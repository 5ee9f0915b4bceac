package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/jobs"
	"syncd/internal/mapping"
)

// set gives an employee another value.
func (w *world) set(column, matricule, value string) {
	w.exec(`UPDATE staging.employee SET `+column+` = $2 WHERE matricule = $1`, matricule, value)
}

// undemanding is a partner who takes any document, whatever its shape.
type undemanding struct{ jobs.API }

func (undemanding) Send(_ context.Context, _ string, _ []byte, beforeAttempt func() error) jobs.Outcome {
	if err := beforeAttempt(); err != nil {
		return jobs.Outcome{Class: jobs.ClassCancelled, Err: err}
	}
	return jobs.Outcome{Class: jobs.ClassAccepted, Status: 200, Attempts: 1, AnsweredAt: time.Now()}
}

// lenient is guarded, with such a partner.
func lenient(t *testing.T, employees, newcomers int) (*world, *jobs.Runner) {
	t.Helper()
	w, r := guarded(t, employees, newcomers)
	r.API = undemanding{r.API}
	return w, r
}

// An account that is only spelled in another way is the same account: nobody is asked, and the document goes.
func TestAnIBANThatOnlyGainedSpacesGoes(t *testing.T) {
	t.Parallel()
	w, r := lenient(t, 8, 0)
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET iban = lower(regexp_replace(iban, '(.{4})', E'\\1\u00a0', 'g')) WHERE matricule = '00003'`)
	run := w.run(r, jobs.Succeeded, nil)
	if run.Counts.Accepted != 1 || run.Counts.Updated != 1 {
		t.Errorf("%+v", run.Counts)
	}
}

// One person under two spellings is one person: hard spaces, dashes, and a social security number without its key.
func TestOnePersonUnderTwoSpellingsIsHeld(t *testing.T) {
	t.Parallel()
	for column, spelled := range map[string]string{
		"iban": `regexp_replace(iban, '(.{4})', E'\\1\u00a0', 'g')`, "nir": `left(nir, 13)`,
		"NIR":  `regexp_replace(nir, '^(.)(..)(..)(..)(...)(...)(..)$', '\1 \2 \3 \4-\5.\6 \7')`,
		"IBAN": `'IBAN ' || lower(regexp_replace(iban, '(.{4})', '\1-', 'g'))`,
	} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			w, r := guarded(t, 8, 0)
			w.exec(`UPDATE staging.employee e SET ` + column + ` = (SELECT ` + spelled +
				` FROM staging.employee WHERE matricule = '00005') WHERE matricule = '00002'`)
			run := w.run(r, jobs.Incomplete, nil)
			w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forShared, "00005": forShared})
		})
	}
}

// unnamed lets the account and the social security number go under names and from columns that tell nothing.
func (w *world) unnamed() {
	w.exec(`ALTER TABLE staging.employee RENAME COLUMN iban TO compte; ALTER TABLE staging.employee RENAME COLUMN nir TO num`)
	w.exec(`ALTER TABLE newcomer RENAME COLUMN iban TO compte; ALTER TABLE newcomer RENAME COLUMN nir TO num`)
	fields := slices.Clone(w.job.Mapping.Fields)
	for i := range fields {
		switch fields[i].Path {
		case "Iban":
			fields[i] = mapping.Field{Path: "Compte", Column: "compte"}
		case "Nir":
			fields[i] = mapping.Field{Path: "Num", Column: "num"}
		}
	}
	w.job.Mapping.Fields = fields
	w.job.Guards.HoldFields, w.job.Guards.UniqueFields = nil, nil
}

// Where no name tells, values do: an account is held when it changes, and two matricules must not share one.
func TestIdentifiersAreRecognisedByTheirValues(t *testing.T) {
	t.Parallel()
	w, r := lenient(t, 8, 2)
	w.unnamed()
	w.run(r, jobs.Succeeded, nil)
	w.exec(`UPDATE staging.employee SET compte = (SELECT compte FROM newcomer ORDER BY matricule LIMIT 1) WHERE matricule = '00002'`)
	w.exec(`UPDATE staging.employee SET compte = regexp_replace(compte, '(.{4})', '\1 ', 'g') WHERE matricule = '00003'`)
	w.exec(`INSERT INTO staging.employee SELECT * FROM newcomer ORDER BY matricule DESC LIMIT 1`)
	w.exec(`UPDATE staging.employee SET num = (SELECT left(num, 13) FROM staging.employee WHERE matricule = '00005') WHERE matricule = '00010'`)
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forChange})
	w.exec(`UPDATE staging.employee SET num = (SELECT num FROM staging.employee WHERE matricule = '00005') WHERE matricule = '00010'`)
	run = w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": forChange, "00010": {jobs.RuleHoldField, jobs.RuleUnique}})
	w.wantOthers(r, run, "00010", "Num", "00005")
	for _, change := range w.item(r, run, "00002").Diff {
		if change.Path == "Compte" && !change.Masked {
			t.Errorf("an account is shown: %+v", change)
		}
	}
	w.job.Guards.HoldFields, w.job.Guards.UniqueFields = []string{}, []string{} // on purpose
	w.run(r, jobs.Succeeded, nil)
}

// An account or a number with a wrong key pays nobody, or somebody else. A person confirms it once, and that very value is
// asked about no more, in no month; another wrong one is.
func TestWrongKeysAreHeldOnce(t *testing.T) {
	t.Parallel()
	const wrongIBAN, wrongNIR = "FR7630006000011234567890188", "285057899900117"
	w, r := lenient(t, 8, 0)
	w.set("iban", "00002", wrongIBAN)
	w.set("nir", "00003", wrongNIR)
	for matricule, nir := range map[string]string{"00004": "785057899900199", "00005": "1850578999002", "00006": "1 85 05 2A 078 001 92"} {
		w.set("nir", matricule, nir)
	}
	w.set("iban", "00007", "CH93 0076 2011 6238 5295 7")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00002": {jobs.RuleBadIBAN}, "00003": {jobs.RuleBadNIR}})
	if f := w.item(r, run, "00002").Findings[0]; f.Path != "Iban" || f.Column != "iban" {
		t.Errorf("%+v", f)
	}
	var kept string
	w.must(w.conn.QueryRow(context.Background(), `SELECT string_agg(concat(findings, diff, problems), ' ') FROM syncd.item`).Scan(&kept))
	if strings.Contains(kept, wrongIBAN) || strings.Contains(kept, wrongNIR) {
		t.Error("a wrong value is told")
	}
	w.release(r, run, jobs.Succeeded)
	w.rename("00002", "CORRIGE")
	w.run(r, jobs.Succeeded, nil)
	w.nextMonth(december)
	w.run(r, jobs.Succeeded, named(december))
	w.job.Guards.HoldFields = nil
	w.set("iban", "00002", "FR7630006000011234567890187")
	w.wantHeldItems(r, w.run(r, jobs.Incomplete, named(december)), map[string][]jobs.Rule{"00002": {jobs.RuleBadIBAN}})
	w.job.Guards.CheckKeys = false
	w.run(r, jobs.Succeeded, named(december))
}

// Amounts in a column of texts are weighed like numbers, however they are written.
func TestAmountsInATextColumnAreWeighed(t *testing.T) {
	t.Parallel()
	w, r := lenient(t, 8, 0)
	w.exec(`ALTER TABLE staging.payroll_element ALTER COLUMN amount TYPE text`)
	w.payBonus("12,50")
	w.history(r)
	w.bonus("1 250,00")
	run := w.run(r, jobs.Held, nil)
	finding(t, run.Findings, jobs.RuleCodeTotal)
	w.job.Guards.CodeTotals = off
	w.job.Guards.AmountFields = []string{"Elements.Montant"}
	run = w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAmount})
	w.bonus("12,50 €")
	w.run(r, jobs.Succeeded, nil)
}

// What shows nothing is no value where one is required; what a terminal or a parser would choke on stops there.
func TestTextsThatShowNothingAreBlocked(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.set("nom_naissance", "00002", "\u00a0\t")
	w.set("prenom", "00003", "\u200b")
	w.set("ville", "00004", "REN\x07NES")
	w.set("nom_usage", "00005", " ") // may be empty
	run := w.run(r, jobs.Incomplete, nil)
	for matricule, code := range map[string]mapping.ProblemCode{"00002": mapping.ProblemMissingValue, "00003": mapping.ProblemMissingValue,
		"00004": mapping.ProblemControl} {
		item := w.item(r, run, matricule)
		if item.State != jobs.ItemBlocked || len(item.Problems) != 1 || item.Problems[0].Code != code {
			t.Errorf("%s: %s, %+v", matricule, item.State, item.Problems)
		}
	}
	w.wantSent(5)
}

// What looks damaged, dates that stand for none and postal codes that lost their 0 are told by column, and hold nobody.
func TestOddValuesAreTold(t *testing.T) {
	t.Parallel()
	w, r := lenient(t, 8, 0)
	w.set("nom_usage", "00002", "LefÃ¨vre")
	w.set("nom_usage", "00003", "Andr\ufffd")
	w.set("prenom", "00003", "\u202eenaj")
	w.set("code_postal", "00004", "1000")
	w.exec(`UPDATE staging.employee SET date_fin = '9999-12-31' WHERE matricule IN ('00005', '00006')`)
	run := w.run(r, jobs.Succeeded, nil)
	var got []jobs.Finding
	for _, f := range run.Findings {
		if f.Column != "" {
			got = append(got, f)
		}
	}
	want := []jobs.Finding{
		{Rule: jobs.RuleDamagedText, N: 2, Path: "NomUsage", Column: "nom_usage", Marks: []string{"U+FFFD", "mojibake"},
			Keys: []string{"00002", "00003"}},
		{Rule: jobs.RuleDamagedText, N: 1, Path: "Prenom", Column: "prenom", Marks: []string{"U+202E"}, Keys: []string{"00003"}},
		{Rule: jobs.RuleOddDate, N: 2, Path: "Contrat.DateFin", Column: "date_fin", Keys: []string{"00005", "00006"}},
		{Rule: jobs.RuleShortPostal, N: 1, Path: "Adresse.CodePostal", Column: "code_postal", Keys: []string{"00004"}},
	}
	if !slices.EqualFunc(got, want, func(a, b jobs.Finding) bool {
		return a.Rule == b.Rule && a.N == b.N && a.Path == b.Path && a.Column == b.Column && slices.Equal(a.Marks, b.Marks) &&
			slices.Equal(a.Keys, b.Keys)
	}) {
		t.Errorf("found %+v", got)
	}
	if again := w.run(r, jobs.Succeeded, nil); len(again.Findings) > 0 {
		t.Errorf("of what is not sent: %+v", again.Findings)
	}
}
