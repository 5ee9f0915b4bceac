package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"syncd/internal/jobs"
)

// payBonus gives the first employee one bonus a month, and nobody else any.
func (w *world) payBonus(amount string) {
	w.exec(`DELETE FROM staging.payroll_element WHERE code = 'PRIME_EXC'`)
	w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00001', $2, 'PRIME_EXC', NULL, $3)`, dossier, string(period), amount)
}

var forAmount = []jobs.Rule{jobs.RuleAmount}

// A slipped decimal point is ten times somebody's usual bonus: above three times it is held, at three times it goes.
func TestAmountFarAboveTheUsualIsHeld(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.payBonus("50")
	w.history(r)
	w.bonus("150.01")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAmount})
	f := w.item(r, run, "00001").Findings[0]
	if f.Path != "Elements[PRIME_EXC].Montant" || f.N != 3 || f.Ratio <= 3 || f.Most != 3 {
		t.Errorf("%+v", f)
	}
	w.bonus("150")
	w.run(r, jobs.Succeeded, nil)
	w.wantDelivered(period)
}

// The same total in two elements is as much money.
func TestAmountInTwoElementsIsHeld(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.payBonus("50")
	w.history(r)
	w.exec(`INSERT INTO staging.payroll_element VALUES ($1, '00001', $2, 'PRIME_EXC', NULL, 101)`, dossier, string(period))
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAmount})
}

// Two months tell nothing yet.
func TestAmountIsNotJudgedBelowThreeMonths(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.payBonus("20")
	for _, p := range []jobs.Period{"2026-09", october} {
		w.nextMonth(p)
		w.run(r, jobs.Succeeded, named(p))
	}
	w.bonus("200")
	w.run(r, jobs.Succeeded, nil)
}

// A month that was sent by a resume, or released by a person, counts like any other.
func TestAmountsOfResumedMonthsCount(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 1)
	w.payBonus("50")
	w.nextMonth("2026-08")
	w.nextMonth("2026-09")
	w.nextMonth(october)
	w.resume(r, w.stuck(r, named("2026-08")).ID, jobs.Succeeded)
	w.run(r, jobs.Succeeded, named("2026-09"))
	w.rebank("00001")
	w.release(r, w.run(r, jobs.Incomplete, named(october)), jobs.Succeeded)
	w.bonus("151")
	run := w.run(r, jobs.Incomplete, nil)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAmount})
	if f := w.item(r, run, "00001").Findings[0]; f.N != 3 {
		t.Errorf("%+v", f)
	}
}

// What was held and approved goes with the run that is resumed later; what was not stays.
func TestHeldAmountStaysHeldInAResumedPlan(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 0)
	w.payBonus("50")
	w.history(r)
	w.bonus("200")
	before := w.sandbox.Stats().Deliveries
	stuck := w.stuck(r, nil)
	w.wantSent(before)
	run := w.resume(r, stuck.ID, jobs.Incomplete)
	w.wantHeldItems(r, run, map[string][]jobs.Rule{"00001": forAmount})
	w.wantSent(before + 7)
	w.release(r, run, jobs.Succeeded)
	w.wantDelivered(period)
}

// What the guards keep for people to read holds no account, no social security number and no amount.
func TestFindingsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	w, r := guarded(t, 8, 2)
	w.payBonus("50")
	w.history(r)
	w.bonus("999.99")
	w.exec(`UPDATE staging.payroll_element SET quantity = 7777.77, amount = 8888.88 WHERE ctid = (SELECT min(ctid) FROM
		staging.payroll_element WHERE matricule = '00002' AND period = '2026-11')`)
	w.shares("iban", "00003", "00004")
	w.shares("nir", "00005", "00006")
	w.rebank("00007")
	run := w.run(r, jobs.Held, nil)
	finding(t, run.Findings, jobs.RuleCodeTotal)
	if run.Counts.Held < 4 {
		t.Fatalf("%+v", run.Counts)
	}
	var kept string
	w.must(w.conn.QueryRow(context.Background(), `SELECT (SELECT string_agg(findings::text, ' ') FROM syncd.run) || (SELECT
		string_agg(findings::text, ' ') FROM syncd.item)`).Scan(&kept))
	rows, err := w.conn.Query(context.Background(), `SELECT iban FROM staging.employee UNION SELECT iban FROM newcomer
		UNION SELECT nir FROM staging.employee UNION SELECT nir FROM newcomer`)
	w.must(err)
	secrets, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	for _, secret := range append(secrets, "999.99", "7777.77", "8888.88") {
		if strings.Contains(kept, secret) {
			t.Errorf("%s stands in the findings", secret)
		}
	}
	if !strings.Contains(kept, "PRIME_EXC") || !strings.Contains(kept, `"unique"`) {
		t.Errorf("the findings are not there: %s", kept)
	}
}
